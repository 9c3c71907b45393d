/* The rows that a checkpoint writes, or that a walk looks at before one does: copies of one slice's
 * dirty rows as they were at its cut, in key order. */
#ifndef STORE_GATHER_H
#define STORE_GATHER_H

#include "store/state_rooms.h"

struct gathered {
    const uint8_t *at; /* a struct gathered_bytes, unaligned */
    uint64_t front;    /* the key's first bytes that others have not got, as a number */
    size_t order;      /* in which it was copied */
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
    size_t id_count;            /* so many came from the window, before all others */
    uint64_t first_epoch;       /* of the lists that were taken */
    struct dirty_chunk *spares; /* enough to name all gathered rows again */
    bool is_look;
    /* Of a look: keys below it, and the first of the others that is there (as in LMDB). */
    struct slice upto;
    struct state_key next;
};

/* All rows of a slice up to the durable batch, which it tells, each once; they are not dirty any
 * more. On an error (no memory) everything is as it was, but that gather_fini is to be called.
 * Under checkpoint_mutex, as the next one. */
MUST_USE enum err gather_slice(struct gather *gather, struct state *state, unsigned slice,
                               struct flight *out_cut);
/* The same of those with keys below `upto`, and they stay dirty: nothing is to be given back. Not
 * of TABLE_MEMBER, whose slices are many, nor of TABLE_TRANSACTION, of which the window has most.
 */
MUST_USE enum err gather_look(struct gather *gather, struct state *state, enum ledger_table table,
                              struct slice upto);
/* The rows from `from` on could not be written: they are dirty again. Never fails. */
void gather_give_back(struct gather *gather, struct state *state, unsigned slice, size_t from);
void gather_fini(struct gather *gather);

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
