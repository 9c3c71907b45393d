/* A brand's introduction (charter.proto): made once, then read when a charter is made. */
#ifndef CLI_INTRODUCTION_H
#define CLI_INTRODUCTION_H

#include "base/calendar.h"
#include "cli/init_files.h"
#include "crypto/keyfile.h"

struct introduction {
    const struct init_plan *plan;
    const struct signing_key *root;
    struct public_key online_key;
    struct unix_ms valid_from; /* of the online key */
    struct unix_ms valid_until;
    struct slice tls_ca_pem;
};

/* Signs the online key with the root key and appends the packed PartnerIntroduction. */
MUST_USE enum err introduction_make(const struct introduction *introduction, struct buffer *out,
                                    struct note *note);

#endif
