/* What a brand's programme says about the points it gives: how many, from when, until when.
 *
 * Pure: no clock, no I/O. Thread rule: values only; any thread.
 */
#ifndef PROGRAMME_PROGRAMME_H
#define PROGRAMME_PROGRAMME_H

#include "base/calendar.h"
#include "programme/earn_rate.h"

enum expiry_kind {
    EXPIRY_NONE,               /* never */
    EXPIRY_END_OF_MONTH_AFTER, /* with the month that lies expiry_months after the earn's */
    EXPIRY_MONTHS,             /* on the same day and time of day, expiry_months later */
    EXPIRY_FIXED_DATE,         /* with the next day of that date, each year, that is at least
                                  expiry_months after the earn and not before they are spendable */
    EXPIRY_INACTIVITY,         /* expiry_months after the member's last activity */
    EXPIRY_KIND_COUNT
};

/* The end of points that do not expire; later than any date. */
#define PROGRAMME_NEVER_MS INT64_MAX

struct programme {
    uint32_t version; /* 1 or more; grows with each change */
    struct earn_rate rate;
    unsigned pending_days;  /* the return window; points are spendable after so many 24 hours */
    unsigned expiry_months; /* counted from the earn; 0 when the kind is EXPIRY_NONE */
    enum expiry_kind expiry_kind;
    unsigned expiry_month; /* of EXPIRY_FIXED_DATE, 1 to 12; else 0 */
    unsigned expiry_day;   /* a day that this month has in every year; else 0 */
};

/* "none", "end_of_month_after", "months", "fixed_date", "inactivity". */
const char *expiry_kind_name(enum expiry_kind kind);
MUST_USE enum err expiry_kind_parse(const char *name, enum expiry_kind *out_kind);

/* ERR_INPUT with a note that names the field: also when points could expire before they become
 * spendable, for which a month is taken as 28 days. */
MUST_USE enum err programme_check(const struct programme *programme, struct note *note);

/* Do both give the same, whatever their versions? */
bool programme_gives_the_same(const struct programme *a, const struct programme *b);

/* The same day and time of day so many months later, in UTC, or the last day of a month that has no
 * such day. ERR_RANGE beyond the year 9999. */
MUST_USE enum err programme_months_after(struct unix_ms time, unsigned months,
                                         struct unix_ms *out_time);

/* After how many months without activity points end; 0: inactivity does not matter. */
uint8_t programme_idle_months(const struct programme *programme);

/* Times are what the brand's clock shows, written as if it were UTC.
 *
 * When points earned at this time become spendable, and the first moment at which they are expired,
 * which is PROGRAMME_NEVER_MS also for those that end by inactivity.
 * EXPIRY_MONTHS takes the last day of a month that has no such day: 31 January and one month is 28
 * or 29 February. ERR_RANGE for a time before 1970 or an end beyond 9999. The programme must have
 * passed programme_check; then out_active_from < out_expires_at. */
MUST_USE enum err programme_lot_terms(const struct programme *programme, struct unix_ms earned_at,
                                      struct unix_ms *out_active_from,
                                      struct unix_ms *out_expires_at);

#endif
