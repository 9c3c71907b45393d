/* What the commands over disputes share. */
#ifndef CLI_DISPUTE_H
#define CLI_DISPUTE_H

#include <talea/v1/back_office.pb-c.h>

#include "cli/cli.h"

#define DISPUTE_DIRECTION_OPTION                                                                   \
    {                                                                                              \
        "direction", OPT_DIRECTION, "WAY", 0,                                                      \
            "received: the entry is the partner's (default); sent: it is ours", 0                  \
    }

/* The disputed entry: PARTNER NUMBER and --direction. */
MUST_USE enum cli_exit dispute_read_entry(struct cli *cli, Talea__V1__StreamEntry *out_entry);
/* "refused" of an entry that may be disputed, and was not. */
const char *dispute_state_word(const Talea__V1__Dispute *dispute);

#endif
