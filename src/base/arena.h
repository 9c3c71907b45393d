/* A bump allocator with a cap: one for each request, reset at its end. Not thread-safe. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct arena_block;

struct arena {
    struct arena_block *blocks;
    size_t used;  /* bytes handed out since the last reset */
    size_t limit; /* bytes that may be handed out between resets */
};

void arena_init(struct arena *arena, size_t limit);
/* Aligned to 16 bytes, not zeroed. NULL past the limit or without memory. */
void *arena_alloc(struct arena *arena, size_t size);
/* A copy with a NUL byte behind it; NULL as above. */
char *arena_text(struct arena *arena, struct slice bytes);
/* Forgets all; keeps one block for the next use. */
void arena_reset(struct arena *arena);
void arena_fini(struct arena *arena);

#endif
