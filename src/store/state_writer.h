/* The inside of struct state_writer, for its files. */
#ifndef STORE_STATE_WRITER_H
#define STORE_STATE_WRITER_H

#include "store/state_rooms.h"

/* How to go back over one put or del. */
struct undo {
    uint32_t image; /* in the log: the row as it was */
    uint16_t shard;
    bool is_id;  /* a transaction was added to the window, and that is all */
    bool is_new; /* there was no row in memory, and the image has its name only */
};

/* A member's name that was worked out lately. */
struct known_member {
    uint8_t id[MEMBER_KEY_BYTES];
    uint64_t hash;
    uint16_t shard;
    bool is_there;
};

#define WRITER_NAMES 256u /* by the last byte of the id, which is random */

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
    struct version_mark log_mark; /* where the log was at the mark */
    struct dirty_chunk *spare;    /* for dirty lists, so that adding to them can't fail */
    struct known_member names[WRITER_NAMES];
    struct id_value id_value;        /* of the transaction that was looked up last */
    uint8_t absent_id[ID_KEY_BYTES]; /* the key of one that is not there */
    bool has_absent_id;
    struct fetch ahead[WRITER_AHEAD];
    unsigned ahead_at;

    size_t touched; /* rows that were put or loaded since memory was cleaned last */
    /* The clock that goes over the cache. */
    unsigned hand_shard[3]; /* of members, of rows of one use, of others */
    size_t hand_bucket[3];
    unsigned once_rest; /* rounds in which these are left alone, since little came of it */
    unsigned others_rest;
    /* The one that keeps the rows' epochs in range. */
    unsigned age_shard;
    size_t age_bucket;
};

static inline struct shard *writer_shard(const struct state_writer *writer, unsigned number)
{
    return &writer->state->shards[number];
}

/* The row's place, found by its name. Under the shard's lock, or by the writer itself. */
struct row_place writer_place(const struct state_writer *writer, const struct row *row,
                              unsigned shard);
/* As row_index_resize, in place. */
MUST_USE enum err writer_resize_index(struct state_writer *writer, unsigned shard,
                                      unsigned divisor);
/* Frees a block. */
void writer_free_row(struct state_writer *writer, struct row *row, unsigned shard);
/* Takes a dirty row out of the table, its block stays behind for the list that names it. Under the
 * shard's lock. */
void writer_drop_row(struct state_writer *writer, struct row_place place, unsigned shard);
/* Gives a dirty row the value and the epoch it had. Under the shard's lock. */
void writer_restore_row(struct state_writer *writer, struct row *row, const struct row *image,
                        unsigned shard);
/* Some of what need not be kept any more goes: versions, blocks, rows beyond the bound of the
 * cache. How much depends on how much came since the last time, so that a short batch is not held
 * up by what long ones left behind. */
void writer_clean(struct state_writer *writer);

#endif
