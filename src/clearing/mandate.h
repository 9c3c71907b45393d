/* A mandate: the home's signed promise that a partner's tills may burn without asking, while the
 * home can't be reached. As a plain value.
 *
 * Inside it the home bears the risk, outside it the redeemer does. It allows so much for one burn
 * and so much for all of them together; both sides count what was stood in for under it. Mandates
 * of a pair follow on one another without an overlap, so that no two of them carry the same hour.
 */
#ifndef CLEARING_MANDATE_H
#define CLEARING_MANDATE_H

#include "base/amount.h"
#include "base/calendar.h"
#include "base/ident.h"

#define MANDATE_LIFE_MS_MAX DAY_MS

struct mandate {
    struct uid id;
    struct partner_id home;
    struct partner_id redeemer;
    struct points floor;     /* the most for one burn */
    struct points daily_cap; /* the most for all burns under it */
    struct unix_ms valid_from;
    struct unix_ms valid_until; /* both included; at most MANDATE_LIFE_MS_MAX later */
};

/* What must hold of any mandate by itself, whoever signed it. On ERR_INPUT the note says what. */
MUST_USE enum err mandate_check(const struct mandate *mandate, struct note *note);
bool mandate_is_valid_at(const struct mandate *mandate, struct unix_ms time);
bool mandates_equal(const struct mandate *a, const struct mandate *b);

#endif
