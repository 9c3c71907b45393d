/* Walks over checkpointed rows, each in one LMDB snapshot. */
#include "store/state_rooms.h"

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
        struct slice name = environment_slice(key);
        if (name.length < 1 || name.length > STATE_KEY_MAX || name.at[0] >= TABLE_END) {
            return ERR_CORRUPT;
        }
        TRY(walk->step(walk, (enum ledger_table)name.at[0], slice_of(name.at + 1, name.length - 1),
                       environment_slice(value)));
        result = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    }
    return result == MDB_NOTFOUND ? ERR_OK : environment_error(result);
}

/* `out_row` may be NULL. */
static enum err walk_snapshot(struct state *state, struct walk *walk, uint64_t *out_row)
{
    MDB_txn *txn = NULL;
    MDB_cursor *cursor = NULL;
    uint64_t row = 0;
    TRY(environment_begin_read(state->environment, &txn));
    enum err err = state_read_checkpointed(state, txn, &row);
    if (err == ERR_OK) {
        err = environment_error(mdb_cursor_open(txn, state->environment->dbi, &cursor));
    }
    if (err == ERR_OK) {
        err = walk_cursor(walk, cursor);
        mdb_cursor_close(cursor);
    }
    mdb_txn_abort(txn);
    if (err == ERR_OK && out_row != NULL) {
        *out_row = row;
    }
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

/* Bytes in the order of keys. */
static bool is_before(struct slice a, struct slice b)
{
    size_t common = a.length < b.length ? a.length : b.length;
    int order = common == 0 ? 0 : memcmp(a.at, b.at, common);
    return order != 0 ? order < 0 : a.length < b.length;
}

enum err state_scan(struct state *state, enum ledger_table table, struct slice prefix,
                    struct slice from,
                    enum err (*visit)(void *context, struct slice key, struct slice value),
                    void *context)
{
    if ((int)table < 1 || table >= TABLE_END || prefix.length > LEDGER_KEY_MAX ||
        from.length > LEDGER_KEY_MAX) {
        return ERR_INPUT;
    }
    struct slice start = is_before(from, prefix) ? prefix : from;
    struct table_walk scan = {
        .walk = {.step = table_step, .start = state_key_of(table, start)},
        .table = table,
        .prefix = prefix,
        .visit = visit,
        .context = context,
    };
    enum err err = walk_snapshot(state, &scan.walk, NULL);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

struct whole_walk {
    struct walk walk;
    enum err (*visit)(void *context, enum ledger_table table, struct slice key, struct slice value);
    void *context;
};

static enum err whole_step(struct walk *walk, enum ledger_table table, struct slice key,
                           struct slice value)
{
    struct whole_walk *scan = (struct whole_walk *)walk;
    return scan->visit(scan->context, table, key, value);
}

enum err state_scan_all(struct state *state, uint64_t *out_checkpointed_row,
                        enum err (*visit)(void *context, enum ledger_table table, struct slice key,
                                          struct slice value),
                        void *context)
{
    struct whole_walk scan = {
        .walk = {.step = whole_step, .start = {.bytes = {1}, .length = 1}}, /* behind table 0 */
        .visit = visit,
        .context = context,
    };
    return walk_snapshot(state, &scan.walk, out_checkpointed_row);
}
