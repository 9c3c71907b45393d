/* The journal read ahead of who works on it, on a thread of its own: each batch's frame, hashes,
 * signature and place are checked there, and its records decoded. A few batches are held at a time.
 * What is wrong is told when all that comes before it was given out, so that the first thing wrong
 * is the same each time.
 *
 * Threads: one, besides its own, on which the options' journal and find_key are called.
 */
#ifndef AUDIT_AHEAD_H
#define AUDIT_AHEAD_H

#include "audit/audit.h"
#include "audit/expect.h"
#include "ledger/batch.h"

struct ahead;

struct ahead_batch {
    struct batch_view view;
    const struct record *records; /* decoded: the first ones, up to one that can't be */
    uint32_t record_count;
    struct expected expected; /* of these records */
};

/* Begins to read at row 1; `end_row` is the first that is not looked at. The options are borrowed
 * until ahead_end. ERR_RESOURCE without memory or a thread. */
MUST_USE enum err ahead_begin(const struct audit_options *options, uint64_t end_row,
                              struct ahead **out_ahead);
/* The next batch, which lives until the next call; NULL when there are no more and all rows were
 * there. ERR_CORRUPT, or the storage's error: `out_finding` says what is wrong. */
MUST_USE enum err ahead_next(struct ahead *ahead, const struct ahead_batch **out_batch,
                             struct audit_finding *out_finding);
/* Also when there is more to read. NULL is allowed. */
void ahead_end(struct ahead *ahead);

#endif
