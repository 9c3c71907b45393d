/* Watches how near debts between brands come to the net debit cap, and says so once for each
 * change.
 */
#ifndef NODE_CAPS_H
#define NODE_CAPS_H

#include "clearing/exposure.h"

struct node;

/* Of both sides of a pair. */
struct pair_caps {
    struct money owed; /* by us; negative: to us */
    struct money promised;
    enum cap_level own;
    enum cap_level partners;
};

struct pair_caps caps_of(const struct exposure *exposure, const struct roster *roster,
                         const struct partner_id *partner, struct unix_ms now);
/* A look at all partners; on the housekeeper's thread. */
void caps_look(struct node *node);

#endif
