/* Writing slices to LMDB (state_rooms.h says why it is exact and loses nothing). */
#include "store/gather.h"

#include <sched.h>
#include <stdlib.h>

#define ROWS_A_LOCK 64u /* cleaned while a shard is locked */

#define SLICE_NONE SLICES /* nothing to write but the rows' numbers */

static void set_cut(struct state *state, unsigned slice, uint64_t cut)
{
    struct slice_place place = slice_place_of(slice);
    for (unsigned i = place.first_shard; i < place.end_shard; i++) {
        struct shard *shard = &state->shards[i];
        shard_lock(shard);
        shard->cuts[place.table] = cut;
        shard_unlock(shard);
    }
}

static void end_cut(struct state *state, unsigned slice, uint64_t cut)
{
    struct slice_place place = slice_place_of(slice);
    for (unsigned i = place.first_shard; i < place.end_shard; i++) {
        struct shard *shard = &state->shards[i];
        shard_lock(shard);
        shard_end_cut(shard, place.table, cut);
        shard_unlock(shard);
    }
}

/* Has LMDB all of a slice up to this epoch? */
static bool is_clean(struct state *state, unsigned slice, uint64_t epoch)
{
    struct slice_place place = slice_place_of(slice);
    bool is_clean = true;
    for (unsigned i = place.first_shard; i < place.end_shard && is_clean; i++) {
        struct shard *shard = &state->shards[i];
        shard_lock(shard);
        uint32_t head = shard->lists[place.table].head;
        is_clean = head == 0 || shard->changes[head].first_epoch > epoch;
        shard_unlock(shard);
    }
    return is_clean;
}

static enum err put_row(struct state *state, MDB_cursor *cursor, enum ledger_table table,
                        const struct gathered *row)
{
    struct slice name = gathered_key(row);
    MDB_val key = environment_value(name);
    MDB_val value = environment_value(gathered_value(row));
    fences_add(&state->fences, table, slice_of(name.at + 1, name.length - 1));
    int result = table == TABLE_TRANSACTION ? mdb_cursor_put(cursor, &key, &value, MDB_APPEND)
                                            : MDB_KEYEXIST;
    if (result == MDB_KEYEXIST) { /* not behind all others */
        result = mdb_cursor_put(cursor, &key, &value, 0);
    }
    return environment_error(result);
}

static enum err write_row(struct state *state, MDB_cursor *cursor, enum ledger_table table,
                          const struct gathered *row)
{
    struct slice name = gathered_key(row);
    MDB_val key = environment_value(name);
    MDB_val value;
    if (!gathered_is_deleted(row)) {
        return put_row(state, cursor, table, row);
    }
    enum err err = environment_error(mdb_cursor_get(cursor, &key, &value, MDB_SET));
    if (err == ERR_OK) {
        err = environment_error(mdb_cursor_del(cursor, 0));
    }
    return err == ERR_NOT_FOUND ? ERR_OK : err; /* it lived and died between two checkpoints */
}

/* As many rows as one transaction may hold, from `from` on; `*out_end` is behind them. */
static enum err write_some(struct state *state, MDB_txn *txn, enum ledger_table table,
                           const struct gather *gather, size_t from, bool can_part, size_t *out_end)
{
    MDB_cursor *cursor = NULL;
    TRY(environment_error(mdb_cursor_open(txn, state->environment->dbi, &cursor)));
    enum err err = ERR_OK;
    size_t bytes = 0;
    size_t at = from;
    while (at < gather->count && err == ERR_OK) {
        const struct gathered *row = &gather->rows[at];
        bytes += gathered_key(row).length + gathered_value(row).length;
        if (can_part && bytes > state->checkpoint_bytes && at > from) {
            break;
        }
        err = write_row(state, cursor, table, row);
        at++;
    }
    mdb_cursor_close(cursor);
    *out_end = at;
    return err;
}

/* Rows from..end are in LMDB. */
static void mark_written(struct state *state, const struct gather *gather, size_t from, size_t end,
                         uint64_t cut)
{
    while (from < end) {
        unsigned number = gather->rows[from].shard;
        struct shard *shard = &state->shards[number];
        shard_lock(shard);
        for (unsigned i = 0; i < ROWS_A_LOCK && from < end && gather->rows[from].shard == number;
             i++, from++) {
            uint32_t change = gather->rows[from].change;
            const struct row *row = shard->changes[change].row;
            if (shard_written(shard, change, cut)) {
                shard_count_dirty(shard, row_table(row), 0, row_bytes(row));
            }
        }
        shard_unlock(shard);
    }
}

/* What LMDB will say of the slices' rows after the next commit. */
static void raise_rows(struct state *state, unsigned slice, const struct state_key *upto,
                       struct flight cut)
{
    *state->next = *state->rows;
    for (unsigned i = 0; i < SLICES; i++) {
        if (i == slice) {
            slice_row_raise(&state->next->slices[i], upto, cut.row);
        } else if (slice_exists(i) && state->rows->slices[i].row < cut.row &&
                   is_clean(state, i, cut.epoch)) {
            slice_row_raise(&state->next->slices[i], NULL, cut.row);
        }
    }
}

static struct state_key key_of(const struct gathered *row)
{
    struct state_key key = {.length = gathered_key(row).length};
    for (size_t i = 0; i < key.length; i++) {
        key.bytes[i] = gathered_key(row).at[i];
    }
    return key;
}

/* One transaction. */
static enum err write_part(struct state *state, unsigned slice, struct flight cut,
                           const struct gather *gather, size_t from, size_t *out_end)
{
    MDB_txn *txn = NULL;
    size_t end = from;
    bool can_part = slice != SLICE_NONE && slice_row_can_part(&state->rows->slices[slice]);
    TRY(environment_begin_write(state->environment, &txn));
    enum ledger_table table = slice_place_of(slice).table;
    enum err err = write_some(state, txn, table, gather, from, can_part, &end);
    if (err == ERR_OK) {
        struct state_key upto = {.length = 0};
        bool is_part = end < gather->count;
        if (is_part) {
            upto = key_of(&gather->rows[end - 1]);
        }
        raise_rows(state, slice, is_part ? &upto : NULL, cut);
        err = state_write_rows(state, txn, state->next);
    }
    if (err != ERR_OK) {
        mdb_txn_abort(txn);
        return err;
    }
    TRY(environment_commit(state->environment, txn));
    *state->rows = *state->next;
    atomic_store(&state->checkpointed_row, slice_rows_lowest(state->rows));
    mark_written(state, gather, from, end, cut.epoch);
    *out_end = end;
    return ERR_OK;
}

/* One slice whose cut is set, in as many transactions as it takes. */
static enum err write_slice(struct state *state, unsigned slice, struct flight cut,
                            size_t *out_count)
{
    struct gather gather = {0};
    size_t at = 0;
    enum err err = slice == SLICE_NONE ? ERR_OK : gather_slice(&gather, state, slice, cut.epoch);
    do {
        err = err == ERR_OK ? write_part(state, slice, cut, &gather, at, &at) : err;
    } while (err == ERR_OK && at < gather.count);
    *out_count = gather.count;
    gather_fini(&gather);
    if (err == ERR_OK && slice != SLICE_NONE) {
        end_cut(state, slice, cut.epoch);
    }
    return err;
}

/* A cut for one slice or (SLICE_NONE) for all. Nothing that it needs is let go between the look at
 * what is durable and its setting. */
static struct flight begin_cut(struct state *state, unsigned slice)
{
    unsigned first = slice == SLICE_NONE ? 0 : slice;
    unsigned end = slice == SLICE_NONE ? SLICES : slice + 1;
    for (unsigned i = first; i < end; i++) {
        if (slice_exists(i)) {
            set_cut(state, i, CUT_PENDING);
        }
    }
    struct flight cut = state_durable(state);
    for (unsigned i = first; i < end; i++) {
        if (slice_exists(i)) {
            set_cut(state, i, cut.epoch);
        }
    }
    return cut;
}

static bool is_all_at(const struct slice_rows *rows, uint64_t row)
{
    return slice_rows_lowest(rows) >= row;
}

static enum err checkpoint_all(struct state *state)
{
    struct flight cut = begin_cut(state, SLICE_NONE);
    enum err err = ERR_OK;
    size_t count = 0;
    for (unsigned i = 0; i < SLICES; i++) {
        if (!slice_exists(i)) {
            continue;
        }
        if (err == ERR_OK && !is_clean(state, i, cut.epoch)) {
            err = write_slice(state, i, cut, &count);
        }
        set_cut(state, i, 0);
    }
    if (err == ERR_OK && !is_all_at(state->rows, cut.row)) {
        err = write_slice(state, SLICE_NONE, cut, &count);
    }
    return err;
}

static enum err checkpoint_one(struct state *state, unsigned slice, size_t *out_count)
{
    struct flight cut = slice == SLICE_NONE ? state_durable(state) : begin_cut(state, slice);
    enum err err = write_slice(state, slice, cut, out_count);
    if (slice != SLICE_NONE) {
        set_cut(state, slice, 0);
    }
    return err;
}

static void lock_checkpoints(struct state *state)
{
    while (atomic_load(&state->is_rolling_back)) {
        (void)sched_yield();
    }
    pthread_mutex_lock(&state->checkpoint_mutex);
}

enum err state_checkpoint(struct state *state)
{
    if (state->environment->mode == ENVIRONMENT_READ_ONLY) {
        return ERR_INPUT;
    }
    lock_checkpoints(state);
    environment_drop_dead_readers(state->environment);
    enum err err = checkpoint_all(state);
    pthread_mutex_unlock(&state->checkpoint_mutex);
    return err;
}

enum err state_checkpoint_table(struct state *state, enum ledger_table table)
{
    size_t count = 0;
    if (state->environment->mode == ENVIRONMENT_READ_ONLY || table <= TABLE_MEMBER ||
        table >= TABLE_END) {
        return ERR_INPUT;
    }
    unsigned slice = SLICES_OF_MEMBERS + (unsigned)table;
    lock_checkpoints(state);
    bool is_due = !is_clean(state, slice, state_durable(state).epoch);
    enum err err = is_due ? checkpoint_one(state, slice, &count) : ERR_OK;
    pthread_mutex_unlock(&state->checkpoint_mutex);
    return err;
}

static size_t dirty_of(const struct state *state, unsigned slice)
{
    struct slice_place place = slice_place_of(slice);
    size_t bytes = 0;
    for (unsigned i = place.first_shard; i < place.end_shard; i++) {
        bytes += shard_dirty(&state->shards[i], place.table);
    }
    return bytes;
}

static unsigned most_dirty(const struct state *state)
{
    unsigned most = 0;
    for (unsigned i = 1; i < SLICES; i++) {
        most = dirty_of(state, i) > dirty_of(state, most) ? i : most;
    }
    return most;
}

/* The slice that is furthest behind, of those with something to write before those without. */
static bool find_lagging(struct state *state, uint64_t max_lag_rows, unsigned *out_slice)
{
    struct flight durable = state_durable(state);
    uint64_t furthest = max_lag_rows;
    bool is_due = false;
    for (unsigned i = 0; i < SLICES; i++) {
        uint64_t row = slice_row_lowest(&state->rows->slices[i]);
        uint64_t lag = slice_exists(i) && row < durable.row ? durable.row - row : 0;
        bool is_written = lag > furthest && dirty_of(state, i) > 0;
        if (is_written) {
            furthest = lag;
            *out_slice = i;
        } else if (lag > max_lag_rows && !is_due) {
            *out_slice = SLICE_NONE;
        }
        is_due = is_due || lag > max_lag_rows;
    }
    return is_due;
}

/* Rows of one use leave the cache when they are written, so they are written soon. They mostly come
 * in the order of their keys, which makes that cheap. */
static bool find_once(const struct state *state, unsigned *out_slice)
{
    static const enum ledger_table tables[] = {TABLE_TRANSACTION, TABLE_SALE, TABLE_PROFILE};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        unsigned slice = SLICES_OF_MEMBERS + (unsigned)tables[i];
        if (dirty_of(state, slice) > LIMIT_ONCE_DIRTY_BYTES) {
            *out_slice = slice;
            return true;
        }
    }
    return false;
}

bool state_is_due(const struct state *state, size_t max_dirty_bytes)
{
    unsigned slice;
    return state_dirty_bytes(state) > max_dirty_bytes || find_once(state, &slice);
}

/* Once there is too much, down to half of it: so that slices are written when they have grown. */
static bool find_full(struct state *state, size_t max_dirty_bytes, unsigned *out_slice)
{
    size_t dirty = state_dirty_bytes(state);
    if (find_once(state, out_slice)) {
        return true;
    }
    state->is_draining =
        dirty > max_dirty_bytes || (state->is_draining && dirty > max_dirty_bytes / 2);
    if (state->is_draining) {
        *out_slice = most_dirty(state);
    }
    return state->is_draining;
}

/* Full slices and lagging ones take turns. Else a slice of which little changes would stay behind
 * for as long as much changes elsewhere, and with it the row that a start goes on from. */
static bool find_due(struct state *state, uint64_t max_lag_rows, size_t max_dirty_bytes,
                     unsigned *out_slice)
{
    unsigned full = SLICE_NONE;
    unsigned lagging = SLICE_NONE;
    bool is_full = find_full(state, max_dirty_bytes, &full);
    bool is_behind = find_lagging(state, max_lag_rows, &lagging);
    /* One with nothing to write moves along with any other. */
    bool is_lag_turn = is_behind && lagging != SLICE_NONE && state->is_lag_turn;
    *out_slice = is_full && !is_lag_turn ? full : lagging;
    return is_full || is_behind;
}

enum err state_checkpoint_some(struct state *state, uint64_t max_lag_rows, size_t max_dirty_bytes,
                               bool *out_is_more)
{
    unsigned slice = SLICE_NONE;
    size_t count = 0;
    bool is_more = false;
    enum err err = ERR_OK;
    if (state->environment->mode == ENVIRONMENT_READ_ONLY) {
        return ERR_INPUT;
    }
    lock_checkpoints(state);
    environment_drop_dead_readers(state->environment);
    if (find_due(state, max_lag_rows, max_dirty_bytes, &slice)) {
        err = checkpoint_one(state, slice, &count);
        state->is_lag_turn = !state->is_lag_turn;
        /* What is not durable yet can't be helped by another round. */
        is_more =
            err == ERR_OK && count > 0 && find_due(state, max_lag_rows, max_dirty_bytes, &slice);
    }
    pthread_mutex_unlock(&state->checkpoint_mutex);
    if (err == ERR_OK) {
        *out_is_more = is_more;
    }
    return err;
}
