/* Opening, closing and the row numbers. In LMDB each row's key begins with its table's number;
 * table 0 is the store's own: {0} names the format, {0, 'c'} holds the last row that the rows
 * contain, 8 bytes big-endian.
 */
#include "store/state_rooms.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define STATE_FORMAT 1u

static const uint8_t checkpointed_key[2] = {0, 'c'};

struct state_key state_key_of(enum ledger_table table, struct slice key)
{
    ASSERT(key.length <= LEDGER_KEY_MAX);
    struct state_key out = {.bytes = {(uint8_t)table}, .length = 1 + key.length};
    if (key.length > 0) {
        memcpy(out.bytes + 1, key.at, key.length);
    }
    return out;
}

MDB_val state_key_value(const struct state_key *key)
{
    return environment_value(slice_of(key->bytes, key->length));
}

enum err state_read_checkpointed(const struct state *state, MDB_txn *txn, uint64_t *out_row)
{
    MDB_val key = environment_value(slice_of(checkpointed_key, sizeof checkpointed_key));
    MDB_val value;
    enum err err = environment_error(mdb_get(txn, state->environment->dbi, &key, &value));
    if (err == ERR_NOT_FOUND) {
        *out_row = 0;
        return ERR_OK;
    }
    TRY(err);
    if (value.mv_size != 8) {
        return ERR_CORRUPT;
    }
    *out_row = get_u64_be(value.mv_data);
    return ERR_OK;
}

enum err state_write_checkpointed(const struct state *state, MDB_txn *txn, uint64_t row)
{
    uint8_t bytes[8];
    put_u64_be(bytes, row);
    MDB_val key = environment_value(slice_of(checkpointed_key, sizeof checkpointed_key));
    MDB_val value = environment_value(slice_of(bytes, sizeof bytes));
    return environment_error(mdb_put(txn, state->environment->dbi, &key, &value, 0));
}

static enum err read_checkpointed(const struct state *state, uint64_t *out_row)
{
    MDB_txn *txn = NULL;
    TRY(environment_begin_read(state->environment, &txn));
    enum err err = state_read_checkpointed(state, txn, out_row);
    mdb_txn_abort(txn);
    return err;
}

static enum err fill(struct state *state, struct note *note)
{
    if (getrandom(&state->seed, sizeof state->seed, 0) != (ssize_t)sizeof state->seed) {
        return note_set(note, ERR_INTERNAL, "no randomness: %s", strerror(errno));
    }
    uint64_t row = 0;
    enum err err = read_checkpointed(state, &row);
    if (err != ERR_OK) {
        return note_set(note, err, "state.mdb: can't read the number of its last checkpoint");
    }
    atomic_store(&state->checkpointed_row, row);
    atomic_store(&state->published_row, row);
    return ERR_OK;
}

enum err state_open(const char *folder, enum state_mode mode, struct state **out_state,
                    struct note *note)
{
    struct state *state = calloc(1, sizeof *state);
    if (state == NULL || memtable_init(&state->memtable) != ERR_OK) {
        free(state);
        return note_set(note, ERR_RESOURCE, "no memory to open %s", folder);
    }
    struct environment_options options = {
        .folder = folder,
        .name = "state",
        .format = STATE_FORMAT,
        .mode = mode == STATE_WRITE ? ENVIRONMENT_WRITE : ENVIRONMENT_READ_ONLY,
    };
    pthread_mutex_init(&state->publish_mutex, NULL);
    pthread_mutex_init(&state->checkpoint_mutex, NULL);
    enum err err = environment_open(&options, &state->environment, note);
    if (err == ERR_OK) {
        err = fill(state, note);
    }
    if (err != ERR_OK) {
        state_close(state);
        return err;
    }
    *out_state = state;
    return ERR_OK;
}

void state_close(struct state *state)
{
    if (state == NULL) {
        return;
    }
    environment_close(state->environment);
    memtable_fini(&state->memtable);
    pthread_mutex_destroy(&state->publish_mutex);
    pthread_mutex_destroy(&state->checkpoint_mutex);
    free(state);
}

uint64_t state_checkpointed_row(const struct state *state)
{
    uint64_t row = atomic_load(&state->checkpointed_row);
    if (state->environment->mode == ENVIRONMENT_READ_ONLY) {
        (void)read_checkpointed(state, &row); /* the node goes on; else as of the opening */
    }
    return row;
}

uint64_t state_published_row(const struct state *state)
{
    return state->environment->mode == ENVIRONMENT_READ_ONLY ? state_checkpointed_row(state)
                                                             : atomic_load(&state->published_row);
}

size_t state_memtable_bytes(const struct state *state)
{
    return atomic_load(&state->memtable.bytes);
}

void state_set_faults(struct state *state, struct store_faults faults)
{
    state->environment->faults = faults;
}
