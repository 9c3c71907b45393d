#include "store/fence.h"

#include <stdlib.h>
#include <string.h>

#define ORIGIN_BYTES 16u
#define KEY_BYTES    32u
#define SECOND_SHIFT 26u /* 48 bits of milliseconds, 16 bits behind them; 1,024 ms to a second */

bool fences_cover(enum ledger_table table)
{
    return table == TABLE_TRANSACTION || table == TABLE_SALE || table == TABLE_HOLD;
}

void fences_fini(struct fences *fences)
{
    for (unsigned i = 0; i < atomic_load(&fences->count); i++) {
        free(atomic_load(&fences->list[i]));
    }
}

/* The id's front: time and what follows it. */
static uint64_t front_of(struct slice key)
{
    uint8_t bytes[8];
    memcpy(bytes, key.at + ORIGIN_BYTES, sizeof bytes);
    return get_u64_be(bytes);
}

static struct fence *find(const struct fences *fences, enum ledger_table table, struct slice key)
{
    unsigned count = atomic_load_explicit(&fences->count, memory_order_acquire);
    for (unsigned i = 0; i < count; i++) {
        struct fence *fence = atomic_load_explicit(&fences->list[i], memory_order_relaxed);
        if (fence->table == (uint8_t)table && memcmp(fence->origin, key.at, ORIGIN_BYTES) == 0) {
            return fence;
        }
    }
    return NULL;
}

static struct fence *find_or_make(struct fences *fences, enum ledger_table table, struct slice key)
{
    struct fence *fence = find(fences, table, key);
    if (fence != NULL) {
        return fence;
    }
    unsigned count = atomic_load(&fences->count);
    fence = count == FENCES ? NULL : calloc(1, sizeof *fence);
    if (fence == NULL) {
        atomic_store(&fences->is_incomplete, true);
        return NULL;
    }
    fence->table = (uint8_t)table;
    memcpy(fence->origin, key.at, ORIGIN_BYTES);
    atomic_store(&fences->list[count], fence);
    atomic_store_explicit(&fences->count, count + 1, memory_order_release);
    return fence;
}

static void raise_to(_Atomic uint64_t *at, uint64_t value)
{
    if (atomic_load_explicit(at, memory_order_relaxed) < value) {
        atomic_store_explicit(at, value, memory_order_release);
    }
}

void fences_add(struct fences *fences, enum ledger_table table, struct slice key)
{
    struct fence *fence =
        !fences_cover(table) || key.length != KEY_BYTES ? NULL : find_or_make(fences, table, key);
    if (fence == NULL) {
        return;
    }
    uint64_t front = front_of(key);
    _Atomic uint64_t *place = &fence->highest[(front >> SECOND_SHIFT) % FENCE_SECONDS];
    uint64_t there = atomic_load_explicit(place, memory_order_relaxed);
    if (there >> SECOND_SHIFT > front >> SECOND_SHIFT) {
        raise_to(&fence->floor, front); /* older than the seconds that are remembered */
        return;
    }
    if (there >> SECOND_SHIFT < front >> SECOND_SHIFT) {
        raise_to(&fence->floor, there); /* its second is forgotten */
    }
    raise_to(place, front);
}

void fences_raise(struct fences *fences, enum ledger_table table, struct slice key)
{
    struct fence *fence =
        !fences_cover(table) || key.length != KEY_BYTES ? NULL : find_or_make(fences, table, key);
    if (fence != NULL) {
        raise_to(&fence->floor, front_of(key));
    }
}

bool fences_may_hold(const struct fences *fences, enum ledger_table table, struct slice key)
{
    if (!fences_cover(table) || key.length != KEY_BYTES) {
        return true;
    }
    const struct fence *fence = find(fences, table, key);
    if (fence == NULL) {
        return atomic_load(&fences->is_incomplete);
    }
    uint64_t front = front_of(key);
    uint64_t there = atomic_load_explicit(&fence->highest[(front >> SECOND_SHIFT) % FENCE_SECONDS],
                                          memory_order_acquire);
    if (front <= atomic_load_explicit(&fence->floor, memory_order_acquire)) {
        return true;
    }
    return there >> SECOND_SHIFT == front >> SECOND_SHIFT && front <= there;
}
