#include "audit/sums.h"

#include <stdlib.h>
#include <string.h>

enum {
    PLACES_FIRST = 256
};

/* Eight bytes at a time. */
uint64_t sums_hash(struct slice key)
{
    uint64_t hash = key.length;
    uint64_t word = 0;
    size_t at = 0;
    for (; at + sizeof word <= key.length; at += sizeof word) {
        memcpy(&word, key.at + at, sizeof word);
        hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
        hash ^= hash >> 29;
    }
    word = 0;
    memcpy(&word, key.at + at, key.length - at);
    hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ hash >> 32;
}

/* The place of the key, or the empty one where it belongs. */
static struct sum *place_of(const struct sums *sums, struct slice key)
{
    size_t place = (size_t)sums_hash(key) & (sums->capacity - 1);
    for (;;) {
        struct sum *sum = &sums->places[place];
        if (sum->key_length == 0 || slice_equal(slice_of(sum->key, sum->key_length), key)) {
            return sum;
        }
        place = (place + 1) & (sums->capacity - 1);
    }
}

/* At most three quarters of the places are taken. */
static enum err make_room(struct sums *sums)
{
    if (sums->count < sums->capacity / 4 * 3) {
        return ERR_OK;
    }
    struct sums larger = {.capacity = sums->capacity == 0 ? PLACES_FIRST : sums->capacity * 2,
                          .count = sums->count};
    larger.places = calloc(larger.capacity, sizeof larger.places[0]);
    if (larger.places == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < sums->capacity; i++) {
        const struct sum *sum = &sums->places[i];
        if (sum->key_length != 0) {
            *place_of(&larger, slice_of(sum->key, sum->key_length)) = *sum;
        }
    }
    free(sums->places);
    *sums = larger;
    return ERR_OK;
}

enum err sums_add(struct sums *sums, const struct ledger_key *key, int64_t first, int64_t second,
                  uint64_t row)
{
    ASSERT(key->length > 0 && key->length <= SUM_KEY_MAX);
    TRY(make_room(sums));
    struct sum *sum = place_of(sums, slice_of(key->bytes, key->length));
    int64_t first_after;
    int64_t second_after;
    TRY(int64_add(sum->first, first, &first_after));
    TRY(int64_add(sum->second, second, &second_after));
    if (sum->key_length == 0) {
        memcpy(sum->key, key->bytes, key->length);
        sum->key_length = (uint8_t)key->length;
        sums->count++;
    }
    sum->first = first_after;
    sum->second = second_after;
    sum->last_row = row;
    return ERR_OK;
}

const struct sum *sums_find(const struct sums *sums, struct slice key)
{
    if (sums->capacity == 0) {
        return NULL;
    }
    const struct sum *sum = place_of(sums, key);
    return sum->key_length == 0 ? NULL : sum;
}

void sums_expect(const struct sums *sums, uint64_t hash)
{
    if (sums->capacity > 0) {
        const struct sum *sum = &sums->places[(size_t)hash & (sums->capacity - 1)];
        __builtin_prefetch(sum);
        __builtin_prefetch((const uint8_t *)sum + sizeof *sum - 1);
    }
}

void sums_fini(struct sums *sums)
{
    free(sums->places);
    *sums = (struct sums){0};
}
