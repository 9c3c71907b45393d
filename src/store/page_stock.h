/* Huge pages in stock, whose memory the system has given out already: so that who takes one need
 * not wait while it clears two megabytes. That takes 0.1 ms as a rule, but 5 ms in a virtual
 * machine whose host finds the memory only then.
 *
 * Pages that are given back stay in stock, up to a bound. One thread fills it up at a time; any
 * takes and gives.
 */
#ifndef STORE_PAGE_STOCK_H
#define STORE_PAGE_STOCK_H

#include <stddef.h>

#include "store/spin.h"

#define HUGE_PAGE_BYTES ((size_t)1 << 21)

enum {
    PAGE_STOCK_LOW = 8, /* below it, it should be filled up */
    PAGE_STOCK_MOST = 16
};

/* Zero-initialised is empty and valid. */
struct page_stock {
    struct spin lock;
    void *pages[PAGE_STOCK_MOST];
    atomic_uint count; /* changed under the lock */
    atomic_bool is_used;
};

/* Aligned to its size, of any content. From the system when there is none in stock, or no stock
 * (NULL). NULL without memory. */
void *page_stock_take(struct page_stock *stock);
/* To the system when the stock is full, or there is none; a NULL page is allowed. */
void page_stock_give(struct page_stock *stock, void *page);

/* One of which nothing was ever taken is not: it may belong to a small ledger. */
static inline bool page_stock_is_below(const struct page_stock *stock, unsigned count)
{
    return atomic_load_explicit(&stock->is_used, memory_order_relaxed) &&
           atomic_load_explicit(&stock->count, memory_order_relaxed) < count;
}

/* As long as it is below `count`, and there is memory. */
void page_stock_fill(struct page_stock *stock, unsigned count);
size_t page_stock_bytes(const struct page_stock *stock);
void page_stock_fini(struct page_stock *stock);

#endif
