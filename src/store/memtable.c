#include "store/memtable.h"

#include <stdlib.h>
#include <string.h>

#define CAPACITY_MIN  64u
#define SHARD_SHIFT   58u /* the top 6 bits choose the shard, the low ones the slot */
#define PUBLISH_GROUP 16u /* rows whose slots are fetched from memory at the same time */

static enum err row_table_init(struct row_table *table)
{
    *table = (struct row_table){.slots = calloc(CAPACITY_MIN, sizeof *table->slots)};
    if (table->slots == NULL) {
        return ERR_RESOURCE;
    }
    table->capacity = CAPACITY_MIN;
    return ERR_OK;
}

static size_t row_table_start(const struct row_table *table, uint64_t hash)
{
    return hash & (table->capacity - 1);
}

/* Where the row's pointer is kept, or NULL. */
static struct row **row_table_find(struct row_table *table, const struct row_name *name)
{
    if (table->rows == 0) {
        return NULL;
    }
    size_t at = row_table_start(table, name->hash);
    while (table->slots[at].row != NULL) {
        struct row_slot *slot = &table->slots[at];
        if (slot->hash == name->hash && row_is(slot->row, name)) {
            return &slot->row;
        }
        at = (at + 1) & (table->capacity - 1);
    }
    struct row **link = &table->overflow;
    while (*link != NULL && !row_is(*link, name)) {
        link = &(*link)->next;
    }
    return *link == NULL ? NULL : link;
}

static void row_table_add(struct row_table *table, struct row *row)
{
    size_t at = row_table_start(table, row->hash);
    while (table->slots[at].row != NULL) {
        at = (at + 1) & (table->capacity - 1);
    }
    row->next = NULL;
    table->slots[at] = (struct row_slot){row->hash, row};
    table->slotted++;
}

/* Twice the slots if there is memory for them. */
static void row_table_grow(struct row_table *table)
{
    struct row_table wider = {.slots = calloc(2 * table->capacity, sizeof *table->slots),
                              .capacity = 2 * table->capacity,
                              .rows = table->rows};
    if (wider.slots == NULL) {
        return;
    }
    for (size_t i = 0; i < table->capacity; i++) {
        const struct row_slot *slot = &table->slots[i];
        size_t at = row_table_start(&wider, slot->hash);
        while (slot->row != NULL && wider.slots[at].row != NULL) {
            at = (at + 1) & (wider.capacity - 1);
        }
        if (slot->row != NULL) {
            wider.slots[at] = *slot;
        }
    }
    wider.slotted = table->slotted;
    wider.overflow = table->overflow; /* stays where it is: it is short, and dropped soon */
    free(table->slots);
    *table = wider;
}

/* Takes `row` and gives back the one it replaces, or NULL. */
static struct row *row_table_put(struct row_table *table, struct row *row)
{
    struct row_name name = row_get_name(row);
    struct row **place = row_table_find(table, &name);
    if (place != NULL) {
        struct row *replaced = *place;
        row->next = replaced->next;
        *place = row;
        return replaced;
    }
    table->rows++;
    if (table->slotted >= table->capacity / 2) {
        row_table_grow(table);
    }
    if (table->slotted < table->capacity / 8 * 7) {
        row_table_add(table, row);
    } else {
        row->next = table->overflow;
        table->overflow = row;
    }
    return NULL;
}

static size_t free_row(struct row *row)
{
    size_t bytes = row_size(row);
    free(row);
    return bytes;
}

/* Frees the rows and keeps the slots; returns the rows' bytes. */
static size_t row_table_empty(struct row_table *table)
{
    size_t bytes = 0;
    for (size_t i = 0; i < table->capacity; i++) {
        if (table->slots[i].row != NULL) {
            bytes += free_row(table->slots[i].row);
            table->slots[i] = (struct row_slot){0};
        }
    }
    while (table->overflow != NULL) {
        struct row *next = table->overflow->next;
        bytes += free_row(table->overflow);
        table->overflow = next;
    }
    table->slotted = 0;
    table->rows = 0;
    return bytes;
}

static void row_table_fini(struct row_table *table)
{
    (void)row_table_empty(table);
    free(table->slots);
}

enum err memtable_init(struct memtable *memtable)
{
    *memtable = (struct memtable){0};
    for (unsigned i = 0; i < MEMTABLE_SHARDS; i++) {
        struct memtable_shard *shard = &memtable->shards[i];
        bool is_made = row_table_init(&shard->active) == ERR_OK &&
                       row_table_init(&shard->frozen) == ERR_OK &&
                       pthread_mutex_init(&shard->mutex, NULL) == 0;
        if (!is_made) {
            free(shard->active.slots);
            free(shard->frozen.slots);
            *shard = (struct memtable_shard){0};
            memtable_fini(memtable);
            return ERR_RESOURCE;
        }
    }
    return ERR_OK;
}

void memtable_fini(struct memtable *memtable)
{
    for (unsigned i = 0; i < MEMTABLE_SHARDS; i++) {
        struct memtable_shard *shard = &memtable->shards[i];
        if (shard->active.slots == NULL) {
            break; /* init came as far as this */
        }
        row_table_fini(&shard->active);
        row_table_fini(&shard->frozen);
        pthread_mutex_destroy(&shard->mutex);
    }
}

enum err memtable_get(struct memtable *memtable, const struct row_name *name, struct buffer *out,
                      bool *out_is_deleted)
{
    struct memtable_shard *shard = &memtable->shards[memtable_shard_of(name->hash)];
    enum err err = ERR_NOT_FOUND;
    pthread_mutex_lock(&shard->mutex);
    struct row **place = row_table_find(&shard->active, name);
    if (place == NULL) {
        place = row_table_find(&shard->frozen, name);
    }
    if (place != NULL) {
        const struct row *row = *place;
        struct slice value = row_value(row);
        buffer_clear(out);
        write_bytes(out, value.at, value.length);
        *out_is_deleted = row->is_deleted;
        err = out->err;
    }
    pthread_mutex_unlock(&shard->mutex);
    return err;
}

unsigned memtable_shard_of(uint64_t hash)
{
    return (unsigned)(hash >> SHARD_SHIFT);
}

/* Moves the rows into the table, at most PUBLISH_GROUP; the replaced ones go to the front of
 * `*replaced`. Returns the bytes of those that were moved. */
static size_t publish_group(struct row_table *table, const struct row_slot *rows, size_t count,
                            struct row **replaced)
{
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++) {
        __builtin_prefetch(&table->slots[row_table_start(table, rows[i].hash)]);
        __builtin_prefetch(rows[i].row);
    }
    for (size_t i = 0; i < count; i++) {
        const struct row_slot *slot = &table->slots[row_table_start(table, rows[i].hash)];
        __builtin_prefetch(slot->row); /* the one to replace, more often than not */
    }
    for (size_t i = 0; i < count; i++) {
        bytes += row_size(rows[i].row);
        struct row *old = row_table_put(table, rows[i].row);
        if (old != NULL) {
            old->next = *replaced;
            *replaced = old;
        }
    }
    return bytes;
}

static void publish_shard(struct memtable *memtable, struct memtable_shard *shard,
                          const struct row_slot *rows, size_t count)
{
    struct row *replaced = NULL;
    size_t added = 0;
    size_t removed = 0;
    pthread_mutex_lock(&shard->mutex);
    for (size_t i = 0; i < count; i += PUBLISH_GROUP) {
        size_t left = count - i;
        added += publish_group(&shard->active, rows + i,
                               left < PUBLISH_GROUP ? left : PUBLISH_GROUP, &replaced);
    }
    pthread_mutex_unlock(&shard->mutex);
    while (replaced != NULL) { /* readers copied under the lock: nobody has it any more */
        struct row *next = replaced->next;
        removed += free_row(replaced);
        replaced = next;
    }
    atomic_fetch_add(&memtable->bytes, added);
    atomic_fetch_sub(&memtable->bytes, removed);
}

void memtable_publish(struct memtable *memtable, const struct row_slot *rows,
                      const size_t starts[MEMTABLE_SHARDS + 1])
{
    for (unsigned i = 0; i < MEMTABLE_SHARDS; i++) {
        if (starts[i] < starts[i + 1]) {
            publish_shard(memtable, &memtable->shards[i], rows + starts[i],
                          starts[i + 1] - starts[i]);
        }
    }
}

void memtable_freeze(struct memtable *memtable)
{
    ASSERT(memtable->frozen_rows == 0);
    for (unsigned i = 0; i < MEMTABLE_SHARDS; i++) {
        struct memtable_shard *shard = &memtable->shards[i];
        pthread_mutex_lock(&shard->mutex);
        struct row_table active = shard->active;
        shard->active = shard->frozen;
        shard->frozen = active;
        pthread_mutex_unlock(&shard->mutex);
        memtable->frozen_rows += active.rows;
    }
}

/* A row with the start of its name as a number, which decides most comparisons. */
struct sort_entry {
    uint64_t start;
    const struct row *row;
};

static uint64_t sort_start(const struct row *row)
{
    uint8_t bytes[8] = {row->table};
    size_t length = row->key_length < 7 ? row->key_length : 7;
    memcpy(bytes + 1, row->bytes, length);
    return get_u64_be(bytes);
}

static int sort_compare(const void *left, const void *right)
{
    const struct sort_entry *a = left;
    const struct sort_entry *b = right;
    if (a->start != b->start) {
        return a->start < b->start ? -1 : 1;
    }
    size_t a_length = a->row->key_length;
    size_t b_length = b->row->key_length;
    int order = memcmp(a->row->bytes, b->row->bytes, a_length < b_length ? a_length : b_length);
    return order != 0 ? order : (a_length > b_length) - (a_length < b_length);
}

static size_t collect(const struct memtable *memtable, struct sort_entry *entries)
{
    size_t count = 0;
    for (unsigned i = 0; i < MEMTABLE_SHARDS; i++) {
        const struct row_table *table = &memtable->shards[i].frozen;
        for (size_t at = 0; at < table->capacity; at++) {
            const struct row *row = table->slots[at].row;
            if (row != NULL) {
                entries[count++] = (struct sort_entry){sort_start(row), row};
            }
        }
        for (const struct row *row = table->overflow; row != NULL; row = row->next) {
            entries[count++] = (struct sort_entry){sort_start(row), row};
        }
    }
    return count;
}

enum err memtable_sorted(struct memtable *memtable, const struct row ***out_rows, size_t *out_count)
{
    size_t count = memtable->frozen_rows;
    struct sort_entry *entries = malloc((count + 1) * sizeof *entries);
    const struct row **rows = malloc((count + 1) * sizeof *rows);
    if (entries == NULL || rows == NULL) {
        free(entries);
        free(rows);
        return ERR_RESOURCE;
    }
    /* No lock: only the caller changes frozen tables, everyone else reads them. */
    size_t collected = collect(memtable, entries);
    ASSERT(collected == count);
    qsort(entries, count, sizeof *entries, sort_compare);
    for (size_t i = 0; i < count; i++) {
        rows[i] = entries[i].row;
    }
    free(entries);
    *out_rows = rows;
    *out_count = count;
    return ERR_OK;
}

void memtable_drop_frozen(struct memtable *memtable)
{
    for (unsigned i = 0; i < MEMTABLE_SHARDS; i++) {
        struct memtable_shard *shard = &memtable->shards[i];
        pthread_mutex_lock(&shard->mutex);
        struct row_table dropped = shard->frozen;
        shard->frozen = (struct row_table){0}; /* no rows: nobody looks for its slots */
        pthread_mutex_unlock(&shard->mutex);
        size_t bytes = row_table_empty(&dropped);
        pthread_mutex_lock(&shard->mutex);
        shard->frozen = dropped; /* the slots serve the next freeze */
        pthread_mutex_unlock(&shard->mutex);
        atomic_fetch_sub(&memtable->bytes, bytes);
    }
    memtable->frozen_rows = 0;
}
