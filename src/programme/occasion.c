#include "programme/occasion.h"

#include <inttypes.h>

#include "base/limits.h"

#define MINUTE_MS     60000
#define DAY_MINUTES   1440
#define THURSDAY      3 /* 1970-01-01 */
#define DAYS_PER_WEEK 7
#define LEAP_YEAR     2028

unsigned occasion_weekday(const struct occasion *occasion)
{
    int64_t day = (occasion_day(occasion) + THURSDAY) % DAYS_PER_WEEK;
    return (unsigned)(day < 0 ? day + DAYS_PER_WEEK : day);
}

unsigned occasion_minute(const struct occasion *occasion)
{
    int64_t in_day = occasion->local.ms - occasion_day(occasion) * DAY_MS;
    return (unsigned)(in_day / MINUTE_MS) % DAY_MINUTES;
}

int64_t occasion_day(const struct occasion *occasion)
{
    return unix_day(occasion->local);
}

bool occasion_is_referred(const struct occasion *occasion)
{
    const struct shopper *shopper = &occasion->shopper;
    return shopper->referrer.length > 0 && !slice_equal(shopper->referrer, shopper->key);
}

static bool is_shopper_right(const struct shopper *shopper)
{
    if (shopper->list_count > LIMIT_SHOPPER_LISTS || shopper->balance.minor < 0) {
        return false;
    }
    if (shopper->birth_month == 0 && shopper->birth_day == 0) {
        return true;
    }
    return shopper->birth_month >= 1 && shopper->birth_month <= 12 && shopper->birth_day >= 1 &&
           shopper->birth_day <=
               (unsigned)civil_days_in_month(LEAP_YEAR, (int)shopper->birth_month);
}

static enum err check_codes(const struct occasion *occasion, struct note *note)
{
    if (occasion->code_count > LIMIT_SHOWN_CODES) {
        return note_set(note, ERR_INPUT, "%zu codes are shown, more than %u", occasion->code_count,
                        LIMIT_SHOWN_CODES);
    }
    for (size_t i = 0; i < occasion->code_count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (slice_equal(occasion->codes[i].text, occasion->codes[k].text)) {
                return note_set(note, ERR_INPUT, "code %zu was shown before", i + 1);
            }
        }
    }
    return ERR_OK;
}

enum err occasion_check(const struct occasion *occasion, struct money *out_total, struct note *note)
{
    if (occasion->line_count > LIMIT_RECEIPT_LINES) {
        return note_set(note, ERR_INPUT, "a basket has %zu lines, more than %u",
                        occasion->line_count, LIMIT_RECEIPT_LINES);
    }
    if (!is_shopper_right(&occasion->shopper)) {
        return note_set(note, ERR_INPUT,
                        "the member has a birthday that no year has, a negative balance, or is on "
                        "more than %u lists",
                        LIMIT_SHOPPER_LISTS);
    }
    TRY(check_codes(occasion, note));
    struct money total = {0};
    for (size_t i = 0; i < occasion->line_count; i++) {
        const struct basket_line *line = &occasion->lines[i];
        if (line->amount.minor < 0 || line->quantity_milli < 0) {
            return note_set(note, ERR_INPUT, "line %zu of the basket is negative", i + 1);
        }
        if (money_add(total, line->amount, &total) != ERR_OK) {
            return note_set(note, ERR_RANGE, "the basket's total does not fit");
        }
    }
    if (occasion->paid_in_points.minor < 0 || occasion->paid_in_points.minor > total.minor) {
        return note_set(note, ERR_RANGE, "points pay %" PRId64 " of a basket that costs %" PRId64,
                        occasion->paid_in_points.minor, total.minor);
    }
    *out_total = total;
    return ERR_OK;
}
