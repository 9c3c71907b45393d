/* When periods end, and the node that closes them by itself where the charter says so.
 *
 * A period is over when its last day is, in the calendar's time zone; the node closes it the
 * charter's grace later, or, when it was down then, as soon as it is up: one period after the
 * other. A node that has started meets a partner first, for an hour at most: the charter may have
 * changed while it was away. Closing twice does nothing, so that an operator may close a period at
 * the same moment.
 *
 * Thread rule: period_clock_look is the housekeeper's; period_clock_end is any thread's.
 */
#ifndef NODE_PERIOD_CLOCK_H
#define NODE_PERIOD_CLOCK_H

#include "node/node.h"

struct period_end {
    struct unix_ms ends_at;   /* the first moment after it */
    struct unix_ms closes_at; /* by the node; 0: operators close it */
    bool is_zone_unknown;     /* this machine does not have the calendar's time zone: by UTC */
};

/* As the calendar has it. */
struct period_end period_clock_end(struct node *node, const struct period_calendar *calendar,
                                   struct period period);
/* Closes what is due, some periods at most. */
void period_clock_look(struct node *node);

#endif
