/* A part of the row table, with its lock: the rows in memory, and which of them LMDB has not got as
 * they are.
 *
 * A row that a batch changes keeps its place; what it was before stands in the version log. From
 * the row a reader goes back to the newest version that it may see; behind the oldest comes what
 * LMDB has.
 *
 *   index -> row (epoch 9) -> log (8) -> log (5) -> LMDB
 *
 * All under the lock, except that the writer, who alone changes rows and index, looks without it.
 */
#ifndef STORE_SHARD_H
#define STORE_SHARD_H

#include "store/dirty_list.h"
#include "store/row_index.h"
#include "store/spin.h"
#include "store/version_log.h"

struct shard {
    _Alignas(64) struct spin lock;
    struct row_index index;
    struct dirty_list dirty[TABLE_END];
    bool is_being_written[TABLE_END]; /* by a checkpoint: no row may leave */
    struct row *gone;                 /* blocks for the writer to free, linked */
    atomic_bool has_gone;
    atomic_size_t dirty_bytes[TABLE_END]; /* keys and values of the dirty rows */
    atomic_size_t gone_bytes[TABLE_END];  /* of blocks that are ROW_GONE and still named */
};

static inline void shard_lock(struct shard *shard)
{
    spin_lock(&shard->lock);
}

static inline void shard_unlock(struct shard *shard)
{
    spin_unlock(&shard->lock);
}

/* Under the lock, so a load and a store are enough. */
static inline void shard_count_dirty(struct shard *shard, enum ledger_table table, size_t plus,
                                     size_t minus)
{
    size_t bytes = atomic_load_explicit(&shard->dirty_bytes[table], memory_order_relaxed);
    atomic_store_explicit(&shard->dirty_bytes[table], bytes + plus - minus, memory_order_relaxed);
}
/* Without the lock: a moment's figures. */
static inline size_t shard_gone(const struct shard *shard, enum ledger_table table)
{
    return atomic_load_explicit(&shard->gone_bytes[table], memory_order_relaxed);
}
static inline size_t shard_dirty(const struct shard *shard, enum ledger_table table)
{
    return atomic_load_explicit(&shard->dirty_bytes[table], memory_order_relaxed);
}

void shard_fini(struct shard *shard, struct pages *pages);

/* What a look at a durable epoch sees. */
enum sight {
    SIGHT_ROW,   /* a row, or a deleted one */
    SIGHT_BELOW, /* whatever LMDB has */
};
/* The newest version of a row up to `epoch`, which is not below what the log has let go. */
enum sight shard_version(const struct version_log *log, const struct row *row, uint64_t epoch,
                         const struct row **out_row);

/* The row is dirty from now on. `*spare` as in dirty_list_add. */
void shard_add_dirty(struct shard *shard, struct row *row, uint64_t epoch,
                     struct dirty_chunk **spare);
/* The same, for a list that will be the shard's. */
void shard_add_to(struct shard *shard, struct dirty_list *list, struct row *row, uint64_t epoch,
                  struct dirty_chunk **spare);
/* LMDB has it as it is, or is about to. */
void shard_end_dirty(struct shard *shard, struct row *row);
/* A dirty row is not in this block any more, but elsewhere, or (NULL) nowhere. */
void shard_leave(struct shard *shard, struct row *row, struct row *elsewhere);
/* Such a block, which no list names any more, waits
 * for the writer. */
void shard_give_gone(struct shard *shard, enum ledger_table table, struct row *row);
struct row *shard_take_gone(struct shard *shard);

#endif
