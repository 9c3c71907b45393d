#include "store/archive_row.h"

#include <string.h>

#include "base/limits.h"

#define SALE_VERSION 1u

void archive_id_key(enum archive_row row, const struct uid *id,
                    uint8_t out_key[ARCHIVE_ID_KEY_BYTES])
{
    out_key[0] = (uint8_t)row;
    memcpy(out_key + 1, id->bytes, sizeof id->bytes);
}

size_t archive_index_length(enum archive_index index)
{
    switch (index) {
    case ARCHIVE_BY_RECEIPT:
        return 1 + 8 + ARCHIVE_INDEX_TAIL;
    case ARCHIVE_BY_WHO:
        return 1 + 8 + 8 + ARCHIVE_INDEX_TAIL;
    case ARCHIVE_BY_STORE:
        return 1 + 8 + 4 + 8 + ARCHIVE_INDEX_TAIL;
    }
    return 0;
}

static int64_t within_range(struct unix_ms time)
{
    int64_t ms = time.ms < 0 ? 0 : time.ms;
    return ms > ARCHIVE_TIME_MS_MAX ? ARCHIVE_TIME_MS_MAX : ms;
}

void archive_index_key(enum archive_index index, uint64_t key, uint64_t product,
                       struct unix_ms time, const struct uid *id,
                       uint8_t out_key[ARCHIVE_INDEX_KEY_MAX])
{
    int64_t ms = within_range(time);
    uint8_t inverted[8];
    uint8_t *at = out_key + 1;
    memset(out_key, 0, ARCHIVE_INDEX_KEY_MAX);
    out_key[0] = (uint8_t)index;
    put_u64_be(at, key);
    at += 8;
    if (index == ARCHIVE_BY_STORE) {
        put_u32_be(at, UINT32_MAX - (uint32_t)(ms / DAY_MS));
        at += 4;
    }
    if (index != ARCHIVE_BY_RECEIPT) {
        put_u64_be(at, product);
        at += 8;
    }
    put_u64_be(inverted, (uint64_t)(ARCHIVE_TIME_MS_MAX - ms));
    memcpy(at, inverted + 2, 6);
    memcpy(at + 6, id->bytes, sizeof id->bytes);
}

int64_t archive_store_key_day(const uint8_t *key)
{
    return (int64_t)(UINT32_MAX - get_u32_be(key + ARCHIVE_STORE_HEAD));
}

static void add_key(const struct archive_sale *sale, enum archive_index index, uint64_t key,
                    uint64_t product, struct buffer *out)
{
    uint8_t *at = key == 0 ? NULL : write_reserve(out, ARCHIVE_INDEX_KEY_MAX);
    if (at != NULL) {
        archive_index_key(index, key, product, sale->time, &sale->id, at);
    }
}

void archive_sale_keys(const struct archive_sale *sale, struct buffer *out)
{
    add_key(sale, ARCHIVE_BY_RECEIPT, sale->receipt, 0, out);
    for (size_t i = 0; i < sale->line_count; i++) {
        add_key(sale, ARCHIVE_BY_WHO, sale->who, sale->lines[i].product, out);
        add_key(sale, ARCHIVE_BY_STORE, sale->store, sale->lines[i].product, out);
    }
}

void archive_sale_encode(const struct archive_sale *sale, struct buffer *out)
{
    write_u8(out, SALE_VERSION);
    write_i64(out, sale->time.ms);
    write_u64(out, sale->who);
    write_u64(out, sale->store);
    write_u64(out, sale->receipt);
    write_varint(out, sale->line_count);
    for (size_t i = 0; i < sale->line_count; i++) {
        const struct archive_line *line = &sale->lines[i];
        write_u64(out, line->product);
        write_svarint(out, line->quantity_micro);
        write_svarint(out, line->amount_minor);
        write_svarint(out, line->returned_micro);
        write_svarint(out, line->returned_minor);
    }
}

static bool line_is_sound(const struct archive_line *line)
{
    return line->returned_micro >= 0 && line->returned_micro <= line->quantity_micro &&
           line->returned_minor >= 0 && line->returned_minor <= line->amount_minor;
}

enum err archive_sale_decode(struct slice value, struct archive_line *lines,
                             struct archive_sale *out_sale)
{
    struct reader in = reader_of(value);
    struct archive_sale sale = {.lines = lines};
    bool is_known = read_u8(&in) == SALE_VERSION;
    sale.time.ms = read_i64(&in);
    sale.who = read_u64(&in);
    sale.store = read_u64(&in);
    sale.receipt = read_u64(&in);
    uint64_t count = read_varint(&in);
    if (!is_known || count > LIMIT_RECEIPT_LINES) {
        return ERR_CORRUPT;
    }
    for (size_t i = 0; i < count; i++) {
        lines[i].product = read_u64(&in);
        lines[i].quantity_micro = read_svarint(&in);
        lines[i].amount_minor = read_svarint(&in);
        lines[i].returned_micro = read_svarint(&in);
        lines[i].returned_minor = read_svarint(&in);
        if (!line_is_sound(&lines[i])) {
            return ERR_CORRUPT;
        }
    }
    TRY(reader_finish(&in));
    sale.line_count = (size_t)count;
    sale.id = out_sale->id;
    *out_sale = sale;
    return ERR_OK;
}
