#include "audit/expect.h"

#include <stdlib.h>

enum {
    PLACES_AHEAD = 12, /* records */
    ROWS_AHEAD = 6,
    ROWS_FIRST = 1024,
    RECORDS_FIRST = 128
};

void expected_clear(struct expected *expected)
{
    expected->count = 0;
    expected->record_count = 0;
}

void expected_fini(struct expected *expected)
{
    free(expected->rows);
    free(expected->ends);
    *expected = (struct expected){0};
}

static enum err add(struct expected *expected, enum ledger_table table, uint64_t hash)
{
    if (expected->count == expected->capacity) {
        size_t capacity = expected->capacity == 0 ? ROWS_FIRST : expected->capacity * 2;
        struct expected_row *rows = realloc(expected->rows, capacity * sizeof rows[0]);
        if (rows == NULL) {
            return ERR_RESOURCE;
        }
        expected->rows = rows;
        expected->capacity = capacity;
    }
    expected->rows[expected->count++] = (struct expected_row){table, hash};
    return ERR_OK;
}

static enum err add_row(struct expected *expected, enum ledger_table table, struct slice key)
{
    return add(expected, table, derived_hash(table, key));
}

static enum err add_member(struct expected *expected, const struct uid *id)
{
    struct account_ref account = {.kind = ACCOUNT_AVAILABLE, .member = *id};
    struct ledger_key key;
    key_member(id, &key);
    TRY(add_row(expected, TABLE_MEMBER, slice_of(key.bytes, key.length)));
    key_account(&account, &key);
    return add(expected, TABLE_ACCOUNT, sums_hash(slice_of(key.bytes, key.length)));
}

static enum err add_ids(struct expected *expected, const struct record *record)
{
    struct ledger_key key;
    for (uint32_t i = 0; i < record->ids.uid_count; i++) { /* most are members' */
        TRY(add_member(expected, &record->ids.uids[i]));
    }
    if (!command_has_id(record->kind)) {
        return ERR_OK;
    }
    key_origin(&record->origin, &record->transaction_id, &key);
    return add_row(expected, TABLE_TRANSACTION, slice_of(key.bytes, key.length));
}

static enum err add_effects(struct expected *expected, const struct record *record)
{
    struct reader in = record_effects(record);
    struct effect effect;
    for (uint32_t i = 0; i < record->effect_count; i++) {
        effect_read(&in, &effect);
        if (in.err == ERR_OK && effect.kind == EFFECT_ROW) {
            TRY(add_row(expected, effect.row.table, effect.row.key));
        }
    }
    return ERR_OK;
}

static enum err end_record(struct expected *expected)
{
    if (expected->record_count == expected->record_capacity) {
        size_t capacity =
            expected->record_capacity == 0 ? RECORDS_FIRST : expected->record_capacity * 2;
        size_t *ends = realloc(expected->ends, capacity * sizeof ends[0]);
        if (ends == NULL) {
            return ERR_RESOURCE;
        }
        expected->ends = ends;
        expected->record_capacity = capacity;
    }
    expected->ends[expected->record_count++] = expected->count;
    return ERR_OK;
}

enum err expected_add(struct expected *expected, const struct record *record)
{
    TRY(add_ids(expected, record));
    TRY(add_effects(expected, record));
    return end_record(expected);
}

static void fetch_places(const struct expected *expected, const struct derived *derived,
                         size_t record)
{
    size_t i = record == 0 ? 0 : expected->ends[record - 1];
    for (; i < expected->ends[record]; i++) {
        derived_expect_place(derived, expected->rows[i].table, expected->rows[i].hash);
    }
}

static void fetch_rows(const struct expected *expected, const struct derived *derived,
                       const struct sums *accounts, size_t record)
{
    size_t i = record == 0 ? 0 : expected->ends[record - 1];
    for (; i < expected->ends[record]; i++) {
        const struct expected_row *row = &expected->rows[i];
        if (row->table == TABLE_ACCOUNT) {
            sums_expect(accounts, row->hash);
        } else {
            derived_expect_row(derived, row->table, row->hash);
        }
    }
}

void expected_fetch(const struct expected *expected, const struct derived *derived,
                    const struct sums *accounts, size_t at)
{
    size_t count = expected->record_count;
    for (size_t i = at == 0 ? 0 : at + PLACES_AHEAD; i <= at + PLACES_AHEAD && i < count; i++) {
        fetch_places(expected, derived, i);
    }
    for (size_t i = at == 0 ? 0 : at + ROWS_AHEAD; i <= at + ROWS_AHEAD && i < count; i++) {
        fetch_rows(expected, derived, accounts, i);
    }
}
