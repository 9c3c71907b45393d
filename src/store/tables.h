/* The port of the ledger's tables: what follows from the journal, in memory and written down behind
 * it. `state_tables` (store/state.h) is the adapter on LMDB, and that header says what each of
 * these promises; a simulation has tables of its own.
 */
#ifndef STORE_TABLES_H
#define STORE_TABLES_H

#include "ledger/view.h"

/* What the one writer calls, on what `open_writer` gave it. */
struct tables_writer {
    void (*close)(void *writer); /* NULL is allowed */
    struct ledger_store (*store)(void *writer);
    void (*prefetch)(void *writer, enum ledger_table table, struct slice key);
    void (*mark)(void *writer);
    void (*undo_to_mark)(void *writer);
    enum err (*seal)(void *writer, uint64_t last_row);
    void (*pass)(void *writer);
    void (*rollback)(void *writer);
};

struct tables {
    void *context;
    const struct tables_writer *writer;
    enum err (*open_writer)(void *context, void **out_writer);
    void (*make_durable)(void *context, uint64_t last_row);
    uint64_t (*checkpointed_row)(const void *context);
    uint64_t (*newest_row)(const void *context);
    uint64_t (*replay_from)(const void *context);
    size_t (*dirty_bytes)(const void *context);
    bool (*is_due)(const void *context, size_t max_dirty_bytes);
    enum err (*checkpoint)(void *context);
    enum err (*checkpoint_some)(void *context, uint64_t max_lag_rows, size_t max_dirty_bytes,
                                bool *out_is_more);
    enum err (*checkpoint_table)(void *context, enum ledger_table table);
    enum err (*scan_durable)(void *context, enum ledger_table table, struct slice upto,
                             struct ledger_key *out_next,
                             enum err (*visit)(void *visitor, struct slice key, struct slice value),
                             void *visitor);
    enum err (*scan)(void *context, enum ledger_table table, struct slice prefix, struct slice from,
                     enum err (*visit)(void *visitor, struct slice key, struct slice value),
                     void *visitor);
};

#endif
