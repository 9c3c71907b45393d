#include "crypto/box.h"

#include <sodium.h>
#include <string.h>

#include "crypto/hash.h"

_Static_assert(BOX_KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "XChaCha20 key");
_Static_assert(BOX_NONCE_BYTES == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "XChaCha20 nonce");
_Static_assert(BOX_TAG_BYTES == crypto_aead_xchacha20poly1305_ietf_ABYTES, "Poly1305 tag");
_Static_assert(KEYED_TAG_BYTES >= crypto_generichash_BYTES_MIN, "a BLAKE2b length");

void box_key_make(struct box_key *out_key)
{
    randombytes_buf(out_key->bytes, sizeof out_key->bytes);
}

void box_key_forget(struct box_key *key)
{
    sodium_memzero(key, sizeof *key);
}

void secret_forget(void *at, size_t length)
{
    sodium_memzero(at, length);
}

void box_lock(const struct box_key *key, struct slice beside, struct slice plain,
              struct buffer *out)
{
    uint8_t *to = write_reserve(out, BOX_NONCE_BYTES + plain.length + BOX_TAG_BYTES);
    if (to == NULL) {
        return;
    }
    randombytes_buf(to, BOX_NONCE_BYTES);
    int result = crypto_aead_xchacha20poly1305_ietf_encrypt(to + BOX_NONCE_BYTES, NULL, plain.at,
                                                            plain.length, beside.at, beside.length,
                                                            NULL, to, key->bytes);
    ASSERT(result == 0);
}

enum err box_unlock(const struct box_key *key, struct slice beside, struct slice locked,
                    struct buffer *out)
{
    if (locked.length < BOX_NONCE_BYTES + BOX_TAG_BYTES) {
        return ERR_SIGNATURE;
    }
    size_t before = out->length;
    size_t length = locked.length - BOX_NONCE_BYTES - BOX_TAG_BYTES;
    /* One byte more than needed, so that there is an address when nothing is inside. */
    uint8_t *to = write_reserve(out, length + 1);
    if (to == NULL) {
        return ERR_RESOURCE;
    }
    int result = crypto_aead_xchacha20poly1305_ietf_decrypt(
        to, NULL, NULL, locked.at + BOX_NONCE_BYTES, locked.length - BOX_NONCE_BYTES, beside.at,
        beside.length, locked.at, key->bytes);
    out->length = result == 0 ? before + length : before;
    return result == 0 ? ERR_OK : ERR_SIGNATURE;
}

void keyed_tag(const struct box_key *key, const char *domain, struct slice bytes,
               uint8_t out_tag[KEYED_TAG_BYTES])
{
    crypto_generichash_state state;
    size_t length = strlen(domain);
    ASSERT(length > 0 && length <= HASH_DOMAIN_MAX);
    uint8_t length_byte = (uint8_t)length;
    crypto_generichash_init(&state, key->bytes, sizeof key->bytes, KEYED_TAG_BYTES);
    crypto_generichash_update(&state, &length_byte, 1);
    crypto_generichash_update(&state, (const uint8_t *)domain, length);
    if (bytes.length > 0) {
        crypto_generichash_update(&state, bytes.at, bytes.length);
    }
    crypto_generichash_final(&state, out_tag, KEYED_TAG_BYTES);
    sodium_memzero(&state, sizeof state);
}
