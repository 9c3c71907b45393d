/* Settlement periods: a month, a week by ISO 8601 or a day, under one number.
 *
 * A period is named by its civil days alone. At which instant these begin and end is the time
 * zone's, which is not asked here: on the streams a period is a place, from mark to mark.
 *
 * Periods of different units are in order by their last days. Where a calendar changes, the period
 * after is the one of the new unit that has the day after the last one (period_at), so that along a
 * stream last days only grow: no gap, no day twice, no name twice.
 */
#ifndef BASE_PERIOD_H
#define BASE_PERIOD_H

#include "base/calendar.h"

/* Numbers are those of talea.v1.PeriodUnit. */
enum period_unit {
    PERIOD_MONTH = 0,
    PERIOD_WEEK = 1,
    PERIOD_DAY = 2,
    PERIOD_UNIT_END
};

/* Its digits say the unit: a month is year * 100 + month (202610), a week is year * 1000 + week
 * (2026048; the year is that of its Thursday), a day is year * 10000 + month * 100 + day
 * (20261129). 0: no period. */
struct period {
    uint32_t code;
};

/* "month", "week", "day". */
const char *period_unit_name(enum period_unit unit);
enum period_unit period_unit_of(struct period period);
/* From 1970 to 9999. */
bool period_is_valid(struct period period);

/* As unix_day; of valid periods. */
int64_t period_first_day(struct period period);
int64_t period_last_day(struct period period);
/* The period of this unit that has the day. */
struct period period_at(enum period_unit unit, int64_t day);
/* The month, by UTC. */
struct period period_of(struct unix_ms time);
/* The one after, of the same unit. */
struct period period_next(struct period period);
/* Does `period` end before `other`? 0 is before all. */
bool period_is_before(struct period period, struct period other);
bool period_equal(struct period a, struct period b);

/* "2026-10", "2026-W48", "2026-11-29". */
MUST_USE enum err period_parse(const char *text, struct period *out_period);
#define PERIOD_TEXT_MAX 16
const char *period_format(struct period period, char out_text[PERIOD_TEXT_MAX]);
/* The first millisecond of its first day, UTC. */
struct unix_ms period_start(struct period period);
/* Has it begun at that time, in any time zone? The first place on earth has a day 14 h before UTC.
 */
bool period_may_have_begun(struct period period, struct unix_ms time);

#endif
