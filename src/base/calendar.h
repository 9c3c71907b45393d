/* Time: unix milliseconds and civil dates (proleptic Gregorian, UTC). No clock is read here. */
#ifndef BASE_CALENDAR_H
#define BASE_CALENDAR_H

#include <stdint.h>

#include "base/error.h"

/* Milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted. */
struct unix_ms {
    int64_t ms;
};

#define DAY_MS INT64_C(86400000)

struct civil {
    int year;   /* 1970 to 9999 */
    int month;  /* 1 to 12 */
    int day;    /* 1 to 31 */
    int hour;   /* 0 to 23 */
    int minute; /* 0 to 59 */
    int second; /* 0 to 59 */
};

/* ERR_INPUT for a date that does not exist. */
MUST_USE enum err civil_to_unix(const struct civil *civil, struct unix_ms *out_time);
struct civil civil_from_unix(struct unix_ms time);
int civil_days_in_month(int year, int month);

/* Whole days since 1970-01-01 (UTC), and the day's date. */
int64_t unix_day(struct unix_ms time);
struct civil civil_of_day(int64_t day);
/* Of a date that exists. */
int64_t day_of_civil(int year, int month, int day);
/* "2026-10-03". */
MUST_USE enum err day_parse(const char *text, int64_t *out_day);

/* The first millisecond after the end of the month that lies `months` after that of `time`. */
struct unix_ms month_end_after(struct unix_ms time, unsigned months);

#define TIME_TEXT_MAX 32
/* RFC 3339 with milliseconds: "2026-10-03T17:04:05.000Z". */
const char *unix_ms_format(struct unix_ms time, char out_text[TIME_TEXT_MAX]);
/* "2026-10-03", "2026-10-03T17:04:05Z" or with a blank for the T, with or without fraction and Z;
 * always UTC. */
MUST_USE enum err unix_ms_parse(const char *text, struct unix_ms *out_time);

#endif
