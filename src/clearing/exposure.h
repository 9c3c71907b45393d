/* What two brands owe each other and have not settled, as a plain value: what net debit caps are
 * about.
 *
 * All from our side: positive is what we owe the partner. Exact in points; money only when it is
 * asked for, so that both sides of a pair come to the same amount. Fees and taxes are in it, a
 * minimum fee with the first entry of a period that costs one. Points that we promised to holds
 * of the partner stand beside it: they become debt when they are captured.
 */
#ifndef CLEARING_EXPOSURE_H
#define CLEARING_EXPOSURE_H

#include "base/limits.h"
#include "clearing/roster.h"
#include "clearing/stream.h"

/* Points for which one of the two pays the fees of its entries, less what they gave back. */
struct exposure_fees {
    int64_t issued;
    int64_t redeemed;
};

/* Of one tariff: points net, by the price at which they are settled. */
struct exposure_line {
    uint32_t tariff;
    int64_t issued;            /* ours to their members less theirs to ours */
    int64_t redeemed;          /* of our members there less of theirs here */
    struct exposure_fees ours; /* zeros where the tariff has no fee */
    struct exposure_fees theirs;
};

/* What the entries of one period come to of which one side pays the fees, under a tariff with a
 * minimum fee. */
struct exposure_minimum {
    uint32_t tariff;
    struct period period;
    bool is_ours;  /* our entries, whose fees we pay; else the partner's */
    int64_t count; /* of them; 0 or fewer: none is left */
    struct exposure_fees points;
};

#define EXPOSURE_MINIMUMS 16u /* the latest: few periods are unsettled at a time */

struct exposure {
    struct points promised; /* in open holds that we granted to the partner */
    size_t line_count;
    struct exposure_line lines[LIMIT_TARIFFS]; /* sorted by tariff, none without points */
    size_t minimum_count;
    struct exposure_minimum minimums[EXPOSURE_MINIMUMS]; /* in the order in which they came */
};

/* Counts an entry that was sent or taken; negative points take one back. Kinds that owe nothing
 * change nothing. A tariff that the charter does not have any more has no price, and its line makes
 * place for others. ERR_RANGE on overflow; nothing is changed then. */
MUST_USE enum err exposure_add(struct exposure *exposure, const struct roster *roster,
                               enum stream_direction direction, enum entry_kind kind,
                               uint32_t tariff, int64_t points);

/* The same of one entry, whose period counts for a minimum fee; negative points: it does not, after
 * all. */
MUST_USE enum err exposure_add_entry(struct exposure *exposure, const struct roster *roster,
                                     enum stream_direction direction, enum entry_kind kind,
                                     uint32_t tariff, struct period period, int64_t points);
/* The period is settled, and its minimum fees with it. */
void exposure_settle_minimums(struct exposure *exposure, struct period period);

/* What we owe the partner (negative: it owes us) at the charter's prices, with fees and taxes, each
 * rounded away from zero by line; at the ends of the range when it overflows. */
struct money exposure_owed(const struct exposure *exposure, const struct roster *roster);
/* What the points promised to this partner will cost when they are captured, by the tariff of now.
 */
struct money exposure_promised(const struct exposure *exposure, const struct roster *roster,
                               const struct partner_id *partner, struct unix_ms now);
/* Both: what we may come to owe. Never less than exposure_owed. */
struct money exposure_at_stake(const struct exposure *exposure, const struct roster *roster,
                               const struct partner_id *partner, struct unix_ms now);

enum cap_level {
    CAP_FREE,
    CAP_NEAR,   /* EXPOSURE_NEAR_PERCENT of the cap or more */
    CAP_REACHED /* all of it */
};

#define EXPOSURE_NEAR_PERCENT 80

/* "free", "near", "reached". */
const char *cap_level_name(enum cap_level level);
/* How near does a debt come to the charter's cap? Without a cap, always CAP_FREE. */
enum cap_level cap_level_of(const struct roster *roster, struct money owed);
/* Is it beyond the cap? What would be is not begun. */
bool cap_is_exceeded(const struct roster *roster, struct money owed);

#endif
