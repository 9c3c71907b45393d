/* Ed25519 (RFC 8032) over raw bytes: keys and the bare primitive.
 *
 * Nothing signs or verifies through this directly but crypto/signing.h, which puts the domain, the
 * coalition, the purpose and the epoch in front. Verification is the strict, cofactorless one: S
 * must be below the group order, the public key canonical, neither R nor the key of small order,
 * and R is compared as bytes. Thread rule: values only; any thread.
 */
#ifndef CRYPTO_ED25519_H
#define CRYPTO_ED25519_H

#include "base/bytes.h"

#define SIGNING_SEED_BYTES  32
#define PUBLIC_KEY_TEXT_MAX 65 /* bytes, with the final NUL */
#define KEY_ID_TEXT_MAX     17 /* bytes, with the final NUL */

struct public_key {
    uint8_t bytes[32];
};

/* The first 8 bytes of the public key's hash under HASH_DOMAIN_KEY. */
struct key_id {
    uint8_t bytes[8];
};

struct signature {
    uint8_t bytes[64];
};

/* A key pair. `secret` is for crypto/ alone; end its life with signing_key_fini. */
struct signing_key {
    uint8_t secret[64];
    struct public_key public_key;
    struct key_id id;
};

/* The same seed gives the same key: for key files, tests and simulations. */
void signing_key_from_seed(const uint8_t seed[SIGNING_SEED_BYTES], struct signing_key *out_key);
/* A fresh key from the system's randomness. */
void signing_key_generate(struct signing_key *out_key);
void signing_key_seed(const struct signing_key *key, uint8_t out_seed[SIGNING_SEED_BYTES]);
/* Overwrites the secret. NULL is allowed. */
void signing_key_fini(struct signing_key *key);

struct key_id key_id_of(const struct public_key *key);
bool key_id_equal(const struct key_id *a, const struct key_id *b);
bool public_key_equal(const struct public_key *a, const struct public_key *b);
const char *key_id_format(const struct key_id *id, char out_text[KEY_ID_TEXT_MAX]);
MUST_USE enum err key_id_parse(const char *text, struct key_id *out_id);
const char *public_key_format(const struct public_key *key, char out_text[PUBLIC_KEY_TEXT_MAX]);
/* 64 hexadecimal digits; ERR_INPUT also for a point that no honest key has. */
MUST_USE enum err public_key_parse(const char *text, struct public_key *out_key);

struct signature ed25519_sign(const struct signing_key *key, struct slice bytes);
bool ed25519_verifies(const struct public_key *key, struct slice bytes,
                      const struct signature *signature);

#endif
