/* A partner's certificates: its own authority, and what that issues to its nodes, tills and people.
 *
 * X.509 version 3 (RFC 5280), ECDSA over P-256 with SHA-256. An authority signs leaves only (path
 * length 0). A leaf's identity is its one SAN URI (pki/identity.h). Private keys are PKCS#8 PEM,
 * not encrypted; files with them have mode 0600. Thread rule: any thread, no state is kept.
 */
#ifndef PKI_CERTIFICATE_H
#define PKI_CERTIFICATE_H

#include "base/bytes.h"
#include "base/calendar.h"
#include "pki/identity.h"

/* A certificate and its private key, as PEM. Zero-initialised is empty and valid. */
struct certificate_pair {
    struct buffer certificate;
    struct buffer key;
};

/* Overwrites the key and frees both. */
void certificate_pair_fini(struct certificate_pair *pair);

/* Ten years from `not_before`, in days of 24 hours. */
#define AUTHORITY_DAYS 3652

/* Makes a partner's authority: self-signed, CN "Talea CA <partner> (<coalition>)", valid for
 * AUTHORITY_DAYS. ERR_INPUT for a malformed coalition's name, ERR_RANGE for a time before 1970 or
 * beyond 9999, ERR_INTERNAL with a note when OpenSSL fails. The pair replaces what `out_pair` held;
 * the caller ends it. */
MUST_USE enum err certificate_make_authority(const char *coalition,
                                             const struct partner_id *partner,
                                             struct unix_ms not_before,
                                             struct certificate_pair *out_pair, struct note *note);

/* Is this PEM the one certificate of that partner's authority (by its name, and that it may sign
 * others), with no private key beside it? ERR_INPUT for malformed PEM or a number of certificates
 * other than one, ERR_DENIED for another's authority, a leaf, or a key. */
MUST_USE enum err certificate_is_authority_of(struct slice pem, const char *coalition,
                                              const struct partner_id *partner, struct note *note);

struct certificate_order {
    struct identity identity;
    struct unix_ms not_before;
    struct unix_ms not_after; /* whole seconds; the rest is cut */
    /* More DNS names or IP addresses of a node; at most LIMIT_CERTIFICATE_HOSTS, for nodes only. */
    const char *const *hosts;
    size_t host_count;
};

/* Issues a leaf. A node's also names `<partner>.<coalition>.talea`, localhost, 127.0.0.1, ::1 and
 * the order's hosts, and may serve as well as call; any other may only call. ERR_DENIED when the
 * authority is not that partner's or the key is not the authority's; ERR_INPUT for a malformed
 * order or PEM; ERR_RANGE when the leaf would outlive its authority, or ends before it begins. */
MUST_USE enum err certificate_issue(const struct certificate_pair *authority,
                                    const struct certificate_order *order,
                                    struct certificate_pair *out_pair, struct note *note);

/* Writes two new files; never overwrites. On failure neither is left behind. */
MUST_USE enum err certificate_pair_save(const struct certificate_pair *pair,
                                        const char *certificate_path, const char *key_path,
                                        struct note *note);
/* The same in the place of what is there: written beside it (`.new` behind the names) and renamed,
 * the key first, so that a reader finds each file whole. After a failure the old pair is still
 * there, unless the note says that only the key was replaced. */
MUST_USE enum err certificate_pair_replace(const struct certificate_pair *pair,
                                           const char *certificate_path, const char *key_path,
                                           struct note *note);
/* ERR_DENIED also when others can read the key; ERR_INPUT when the two do not belong together. */
MUST_USE enum err certificate_pair_load(const char *certificate_path, const char *key_path,
                                        struct certificate_pair *out_pair, struct note *note);

#endif
