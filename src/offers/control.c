#include "offers/control.h"

#include "crypto/hash.h"

#define PERCENT 100u

static void add_text(struct hasher *hasher, struct slice text)
{
    uint8_t length[8];
    put_u64_be(length, text.length);
    hasher_add(hasher, slice_of(length, sizeof length));
    hasher_add(hasher, text);
}

bool is_in_control(const struct campaign *campaign, struct slice member)
{
    struct hasher hasher;
    hasher_init(&hasher, HASH_DOMAIN_CONTROL);
    add_text(&hasher, slice_of(campaign->name, strlen(campaign->name)));
    add_text(&hasher, slice_of(campaign->seed, strlen(campaign->seed)));
    add_text(&hasher, member);
    struct hash hash = hasher_finish(&hasher);
    return get_u64_be(hash.bytes) % PERCENT < campaign->control; /* uneven by 100 in 2^64 */
}
