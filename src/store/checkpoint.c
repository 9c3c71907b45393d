/* Writing slices to LMDB (state_rooms.h says why it is exact and loses nothing). */
#include "store/gather.h"

#include <sched.h>
#include <stdlib.h>

#define SLICE_OF_IDS (SLICES_OF_MEMBERS + (unsigned)TABLE_TRANSACTION)
#define SLICE_NONE   SLICES /* nothing to write but the rows' numbers */

/* Has LMDB all of a slice up to this batch? */
static bool is_clean(struct state *state, unsigned slice, const struct flight *cut)
{
    struct slice_place place = slice_place_of(slice);
    bool is_clean = slice != SLICE_OF_IDS || atomic_load(&state->ids_written) == cut->ids;
    for (unsigned i = place.first_shard; i < place.end_shard && is_clean; i++) {
        struct shard *shard = &state->shards[i];
        shard_lock(shard);
        is_clean = dirty_list_is_clean(&shard->dirty[place.table], cut->epoch);
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

/* What LMDB will say of the slices' rows after the next commit. */
static void raise_rows(struct state *state, unsigned slice, const struct state_key *upto,
                       struct flight cut)
{
    *state->next = *state->rows;
    for (unsigned i = 0; i < SLICES; i++) {
        if (i == slice) {
            slice_row_raise(&state->next->slices[i], upto, cut.row);
        } else if (slice_exists(i) && state->rows->slices[i].row < cut.row &&
                   is_clean(state, i, &cut)) {
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
    *out_end = end;
    page_stock_fill(&state->stock, PAGE_STOCK_LOW);
    return ERR_OK;
}

/* One slice, in as many transactions as it takes. */
static enum err write_slice(struct state *state, unsigned slice, size_t *out_count)
{
    struct gather gather = {0};
    struct flight cut;
    size_t at = 0;
    enum err err = gather_slice(&gather, state, slice, &cut);
    if (err == ERR_OK) {
        do {
            err = write_part(state, slice, cut, &gather, at, &at);
        } while (err == ERR_OK && at < gather.count);
        if (err == ERR_OK && slice == SLICE_OF_IDS) {
            atomic_store(&state->ids_written, cut.ids);
        }
        /* The window's rows are all copied anew, so what comes before them must be, too. */
        bool is_whole = slice == SLICE_OF_IDS && at < gather.count;
        gather_give_back(&gather, state, slice, is_whole ? 0 : at);
    }
    *out_count = gather.count;
    gather_fini(&gather);
    return err;
}

/* Slices without anything to write move along. */
static enum err write_rows_only(struct state *state, struct flight cut)
{
    const struct gather nothing = {0};
    size_t at = 0;
    return write_part(state, SLICE_NONE, cut, &nothing, 0, &at);
}

static enum err checkpoint_one(struct state *state, unsigned slice, size_t *out_count)
{
    *out_count = 0;
    return slice == SLICE_NONE ? write_rows_only(state, state_durable(state))
                               : write_slice(state, slice, out_count);
}

static enum err checkpoint_all(struct state *state)
{
    struct flight durable = state_durable(state);
    enum err err = ERR_OK;
    size_t count = 0;
    for (unsigned i = 0; i < SLICES && err == ERR_OK; i++) {
        if (slice_exists(i) && !is_clean(state, i, &durable)) {
            err = write_slice(state, i, &count);
        }
    }
    if (err == ERR_OK && slice_rows_lowest(state->rows) < durable.row) {
        err = write_rows_only(state, durable); /* up to there each is clean, or further */
    }
    return err;
}

void state_lock_checkpoints(struct state *state)
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
    state_lock_checkpoints(state);
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
    state_lock_checkpoints(state);
    struct flight durable = state_durable(state);
    bool is_due = !is_clean(state, slice, &durable);
    enum err err = is_due ? checkpoint_one(state, slice, &count) : ERR_OK;
    pthread_mutex_unlock(&state->checkpoint_mutex);
    return err;
}

/* Rows to write, and blocks of rows that left them, which wait for it, too. */
static size_t waiting_of(const struct state *state, unsigned slice)
{
    struct slice_place place = slice_place_of(slice);
    size_t bytes = 0;
    for (unsigned i = place.first_shard; i < place.end_shard; i++) {
        bytes += shard_dirty(&state->shards[i], place.table) +
                 shard_gone(&state->shards[i], place.table);
    }
    if (slice == SLICE_OF_IDS) {
        bytes += state_id_bytes(state);
    }
    return bytes;
}

static size_t waiting_bytes(const struct state *state)
{
    size_t bytes = 0;
    for (unsigned i = 0; i < SLICES; i++) {
        bytes += slice_exists(i) ? waiting_of(state, i) : 0;
    }
    return bytes;
}

static unsigned most_dirty(const struct state *state)
{
    unsigned most = 0;
    for (unsigned i = 1; i < SLICES; i++) {
        most = waiting_of(state, i) > waiting_of(state, most) ? i : most;
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
        bool is_written = lag > furthest && !is_clean(state, i, &durable);
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
        if (waiting_of(state, slice) > LIMIT_ONCE_DIRTY_BYTES) {
            *out_slice = slice;
            return true;
        }
    }
    return false;
}

bool state_is_due(const struct state *state, size_t max_dirty_bytes)
{
    unsigned slice;
    return page_stock_is_below(&state->stock, PAGE_STOCK_LOW) ||
           waiting_bytes(state) > max_dirty_bytes || find_once(state, &slice);
}

/* Once there is too much, down to half of it: so that slices are written when they have grown. */
static bool find_full(struct state *state, size_t max_dirty_bytes, unsigned *out_slice)
{
    size_t dirty = waiting_bytes(state);
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
    state_lock_checkpoints(state);
    environment_drop_dead_readers(state->environment);
    page_stock_fill(&state->stock, PAGE_STOCK_LOW);
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
