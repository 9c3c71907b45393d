#include "crypto/seal.h"

#include <sodium.h>
#include <string.h>

#include "base/limits.h"

_Static_assert(SEAL_SALT_BYTES == crypto_pwhash_SALTBYTES, "Argon2id salt");
_Static_assert(SEAL_NONCE_BYTES == crypto_secretbox_NONCEBYTES, "XSalsa20 nonce");
_Static_assert(SEAL_BOX_BYTES == crypto_secretbox_MACBYTES + SEAL_PLAIN_BYTES, "Poly1305 tag");

struct seal_key {
    uint8_t bytes[crypto_secretbox_KEYBYTES];
};

static void seal_key_forget(struct seal_key *key)
{
    sodium_memzero(key, sizeof *key);
}

struct seal_plain {
    uint8_t bytes[SEAL_PLAIN_BYTES];
};

static void seal_plain_forget(struct seal_plain *plain)
{
    sodium_memzero(plain, sizeof *plain);
}

static enum err derive(const struct seal *seal, const char *passphrase, struct seal_key *out_key)
{
    size_t memory = (size_t)seal->memory_kib * 1024;
    int result =
        crypto_pwhash(out_key->bytes, sizeof out_key->bytes, passphrase, strlen(passphrase),
                      seal->salt, seal->operations, memory, crypto_pwhash_ALG_ARGON2ID13);
    return result == 0 ? ERR_OK : ERR_RESOURCE;
}

enum err seal_make(enum key_kind kind, const struct partner_id *partner,
                   const uint8_t seed[SIGNING_SEED_BYTES], const char *passphrase,
                   struct seal *out_seal)
{
    struct seal seal = {.operations = crypto_pwhash_OPSLIMIT_MODERATE,
                        .memory_kib = crypto_pwhash_MEMLIMIT_MODERATE / 1024};
    randombytes_buf(seal.salt, sizeof seal.salt);
    randombytes_buf(seal.nonce, sizeof seal.nonce);
    CLEANUP(seal_key_forget) struct seal_key key = {{0}};
    TRY(derive(&seal, passphrase, &key));

    CLEANUP(seal_plain_forget) struct seal_plain plain;
    plain.bytes[0] = (uint8_t)kind;
    memcpy(plain.bytes + 1, partner->text, PARTNER_ID_MAX);
    memcpy(plain.bytes + 1 + PARTNER_ID_MAX, seed, SIGNING_SEED_BYTES);
    int result =
        crypto_secretbox_easy(seal.box, plain.bytes, sizeof plain.bytes, seal.nonce, key.bytes);
    ASSERT(result == 0);
    *out_seal = seal;
    return ERR_OK;
}

enum err seal_open(const struct seal *seal, enum key_kind kind, const struct partner_id *partner,
                   const char *passphrase, uint8_t out_seed[SIGNING_SEED_BYTES])
{
    if (seal->operations < crypto_pwhash_OPSLIMIT_MIN || seal->operations > LIMIT_SEAL_OPERATIONS ||
        seal->memory_kib < crypto_pwhash_MEMLIMIT_MIN / 1024 ||
        seal->memory_kib > LIMIT_SEAL_MEMORY_KIB) {
        return ERR_RANGE;
    }
    CLEANUP(seal_key_forget) struct seal_key key = {{0}};
    TRY(derive(seal, passphrase, &key));
    CLEANUP(seal_plain_forget) struct seal_plain plain;
    if (crypto_secretbox_open_easy(plain.bytes, seal->box, sizeof seal->box, seal->nonce,
                                   key.bytes) != 0 ||
        plain.bytes[0] != (uint8_t)kind ||
        memcmp(plain.bytes + 1, partner->text, PARTNER_ID_MAX) != 0) {
        return ERR_DENIED;
    }
    memcpy(out_seed, plain.bytes + 1 + PARTNER_ID_MAX, SIGNING_SEED_BYTES);
    return ERR_OK;
}
