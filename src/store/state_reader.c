/* One row for a reader: from the table, else from LMDB (state_rooms.h says why in this order). The
 * LMDB transaction is made once and renewed for each row: its reader slot stays taken, but it pins
 * no pages between two calls.
 */
#include "store/state_rooms.h"

#include <stdlib.h>

struct state_reader {
    struct state *state;
    MDB_txn *txn; /* reset between calls */
    struct buffer value;
    struct ledger_view over; /* without a state */
};

enum err state_reader_create(struct state *state, struct state_reader **out_reader)
{
    struct state_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL) {
        return ERR_RESOURCE;
    }
    reader->state = state;
    enum err err = environment_begin_read(state->environment, &reader->txn);
    if (err != ERR_OK) {
        free(reader);
        return err;
    }
    mdb_txn_reset(reader->txn);
    *out_reader = reader;
    return ERR_OK;
}

enum err state_reader_over(const struct ledger_view *view, struct state_reader **out_reader)
{
    struct state_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL) {
        return ERR_RESOURCE;
    }
    reader->over = *view;
    *out_reader = reader;
    return ERR_OK;
}

void state_reader_destroy(struct state_reader *reader)
{
    if (reader != NULL) {
        if (reader->txn != NULL) {
            mdb_txn_abort(reader->txn);
        }
        buffer_fini(&reader->value);
        free(reader);
    }
}

static enum err keep(struct state_reader *reader, struct slice value)
{
    buffer_clear(&reader->value);
    write_bytes(&reader->value, value.at, value.length);
    return reader->value.err;
}

static enum err get_checkpointed(struct state_reader *reader, const struct row_name *name)
{
    const struct state *state = reader->state;
    struct state_key key = state_key_of(name->table, name->key);
    MDB_val at = state_key_value(&key);
    MDB_val value;
    if (state->environment->mode == ENVIRONMENT_WRITE &&
        !fences_may_hold(&state->fences, name->table, name->key)) {
        return ERR_NOT_FOUND;
    }
    TRY(environment_renew(state->environment, reader->txn));
    enum err err = environment_error(mdb_get(reader->txn, state->environment->dbi, &at, &value));
    if (err == ERR_OK) {
        err = keep(reader, environment_slice(value));
    }
    mdb_txn_reset(reader->txn);
    return err;
}

static enum sight get_from_table(struct state_reader *reader, const struct row_name *name,
                                 enum err *out_err)
{
    struct shard *shard = &reader->state->shards[name->shard];
    struct row_place place;
    const struct row *row = NULL;
    enum sight sight = SIGHT_BELOW;
    shard_lock(shard);
    if (row_index_find(&shard->index, name, &place)) {
        uint64_t durable = atomic_load(&reader->state->durable_epoch);
        sight = shard_version(&reader->state->log, row_at(place), durable, &row);
    }
    if (sight == SIGHT_ROW) {
        *out_err = row_is_deleted(row) ? ERR_NOT_FOUND : keep(reader, row_value(row));
    }
    shard_unlock(shard);
    return sight;
}

/* Behind the row table: what stands there is newer. */
static bool get_from_window(struct state_reader *reader, const struct row_name *name,
                            enum err *out_err)
{
    struct state *state = reader->state;
    struct id_value value;
    if (name->table != TABLE_TRANSACTION) {
        return false;
    }
    spin_lock(&state->ids.lock);
    bool is_there = id_window_find(&state->ids, name->hash, name->key,
                                   atomic_load(&state->durable_ids), &value);
    spin_unlock(&state->ids.lock);
    if (is_there) {
        *out_err = keep(reader, slice_of(value.bytes, value.length));
    }
    return is_there;
}

static enum err reader_get(void *context, enum ledger_table table, struct slice key,
                           struct slice *out_value)
{
    struct state_reader *reader = context;
    struct row_name name;
    enum err err = ERR_OK;
    TRY(row_name_init(&name, reader->state->seed, table, key));
    if (get_from_table(reader, &name, &err) == SIGHT_BELOW &&
        !get_from_window(reader, &name, &err)) {
        err = get_checkpointed(reader, &name);
    }
    if (err == ERR_OK) {
        *out_value = buffer_slice(&reader->value);
    }
    return err;
}

struct ledger_view state_reader_view(struct state_reader *reader)
{
    return reader->state == NULL ? reader->over
                                 : (struct ledger_view){.context = reader, .get = reader_get};
}
