/* The tables' port on a state. */
#include "store/state.h"

static void close_writer(void *writer)
{
    state_writer_destroy(writer);
}

static struct ledger_store store(void *writer)
{
    return state_writer_port(writer);
}

static void prefetch(void *writer, enum ledger_table table, struct slice key)
{
    state_writer_prefetch(writer, table, key);
}

static void mark(void *writer)
{
    state_writer_mark(writer);
}

static void undo_to_mark(void *writer)
{
    state_writer_undo_to_mark(writer);
}

static enum err seal(void *writer, uint64_t last_row)
{
    return state_writer_seal(writer, last_row);
}

static void pass(void *writer)
{
    state_writer_pass(writer);
}

static void rollback(void *writer)
{
    state_writer_rollback(writer);
}

static enum err open_writer(void *context, void **out_writer)
{
    struct state_writer *writer;
    TRY(state_writer_create(context, &writer));
    *out_writer = writer;
    return ERR_OK;
}

static void make_durable(void *context, uint64_t last_row)
{
    state_make_durable(context, last_row);
}

static uint64_t checkpointed_row(const void *context)
{
    return state_checkpointed_row(context);
}

static uint64_t newest_row(const void *context)
{
    return state_newest_row(context);
}

static uint64_t replay_from(const void *context)
{
    return state_replay_from(context);
}

static size_t dirty_bytes(const void *context)
{
    return state_dirty_bytes(context);
}

static bool is_due(const void *context, size_t max_dirty_bytes)
{
    return state_is_due(context, max_dirty_bytes);
}

static enum err checkpoint(void *context)
{
    return state_checkpoint(context);
}

static enum err checkpoint_some(void *context, uint64_t max_lag_rows, size_t max_dirty_bytes,
                                bool *out_is_more)
{
    return state_checkpoint_some(context, max_lag_rows, max_dirty_bytes, out_is_more);
}

static enum err checkpoint_table(void *context, enum ledger_table table)
{
    return state_checkpoint_table(context, table);
}

static enum err scan_durable(void *context, enum ledger_table table, struct slice upto,
                             struct ledger_key *out_next,
                             enum err (*visit)(void *visitor, struct slice key, struct slice value),
                             void *visitor)
{
    return state_scan_durable(context, table, upto, out_next, visit, visitor);
}

static enum err scan(void *context, enum ledger_table table, struct slice prefix, struct slice from,
                     enum err (*visit)(void *visitor, struct slice key, struct slice value),
                     void *visitor)
{
    return state_scan(context, table, prefix, from, visit, visitor);
}

struct tables state_tables(struct state *state)
{
    static const struct tables_writer writer = {
        .close = close_writer,
        .store = store,
        .prefetch = prefetch,
        .mark = mark,
        .undo_to_mark = undo_to_mark,
        .seal = seal,
        .pass = pass,
        .rollback = rollback,
    };
    return (struct tables){
        .context = state,
        .writer = &writer,
        .open_writer = open_writer,
        .make_durable = make_durable,
        .checkpointed_row = checkpointed_row,
        .newest_row = newest_row,
        .replay_from = replay_from,
        .dirty_bytes = dirty_bytes,
        .is_due = is_due,
        .checkpoint = checkpoint,
        .checkpoint_some = checkpoint_some,
        .checkpoint_table = checkpoint_table,
        .scan_durable = scan_durable,
        .scan = scan,
    };
}
