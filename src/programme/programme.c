#include "programme/programme.h"

#include <string.h>

#include "base/limits.h"

#define YEAR_LAST         9999
#define DAYS_IN_ANY_MONTH 28
#define COMMON_YEAR       2027 /* no leap year */

static const char *const kind_names[EXPIRY_KIND_COUNT] = {
    [EXPIRY_NONE] = "none",
    [EXPIRY_END_OF_MONTH_AFTER] = "end_of_month_after",
    [EXPIRY_MONTHS] = "months",
    [EXPIRY_FIXED_DATE] = "fixed_date",
    [EXPIRY_INACTIVITY] = "inactivity",
};

const char *expiry_kind_name(enum expiry_kind kind)
{
    return (unsigned)kind < EXPIRY_KIND_COUNT ? kind_names[kind] : "unknown";
}

enum err expiry_kind_parse(const char *name, enum expiry_kind *out_kind)
{
    for (unsigned i = 0; i < EXPIRY_KIND_COUNT; i++) {
        if (strcmp(name, kind_names[i]) == 0) {
            *out_kind = (enum expiry_kind)i;
            return ERR_OK;
        }
    }
    return ERR_INPUT;
}

static enum err check_fixed_date(const struct programme *programme, struct note *note)
{
    unsigned month = programme->expiry_month;
    unsigned day = programme->expiry_day;
    if (month < 1 || month > 12 || day < 1 ||
        day > (unsigned)civil_days_in_month(COMMON_YEAR, (int)month)) {
        return note_set(note, ERR_INPUT, "points can't expire on %02u-%02u of each year", month,
                        day);
    }
    if (programme->expiry_months > LIMIT_EXPIRY_MONTHS) {
        return note_set(note, ERR_INPUT, "points expire after %u months; at most %u are allowed",
                        programme->expiry_months, LIMIT_EXPIRY_MONTHS);
    }
    return ERR_OK;
}

static enum err check_expiry(const struct programme *programme, struct note *note)
{
    unsigned months = programme->expiry_months;
    switch (programme->expiry_kind) {
    case EXPIRY_NONE:
        return months == 0
                   ? ERR_OK
                   : note_set(note, ERR_INPUT,
                              "points that never expire can't do so after %u months", months);
    case EXPIRY_END_OF_MONTH_AFTER:
        break;
    case EXPIRY_MONTHS:
        if (months == 0) {
            return note_set(note, ERR_INPUT, "points must last at least one month");
        }
        break;
    case EXPIRY_FIXED_DATE:
        return check_fixed_date(programme, note);
    case EXPIRY_INACTIVITY:
        if (months == 0 || months > LIMIT_IDLE_MONTHS) {
            return note_set(note, ERR_INPUT,
                            "points end after %u months without activity; 1 to %u are allowed",
                            months, LIMIT_IDLE_MONTHS);
        }
        break;
    case EXPIRY_KIND_COUNT:
    default:
        return note_set(note, ERR_INPUT, "the kind of expiry is unknown: %u",
                        (unsigned)programme->expiry_kind);
    }
    if (months > LIMIT_EXPIRY_MONTHS) {
        return note_set(note, ERR_INPUT, "points expire after %u months; at most %u are allowed",
                        months, LIMIT_EXPIRY_MONTHS);
    }
    unsigned pending = programme->pending_days;
    if (pending > 0 && pending >= months * DAYS_IN_ANY_MONTH) {
        return note_set(note, ERR_INPUT,
                        "points pending for %u days could expire within their %u months before "
                        "they can be spent",
                        pending, months);
    }
    return ERR_OK;
}

enum err programme_check(const struct programme *programme, struct note *note)
{
    if (programme->version == 0) {
        return note_set(note, ERR_INPUT, "a programme's version starts at 1");
    }
    TRY(earn_rate_check(&programme->rate, note));
    if (programme->pending_days > LIMIT_PENDING_DAYS) {
        return note_set(note, ERR_INPUT, "points are pending for %u days; at most %u are allowed",
                        programme->pending_days, LIMIT_PENDING_DAYS);
    }
    return check_expiry(programme, note);
}

enum err programme_months_after(struct unix_ms time, unsigned months, struct unix_ms *out_time)
{
    struct civil civil = civil_from_unix(time);
    int month = civil.month - 1 + (int)months;
    civil.year += month / 12;
    civil.month = month % 12 + 1;
    if (civil.year > YEAR_LAST) {
        return ERR_RANGE;
    }
    int days = civil_days_in_month(civil.year, civil.month);
    civil.day = civil.day > days ? days : civil.day;
    struct unix_ms later;
    TRY(civil_to_unix(&civil, &later));
    out_time->ms = later.ms + time.ms % 1000;
    return ERR_OK;
}

bool programme_gives_the_same(const struct programme *a, const struct programme *b)
{
    return a->rate.points_minor == b->rate.points_minor && a->rate.per_minor == b->rate.per_minor &&
           a->rate.rounding == b->rate.rounding && a->rate.minimum_minor == b->rate.minimum_minor &&
           a->pending_days == b->pending_days && a->expiry_months == b->expiry_months &&
           a->expiry_kind == b->expiry_kind && a->expiry_month == b->expiry_month &&
           a->expiry_day == b->expiry_day;
}

uint8_t programme_idle_months(const struct programme *programme)
{
    return programme->expiry_kind == EXPIRY_INACTIVITY ? (uint8_t)programme->expiry_months : 0;
}

/* The end of the next such day, this year or the next. */
static enum err fixed_date_after(const struct programme *programme, struct unix_ms earned_at,
                                 struct unix_ms *out_time)
{
    /* Pending points become spendable with a whole day, and are to live for one at least. */
    int64_t pending_days = programme->pending_days > 0 ? (int64_t)programme->pending_days + 1 : 0;
    struct unix_ms least = {earned_at.ms + pending_days * DAY_MS};
    struct unix_ms kept;
    TRY(programme_months_after(earned_at, programme->expiry_months, &kept));
    least = kept.ms > least.ms ? kept : least;
    struct civil civil = civil_from_unix(least);
    for (int year = civil.year; year <= civil.year + 1 && year <= YEAR_LAST; year++) {
        const struct civil day = {
            .year = year, .month = (int)programme->expiry_month, .day = (int)programme->expiry_day};
        struct unix_ms begin;
        TRY(civil_to_unix(&day, &begin));
        if (begin.ms + DAY_MS > least.ms) {
            out_time->ms = begin.ms + DAY_MS;
            return ERR_OK;
        }
    }
    return ERR_RANGE;
}

static enum err expiry_of(const struct programme *programme, struct unix_ms earned_at,
                          struct unix_ms *out_expires_at)
{
    switch (programme->expiry_kind) {
    case EXPIRY_NONE:
    case EXPIRY_INACTIVITY:
        out_expires_at->ms = PROGRAMME_NEVER_MS;
        return ERR_OK;
    case EXPIRY_END_OF_MONTH_AFTER: {
        struct civil civil = civil_from_unix(earned_at);
        if (civil.year + (civil.month + (int)programme->expiry_months) / 12 > YEAR_LAST) {
            return ERR_RANGE;
        }
        *out_expires_at = month_end_after(earned_at, programme->expiry_months);
        return ERR_OK;
    }
    case EXPIRY_MONTHS:
        return programme_months_after(earned_at, programme->expiry_months, out_expires_at);
    case EXPIRY_FIXED_DATE:
        return fixed_date_after(programme, earned_at, out_expires_at);
    case EXPIRY_KIND_COUNT:
        break;
    }
    return ERR_INTERNAL;
}

enum err programme_lot_terms(const struct programme *programme, struct unix_ms earned_at,
                             struct unix_ms *out_active_from, struct unix_ms *out_expires_at)
{
    ASSERT(programme_check(programme, NULL) == ERR_OK);
    static const int64_t year_10000_ms = INT64_C(253402300800000);
    int64_t pending_ms = (int64_t)programme->pending_days * DAY_MS;
    if (earned_at.ms < 0 || earned_at.ms >= year_10000_ms - pending_ms) {
        return ERR_RANGE;
    }
    struct unix_ms expires_at;
    TRY(expiry_of(programme, earned_at, &expires_at));
    *out_active_from = (struct unix_ms){earned_at.ms + pending_ms};
    *out_expires_at = expires_at;
    return ERR_OK;
}
