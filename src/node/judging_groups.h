/* What an occasion changes of all numbers, as the ledger is told of it: the member's, those of all
 * together, those of codes that were shown, and codes that are given. Internal to node/judging*.c.
 */
#ifndef NODE_JUDGING_GROUPS_H
#define NODE_JUDGING_GROUPS_H

#include "node/judging.h"

/* Writes judged->groups and the items of judged->kept; lists are in the case's arena. `before` is
 * the member's standing, `kept` what of it had not passed. ERR_INPUT with a note when it is more
 * than one command may change; ERR_RESOURCE. */
MUST_USE enum err judging_write_groups(struct judging_case *judged, const struct standing *before,
                                       const struct standing *kept, struct note *note);

/* How many of it the judgement gives by the same rule. */
int64_t judging_item_count(const struct judgement *judgement, const struct kept_item *given);
/* Of groups that were written, the shopper that they are of. False: they change nothing of one. */
bool judging_groups_owner(struct slice groups, struct standing_owner *out_owner);
/* Whose numbers a code's are. */
struct standing_owner judging_code_owner(struct slice code);
/* The code of that number, of a secret. */
void judging_make_code(const uint8_t seed[32], uint32_t number, struct slice prefix,
                       char out_text[LIMIT_CODE_BYTES + 1]);

#endif
