/* Writing what is published to LMDB (state_rooms.h says why it is exact and loses nothing). */
#include "store/state_rooms.h"

#include <stdlib.h>

static enum err write_row(MDB_cursor *cursor, const struct row *row)
{
    struct row_name name = row_get_name(row);
    struct state_key key = state_key_of(name.table, name.key);
    MDB_val at = state_key_value(&key);
    if (!row->is_deleted) {
        MDB_val value = environment_value(row_value(row));
        return environment_error(mdb_cursor_put(cursor, &at, &value, 0));
    }
    MDB_val found;
    enum err err = environment_error(mdb_cursor_get(cursor, &at, &found, MDB_SET));
    if (err == ERR_OK) {
        err = environment_error(mdb_cursor_del(cursor, 0));
    }
    return err == ERR_NOT_FOUND ? ERR_OK : err; /* it lived and died between two checkpoints */
}

static enum err write_rows(const struct state *state, MDB_txn *txn, const struct row **rows,
                           size_t count)
{
    MDB_cursor *cursor = NULL;
    TRY(environment_error(mdb_cursor_open(txn, state->environment->dbi, &cursor)));
    enum err err = ERR_OK;
    for (size_t i = 0; i < count && err == ERR_OK; i++) {
        err = write_row(cursor, rows[i]);
    }
    mdb_cursor_close(cursor);
    return err;
}

/* The frozen rows and their row number, in one transaction. */
static enum err write_frozen(struct state *state)
{
    const struct row **rows = NULL;
    size_t count = 0;
    MDB_txn *txn = NULL;
    TRY(memtable_sorted(&state->memtable, &rows, &count));
    enum err err = environment_begin_write(state->environment, &txn);
    if (err == ERR_OK) {
        err = write_rows(state, txn, rows, count);
        if (err == ERR_OK) {
            err = state_write_checkpointed(state, txn, state->frozen_row);
        }
        if (err == ERR_OK) {
            err = environment_commit(state->environment, txn);
        } else {
            mdb_txn_abort(txn);
        }
    }
    free(rows);
    if (err == ERR_OK) {
        atomic_store(&state->checkpointed_row, state->frozen_row);
        memtable_drop_frozen(&state->memtable);
    }
    return err;
}

static void freeze(struct state *state)
{
    pthread_mutex_lock(&state->publish_mutex);
    memtable_freeze(&state->memtable);
    state->frozen_row = atomic_load(&state->published_row);
    pthread_mutex_unlock(&state->publish_mutex);
}

static enum err checkpoint(struct state *state)
{
    if (state->memtable.frozen_rows > 0) {
        TRY(write_frozen(state)); /* left over from one that failed */
    }
    if (atomic_load(&state->published_row) == atomic_load(&state->checkpointed_row) &&
        state_memtable_bytes(state) == 0) {
        return ERR_OK;
    }
    freeze(state);
    return write_frozen(state);
}

enum err state_checkpoint(struct state *state)
{
    if (state->environment->mode == ENVIRONMENT_READ_ONLY) {
        return ERR_INPUT;
    }
    pthread_mutex_lock(&state->checkpoint_mutex);
    environment_drop_dead_readers(state->environment);
    enum err err = checkpoint(state);
    pthread_mutex_unlock(&state->checkpoint_mutex);
    return err;
}
