/* Memory for rows: blocks in steps of 8 bytes without a header, whose owner knows their size.
 * Blocks of 64 bytes that are taken one after the other are a cache line each.
 *
 * Blocks are cut from chunks of a huge page. A freed block goes to the list of its size in its
 * chunk and is given out again; when there is none, a larger free one is cut before more memory is
 * taken. A chunk without a block in use goes back to where it came from. Large blocks are malloc's.
 * One thread at a time.
 */
#ifndef STORE_SLAB_H
#define STORE_SLAB_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "store/page_stock.h"

#define SLAB_STEP    8u
#define SLAB_MAX     2008u /* larger blocks are malloc's */
#define SLAB_CLASSES (SLAB_MAX / SLAB_STEP + 1)

struct slab_chunk;
struct slab_large;

/* Zero-initialised is empty and valid. */
struct slab {
    struct slab_chunk *partial[SLAB_CLASSES]; /* chunks with free blocks of a size */
    struct slab_chunk *chunks;
    struct slab_chunk *newest; /* it has memory that was not given out yet */
    struct slab_large *large;
    uint8_t *fresh;
    size_t fresh_bytes;
    atomic_size_t live;       /* bytes of blocks in use; may be read by anyone */
    atomic_size_t taken;      /* bytes of memory; may be read by anyone */
    struct page_stock *stock; /* where chunks come from; NULL: the system */
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
