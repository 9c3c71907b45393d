/* The inside of struct state, for the files of this folder.
 *
 * Why a reader never sees a stale row. Under the shard's lock it takes the durable epoch and then
 * looks for the newest version up to it. Only when there is none it looks (2) into an LMDB snapshot
 * that it begins after that.
 *   - The writer lets a version go only for a newer one that is durable by the time it holds the
 *     lock; who takes the lock later reads a durable epoch that is no older.
 *   - A row's versions are dropped for what LMDB has, and the row may leave the cache, only after
 *     the LMDB commit that holds it has returned: the snapshot of (2) is younger, and holds that
 *     version or a later one. A later one is durable too, since a checkpoint is.
 *   - A deleted row stays as such until LMDB has deleted it.
 *
 * Why a checkpoint is exact. It takes the durable row and its epoch together, and writes of each
 * row of the slice the newest version up to that epoch (its cut). All rows of a batch have one
 * epoch, so whole batches are in or out. Versions up to the cut are kept until they are written.
 * When it fails, what was written is clean, the rest is still dirty, and slice_rows says of each
 * key which row it is exact for.
 *
 * Locks, outermost first: checkpoint_mutex, a shard's lock, flight_mutex.
 */
#ifndef STORE_STATE_ROOMS_H
#define STORE_STATE_ROOMS_H

#include <pthread.h>

#include "base/limits.h"
#include "store/environment.h"
#include "store/fence.h"
#include "store/shard.h"
#include "store/slice_rows.h"

/* A batch: its epoch and its last journal row. */
struct flight {
    uint64_t epoch;
    uint64_t row;
};

struct state {
    struct shard shards[SHARDS];
    struct environment *environment;
    uint64_t seed; /* of row_name_init */
    size_t cache_bytes;
    size_t checkpoint_bytes;   /* of rows in one transaction */
    struct slab slab;          /* the writer's */
    atomic_size_t table_bytes; /* of indexes and changes; the writer sets it */
    struct fences fences;      /* the checkpointer adds */

    pthread_mutex_t flight_mutex;
    struct flight flights[LIMIT_SEALED_BATCHES]; /* sealed and not durable: a ring */
    unsigned flight_first;
    unsigned flight_count;
    _Atomic uint64_t durable_epoch; /* set under flight_mutex, the epoch before the row */
    _Atomic uint64_t durable_row;
    bool has_writer; /* under flight_mutex */

    pthread_mutex_t checkpoint_mutex;
    atomic_bool is_rolling_back; /* and waits for the mutex: checkpoints let it go first */
    struct slice_rows *opened;   /* as LMDB had them at the opening */
    struct slice_rows *rows;     /* the checkpointer's: as LMDB has them */
    struct slice_rows *next;     /* the checkpointer's: as they will be after the commit */
    bool is_draining;            /* the checkpointer's: there was too much that is dirty */
    bool is_lag_turn;            /* the checkpointer's: what lags goes before what is full */
    _Atomic uint64_t checkpointed_row;
};

static inline MDB_val state_key_value(const struct state_key *key)
{
    return environment_value(state_key_slice(key));
}

/* The durable batch, epoch and row of the same one. */
struct flight state_durable(struct state *state);

/* What the snapshot of `txn` is exact for. */
MUST_USE enum err state_read_rows(const struct state *state, MDB_txn *txn,
                                  struct slice_rows *out_rows);
MUST_USE enum err state_write_rows(const struct state *state, MDB_txn *txn,
                                   const struct slice_rows *rows);

#endif
