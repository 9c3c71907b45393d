/* Spans of days in which something is counted, on the brand's clock.
 *
 * A calendar window begins anew with each day, week (Monday, ISO 8601), month or year. A rolling
 * one is what lies behind a day: so many days up to it, or its month and those before it. Counting
 * is by buckets, named by their first day: one for a whole calendar window, one for each day or
 * month of a rolling one. Pure; any thread.
 */
#ifndef PROGRAMME_WINDOW_H
#define PROGRAMME_WINDOW_H

#include "base/calendar.h"

enum window_kind {
    WINDOW_EVER,
    WINDOW_DAY,
    WINDOW_WEEK,
    WINDOW_MONTH,
    WINDOW_YEAR,
    WINDOW_ROLLING_DAYS,   /* `length` days up to and with this one */
    WINDOW_ROLLING_MONTHS, /* this month and those before it, `length` in all */
    WINDOW_KIND_COUNT
};

struct window {
    enum window_kind kind;
    unsigned length; /* 1 or more for rolling ones; else 0 */
};

/* "ever", "day", "week", "month", "year", "rolling_days", "rolling_months". */
const char *window_kind_name(enum window_kind kind);
/* ERR_INPUT for a length that doesn't fit the kind or is beyond LIMIT_ROLLING_BUCKETS. */
MUST_USE enum err window_check(struct window window);

bool window_is_rolling(struct window window);

/* The bucket that a day counts in. */
int64_t window_bucket(struct window window, int64_t day);
/* The first bucket that still counts on a day; the last one is window_bucket. */
int64_t window_first_bucket(struct window window, int64_t day);

/* The first day of the calendar window after the one that a day is in; of WINDOW_EVER the day
 * itself. */
int64_t window_next(enum window_kind kind, int64_t day);
/* The same day so many months later, or the last one of a month that has no such day; not after
 * DAY_LAST. */
int64_t day_months_after(int64_t day, unsigned months);
#define DAY_LAST INT64_C(2932896) /* 9999-12-31 */

#endif
