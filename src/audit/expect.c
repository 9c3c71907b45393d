/* Rows are looked up all over the memory: those of the records to come are fetched meanwhile. What
 * is not named here only comes later. */
#include "audit/rooms.h"

enum {
    PLACES_AHEAD = 12, /* records */
    ROWS_AHEAD = 6
};

static void expect_places(const struct audit *audit, const struct record *record)
{
    struct ledger_key key;
    for (uint32_t i = 0; i < record->ids.uid_count; i++) {
        key_member(&record->ids.uids[i], &key);
        derived_expect(audit->derived, TABLE_MEMBER, slice_of(key.bytes, key.length));
    }
    if (command_has_id(record->kind)) {
        key_origin(&record->origin, &record->transaction_id, &key);
        derived_expect(audit->derived, TABLE_TRANSACTION, slice_of(key.bytes, key.length));
    }
}

static void expect_rows(const struct audit *audit, const struct record *record)
{
    struct ledger_key key;
    for (uint32_t i = 0; i < record->ids.uid_count; i++) {
        struct account_ref account = {.kind = ACCOUNT_AVAILABLE, .member = record->ids.uids[i]};
        key_member(&account.member, &key);
        derived_expect_row(audit->derived, TABLE_MEMBER, slice_of(key.bytes, key.length));
        key_account(&account, &key);
        sums_expect(&audit->accounts, slice_of(key.bytes, key.length));
    }
}

void audit_expect(const struct audit *audit, const struct ahead_batch *batch, uint32_t at)
{
    if (at + PLACES_AHEAD < batch->record_count) {
        expect_places(audit, &batch->records[at + PLACES_AHEAD]);
    }
    if (at + ROWS_AHEAD < batch->record_count) {
        expect_rows(audit, &batch->records[at + ROWS_AHEAD]);
    }
}
