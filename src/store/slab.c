#include "store/slab.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES HUGE_PAGE_BYTES /* a chunk is aligned to it */

struct slab_block {
    struct slab_block *next;
};

/* A chunk in a list: of all, or of those with free blocks of a size. */
struct slab_links {
    struct slab_chunk *next;
    struct slab_chunk *previous;
};

struct slab_chunk {
    size_t live; /* bytes of blocks in use */
    struct slab_links all;
    struct slab_block *free[SLAB_CLASSES];
    struct slab_links partial[SLAB_CLASSES];
};

/* In front of a large block. */
struct slab_large {
    struct slab_large *next;
    struct slab_large *previous;
    size_t size;
    size_t unused; /* a block is aligned to 16 */
};

enum {
    CHUNK_HEAD = (sizeof(struct slab_chunk) + 63) / 64 * 64 /* blocks begin with a cache line */
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

static struct slab_chunk *chunk_of(void *block)
{
    uint8_t *at = block;
    return (struct slab_chunk *)(at - (uintptr_t)at % CHUNK_BYTES);
}

static void link_partial(struct slab *slab, struct slab_chunk *chunk, size_t class)
{
    struct slab_chunk *first = slab->partial[class];
    chunk->partial[class] = (struct slab_links){first, NULL};
    if (first != NULL) {
        first->partial[class].previous = chunk;
    }
    slab->partial[class] = chunk;
}

static void unlink_partial(struct slab *slab, struct slab_chunk *chunk, size_t class)
{
    struct slab_links links = chunk->partial[class];
    *(links.previous == NULL ? &slab->partial[class] : &links.previous->partial[class].next) =
        links.next;
    if (links.next != NULL) {
        links.next->partial[class].previous = links.previous;
    }
}

/* Not in use any more, or never was. */
static void push(struct slab *slab, void *at, size_t size)
{
    struct slab_block *block = at;
    struct slab_chunk *chunk = chunk_of(at);
    size_t class = size / SLAB_STEP;
    if (chunk->free[class] == NULL) {
        link_partial(slab, chunk, class);
    }
    block->next = chunk->free[class];
    chunk->free[class] = block;
}

static void *pop(struct slab *slab, size_t size)
{
    size_t class = size / SLAB_STEP;
    struct slab_chunk *chunk = slab->partial[class];
    if (chunk == NULL) {
        return NULL;
    }
    struct slab_block *block = chunk->free[class];
    chunk->free[class] = block->next;
    if (block->next == NULL) {
        unlink_partial(slab, chunk, class);
    } else {
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

static void free_chunk(struct slab *slab, struct slab_chunk *chunk)
{
    struct slab_links links = chunk->all;
    for (size_t class = 0; class < SLAB_CLASSES; class ++) {
        if (chunk->free[class] != NULL) {
            unlink_partial(slab, chunk, class);
        }
    }
    *(links.previous == NULL ? &slab->chunks : &links.previous->all.next) = links.next;
    if (links.next != NULL) {
        links.next->all.previous = links.previous;
    }
    page_stock_give(slab->stock, chunk);
    count(&slab->taken, 0, CHUNK_BYTES);
}

static bool take_chunk(struct slab *slab)
{
    struct slab_chunk *before = slab->newest;
    struct slab_chunk *chunk = page_stock_take(slab->stock);
    if (chunk == NULL) {
        return false;
    }
    memset(chunk, 0, sizeof *chunk);
    chunk->all.next = slab->chunks;
    if (slab->chunks != NULL) {
        slab->chunks->all.previous = chunk;
    }
    slab->chunks = chunk;
    count(&slab->taken, CHUNK_BYTES, 0);
    if (slab->fresh_bytes > 0) {
        push(slab, slab->fresh, slab->fresh_bytes);
    }
    slab->newest = chunk;
    slab->fresh = (uint8_t *)chunk + CHUNK_HEAD;
    slab->fresh_bytes = CHUNK_BYTES - CHUNK_HEAD;
    if (before != NULL && before->live == 0) {
        free_chunk(slab, before);
    }
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
    chunk_of(block)->live += rounded;
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
    struct slab_chunk *chunk = chunk_of(block);
    push(slab, block, rounded);
    chunk->live -= rounded;
    count(&slab->live, 0, rounded);
    if (chunk->live == 0 && chunk != slab->newest) {
        free_chunk(slab, chunk);
    }
}

void slab_fini(struct slab *slab)
{
    while (slab->chunks != NULL) {
        struct slab_chunk *next = slab->chunks->all.next;
        page_stock_give(slab->stock, slab->chunks);
        slab->chunks = next;
    }
    while (slab->large != NULL) {
        struct slab_large *next = slab->large->next;
        free(slab->large);
        slab->large = next;
    }
}
