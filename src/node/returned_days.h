/* Days that a returned sale had made and that a later sale held: remembered, so that a return of
 * the later one too doesn't go back to them, but to what was there before.
 *
 * Thread rule: under the node's return_lock.
 */
#ifndef NODE_RETURNED_DAYS_H
#define NODE_RETURNED_DAYS_H

#include "ledger/standings.h"

struct node;

/* Of the owner's number in `step`'s place: a sale made it `left`, and without what came back it
 * were `rest`. Writes the group that remembers it, unless that is so already. */
MUST_USE enum err returned_days_remember(struct node *node, const struct standing_owner *owner,
                                         const struct standing_step *step, int64_t left,
                                         int64_t rest, struct buffer *groups);
/* `day`, or what is remembered to be there without what came back. */
MUST_USE enum err returned_days_follow(struct node *node, const struct standing_owner *owner,
                                       const struct standing_step *step, int64_t day,
                                       int64_t *out_day);

#endif
