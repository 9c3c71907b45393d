/* Takes the place of crypto/ed25519.c in the simulation: signatures that cost nothing.
 *
 * A signature is a checksum over the key and the bytes. It tells keys, purposes, coalitions and
 * flipped bits apart as the real one does, through the same calls; anybody could forge it, and
 * nobody here does: a lying node signs with keys of its own.
 */
#include "crypto/ed25519.h"

#include "base/checksum.h"
#include "crypto/hash.h"
#include "sim_random.h"

void signing_key_from_seed(const uint8_t seed[SIGNING_SEED_BYTES], struct signing_key *out_key)
{
    struct hash hash = hash_of("sim key", slice_of(seed, SIGNING_SEED_BYTES));
    memset(out_key, 0, sizeof *out_key);
    memcpy(out_key->secret, seed, SIGNING_SEED_BYTES);
    memcpy(out_key->public_key.bytes, hash.bytes, sizeof out_key->public_key.bytes);
    out_key->id = key_id_of(&out_key->public_key);
}

void signing_key_generate(struct signing_key *out_key)
{
    static const uint8_t seed[SIGNING_SEED_BYTES];
    signing_key_from_seed(seed, out_key);
}

void signing_key_seed(const struct signing_key *key, uint8_t out_seed[SIGNING_SEED_BYTES])
{
    memcpy(out_seed, key->secret, SIGNING_SEED_BYTES);
}

void signing_key_fini(struct signing_key *key)
{
    if (key != NULL) {
        memset(key, 0, sizeof *key);
    }
}

struct key_id key_id_of(const struct public_key *key)
{
    struct key_id id;
    memcpy(id.bytes, key->bytes, sizeof id.bytes); /* a hash already */
    return id;
}

bool key_id_equal(const struct key_id *a, const struct key_id *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

bool public_key_equal(const struct public_key *a, const struct public_key *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

const char *key_id_format(const struct key_id *id, char out_text[KEY_ID_TEXT_MAX])
{
    return hex_format(id->bytes, sizeof id->bytes, out_text);
}

enum err key_id_parse(const char *text, struct key_id *out_id)
{
    return hex_parse(text, out_id->bytes, sizeof out_id->bytes);
}

const char *public_key_format(const struct public_key *key, char out_text[PUBLIC_KEY_TEXT_MAX])
{
    return hex_format(key->bytes, sizeof key->bytes, out_text);
}

enum err public_key_parse(const char *text, struct public_key *out_key)
{
    return hex_parse(text, out_key->bytes, sizeof out_key->bytes);
}

static struct signature checksum_signature(const struct public_key *key, struct slice bytes)
{
    struct signature signature;
    uint64_t state =
        checksum_of(bytes) ^ checksum_of(slice_of(key->bytes, sizeof key->bytes)) * 0x9e3779b1u;
    for (size_t i = 0; i < sizeof signature.bytes; i += sizeof state) {
        uint64_t word = sim_mix(&state);
        memcpy(signature.bytes + i, &word, sizeof word);
    }
    return signature;
}

struct signature ed25519_sign(const struct signing_key *key, struct slice bytes)
{
    return checksum_signature(&key->public_key, bytes);
}

bool ed25519_verifies(const struct public_key *key, struct slice bytes,
                      const struct signature *signature)
{
    struct signature expected = checksum_signature(key, bytes);
    return memcmp(expected.bytes, signature->bytes, sizeof expected.bytes) == 0;
}
