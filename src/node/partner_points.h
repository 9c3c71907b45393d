/* Points that stand between this node and a partner, for metrics: what mandates still allow, what
 * blocks that were paid in advance have left. -1 when it can't be read. Any thread.
 */
#ifndef NODE_PARTNER_POINTS_H
#define NODE_PARTNER_POINTS_H

#include "base/ident.h"

struct node;

/* Of mandates that we gave the partner, or that it gave us. */
int64_t partner_mandates_left(struct node *node, const struct partner_id *partner, bool is_given);
/* In live blocks that we sold the partner, or bought of it. */
int64_t partner_blocks_left(struct node *node, const struct partner_id *partner, bool is_sold);

#endif
