/* Bytes locked with a key of their own, and tags that only the holder of a key can make.
 *
 * Locked: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03, as libsodium has it), whose nonce is long
 * enough to be random. Tags: BLAKE2b (RFC 7693) with a key, over the domain's length in one byte,
 * the domain and the bytes. Thread rule: values only; any thread.
 */
#ifndef CRYPTO_BOX_H
#define CRYPTO_BOX_H

#include "base/bytes.h"

#define BOX_KEY_BYTES   32
#define BOX_NONCE_BYTES 24
#define BOX_TAG_BYTES   16 /* that a box is longer than what is in it */

struct box_key {
    uint8_t bytes[BOX_KEY_BYTES];
};

/* By the system's randomness. */
void box_key_make(struct box_key *out_key);
/* For CLEANUP, too. */
void box_key_forget(struct box_key *key);
/* Overwrites what must not stay in memory; not optimised away. */
void secret_forget(void *at, size_t length);

/* Appends a fresh nonce and the locked bytes. `beside` is authenticated with them and not kept. */
void box_lock(const struct box_key *key, struct slice beside, struct slice plain,
              struct buffer *out);
/* Appends what box_lock was given. ERR_SIGNATURE when key, `beside` or a byte is another one;
 * nothing is appended then. */
MUST_USE enum err box_unlock(const struct box_key *key, struct slice beside, struct slice locked,
                             struct buffer *out);

#define KEYED_TAG_BYTES 16

void keyed_tag(const struct box_key *key, const char *domain, struct slice bytes,
               uint8_t out_tag[KEYED_TAG_BYTES]);

#endif
