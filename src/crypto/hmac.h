/* HMAC-SHA-256 (RFC 2104, FIPS 198-1): what programs of others check with a secret they share with
 * us. Between brands there are signatures instead (signing.h). Values only; any thread. */
#ifndef CRYPTO_HMAC_H
#define CRYPTO_HMAC_H

#include "base/bytes.h"

#define HMAC_BYTES    32
#define HMAC_TEXT_MAX 65 /* bytes, with the final NUL */

struct hmac {
    uint8_t bytes[HMAC_BYTES];
};

/* Of the parts, one behind the other. */
struct hmac hmac_sha256(struct slice key, const struct slice *parts, size_t count);
/* In constant time. */
bool hmac_equal(const struct hmac *a, const struct hmac *b);
/* 64 lower-case hexadecimal digits. */
const char *hmac_format(const struct hmac *hmac, char out_text[HMAC_TEXT_MAX]);

#endif
