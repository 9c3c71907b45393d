/* What a notification is about, in which language, by which channel: numbers and names.
 *
 * A member's wishes are stored in the member's sealed data: never renumber.
 */
#ifndef NOTIFY_WORDS_H
#define NOTIFY_WORDS_H

#include <stdint.h>

#include "base/error.h"

enum notify_kind {
    NOTIFY_WELCOME = 1,
    NOTIFY_POINTS_EARNED = 2,
    NOTIFY_POINTS_SPENT = 3,
    NOTIFY_POINTS_EXPIRING = 4,
    NOTIFY_TIER_REACHED = 5,
    NOTIFY_COUPON_GIVEN = 6,
    NOTIFY_DRAW_WON = 7,
    NOTIFY_ALERT_RAISED = 8, /* to the brand's own staff: no member's, and nobody's consent */
    NOTIFY_KIND_END
};

enum notify_language {
    NOTIFY_LANGUAGE_NONE = 0, /* the member said none: the brand's */
    NOTIFY_ENGLISH = 1,
    NOTIFY_RUSSIAN = 2,
    NOTIFY_KAZAKH = 3,
    NOTIFY_LANGUAGE_END
};

enum notify_channel {
    NOTIFY_EMAIL = 0,
    NOTIFY_SMS = 1,
    NOTIFY_PUSH = 2,
    NOTIFY_CHAT = 3,
    NOTIFY_CHANNEL_END
};

/* Never NULL; "unknown" beyond the end. */
const char *notify_kind_name(enum notify_kind kind);
const char *notify_language_name(enum notify_language language); /* "en", "ru", "kk"; "" for none */
const char *notify_channel_name(enum notify_channel channel);
/* ERR_INPUT for a name that is none. */
MUST_USE enum err notify_kind_parse(const char *name, enum notify_kind *out_kind);
MUST_USE enum err notify_language_parse(const char *name, enum notify_language *out_language);
MUST_USE enum err notify_channel_parse(const char *name, enum notify_channel *out_channel);

/* What a member wishes. Nothing is sent by a channel that the member did not agree to. */
struct notify_wishes {
    enum notify_language language;
    uint8_t channels; /* a bit for each channel that the member agreed to */
};

bool notify_wishes_are_sound(unsigned language, unsigned channels);
bool notify_may_send(const struct notify_wishes *wishes, enum notify_channel channel);
/* `*wishes` with the channels in `changed` set as in `agreed`; a language of none changes none. */
void notify_wishes_change(struct notify_wishes *wishes, enum notify_language language,
                          uint8_t changed, uint8_t agreed);

#endif
