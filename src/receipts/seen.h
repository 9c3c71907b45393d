/* Which keys came before, and at which row: 64-bit hashes in an open-addressing table, 12 bytes a
 * slot and at most three quarters full. Two different keys are taken for one with a chance of about
 * count^2 / 2^65: one in 3,700 at a hundred million keys, one in 37 million at a million. */
#ifndef RECEIPTS_SEEN_H
#define RECEIPTS_SEEN_H

#include "base/bytes.h"

struct seen {
    uint64_t *hashes; /* 0: empty */
    uint32_t *rows;   /* UINT32_MAX: that or later */
    size_t capacity;  /* a power of two, or 0 */
    size_t count;
};

/* Zeroed is empty and valid. Tells the row of the first time, or 0 and remembers `row` (>= 1).
 * ERR_RESOURCE past LIMIT_IMPORT_RECEIPTS or without memory. */
MUST_USE enum err seen_add(struct seen *seen, struct slice key, uint64_t row, uint64_t *out_before);
void seen_clear(struct seen *seen);
void seen_fini(struct seen *seen);

#endif
