#include "store/slice_scan.h"

#include <stdlib.h>
#include <string.h>

#include "store/state_rooms.h"

struct slice_scan {
    struct state *state;
    enum err (*visit)(void *context, uint64_t slice_row, enum ledger_table table, struct slice key,
                      struct slice value);
    void *context;
    unsigned slice;
    /* Where the next slice's reading begins: behind the last key that was read, so that none
     * between two slices is passed over. */
    uint8_t from[STATE_KEY_MAX + 1];
    size_t from_length;
    struct slice_rows *now; /* as the transaction at hand has them */
    struct slice_rows *all; /* as they were when each was read */
};

/* The first key that may come behind this one. */
static void move_behind(struct slice_scan *scan, struct slice key)
{
    memcpy(scan->from, key.at, key.length);
    scan->from[key.length] = 0;
    scan->from_length = key.length + 1;
}

static enum err visit_rows(struct slice_scan *scan, MDB_cursor *cursor)
{
    MDB_val key = environment_value(slice_of(scan->from, scan->from_length));
    MDB_val value;
    const struct state_key first = state_key_of_slice(scan->slice);
    int result = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    while (result == MDB_SUCCESS) {
        enum ledger_table table;
        struct slice name;
        struct slice bytes = environment_slice(key);
        if (bytes.length > STATE_KEY_MAX) {
            return ERR_CORRUPT;
        }
        TRY(state_key_parse(bytes, &table, &name));
        bool is_before = state_key_compare(bytes, state_key_slice(&first)) < 0;
        if (!is_before && slice_of_key(table, name) != scan->slice) {
            return ERR_OK;
        }
        if (!is_before) { /* else it came to a slice that was read already */
            TRY(scan->visit(scan->context, slice_rows_at(scan->now, table, name), table, name,
                            environment_slice(value)));
        }
        move_behind(scan, bytes);
        result = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    }
    return result == MDB_NOTFOUND ? ERR_OK : environment_error(result);
}

static enum err visit_slice(struct slice_scan *scan, unsigned slice)
{
    const struct environment *environment = scan->state->environment;
    MDB_txn *txn = NULL;
    MDB_cursor *cursor = NULL;
    if (!slice_exists(slice)) {
        return ERR_OK;
    }
    scan->slice = slice;
    TRY(environment_begin_read(environment, &txn));
    enum err err = state_read_rows(scan->state, txn, scan->now);
    if (err == ERR_OK) {
        scan->all->slices[slice] = scan->now->slices[slice];
        err = environment_error(mdb_cursor_open(txn, environment->dbi, &cursor));
    }
    if (err == ERR_OK) {
        err = visit_rows(scan, cursor);
        mdb_cursor_close(cursor);
    }
    mdb_txn_abort(txn);
    return err;
}

/* In the order of their keys, in which transactions come last. */
static enum err visit_slices(struct slice_scan *scan)
{
    const unsigned last = SLICES_OF_MEMBERS + (unsigned)TABLE_TRANSACTION;
    for (unsigned slice = 0; slice < SLICES; slice++) {
        if (slice != last) {
            TRY(visit_slice(scan, slice));
        }
    }
    return visit_slice(scan, last);
}

enum err state_scan_slices(struct state *state, struct slice_rows **out_rows,
                           enum err (*visit)(void *context, uint64_t slice_row,
                                             enum ledger_table table, struct slice key,
                                             struct slice value),
                           void *context)
{
    struct slice_scan scan = {
        .state = state,
        .visit = visit,
        .context = context,
        .from = {1}, /* behind the rows that are of no table */
        .from_length = 1,
        .now = calloc(1, sizeof *scan.now),
        .all = calloc(1, sizeof *scan.all),
    };
    enum err err = scan.now == NULL || scan.all == NULL ? ERR_RESOURCE : visit_slices(&scan);
    free(scan.now);
    if (err == ERR_OK && out_rows != NULL) {
        *out_rows = scan.all;
        return ERR_OK;
    }
    free(scan.all);
    return err;
}
