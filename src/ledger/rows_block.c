/* Stored bytes of blocks of points. */
#include "ledger/codec.h"

enum {
    BLOCK_VERSION = 1,
    BLOCK_LINE_VERSION = 1
};

void block_row_encode(const struct block_row *row, struct buffer *out)
{
    write_u8(out, BLOCK_VERSION);
    write_u8(out, (uint8_t)row->state);
    write_block_terms(out, &row->terms);
    write_svarint(out, row->left);
    write_time(out, row->due);
}

enum err block_row_decode(struct slice value, struct block_row *out_row)
{
    struct reader in = reader_of(value);
    struct block_row row;
    read_version(&in, BLOCK_VERSION);
    row.state = (enum block_state)read_choice(&in, BLOCK_OFFERED, BLOCK_STATE_END);
    read_block_terms(&in, &row.terms);
    row.left = read_svarint(&in);
    row.due = read_time(&in);
    read_expect(&in, row.due.ms >= 0 && row.terms.points.minor > 0);
    TRY(reader_finish(&in));
    *out_row = row;
    return ERR_OK;
}

void block_line_encode(const struct block_line *line, struct buffer *out)
{
    write_u8(out, BLOCK_LINE_VERSION);
    write_varint(out, line->count);
    for (size_t i = 0; i < line->count; i++) {
        write_uid(out, &line->places[i].id);
        write_time(out, line->places[i].valid_until);
    }
}

enum err block_line_decode(struct slice value, struct block_line *out_line)
{
    struct reader in = reader_of(value);
    struct block_line line;
    read_version(&in, BLOCK_LINE_VERSION);
    line.count = read_count(&in, LIMIT_BLOCKS_OPEN);
    read_expect(&in, line.count > 0);
    for (size_t i = 0; i < line.count; i++) {
        read_uid(&in, &line.places[i].id);
        line.places[i].valid_until = read_time(&in);
        read_expect(&in,
                    i == 0 || line.places[i - 1].valid_until.ms <= line.places[i].valid_until.ms);
    }
    TRY(reader_finish(&in));
    *out_line = line;
    return ERR_OK;
}
