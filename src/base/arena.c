#include "base/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_BLOCK_SIZE 8192u
#define ARENA_BLOCK_MAX  (2048u * 1024u)
#define ARENA_ALIGNMENT  16u

struct arena_block {
    struct arena_block *next;
    size_t size;
    size_t used;
    alignas(ARENA_ALIGNMENT) uint8_t bytes[];
};

void arena_init(struct arena *arena, size_t limit)
{
    *arena = (struct arena){.limit = limit};
}

/* Each block is as large as all before it, so that much takes few. */
static size_t next_capacity(const struct arena *arena)
{
    size_t capacity = ARENA_BLOCK_SIZE;
    while (capacity < ARENA_BLOCK_MAX && capacity < arena->used) {
        capacity *= 2;
    }
    return capacity;
}

static struct arena_block *arena_grow(struct arena *arena, size_t size)
{
    size_t usual = next_capacity(arena);
    size_t capacity = size > usual ? size : usual;
    struct arena_block *block = malloc(sizeof *block + capacity);
    if (block == NULL) {
        return NULL;
    }
    block->size = capacity;
    block->used = 0;
    block->next = arena->blocks;
    arena->blocks = block;
    return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    if (size > arena->limit || arena->used > arena->limit - size) {
        return NULL;
    }
    size_t aligned = (size + ARENA_ALIGNMENT - 1) & ~(size_t)(ARENA_ALIGNMENT - 1);
    struct arena_block *block = arena->blocks;
    if (block == NULL || block->size - block->used < aligned) {
        block = arena_grow(arena, aligned);
        if (block == NULL) {
            return NULL;
        }
    }
    void *at = block->bytes + block->used;
    block->used += aligned;
    arena->used += size;
    return at;
}

char *arena_text(struct arena *arena, struct slice bytes)
{
    char *text = arena_alloc(arena, bytes.length + 1);
    if (text != NULL) {
        if (bytes.length > 0) {
            memcpy(text, bytes.at, bytes.length);
        }
        text[bytes.length] = '\0';
    }
    return text;
}

void arena_reset(struct arena *arena)
{
    struct arena_block *keep = NULL;
    while (arena->blocks != NULL) {
        struct arena_block *next = arena->blocks->next;
        if (keep == NULL && arena->blocks->size == ARENA_BLOCK_SIZE) {
            keep = arena->blocks;
        } else {
            free(arena->blocks);
        }
        arena->blocks = next;
    }
    if (keep != NULL) {
        keep->next = NULL;
        keep->used = 0;
    }
    arena->blocks = keep;
    arena->used = 0;
}

void arena_fini(struct arena *arena)
{
    arena_reset(arena);
    free(arena->blocks);
    arena->blocks = NULL;
}
