/* A day of birth, with its year or without. Plain values; any thread. */
#ifndef NODE_BIRTHDAY_H
#define NODE_BIRTHDAY_H

#include "base/calendar.h"
#include "base/error.h"

#include <stdbool.h>

struct birthday {
    unsigned year;  /* 0: not said */
    unsigned month; /* 0: not known at all */
    unsigned day;
};

#define BIRTHDAY_TEXT_MAX 11
#define BIRTHDAY_YEAR_MIN 1850u

bool birthday_is_known(const struct birthday *birthday);
/* ERR_INPUT for a day that there is not; one that is not known is none. */
MUST_USE enum err birthday_check(const struct birthday *birthday);
/* "1990-02-28" or "02-28"; an empty text is one that is not known. ERR_INPUT for all else, and for
 * a year before BIRTHDAY_YEAR_MIN. */
MUST_USE enum err birthday_parse(const char *text, struct birthday *out_birthday);
/* Of a year that is said: is it still to come, on any clock of the world? */
bool birthday_is_to_come(const struct birthday *birthday, struct unix_ms now);
/* The inverse. */
char *birthday_format(const struct birthday *birthday, char out[BIRTHDAY_TEXT_MAX]);

#endif
