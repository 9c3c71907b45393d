#include "audit/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/hash.h"

enum {
    ROWS_FIRST = 1024
};

static void fingerprint_name(enum ledger_table table, struct slice key, uint8_t out[16])
{
    uint8_t number = (uint8_t)table;
    struct hasher hasher;
    hasher_init(&hasher, HASH_DOMAIN_IDENTIFIER);
    hasher_add(&hasher, slice_of(&number, 1));
    hasher_add(&hasher, key);
    struct hash hash = hasher_finish(&hasher);
    memcpy(out, hash.bytes, 16);
}

static void fingerprint_value(struct slice value, uint8_t out[16])
{
    struct hash hash = hash_of(HASH_DOMAIN_IDENTIFIER, value);
    memcpy(out, hash.bytes, 16);
}

static enum err make_room(struct snapshot *snapshot)
{
    if (snapshot->count < snapshot->capacity) {
        return ERR_OK;
    }
    size_t capacity = snapshot->capacity == 0 ? ROWS_FIRST : snapshot->capacity * 2;
    struct snapshot_row *rows = realloc(snapshot->rows, capacity * sizeof rows[0]);
    if (rows == NULL) {
        return ERR_RESOURCE;
    }
    snapshot->rows = rows;
    snapshot->capacity = capacity;
    return ERR_OK;
}

static enum err take_row(void *context, uint64_t slice_row, enum ledger_table table,
                         struct slice key, struct slice value)
{
    struct snapshot *snapshot = context;
    (void)slice_row;
    TRY(make_room(snapshot));
    struct snapshot_row *row = &snapshot->rows[snapshot->count++];
    fingerprint_name(table, key, row->name);
    fingerprint_value(value, row->value);
    row->is_seen = false;
    return ERR_OK;
}

static int compare_rows(const void *a, const void *b)
{
    const struct snapshot_row *first = a;
    const struct snapshot_row *second = b;
    return memcmp(first->name, second->name, sizeof first->name);
}

enum err snapshot_take(struct state *state, struct snapshot *out_snapshot)
{
    struct snapshot snapshot = {0};
    struct slice_rows *rows = NULL;
    enum err err = state_scan_all(state, &rows, take_row, &snapshot);
    if (err == ERR_OK) {
        snapshot.row = slice_rows_highest(rows);
        slice_rows_destroy(rows);
    }
    if (err != ERR_OK) {
        snapshot_fini(&snapshot);
        return err;
    }
    if (snapshot.count > 0) {
        qsort(snapshot.rows, snapshot.count, sizeof snapshot.rows[0], compare_rows);
    }
    *out_snapshot = snapshot;
    return ERR_OK;
}

static struct snapshot_row *find_row(const struct snapshot *snapshot, enum ledger_table table,
                                     struct slice key)
{
    struct snapshot_row wanted;
    fingerprint_name(table, key, wanted.name);
    return snapshot->count == 0 ? NULL
                                : bsearch(&wanted, snapshot->rows, snapshot->count,
                                          sizeof snapshot->rows[0], compare_rows);
}

struct comparison {
    struct snapshot *snapshot;
    struct snapshot_difference *difference;
};

/* The first in order of table and key, so that the same damage is told the same way each time. */
static void note_difference(struct snapshot_difference *difference, const char *what,
                            enum ledger_table table, struct slice key)
{
    struct ledger_key named = {.length = key.length};
    ASSERT(key.length <= sizeof named.bytes);
    memcpy(named.bytes, key.at, key.length);
    if (difference->is_found) {
        size_t common =
            named.length < difference->key.length ? named.length : difference->key.length;
        int order = (int)table - (int)difference->table;
        order = order != 0 ? order : memcmp(named.bytes, difference->key.bytes, common);
        if (order > 0 || (order == 0 && named.length >= difference->key.length)) {
            return;
        }
    }
    *difference = (struct snapshot_difference){true, what, table, named};
}

static enum err compare_derived(void *context, enum ledger_table table, struct slice key,
                                struct slice value)
{
    struct comparison *comparison = context;
    struct snapshot_row *row = find_row(comparison->snapshot, table, key);
    uint8_t fingerprint[16];
    if (row == NULL) {
        note_difference(comparison->difference, "the stored state lacks the row", table, key);
        return ERR_OK;
    }
    row->is_seen = true;
    fingerprint_value(value, fingerprint);
    if (memcmp(fingerprint, row->value, sizeof fingerprint) != 0) {
        note_difference(comparison->difference, "the stored row is not what the journal gives",
                        table, key);
    }
    return ERR_OK;
}

static enum err name_stranger(void *context, uint64_t slice_row, enum ledger_table table,
                              struct slice key, struct slice value)
{
    struct comparison *comparison = context;
    const struct snapshot_row *row = find_row(comparison->snapshot, table, key);
    (void)value;
    (void)slice_row;
    if (row != NULL && !row->is_seen) {
        note_difference(comparison->difference, "the stored row does not follow from the journal",
                        table, key);
    }
    return ERR_OK;
}

enum err snapshot_compare(struct snapshot *snapshot, struct state *state,
                          const struct memory_store *derived,
                          struct snapshot_difference *out_difference)
{
    struct snapshot_difference difference = {0};
    struct comparison comparison = {snapshot, &difference};
    TRY(memory_store_each(derived, compare_derived, &comparison));
    bool has_stranger = false;
    for (size_t i = 0; i < snapshot->count; i++) {
        has_stranger = has_stranger || !snapshot->rows[i].is_seen;
    }
    if (has_stranger) {
        TRY(state_scan_all(state, NULL, name_stranger, &comparison));
    }
    if (has_stranger && !difference.is_found) { /* it went away meanwhile */
        difference = (struct snapshot_difference){
            .is_found = true, .what = "a stored row did not follow from the journal"};
    }
    *out_difference = difference;
    return ERR_OK;
}

void snapshot_fini(struct snapshot *snapshot)
{
    free(snapshot->rows);
    *snapshot = (struct snapshot){0};
}
