/* Numbers and dates as people write them in English, Russian and Kazakh, and which form of a noun
 * goes with a number.
 *
 * After Unicode CLDR: its plural rules and its patterns for numbers and for long dates. Kazakh
 * nouns do not change after a number.
 */
#ifndef NOTIFY_PHRASE_H
#define NOTIFY_PHRASE_H

#include "base/bytes.h"
#include "base/calendar.h"
#include "notify/words.h"

#define NOTIFY_FORMS_MAX 3u

/* How many forms of a noun a text in this language names: en 2 (one, other), ru 3 (one, few,
 * many), kk 1. */
unsigned notify_form_count(enum notify_language language);
/* Which of them goes with minor / 10^decimals; a sign does not matter. */
unsigned notify_form_of(enum notify_language language, int64_t minor, unsigned decimals);

/* Append. Decimals that are zeros at the end are left out. */
void notify_write_number(struct buffer *out, enum notify_language language, int64_t minor,
                         unsigned decimals);
/* The day in UTC of a time. */
void notify_write_date(struct buffer *out, enum notify_language language, struct unix_ms time);

#endif
