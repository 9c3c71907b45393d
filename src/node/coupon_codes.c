#include "node/coupon_codes.h"

#include "crypto/hash.h"
#include "node/judging_groups.h"

void coupon_own_code(const uint8_t seed[32], const struct standing_owner *owner,
                     struct slice prefix, char out_code[LIMIT_CODE_BYTES + 1])
{
    struct hasher hasher;
    const uint8_t kind = (uint8_t)owner->kind;
    hasher_init(&hasher, HASH_DOMAIN_CODE);
    hasher_add(&hasher, slice_of(seed, 32));
    hasher_add(&hasher, slice_of(&kind, 1));
    hasher_add(&hasher, slice_of(owner->id, sizeof owner->id));
    struct hash secret = hasher_finish(&hasher);
    judging_make_code(secret.bytes, 0, prefix, out_code);
}

struct uid coupon_derived_id(const struct uid *id, struct slice what)
{
    struct hasher hasher;
    int64_t time_ms = 0;
    hasher_init(&hasher, HASH_DOMAIN_COUPON);
    hasher_add(&hasher, slice_of(id->bytes, sizeof id->bytes));
    hasher_add(&hasher, what);
    struct hash hash = hasher_finish(&hasher);
    for (unsigned i = 0; i < 6; i++) { /* an id begins with its time */
        time_ms = time_ms * 256 + id->bytes[i];
    }
    return uid_v8(time_ms, hash.bytes);
}
