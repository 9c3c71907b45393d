/* Opening, closing, and what is durable. In LMDB each row's key begins with its table's number;
 * table 0 is the store's own: {0} names the format, {0, 's'} says for which journal row each slice
 * is exact.
 */
#include "store/state_rooms.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define STATE_FORMAT 6u
#define IDS_KEPT     65536u

static const uint8_t rows_key[2] = {0, 's'};

enum err state_read_rows(const struct state *state, MDB_txn *txn, struct slice_rows *out_rows)
{
    MDB_val key = environment_value(slice_of(rows_key, sizeof rows_key));
    MDB_val value;
    enum err err = environment_error(mdb_get(txn, state->environment->dbi, &key, &value));
    if (err == ERR_NOT_FOUND) {
        memset(out_rows, 0, sizeof *out_rows);
        return ERR_OK;
    }
    TRY(err);
    return slice_rows_decode(environment_slice(value), out_rows);
}

enum err state_write_rows(const struct state *state, MDB_txn *txn, const struct slice_rows *rows)
{
    struct buffer bytes = {0};
    slice_rows_encode(rows, &bytes);
    enum err err = bytes.err;
    if (err == ERR_OK) {
        MDB_val key = environment_value(slice_of(rows_key, sizeof rows_key));
        MDB_val value = environment_value(buffer_slice(&bytes));
        err = environment_error(mdb_put(txn, state->environment->dbi, &key, &value, 0));
    }
    buffer_fini(&bytes);
    return err;
}

static enum err read_rows(const struct state *state, struct slice_rows *out_rows)
{
    MDB_txn *txn = NULL;
    TRY(environment_begin_read(state->environment, &txn));
    enum err err = state_read_rows(state, txn, out_rows);
    mdb_txn_abort(txn);
    return err;
}

/* A fence for each origin of a table: its last id is the floor. */
static enum err fence_table(struct state *state, MDB_cursor *cursor, enum ledger_table table)
{
    struct state_key seek = state_key_begin(table);
    uint8_t first = seek.bytes[0];
    MDB_val key = state_key_value(&seek);
    int result = mdb_cursor_get(cursor, &key, NULL, MDB_SET_RANGE);
    while (result == MDB_SUCCESS) {
        struct slice bytes = environment_slice(key);
        if (bytes.length < 1 || bytes.at[0] != first) {
            return ERR_OK;
        }
        size_t origin = bytes.length < 17 ? bytes.length : 17;
        memcpy(seek.bytes, bytes.at, origin);
        memset(seek.bytes + origin, 0xff, sizeof seek.bytes - origin);
        seek.length = sizeof seek.bytes;
        key = state_key_value(&seek);
        int next = mdb_cursor_get(cursor, &key, NULL, MDB_SET_RANGE);
        result = mdb_cursor_get(cursor, &key, NULL, next == MDB_SUCCESS ? MDB_PREV : MDB_LAST);
        if (result == MDB_SUCCESS) {
            bytes = environment_slice(key);
            fences_raise(&state->fences, table, slice_of(bytes.at + 1, bytes.length - 1));
            result = mdb_cursor_get(cursor, &key, NULL, MDB_NEXT);
        }
    }
    return result == MDB_NOTFOUND ? ERR_OK : environment_error(result);
}

static enum err fence_all(struct state *state)
{
    MDB_txn *txn = NULL;
    MDB_cursor *cursor = NULL;
    TRY(environment_begin_read(state->environment, &txn));
    enum err err = environment_error(mdb_cursor_open(txn, state->environment->dbi, &cursor));
    for (unsigned table = 1; err == ERR_OK && table < TABLE_END; table++) {
        if (fences_cover((enum ledger_table)table)) {
            err = fence_table(state, cursor, (enum ledger_table)table);
        }
    }
    if (cursor != NULL) {
        mdb_cursor_close(cursor);
    }
    mdb_txn_abort(txn);
    return err;
}

static enum err fill(struct state *state, struct note *note)
{
    if (getrandom(&state->seed, sizeof state->seed, 0) != (ssize_t)sizeof state->seed) {
        return note_set(note, ERR_INTERNAL, "no randomness: %s", strerror(errno));
    }
    state->opened = calloc(1, sizeof *state->opened);
    state->rows = calloc(1, sizeof *state->rows);
    state->next = calloc(1, sizeof *state->next);
    if (state->opened == NULL || state->rows == NULL || state->next == NULL) {
        return note_set(note, ERR_RESOURCE, "no memory to open state.mdb");
    }
    enum err err = read_rows(state, state->opened);
    if (err == ERR_OK && state->environment->mode == ENVIRONMENT_WRITE) {
        err = fence_all(state);
    }
    if (err != ERR_OK) {
        return note_set(note, err, "state.mdb: can't read which journal rows it holds");
    }
    *state->rows = *state->opened;
    uint64_t row = slice_rows_lowest(state->opened);
    atomic_store(&state->checkpointed_row, row);
    atomic_store(&state->durable_row, row);
    return ERR_OK;
}

static struct state *create(size_t cache_bytes)
{
    struct state *state = aligned_alloc(_Alignof(struct state), sizeof *state);
    if (state == NULL) {
        return NULL;
    }
    memset((void *)state, 0, sizeof *state);
    state->cache_bytes = cache_bytes == 0 ? LIMIT_CACHE_BYTES : cache_bytes;
    state->checkpoint_bytes = LIMIT_CHECKPOINT_BYTES;
    state->pages.stock = &state->stock;
    for (size_t i = 0; i < sizeof state->slabs / sizeof state->slabs[0]; i++) {
        state->slabs[i].stock = &state->stock;
    }
    state->ids_kept = IDS_KEPT;
    atomic_store(&state->cut, CUT_NONE);
    pthread_mutex_init(&state->flight_mutex, NULL);
    pthread_mutex_init(&state->checkpoint_mutex, NULL);
    return state;
}

enum err state_open(const struct state_options *options, struct state **out_state,
                    struct note *note)
{
    struct state *state = create(options->cache_bytes);
    if (state == NULL) {
        return note_set(note, ERR_RESOURCE, "no memory to open %s", options->folder);
    }
    struct environment_options environment = {
        .folder = options->folder,
        .name = "state",
        .format = STATE_FORMAT,
        .mode = options->mode == STATE_WRITE ? ENVIRONMENT_WRITE : ENVIRONMENT_READ_ONLY,
    };
    enum err err = environment_open(&environment, &state->environment, note);
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
    for (unsigned i = 0; i < SHARDS; i++) {
        shard_fini(&state->shards[i], &state->pages);
    }
    slab_fini(&state->slabs[0]);
    slab_fini(&state->slabs[1]);
    slab_fini(&state->slabs[2]);
    page_stock_fini(&state->stock);
    version_log_fini(&state->log);
    id_window_fini(&state->ids);
    fences_fini(&state->fences);
    slice_rows_destroy(state->opened);
    slice_rows_destroy(state->rows);
    slice_rows_destroy(state->next);
    pthread_mutex_destroy(&state->flight_mutex);
    pthread_mutex_destroy(&state->checkpoint_mutex);
    free(state);
}

enum err state_discard(const char *folder, struct note *note)
{
    return environment_discard(folder, "state", note);
}

/* 0 when the node that has it open can't be asked. */
static uint64_t stored_row(const struct state *state)
{
    uint64_t row = atomic_load(&state->checkpointed_row);
    struct slice_rows *rows = malloc(sizeof *rows);
    if (rows != NULL && read_rows(state, rows) == ERR_OK) {
        row = slice_rows_lowest(rows);
    }
    slice_rows_destroy(rows);
    return row;
}

uint64_t state_checkpointed_row(const struct state *state)
{
    return state->environment->mode == ENVIRONMENT_READ_ONLY
               ? stored_row(state)
               : atomic_load(&state->checkpointed_row);
}

uint64_t state_newest_row(const struct state *state)
{
    return slice_rows_highest(state->opened);
}

uint64_t state_replay_from(const struct state *state)
{
    return state_checkpointed_row(state) + 1;
}

uint64_t state_durable_row(const struct state *state)
{
    return state->environment->mode == ENVIRONMENT_READ_ONLY ? state_checkpointed_row(state)
                                                             : atomic_load(&state->durable_row);
}

/* Without the lock: a moment's figure. A row's number takes some bytes more or less. What is
 * written is read first: what is durable is not behind that. */
size_t state_id_bytes(const struct state *state)
{
    uint32_t written = atomic_load(&state->ids_written);
    uint32_t count = atomic_load(&state->durable_ids) - written;
    return count * (size_t)(ID_KEY_BYTES + sizeof(uint32_t));
}

size_t state_dirty_bytes(const struct state *state)
{
    size_t bytes = state_id_bytes(state);
    for (unsigned i = 0; i < SHARDS; i++) {
        for (unsigned table = 0; table < TABLE_END; table++) {
            bytes += shard_dirty(&state->shards[i], (enum ledger_table)table);
        }
    }
    return bytes;
}

size_t state_memory_bytes(const struct state *state)
{
    return atomic_load(&state->slabs[0].taken) + atomic_load(&state->slabs[1].taken) +
           atomic_load(&state->slabs[2].taken) + atomic_load(&state->log.taken) +
           atomic_load(&state->ids.taken) + atomic_load(&state->table_bytes);
}

struct flight state_durable(struct state *state)
{
    pthread_mutex_lock(&state->flight_mutex);
    struct flight durable = {atomic_load(&state->durable_epoch), atomic_load(&state->durable_row),
                             atomic_load(&state->durable_ids)};
    pthread_mutex_unlock(&state->flight_mutex);
    return durable;
}

void state_make_durable(struct state *state, uint64_t last_row)
{
    pthread_mutex_lock(&state->flight_mutex);
    while (state->flight_count > 0 && state->flights[state->flight_first].row <= last_row) {
        struct flight flight = state->flights[state->flight_first];
        atomic_store(&state->durable_ids, flight.ids);
        atomic_store(&state->durable_epoch, flight.epoch);
        atomic_store(&state->durable_row, flight.row);
        state->flight_first = (state->flight_first + 1) % LIMIT_SEALED_BATCHES;
        state->flight_count--;
    }
    pthread_mutex_unlock(&state->flight_mutex);
    page_stock_fill(&state->stock, 1); /* nobody else came to it: better here than by the writer */
}

void state_set_faults(struct state *state, struct store_faults faults)
{
    state->environment->faults = faults;
}

void state_set_checkpoint_bytes(struct state *state, size_t bytes)
{
    state->checkpoint_bytes = bytes;
}

void state_set_ids_kept(struct state *state, uint32_t count)
{
    state->ids_kept = count;
}
