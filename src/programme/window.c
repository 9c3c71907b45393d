#include "programme/window.h"

#include "base/limits.h"

#define THURSDAY        3 /* 1970-01-01; 0 is Monday */
#define DAYS_PER_WEEK   7
#define MONTHS_PER_YEAR 12

const char *window_kind_name(enum window_kind kind)
{
    static const char *const names[WINDOW_KIND_COUNT] = {
        [WINDOW_EVER] = "ever",
        [WINDOW_DAY] = "day",
        [WINDOW_WEEK] = "week",
        [WINDOW_MONTH] = "month",
        [WINDOW_YEAR] = "year",
        [WINDOW_ROLLING_DAYS] = "rolling_days",
        [WINDOW_ROLLING_MONTHS] = "rolling_months",
    };
    ASSERT(kind < WINDOW_KIND_COUNT);
    return names[kind];
}

bool window_is_rolling(struct window window)
{
    return window.kind == WINDOW_ROLLING_DAYS || window.kind == WINDOW_ROLLING_MONTHS;
}

enum err window_check(struct window window)
{
    bool is_length_right = window_is_rolling(window)
                               ? window.length >= 1 && window.length <= LIMIT_ROLLING_BUCKETS
                               : window.length == 0;
    return window.kind < WINDOW_KIND_COUNT && is_length_right ? ERR_OK : ERR_INPUT;
}

static int64_t monday_of(int64_t day)
{
    int64_t weekday = (day + THURSDAY) % DAYS_PER_WEEK;
    return day - (weekday < 0 ? weekday + DAYS_PER_WEEK : weekday);
}

/* The first day of the month that lies so many months before that of `day`; not before 1970. */
static int64_t month_before(int64_t day, unsigned months)
{
    struct civil civil = civil_of_day(day);
    int month = civil.year * MONTHS_PER_YEAR + civil.month - 1 - (int)months;
    int year = month / MONTHS_PER_YEAR;
    return year < 1970 ? 0 : day_of_civil(year, month % MONTHS_PER_YEAR + 1, 1);
}

int64_t window_bucket(struct window window, int64_t day)
{
    switch (window.kind) {
    case WINDOW_DAY:
    case WINDOW_ROLLING_DAYS:
        return day;
    case WINDOW_WEEK:
        return monday_of(day);
    case WINDOW_MONTH:
    case WINDOW_ROLLING_MONTHS:
        return month_before(day, 0);
    case WINDOW_YEAR:
        return day_of_civil(civil_of_day(day).year, 1, 1);
    case WINDOW_EVER:
    case WINDOW_KIND_COUNT:
    default:
        return 0;
    }
}

int64_t window_first_bucket(struct window window, int64_t day)
{
    if (window.kind == WINDOW_ROLLING_DAYS) {
        return day - (int64_t)window.length + 1;
    }
    if (window.kind == WINDOW_ROLLING_MONTHS) {
        return month_before(day, window.length - 1);
    }
    return window_bucket(window, day);
}

int64_t window_next(enum window_kind kind, int64_t day)
{
    switch (kind) {
    case WINDOW_DAY:
        return day + 1;
    case WINDOW_WEEK:
        return monday_of(day) + DAYS_PER_WEEK;
    case WINDOW_MONTH:
        return day_months_after(month_before(day, 0), 1);
    case WINDOW_YEAR:
        return day_months_after(window_bucket((struct window){WINDOW_YEAR, 0}, day),
                                MONTHS_PER_YEAR);
    case WINDOW_EVER:
    case WINDOW_ROLLING_DAYS:
    case WINDOW_ROLLING_MONTHS:
    case WINDOW_KIND_COUNT:
    default:
        return day;
    }
}

int64_t day_months_after(int64_t day, unsigned months)
{
    struct civil civil = civil_of_day(day);
    int64_t month = (int64_t)civil.year * MONTHS_PER_YEAR + civil.month - 1 + months;
    int64_t year = month / MONTHS_PER_YEAR;
    if (year > 9999) {
        return DAY_LAST;
    }
    int in_year = (int)(month % MONTHS_PER_YEAR) + 1;
    int last = civil_days_in_month((int)year, in_year);
    return day_of_civil((int)year, in_year, civil.day < last ? civil.day : last);
}
