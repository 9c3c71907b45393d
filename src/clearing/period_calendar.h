/* Which periods a coalition settles by, from which day on; and when its nodes end them.
 *
 * A pure value of the charter. Everybody who has the same calendar goes from one period to the same
 * next one; it is not asked when the next one begins. A time zone is a name here: at which instant
 * a day begins there is for the node to find out, and two nodes that answer differently, by other
 * releases of the time zone database, differ in which period an entry of that hour is in, not in
 * what they say of it: an entry is of the period in which it stands in the stream.
 */
#ifndef CLEARING_PERIOD_CALENDAR_H
#define CLEARING_PERIOD_CALENDAR_H

#include "base/limits.h"
#include "base/period.h"

struct period_rule {
    int64_t from_day; /* unix_day; 0: from the beginning */
    enum period_unit unit;
    char time_zone[LIMIT_TIME_ZONE_BYTES + 1]; /* of the IANA database; empty: UTC */
    bool is_closed_by_node;                    /* this long after its end; else by its operator */
    uint32_t grace_s;
};

/* In the order of their days. None: months of UTC, which operators close. */
struct period_calendar {
    struct period_rule rules[LIMIT_PERIOD_RULES];
    size_t rule_count;
};

/* ERR_INPUT with a note: no order, the first one not from the beginning, no name of a time zone. */
MUST_USE enum err calendar_check(const struct period_calendar *calendar, struct note *note);
/* The rule that holds on that day, from the calendar's change on. */
const struct period_rule *calendar_rule_on(const struct period_calendar *calendar, int64_t day);
/* The period that runs on that day: where the calendar changed, the one before runs to its end. */
struct period calendar_period_on(const struct period_calendar *calendar, int64_t day);
/* The one that follows. */
struct period calendar_next(const struct period_calendar *calendar, struct period period);
bool period_rule_equal(const struct period_rule *a, const struct period_rule *b);

#endif
