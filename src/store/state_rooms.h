/* The inside of struct state, for the files of this folder.
 *
 * Why a reader never sees a stale row. Under the shard's lock it takes the durable epoch and then
 * looks for the newest version up to it. Only when there is none it looks (2) into an LMDB snapshot
 * that it begins after that.
 *   - A row leaves the cache only after the LMDB commit that holds it as it is has returned: the
 *     snapshot of (2) is younger, and holds that version or a later one. A later one is durable
 * too, since a checkpoint is.
 *   - A deleted row stays as such until LMDB has deleted it.
 *
 * Why the version log may let go. An entry of epoch e is the row before batch e, and whoever looks
 * at epoch e or later does not go back to it. So it is needed while e is above the durable epoch,
 * or above the cut of a checkpoint that copies rows. The writer reads first the one and then the
 * other, and then goes once through every lock: who held one before has left, and who takes one
 * later reads a durable epoch that is no older than the writer's. A checkpoint says that it is
 * about to choose a cut before it reads the durable epoch: then either the writer sees that, or the
 * cut is no older than what the writer read.
 * What an undo or a rollback took back goes at once: each of these rows was locked when it was put
 * back, and nobody goes from it to those entries any more.
 *
 * Why a checkpoint is exact. It takes the durable row and its epoch together, and copies of each
 * row of the slice the newest version up to that epoch (its cut). All rows of a batch have one
 * epoch, so whole batches are in or out. A row whose newest version is copied is dirty no more, and
 * is on the list again as soon as it changes; while the slice is written none of its rows leaves.
 * When it fails, the rows that were not written are dirty again, and slice_rows says of each key
 * which row it is exact for. Of transactions all are: those of the window are copied anew, and the
 * rows that come before them must be as well. Each key is written once, as its newest row has it.
 *
 * Locks, outermost first: checkpoint_mutex, a shard's lock, flight_mutex.
 */
#ifndef STORE_STATE_ROOMS_H
#define STORE_STATE_ROOMS_H

#include <pthread.h>

#include "base/limits.h"
#include "store/environment.h"
#include "store/fence.h"
#include "store/id_window.h"
#include "store/shard.h"
#include "store/slab.h"
#include "store/slice_rows.h"

/* A batch: its epoch, its last journal row, its end among the transactions. */
struct flight {
    uint64_t epoch;
    uint64_t row;
    uint32_t ids; /* the transactions up to it: a position in the window */
};

#define CUT_NONE    UINT64_MAX
#define CUT_PENDING UINT64_C(0) /* about to be chosen: nothing is let go */

struct state {
    struct shard shards[SHARDS];
    struct environment *environment;
    uint64_t seed; /* of row_name_init */
    size_t cache_bytes;
    size_t checkpoint_bytes;   /* of rows in one transaction */
    struct page_stock stock;   /* of the next two */
    struct slab slabs[3];      /* of members, of rows of one use, of others; the writer's */
    struct pages pages;        /* of indexes; the writer's */
    struct version_log log;    /* the writer's */
    struct id_window ids;      /* the newest rows of TABLE_TRANSACTION; the writer's */
    uint32_t ids_kept;         /* of them, when LMDB has them */
    atomic_uint ids_written;   /* those before it are in LMDB; the checkpointer sets it */
    size_t id_rows;            /* of that table in the shards; the writer's */
    atomic_size_t table_bytes; /* of indexes; the writer sets it */
    struct fences fences;      /* the checkpointer adds */

    pthread_mutex_t flight_mutex;
    struct flight flights[LIMIT_SEALED_BATCHES]; /* sealed and not durable: a ring */
    unsigned flight_first;
    unsigned flight_count;
    _Atomic uint64_t durable_epoch; /* set under flight_mutex, the epoch before the row */
    _Atomic uint64_t durable_row;
    atomic_uint durable_ids;
    /* Versions above it are kept for a checkpoint; CUT_NONE: there is none that copies. */
    _Atomic uint64_t cut;

    pthread_mutex_t checkpoint_mutex;
    atomic_bool is_rolling_back; /* and waits for the mutex: checkpoints let it go first */
    struct slice_rows *opened;   /* as LMDB had them at the opening */
    struct slice_rows *rows;     /* the checkpointer's: as LMDB has them */
    struct slice_rows *next;     /* the checkpointer's: as they will be after the commit */
    bool is_draining;            /* the checkpointer's: there was too much that is dirty */
    bool is_lag_turn;            /* the checkpointer's: what lags goes before what is full */
    _Atomic uint64_t checkpointed_row;
};

static inline struct slab *state_slab(struct state *state, unsigned shard)
{
    return &state->slabs[shard < MEMBER_SHARDS ? 0 : shard < MEMBER_SHARDS + ONCE_SHARDS ? 1 : 2];
}

static inline MDB_val state_key_value(const struct state_key *key)
{
    return environment_value(state_key_slice(key));
}

/* The durable batch, epoch and row of the same one. */
struct flight state_durable(struct state *state);

/* Locks checkpoint_mutex; a rollback that waits for it goes first. */
void state_lock_checkpoints(struct state *state);
/* Keys and values of the transactions in the window that LMDB has not got. */
size_t state_id_bytes(const struct state *state);
/* What the snapshot of `txn` is exact for. */
MUST_USE enum err state_read_rows(const struct state *state, MDB_txn *txn,
                                  struct slice_rows *out_rows);
MUST_USE enum err state_write_rows(const struct state *state, MDB_txn *txn,
                                   const struct slice_rows *rows);

#endif
