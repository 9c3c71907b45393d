/* A promotion: points that one brand gives for purchases in its shops, and that several pay for. A
 * value out of the charter, signed by each brand that pays (charter_continuity.h).
 *
 * The shop's brand gives the points, and settles them with their member's home as any others; each
 * of the other parts owes it its share, at the price at which the pair's tariff funds points.
 * Shares are of all that was given so far: each part's is rounded down, and the first one bears the
 * rest. So the shares of a purchase are what the shares of the whole grow by: they always sum up to
 * it, and no number of purchases makes a part pay a point more than its share.
 */
#ifndef CLEARING_PROMOTION_H
#define CLEARING_PROMOTION_H

#include "base/amount.h"
#include "base/calendar.h"
#include "base/ident.h"

#define PROMOTION_PARTS_MAX 8
#define SHARE_WHOLE         10000u /* all of it: shares are in hundredths of a per cent */

struct promotion_part {
    struct partner_id partner;
    uint32_t share; /* of SHARE_WHOLE */
};

struct promotion {
    uint32_t id;
    struct partner_id shop;
    struct unix_ms valid_from; /* business time of the purchase */
    struct unix_ms valid_until;
    struct points budget;       /* of all purchases, less what returns */
    struct points per_purchase; /* at most */
    size_t part_count;
    struct promotion_part parts[PROMOTION_PARTS_MAX];
};

/* Each by itself: on ERR_INPUT the note names promotion and field. */
MUST_USE enum err promotion_check(const struct promotion *promotion, struct note *note);
bool promotion_equal(const struct promotion *a, const struct promotion *b);
/* Does it hold for a purchase in this brand's shop at that time? */
bool promotion_holds(const struct promotion *promotion, const struct partner_id *shop,
                     struct unix_ms time);
/* What part number `index` pays of so many points given, 0 or more. */
struct points promotion_share(const struct promotion *promotion, size_t index,
                              struct points points);
/* The number of the brand's part; part_count when it has none. */
size_t promotion_part_of(const struct promotion *promotion, const struct partner_id *partner);

#endif
