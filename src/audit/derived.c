#include "audit/derived.h"

#include <stdlib.h>

#include "base/limits.h"
#include "store/row_index.h"
#include "store/slab.h"

enum {
    GROWTH = 1, /* an index that is full gets as many buckets again */
    AHEAD = 4   /* buckets whose rows are fetched ahead of a walk */
};

/* Not secret: a journal's rows lie in the same places each time. */
#define SEED UINT64_C(0x54616c6561)

struct derived {
    struct slab slab;
    struct pages pages;
    struct row_index tables[TABLE_END];
};

enum err derived_create(struct derived **out_derived)
{
    struct derived *derived = calloc(1, sizeof *derived);
    if (derived == NULL) {
        return ERR_RESOURCE;
    }
    *out_derived = derived;
    return ERR_OK;
}

void derived_destroy(struct derived *derived)
{
    for (unsigned table = 0; derived != NULL && table < TABLE_END; table++) {
        row_index_fini(&derived->tables[table], &derived->pages);
    }
    if (derived != NULL) {
        slab_fini(&derived->slab);
    }
    free(derived);
}

static enum err get(void *context, enum ledger_table table, struct slice key,
                    struct slice *out_value)
{
    const struct derived *derived = context;
    struct row_name name;
    struct row_place place;
    TRY(row_name_init(&name, SEED, table, key));
    if (!row_index_find(&derived->tables[table], &name, &place)) {
        return ERR_NOT_FOUND;
    }
    *out_value = row_value(row_at(place));
    return ERR_OK;
}

static struct row *row_create(struct derived *derived, const struct row_name *name,
                              struct slice value)
{
    size_t size = row_size(name->key.length, value.length);
    struct row *row = slab_take(&derived->slab, row_block_size(size));
    if (row != NULL) {
        row_fill(row, name, &value, size);
    }
    return row;
}

static enum err insert(struct derived *derived, const struct row_name *name, struct slice value)
{
    struct row_index *index = &derived->tables[name->table];
    if (row_index_is_full(index)) {
        struct row_index larger;
        TRY(row_index_resize(index, GROWTH, SEED, &derived->pages, &larger));
        row_index_fini(index, &derived->pages);
        *index = larger;
    }
    struct row *row = row_create(derived, name, value);
    if (row == NULL) {
        return ERR_RESOURCE;
    }
    row_index_insert(index, name->hash, row);
    return ERR_OK;
}

static enum err replace(struct derived *derived, const struct row_name *name,
                        struct row_place place, struct slice value)
{
    struct row *row = row_at(place);
    size_t capacity = row_capacity(row);
    if (row_size(name->key.length, value.length) <= capacity) {
        row_set_value(row, &value);
        return ERR_OK;
    }
    struct row *larger = row_create(derived, name, value);
    if (larger == NULL) {
        return ERR_RESOURCE;
    }
    place.bucket->rows[place.at] = larger;
    slab_give(&derived->slab, row, capacity);
    return ERR_OK;
}

static enum err put(void *context, enum ledger_table table, struct slice key, struct slice value)
{
    struct derived *derived = context;
    struct row_name name;
    struct row_place place;
    if (value.length > LIMIT_STORE_ROW_BYTES) {
        return ERR_INPUT;
    }
    TRY(row_name_init(&name, SEED, table, key));
    return row_index_find(&derived->tables[table], &name, &place)
               ? replace(derived, &name, place, value)
               : insert(derived, &name, value);
}

static enum err del(void *context, enum ledger_table table, struct slice key)
{
    struct derived *derived = context;
    struct row_name name;
    struct row_place place;
    TRY(row_name_init(&name, SEED, table, key));
    if (row_index_find(&derived->tables[table], &name, &place)) {
        struct row *row = row_at(place);
        row_index_remove(&derived->tables[table], name.hash, place);
        slab_give(&derived->slab, row, row_capacity(row));
    }
    return ERR_OK;
}

static enum err record(void *context, uint64_t row, struct slice *out_bytes)
{
    (void)context;
    (void)row;
    (void)out_bytes;
    return ERR_NOT_FOUND;
}

struct ledger_store derived_port(struct derived *derived)
{
    return (struct ledger_store){
        .view = {.context = derived, .get = get, .record = record, .record_context = derived},
        .context = derived,
        .put = put,
        .del = del};
}

uint64_t derived_hash(enum ledger_table table, struct slice key)
{
    struct row_name name;
    return row_name_init(&name, SEED, table, key) == ERR_OK ? name.hash : 0;
}

void derived_expect_place(const struct derived *derived, enum ledger_table table, uint64_t hash)
{
    __builtin_prefetch(row_index_home(&derived->tables[table], hash));
}

void derived_expect_row(const struct derived *derived, enum ledger_table table, uint64_t hash)
{
    const struct row_bucket *bucket = row_index_home(&derived->tables[table], hash);
    uint64_t places = bucket == NULL ? 0 : row_bucket_places(bucket, row_index_tag(hash));
    if (places != 0) {
        const struct row *row = bucket->rows[row_bucket_first(places)];
        __builtin_prefetch(row);
        __builtin_prefetch((const uint8_t *)row + 64);
    }
}

static void fetch_ahead(const struct row_index *index, size_t at)
{
    for (unsigned i = 0; at < index->bucket_count && i < BUCKET_PLACES; i++) {
        __builtin_prefetch(index->buckets[at].rows[i]);
    }
}

enum err derived_each(const struct derived *derived, enum ledger_table table,
                      enum err (*visit)(void *context, enum ledger_table table, struct slice key,
                                        struct slice value),
                      void *context)
{
    const struct row_index *index = &derived->tables[table];
    for (size_t i = 0; i < index->bucket_count; i++) {
        fetch_ahead(index, i + AHEAD);
        for (unsigned at = 0; at < BUCKET_PLACES; at++) {
            const struct row *row = index->buckets[i].rows[at];
            if (row != NULL) {
                TRY(visit(context, table, row_key(row), row_value(row)));
            }
        }
    }
    return ERR_OK;
}
