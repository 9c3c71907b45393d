/* What a brand hands to the others before it joins: its names, its address, its card prefix, its
 * root key, the online keys that this signs, and its TLS authority (PartnerIntroduction of
 * proto/talea/v1/charter.proto).
 */
#ifndef CHARTER_INTRODUCTION_H
#define CHARTER_INTRODUCTION_H

#include "base/arena.h"
#include "charter/charter.h"

/* An online key as it is handed in: dated, valid from the first moment to before the last. */
struct introduction_key {
    struct public_key key;
    struct unix_ms valid_from;
    struct unix_ms valid_until;
};

/* All borrowed. */
struct introduction_terms {
    const char *coalition;
    struct partner_id partner;
    const char *display_name;
    const char *address; /* host:port */
    struct card_prefix prefix;
    const struct introduction_key *online;
    size_t online_count; /* 1 to CHARTER_ONLINE_KEYS_MAX */
    const char *tls_ca_pem;
    const struct bank_account *account; /* NULL: none */
};

/* Signs the online keys with the root key and appends a PartnerIntroduction that introduction_open
 * takes. ERR_INPUT or ERR_DENIED, with a note, for terms that it would not take. */
MUST_USE enum err introduction_make(const struct introduction_terms *terms,
                                    const struct signing_key *root, struct buffer *out,
                                    struct note *note);

struct introduction {
    char coalition[COALITION_NAME_MAX];
    struct charter_partner partner;
};

/* Checks forms, bounds, the authority's certificate and that the root key signed each online key
 * (ERR_SIGNATURE). Texts are in the arena. */
MUST_USE enum err introduction_open(struct slice bytes, struct arena *arena,
                                    struct introduction *out_introduction, struct note *note);

#endif
