/* Walks over checkpointed rows, each in one LMDB snapshot. */
#include "store/state_rooms.h"

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
