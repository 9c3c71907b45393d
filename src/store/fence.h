/* Which time-ordered ids LMDB can't hold: so that looking up a fresh one needs no descent.
 *
 * For rows named by an origin and an id (RFC 9562 UUID, version 7) there is a fence for each table
 * and origin: a floor, up to which ids may be in LMDB, and the highest id of each second for those
 * that were written since. What comes behind both is not there. A client whose clock is ahead
 * raises its own seconds only. Without a fence, or for other names, the answer is "may be there".
 *
 * Threads: one adds at a time, any number look.
 */
#ifndef STORE_FENCE_H
#define STORE_FENCE_H

#include <stdatomic.h>

#include "store/row.h"

#define FENCES        256u
#define FENCE_SECONDS 512u

struct fence {
    uint8_t table;
    uint8_t origin[16];
    _Atomic uint64_t floor;
    _Atomic uint64_t highest[FENCE_SECONDS];
};

/* Zero-initialised is empty: nothing is there. */
struct fences {
    struct fence *_Atomic list[FENCES];
    atomic_uint count;
    atomic_bool is_incomplete; /* an origin has no fence, for lack of room or memory */
};

void fences_fini(struct fences *fences);
/* LMDB holds, or is about to hold, a row of this name. */
void fences_add(struct fences *fences, enum ledger_table table, struct slice key);
/* LMDB may hold any row of this table and origin up to this key. */
void fences_raise(struct fences *fences, enum ledger_table table, struct slice key);
/* False: it is certainly not in LMDB. */
bool fences_may_hold(const struct fences *fences, enum ledger_table table, struct slice key);
/* Is a table one whose keys are an origin and an id? */
bool fences_cover(enum ledger_table table);

#endif
