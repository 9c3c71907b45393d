/* Plain sums by key, kept apart from the ledger's own tables so that the two can be compared. */
#ifndef AUDIT_SUMS_H
#define AUDIT_SUMS_H

#include "base/amount.h"
#include "ledger/view.h"

#define SUM_KEY_MAX 40

/* `first` and `second` are debit and credit of an account, or count and points of a total. */
struct sum {
    uint8_t key[SUM_KEY_MAX];
    uint8_t key_length; /* 0: an empty place */
    int64_t first;
    int64_t second;
    uint64_t last_row; /* the journal row that changed it last */
};

/* Zero-initialised is empty and valid. */
struct sums {
    struct sum *places; /* open addressing */
    size_t capacity;    /* a power of two, or 0 */
    size_t count;
};

/* Adds to both numbers. ERR_RANGE on overflow, ERR_RESOURCE without memory. */
MUST_USE enum err sums_add(struct sums *sums, const struct ledger_key *key, int64_t first,
                           int64_t second, uint64_t row);
/* NULL when there is none. */
const struct sum *sums_find(const struct sums *sums, struct slice key);
/* What a key's place follows from. Any thread. */
uint64_t sums_hash(struct slice key);
/* The sum of this hash will be asked for soon: fetches it. */
void sums_expect(const struct sums *sums, uint64_t hash);
void sums_fini(struct sums *sums);

#endif
