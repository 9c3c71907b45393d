#include "store/memtable.h"

#include <stdlib.h>
#include <string.h>

#define CAPACITY_MIN 64u
#define SHARD_SHIFT  58u /* the top 6 bits choose the shard, the low ones the bucket */

static enum err row_table_init(struct row_table *table)
{
    table->buckets = calloc(CAPACITY_MIN, sizeof *table->buckets);
    if (table->buckets == NULL) {
        return ERR_RESOURCE;
    }
    table->capacity = CAPACITY_MIN;
    table->rows = 0;
    return ERR_OK;
}

static struct row **row_table_slot(const struct row_table *table, uint64_t hash)
{
    return &table->buckets[hash & (table->capacity - 1)];
}

static const struct row *row_table_find(const struct row_table *table, const struct row_name *name)
{
    if (table->rows == 0) {
        return NULL;
    }
    const struct row *row = *row_table_slot(table, name->hash);
    while (row != NULL && !row_is(row, name)) {
        row = row->next;
    }
    return row;
}

/* Twice the buckets if there is memory for them; without it the chains get longer, no more. */
static void row_table_grow(struct row_table *table)
{
    struct row_table wider = {calloc(2 * table->capacity, sizeof *table->buckets),
                              2 * table->capacity, table->rows};
    if (wider.buckets == NULL) {
        return;
    }
    for (size_t i = 0; i < table->capacity; i++) {
        struct row *row = table->buckets[i];
        while (row != NULL) {
            struct row *next = row->next;
            struct row **slot = row_table_slot(&wider, row->hash);
            row->next = *slot;
            *slot = row;
            row = next;
        }
    }
    free(table->buckets);
    *table = wider;
}

/* Takes `row` and gives back the one it replaces, or NULL. */
static struct row *row_table_put(struct row_table *table, struct row *row)
{
    struct row_name name = row_get_name(row);
    struct row **slot = row_table_slot(table, row->hash);
    while (*slot != NULL && !row_is(*slot, &name)) {
        slot = &(*slot)->next;
    }
    struct row *replaced = *slot;
    row->next = replaced == NULL ? NULL : replaced->next;
    *slot = row;
    if (replaced == NULL) {
        table->rows++;
        if (table->rows > table->capacity) {
            row_table_grow(table);
        }
    }
    return replaced;
}

/* Frees the rows and keeps the buckets; returns the rows' bytes. */
static size_t row_table_empty(struct row_table *table)
{
    size_t bytes = 0;
    for (size_t i = 0; i < table->capacity; i++) {
        struct row *row = table->buckets[i];
        while (row != NULL) {
            struct row *next = row->next;
            bytes += row_size(row);
            free(row);
            row = next;
        }
        table->buckets[i] = NULL;
    }
    table->rows = 0;
    return bytes;
}

static void row_table_fini(struct row_table *table)
{
    (void)row_table_empty(table);
    free(table->buckets);
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
            free(shard->active.buckets);
            free(shard->frozen.buckets);
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
        if (shard->active.buckets == NULL) {
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
    const struct row *row = row_table_find(&shard->active, name);
    if (row == NULL) {
        row = row_table_find(&shard->frozen, name);
    }
    if (row != NULL) {
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

void memtable_publish(struct memtable *memtable, struct row *lists[MEMTABLE_SHARDS])
{
    for (unsigned i = 0; i < MEMTABLE_SHARDS; i++) {
        if (lists[i] == NULL) {
            continue;
        }
        struct memtable_shard *shard = &memtable->shards[i];
        struct row *replaced = NULL;
        size_t added = 0;
        size_t removed = 0;
        pthread_mutex_lock(&shard->mutex);
        for (struct row *row = lists[i]; row != NULL;) {
            struct row *next = row->next;
            added += row_size(row);
            struct row *old = row_table_put(&shard->active, row);
            if (old != NULL) {
                old->next = replaced;
                replaced = old;
            }
            row = next;
        }
        pthread_mutex_unlock(&shard->mutex);
        while (replaced != NULL) { /* readers copied under the lock: nobody has it any more */
            struct row *next = replaced->next;
            removed += row_size(replaced);
            free(replaced);
            replaced = next;
        }
        atomic_fetch_add(&memtable->bytes, added);
        atomic_fetch_sub(&memtable->bytes, removed);
        lists[i] = NULL;
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
        for (size_t b = 0; b < table->capacity; b++) {
            for (const struct row *row = table->buckets[b]; row != NULL; row = row->next) {
                entries[count++] = (struct sort_entry){sort_start(row), row};
            }
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
        shard->frozen = (struct row_table){0}; /* no rows: nobody looks for its buckets */
        pthread_mutex_unlock(&shard->mutex);
        size_t bytes = row_table_empty(&dropped);
        pthread_mutex_lock(&shard->mutex);
        shard->frozen = dropped; /* the buckets serve the next freeze */
        pthread_mutex_unlock(&shard->mutex);
        atomic_fetch_sub(&memtable->bytes, bytes);
    }
    memtable->frozen_rows = 0;
}
