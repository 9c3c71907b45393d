/* Who is calling: what the SAN URI of a certificate says, and nothing else.
 *
 *   talea://<coalition>/<partner>/<role>/<name>
 *
 * Thread rule: values only; any thread.
 */
#ifndef PKI_IDENTITY_H
#define PKI_IDENTITY_H

#include "base/ident.h"

#define COALITION_NAME_MAX 32 /* bytes, with the final NUL: [a-z0-9-], first a letter */
#define IDENTITY_NAME_MAX  64 /* bytes, with the final NUL: [A-Za-z0-9._-] */
#define IDENTITY_URI_MAX   160

enum role {
    ROLE_TILL = 1u << 0,
    ROLE_BACK_OFFICE = 1u << 1,
    ROLE_AUDITOR = 1u << 2,
    ROLE_ADMIN = 1u << 3,
    ROLE_PEER = 1u << 4, /* a node: the certificate with which a partner's node calls and serves */
};

struct identity {
    char coalition[COALITION_NAME_MAX];
    struct partner_id partner;
    enum role role;
    char name[IDENTITY_NAME_MAX];
};

/* "till", "back-office", "auditor", "admin", "node". */
const char *role_name(enum role role);
MUST_USE enum err role_parse(const char *name, enum role *out_role);

MUST_USE enum err identity_parse(const char *uri, struct identity *out_identity);
const char *identity_format(const struct identity *identity, char out_uri[IDENTITY_URI_MAX]);

#endif
