/* Rows are looked up all over the memory: those that records to come will ask for are fetched while
 * others are worked on. What is not named here only comes later. */
#ifndef AUDIT_EXPECT_H
#define AUDIT_EXPECT_H

#include "audit/derived.h"
#include "audit/sums.h"
#include "ledger/record.h"

/* Members' accounts have no rows but sums: for TABLE_ACCOUNT it is one of those. */
struct expected_row {
    enum ledger_table table;
    uint64_t hash; /* derived_hash, or sums_hash */
};

/* Of the records of one batch, in their order. Zero-initialised is empty and valid. */
struct expected {
    struct expected_row *rows;
    size_t count;
    size_t capacity;
    size_t *ends; /* by record: where the rows of the next one begin */
    size_t record_count;
    size_t record_capacity;
};

void expected_clear(struct expected *expected);
/* What the next record will ask for. ERR_RESOURCE without memory. */
MUST_USE enum err expected_add(struct expected *expected, const struct record *record);
void expected_fini(struct expected *expected);
/* Record `at` is worked on next. */
void expected_fetch(const struct expected *expected, const struct derived *derived,
                    const struct sums *accounts, size_t at);

#endif
