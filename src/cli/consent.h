/* --language and --channel: in which language and by which channels a member is written to. */
#ifndef CLI_CONSENT_H
#define CLI_CONSENT_H

#include <talea/v1/types.pb-c.h>

#include "cli/session.h"
#include "notify/words.h"

#define CONSENT_OPTIONS                                                                            \
    {"language", OPT_LANGUAGE, "en|ru|kk", 0, "In which the member is written to", 0},             \
    {                                                                                              \
        "channel", OPT_CHANNEL, "NAME=yes|no,...", 0,                                              \
            "By which: email, sms, push, chat; nothing is sent by others", 0                       \
    }

/* What a request points to. */
struct consent_list {
    const char *language; /* "" when it is not given */
    size_t count;
    Talea__V1__Consent rows[NOTIFY_CHANNEL_END];
    Talea__V1__Consent *at[NOTIFY_CHANNEL_END];
};

/* Prints what is wrong. */
MUST_USE enum cli_exit consent_read(struct cli *cli, struct consent_list *out_list);

#endif
