/* The inside of struct state_writer, for its files. */
#ifndef STORE_STATE_WRITER_H
#define STORE_STATE_WRITER_H

#include "store/state_rooms.h"

/* How to go back over one put or del. */
struct undo {
    struct row *row;    /* the one that it put into the index */
    struct row *before; /* the one that was there; NULL: none */
    uint64_t epoch;     /* of `before`, when there was a change */
    uint32_t shard;
    bool had_change; /* `before` was not as LMDB has it */
    bool is_version; /* `before` went to the row's versions; else it belongs to this */
};

/* A version was kept for a change in a batch: when that is durable, it may go. */
struct stale {
    uint64_t epoch;
    uint32_t shard;
    uint32_t change;
    const struct version *version; /* only to fetch it early */
    const struct row *row;
};

/* A member's name that was worked out lately. */
struct known_name {
    uint8_t key[MEMBER_KEY_BYTES];
    uint64_t hash;
    unsigned shard;
    bool is_set;
};

#define WRITER_NAMES 256u /* a power of 2 */

/* Names that are on their way into the processor's cache; a power of 2. */
#define WRITER_AHEAD 16u

struct fetch {
    uint64_t hash;
    unsigned shard;
};

struct state_writer {
    struct state *state;
    uint64_t epoch; /* of the open batch; above the durable one */
    uint64_t sealed_row;
    MDB_txn *txn; /* reset between calls */
    struct undo *undo;
    size_t undo_count;
    size_t undo_room;
    struct stale *stale; /* a ring, oldest first; its room is a power of 2 */
    size_t stale_first;
    size_t stale_count;
    size_t stale_room;
    struct known_name names[WRITER_NAMES];
    struct fetch ahead[WRITER_AHEAD];
    unsigned ahead_at;

    /* The clock that goes over the cache. */
    unsigned hand_shard[3]; /* of members, of rows of one use, of others */
    size_t hand_bucket[3];
    unsigned once_rest; /* rounds in which these are left alone, since little came of it */
    unsigned others_rest;
};

static inline struct shard *writer_shard(const struct state_writer *writer, unsigned number)
{
    return &writer->state->shards[number];
}

void writer_free_row(struct state_writer *writer, struct row *row);
/* The list through `older`, with its rows. */
void writer_free_versions(struct state_writer *writer, struct version *versions);
/* Takes a row out of the table; its block is the caller's. Under the shard's lock. */
void writer_take_out(struct state_writer *writer, struct row *row, unsigned shard);
/* Puts `row` where `before` is, the change with it. Under the shard's lock. */
void writer_swap(struct state_writer *writer, struct row *before, struct row *row, unsigned shard);
/* Forgets how to go back. */
void writer_forget_undo(struct state_writer *writer);
/* Remembers that a version was kept. Without memory it is freed later than it could be. */
void writer_note_stale(struct state_writer *writer, unsigned shard, uint32_t change,
                       const struct version *version);
/* Frees the versions that nobody asks for any more. */
void writer_free_stale(struct state_writer *writer);
/* The same, and the rows beyond the bound of the cache. */
void writer_clean(struct state_writer *writer);

#endif
