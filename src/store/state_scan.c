/* Walks over rows, each in one LMDB snapshot: those that are checkpointed, or those that are
 * durable, with what memory has to say of them. */
#include "store/gather.h"

#include <stdlib.h>
#include <string.h>

/* What one walk does with a row; any result but ERR_OK ends it. */
struct walk {
    enum err (*step)(struct walk *walk, enum ledger_table table, struct slice key,
                     struct slice value);
    struct state_key start;
};

static enum err walk_cursor(struct walk *walk, MDB_cursor *cursor)
{
    MDB_val key = state_key_value(&walk->start);
    MDB_val value;
    int result = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    while (result == MDB_SUCCESS) {
        enum ledger_table table;
        struct slice name;
        TRY(state_key_parse(environment_slice(key), &table, &name));
        TRY(walk->step(walk, table, name, environment_slice(value)));
        result = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    }
    return result == MDB_NOTFOUND ? ERR_OK : environment_error(result);
}

/* `rows` may be NULL. */
static enum err walk_snapshot(struct state *state, struct walk *walk, struct slice_rows *rows)
{
    MDB_txn *txn = NULL;
    MDB_cursor *cursor = NULL;
    TRY(environment_begin_read(state->environment, &txn));
    enum err err = rows == NULL ? ERR_OK : state_read_rows(state, txn, rows);
    if (err == ERR_OK) {
        err = environment_error(mdb_cursor_open(txn, state->environment->dbi, &cursor));
    }
    if (err == ERR_OK) {
        err = walk_cursor(walk, cursor);
        mdb_cursor_close(cursor);
    }
    mdb_txn_abort(txn);
    return err;
}

struct table_walk {
    struct walk walk;
    enum ledger_table table;
    struct slice prefix;
    enum err (*visit)(void *context, struct slice key, struct slice value);
    void *context;
};

static enum err table_step(struct walk *walk, enum ledger_table table, struct slice key,
                           struct slice value)
{
    struct table_walk *scan = (struct table_walk *)walk;
    bool is_inside = table == scan->table && key.length >= scan->prefix.length &&
                     slice_equal(slice_of(key.at, scan->prefix.length), scan->prefix);
    return is_inside ? scan->visit(scan->context, key, value) : ERR_NOT_FOUND;
}

static enum err check_scan(enum ledger_table table, struct slice prefix, struct slice from)
{
    bool is_member = table == TABLE_MEMBER;
    if ((int)table < 1 || table >= TABLE_END || prefix.length > LEDGER_KEY_MAX ||
        from.length > LEDGER_KEY_MAX || (is_member && prefix.length > 0) ||
        (is_member && from.length > 0 && from.length != MEMBER_KEY_BYTES)) {
        return ERR_INPUT;
    }
    return ERR_OK;
}

enum err state_scan(struct state *state, enum ledger_table table, struct slice prefix,
                    struct slice from,
                    enum err (*visit)(void *context, struct slice key, struct slice value),
                    void *context)
{
    TRY(check_scan(table, prefix, from));
    struct slice start = state_key_compare(from, prefix) < 0 ? prefix : from;
    struct table_walk scan = {
        .walk = {.step = table_step, .start = state_key_begin(table)},
        .table = table,
        .prefix = prefix,
        .visit = visit,
        .context = context,
    };
    if (start.length > 0) {
        scan.walk.start = state_key_of(table, start);
    }
    enum err err = walk_snapshot(state, &scan.walk, NULL);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* LMDB's rows and the gathered ones side by side, which come before LMDB's of the same key. */
struct durable_walk {
    struct walk walk;
    enum ledger_table table;
    struct slice upto;
    struct gather gather;
    size_t at; /* of what is gathered */
    bool is_behind;
    struct ledger_key *out_next;
    enum err (*visit)(void *context, struct slice key, struct slice value);
    void *context;
};

static struct slice gathered_name(const struct gathered *row)
{
    struct slice key = gathered_key(row);
    return slice_of(key.at + 1, key.length - 1); /* behind the table */
}

/* The gathered rows before `key`, or all that are left. `*out_is_hidden`: there is one of it. */
static enum err visit_gathered(struct durable_walk *scan, const struct slice *key,
                               bool *out_is_hidden)
{
    *out_is_hidden = false;
    for (; scan->at < scan->gather.count; scan->at++) {
        const struct gathered *row = &scan->gather.rows[scan->at];
        struct slice name = gathered_name(row);
        int order = key == NULL ? -1 : state_key_compare(name, *key);
        if (order > 0) {
            break;
        }
        *out_is_hidden = order == 0;
        if (!gathered_is_deleted(row)) {
            TRY(scan->visit(scan->context, name, gathered_value(row)));
        }
    }
    return ERR_OK;
}

static void note_next(struct ledger_key *next, struct slice key)
{
    if (next->length == 0 || state_key_compare(key, slice_of(next->bytes, next->length)) < 0) {
        memcpy(next->bytes, key.at, key.length);
        next->length = key.length;
    }
}

/* ERR_NOT_FOUND ends the walk behind LMDB's last row below `upto`. */
static enum err durable_step(struct walk *walk, enum ledger_table table, struct slice key,
                             struct slice value)
{
    struct durable_walk *scan = (struct durable_walk *)walk;
    bool is_hidden;
    scan->is_behind = table != scan->table || state_key_compare(key, scan->upto) >= 0;
    if (scan->is_behind) {
        if (table == scan->table) {
            note_next(scan->out_next, key);
        }
        return ERR_NOT_FOUND;
    }
    TRY(visit_gathered(scan, &key, &is_hidden));
    return is_hidden ? ERR_OK : scan->visit(scan->context, key, value);
}

static enum err walk_durable(struct state *state, struct durable_walk *scan)
{
    bool is_hidden;
    TRY(gather_look(&scan->gather, state, scan->table, scan->upto));
    struct slice next = state_key_slice(&scan->gather.next);
    if (next.length > 0) {
        note_next(scan->out_next, slice_of(next.at + 1, next.length - 1));
    }
    enum err err = walk_snapshot(state, &scan->walk, NULL);
    TRY(scan->is_behind ? ERR_OK : err);
    return visit_gathered(scan, NULL, &is_hidden);
}

enum err state_scan_durable(struct state *state, enum ledger_table table, struct slice upto,
                            struct ledger_key *out_next,
                            enum err (*visit)(void *context, struct slice key, struct slice value),
                            void *context)
{
    struct slice nothing = {NULL, 0};
    TRY(check_scan(table, nothing, upto));
    if (table == TABLE_MEMBER || table == TABLE_TRANSACTION || upto.length == 0 ||
        state->environment->mode == ENVIRONMENT_READ_ONLY) {
        return ERR_INPUT;
    }
    struct durable_walk scan = {
        .walk = {.step = durable_step, .start = state_key_begin(table)},
        .table = table,
        .upto = upto,
        .out_next = out_next,
        .visit = visit,
        .context = context,
    };
    out_next->length = 0;
    state_lock_checkpoints(state);
    enum err err = walk_durable(state, &scan);
    pthread_mutex_unlock(&state->checkpoint_mutex);
    gather_fini(&scan.gather);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

struct whole_walk {
    struct walk walk;
    struct slice_rows *rows;
    enum err (*visit)(void *context, uint64_t slice_row, enum ledger_table table, struct slice key,
                      struct slice value);
    void *context;
};

static enum err whole_step(struct walk *walk, enum ledger_table table, struct slice key,
                           struct slice value)
{
    struct whole_walk *scan = (struct whole_walk *)walk;
    return scan->visit(scan->context, slice_rows_at(scan->rows, table, key), table, key, value);
}

enum err state_scan_all(struct state *state, struct slice_rows **out_rows,
                        enum err (*visit)(void *context, uint64_t slice_row,
                                          enum ledger_table table, struct slice key,
                                          struct slice value),
                        void *context)
{
    struct slice_rows *rows = malloc(sizeof *rows);
    if (rows == NULL) {
        return ERR_RESOURCE;
    }
    struct whole_walk scan = {
        .walk = {.step = whole_step, .start = {.bytes = {1}, .length = 1}}, /* behind table 0 */
        .rows = rows,
        .visit = visit,
        .context = context,
    };
    enum err err = walk_snapshot(state, &scan.walk, rows);
    if (err != ERR_OK || out_rows == NULL) {
        slice_rows_destroy(rows);
        return err;
    }
    *out_rows = rows;
    return ERR_OK;
}
