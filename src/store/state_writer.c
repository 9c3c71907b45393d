/* The writer's get, put and del. */
#include "store/state_writer.h"

#include <stdlib.h>
#include <string.h>

/* An index grows by one part in so many: members are many and come once, the others come and go. */
#define MEMBERS_GROWTH 3u
#define OTHERS_GROWTH  1u

#define UNDO_FIRST   1024u
#define FETCH_ROW    5u  /* calls from the bucket's fetch to the row's */
#define FETCH_CHANGE 10u /* and to the change's */

/* row_name_init, with a memory: a member's name is worked out once for fetch, get and put. */
static enum err name_init(struct state_writer *writer, struct row_name *name,
                          enum ledger_table table, struct slice key)
{
    if (table != TABLE_MEMBER || key.length != MEMBER_KEY_BYTES) {
        return row_name_init(name, writer->state->seed, table, key);
    }
    struct known_name *known = &writer->names[(key.at[14] ^ key.at[15]) % WRITER_NAMES];
    if (known->is_set && slice_equal(slice_of(known->key, sizeof known->key), key)) {
        *name = (struct row_name){known->hash, known->shard, table, key};
        return ERR_OK;
    }
    TRY(row_name_init(name, writer->state->seed, table, key));
    memcpy(known->key, key.at, sizeof known->key);
    known->hash = name->hash;
    known->shard = name->shard;
    known->is_set = true;
    return ERR_OK;
}

void writer_free_row(struct state_writer *writer, struct row *row)
{
    slab_give(&writer->state->slab, row, row_block_size(row));
}

void writer_free_versions(struct state_writer *writer, struct version *versions)
{
    while (versions != NULL) {
        struct version *version = versions;
        versions = version->older;
        writer_free_row(writer, version->row);
        slab_give(&writer->state->slab, version, sizeof *version);
    }
}

static struct row *make_row(struct state_writer *writer, const struct row_name *name,
                            const struct slice *value)
{
    size_t size = row_size(name->key.length, value == NULL ? 0 : value->length);
    struct row *row = slab_take(&writer->state->slab, size);
    if (row != NULL) {
        row_fill(row, name, value);
    }
    return row;
}

static void count_table_bytes(struct state *state, size_t plus, size_t minus)
{
    atomic_fetch_add_explicit(&state->table_bytes, plus - minus, memory_order_relaxed);
}

/* Room for one more row. Without the lock: only the writer changes it. */
static enum err make_room(struct state_writer *writer, unsigned number)
{
    struct shard *shard = writer_shard(writer, number);
    struct row_index grown;
    if (!row_index_is_full(&shard->index)) {
        return ERR_OK;
    }
    unsigned divisor = number < MEMBER_SHARDS ? MEMBERS_GROWTH : OTHERS_GROWTH;
    TRY(row_index_grow(&shard->index, divisor, writer->state->seed, &grown));
    struct row_index before = shard->index;
    shard_lock(shard);
    shard->index = grown;
    shard_unlock(shard);
    count_table_bytes(writer->state, row_index_bytes(&grown), row_index_bytes(&before));
    row_index_fini(&before);
    return ERR_OK;
}

static struct row *find(const struct state_writer *writer, const struct row_name *name,
                        struct row_place *out_place)
{
    return row_index_find(&writer_shard(writer, name->shard)->index, name, out_place)
               ? row_at(*out_place)
               : NULL;
}

static void set_used(struct row_place place)
{
    uint8_t tag = atomic_load_explicit(&place.bucket->tags[place.at], memory_order_relaxed);
    if ((tag & PLACE_USED) == 0) {
        atomic_store_explicit(&place.bucket->tags[place.at], (uint8_t)(tag | PLACE_USED),
                              memory_order_relaxed);
    }
}

static struct row_name name_of(const struct state_writer *writer, const struct row *row,
                               unsigned shard)
{
    return (struct row_name){row_hash(row, writer->state->seed), shard, row_table(row),
                             row_key(row)};
}

static struct row_place place_of(struct state_writer *writer, const struct row *row,
                                 const struct row_name *name)
{
    struct row_place place = {NULL, 0};
    bool is_there = row_index_find(&writer_shard(writer, name->shard)->index, name, &place);
    ASSERT(is_there && row_at(place) == row);
    return place;
}

void writer_take_out(struct state_writer *writer, struct row *row, unsigned shard)
{
    struct row_name name = name_of(writer, row, shard);
    row_index_remove(&writer_shard(writer, shard)->index, name.hash, place_of(writer, row, &name));
}

static void swap_at(struct state_writer *writer, struct row_place place, struct row *row,
                    unsigned number)
{
    struct shard *shard = writer_shard(writer, number);
    struct row *before = row_at(place);
    uint32_t change = atomic_load_explicit(&before->change, memory_order_relaxed);
    atomic_store_explicit(&row->change, change, memory_order_relaxed);
    if (change != 0) {
        shard->changes[change].row = row;
        shard_count_dirty(shard, row_table(row), row_bytes(row), row_bytes(before));
    }
    place.bucket->rows[place.at] = row;
}

void writer_swap(struct state_writer *writer, struct row *before, struct row *row, unsigned shard)
{
    struct row_name name = name_of(writer, before, shard);
    swap_at(writer, place_of(writer, before, &name), row, shard);
}

/* A row as LMDB has it, into the cache. */
static enum err load(struct state_writer *writer, const struct row_name *name, struct row **out_row)
{
    struct state *state = writer->state;
    if (!fences_may_hold(&state->fences, name->table, name->key)) {
        return ERR_NOT_FOUND;
    }
    struct state_key key = state_key_of(name->table, name->key);
    MDB_val at = state_key_value(&key);
    MDB_val found;
    TRY(make_room(writer, name->shard));
    TRY(environment_renew(state->environment, writer->txn));
    enum err err = environment_error(mdb_get(writer->txn, state->environment->dbi, &at, &found));
    struct row *row = NULL;
    if (err == ERR_OK) {
        struct slice value = environment_slice(found);
        bool is_good = value.length <= LIMIT_STORE_ROW_BYTES;
        row = is_good ? make_row(writer, name, &value) : NULL;
        err = row != NULL ? ERR_OK : is_good ? ERR_RESOURCE : ERR_CORRUPT;
    }
    mdb_txn_reset(writer->txn);
    TRY(err);
    struct shard *shard = writer_shard(writer, name->shard);
    shard_lock(shard);
    row_index_insert(&shard->index, name->hash, row);
    shard_unlock(shard);
    *out_row = row;
    return ERR_OK;
}

static enum err writer_get(void *context, enum ledger_table table, struct slice key,
                           struct slice *out_value)
{
    struct state_writer *writer = context;
    struct row_name name;
    struct row_place place;
    TRY(name_init(writer, &name, table, key));
    struct row *row = find(writer, &name, &place);
    if (row != NULL) {
        set_used(place);
    } else {
        TRY(load(writer, &name, &row));
    }
    if (row_is_deleted(row)) {
        return ERR_NOT_FOUND;
    }
    *out_value = row_value(row);
    return ERR_OK;
}

static enum err make_undo(struct state_writer *writer, struct undo **out_undo)
{
    if (writer->undo_count == writer->undo_room) {
        size_t room = writer->undo_room == 0 ? UNDO_FIRST : writer->undo_room * 2;
        struct undo *undo = realloc(writer->undo, room * sizeof undo[0]);
        if (undo == NULL) {
            return ERR_RESOURCE;
        }
        writer->undo = undo;
        writer->undo_room = room;
    }
    *out_undo = &writer->undo[writer->undo_count];
    return ERR_OK;
}

/* A change for a row that LMDB has as it is, or does not have. Under the lock. */
static enum err begin_change(struct state_writer *writer, struct row *row, unsigned number)
{
    struct shard *shard = writer_shard(writer, number);
    uint32_t room = shard->change_room;
    uint32_t change = shard_take_change(shard);
    if (change == 0) {
        return ERR_RESOURCE;
    }
    count_table_bytes(writer->state, (shard->change_room - room) * sizeof(struct change), 0);
    shard->changes[change] = (struct change){
        .row = row, .older = NULL, .epoch = writer->epoch, .first_epoch = writer->epoch};
    shard_link(shard, change);
    atomic_store_explicit(&row->change, change, memory_order_relaxed);
    shard_count_dirty(shard, row_table(row), row_bytes(row), 0);
    return ERR_OK;
}

/* The row as it is becomes a version, unless it is of this batch. Under the lock. */
static enum err keep_version(struct state_writer *writer, struct row *row, unsigned number,
                             struct undo *undo)
{
    struct shard *shard = writer_shard(writer, number);
    struct change *change =
        &shard->changes[atomic_load_explicit(&row->change, memory_order_relaxed)];
    undo->epoch = change->epoch;
    if (change->epoch == writer->epoch) {
        return ERR_OK;
    }
    uint64_t durable = atomic_load(&writer->state->durable_epoch);
    writer_free_versions(writer, shard_take_stale(shard, change, durable));
    struct version *version = slab_take(&writer->state->slab, sizeof *version);
    if (version == NULL) {
        return ERR_RESOURCE;
    }
    *version = (struct version){change->older, row, change->epoch};
    change->older = version;
    change->epoch = writer->epoch;
    undo->is_version = true;
    writer_note_stale(writer, number, (uint32_t)(change - shard->changes), version);
    return ERR_OK;
}

static enum err insert(struct state_writer *writer, const struct row_name *name, struct row *row)
{
    struct shard *shard = writer_shard(writer, name->shard);
    TRY(make_room(writer, name->shard));
    shard_lock(shard);
    enum err err = begin_change(writer, row, name->shard);
    if (err == ERR_OK) {
        row_index_insert(&shard->index, name->hash, row);
    }
    shard_unlock(shard);
    return err;
}

static enum err replace(struct state_writer *writer, struct row_place place, struct row *row,
                        unsigned number, struct undo *undo)
{
    struct shard *shard = writer_shard(writer, number);
    struct row *before = row_at(place);
    shard_lock(shard);
    undo->had_change = atomic_load_explicit(&before->change, memory_order_relaxed) != 0;
    enum err err = undo->had_change ? keep_version(writer, before, number, undo)
                                    : begin_change(writer, before, number);
    if (err == ERR_OK) {
        swap_at(writer, place, row, number);
    }
    shard_unlock(shard);
    return err;
}

/* `value` is NULL for a deletion. */
static enum err write_row(struct state_writer *writer, enum ledger_table table, struct slice key,
                          const struct slice *value)
{
    struct row_name name;
    struct row_place place;
    struct undo *undo = NULL;
    TRY(name_init(writer, &name, table, key));
    TRY(make_undo(writer, &undo));
    struct row *before = find(writer, &name, &place);
    struct row *row = make_row(writer, &name, value);
    if (row == NULL) {
        return ERR_RESOURCE;
    }
    *undo = (struct undo){.row = row, .before = before, .shard = name.shard};
    enum err err =
        before == NULL ? insert(writer, &name, row) : replace(writer, place, row, name.shard, undo);
    if (err != ERR_OK) {
        writer_free_row(writer, row);
        return err;
    }
    writer->undo_count++;
    return ERR_OK;
}

static enum err writer_put(void *context, enum ledger_table table, struct slice key,
                           struct slice value)
{
    return value.length > LIMIT_STORE_ROW_BYTES ? ERR_INPUT
                                                : write_row(context, table, key, &value);
}

static enum err writer_del(void *context, enum ledger_table table, struct slice key)
{
    return write_row(context, table, key, NULL);
}

static bool writer_has_applied(void *context, enum ledger_table table, struct slice key,
                               uint64_t row)
{
    const struct state_writer *writer = context;
    struct row_name name;
    return row_name_init(&name, writer->state->seed, table, key) == ERR_OK &&
           slice_rows_at(writer->state->opened, table, key) >= row;
}

struct ledger_store state_writer_port(struct state_writer *writer)
{
    return (struct ledger_store){.view = {.context = writer, .get = writer_get},
                                 .context = writer,
                                 .put = writer_put,
                                 .del = writer_del,
                                 .has_applied = writer_has_applied};
}

/* Fetches what a name's bucket leads to: the rows, or their changes. */
static void fetch_on(const struct state_writer *writer, struct fetch fetch, bool is_row)
{
    const struct shard *shard = writer_shard(writer, fetch.shard);
    struct row_bucket *bucket = row_index_home(&shard->index, fetch.hash);
    unsigned tag = row_index_tag(fetch.hash);
    for (unsigned i = 0; bucket != NULL && i < BUCKET_PLACES; i++) {
        unsigned there = atomic_load_explicit(&bucket->tags[i], memory_order_relaxed);
        if ((there & ~PLACE_USED) != tag) {
            continue;
        }
        const uint8_t *row = (const uint8_t *)bucket->rows[i];
        if (is_row) {
            __builtin_prefetch(row);
            __builtin_prefetch(row + 64);
        } else {
            uint32_t change = atomic_load_explicit(&bucket->rows[i]->change, memory_order_relaxed);
            if (change != 0) {
                __builtin_prefetch(&shard->changes[change]);
            }
        }
    }
}

void state_writer_prefetch(struct state_writer *writer, enum ledger_table table, struct slice key)
{
    struct row_name name;
    if (name_init(writer, &name, table, key) != ERR_OK) {
        return;
    }
    unsigned at = writer->ahead_at++;
    const struct row_index *index = &writer_shard(writer, name.shard)->index;
    if (index->bucket_count > 0) {
        __builtin_prefetch(row_index_home(index, name.hash));
    }
    writer->ahead[at % WRITER_AHEAD] = (struct fetch){name.hash, name.shard};
    fetch_on(writer, writer->ahead[(at - FETCH_ROW) % WRITER_AHEAD], true);
    fetch_on(writer, writer->ahead[(at - FETCH_CHANGE) % WRITER_AHEAD], false);
}
