/* Commands that are told again of which only a partner's copy is left. Internal to the module. */
#ifndef LEDGER_TOLD_AGAIN_H
#define LEDGER_TOLD_AGAIN_H

#include "ledger/decision.h"

/* A request that was given up voids what its home may have granted, under its own id. Whoever tells
 * it again is told so, and the home is not asked anew. */
bool recovered_is_given_up(const struct clearing_entry *entry);
/* Does a command that is told say what was recovered in its place, as far as that is known?
 * `is_any_card`: wherever the card that it names leads. */
bool recovered_says(const struct decision *d, const struct command *recovered, bool is_any_card);
/* Points that a dispute of ours brought to a member who had moved went on under its id, and their
 * new home may show them first. Then the dispute itself is what its office told, and changes the
 * answer. ERR_UNAVAILABLE while it may still come back. */
MUST_USE enum err recovered_dispute(const struct decision *d, const struct command *recovered,
                                    struct answer *answer, bool *out_says);

#endif
