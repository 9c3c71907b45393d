/* The rows that a checkpoint writes: copies of one slice's dirty rows as they were at its cut, in
 * key order. */
#ifndef STORE_GATHER_H
#define STORE_GATHER_H

#include "store/state_rooms.h"

struct gathered {
    const uint8_t *at; /* a struct gathered_bytes, unaligned */
    uint32_t shard;
    uint32_t change; /* the row's, within the shard */
};

struct gather_chunk;

/* Zero-initialised is empty and valid. */
struct gather {
    struct gathered *rows;
    size_t count;
    size_t room;
    struct gather_chunk *chunks;
    uint8_t *free;
    size_t free_bytes;
};

void gather_fini(struct gather *gather);
/* All rows of a slice up to the cut, whose cuts are set. ERR_RESOURCE without memory. */
MUST_USE enum err gather_slice(struct gather *gather, struct state *state, unsigned slice,
                               uint64_t cut);

struct slice gathered_key(const struct gathered *row); /* as in LMDB */
bool gathered_is_deleted(const struct gathered *row);
struct slice gathered_value(const struct gathered *row);

/* The shards and the table of a slice. */
struct slice_place {
    unsigned first_shard;
    unsigned end_shard;
    enum ledger_table table;
};
struct slice_place slice_place_of(unsigned slice);

#endif
