/* Alerts as the office sees them, and their reviews. */
#ifndef NODE_ALERTS_H
#define NODE_ALERTS_H

#include "base/arena.h"
#include "ledger/alert_row.h"
#include "talea/v1/account.pb-c.h"

struct node;

/* In the arena; NULL without memory. */
Talea__V1__Alert *message_alert(struct arena *arena, const struct uid *id,
                                const struct alert *alert);
/* Is the purchase's giving under review? Fills the id of its alert. False also when that can't be
 * read. */
bool alert_holds_sale(struct node *node, const struct uid *sale, struct uid *out_alert);

#endif
