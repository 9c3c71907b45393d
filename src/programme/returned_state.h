/* What a return takes back of a number that is no count: a tier's end, the day of the last sale,
 * how long a streak is.
 *
 * Such a number goes back to what the sale found only while it still is what the sale left: else
 * something later holds it, and it stays. Days that were added to what was left of a term go in any
 * case, unless they are used up. Plain values; any thread.
 */
#ifndef PROGRAMME_RETURNED_STATE_H
#define PROGRAMME_RETURNED_STATE_H

#include "programme/judge.h"

struct returned_state {
    int64_t before; /* what the sale found */
    int64_t left;   /* what it left, without what came back until now; */
    int64_t rest;   /* and also without what comes back now: `before` when nothing is left of it */
    int64_t day;    /* of the sale */
    int64_t today;  /* of the return */
    bool is_added;  /* by returned_state_is_added */
};

/* Is it kept so? Sums are shared out instead (returned_lines.h). */
bool returned_state_is(uint64_t slot);
/* Did an award add days to what was left of the term whose end the slot is? */
bool returned_state_is_added(const struct rules *rules, const struct award *awards, size_t count,
                             uint64_t slot);
/* What the number, which is `now`, is after the return. */
int64_t returned_state_after(const struct returned_state *state, int64_t now);

#endif
