#include "store/pages.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/error.h"

#define SMALL ((size_t)1 << 14) /* of so little plain memory does */

/* In front of a page that is shared. */
struct pages_shared {
    size_t used; /* bytes given out, this head included */
    size_t live; /* of these, in use */
};

static size_t round_up(size_t size)
{
    return (size + PAGES_ALIGN - 1) / PAGES_ALIGN * PAGES_ALIGN;
}

static size_t whole_pages(size_t size)
{
    return (size + HUGE_PAGE_BYTES - 1) / HUGE_PAGE_BYTES * HUGE_PAGE_BYTES;
}

static void unmap(uint8_t *at, size_t size)
{
    int result = size == 0 ? 0 : munmap(at, size);
    ASSERT(result == 0);
}

/* One page more than needed is asked for, and what lies before and behind the aligned part given
 * back. */
void *pages_take_whole(size_t size)
{
    size_t whole = whole_pages(size);
    uint8_t *at = mmap(NULL, whole + HUGE_PAGE_BYTES, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) {
        return NULL;
    }
    size_t before = (HUGE_PAGE_BYTES - (uintptr_t)at % HUGE_PAGE_BYTES) % HUGE_PAGE_BYTES;
    unmap(at, before);
    unmap(at + before + whole, HUGE_PAGE_BYTES - before);
    (void)madvise(at + before, whole, MADV_HUGEPAGE); /* without them it is slower, no more */
    return at + before;
}

void pages_give_whole(void *memory, size_t size)
{
    if (memory != NULL) {
        unmap(memory, whole_pages(size));
    }
}

static void *take_shared(struct pages *pages, size_t size)
{
    struct pages_shared *page = pages->open;
    if (page == NULL || HUGE_PAGE_BYTES - page->used < size) {
        page = page_stock_take(pages->stock);
        if (page == NULL) {
            return NULL;
        }
        *page = (struct pages_shared){.used = PAGES_ALIGN};
        pages->open = page;
    }
    void *memory = (uint8_t *)page + page->used;
    page->used += size;
    page->live += size;
    return memory;
}

static bool is_shared(size_t size)
{
    return size >= SMALL && size <= HUGE_PAGE_BYTES / 2;
}

static bool is_one(size_t size)
{
    return size > HUGE_PAGE_BYTES / 2 && size <= HUGE_PAGE_BYTES;
}

void *pages_take(struct pages *pages, size_t size)
{
    size_t rounded = round_up(size);
    if (rounded < SMALL) {
        return aligned_alloc(PAGES_ALIGN, rounded);
    }
    if (is_one(rounded)) {
        return page_stock_take(pages->stock);
    }
    return is_shared(rounded) ? take_shared(pages, rounded) : pages_take_whole(rounded);
}

void pages_give(struct pages *pages, void *memory, size_t size)
{
    size_t rounded = round_up(size);
    if (memory == NULL || rounded < SMALL) {
        free(memory);
        return;
    }
    if (is_one(rounded)) {
        page_stock_give(pages->stock, memory);
        return;
    }
    if (!is_shared(rounded)) {
        pages_give_whole(memory, rounded);
        return;
    }
    uint8_t *at = memory;
    struct pages_shared *page = (struct pages_shared *)(at - (uintptr_t)at % HUGE_PAGE_BYTES);
    page->live -= rounded;
    if (page->live > 0) {
        return;
    }
    if (page == pages->open) {
        pages->open = NULL;
    }
    page_stock_give(pages->stock, page);
}
