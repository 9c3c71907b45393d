/* What one partner may ask of this node in a time, as a plain value: so that a partner that asks
 * too much, by mistake or on purpose, is slowed down alone.
 *
 * Rates only; what is bounded otherwise is in base/limits.h. Thread rule: the owner's.
 */
#ifndef PEER_GUARD_H
#define PEER_GUARD_H

#include "base/bucket.h"

/* What is counted. */
enum guard_kind {
    GUARD_HOLDS,         /* authorisations that are asked for */
    GUARD_REFUSED_HOLDS, /* authorisations that the ledger refused: each is a row of the journal */
    GUARD_ENTRIES,       /* clearing entries */
    GUARD_CALLS,         /* any other call: openings of streams, statements */
    GUARD_KINDS
};

struct guard_limits {
    struct bucket_rate rates[GUARD_KINDS];
};

/* Zeros: nothing was asked yet. */
struct guard {
    struct bucket buckets[GUARD_KINDS];
};

/* A rate of so many in a second, and twice as many at once; 0: no limit. */
struct bucket_rate guard_rate(unsigned per_second);
/* Takes `cost` of the kind, or gives false and when to ask again. */
bool guard_take(struct guard *guard, const struct guard_limits *limits, enum guard_kind kind,
                uint32_t cost, struct unix_ms now, int64_t *out_wait_ms);
/* Would one more of the kind be given? Takes nothing. */
bool guard_has(const struct guard *guard, const struct guard_limits *limits, enum guard_kind kind,
               struct unix_ms now, int64_t *out_wait_ms);

#endif
