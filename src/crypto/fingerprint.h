/* SipHash-2-4 with 128 bits (Jean-Philippe Aumasson and Daniel J. Bernstein, "SipHash: a fast
 * short-input PRF"): whether bytes are the same as others that are not at hand any more, as long as
 * nobody who chooses the bytes knows the key. For comparisons within one run under a key drawn for
 * it; what is stored or sent is hashed (hash.h). Values only; any thread. */
#ifndef CRYPTO_FINGERPRINT_H
#define CRYPTO_FINGERPRINT_H

#include "base/bytes.h"

#define FINGERPRINT_BYTES 16

struct fingerprint_key {
    uint8_t bytes[16];
};

struct fingerprint {
    uint8_t bytes[FINGERPRINT_BYTES];
};

struct fingerprint fingerprint_of(const struct fingerprint_key *key, struct slice bytes);

#endif
