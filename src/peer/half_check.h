/* Is what the tables say of a half what its entries give?
 *
 * Hash tree, totals and end of a half are rows that follow from the journal (as `talea rebuild`
 * makes all of them). When halves or statements differ, each side first reads its own entries once
 * more, from end to end: their chain must be the one that was signed, and rows that say something
 * else are put right, in one record or some (COMMAND_MEND_HALF). What differs then is not the
 * tables' fault. Costs the size of the half. One thread at a time.
 */
#ifndef PEER_HALF_CHECK_H
#define PEER_HALF_CHECK_H

#include "peer/host.h"

struct half_check {
    uint64_t entries; /* that were read */
    uint32_t trees;   /* rows of the tree that were wrong, and are right now */
    uint32_t totals;
    uint32_t ends; /* 1: where it ended */
};

static inline uint32_t half_check_mended(const struct half_check *check)
{
    return check->trees + check->totals + check->ends;
}

/* Of the open period as far as it goes. ERR_CORRUPT with a note: the entries are no chain, or not
 * the one that was signed, and a backup must be restored; ERR_CONFLICT: the half grew meanwhile,
 * come again; ERR_NOT_FOUND: its records are not kept any more. */
MUST_USE enum err half_check(const struct peer_host *host, const struct partner_id *partner,
                             enum stream_direction direction, struct period period,
                             struct half_check *out_check, struct note *note);

#endif
