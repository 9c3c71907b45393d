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

/* Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014: the finaliser. What
 * falls together by accident is told apart by the sale itself. */
static uint64_t mix(uint64_t a, uint64_t b)
{
    uint64_t x = a + b * UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

void archive_index_key(enum archive_index index, uint64_t key, uint64_t product,
                       struct unix_ms time, const struct uid *id,
                       uint8_t out_key[ARCHIVE_INDEX_KEY_BYTES])
{
    uint8_t inverted[8];
    int64_t ms = time.ms < 0 ? 0 : time.ms;
    ms = ms > ARCHIVE_TIME_MS_MAX ? ARCHIVE_TIME_MS_MAX : ms;
    put_u64_be(inverted, (uint64_t)(ARCHIVE_TIME_MS_MAX - ms));
    out_key[0] = (uint8_t)index;
    put_u64_be(out_key + 1, index == ARCHIVE_BY_RECEIPT ? key : mix(key, product));
    memcpy(out_key + ARCHIVE_INDEX_HEAD, inverted + 2, 6);
    memcpy(out_key + ARCHIVE_INDEX_HEAD + 6, id->bytes, sizeof id->bytes);
}

static void add_key(const struct archive_sale *sale, enum archive_index index, uint64_t key,
                    uint64_t product, struct buffer *out)
{
    uint8_t *at = key == 0 ? NULL : write_reserve(out, ARCHIVE_INDEX_KEY_BYTES);
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
