/* Signatures with a meaning: for one coalition, one purpose and one charter epoch.
 *
 * Ed25519 over these bytes, integers little-endian:
 *
 *   "talea.v1.signed" NUL | u32 length, coalition's name | u32 purpose | u64 charter epoch
 *   | u64 length, payload
 *
 * The payload is taken raw, as received; nothing is encoded again to be checked. A signature
 * therefore proves nothing for another coalition, purpose or epoch. Thread rule: any thread.
 */
#ifndef CRYPTO_SIGNING_H
#define CRYPTO_SIGNING_H

#include "base/bytes.h"
#include "crypto/ed25519.h"
#include "crypto/purpose.h"

#define SIGNING_COALITION_MAX 64 /* bytes of a coalition's name, without NUL */

/* What a signature is bound to, besides its payload. Borrowed. */
struct signing_scope {
    const char *coalition; /* 1 to SIGNING_COALITION_MAX bytes */
    enum purpose purpose;
    uint64_t epoch; /* of the charter under which it is signed */
};

/* The longest payload of a purpose, in bytes: LIMIT_CHARTER_BYTES for a charter, otherwise
 * LIMIT_SIGNED_BYTES. */
size_t signing_payload_max(enum purpose purpose);

/* ERR_INPUT for a coalition's name of a wrong length or a purpose that is not registered, ERR_RANGE
 * for a payload too long, ERR_RESOURCE without memory. */
MUST_USE enum err signing_sign(const struct signing_key *key, const struct signing_scope *scope,
                               struct slice payload, struct signature *out_signature);

/* ERR_SIGNATURE when the signature is not this key's for exactly this scope and payload; the other
 * errors as for signing_sign. */
MUST_USE enum err signing_verify(const struct public_key *key, const struct signing_scope *scope,
                                 struct slice payload, const struct signature *signature);

/* The port through which a node signs; its key may be in this process, or elsewhere. */
struct signer {
    void *context; /* borrowed, for `sign` */
    struct key_id key_id;
    struct public_key public_key;
    /* Errors as for signing_sign, and ERR_UNAVAILABLE from a key kept elsewhere. */
    enum err (*sign)(void *context, enum purpose purpose, uint64_t epoch, struct slice payload,
                     struct signature *out_signature);
};

/* The adapter over a key in memory. */
struct key_signer {
    const struct signing_key *key;             /* borrowed */
    char coalition[SIGNING_COALITION_MAX + 1]; /* a copy */
};

/* `signer` and `key` must live as long as the port that comes out. ERR_INPUT for a coalition's name
 * of a wrong length. */
MUST_USE enum err key_signer_init(struct key_signer *signer, const struct signing_key *key,
                                  const char *coalition, struct signer *out_port);

#endif
