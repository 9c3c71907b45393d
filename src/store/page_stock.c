#include "store/page_stock.h"

#include <stdint.h>

#include "store/pages.h"

#define SMALL_PAGE 4096u

/* NULL: there is none. */
static void *pop(struct page_stock *stock)
{
    void *page = NULL;
    spin_lock(&stock->lock);
    unsigned count = atomic_load_explicit(&stock->count, memory_order_relaxed);
    if (count > 0) {
        page = stock->pages[count - 1];
        atomic_store_explicit(&stock->count, count - 1, memory_order_relaxed);
    }
    spin_unlock(&stock->lock);
    return page;
}

static bool push(struct page_stock *stock, void *page)
{
    spin_lock(&stock->lock);
    unsigned count = atomic_load_explicit(&stock->count, memory_order_relaxed);
    bool has_room = count < PAGE_STOCK_MOST;
    if (has_room) {
        stock->pages[count] = page;
        atomic_store_explicit(&stock->count, count + 1, memory_order_relaxed);
    }
    spin_unlock(&stock->lock);
    return has_room;
}

void *page_stock_take(struct page_stock *stock)
{
    void *page = NULL;
    if (stock != NULL) {
        atomic_store_explicit(&stock->is_used, true, memory_order_relaxed);
        page = pop(stock);
    }
    return page != NULL ? page : pages_take_whole(HUGE_PAGE_BYTES);
}

void page_stock_give(struct page_stock *stock, void *page)
{
    if (page != NULL && (stock == NULL || !push(stock, page))) {
        pages_give_whole(page, HUGE_PAGE_BYTES);
    }
}

void page_stock_fill(struct page_stock *stock, unsigned count)
{
    while (page_stock_is_below(stock, count)) {
        uint8_t *page = pages_take_whole(HUGE_PAGE_BYTES);
        if (page == NULL) {
            return;
        }
        for (size_t at = 0; at < HUGE_PAGE_BYTES; at += SMALL_PAGE) {
            *(volatile uint8_t *)(page + at) = 0;
        }
        page_stock_give(stock, page);
    }
}

size_t page_stock_bytes(const struct page_stock *stock)
{
    return atomic_load(&stock->count) * HUGE_PAGE_BYTES;
}

void page_stock_fini(struct page_stock *stock)
{
    for (void *page = pop(stock); page != NULL; page = pop(stock)) {
        pages_give_whole(page, HUGE_PAGE_BYTES);
    }
}
