#include "node/returned_days.h"

#include <stdlib.h>

#include "node/node.h"

#define FOLLOWED_MAX 64u

/* An owner of its own for each day of a number; kept there is the day before it and one more. */
static struct standing_owner day_owner(const struct standing_owner *owner,
                                       const struct standing_step *step, int64_t day)
{
    struct hasher hasher;
    struct uid id;
    uint8_t bytes[25] = {(uint8_t)owner->kind};
    put_u64_be(bytes + 1, step->slot);
    put_u64_be(bytes + 9, (uint64_t)step->bucket);
    put_u64_be(bytes + 17, (uint64_t)day);
    hasher_init(&hasher, HASH_DOMAIN_BODY);
    hasher_add(&hasher, slice_of(bytes, sizeof bytes));
    hasher_add(&hasher, slice_of(owner->id, sizeof owner->id));
    struct hash hash = hasher_finish(&hasher);
    memcpy(id.bytes, hash.bytes, sizeof id.bytes);
    return standing_of_sale(&id);
}

static enum err read_day(struct node *node, const struct standing_owner *day,
                         const struct standing_step *step, int64_t *out_kept)
{
    struct standing_row *row;
    TRY(readers_standing(node->readers, day, &row));
    struct standing standing = standing_of_row(row);
    *out_kept = standing_value(&standing, step->slot, step->bucket);
    free(row);
    return ERR_OK;
}

enum err returned_days_remember(struct node *node, const struct standing_owner *owner,
                                const struct standing_step *step, int64_t left, int64_t rest,
                                struct buffer *groups)
{
    struct standing_owner day = day_owner(owner, step, left);
    struct standing_step kept = {
        .how = STANDING_SET, .slot = step->slot, .bucket = step->bucket, .after = rest + 1};
    TRY(read_day(node, &day, step, &kept.before));
    if (left != rest && kept.before != kept.after) {
        standing_write_group(groups, &day, &kept, 1);
    }
    return groups->err;
}

enum err returned_days_follow(struct node *node, const struct standing_owner *owner,
                              const struct standing_step *step, int64_t day, int64_t *out_day)
{
    int64_t kept = day + 1;
    for (unsigned i = 0; i < FOLLOWED_MAX && kept != 0; i++) {
        day = kept - 1;
        struct standing_owner at = day_owner(owner, step, day);
        TRY(read_day(node, &at, step, &kept));
    }
    *out_day = day;
    return ERR_OK;
}
