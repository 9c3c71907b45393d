/* The certificates that a home's own authority issues: to the node, tills and people. */
#ifndef CLI_LEAF_H
#define CLI_LEAF_H

#include "base/limits.h"
#include "pki/certificate.h"

#define LEAF_DAYS           365
#define LEAF_CLOCK_SLACK_MS INT64_C(3600000) /* other machines' clocks may be behind ours */

struct leaf {
    const char *coalition;
    struct partner_id partner;
    enum role role;
    const char *name; /* of the identity */
    struct unix_ms now;
    int64_t days;
    const char *const *hosts; /* of a node only */
    size_t host_count;
};

/* As certificate_issue. */
MUST_USE enum err leaf_issue(const struct certificate_pair *authority, const struct leaf *leaf,
                             struct certificate_pair *out_pair, struct note *note);

#endif
