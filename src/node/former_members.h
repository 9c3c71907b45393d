/* Who a member was before: those that were merged into it, as far as that is not undone. What was
 * issued and given to them is the member's.
 *
 * Any thread.
 */
#ifndef NODE_FORMER_MEMBERS_H
#define NODE_FORMER_MEMBERS_H

#include "ledger/standings.h"
#include "programme/coupon.h"

struct former_members {
    size_t count;
    struct standing_owner at[LIMIT_MERGED_PER_MEMBER];
};

/* Directly or not. None of another home's card, nor of who is unknown. ERR_STORAGE, ERR_CORRUPT. */
MUST_USE enum err former_members_of(const struct ledger_view *view,
                                    const struct standing_owner *owner,
                                    struct former_members *out_members);

/* `code` is the standing of a code of `text`'s that was shown by `owner`, whose key is `key`: if it
 * was issued to one of those, it says from now on that it is the owner's. ERR_STORAGE, ERR_CORRUPT.
 */
MUST_USE enum err former_members_take_code(const struct ledger_view *view,
                                           const struct rules_text *text,
                                           const struct standing_owner *owner, struct slice key,
                                           struct slice shown, struct standing_row *code);

#endif
