#include "programme/standing.h"

#include <stdlib.h>
#include <string.h>

#include "base/amount.h"
#include "base/limits.h"
#include "programme/hash.h"

#define CHANGES_FIRST 16

#define SLOT_MERGE_MASK UINT64_C(3)
/* How far behind a slot they are: far enough apart that none is another's of the same slot. */
#define SLOT_PROMISED (UINT64_C(1) << 62)
#define SLOT_WITHHELD (UINT64_C(1) << 60)

static enum slot_merge merge_of(enum slot_of of)
{
    switch (of) {
    case SLOT_METRIC_LATEST:
    case SLOT_LIST:
    case SLOT_LINE_BACK:
        return SLOT_LATEST;
    case SLOT_COUPON:
    case SLOT_GIFT_CARD:
    case SLOT_CAMPAIGN:
    case SLOT_REFERRER:
    case SLOT_RAISED:
        return SLOT_STAYS;
    case SLOT_GIFT_BALANCE:
    case SLOT_GOODS:
    case SLOT_RULE:
    case SLOT_TIER:
    case SLOT_SEGMENT:
    case SLOT_TERM_PAID:
    case SLOT_COUPON_COUNT:
    case SLOT_COUPON_TAKEN:
    case SLOT_METRIC:
    case SLOT_CAP_AMOUNT:
    case SLOT_CAP_USES:
    case SLOT_PURCHASE_HAD:
    case SLOT_METRIC_HELD:
        break;
    }
    return SLOT_SUMS;
}

uint64_t slot_named(enum slot_of of, unsigned variant, const char *name)
{
    uint64_t hash = hash_add(hash_add(HASH_BEGIN, (uint64_t)of), variant);
    hash = hash_bytes(hash, slice_of(name, strlen(name))) & ~SLOT_MERGE_MASK;
    return (hash == 0 ? SLOT_MERGE_MASK + 1 : hash) | (uint64_t)merge_of(of);
}

enum slot_merge slot_merge_of(uint64_t slot)
{
    return (enum slot_merge)(slot & SLOT_MERGE_MASK);
}

uint64_t slot_promised(uint64_t slot)
{
    return slot + SLOT_PROMISED;
}

uint64_t slot_withheld(uint64_t slot)
{
    return slot + SLOT_WITHHELD;
}

enum err slot_merge_values(uint64_t slot, int64_t own, int64_t other, int64_t *out_value)
{
    int64_t smaller = own < other ? own : other;
    int64_t larger = own < other ? other : own;
    if (own == 0 || other == 0) {
        *out_value = own != 0 ? own : other;
        return ERR_OK;
    }
    switch (slot_merge_of(slot)) {
    case SLOT_SUMS:
        return int64_add(own, other, out_value);
    case SLOT_LATEST:
        *out_value = larger;
        break;
    case SLOT_EARLIEST:
        *out_value = smaller;
        break;
    case SLOT_STAYS:
        *out_value = own;
        break;
    }
    return ERR_OK;
}

static int compare(uint64_t slot_a, int64_t bucket_a, uint64_t slot_b, int64_t bucket_b)
{
    if (slot_a != slot_b) {
        return slot_a < slot_b ? -1 : 1;
    }
    return (bucket_a > bucket_b) - (bucket_a < bucket_b);
}

enum err standing_check(const struct standing *standing)
{
    if (standing->count > LIMIT_STANDING_NUMBERS) {
        return ERR_INPUT;
    }
    for (size_t i = 0; i < standing->count; i++) {
        const struct standing_number *n = &standing->at[i];
        bool is_after = i == 0 || compare(n[-1].slot, n[-1].bucket, n->slot, n->bucket) < 0;
        if (!is_after || n->value == 0 || n->slot == 0) {
            return ERR_INPUT;
        }
    }
    return ERR_OK;
}

/* The first number that is not before the place. */
static size_t lower_bound(const struct standing *standing, uint64_t slot, int64_t bucket)
{
    size_t low = 0;
    size_t high = standing->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct standing_number *n = &standing->at[middle];
        if (compare(n->slot, n->bucket, slot, bucket) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

int64_t standing_value(const struct standing *standing, uint64_t slot, int64_t bucket)
{
    size_t at = lower_bound(standing, slot, bucket);
    bool is_there =
        at < standing->count && standing->at[at].slot == slot && standing->at[at].bucket == bucket;
    return is_there ? standing->at[at].value : 0;
}

enum err standing_sum(const struct standing *standing, uint64_t slot, int64_t first, int64_t last,
                      int64_t *out_sum)
{
    int64_t sum = 0;
    for (size_t i = lower_bound(standing, slot, first); i < standing->count; i++) {
        const struct standing_number *n = &standing->at[i];
        if (n->slot != slot || n->bucket > last) {
            break;
        }
        TRY(int64_add(sum, n->value, &sum));
    }
    *out_sum = sum;
    return ERR_OK;
}

static struct standing_change *change_find(const struct standing_changes *changes, uint64_t slot,
                                           int64_t bucket)
{
    for (size_t i = 0; i < changes->count; i++) {
        if (changes->at[i].slot == slot && changes->at[i].bucket == bucket) {
            return &changes->at[i];
        }
    }
    return NULL;
}

int64_t standing_value_now(const struct standing *standing, const struct standing_changes *changes,
                           uint64_t slot, int64_t bucket)
{
    const struct standing_change *change = change_find(changes, slot, bucket);
    return change != NULL ? change->after : standing_value(standing, slot, bucket);
}

static enum err make_room(struct standing_changes *changes, struct arena *arena)
{
    if (changes->count < changes->capacity) {
        return ERR_OK;
    }
    size_t capacity = changes->capacity == 0 ? CHANGES_FIRST : changes->capacity * 2;
    struct standing_change *at = arena_alloc(arena, capacity * sizeof at[0]);
    if (at == NULL) {
        return ERR_RESOURCE;
    }
    if (changes->count > 0) {
        memcpy(at, changes->at, changes->count * sizeof at[0]);
    }
    changes->at = at;
    changes->capacity = capacity;
    return ERR_OK;
}

enum err standing_add(const struct standing *standing, struct standing_changes *changes,
                      struct arena *arena, uint64_t slot, int64_t bucket, int64_t delta)
{
    struct standing_change *change = change_find(changes, slot, bucket);
    if (change != NULL) {
        return int64_add(change->after, delta, &change->after);
    }
    int64_t before = standing_value(standing, slot, bucket);
    int64_t after;
    TRY(int64_add(before, delta, &after));
    if (delta == 0) {
        return ERR_OK;
    }
    TRY(make_room(changes, arena));
    changes->at[changes->count++] = (struct standing_change){slot, bucket, before, after};
    return ERR_OK;
}

static int compare_numbers(const void *a, const void *b)
{
    const struct standing_number *x = a;
    const struct standing_number *y = b;
    return compare(x->slot, x->bucket, y->slot, y->bucket);
}

enum err standing_apply(const struct standing *standing, const struct standing_changes *changes,
                        struct arena *arena, struct standing *out_standing)
{
    struct standing_number *at =
        arena_alloc(arena, (standing->count + changes->count + 1) * sizeof at[0]);
    if (at == NULL) {
        return ERR_RESOURCE;
    }
    size_t count = 0;
    for (size_t i = 0; i < changes->count; i++) {
        const struct standing_change *c = &changes->at[i];
        if (standing_value(standing, c->slot, c->bucket) != c->before) {
            return ERR_CONFLICT;
        }
        if (c->after != 0) {
            at[count++] = (struct standing_number){c->slot, c->bucket, c->after};
        }
    }
    for (size_t i = 0; i < standing->count; i++) {
        const struct standing_number *n = &standing->at[i];
        if (change_find(changes, n->slot, n->bucket) == NULL) {
            at[count++] = *n;
        }
    }
    if (count > LIMIT_STANDING_NUMBERS) {
        return ERR_RESOURCE;
    }
    qsort(at, count, sizeof at[0], compare_numbers);
    *out_standing = (struct standing){at, count};
    return ERR_OK;
}
