#include "receipts/date.h"

#include <string.h>
#include <strings.h>

#define OFFSET_MINUTES_MAX (24 * 60 - 1)

struct date_reader {
    const char *at;
    struct civil civil;
    int milliseconds;
    int half; /* 0: none, 1: am, 2: pm */
    bool is_half_hour_clock;
    int offset_minutes;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* One to `digits_max` digits. */
static bool read_number(const char **at, int digits_max, int *out_number)
{
    int number = 0;
    int digits = 0;
    while (digits < digits_max && is_digit((*at)[digits])) {
        number = number * 10 + ((*at)[digits] - '0');
        digits++;
    }
    *at += digits;
    *out_number = number;
    return digits > 0;
}

static bool read_year(struct date_reader *r, bool is_whole)
{
    const char *start = r->at;
    int year;
    if (!read_number(&r->at, is_whole ? 4 : 2, &year)) {
        return false;
    }
    if (is_whole) {
        r->civil.year = year;
        return r->at - start == 4;
    }
    r->civil.year = year + (year < 69 ? 2000 : 1900);
    return r->at - start == 2;
}

static bool read_month_name(struct date_reader *r)
{
    static const char *const names[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};
    for (int i = 0; i < 12; i++) {
        size_t length = strlen(names[i]);
        if (strncasecmp(r->at, names[i], 3) != 0) {
            continue;
        }
        r->at += strncasecmp(r->at, names[i], length) == 0 ? length : 3;
        r->civil.month = i + 1;
        return true;
    }
    return false;
}

static bool read_half(struct date_reader *r)
{
    if (strncasecmp(r->at, "am", 2) != 0 && strncasecmp(r->at, "pm", 2) != 0) {
        return false;
    }
    r->half = (r->at[0] | 0x20) == 'a' ? 1 : 2;
    r->at += 2;
    return true;
}

static bool read_fraction(struct date_reader *r)
{
    int weight = 100;
    int digits = 0;
    r->milliseconds = 0;
    while (digits < 9 && is_digit(r->at[digits])) {
        r->milliseconds += (r->at[digits] - '0') * weight;
        weight /= 10;
        digits++;
    }
    r->at += digits;
    return digits > 0;
}

/* Z, or a sign with hh, hhmm or hh:mm. */
static bool read_zone(const char **at, int *out_minutes)
{
    if (**at == 'Z') {
        (*at)++;
        *out_minutes = 0;
        return true;
    }
    if (**at != '+' && **at != '-') {
        return false;
    }
    bool is_west = **at == '-';
    (*at)++;
    if (!is_digit((*at)[0]) || !is_digit((*at)[1])) {
        return false;
    }
    int hours = ((*at)[0] - '0') * 10 + ((*at)[1] - '0');
    int minutes = 0;
    *at += 2;
    const char *rest = **at == ':' ? *at + 1 : *at;
    if (is_digit(rest[0]) && is_digit(rest[1])) {
        minutes = (rest[0] - '0') * 10 + (rest[1] - '0');
        *at = rest + 2;
    }
    int total = hours * 60 + minutes;
    *out_minutes = is_west ? -total : total;
    return minutes < 60 && total <= OFFSET_MINUTES_MAX;
}

static bool read_conversion(struct date_reader *r, char conversion)
{
    switch (conversion) {
    case 'Y':
    case 'y':
        return read_year(r, conversion == 'Y');
    case 'm':
        return read_number(&r->at, 2, &r->civil.month);
    case 'b':
        return read_month_name(r);
    case 'd':
        return read_number(&r->at, 2, &r->civil.day);
    case 'I':
        r->is_half_hour_clock = true;
        return read_number(&r->at, 2, &r->civil.hour) && r->civil.hour >= 1 && r->civil.hour <= 12;
    case 'H':
        return read_number(&r->at, 2, &r->civil.hour);
    case 'M':
        return read_number(&r->at, 2, &r->civil.minute);
    case 'S':
        return read_number(&r->at, 2, &r->civil.second);
    case 'p':
        return read_half(r);
    case 'f':
        return read_fraction(r);
    case 'z':
        return read_zone(&r->at, &r->offset_minutes);
    case '%':
        return *r->at++ == '%';
    default:
        return false;
    }
}

static bool read_by_format(struct date_reader *r, const char *format)
{
    for (; *format != '\0'; format++) {
        if (*format == ' ') {
            r->at += strspn(r->at, " \t");
        } else if (*format == '%' && format[1] != '\0') {
            format++;
            if (*r->at == '\0' || !read_conversion(r, *format)) {
                return false;
            }
        } else if (*r->at == *format) {
            r->at++;
        } else {
            return false;
        }
    }
    return *r->at == '\0';
}

enum err date_parse(const char *text, const char *format, int offset_minutes,
                    struct unix_ms *out_time, struct civil *out_local)
{
    struct date_reader r = {.at = text,
                            .civil = {.year = 1970, .month = 1, .day = 1},
                            .offset_minutes = offset_minutes};
    if (!read_by_format(&r, format)) {
        return ERR_INPUT;
    }
    if (r.is_half_hour_clock) {
        if (r.half == 0) {
            return ERR_INPUT;
        }
        r.civil.hour = r.civil.hour % 12 + (r.half == 2 ? 12 : 0);
    }
    struct unix_ms local;
    enum err err = civil_to_unix(&r.civil, &local);
    if (err == ERR_INPUT && r.civil.year < 1970) {
        r.civil.year += 2000; /* the calendar is the same each 400 years */
        TRY(civil_to_unix(&r.civil, &local));
        return ERR_RANGE;
    }
    TRY(err);
    out_time->ms = local.ms + r.milliseconds - (int64_t)r.offset_minutes * 60000;
    *out_local = r.civil;
    return ERR_OK;
}

enum err date_format_check(const char *format)
{
    bool has_year = false;
    bool has_month = false;
    bool has_day = false;
    for (; *format != '\0'; format++) {
        if (*format != '%') {
            continue;
        }
        format++;
        if (*format == '\0' || strchr("YymbdHIMSpfz%", *format) == NULL) {
            return ERR_INPUT;
        }
        has_year = has_year || *format == 'Y' || *format == 'y';
        has_month = has_month || *format == 'm' || *format == 'b';
        has_day = has_day || *format == 'd';
    }
    return has_year && has_month && has_day ? ERR_OK : ERR_INPUT;
}

enum err date_offset_parse(const char *text, int *out_minutes)
{
    int minutes;
    const char *at = text;
    if (read_zone(&at, &minutes) && *at == '\0') {
        *out_minutes = minutes;
        return ERR_OK;
    }
    bool is_west = text[0] == '-';
    at = text[0] == '-' || text[0] == '+' ? text + 1 : text;
    if (!read_number(&at, 4, &minutes) || *at != '\0' || minutes > OFFSET_MINUTES_MAX) {
        return ERR_INPUT;
    }
    *out_minutes = is_west ? -minutes : minutes;
    return ERR_OK;
}
