/* The rows that are published and not yet checkpointed: 64 shards, each with its lock.
 *
 * Each shard has two tables: `active`, into which batches are published, and `frozen`, which a
 * checkpoint writes out. Since one lock covers both, a reader sees a row in one of them or in none,
 * never between the two.
 *
 * Threads: one publishes or freezes at a time (the state's lock sees to it), one checkpointer walks
 * and drops the frozen rows, any number look up.
 */
#ifndef STORE_MEMTABLE_H
#define STORE_MEMTABLE_H

#include <pthread.h>
#include <stdatomic.h>

#include "store/row.h"

#define MEMTABLE_SHARDS 64u

/* Open addressing with the hash beside the pointer, since each look at a row is a cache miss. */
struct row_slot {
    uint64_t hash;
    struct row *row; /* NULL: empty */
};

struct row_table {
    struct row_slot *slots;
    size_t capacity;      /* a power of two */
    size_t slotted;       /* slots in use */
    size_t rows;          /* of slots and overflow */
    struct row *overflow; /* rows that came when there was no memory for more slots */
};

struct memtable_shard {
    pthread_mutex_t mutex;
    struct row_table active;
    struct row_table frozen;
};

struct memtable {
    struct memtable_shard shards[MEMTABLE_SHARDS];
    atomic_size_t bytes; /* of all rows */
    size_t frozen_rows;  /* the checkpointer's */
};

MUST_USE enum err memtable_init(struct memtable *memtable);
void memtable_fini(struct memtable *memtable);

/* Copies the row's value to `out`. ERR_NOT_FOUND when no table knows the row; when it was deleted,
 * ERR_OK with `*out_is_deleted`. */
MUST_USE enum err memtable_get(struct memtable *memtable, const struct row_name *name,
                               struct buffer *out, bool *out_is_deleted);

unsigned memtable_shard_of(uint64_t hash);
/* Takes the rows, no name twice, those of shard n from starts[n] up to starts[n + 1]. An older row
 * of the same name is freed. Takes no memory that it needs, so it can't fail. */
void memtable_publish(struct memtable *memtable, const struct row_slot *rows,
                      const size_t starts[MEMTABLE_SHARDS + 1]);

/* The active rows become the frozen ones; there must be none of these. */
void memtable_freeze(struct memtable *memtable);
/* The frozen rows in order of table and key, borrowed until the drop; the array is the caller's to
 * free. ERR_RESOURCE without memory. */
MUST_USE enum err memtable_sorted(struct memtable *memtable, const struct row ***out_rows,
                                  size_t *out_count);
/* To be called when what is below the memtable has them all. */
void memtable_drop_frozen(struct memtable *memtable);

#endif
