/* The archive's rows as bytes. Internal to the module.
 *
 *   key                                              value
 *   0                                                the format (environment.h)
 *   1, sale id                                       the sale with its lines
 *   2, receipt, ~time, sale id                       nothing
 *   3, who, product, ~time, sale id                  nothing
 *   4, store, ~day, product, ~time, sale id          nothing
 *   5, return id                                     its allocation, opaque here
 *
 * Hashes are 8 bytes; ~time is the complement of the unix milliseconds in 6 bytes, ~day that of the
 * day in 4, both big-endian, so that the newest comes first. A receipt's index rows fall together:
 * a customer's beside one another, a store's in the part of its day. Were the product before the
 * day, each line would change a page of its own.
 */
#ifndef STORE_ARCHIVE_ROW_H
#define STORE_ARCHIVE_ROW_H

#include "store/archive.h"

#define ARCHIVE_ID_KEY_BYTES  17u
#define ARCHIVE_INDEX_KEY_MAX 43u
#define ARCHIVE_INDEX_TAIL    22u /* ~time and sale id */
#define ARCHIVE_STORE_HEAD    9u  /* kind and store */
#define ARCHIVE_TIME_MS_MAX   INT64_C(0xffffffffffff)

enum archive_row {
    ARCHIVE_ROW_SALE = 1,
    ARCHIVE_ROW_RETURN = 5
};

void archive_id_key(enum archive_row row, const struct uid *id,
                    uint8_t out_key[ARCHIVE_ID_KEY_BYTES]);
/* Of all keys of an index. */
size_t archive_index_length(enum archive_index index);
/* What lies behind the key's length is zeroed. */
void archive_index_key(enum archive_index index, uint64_t key, uint64_t product,
                       struct unix_ms time, const struct uid *id,
                       uint8_t out_key[ARCHIVE_INDEX_KEY_MAX]);
/* Of a key of ARCHIVE_BY_STORE. */
int64_t archive_store_key_day(const uint8_t *key);
/* The keys of all index rows of a sale, ARCHIVE_INDEX_KEY_MAX bytes each, some of them twice. */
void archive_sale_keys(const struct archive_sale *sale, struct buffer *out);

void archive_sale_encode(const struct archive_sale *sale, struct buffer *out);
/* `out_sale->id` is the caller's to set. ERR_CORRUPT. */
MUST_USE enum err archive_sale_decode(struct slice value, struct archive_line *lines,
                                      struct archive_sale *out_sale);

#endif
