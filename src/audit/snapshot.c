#include "audit/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/hash.h"
#include "store/slice_scan.h"

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
    TRY(make_room(snapshot));
    struct snapshot_row *row = &snapshot->rows[snapshot->count++];
    fingerprint_name(table, key, row->name);
    fingerprint_value(value, row->value);
    row->row = slice_row;
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
    enum err err = state_scan_slices(state, &snapshot.slices, take_row, &snapshot);
    if (err != ERR_OK) {
        snapshot.slices = NULL;
        snapshot_fini(&snapshot);
        return err;
    }
    snapshot.point_count = slice_rows_list(snapshot.slices, snapshot.points);
    if (snapshot.count > 0) {
        qsort(snapshot.rows, snapshot.count, sizeof snapshot.rows[0], compare_rows);
    }
    *out_snapshot = snapshot;
    return ERR_OK;
}

uint64_t snapshot_next_row(const struct snapshot *snapshot)
{
    return snapshot->next_point < snapshot->point_count ? snapshot->points[snapshot->next_point]
                                                        : UINT64_MAX;
}

uint64_t snapshot_last_row(const struct snapshot *snapshot)
{
    return snapshot->point_count == 0 ? 0 : snapshot->points[snapshot->point_count - 1];
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
    const struct snapshot *snapshot = comparison->snapshot;
    if (slice_rows_at(snapshot->slices, table, key) != snapshot_next_row(snapshot)) {
        return ERR_OK; /* of another part */
    }
    struct snapshot_row *row = find_row(snapshot, table, key);
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
    if (row != NULL && !row->is_seen && row->row == snapshot_next_row(comparison->snapshot)) {
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
        const struct snapshot_row *row = &snapshot->rows[i];
        has_stranger = has_stranger || (!row->is_seen && row->row == snapshot_next_row(snapshot));
    }
    if (has_stranger) {
        TRY(state_scan_slices(state, NULL, name_stranger, &comparison));
    }
    if (has_stranger && !difference.is_found) { /* it went away meanwhile */
        difference = (struct snapshot_difference){
            .is_found = true, .what = "a stored row did not follow from the journal"};
    }
    snapshot->next_point++;
    *out_difference = difference;
    return ERR_OK;
}

void snapshot_fini(struct snapshot *snapshot)
{
    slice_rows_destroy(snapshot->slices);
    free(snapshot->rows);
    *snapshot = (struct snapshot){0};
}
