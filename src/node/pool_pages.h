/* Pools by id, a page at a time: all that are open, or those that a member is in. */
#ifndef NODE_POOL_PAGES_H
#define NODE_POOL_PAGES_H

#include "base/arena.h"
#include "ledger/pool_right.h"
#include "ledger/rows.h"
#include "talea/v1/account.pb-c.h"

struct node;

struct pool_page {
    const struct uid *member; /* NULL: whoever is in them */
    size_t size;              /* at most LIMIT_PAGE_ROWS */
    size_t count;             /* size + 1 when there are more */
    struct uid ids[LIMIT_PAGE_ROWS + 1];
};

/* From `from` on, itself included; NULL: from the first. Fills `count`, which is 0, and `ids`. With
 * a member all rows of all pools are looked at: members don't point at their pools. */
MUST_USE enum err pool_page_find(struct node *node, const struct uid *from, struct pool_page *page);

/* A right as it is now; in the arena. ERR_RESOURCE. */
MUST_USE enum err message_pool_right(struct arena *arena, const struct uid *member,
                                     const struct pool_right *right, struct unix_ms now,
                                     Talea__V1__PoolRight **out_message);

#endif
