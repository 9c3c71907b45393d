/* A part of the row table, with its lock: the rows, and what is known of those that LMDB doesn't
 * hold as they are.
 *
 * Such a row has a change: the row's newest version (in the index), and before it the older ones
 * that somebody may still ask for, newest first. A version is tagged with the writer's epoch (its
 * batch). Behind the oldest version comes what LMDB has.
 *
 *   index -> row (epoch 9) -> version (8) -> version (5) -> LMDB
 *
 * Kept are: all versions newer than the durable epoch, the newest durable one, and the newest one
 * up to the cut of a checkpoint under way. The changes of one table form a list, in order of their
 * `first_epoch`; those of a checkpoint's cut are a front part of it.
 *
 * All under the lock, except that the writer looks into the index without it, and reads a row's
 * `change` only to see whether it is 0.
 */
#ifndef STORE_SHARD_H
#define STORE_SHARD_H

#include <stdatomic.h>

#include "store/row_index.h"
#include "store/slab.h"

struct version {
    struct version *older;
    struct row *row;
    uint64_t epoch;
};

struct change {
    struct row *row;       /* the one in the index; NULL: this number is free */
    struct version *older; /* NULL: LMDB has what was before */
    uint64_t epoch;        /* of `row` */
    uint64_t first_epoch;  /* LMDB has what was before this one */
    uint32_t next;         /* in the table's list, or the next free one; 0: none */
    uint32_t previous;
};

/* A cut that is about to be chosen: nothing is let go. */
#define CUT_PENDING UINT64_MAX

struct change_list {
    uint32_t head;
    uint32_t tail;
};

struct shard {
    _Alignas(64) atomic_bool lock;
    struct row_index index;
    struct change *changes; /* number 0 is none */
    uint32_t change_room;
    uint32_t change_used; /* numbers below it were given out at least once */
    uint32_t change_free; /* head of the free ones */
    struct change_list lists[TABLE_END];
    uint64_t cuts[TABLE_END]; /* epoch of the checkpoint under way, CUT_PENDING; 0: none */
    struct version *garbage;  /* versions that a checkpoint let go, for the writer to free */
    atomic_bool has_garbage;
    atomic_size_t dirty[TABLE_END]; /* keys and values of rows with a change; set under the lock */
};

/* A lock that is held for some tens of nanoseconds, thousands of times in a batch: leaving it is a
 * plain store, which a mutex can't have. */
void shard_wait(struct shard *shard);
static inline void shard_lock(struct shard *shard)
{
    if (atomic_exchange_explicit(&shard->lock, true, memory_order_acquire)) {
        shard_wait(shard);
    }
}
static inline void shard_unlock(struct shard *shard)
{
    atomic_store_explicit(&shard->lock, false, memory_order_release);
}

/* Under the lock, so a load and a store are enough. */
static inline void shard_count_dirty(struct shard *shard, enum ledger_table table, size_t plus,
                                     size_t minus)
{
    size_t bytes = atomic_load_explicit(&shard->dirty[table], memory_order_relaxed);
    atomic_store_explicit(&shard->dirty[table], bytes + plus - minus, memory_order_relaxed);
}
/* Without the lock: a moment's figure. */
static inline size_t shard_dirty(const struct shard *shard, enum ledger_table table)
{
    return atomic_load_explicit(&shard->dirty[table], memory_order_relaxed);
}

void shard_init(struct shard *shard);
void shard_fini(struct shard *shard);

/* What a look at a durable epoch sees. */
enum sight {
    SIGHT_ROW,   /* a row, or a deleted one */
    SIGHT_BELOW, /* whatever LMDB has */
};
/* The newest version of a row up to `epoch`. */
enum sight shard_version(const struct shard *shard, const struct row *row, uint64_t epoch,
                         const struct row **out_row);

/* A number for a change, 0 without memory. */
uint32_t shard_take_change(struct shard *shard);
/* At the end of its table's list. */
void shard_link(struct shard *shard, uint32_t number);
/* Out of the list, and free again. Its row is as LMDB has it from now on, or gone. */
void shard_drop_change(struct shard *shard, uint32_t number);

/* The versions behind the newest row that nobody may ask for any more, taken out of the chain: a
 * list through `older`. */
struct version *shard_take_stale(struct shard *shard, struct change *change,
                                 uint64_t durable_epoch);
/* LMDB has the row of this change as it was at `cut`. What is not needed any more becomes garbage.
 * True when LMDB has all of it, and the change is gone. */
bool shard_written(struct shard *shard, uint32_t number, uint64_t cut);
/* All of a table up to `cut` is written: what is left of its changes is newer. */
void shard_end_cut(struct shard *shard, enum ledger_table table, uint64_t cut);
/* Takes a version away from the garbage again, when `row` is there. */
struct version *shard_rescue(struct shard *shard, const struct row *row);

#endif
