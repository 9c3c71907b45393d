/* Memory for rows, and the pages that another thread gets ready for it. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "store/pages.h"
#include "store/slab.h"

enum {
    CHUNK_BYTES = 2 << 20,
    PAGE_BYTES = 4096,
    BLOCK_BYTES = 2000,
    BLOCKS_MAX = 5000
};

/* Is all of the chunk in memory? */
static bool is_touched(void *chunk)
{
    unsigned char pages[CHUNK_BYTES / PAGE_BYTES];
    assert_int_equal(mincore(chunk, CHUNK_BYTES, pages), 0);
    for (size_t i = 0; i < sizeof pages; i++) {
        if ((pages[i] & 1u) == 0) {
            return false;
        }
    }
    return true;
}

static bool is_inside(const void *block, const void *chunk)
{
    return (uintptr_t)block - (uintptr_t)chunk < CHUNK_BYTES;
}

/* Takes blocks until one comes from another chunk than the last one's. */
static uint8_t *take_into_next(struct slab *slab)
{
    size_t taken = atomic_load(&slab->taken);
    for (unsigned i = 0; i < BLOCKS_MAX; i++) {
        uint8_t *block = slab_take(slab, BLOCK_BYTES);
        assert_non_null(block);
        memset(block, 0xaa, BLOCK_BYTES);
        if (atomic_load(&slab->taken) != taken) {
            return block;
        }
    }
    fail_msg("no chunk was taken");
    return NULL;
}

static void a_stock_that_nobody_used_stays_empty(void **state)
{
    struct page_stock stock = {0};
    (void)state;
    page_stock_fill(&stock, PAGE_STOCK_MOST);
    assert_int_equal(page_stock_bytes(&stock), 0);
    assert_false(page_stock_is_below(&stock, PAGE_STOCK_LOW));
}

static void a_stock_is_filled_up_with_memory_that_is_there(void **state)
{
    struct page_stock stock = {0};
    struct slab slab = {.stock = &stock};
    (void)state;
    (void)take_into_next(&slab);
    assert_true(page_stock_is_below(&stock, 1));
    page_stock_fill(&stock, PAGE_STOCK_LOW);
    page_stock_fill(&stock, PAGE_STOCK_LOW);
    assert_int_equal(page_stock_bytes(&stock), PAGE_STOCK_LOW * CHUNK_BYTES);
    assert_false(page_stock_is_below(&stock, PAGE_STOCK_LOW));
    for (unsigned i = 0; i < PAGE_STOCK_LOW; i++) {
        assert_int_equal((uintptr_t)stock.pages[i] % CHUNK_BYTES, 0);
        assert_true(is_touched(stock.pages[i]));
    }
    assert_int_equal(atomic_load(&slab.taken), CHUNK_BYTES); /* one counts once it is used */
    slab_fini(&slab);
    page_stock_fini(&stock);
}

static void what_is_in_stock_is_used_next(void **state)
{
    struct page_stock stock = {0};
    struct slab slab = {.stock = &stock};
    (void)state;
    (void)take_into_next(&slab);
    page_stock_fill(&stock, 1);
    const void *page = stock.pages[0];
    assert_true(is_inside(take_into_next(&slab), page));
    assert_int_equal(page_stock_bytes(&stock), 0);
    (void)take_into_next(&slab); /* without one */
    assert_int_equal(atomic_load(&slab.taken), 3 * CHUNK_BYTES);
    slab_fini(&slab);
    assert_int_equal(page_stock_bytes(&stock), 3 * CHUNK_BYTES);
    page_stock_fini(&stock);
    assert_int_equal(page_stock_bytes(&stock), 0);
}

static void a_stock_keeps_so_many_pages_and_no_more(void **state)
{
    struct page_stock stock = {0};
    void *pages[PAGE_STOCK_MOST + 1];
    (void)state;
    for (unsigned i = 0; i <= PAGE_STOCK_MOST; i++) {
        pages[i] = page_stock_take(&stock);
        assert_non_null(pages[i]);
    }
    for (unsigned i = 0; i <= PAGE_STOCK_MOST; i++) {
        page_stock_give(&stock, pages[i]);
    }
    assert_int_equal(page_stock_bytes(&stock), PAGE_STOCK_MOST * CHUNK_BYTES);
    page_stock_fini(&stock);
}

/* A page that indexes share goes back to stock when the last of them gave up its part. */
static void shared_pages_come_from_stock_and_go_back(void **state)
{
    struct page_stock stock = {0};
    struct pages pages = {.stock = &stock};
    (void)state;
    page_stock_give(&stock, page_stock_take(&stock));
    void *first = pages_take(&pages, CHUNK_BYTES / 4);
    void *second = pages_take(&pages, CHUNK_BYTES / 4);
    assert_int_equal(page_stock_bytes(&stock), 0);
    pages_give(&pages, first, CHUNK_BYTES / 4);
    assert_int_equal(page_stock_bytes(&stock), 0);
    pages_give(&pages, second, CHUNK_BYTES / 4);
    assert_int_equal(page_stock_bytes(&stock), CHUNK_BYTES);
    void *alone = pages_take(&pages, CHUNK_BYTES / 2 + 1); /* too large to share one */
    assert_int_equal(page_stock_bytes(&stock), 0);
    pages_give(&pages, alone, CHUNK_BYTES / 2 + 1);
    assert_int_equal(page_stock_bytes(&stock), CHUNK_BYTES);
    page_stock_fini(&stock);
}

static void a_slab_grows_without_a_stock(void **state)
{
    struct slab slab = {0};
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        (void)take_into_next(&slab);
    }
    assert_int_equal(atomic_load(&slab.taken), 4 * CHUNK_BYTES);
    slab_fini(&slab);
}

struct filling {
    struct page_stock *stock;
    atomic_bool is_over;
};

static void *fill_on(void *context)
{
    struct filling *filling = context;
    while (!atomic_load(&filling->is_over)) {
        page_stock_fill(filling->stock, PAGE_STOCK_LOW);
    }
    return NULL;
}

/* Blocks never overlap, whoever got their chunk: each keeps what was written to it. */
static void another_thread_fills_the_stock(void **state)
{
    static uint32_t *blocks[4 * BLOCKS_MAX];
    struct page_stock stock = {0};
    struct slab slab = {.stock = &stock};
    struct filling filling = {.stock = &stock};
    pthread_t thread;
    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, fill_on, &filling), 0);
    for (uint32_t i = 0; i < 4 * BLOCKS_MAX; i++) {
        blocks[i] = slab_take(&slab, BLOCK_BYTES);
        assert_non_null(blocks[i]);
        blocks[i][0] = i;
        blocks[i][BLOCK_BYTES / 4 - 1] = i;
    }
    for (uint32_t i = 0; i < 4 * BLOCKS_MAX; i++) {
        assert_int_equal(blocks[i][0], i);
        assert_int_equal(blocks[i][BLOCK_BYTES / 4 - 1], i);
        slab_give(&slab, blocks[i], BLOCK_BYTES);
    }
    atomic_store(&filling.is_over, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(atomic_load(&slab.live), 0);
    assert_int_equal(atomic_load(&slab.taken), CHUNK_BYTES); /* the newest stays */
    slab_fini(&slab);
    page_stock_fini(&stock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stock_that_nobody_used_stays_empty),
        cmocka_unit_test(a_stock_is_filled_up_with_memory_that_is_there),
        cmocka_unit_test(what_is_in_stock_is_used_next),
        cmocka_unit_test(a_stock_keeps_so_many_pages_and_no_more),
        cmocka_unit_test(shared_pages_come_from_stock_and_go_back),
        cmocka_unit_test(a_slab_grows_without_a_stock),
        cmocka_unit_test(another_thread_fills_the_stock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
