#include "base/calendar.h"

#include <stdio.h>
#include <string.h>

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int civil_days_in_month(int year, int month)
{
    static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

static bool civil_is_valid(const struct civil *c)
{
    return c->year >= 1970 && c->year <= 9999 && c->month >= 1 && c->month <= 12 && c->day >= 1 &&
           c->day <= civil_days_in_month(c->year, c->month) && c->hour >= 0 && c->hour <= 23 &&
           c->minute >= 0 && c->minute <= 59 && c->second >= 0 && c->second <= 59;
}

/* Days from 1970-01-01 to the first of January of `year`. */
static int64_t days_before_year(int year)
{
    int64_t y = year - 1;
    return y * 365 + y / 4 - y / 100 + y / 400 - 719162;
}

int64_t day_of_civil(int year, int month, int day)
{
    int64_t days = days_before_year(year) + day - 1;
    for (int before = 1; before < month; before++) {
        days += civil_days_in_month(year, before);
    }
    return days;
}

enum err civil_to_unix(const struct civil *civil, struct unix_ms *out_time)
{
    if (!civil_is_valid(civil)) {
        return ERR_INPUT;
    }
    int64_t days = day_of_civil(civil->year, civil->month, civil->day);
    int64_t seconds = civil->hour * 3600 + civil->minute * 60 + civil->second;
    out_time->ms = days * DAY_MS + seconds * 1000;
    return ERR_OK;
}

struct civil civil_from_unix(struct unix_ms time)
{
    int64_t ms = time.ms < 0 ? 0 : time.ms;
    int64_t days = ms / DAY_MS;
    int64_t seconds = ms % DAY_MS / 1000;
    struct civil c = {.year = 1970 + (int)(days / 366)};
    while (c.year < 9999 && days_before_year(c.year + 1) <= days) {
        c.year++;
    }
    days -= days_before_year(c.year);
    c.month = 1;
    while (c.month < 12 && days >= civil_days_in_month(c.year, c.month)) {
        days -= civil_days_in_month(c.year, c.month);
        c.month++;
    }
    c.day = (int)days + 1;
    c.hour = (int)(seconds / 3600);
    c.minute = (int)(seconds / 60 % 60);
    c.second = (int)(seconds % 60);
    return c;
}

int64_t unix_day(struct unix_ms time)
{
    return time.ms < 0 ? 0 : time.ms / DAY_MS;
}

struct civil civil_of_day(int64_t day)
{
    return civil_from_unix((struct unix_ms){day * DAY_MS});
}

enum err day_parse(const char *text, int64_t *out_day)
{
    struct unix_ms time;
    if (strlen(text) != sizeof "2026-10-03" - 1) {
        return ERR_INPUT;
    }
    TRY(unix_ms_parse(text, &time));
    *out_day = unix_day(time);
    return ERR_OK;
}

struct unix_ms month_end_after(struct unix_ms time, unsigned months)
{
    struct civil c = civil_from_unix(time);
    unsigned month = (unsigned)(c.month - 1) + months + 1; /* from January of that year */
    int year = c.year + (int)(month / 12);
    return (struct unix_ms){day_of_civil(year, (int)(month % 12) + 1, 1) * DAY_MS};
}

const char *unix_ms_format(struct unix_ms time, char out_text[TIME_TEXT_MAX])
{
    struct civil c = civil_from_unix(time);
    int millis = time.ms < 0 ? 0 : (int)(time.ms % 1000);
    snprintf(out_text, TIME_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", c.year % 10000,
             c.month % 100, c.day % 100, c.hour % 100, c.minute % 100, c.second % 100, millis);
    return out_text;
}

/* The optional ".fff" and "Z" behind the seconds; NULL when something else stands there. */
static const char *parse_fraction(const char *text, int *out_millis)
{
    if (*text == '.') {
        text++;
        int weight = 100;
        while (*text >= '0' && *text <= '9') {
            *out_millis += (*text++ - '0') * weight;
            weight /= 10;
        }
    }
    if (*text == 'Z') {
        text++;
    }
    return *text == '\0' ? text : NULL;
}

enum err unix_ms_parse(const char *text, struct unix_ms *out_time)
{
    struct civil c = {0};
    int used = 0;
    int millis = 0;
    if (sscanf(text, "%4d-%2d-%2d%n", &c.year, &c.month, &c.day, &used) != 3 || used != 10) {
        return ERR_INPUT;
    }
    text += used;
    if (*text == 'T' || *text == ' ') {
        text++;
        if (sscanf(text, "%2d:%2d:%2d%n", &c.hour, &c.minute, &c.second, &used) != 3 || used != 8) {
            return ERR_INPUT;
        }
        text = parse_fraction(text + used, &millis);
        if (text == NULL) {
            return ERR_INPUT;
        }
    } else if (*text != '\0') {
        return ERR_INPUT;
    }
    struct unix_ms time;
    TRY(civil_to_unix(&c, &time));
    out_time->ms = time.ms + millis;
    return ERR_OK;
}
