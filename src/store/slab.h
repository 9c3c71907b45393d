/* Memory for rows: blocks in steps of 8 bytes without a header, whose owner knows their size. Blocks
 * of 64 bytes that are taken one after the other are a cache line each.
 *
 * A freed block goes to the list of its size and is given out again; when there is none, a larger
 * free one is cut before more memory is taken. Chunks go back to the system only at the end. Large
 * blocks are malloc's. One thread at a time.
 */
#ifndef STORE_SLAB_H
#define STORE_SLAB_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define SLAB_STEP    8u
#define SLAB_MAX     2008u /* larger blocks are malloc's */
#define SLAB_CLASSES (SLAB_MAX / SLAB_STEP + 1)
#define SLAB_CHUNK   (1u << 21) /* a huge page */

struct slab_block;
struct slab_large;

/* Zero-initialised is empty and valid. */
struct slab {
    struct slab_block *free[SLAB_CLASSES];
    struct slab_block *chunks;
    struct slab_large *large;
    uint8_t *fresh; /* of the newest chunk, not given out yet */
    size_t fresh_bytes;
    atomic_size_t live;  /* bytes of blocks in use; may be read by anyone */
    atomic_size_t taken; /* bytes of memory; may be read by anyone */
};

/* Room for `size` bytes (at least 1), aligned to 8. NULL without memory. */
void *slab_take(struct slab *slab, size_t size);
/* Bytes of a block larger than SLAB_MAX. */
size_t slab_large_size(const void *block);
/* `size` as it was taken. */
void slab_give(struct slab *slab, void *block, size_t size);
/* All blocks at once. */
void slab_fini(struct slab *slab);

#endif
