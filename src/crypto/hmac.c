#include "crypto/hmac.h"

#include <sodium.h>

_Static_assert(HMAC_BYTES == crypto_auth_hmacsha256_BYTES, "a code's bytes");

struct hmac hmac_sha256(struct slice key, const struct slice *parts, size_t count)
{
    struct hmac hmac;
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, key.at, key.length);
    for (size_t i = 0; i < count; i++) {
        crypto_auth_hmacsha256_update(&state, parts[i].at, parts[i].length);
    }
    crypto_auth_hmacsha256_final(&state, hmac.bytes);
    sodium_memzero(&state, sizeof state);
    return hmac;
}

bool hmac_equal(const struct hmac *a, const struct hmac *b)
{
    return sodium_memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

const char *hmac_format(const struct hmac *hmac, char out_text[HMAC_TEXT_MAX])
{
    hex_format(hmac->bytes, sizeof hmac->bytes, out_text);
    return out_text;
}
