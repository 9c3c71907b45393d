/* What the end of a month posts of deferred revenue (README.md): how it moved since the end before,
 * by sales that gave points, by points that were redeemed, and by a change of the estimate of how
 * many never will be. So the balance of `deferred_revenue` is at each end what the liability's
 * report says. Follows from the same layers (lot_ages.h), told in the journal's order; no I/O.
 *
 * Ends are those of the calendar's months, by UTC, and the two bounds where they are given: what is
 * posted between one time and another, in as many pieces as one likes, adds up to the same.
 */
#ifndef ACCOUNTING_CLOSING_H
#define ACCOUNTING_CLOSING_H

#include "accounting/liability.h"
#include "accounting/settling.h"

struct closing {
    struct partner_id self;
    const struct liability_terms *terms;
    struct unix_ms from; /* what was before is not posted; 0: from the first row on */
    struct unix_ms to;   /* the last end; 0: none */
    struct unix_ms done; /* the last end that was reached; 0: nothing came yet */
    struct cohorts then; /* as of it */
};

void closing_init(struct closing *closing, const struct partner_id *self,
                  const struct liability_terms *terms, struct unix_ms from, struct unix_ms to);
void closing_fini(struct closing *closing);
/* Has the last end been reached? What comes later is of no interest. */
bool closing_is_over(const struct closing *closing);
/* Posts for every end up to `now`, of which `cohorts` have been told everything before, and nothing
 * of later. An entry is of the last moment before its end. Errors as deferral_moved, and of
 * settling_post. */
MUST_USE enum err closing_reach(struct closing *closing, const struct cohorts *cohorts,
                                struct unix_ms now, struct settling *settling);

#endif
