#include "crypto/fingerprint.h"

#include <sodium.h>

_Static_assert(crypto_shorthash_siphashx24_BYTES == FINGERPRINT_BYTES, "all of it");
_Static_assert(crypto_shorthash_siphashx24_KEYBYTES == sizeof(struct fingerprint_key), "likewise");

struct fingerprint fingerprint_of(const struct fingerprint_key *key, struct slice bytes)
{
    static const uint8_t none[1];
    struct fingerprint fingerprint;
    int result = crypto_shorthash_siphashx24(fingerprint.bytes, bytes.length == 0 ? none : bytes.at,
                                             bytes.length, key->bytes);
    ASSERT(result == 0);
    return fingerprint;
}
