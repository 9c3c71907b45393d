/* The writer's get, put and del. */
#include "store/state_writer.h"

#include <stdlib.h>
#include <string.h>

/* An index grows by one part in so many: members are many and come once, the others come and go. */
#define MEMBERS_GROWTH 3u
#define OTHERS_GROWTH  1u

#define MEMBER_BLOCK 64u

#define UNDO_FIRST 1024u
#define FETCH_ROW  10u /* calls from the bucket's fetch to the row's */

/* row_name_init, with a memory for members: such a name is worked out once for fetch, get and put.
 */
static enum err name_init(struct state_writer *writer, struct row_name *name,
                          enum ledger_table table, struct slice key)
{
    if (table != TABLE_MEMBER || key.length != MEMBER_KEY_BYTES) {
        return row_name_init(name, writer->state->seed, table, key);
    }
    struct known_member *known = &writer->names[key.at[MEMBER_KEY_BYTES - 1] % WRITER_NAMES];
    if (!known->is_there || memcmp(known->id, key.at, MEMBER_KEY_BYTES) != 0) {
        TRY(row_name_init(name, writer->state->seed, table, key));
        memcpy(known->id, key.at, MEMBER_KEY_BYTES);
        known->hash = name->hash;
        known->shard = (uint16_t)name->shard;
        known->is_there = true;
        return ERR_OK;
    }
    *name = (struct row_name){known->hash, known->shard, table, key};
    return ERR_OK;
}

void writer_free_row(struct state_writer *writer, struct row *row, unsigned shard)
{
    slab_give(state_slab(writer->state, shard), row, row_capacity(row));
}

/* A member's first lot comes soon: a block that has no room for it would be left behind. */
static size_t block_size(const struct row_name *name, size_t value_length)
{
    size_t size = row_size(name->key.length, value_length);
    return name->table == TABLE_MEMBER && size < MEMBER_BLOCK ? MEMBER_BLOCK : size;
}

static struct row *make_row(struct state_writer *writer, const struct row_name *name,
                            const struct slice *value)
{
    size_t size = block_size(name, value == NULL ? 0 : value->length);
    struct row *row = slab_take(state_slab(writer->state, name->shard), row_block_size(size));
    if (row != NULL) {
        row_fill(row, name, value, size);
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
    if (!row_index_is_full(&writer_shard(writer, number)->index)) {
        return ERR_OK;
    }
    return writer_resize_index(writer, number,
                               number < MEMBER_SHARDS ? MEMBERS_GROWTH : OTHERS_GROWTH);
}

enum err writer_resize_index(struct state_writer *writer, unsigned number, unsigned divisor)
{
    struct shard *shard = writer_shard(writer, number);
    struct row_index grown;
    TRY(row_index_resize(&shard->index, divisor, writer->state->seed, &writer->state->pages,
                         &grown));
    struct row_index before = shard->index;
    shard_lock(shard);
    shard->index = grown;
    shard_unlock(shard);
    count_table_bytes(writer->state, row_index_bytes(&grown), row_index_bytes(&before));
    row_index_fini(&before, &writer->state->pages);
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

struct row_place writer_place(const struct state_writer *writer, const struct row *row,
                              unsigned shard)
{
    struct row_name name = {row_hash(row, writer->state->seed), shard, row_table(row),
                            row_key(row)};
    struct row_place place = {NULL, 0};
    bool is_there = row_index_find(&writer_shard(writer, shard)->index, &name, &place);
    ASSERT(is_there);
    return place;
}

void writer_drop_row(struct state_writer *writer, struct row_place place, unsigned number)
{
    struct shard *shard = writer_shard(writer, number);
    struct row *row = row_at(place);
    row_index_remove(&shard->index, row_hash(row, writer->state->seed), place);
    writer->state->id_rows -= row_table(row) == TABLE_TRANSACTION;
    shard_leave(shard, row, NULL);
}

void writer_restore_row(struct state_writer *writer, struct row *row, const struct row *image,
                        unsigned number)
{
    size_t bytes = row_bytes(row);
    row_restore(row, image);
    shard_count_dirty(writer_shard(writer, number), row_table(row), row_bytes(row), bytes);
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
    writer->touched++;
    row->epoch = (uint32_t)atomic_load(&state->durable_epoch);
    shard_lock(shard);
    row_index_insert(&shard->index, name->hash, row);
    shard_unlock(shard);
    if (name->table == TABLE_TRANSACTION) {
        state->id_rows++;
        writer->has_absent_id = false; /* it is a row from now on */
    }
    *out_row = row;
    return ERR_OK;
}

/* A row of this table in a shard comes before what stands in the window. What is not there is
 * mostly put next. */
static bool is_in_window(struct state_writer *writer, const struct row_name *name,
                         struct id_value *out_value)
{
    struct state *state = writer->state;
    struct row_place place;
    if (name->table != TABLE_TRANSACTION) {
        return false;
    }
    bool is_row = state->id_rows > 0 && find(writer, name, &place) != NULL;
    bool is_there =
        !is_row && id_window_find(&state->ids, name->hash, name->key, state->ids.end, out_value);
    writer->has_absent_id = !is_row && !is_there && name->key.length == ID_KEY_BYTES;
    if (writer->has_absent_id) {
        memcpy(writer->absent_id, name->key.at, ID_KEY_BYTES);
    }
    return is_there;
}

static enum err writer_get(void *context, enum ledger_table table, struct slice key,
                           struct slice *out_value)
{
    struct state_writer *writer = context;
    struct row_name name;
    struct row_place place;
    TRY(name_init(writer, &name, table, key));
    if (is_in_window(writer, &name, &writer->id_value)) {
        *out_value = slice_of(writer->id_value.bytes, writer->id_value.length);
        return ERR_OK;
    }
    bool may_be_there = table != TABLE_TRANSACTION || writer->state->id_rows > 0;
    struct row *row = may_be_there ? find(writer, &name, &place) : NULL;
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

/* Room for one more name on a dirty list. */
static enum err make_spare(struct state_writer *writer)
{
    if (writer->spare == NULL) {
        writer->spare = malloc(sizeof *writer->spare);
        if (writer->spare == NULL) {
            return ERR_RESOURCE;
        }
        writer->spare->next = NULL;
    }
    return ERR_OK;
}

static enum err take_image(struct state_writer *writer, size_t size, struct row **out_image,
                           uint32_t *out_number)
{
    *out_image = version_log_take(&writer->state->log, size, writer->epoch, out_number);
    return *out_image == NULL ? ERR_RESOURCE : ERR_OK;
}

static enum err insert(struct state_writer *writer, const struct row_name *name,
                       const struct slice *value, struct undo *undo)
{
    struct shard *shard = writer_shard(writer, name->shard);
    struct row *image;
    TRY(make_room(writer, name->shard));
    TRY(take_image(writer, row_size(name->key.length, 0), &image, &undo->image));
    struct row *row = make_row(writer, name, value);
    if (row == NULL) {
        return ERR_RESOURCE;
    }
    row_fill(image, name, NULL, row_size(name->key.length, 0));
    row->epoch = (uint32_t)writer->epoch;
    undo->is_new = true;
    shard_lock(shard);
    row_index_insert(&shard->index, name->hash, row);
    shard_add_dirty(shard, row, writer->epoch, &writer->spare);
    shard_unlock(shard);
    if (name->table == TABLE_TRANSACTION) {
        writer->state->id_rows++;
        writer->has_absent_id = false; /* deleted before it was put: it is a row from now on */
    }
    return ERR_OK;
}

/* Another block takes the row's place. Under the lock. */
static void move(struct state_writer *writer, struct row_place place, struct row *row,
                 unsigned number)
{
    struct shard *shard = writer_shard(writer, number);
    struct row *before = row_at(place);
    row->epoch = before->epoch;
    row->older = before->older;
    place.bucket->rows[place.at] = row;
    if (row_is_dirty(before)) {
        shard_leave(shard, before, row);
        shard_add_dirty(shard, row, writer->epoch, &writer->spare);
    } else {
        writer_free_row(writer, before, number);
    }
}

/* The row's new value, in its block or in `row`, a larger one. Under the lock. */
static void change(struct state_writer *writer, struct row_place place, struct row *row,
                   unsigned number, const struct slice *value, const struct undo *undo)
{
    struct shard *shard = writer_shard(writer, number);
    if (row != NULL) {
        move(writer, place, row, number);
    } else {
        row = row_at(place);
        size_t bytes = row_bytes(row);
        row_set_value(row, value);
        if (row_is_dirty(row)) {
            shard_count_dirty(shard, row_table(row), row_bytes(row), bytes);
        }
    }
    if (!row_is_dirty(row)) {
        shard_add_dirty(shard, row, writer->epoch, &writer->spare);
    }
    if (row->epoch != (uint32_t)writer->epoch) {
        row->epoch = (uint32_t)writer->epoch;
        row->older = undo->image;
    }
}

static enum err replace(struct state_writer *writer, const struct row_name *name,
                        struct row_place place, const struct slice *value, struct undo *undo)
{
    struct shard *shard = writer_shard(writer, name->shard);
    const struct row *before = row_at(place);
    struct row *larger = NULL;
    struct row *image;
    size_t size_before = row_size_now(before);
    size_t size = row_size(name->key.length, value == NULL ? 0 : value->length);
    TRY(take_image(writer, size_before, &image, &undo->image));
    if (size > row_capacity(before)) {
        larger = make_row(writer, name, value);
        if (larger == NULL) {
            return ERR_RESOURCE;
        }
    }
    shard_lock(shard);
    memcpy((void *)image, before, size_before);
    change(writer, place, larger, name->shard, value, undo);
    shard_unlock(shard);
    return ERR_OK;
}

static bool is_absent(struct state_writer *writer, const struct row_name *name)
{
    bool is_known = writer->has_absent_id && name->key.length == ID_KEY_BYTES &&
                    memcmp(writer->absent_id, name->key.at, ID_KEY_BYTES) == 0;
    struct row_place place;
    struct id_value there; /* what is to be put may lie in the writer's own */
    return is_known || (!is_in_window(writer, name, &there) &&
                        (writer->state->id_rows == 0 || find(writer, name, &place) == NULL));
}

static bool add_to_window(struct state_writer *writer, const struct row_name *name,
                          struct slice value)
{
    struct state *state = writer->state;
    if (name->table != TABLE_TRANSACTION) {
        return false;
    }
    bool is_new = is_absent(writer, name);
    writer->has_absent_id = false;
    return is_new && id_window_add(&state->ids, name->hash, name->key, value, state->seed);
}

/* `value` is NULL for a deletion. */
static enum err write_row(struct state_writer *writer, enum ledger_table table, struct slice key,
                          const struct slice *value)
{
    struct row_name name;
    struct row_place place;
    struct undo *undo = NULL;
    TRY(name_init(writer, &name, table, key));
    writer->touched++;
    TRY(make_undo(writer, &undo));
    TRY(make_spare(writer));
    *undo = (struct undo){.shard = (uint16_t)name.shard};
    if (value != NULL && add_to_window(writer, &name, *value)) {
        undo->is_id = true;
        writer->undo_count++;
        return ERR_OK;
    }
    TRY(row_index_find(&writer_shard(writer, name.shard)->index, &name, &place)
            ? replace(writer, &name, place, value, undo)
            : insert(writer, &name, value, undo));
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

/* Fetches the rows that a name's bucket leads to. */
static void fetch_rows(const struct state_writer *writer, struct fetch fetch)
{
    const struct shard *shard = writer_shard(writer, fetch.shard);
    const struct row_bucket *bucket = row_index_home(&shard->index, fetch.hash);
    uint64_t at = bucket == NULL ? 0 : row_bucket_places(bucket, row_index_tag(fetch.hash));
    for (; at != 0; at &= at - 1) {
        const uint8_t *row = (const uint8_t *)bucket->rows[row_bucket_first(at)];
        __builtin_prefetch(row, 1);
        __builtin_prefetch(row + 64, 1);
    }
}

void state_writer_prefetch(struct state_writer *writer, enum ledger_table table, struct slice key)
{
    struct row_name name;
    if (name_init(writer, &name, table, key) != ERR_OK) {
        return;
    }
    if (table == TABLE_TRANSACTION) {
        id_window_prefetch(&writer->state->ids, name.hash);
        return;
    }
    unsigned at = writer->ahead_at++;
    const struct row_index *index = &writer_shard(writer, name.shard)->index;
    if (index->bucket_count > 0) {
        __builtin_prefetch(row_index_home(index, name.hash));
    }
    writer->ahead[at % WRITER_AHEAD] = (struct fetch){name.hash, name.shard};
    fetch_rows(writer, writer->ahead[(at - FETCH_ROW) % WRITER_AHEAD]);
}
