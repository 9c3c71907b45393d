/* Events that an occasion raises for who brought the member: written down with the occasion, judged
 * as occasions of their own behind it (ledger/referral.h).
 *
 *   a sale's record: what it gives, and that an event is to be judged
 *        -> this thread, at once; after a start and now and then for what was left
 *   the event's record: what it gives the referrer, and that it is judged
 *
 * Both are one record each, so that the event takes place once, whenever the node ends. When all of
 * the sale returns, the return's record says that the event is to be taken back, and the event's
 * own return follows likewise.
 */
#ifndef NODE_RAISED_H
#define NODE_RAISED_H

#include "node/judging.h"

/* Of one occasion. */
#define RAISED_PER_OCCASION 4u
/* So often an event raises the next one, from friend to friend. */
#define RAISED_DEPTH_MAX 8u

/* Behind the groups of a case that was judged: the events that it raises, and that it is judged
 * itself where it is one. ERR_INPUT with a note for too many. */
MUST_USE enum err raised_write(const struct node *node, struct judging_case *judged,
                               struct note *note);

/* Behind the groups of a return of all that is left of an occasion: that the events which `gave`,
 * the occasion's own groups, raised are to be taken back. ERR_CORRUPT. */
MUST_USE enum err raised_take_back(const struct uid *occasion, struct slice gave,
                                   struct buffer *groups, bool *out_is_any);

struct raiser;

/* After the ledger is open. */
MUST_USE enum err raiser_start(struct node *node, struct raiser **out_raiser);
void raiser_stop(struct raiser *raiser); /* NULL is allowed */
/* The occasion is durable. Any thread, also the engine's; quick. NULL is allowed. */
void raiser_tell(struct raiser *raiser, const struct judging_case *judged);
/* Something is to be taken back. The same. */
void raiser_look(struct raiser *raiser);

#endif
