/* Transaction ids are remembered for a while and then forgotten, in bounded slices.
 *
 * Once a day (by the clock given) a pass goes through TABLE_TRANSACTION as checkpointed. What was
 * recorded before the cut-off, so many calendar months ago, is told to the ledger to be forgotten
 * (COMMAND_PRUNE), so that a replay forgets it at the same row. A forgotten id is unknown again.
 *
 * Threads: one, not the writer's.
 */
#ifndef ENGINE_RETENTION_H
#define ENGINE_RETENTION_H

#include "engine/engine.h"

struct retention {
    struct engine *engine;
    struct partner_id self;
    struct clock_port clock;
    unsigned months;
    struct unix_ms next_pass;
    bool is_running; /* a pass is; the rest is its own */
    uint64_t cut_off_row;
    struct ledger_key from; /* where it goes on */
    uint64_t forgotten;     /* since it was initialised */
};

/* `months` is at least 1. Nothing is read yet. */
void retention_init(struct retention *retention, struct engine *engine,
                    const struct partner_id *self, struct clock_port clock, unsigned months);
/* One slice: looks at no more than 16,384 rows and forgets no more than LIMIT_PRUNE_KEYS.
 * `*out_is_more`: another one would find work at once. Errors are the engine's and the storage's;
 * the slice is tried again with the next call. */
MUST_USE enum err retention_step(struct retention *retention, bool *out_is_more);

#endif
