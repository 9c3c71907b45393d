/* Static lists: who is on one, as a number of the member's standing. Pure; any thread. */
#ifndef LEDGER_STATIC_LIST_H
#define LEDGER_STATIC_LIST_H

#include "ledger/standings.h"

/* What the number is kept in, in the bucket STANDING_KEPT; the name is at most
 * LIMIT_RULE_NAME_BYTES long. */
uint64_t list_slot(struct slice name);
bool list_has(const struct standing *standing, struct slice name);

#endif
