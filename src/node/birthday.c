#include "node/birthday.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define LEAP_YEAR       2000 /* a birthday without its year may be the 29th of February */
#define YEAR_MAX        9999u
#define CLOCKS_AHEAD_MS (14 * 3600 * INT64_C(1000)) /* of UTC, at most */

bool birthday_is_known(const struct birthday *birthday)
{
    return birthday->month != 0;
}

enum err birthday_check(const struct birthday *birthday)
{
    if (birthday->month < 1 || birthday->month > 12 || birthday->day < 1 ||
        (birthday->year != 0 &&
         (birthday->year < BIRTHDAY_YEAR_MIN || birthday->year > YEAR_MAX))) {
        return ERR_INPUT;
    }
    int year = birthday->year == 0 ? LEAP_YEAR : (int)birthday->year;
    return (int)birthday->day <= civil_days_in_month(year, (int)birthday->month) ? ERR_OK
                                                                                 : ERR_INPUT;
}

/* So many digits, and what stands behind them. */
static bool take(const char **text, unsigned digits, char behind, unsigned *out_number)
{
    *out_number = 0;
    for (unsigned i = 0; i < digits; i++, (*text)++) {
        if (!isdigit((unsigned char)**text)) {
            return false;
        }
        *out_number = *out_number * 10 + (unsigned)(**text - '0');
    }
    return *(*text)++ == behind;
}

enum err birthday_parse(const char *text, struct birthday *out_birthday)
{
    struct birthday birthday = {0};
    size_t length = strlen(text);
    if (length == 0) {
        *out_birthday = birthday;
        return ERR_OK;
    }
    if (length == strlen("1990-02-28") && !take(&text, 4, '-', &birthday.year)) {
        return ERR_INPUT;
    }
    if (length == strlen("1990-02-28") && birthday.year == 0) {
        return ERR_INPUT;
    }
    if (!take(&text, 2, '-', &birthday.month) || !take(&text, 2, '\0', &birthday.day)) {
        return ERR_INPUT;
    }
    TRY(birthday_check(&birthday));
    *out_birthday = birthday;
    return ERR_OK;
}

bool birthday_is_to_come(const struct birthday *birthday, struct unix_ms now)
{
    struct civil last = civil_from_unix((struct unix_ms){now.ms + CLOCKS_AHEAD_MS});
    unsigned year = (unsigned)last.year;
    unsigned month = (unsigned)last.month;
    return birthday->year > year ||
           (birthday->year == year &&
            (birthday->month > month ||
             (birthday->month == month && birthday->day > (unsigned)last.day)));
}

char *birthday_format(const struct birthday *birthday, char out[BIRTHDAY_TEXT_MAX])
{
    if (!birthday_is_known(birthday)) {
        out[0] = '\0';
    } else if (birthday->year == 0) {
        snprintf(out, BIRTHDAY_TEXT_MAX, "%02u-%02u", birthday->month % 100, birthday->day % 100);
    } else {
        snprintf(out, BIRTHDAY_TEXT_MAX, "%04u-%02u-%02u", birthday->year % 10000,
                 birthday->month % 100, birthday->day % 100);
    }
    return out;
}
