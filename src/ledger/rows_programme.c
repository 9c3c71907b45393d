/* Stored bytes of the versions of a programme. */
#include "ledger/codec.h"
#include "ledger/programme_row.h"

enum {
    PROGRAMME_VERSION = 1
};

void programme_row_encode(const struct programme_row *row, struct buffer *out)
{
    write_u8(out, PROGRAMME_VERSION);
    write_varint(out, row->version);
    write_time(out, row->from);
    write_time(out, row->activated);
    write_text(out, row->by, sizeof row->by);
    write_block(out, row->text);
}

enum err programme_row_decode(struct slice value, struct programme_row *out_row)
{
    struct reader in = reader_of(value);
    struct programme_row row;
    read_version(&in, PROGRAMME_VERSION);
    uint64_t version = read_varint(&in);
    row.version = (uint32_t)version;
    row.from = read_time(&in);
    row.activated = read_time(&in);
    read_text(&in, row.by, sizeof row.by);
    row.text = read_block(&in);
    read_expect(&in, version > 0 && version <= UINT32_MAX && row.from.ms >= 0 &&
                         row.text.length <= LIMIT_PROGRAMME_BYTES);
    TRY(reader_finish(&in));
    *out_row = row;
    return ERR_OK;
}

enum err ledger_get_programme(const struct ledger_view *view, uint32_t number,
                              struct programme_row *out_row)
{
    struct ledger_key key;
    struct slice value;
    key_programme(number, &key);
    TRY(view_get(view, TABLE_PROGRAMME, &key, &value));
    return programme_row_decode(value, out_row);
}
