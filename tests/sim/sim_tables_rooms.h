/* The inside of struct sim_tables, for its files. */
#ifndef TALEA_SIM_TABLES_ROOMS_H
#define TALEA_SIM_TABLES_ROOMS_H

#include "sim_tables.h"

/* Bytes that never change, shared by all who count themselves in. */
struct blob {
    uint32_t references;
    uint32_t length;
    uint8_t bytes[];
};

struct row {
    struct row *next; /* in its bucket */
    uint64_t hash;
    struct blob *live;  /* NULL: there is none */
    struct blob *image; /* as written down */
    bool is_dirty;
    uint8_t slice;
    uint8_t key_length;
    uint8_t key[];
};

struct table {
    struct row **buckets;
    size_t bucket_count;
    size_t row_count;
};

struct undo {
    struct row *row;
    struct blob *before;
};

struct dirty_list {
    struct row **rows;
    size_t count;
    size_t room;
};

struct sim_tables {
    struct table tables[TABLE_END];
    struct dirty_list dirty[SIM_SLICES];
    uint64_t slice_row[SIM_SLICES];
    uint64_t opened_row[SIM_SLICES];
    uint64_t sealed_row;
    uint64_t durable_row;
    size_t dirty_bytes;
    struct undo *undo;
    size_t undo_count;
    size_t undo_room;
    size_t mark;
    uint64_t sum;
    bool is_failing;
};

/* As struct tables says. */
enum err sim_tables_scan(void *context, enum ledger_table number, struct slice prefix,
                         struct slice from,
                         enum err (*visit)(void *visitor, struct slice key, struct slice value),
                         void *visitor);
enum err sim_tables_scan_durable(
    void *context, enum ledger_table number, struct slice upto, struct ledger_key *out_next,
    enum err (*visit)(void *visitor, struct slice key, struct slice value), void *visitor);

#endif
