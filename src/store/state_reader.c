/* One row for a reader: from the memtable, else from LMDB (state_rooms.h says why in this order).
 * The LMDB transaction is made once and renewed for each row: its reader slot stays taken, but it
 * pins no pages between two calls.
 */
#include "store/state_rooms.h"

#include <stdlib.h>

struct state_reader {
    struct state *state;
    MDB_txn *txn; /* reset between calls */
    struct buffer value;
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

void state_reader_destroy(struct state_reader *reader)
{
    if (reader != NULL) {
        mdb_txn_abort(reader->txn);
        buffer_fini(&reader->value);
        free(reader);
    }
}

static enum err get_checkpointed(struct state_reader *reader, const struct row_name *name)
{
    struct state_key key = state_key_of(name->table, name->key);
    MDB_val at = state_key_value(&key);
    MDB_val value;
    TRY(environment_error(mdb_txn_renew(reader->txn)));
    enum err err =
        environment_error(mdb_get(reader->txn, reader->state->environment->dbi, &at, &value));
    if (err == ERR_OK) {
        buffer_clear(&reader->value);
        write_bytes(&reader->value, value.mv_data, value.mv_size);
        err = reader->value.err;
    }
    mdb_txn_reset(reader->txn);
    return err;
}

enum err state_reader_get(struct state_reader *reader, const struct row_name *name,
                          struct slice *out_value)
{
    bool is_deleted = false;
    enum err err = memtable_get(&reader->state->memtable, name, &reader->value, &is_deleted);
    if (err == ERR_NOT_FOUND) {
        err = get_checkpointed(reader, name);
    } else if (err == ERR_OK && is_deleted) {
        err = ERR_NOT_FOUND;
    }
    if (err == ERR_OK) {
        *out_value = buffer_slice(&reader->value);
    }
    return err;
}

static enum err view_get_row(void *context, enum ledger_table table, struct slice key,
                             struct slice *out_value)
{
    struct state_reader *reader = context;
    struct row_name name;
    TRY(row_name_init(&name, reader->state->seed, table, key));
    return state_reader_get(reader, &name, out_value);
}

struct ledger_view state_reader_view(struct state_reader *reader)
{
    return (struct ledger_view){.context = reader, .get = view_get_row};
}
