/* Alerts as the office sees them, and their reviews. */
#ifndef NODE_ALERTS_H
#define NODE_ALERTS_H

#include "base/arena.h"
#include "ledger/alert_row.h"
#include "talea/v1/account.pb-c.h"

struct node;

/* Is the purchase's giving under review? Fills the id of its alert. False also when that can't be
 * read. */
bool alert_holds_sale(struct node *node, const struct uid *sale, struct uid *out_alert);

#endif
