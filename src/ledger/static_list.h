/* Static lists: who is on one, as a number of the member's standing; and that there is one of a
 * name, as numbers of an owner of its own. Pure; any thread. */
#ifndef LEDGER_STATIC_LIST_H
#define LEDGER_STATIC_LIST_H

#include "ledger/standings.h"

/* What the number is kept in, in the bucket STANDING_KEPT; the name is at most
 * LIMIT_RULE_NAME_BYTES long. */
uint64_t list_slot(struct slice name);
bool list_has(const struct standing *standing, struct slice name);

struct static_list {
    char name[LIMIT_RULE_NAME_BYTES + 1]; /* not empty */
    struct unix_ms created;
};

#define LIST_STEPS (1u + LIMIT_RULE_NAME_BYTES / 8u)
/* What writes down that there is one, where there was none; up to LIST_STEPS. Gives how many. */
size_t list_steps(const struct static_list *list, struct standing_step *out_steps);
/* False: there is none. */
bool list_read(const struct standing *standing, struct static_list *out_list);

#endif
