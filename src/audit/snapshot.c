#include "audit/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/random.h"
#include "store/slice_rows.h"
#include "store/slice_scan.h"

enum {
    ROWS_FIRST = 1024,
    INDEX_PER_ROW = 2, /* places, at least */
    COMPARED_TOGETHER = 16
};

static struct fingerprint name_of(const struct snapshot *snapshot, enum ledger_table table,
                                  struct slice key)
{
    uint8_t bytes[1 + LEDGER_KEY_MAX] = {(uint8_t)table};
    ASSERT(key.length <= LEDGER_KEY_MAX);
    if (key.length > 0) {
        memcpy(bytes + 1, key.at, key.length);
    }
    return fingerprint_of(&snapshot->key, slice_of(bytes, 1 + key.length));
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
    row->name = name_of(snapshot, table, key);
    row->value = fingerprint_of(&snapshot->key, value);
    row->row = slice_row;
    row->is_seen = false;
    return ERR_OK;
}

/* Where the place of this name is looked for first. */
static uint32_t *home_of(const struct snapshot *snapshot, const struct fingerprint *name)
{
    uint64_t word;
    memcpy(&word, name->bytes, sizeof word);
    return &snapshot->index[(size_t)word & (snapshot->index_count - 1)];
}

/* The place of the row with this name, or the empty one where it belongs. */
static uint32_t *place_of(const struct snapshot *snapshot, const struct fingerprint *name)
{
    size_t at = (size_t)(home_of(snapshot, name) - snapshot->index);
    for (;;) {
        uint32_t number = snapshot->index[at];
        if (number == 0 || memcmp(&snapshot->rows[number - 1].name, name, sizeof *name) == 0) {
            return &snapshot->index[at];
        }
        at = (at + 1) & (snapshot->index_count - 1);
    }
}

static enum err make_index(struct snapshot *snapshot)
{
    size_t count = ROWS_FIRST;
    while (count / INDEX_PER_ROW < snapshot->count) {
        count *= 2;
    }
    snapshot->index = calloc(count, sizeof snapshot->index[0]);
    if (snapshot->index == NULL || snapshot->count >= UINT32_MAX) {
        return ERR_RESOURCE;
    }
    snapshot->index_count = count;
    for (size_t i = 0; i < snapshot->count; i++) {
        *place_of(snapshot, &snapshot->rows[i].name) = (uint32_t)(i + 1);
    }
    return ERR_OK;
}

enum err snapshot_take(struct state *state, struct snapshot *out_snapshot)
{
    struct snapshot snapshot = {0};
    struct random_source random = random_system();
    random_fill(&random, snapshot.key.bytes, sizeof snapshot.key.bytes);
    enum err err = state_scan_slices(state, &snapshot.slices, take_row, &snapshot);
    if (err == ERR_OK) {
        err = make_index(&snapshot);
    }
    if (err != ERR_OK) {
        snapshot_fini(&snapshot);
        return err;
    }
    snapshot.point_count = slice_rows_list(snapshot.slices, snapshot.points);
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
    struct fingerprint name = name_of(snapshot, table, key);
    uint32_t number = *place_of(snapshot, &name);
    return number == 0 ? NULL : &snapshot->rows[number - 1];
}

/* A derived row that waits until what it is compared with was fetched. */
struct waiting_row {
    enum ledger_table table;
    struct slice key;
    struct slice value;
    struct fingerprint name;
};

struct comparison {
    struct snapshot *snapshot;
    struct snapshot_difference *difference;
    struct waiting_row waiting[COMPARED_TOGETHER];
    size_t waiting_count;
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

static void compare_row(struct comparison *comparison, const struct waiting_row *derived)
{
    const struct snapshot *snapshot = comparison->snapshot;
    uint32_t number = *place_of(snapshot, &derived->name);
    if (number == 0) {
        note_difference(comparison->difference, "the stored state lacks the row", derived->table,
                        derived->key);
        return;
    }
    struct snapshot_row *row = &snapshot->rows[number - 1];
    row->is_seen = true;
    struct fingerprint fingerprint = fingerprint_of(&snapshot->key, derived->value);
    if (memcmp(&fingerprint, &row->value, sizeof fingerprint) != 0) {
        note_difference(comparison->difference, "the stored row is not what the journal gives",
                        derived->table, derived->key);
    }
}

static void compare_waiting(struct comparison *comparison)
{
    const struct snapshot *snapshot = comparison->snapshot;
    for (size_t i = 0; i < comparison->waiting_count; i++) {
        uint32_t number = *home_of(snapshot, &comparison->waiting[i].name);
        if (number != 0) {
            __builtin_prefetch(&snapshot->rows[number - 1], 1);
        }
    }
    for (size_t i = 0; i < comparison->waiting_count; i++) {
        compare_row(comparison, &comparison->waiting[i]);
    }
    comparison->waiting_count = 0;
}

static enum err compare_derived(void *context, enum ledger_table table, struct slice key,
                                struct slice value)
{
    struct comparison *comparison = context;
    const struct snapshot *snapshot = comparison->snapshot;
    if (slice_rows_at(snapshot->slices, table, key) != snapshot_next_row(snapshot)) {
        return ERR_OK; /* of another part */
    }
    struct waiting_row *row = &comparison->waiting[comparison->waiting_count++];
    *row = (struct waiting_row){table, key, value, name_of(snapshot, table, key)};
    __builtin_prefetch(home_of(snapshot, &row->name));
    if (comparison->waiting_count == COMPARED_TOGETHER) {
        compare_waiting(comparison);
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

static bool slice_is_at(const struct slice_row *slice, uint64_t row)
{
    bool is_at = slice->row == row;
    for (unsigned i = 0; i < slice->part_count; i++) {
        is_at = is_at || slice->parts[i].row == row;
    }
    return is_at;
}

/* Is anything of the table in the next part? */
static bool is_of_part(const struct snapshot *snapshot, enum ledger_table table)
{
    unsigned first = table == TABLE_MEMBER ? 0 : SLICES_OF_MEMBERS + (unsigned)table;
    unsigned count = table == TABLE_MEMBER ? SLICES_OF_MEMBERS : 1;
    bool is_of = false;
    for (unsigned i = 0; i < count; i++) {
        is_of =
            is_of || slice_is_at(&snapshot->slices->slices[first + i], snapshot_next_row(snapshot));
    }
    return is_of;
}

enum err snapshot_compare(struct snapshot *snapshot, struct state *state,
                          const struct derived *derived, struct snapshot_difference *out_difference)
{
    struct snapshot_difference difference = {0};
    struct comparison comparison = {.snapshot = snapshot, .difference = &difference};
    for (unsigned table = 1; table < TABLE_END; table++) {
        if (is_of_part(snapshot, (enum ledger_table)table)) {
            TRY(derived_each(derived, (enum ledger_table)table, compare_derived, &comparison));
        }
    }
    compare_waiting(&comparison);
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
    free(snapshot->index);
    *snapshot = (struct snapshot){0};
}
