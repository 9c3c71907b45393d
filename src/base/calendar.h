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

/* A settlement period: a calendar month, as year * 100 + month (202610). */
struct period {
    uint32_t yyyymm;
};

struct period period_of(struct unix_ms time);
struct period period_next(struct period period);
/* "2026-10". */
MUST_USE enum err period_parse(const char *text, struct period *out_period);
#define PERIOD_TEXT_MAX 16
const char *period_format(struct period period, char out_text[PERIOD_TEXT_MAX]);
/* The first millisecond of the period. */
struct unix_ms period_start(struct period period);

/* The first millisecond after the end of the month that lies `months` after that of `time`. */
struct unix_ms month_end_after(struct unix_ms time, unsigned months);

#define TIME_TEXT_MAX 32
/* RFC 3339 with milliseconds: "2026-10-03T17:04:05.000Z". */
const char *unix_ms_format(struct unix_ms time, char out_text[TIME_TEXT_MAX]);
/* "2026-10-03", "2026-10-03T17:04:05Z" or with a blank for the T, with or without fraction and Z;
 * always UTC. */
MUST_USE enum err unix_ms_parse(const char *text, struct unix_ms *out_time);

#endif
