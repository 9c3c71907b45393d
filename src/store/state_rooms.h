/* The inside of struct state, for the files of this folder.
 *
 * Why a reader never sees a stale row. It looks (1) into the memtable, under the shard's lock into
 * the active and the frozen table at once, and only when both have nothing (2) into an LMDB
 * snapshot that it begins after that.
 *   - A row moves from active to frozen under the shard's lock, so (1) finds it in one of them.
 *   - A frozen row is dropped, under the shard's lock, only after the LMDB commit that holds it has
 *     returned. A reader that misses it in (1) took the lock after the drop, hence after the
 * commit, and the snapshot of (2) is younger still: it holds that row or a later one.
 *   - A row that is published between (1) and (2) is one the reader may miss: at (1) it was not yet
 *     there. If even its checkpoint comes between them, the reader sees it, which is newer, not
 * older. A deleted row stays in the memtable as a tombstone until the checkpoint that deletes it in
 * LMDB.
 *
 * Why a checkpoint is exact. A freeze and a publish exclude each other by `publish_mutex`, so the
 * frozen rows are those of whole batches, up to `frozen_row`. After a failed commit they stay
 * frozen and readable; new batches go to the active tables, and the next checkpoint writes the
 * frozen rows under their own row number first and then those that came since.
 *
 * Locks, outermost first: checkpoint_mutex, publish_mutex, a shard's mutex.
 */
#ifndef STORE_STATE_ROOMS_H
#define STORE_STATE_ROOMS_H

#include "store/environment.h"
#include "store/memtable.h"

#define STATE_KEY_MAX (1 + LEDGER_KEY_MAX)

struct state {
    struct environment *environment;
    uint64_t seed; /* of row_hash */
    struct memtable memtable;
    pthread_mutex_t publish_mutex;
    pthread_mutex_t checkpoint_mutex;
    _Atomic uint64_t published_row;
    _Atomic uint64_t checkpointed_row;
    uint64_t frozen_row; /* the checkpointer's */
};

/* A row's key in LMDB: the table's number and the key, so that rows sort by table. */
struct state_key {
    uint8_t bytes[STATE_KEY_MAX];
    size_t length;
};

struct state_key state_key_of(enum ledger_table table, struct slice key);
MDB_val state_key_value(const struct state_key *key);

/* The row number that the snapshot of `txn` is exact for; 0 when there was no checkpoint. */
MUST_USE enum err state_read_checkpointed(const struct state *state, MDB_txn *txn,
                                          uint64_t *out_row);
MUST_USE enum err state_write_checkpointed(const struct state *state, MDB_txn *txn, uint64_t row);

/* As the view's get, with the row's name worked out. */
MUST_USE enum err state_reader_get(struct state_reader *reader, const struct row_name *name,
                                   struct slice *out_value);

#endif
