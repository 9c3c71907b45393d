#include "base/period.h"

#include <stdio.h>
#include <string.h>

#define WEEK_MIN UINT32_C(1000000) /* the smallest number of seven digits */
#define DAY_MIN  UINT32_C(10000000)

#define ZONE_MS_MOST (INT64_C(14) * 60 * 60 * 1000)

const char *period_unit_name(enum period_unit unit)
{
    static const char *const names[PERIOD_UNIT_END] = {"month", "week", "day"};
    return unit < PERIOD_UNIT_END ? names[unit] : "unknown";
}

enum period_unit period_unit_of(struct period period)
{
    return period.code >= DAY_MIN    ? PERIOD_DAY
           : period.code >= WEEK_MIN ? PERIOD_WEEK
                                     : PERIOD_MONTH;
}

/* Monday is 0. */
static int64_t weekday(int64_t day)
{
    return (day + 3) % 7;
}

/* The week with 4 January is a year's first one. */
static int64_t first_week_day(int year)
{
    int64_t fourth = day_of_civil(year, 1, 4);
    return fourth - weekday(fourth);
}

static bool week_is_valid(int year, int week)
{
    int64_t first = first_week_day(year);
    int64_t next = first_week_day(year + 1);
    return week >= 1 && first + (week - 1) * 7 < next && first + (week - 1) * 7 >= 0;
}

static bool year_is_valid(int year)
{
    return year >= 1970 && year <= 9999;
}

bool period_is_valid(struct period period)
{
    int number = (int)(period.code % DAY_MIN);
    switch (period_unit_of(period)) {
    case PERIOD_WEEK:
        return year_is_valid(number / 1000) && week_is_valid(number / 1000, number % 1000);
    case PERIOD_DAY: {
        uint32_t year = period.code / 10000;
        int month = (int)(period.code / 100 % 100);
        int day = (int)(period.code % 100);
        return year <= 9999 && year_is_valid((int)year) && month >= 1 && month <= 12 && day >= 1 &&
               day <= civil_days_in_month((int)year, month);
    }
    case PERIOD_MONTH:
    case PERIOD_UNIT_END:
        break;
    }
    return year_is_valid(number / 100) && number % 100 >= 1 && number % 100 <= 12;
}

int64_t period_first_day(struct period period)
{
    int number = (int)period.code;
    switch (period_unit_of(period)) {
    case PERIOD_WEEK:
        return first_week_day(number / 1000) + (number % 1000 - 1) * 7;
    case PERIOD_DAY:
        return day_of_civil(number / 10000, number / 100 % 100, number % 100);
    case PERIOD_MONTH:
    case PERIOD_UNIT_END:
        break;
    }
    return day_of_civil(number / 100, number % 100, 1);
}

int64_t period_last_day(struct period period)
{
    switch (period_unit_of(period)) {
    case PERIOD_WEEK:
        return period_first_day(period) + 6;
    case PERIOD_DAY:
        return period_first_day(period);
    case PERIOD_MONTH:
    case PERIOD_UNIT_END:
        break;
    }
    int year = (int)(period.code / 100);
    int month = (int)(period.code % 100);
    return day_of_civil(year, month, civil_days_in_month(year, month));
}

struct period period_at(enum period_unit unit, int64_t day)
{
    struct civil c = civil_of_day(day);
    if (unit == PERIOD_DAY) {
        return (struct period){(uint32_t)(c.year * 10000 + c.month * 100 + c.day)};
    }
    if (unit == PERIOD_WEEK) {
        int64_t thursday = day - weekday(day) + 3;
        int year = civil_of_day(thursday).year;
        return (struct period){
            (uint32_t)(year * 1000 + (thursday - day_of_civil(year, 1, 1)) / 7 + 1)};
    }
    return (struct period){(uint32_t)(c.year * 100 + c.month)};
}

struct period period_of(struct unix_ms time)
{
    return period_at(PERIOD_MONTH, unix_day(time));
}

struct period period_next(struct period period)
{
    if (period_unit_of(period) != PERIOD_MONTH) {
        return period_at(period_unit_of(period), period_last_day(period) + 1);
    }
    return (struct period){period.code % 100 == 12 ? period.code + 89 : period.code + 1};
}

bool period_is_before(struct period period, struct period other)
{
    if (period.code == 0 || other.code == 0 || period_unit_of(period) == period_unit_of(other)) {
        return period.code < other.code;
    }
    return period_last_day(period) < period_last_day(other);
}

bool period_equal(struct period a, struct period b)
{
    return a.code == b.code;
}

/* As many digits as there are `#`, with the rest of the form as it is. */
static bool has_form(const char *text, const char *form)
{
    size_t i = 0;
    for (; form[i] != '\0'; i++) {
        bool is_right = form[i] == '#' ? text[i] >= '0' && text[i] <= '9' : text[i] == form[i];
        if (!is_right) {
            return false;
        }
    }
    return text[i] == '\0';
}

static uint32_t number_at(const char *text, size_t digits)
{
    uint32_t number = 0;
    for (size_t i = 0; i < digits; i++) {
        number = number * 10 + (uint32_t)(text[i] - '0');
    }
    return number;
}

enum err period_parse(const char *text, struct period *out_period)
{
    struct period period = {0};
    if (has_form(text, "####-##")) {
        period.code = number_at(text, 4) * 100 + number_at(text + 5, 2);
    } else if (has_form(text, "####-W##")) {
        period.code = number_at(text, 4) * 1000 + number_at(text + 6, 2);
    } else if (has_form(text, "####-##-##")) {
        period.code =
            number_at(text, 4) * 10000 + number_at(text + 5, 2) * 100 + number_at(text + 8, 2);
    }
    if (!period_is_valid(period)) {
        return ERR_INPUT;
    }
    *out_period = period;
    return ERR_OK;
}

const char *period_format(struct period period, char out_text[PERIOD_TEXT_MAX])
{
    uint32_t number = period.code;
    switch (period_unit_of(period)) {
    case PERIOD_WEEK:
        snprintf(out_text, PERIOD_TEXT_MAX, "%04u-W%02u", number / 1000 % 10000,
                 number % 1000 % 100);
        break;
    case PERIOD_DAY:
        snprintf(out_text, PERIOD_TEXT_MAX, "%04u-%02u-%02u", number / 10000 % 10000,
                 number / 100 % 100, number % 100);
        break;
    case PERIOD_MONTH:
    case PERIOD_UNIT_END:
        snprintf(out_text, PERIOD_TEXT_MAX, "%04u-%02u", number / 100 % 10000, number % 100);
        break;
    }
    return out_text;
}

struct unix_ms period_start(struct period period)
{
    return (struct unix_ms){period_is_valid(period) ? period_first_day(period) * DAY_MS : 0};
}

bool period_may_have_begun(struct period period, struct unix_ms time)
{
    return time.ms > period_start(period).ms - ZONE_MS_MOST;
}
