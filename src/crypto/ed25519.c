#include "crypto/ed25519.h"

#include <sodium.h>
#include <string.h>

#include "crypto/hash.h"

_Static_assert(crypto_sign_SEEDBYTES == SIGNING_SEED_BYTES, "RFC 8032 seed");
_Static_assert(crypto_sign_SECRETKEYBYTES == sizeof((struct signing_key *)0)->secret, "seed, key");
_Static_assert(crypto_sign_PUBLICKEYBYTES == sizeof(struct public_key), "RFC 8032 key");
_Static_assert(crypto_sign_BYTES == sizeof(struct signature), "RFC 8032 signature");

void signing_key_from_seed(const uint8_t seed[SIGNING_SEED_BYTES], struct signing_key *out_key)
{
    int result = crypto_sign_seed_keypair(out_key->public_key.bytes, out_key->secret, seed);
    ASSERT(result == 0);
    out_key->id = key_id_of(&out_key->public_key);
}

void signing_key_generate(struct signing_key *out_key)
{
    int result = crypto_sign_keypair(out_key->public_key.bytes, out_key->secret);
    ASSERT(result == 0);
    out_key->id = key_id_of(&out_key->public_key);
}

void signing_key_seed(const struct signing_key *key, uint8_t out_seed[SIGNING_SEED_BYTES])
{
    int result = crypto_sign_ed25519_sk_to_seed(out_seed, key->secret);
    ASSERT(result == 0);
}

void signing_key_fini(struct signing_key *key)
{
    if (key != NULL) {
        sodium_memzero(key, sizeof *key);
    }
}

struct key_id key_id_of(const struct public_key *key)
{
    struct hash hash = hash_of(HASH_DOMAIN_KEY, slice_of(key->bytes, sizeof key->bytes));
    struct key_id id;
    memcpy(id.bytes, hash.bytes, sizeof id.bytes);
    return id;
}

enum err public_key_parse(const char *text, struct public_key *out_key)
{
    struct public_key key;
    TRY(hex_parse(text, key.bytes, sizeof key.bytes));
    /* Canonical, on the curve, in the main subgroup and not of small order. */
    if (crypto_core_ed25519_is_valid_point(key.bytes) != 1) {
        return ERR_INPUT;
    }
    *out_key = key;
    return ERR_OK;
}

struct signature ed25519_sign(const struct signing_key *key, struct slice bytes)
{
    struct signature signature;
    int result = crypto_sign_detached(signature.bytes, NULL, bytes.at, bytes.length, key->secret);
    ASSERT(result == 0);
    return signature;
}

bool ed25519_verifies(const struct public_key *key, struct slice bytes,
                      const struct signature *signature)
{
    return crypto_sign_verify_detached(signature->bytes, bytes.at, bytes.length, key->bytes) == 0;
}
