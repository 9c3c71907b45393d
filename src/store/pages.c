#include "store/pages.h"

#include <stdlib.h>
#include <sys/mman.h>

#define HUGE_PAGE ((size_t)1 << 21)
#define HALF_PAGE (HUGE_PAGE / 2) /* of so much the rest of a page is not wasted for nothing */

void *pages_take(size_t size)
{
    if (size < HALF_PAGE) {
        return aligned_alloc(PAGES_ALIGN, (size + PAGES_ALIGN - 1) / PAGES_ALIGN * PAGES_ALIGN);
    }
    size_t whole = (size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    void *memory = aligned_alloc(HUGE_PAGE, whole);
    if (memory != NULL) {
        (void)madvise(memory, whole, MADV_HUGEPAGE); /* without them it is slower, no more */
    }
    return memory;
}
