#include "store/pages.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#define HUGE_PAGE ((size_t)1 << 21)
#define SMALL     ((size_t)1 << 14) /* of so little plain memory does */

/* In front of a page that is shared. */
struct pages_shared {
    size_t used; /* bytes given out, this head included */
    size_t live; /* of these, in use */
};

static size_t round_up(size_t size)
{
    return (size + PAGES_ALIGN - 1) / PAGES_ALIGN * PAGES_ALIGN;
}

void *pages_take_whole(size_t size)
{
    size_t whole = (size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    void *memory = aligned_alloc(HUGE_PAGE, whole);
    if (memory != NULL) {
        (void)madvise(memory, whole, MADV_HUGEPAGE); /* without them it is slower, no more */
    }
    return memory;
}

static void *take_shared(struct pages *pages, size_t size)
{
    struct pages_shared *page = pages->open;
    if (page == NULL || HUGE_PAGE - page->used < size) {
        page = pages_take_whole(HUGE_PAGE);
        if (page == NULL) {
            return NULL;
        }
        *page = (struct pages_shared){.used = PAGES_ALIGN};
        if (pages->open != NULL && pages->open->live == 0) {
            free(pages->open);
        }
        pages->open = page;
    }
    void *memory = (uint8_t *)page + page->used;
    page->used += size;
    page->live += size;
    return memory;
}

static size_t is_shared(size_t size)
{
    return size >= SMALL && size <= HUGE_PAGE / 2;
}

void *pages_take(struct pages *pages, size_t size)
{
    size_t rounded = round_up(size);
    if (rounded < SMALL) {
        return aligned_alloc(PAGES_ALIGN, rounded);
    }
    return is_shared(rounded) ? take_shared(pages, rounded) : pages_take_whole(rounded);
}

void pages_give(struct pages *pages, void *memory, size_t size)
{
    size_t rounded = round_up(size);
    if (memory == NULL || !is_shared(rounded)) {
        free(memory);
        return;
    }
    uint8_t *at = memory;
    struct pages_shared *page = (struct pages_shared *)(at - (uintptr_t)at % HUGE_PAGE);
    page->live -= rounded;
    if (page->live > 0) {
        return;
    }
    if (page == pages->open) {
        pages->open = NULL;
    }
    free(page);
}
