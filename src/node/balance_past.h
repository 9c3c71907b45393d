/* A member's balance as the ledger knew it at a time gone by. */
#ifndef NODE_BALANCE_PAST_H
#define NODE_BALANCE_PAST_H

#include "ledger/rows.h"
#include "ledger/view.h"
#include "store/journal.h"

/* Whose balance it was: the member's own while it was not merged into another, else that one's.
 * `id` moves on to it. ERR_NOT_FOUND without such a member. */
MUST_USE enum err balance_find(const struct journal *journal, const struct ledger_view *view,
                               struct unix_ms time, struct uid *id, struct member *out_member);

/* Takes back from the row, newest first, what the records of the member's chain did after `time`.
 * What was due by then and not yet done is left to member_settle_view. On an error the row is
 * undefined: ERR_NOT_FOUND when the journal no longer has one of them, ERR_RANGE when there are
 * more than LIMIT_HISTORY_ROWS, ERR_INPUT when the member was not enrolled yet. */
MUST_USE enum err balance_turn_back(const struct journal *journal, const struct uid *id,
                                    struct unix_ms time, struct member *member);

#endif
