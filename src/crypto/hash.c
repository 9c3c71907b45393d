#include "crypto/hash.h"

#include <sodium.h>
#include <string.h>

_Static_assert(sizeof(crypto_generichash_state) <= sizeof(struct hasher), "the state must fit");
_Static_assert(_Alignof(crypto_generichash_state) <= _Alignof(struct hasher), "and be aligned");

/* libsodium's calls on a state in our memory fail only on a length out of range: our mistake. */
static void must(int result)
{
    ASSERT(result == 0);
}

static crypto_generichash_state *state_of(struct hasher *hasher)
{
    return (crypto_generichash_state *)(void *)hasher->state;
}

void hasher_init(struct hasher *hasher, const char *domain)
{
    size_t length = strlen(domain);
    ASSERT(length > 0 && length <= HASH_DOMAIN_MAX);
    uint8_t head = (uint8_t)length;
    must(crypto_generichash_init(state_of(hasher), NULL, 0, HASH_BYTES));
    hasher_add(hasher, slice_of(&head, 1));
    hasher_add(hasher, slice_of(domain, length));
}

void hasher_init_file(struct hasher *hasher)
{
    must(crypto_generichash_init(state_of(hasher), NULL, 0, HASH_BYTES));
}

void hasher_add(struct hasher *hasher, struct slice bytes)
{
    if (bytes.length > 0) {
        must(crypto_generichash_update(state_of(hasher), bytes.at, bytes.length));
    }
}

struct hash hasher_finish(struct hasher *hasher)
{
    struct hash hash;
    must(crypto_generichash_final(state_of(hasher), hash.bytes, sizeof hash.bytes));
    return hash;
}

struct hash hash_of(const char *domain, struct slice bytes)
{
    struct hasher hasher;
    hasher_init(&hasher, domain);
    hasher_add(&hasher, bytes);
    return hasher_finish(&hasher);
}

bool hash_equal(const struct hash *a, const struct hash *b)
{
    return sodium_memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

int hash_compare(const struct hash *a, const struct hash *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

bool hash_is_zero(const struct hash *hash)
{
    return sodium_is_zero(hash->bytes, sizeof hash->bytes) == 1;
}

const char *hash_format(const struct hash *hash, char out_text[HASH_TEXT_MAX])
{
    return hex_format(hash->bytes, sizeof hash->bytes, out_text);
}

enum err hash_parse(const char *text, struct hash *out_hash)
{
    return hex_parse(text, out_hash->bytes, sizeof out_hash->bytes);
}
