#include "store/slab.h"

#include <stdlib.h>

#include "store/pages.h"

struct slab_block {
    struct slab_block *next;
};

/* In front of a large block. */
struct slab_large {
    struct slab_large *next;
    struct slab_large *previous;
    size_t size;
    size_t unused; /* a block is aligned to 16 */
};

enum {
    CHUNK_HEAD = 64 /* so that blocks begin with a cache line */
};

static size_t round_up(size_t size)
{
    return (size + SLAB_STEP - 1) / SLAB_STEP * SLAB_STEP;
}

/* One writer: a load and a store are enough. */
static void count(atomic_size_t *counter, size_t plus, size_t minus)
{
    size_t now = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, now + plus - minus, memory_order_relaxed);
}

static void *take_large(struct slab *slab, size_t size)
{
    struct slab_large *large = malloc(sizeof *large + size);
    if (large == NULL) {
        return NULL;
    }
    large->size = size;
    large->next = slab->large;
    large->previous = NULL;
    if (slab->large != NULL) {
        slab->large->previous = large;
    }
    slab->large = large;
    count(&slab->taken, sizeof *large + size, 0);
    count(&slab->live, size, 0);
    return large + 1;
}

size_t slab_large_size(const void *block)
{
    return ((const struct slab_large *)block - 1)->size;
}

static void give_large(struct slab *slab, void *block, size_t size)
{
    struct slab_large *large = (struct slab_large *)block - 1;
    *(large->previous == NULL ? &slab->large : &large->previous->next) = large->next;
    if (large->next != NULL) {
        large->next->previous = large->previous;
    }
    free(large);
    count(&slab->taken, 0, sizeof *large + size);
    count(&slab->live, 0, size);
}

static void push(struct slab *slab, void *at, size_t size)
{
    struct slab_block *block = at;
    block->next = slab->free[size / SLAB_STEP];
    slab->free[size / SLAB_STEP] = block;
}

static void *pop(struct slab *slab, size_t size)
{
    struct slab_block *block = slab->free[size / SLAB_STEP];
    if (block != NULL) {
        slab->free[size / SLAB_STEP] = block->next;
        __builtin_prefetch(block->next, 1); /* the next one to go, which may be cold */
    }
    return block;
}

/* The front of a larger free block; the rest of it is free. */
static void *cut(struct slab *slab, size_t size)
{
    for (size_t larger = size + SLAB_STEP; larger <= SLAB_MAX; larger += SLAB_STEP) {
        uint8_t *block = pop(slab, larger);
        if (block != NULL) {
            push(slab, block + size, larger - size);
            return block;
        }
    }
    return NULL;
}

static bool take_chunk(struct slab *slab)
{
    struct slab_block *chunk = pages_take_whole(SLAB_CHUNK);
    if (chunk == NULL) {
        return false;
    }
    if (slab->fresh_bytes > 0) {
        push(slab, slab->fresh, slab->fresh_bytes);
    }
    chunk->next = slab->chunks;
    slab->chunks = chunk;
    slab->fresh = (uint8_t *)chunk + CHUNK_HEAD;
    slab->fresh_bytes = SLAB_CHUNK - CHUNK_HEAD;
    count(&slab->taken, SLAB_CHUNK, 0);
    return true;
}

void *slab_take(struct slab *slab, size_t size)
{
    size_t rounded = round_up(size);
    if (rounded > SLAB_MAX) {
        return take_large(slab, rounded);
    }
    void *block = pop(slab, rounded);
    if (block == NULL && slab->fresh_bytes < rounded) {
        block = cut(slab, rounded);
        if (block == NULL && !take_chunk(slab)) {
            return NULL;
        }
    }
    if (block == NULL) {
        block = slab->fresh;
        slab->fresh += rounded;
        slab->fresh_bytes -= rounded;
    }
    count(&slab->live, rounded, 0);
    return block;
}

void slab_give(struct slab *slab, void *block, size_t size)
{
    size_t rounded = round_up(size);
    if (rounded > SLAB_MAX) {
        give_large(slab, block, rounded);
        return;
    }
    push(slab, block, rounded);
    count(&slab->live, 0, rounded);
}

void slab_fini(struct slab *slab)
{
    while (slab->chunks != NULL) {
        struct slab_block *next = slab->chunks->next;
        free(slab->chunks);
        slab->chunks = next;
    }
    while (slab->large != NULL) {
        struct slab_large *next = slab->large->next;
        free(slab->large);
        slab->large = next;
    }
}
