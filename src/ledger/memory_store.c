#include "ledger/memory_store.h"

#include <stdlib.h>
#include <string.h>

/* One hash map with chains for each table; rows own their key and value. */
struct row {
    struct row *next;
    uint64_t hash;
    size_t key_length;
    size_t value_length;
    uint8_t *value;
    uint8_t key[];
};

struct map {
    struct row **chains;
    size_t chain_count; /* a power of two, or 0 before the first row */
    size_t row_count;
};

/* Records are kept as rows of one more map, by their number. */
struct memory_store {
    struct map maps[TABLE_END];
    struct map records;
};

enum {
    CHAINS_FIRST = 64
};

/* FNV-1a, 64 bits, folded so that the low bits depend on all. */
static uint64_t key_hash(struct slice key)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < key.length; i++) {
        hash = (hash ^ key.at[i]) * UINT64_C(1099511628211);
    }
    return hash ^ hash >> 32;
}

enum err memory_store_create(struct memory_store **out_store)
{
    struct memory_store *store = calloc(1, sizeof *store);
    if (store == NULL) {
        return ERR_RESOURCE;
    }
    *out_store = store;
    return ERR_OK;
}

static void row_destroy(struct row *row)
{
    free(row->value);
    free(row);
}

static void map_fini(struct map *map)
{
    for (size_t i = 0; i < map->chain_count; i++) {
        for (struct row *row = map->chains[i]; row != NULL;) {
            struct row *next = row->next;
            row_destroy(row);
            row = next;
        }
    }
    free(map->chains);
}

void memory_store_destroy(struct memory_store *store)
{
    for (unsigned table = 0; store != NULL && table < TABLE_END; table++) {
        map_fini(&store->maps[table]);
    }
    if (store != NULL) {
        map_fini(&store->records);
    }
    free(store);
}

/* The link that points to the row with this key, or to the end of its chain; NULL without chains.
 */
static struct row **map_link(const struct map *map, struct slice key, uint64_t hash)
{
    if (map->chain_count == 0) {
        return NULL;
    }
    struct row **link = &map->chains[hash & (map->chain_count - 1)];
    while (*link != NULL) {
        const struct row *row = *link;
        if (row->hash == hash && slice_equal(slice_of(row->key, row->key_length), key)) {
            break;
        }
        link = &(*link)->next;
    }
    return link;
}

/* Twice the chains, when there are more rows than chains. */
static enum err map_make_room(struct map *map)
{
    if (map->row_count < map->chain_count) {
        return ERR_OK;
    }
    size_t chain_count = map->chain_count == 0 ? CHAINS_FIRST : map->chain_count * 2;
    struct row **chains = calloc(chain_count, sizeof *chains);
    if (chains == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < map->chain_count; i++) {
        for (struct row *row = map->chains[i]; row != NULL;) {
            struct row *next = row->next;
            struct row **chain = &chains[row->hash & (chain_count - 1)];
            row->next = *chain;
            *chain = row;
            row = next;
        }
    }
    free(map->chains);
    map->chains = chains;
    map->chain_count = chain_count;
    return ERR_OK;
}

static struct row *row_create(struct slice key, uint64_t hash)
{
    struct row *row = malloc(sizeof *row + key.length);
    if (row != NULL) {
        *row = (struct row){.hash = hash, .key_length = key.length};
        memcpy(row->key, key.at, key.length);
    }
    return row;
}

static enum err map_get(const struct map *map, struct slice key, struct slice *out_value)
{
    struct row **link = map_link(map, key, key_hash(key));
    if (link == NULL || *link == NULL) {
        return ERR_NOT_FOUND;
    }
    *out_value = slice_of((*link)->value, (*link)->value_length);
    return ERR_OK;
}

static enum err map_put(struct map *map, struct slice key, struct slice value)
{
    uint64_t hash = key_hash(key);
    TRY(map_make_room(map));
    struct row **link = map_link(map, key, hash);
    uint8_t *copy = malloc(value.length + 1); /* never of no bytes */
    struct row *row = *link != NULL ? *link : row_create(key, hash);
    if (copy == NULL || row == NULL) {
        free(copy);
        if (*link == NULL) {
            free(row);
        }
        return ERR_RESOURCE;
    }
    if (value.length > 0) {
        memcpy(copy, value.at, value.length);
    }
    map->row_count += *link == NULL ? 1 : 0;
    *link = row;
    free(row->value);
    row->value = copy;
    row->value_length = value.length;
    return ERR_OK;
}

static enum err store_get(void *context, enum ledger_table table, struct slice key,
                          struct slice *out_value)
{
    const struct memory_store *store = context;
    ASSERT(table > 0 && table < TABLE_END);
    return map_get(&store->maps[table], key, out_value);
}

static enum err store_put(void *context, enum ledger_table table, struct slice key,
                          struct slice value)
{
    struct memory_store *store = context;
    ASSERT(table > 0 && table < TABLE_END);
    return map_put(&store->maps[table], key, value);
}

static enum err store_record(void *context, uint64_t row, struct slice *out_bytes)
{
    const struct memory_store *store = context;
    return map_get(&store->records, slice_of(&row, sizeof row), out_bytes);
}

enum err memory_store_keep_record(struct memory_store *store, uint64_t row, struct slice bytes)
{
    return map_put(&store->records, slice_of(&row, sizeof row), bytes);
}

static enum err store_del(void *context, enum ledger_table table, struct slice key)
{
    struct memory_store *store = context;
    ASSERT(table > 0 && table < TABLE_END);
    struct map *map = &store->maps[table];
    struct row **link = map_link(map, key, key_hash(key));
    if (link != NULL && *link != NULL) {
        struct row *row = *link;
        *link = row->next;
        row_destroy(row);
        map->row_count--;
    }
    return ERR_OK;
}

struct ledger_store memory_store_port(struct memory_store *store)
{
    return (struct ledger_store){.view = {.context = store,
                                          .get = store_get,
                                          .record = store_record,
                                          .record_context = store},
                                 .context = store,
                                 .put = store_put,
                                 .del = store_del};
}

size_t memory_store_rows(const struct memory_store *store)
{
    size_t count = 0;
    for (unsigned table = 0; table < TABLE_END; table++) {
        count += store->maps[table].row_count;
    }
    return count;
}

static enum err map_each(const struct map *map, enum ledger_table table,
                         enum err (*visit)(void *context, enum ledger_table table, struct slice key,
                                           struct slice value),
                         void *context)
{
    for (size_t i = 0; i < map->chain_count; i++) {
        for (const struct row *row = map->chains[i]; row != NULL; row = row->next) {
            TRY(visit(context, table, slice_of(row->key, row->key_length),
                      slice_of(row->value, row->value_length)));
        }
    }
    return ERR_OK;
}

enum err memory_store_each(const struct memory_store *store,
                           enum err (*visit)(void *context, enum ledger_table table,
                                             struct slice key, struct slice value),
                           void *context)
{
    for (unsigned table = 1; table < TABLE_END; table++) {
        TRY(map_each(&store->maps[table], (enum ledger_table)table, visit, context));
    }
    return ERR_OK;
}
