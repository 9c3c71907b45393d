/* BLAKE2b-256 (RFC 7693, unkeyed) with a domain.
 *
 * What is hashed: one byte with the domain's length, the domain's text, and the bytes. So no domain
 * with some bytes equals another domain with other bytes. Thread rule: values only; any thread.
 */
#ifndef CRYPTO_HASH_H
#define CRYPTO_HASH_H

#include "base/bytes.h"
#include "crypto/domain.h"

#define HASH_BYTES      32
#define HASH_TEXT_MAX   65 /* bytes, with the final NUL */
#define HASH_DOMAIN_MAX 64 /* bytes of a domain, without NUL */

struct hash {
    uint8_t bytes[HASH_BYTES];
};

/* A hash in the making; in the caller's memory, nothing to free. */
struct hasher {
    _Alignas(64) uint8_t state[384];
};

/* `domain` is 1 to HASH_DOMAIN_MAX bytes; another length is our own mistake. */
struct hash hash_of(const char *domain, struct slice bytes);

void hasher_init(struct hasher *hasher, const char *domain);
/* Without a domain: what `b2sum --length 256` prints. For sums of files that people may check with
 * tools of their own, and nothing else. */
void hasher_init_file(struct hasher *hasher);
void hasher_add(struct hasher *hasher, struct slice bytes);
/* The hasher must be initialised again before its next use. */
struct hash hasher_finish(struct hasher *hasher);

/* In constant time. */
bool hash_equal(const struct hash *a, const struct hash *b);
/* An order for public hashes, as memcmp gives it; not in constant time. */
int hash_compare(const struct hash *a, const struct hash *b);
bool hash_is_zero(const struct hash *hash);

/* 64 lower-case hexadecimal digits. */
const char *hash_format(const struct hash *hash, char out_text[HASH_TEXT_MAX]);
MUST_USE enum err hash_parse(const char *text, struct hash *out_hash);

#endif
