/* Epochs of the charter between this node and its partners, and from its administrator. */
#ifndef NODE_CHARTER_EXCHANGE_H
#define NODE_CHARTER_EXCHANGE_H

#include "node/node.h"

/* When what a partner sent is of a later epoch than ours: asks it for what we lack, and waits for
 * it. Not from a thread that must not block. */
void charter_catch_up(struct node *node, const struct partner_id *partner, uint64_t epoch);

#endif
