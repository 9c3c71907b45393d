/* The writer's rows of one batch: a hash table of its own before the published ones.
 *
 * Each row that the batch touches has one entry, in the order of the first touch; an index of open
 * addressing leads from a row's name to its entry. Entries are taken away only from the end, in
 * reverse, so an index slot can simply be emptied: no later entry's search went past it.
 *
 * What was touched since the mark is either an entry behind `marked` or has a saved row, the one to
 * go back to. Such a row may be overwritten in place.
 */
#include "store/state_rooms.h"

#include <stdlib.h>

#include "base/limits.h"

#define CAPACITY_MIN 64u
#define CAPACITY_MAX (1u << 30) /* entries have 32-bit numbers */

struct entry {
    uint64_t hash;
    struct row *row;
    bool is_saved; /* `saved` has the row of the mark */
};

/* Enough of the hash that a look at a wrong row is rare. */
struct index_slot {
    uint32_t tag;
    uint32_t number; /* of the entry, from 1; 0: empty */
};

struct saved {
    size_t entry;
    struct row *row;
};

struct overlay {
    struct state *state;
    struct state_reader *reader;
    struct entry *entries;
    size_t count;
    size_t capacity;
    struct index_slot *index;  /* twice as many as there is room for entries */
    struct row_slot *outgoing; /* room for all rows, for the publish */
    struct saved *saved;
    size_t saved_count;
    size_t saved_capacity;
    size_t marked; /* entries at the mark */
};

static size_t index_mask(const struct overlay *overlay)
{
    return 2 * overlay->capacity - 1;
}

static uint32_t tag_of(uint64_t hash)
{
    return (uint32_t)(hash >> 32);
}

/* The slot of the row, or the empty one where it belongs. */
static struct index_slot *index_slot(const struct overlay *overlay, const struct row_name *name)
{
    size_t mask = index_mask(overlay);
    size_t at = name->hash & mask;
    for (;; at = (at + 1) & mask) {
        struct index_slot *slot = &overlay->index[at];
        if (slot->number == 0 || (slot->tag == tag_of(name->hash) &&
                                  row_is(overlay->entries[slot->number - 1].row, name))) {
            return slot;
        }
    }
}

static struct entry *find(const struct overlay *overlay, const struct row_name *name)
{
    uint32_t number = index_slot(overlay, name)->number;
    return number == 0 ? NULL : &overlay->entries[number - 1];
}

/* Room for one more entry. */
static enum err reserve_entry(struct overlay *overlay)
{
    if (overlay->count < overlay->capacity) {
        return ERR_OK;
    }
    size_t capacity = overlay->capacity == 0 ? CAPACITY_MIN : 2 * overlay->capacity;
    if (capacity > CAPACITY_MAX) {
        return ERR_RESOURCE;
    }
    struct index_slot *index = calloc(2 * capacity, sizeof *index);
    struct entry *entries = realloc(overlay->entries, capacity * sizeof *entries);
    if (entries != NULL) {
        overlay->entries = entries;
    }
    struct row_slot *outgoing = realloc(overlay->outgoing, capacity * sizeof *outgoing);
    if (outgoing != NULL) {
        overlay->outgoing = outgoing;
    }
    if (entries == NULL || index == NULL || outgoing == NULL) {
        free(index);
        return ERR_RESOURCE;
    }
    free(overlay->index);
    overlay->index = index;
    overlay->capacity = capacity;
    for (size_t i = 0; i < overlay->count; i++) {
        size_t at = entries[i].hash & index_mask(overlay);
        while (index[at].number != 0) {
            at = (at + 1) & index_mask(overlay);
        }
        index[at] = (struct index_slot){tag_of(entries[i].hash), (uint32_t)(i + 1)};
    }
    return ERR_OK;
}

static enum err reserve_saved(struct overlay *overlay)
{
    if (overlay->saved_count < overlay->saved_capacity) {
        return ERR_OK;
    }
    size_t capacity = overlay->saved_capacity == 0 ? CAPACITY_MIN : 2 * overlay->saved_capacity;
    struct saved *saved = realloc(overlay->saved, capacity * sizeof *saved);
    if (saved == NULL) {
        return ERR_RESOURCE;
    }
    overlay->saved = saved;
    overlay->saved_capacity = capacity;
    return ERR_OK;
}

/* Takes the last entry out of the index and hands over its row. */
static struct row *pop_entry(struct overlay *overlay)
{
    size_t number = overlay->count;
    struct entry *entry = &overlay->entries[number - 1];
    size_t at = entry->hash & index_mask(overlay);
    while (overlay->index[at].number != number) {
        at = (at + 1) & index_mask(overlay);
    }
    overlay->index[at].number = 0;
    overlay->count--;
    return entry->row;
}

static enum err add_entry(struct overlay *overlay, const struct row_name *name, struct slice value,
                          bool is_deleted)
{
    TRY(reserve_entry(overlay));
    struct row *row = row_create(name, value.length);
    if (row == NULL) {
        return ERR_RESOURCE;
    }
    row_set_value(row, value);
    row->is_deleted = is_deleted;
    *index_slot(overlay, name) =
        (struct index_slot){tag_of(name->hash), (uint32_t)(overlay->count + 1)};
    overlay->entries[overlay->count++] = (struct entry){name->hash, row, false};
    return ERR_OK;
}

static enum err replace_row(struct overlay *overlay, struct entry *entry, struct slice value,
                            bool is_deleted)
{
    size_t number = (size_t)(entry - overlay->entries);
    bool is_touched = entry->is_saved || number >= overlay->marked;
    struct row *row = entry->row;
    if (!is_touched || value.length > row->value_room) {
        struct row_name name = row_get_name(row);
        TRY(reserve_saved(overlay));
        row = row_create(&name, value.length);
        if (row == NULL) {
            return ERR_RESOURCE;
        }
    }
    row_set_value(row, value); /* the value may lie in the old row, which goes after this */
    row->is_deleted = is_deleted;
    if (!is_touched) {
        overlay->saved[overlay->saved_count++] = (struct saved){number, entry->row};
        entry->is_saved = true;
    } else if (row != entry->row) {
        free(entry->row);
    }
    entry->row = row;
    return ERR_OK;
}

static enum err set(struct overlay *overlay, enum ledger_table table, struct slice key,
                    struct slice value, bool is_deleted)
{
    struct row_name name;
    TRY(row_name_init(&name, overlay->state->seed, table, key));
    if (value.length > LIMIT_STORE_ROW_BYTES) {
        return ERR_INPUT;
    }
    struct entry *entry = find(overlay, &name);
    return entry == NULL ? add_entry(overlay, &name, value, is_deleted)
                         : replace_row(overlay, entry, value, is_deleted);
}

static enum err overlay_put(void *context, enum ledger_table table, struct slice key,
                            struct slice value)
{
    return set(context, table, key, value, false);
}

static enum err overlay_del(void *context, enum ledger_table table, struct slice key)
{
    return set(context, table, key, (struct slice){NULL, 0}, true);
}

static enum err overlay_get(void *context, enum ledger_table table, struct slice key,
                            struct slice *out_value)
{
    struct overlay *overlay = context;
    struct row_name name;
    TRY(row_name_init(&name, overlay->state->seed, table, key));
    const struct entry *entry = find(overlay, &name);
    if (entry == NULL) {
        return state_reader_get(overlay->reader, &name, out_value);
    }
    if (entry->row->is_deleted) {
        return ERR_NOT_FOUND;
    }
    *out_value = row_value(entry->row);
    return ERR_OK;
}

enum err overlay_create(struct state *state, struct overlay **out_overlay)
{
    if (state->environment->mode == ENVIRONMENT_READ_ONLY) {
        return ERR_INPUT;
    }
    struct overlay *overlay = calloc(1, sizeof *overlay);
    if (overlay == NULL) {
        return ERR_RESOURCE;
    }
    overlay->state = state;
    enum err err = reserve_entry(overlay);
    if (err == ERR_OK) {
        err = state_reader_create(state, &overlay->reader);
    }
    if (err != ERR_OK) {
        overlay_destroy(overlay);
        return err;
    }
    *out_overlay = overlay;
    return ERR_OK;
}

void overlay_destroy(struct overlay *overlay)
{
    if (overlay == NULL) {
        return;
    }
    overlay_clear(overlay);
    state_reader_destroy(overlay->reader);
    free(overlay->entries);
    free(overlay->index);
    free(overlay->outgoing);
    free(overlay->saved);
    free(overlay);
}

struct ledger_store overlay_port(struct overlay *overlay)
{
    return (struct ledger_store){.view = {.context = overlay, .get = overlay_get},
                                 .context = overlay,
                                 .put = overlay_put,
                                 .del = overlay_del};
}

void overlay_mark(struct overlay *overlay)
{
    while (overlay->saved_count > 0) {
        struct saved *saved = &overlay->saved[--overlay->saved_count];
        overlay->entries[saved->entry].is_saved = false;
        free(saved->row);
    }
    overlay->marked = overlay->count;
}

void overlay_undo_to_mark(struct overlay *overlay)
{
    while (overlay->count > overlay->marked) {
        free(pop_entry(overlay));
    }
    while (overlay->saved_count > 0) {
        struct saved *saved = &overlay->saved[--overlay->saved_count];
        struct entry *entry = &overlay->entries[saved->entry];
        free(entry->row);
        entry->row = saved->row;
        entry->is_saved = false;
    }
}

void overlay_clear(struct overlay *overlay)
{
    overlay_mark(overlay);
    while (overlay->count > 0) {
        free(pop_entry(overlay));
    }
    overlay->marked = 0;
}

/* Empties the overlay into `outgoing`, shard by shard. */
static void collect_outgoing(struct overlay *overlay, size_t out_starts[MEMTABLE_SHARDS + 1])
{
    size_t ends[MEMTABLE_SHARDS] = {0};
    for (size_t i = 0; i < overlay->count; i++) {
        ends[memtable_shard_of(overlay->entries[i].hash)]++;
    }
    out_starts[0] = 0;
    for (unsigned i = 0; i < MEMTABLE_SHARDS; i++) {
        out_starts[i + 1] = out_starts[i] + ends[i];
        ends[i] = out_starts[i];
    }
    while (overlay->count > 0) {
        uint64_t hash = overlay->entries[overlay->count - 1].hash;
        size_t *end = &ends[memtable_shard_of(hash)];
        overlay->outgoing[(*end)++] = (struct row_slot){hash, pop_entry(overlay)};
    }
}

void overlay_publish(struct overlay *overlay, uint64_t last_row)
{
    struct state *state = overlay->state;
    size_t starts[MEMTABLE_SHARDS + 1];
    overlay_mark(overlay);
    overlay->marked = 0;
    collect_outgoing(overlay, starts);
    pthread_mutex_lock(&state->publish_mutex);
    ASSERT(last_row >= atomic_load(&state->published_row));
    memtable_publish(&state->memtable, overlay->outgoing, starts);
    atomic_store(&state->published_row, last_row);
    pthread_mutex_unlock(&state->publish_mutex);
}
