#include "notify/words.h"

#include <string.h>

static const char *const kinds[NOTIFY_KIND_END] = {
    [NOTIFY_WELCOME] = "welcome",           [NOTIFY_POINTS_EARNED] = "points_earned",
    [NOTIFY_POINTS_SPENT] = "points_spent", [NOTIFY_POINTS_EXPIRING] = "points_expiring",
    [NOTIFY_TIER_REACHED] = "tier_reached", [NOTIFY_COUPON_GIVEN] = "coupon_given",
    [NOTIFY_DRAW_WON] = "draw_won",         [NOTIFY_ALERT_RAISED] = "alert_raised",
};

static const char *const languages[NOTIFY_LANGUAGE_END] = {
    [NOTIFY_LANGUAGE_NONE] = "",
    [NOTIFY_ENGLISH] = "en",
    [NOTIFY_RUSSIAN] = "ru",
    [NOTIFY_KAZAKH] = "kk",
};

static const char *const channels[NOTIFY_CHANNEL_END] = {
    [NOTIFY_EMAIL] = "email",
    [NOTIFY_SMS] = "sms",
    [NOTIFY_PUSH] = "push",
    [NOTIFY_CHAT] = "chat",
};

static const char *name_of(const char *const *names, unsigned end, unsigned number)
{
    return number < end && names[number] != NULL ? names[number] : "unknown";
}

static enum err parse(const char *const *names, unsigned first, unsigned end, const char *name,
                      unsigned *out_number)
{
    for (unsigned i = first; i < end; i++) {
        if (strcmp(names[i], name) == 0) {
            *out_number = i;
            return ERR_OK;
        }
    }
    return ERR_INPUT;
}

const char *notify_kind_name(enum notify_kind kind)
{
    return name_of(kinds, NOTIFY_KIND_END, (unsigned)kind);
}

const char *notify_language_name(enum notify_language language)
{
    return name_of(languages, NOTIFY_LANGUAGE_END, (unsigned)language);
}

const char *notify_channel_name(enum notify_channel channel)
{
    return name_of(channels, NOTIFY_CHANNEL_END, (unsigned)channel);
}

enum err notify_kind_parse(const char *name, enum notify_kind *out_kind)
{
    unsigned number;
    TRY(parse(kinds, NOTIFY_WELCOME, NOTIFY_KIND_END, name, &number));
    *out_kind = (enum notify_kind)number;
    return ERR_OK;
}

enum err notify_language_parse(const char *name, enum notify_language *out_language)
{
    unsigned number;
    TRY(parse(languages, NOTIFY_ENGLISH, NOTIFY_LANGUAGE_END, name, &number));
    *out_language = (enum notify_language)number;
    return ERR_OK;
}

enum err notify_channel_parse(const char *name, enum notify_channel *out_channel)
{
    unsigned number;
    TRY(parse(channels, NOTIFY_EMAIL, NOTIFY_CHANNEL_END, name, &number));
    *out_channel = (enum notify_channel)number;
    return ERR_OK;
}

bool notify_wishes_are_sound(unsigned language, unsigned agreed)
{
    return language < NOTIFY_LANGUAGE_END && agreed >> (unsigned)NOTIFY_CHANNEL_END == 0;
}

bool notify_may_send(const struct notify_wishes *wishes, enum notify_channel channel)
{
    return ((unsigned)wishes->channels >> (unsigned)channel & 1u) != 0;
}

void notify_wishes_change(struct notify_wishes *wishes, enum notify_language language,
                          uint8_t changed, uint8_t agreed)
{
    if (language != NOTIFY_LANGUAGE_NONE) {
        wishes->language = language;
    }
    wishes->channels = (uint8_t)((wishes->channels & (0xFFu ^ changed)) | (agreed & changed));
}
