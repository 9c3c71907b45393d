/* Memory in huge pages: looking up a row touches memory all over the place, and with small pages
 * the address is as far away as the bytes.
 *
 * What is smaller than a page shares one with others that are taken about the same time; a page
 * goes back when nothing of it is in use. One thread at a time.
 */
#ifndef STORE_PAGES_H
#define STORE_PAGES_H

#include <stddef.h>

#include "store/page_stock.h"

#define PAGES_ALIGN 64u

struct pages_shared;

/* Zero-initialised is empty and valid. */
struct pages {
    struct page_stock *stock;  /* where shared pages come from; NULL: the system */
    struct pages_shared *open; /* the one that is being filled; NULL: none */
};

/* Aligned to PAGES_ALIGN, for pages_give to take back. NULL without memory. */
void *pages_take(struct pages *pages, size_t size);
/* `size` as it was taken; NULL is allowed. */
void pages_give(struct pages *pages, void *memory, size_t size);

/* In huge pages of its own, aligned to one, for pages_give_whole to give back to the system at
 * once. `size` as it was taken; NULL is allowed. */
void *pages_take_whole(size_t size);
void pages_give_whole(void *memory, size_t size);

#endif
