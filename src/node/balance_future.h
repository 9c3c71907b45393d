/* A member's balance at a time to come, if nothing else happens. */
#ifndef NODE_BALANCE_FUTURE_H
#define NODE_BALANCE_FUTURE_H

#include "ledger/rows.h"
#include "store/journal.h"

/* Gives back what open holds have reserved that expire before `time`. They are found in the records
 * of the member's chain, newest first, until they explain all that is on hold. What else is due by
 * then is left to member_settle_view. On an error the row is undefined: ERR_NOT_FOUND when the
 * journal no longer has one of them, ERR_RANGE when there are more than LIMIT_HISTORY_ROWS. */
MUST_USE enum err balance_release_holds(const struct journal *journal, const struct uid *id,
                                        struct unix_ms time, struct member *member);

#endif
