#include "receipts/hash.h"

#include <sodium.h>
#include <string.h>

#define TRANSACTION_DOMAIN "talea.receipt.v1"

uint64_t table_hash(struct slice bytes)
{
    static const uint8_t key[crypto_shorthash_KEYBYTES] = "talea receipts";
    uint8_t digest[crypto_shorthash_BYTES];
    ASSERT(crypto_shorthash(digest, bytes.at, bytes.length, key) == 0);
    uint64_t hash;
    memcpy(&hash, digest, sizeof hash);
    return hash;
}

static void hash_text(crypto_generichash_state *state, const char *text)
{
    size_t length = strlen(text);
    uint8_t prefix[4];
    for (unsigned i = 0; i < sizeof prefix; i++) {
        prefix[i] = (uint8_t)(length >> (8 * i));
    }
    (void)crypto_generichash_update(state, prefix, sizeof prefix);
    (void)crypto_generichash_update(state, (const uint8_t *)text, length);
}

struct uid receipt_transaction_id(const struct partner_id *partner, const struct receipt *receipt)
{
    crypto_generichash_state state;
    uint8_t tail[9];
    uint8_t digest[crypto_generichash_BYTES];
    ASSERT(crypto_generichash_init(&state, NULL, 0, sizeof digest) == 0);
    hash_text(&state, TRANSACTION_DOMAIN);
    hash_text(&state, partner->text);
    tail[0] = receipt->kind == RECEIPT_RETURN ? 1 : 0;
    (void)crypto_generichash_update(&state, tail, 1);
    hash_text(&state, receipt->reference);
    for (unsigned i = 0; i < 8; i++) {
        tail[i] = (uint8_t)(receipt->part >> (8 * i));
    }
    (void)crypto_generichash_update(&state, tail, 8);
    (void)crypto_generichash_final(&state, digest, sizeof digest);
    return uid_v8(receipt->time.ms, digest);
}
