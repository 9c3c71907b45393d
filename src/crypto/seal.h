/* A key's seed locked with a passphrase; used by crypto/keyfile.c alone. */
#ifndef CRYPTO_SEAL_H
#define CRYPTO_SEAL_H

#include "crypto/keyfile.h"

#define SEAL_SALT_BYTES  16
#define SEAL_NONCE_BYTES 24
#define SEAL_PLAIN_BYTES (1 + PARTNER_ID_MAX + SIGNING_SEED_BYTES)
#define SEAL_BOX_BYTES   (16 + SEAL_PLAIN_BYTES)

struct seal {
    uint32_t operations; /* Argon2id passes */
    uint32_t memory_kib;
    uint8_t salt[SEAL_SALT_BYTES];
    uint8_t nonce[SEAL_NONCE_BYTES];
    uint8_t box[SEAL_BOX_BYTES];
};

/* ERR_RESOURCE without the memory that Argon2id takes. */
MUST_USE enum err seal_make(enum key_kind kind, const struct partner_id *partner,
                            const uint8_t seed[SIGNING_SEED_BYTES], const char *passphrase,
                            struct seal *out_seal);

/* ERR_DENIED when the passphrase is wrong, or the box was sealed for another kind or partner;
 * ERR_RANGE when the costs are beyond what a file may ask for. */
MUST_USE enum err seal_open(const struct seal *seal, enum key_kind kind,
                            const struct partner_id *partner, const char *passphrase,
                            uint8_t out_seed[SIGNING_SEED_BYTES]);

#endif
