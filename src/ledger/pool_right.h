/* What the members of a pool may spend of it, as ledger/rows.h has other rows.
 *
 * A right is the value of the member's row in TABLE_POOL; an empty one is to spend all, as pools
 * had it before there were rights. The row of the pool itself, as if it were its own member, is for
 * the cards that nobody in particular carries: there is none as long as nobody's right has a bound.
 * What is on hold counts, and what was captured counts on the day, or in the month, of its capture;
 * days are those of UTC. What comes back with returned goods doesn't make it less.
 */
#ifndef LEDGER_POOL_RIGHT_H
#define LEDGER_POOL_RIGHT_H

#include "base/amount.h"
#include "base/calendar.h"
#include "base/ident.h"
#include "ledger/view.h"

/* Numbers are stored; never renumber. */
enum pool_right_kind {
    POOL_RIGHT_ALL = 1,
    POOL_RIGHT_OWNER = 2, /* the same, and may say what others spend */
    POOL_RIGHT_NONE = 3,  /* only fills the pool */
    POOL_RIGHT_DAY = 4,   /* up to `limit` a day */
    POOL_RIGHT_MONTH = 5,
    POOL_RIGHT_KIND_END
};

struct pool_right {
    enum pool_right_kind kind;
    struct points limit; /* of DAY and MONTH; else 0 */
    struct points held;  /* of holds that are open */
    struct points spent; /* in the window */
    int64_t window;      /* pool_window; 0 of rights without one */
};

/* The day (or the month) of the time, as a number; 0 for a right that has no windows. */
int64_t pool_window(enum pool_right_kind kind, struct unix_ms time);
/* May so many points more be spent at the time? */
bool pool_right_allows(const struct pool_right *right, struct unix_ms time, struct points points);
/* What may be spent at the time. INT64_MAX: all there is. */
int64_t pool_right_left(const struct pool_right *right, struct unix_ms time);

void pool_right_encode(const struct pool_right *right, struct buffer *out);
MUST_USE enum err pool_right_decode(struct slice value, struct pool_right *out_right);
/* ERR_NOT_FOUND: the member is not in the pool; of the pool itself, nothing was said. */
MUST_USE enum err ledger_get_pool_right(const struct ledger_view *view, const struct uid *pool,
                                        const struct uid *member, struct pool_right *out_right);

/* Who carries a card of a pool: a row of TABLE_CARD_BEARER. ERR_NOT_FOUND: nobody in particular. */
void bearer_encode(const struct uid *member, struct buffer *out);
MUST_USE enum err bearer_decode(struct slice value, struct uid *out_member);
struct card_number;
MUST_USE enum err ledger_get_bearer(const struct ledger_view *view, const struct card_number *card,
                                    struct uid *out_member);

#endif
