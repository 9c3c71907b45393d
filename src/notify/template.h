/* Texts with places to fill in.
 *
 *   You earned {points} {points:point|points} at {shop}.
 *
 * {field} is what the message says of it, a number or a date as the language writes it;
 * {field:form|form} the form of a noun that goes with the number, as many forms as the language has
 * (notify_form_count). {{ and }} are braces. A text is checked once, for its kind and language;
 * what was checked can always be filled in.
 */
#ifndef NOTIFY_TEMPLATE_H
#define NOTIFY_TEMPLATE_H

#include "notify/message.h"

/* ERR_INPUT with a note that says what is wrong where; the text is UTF-8. */
MUST_USE enum err notify_template_check(enum notify_kind kind, enum notify_language language,
                                        const char *text, struct note *note);

/* All that a text can be filled with. */
struct notify_filling {
    const struct notify_message *message;
    const char *name;  /* the member's */
    const char *brand; /* as people know it */
    struct points balance;
    unsigned points_decimals;
};

/* Appends the text. It was checked for the message's kind and this language. */
void notify_template_fill(const char *text, enum notify_language language,
                          const struct notify_filling *filling, struct buffer *out);

/* A text for each kind and language. NULL: the shipped one. */
struct notify_texts {
    const char *texts[NOTIFY_KIND_END][NOTIFY_LANGUAGE_END];
};

/* What ships; never NULL for a known kind and language. */
const char *notify_default_text(enum notify_kind kind, enum notify_language language);
const char *notify_text(const struct notify_texts *texts, enum notify_kind kind,
                        enum notify_language language);

#endif
