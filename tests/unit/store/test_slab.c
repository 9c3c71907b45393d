/* Memory for rows, and the chunk that another thread makes ready. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "store/slab.h"

enum {
    CHUNK_BYTES = 2 << 20,
    PAGE_BYTES = 4096,
    BLOCK_BYTES = 2000,
    BLOCKS_MAX = 5000
};

static struct slab_chunk *ready_of(struct slab *slab)
{
    return atomic_load(&slab->ready);
}

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

static void nothing_is_made_ready_for_a_slab_that_does_not_grow(void **state)
{
    struct slab slab = {0};
    (void)state;
    slab_prepare(&slab);
    assert_null(ready_of(&slab));
    assert_int_equal(atomic_load(&slab.taken), 0);
    slab_fini(&slab);
}

static void the_next_chunk_is_made_ready_once(void **state)
{
    struct slab slab = {0};
    (void)state;
    (void)take_into_next(&slab);
    slab_prepare(&slab);
    struct slab_chunk *ready = ready_of(&slab);
    assert_non_null(ready);
    assert_int_equal((uintptr_t)ready % CHUNK_BYTES, 0);
    assert_true(is_touched(ready));
    assert_int_equal(atomic_load(&slab.taken), CHUNK_BYTES); /* it counts once it is used */
    slab_prepare(&slab);
    assert_ptr_equal(ready_of(&slab), ready);
    slab_fini(&slab);
}

static void the_chunk_that_is_ready_is_used_next(void **state)
{
    struct slab slab = {0};
    (void)state;
    (void)take_into_next(&slab);
    slab_prepare(&slab);
    struct slab_chunk *ready = ready_of(&slab);
    assert_true(is_inside(take_into_next(&slab), ready));
    assert_null(ready_of(&slab));
    slab_prepare(&slab); /* it grew again */
    assert_non_null(ready_of(&slab));
    assert_ptr_not_equal(ready_of(&slab), ready);
    (void)take_into_next(&slab);
    assert_int_equal(atomic_load(&slab.taken), 3 * CHUNK_BYTES);
    slab_fini(&slab);
}

static void a_slab_grows_without_one_that_is_ready(void **state)
{
    struct slab slab = {0};
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        (void)take_into_next(&slab);
        assert_null(ready_of(&slab));
    }
    assert_int_equal(atomic_load(&slab.taken), 4 * CHUNK_BYTES);
    slab_fini(&slab);
}

struct preparing {
    struct slab *slab;
    atomic_bool is_over;
};

static void *prepare_on(void *context)
{
    struct preparing *preparing = context;
    while (!atomic_load(&preparing->is_over)) {
        slab_prepare(preparing->slab);
    }
    return NULL;
}

/* Blocks never overlap, whoever made their chunk ready: each keeps what was written to it. */
static void another_thread_makes_chunks_ready(void **state)
{
    static uint32_t *blocks[4 * BLOCKS_MAX];
    struct slab slab = {0};
    struct preparing preparing = {.slab = &slab};
    pthread_t thread;
    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, prepare_on, &preparing), 0);
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
    atomic_store(&preparing.is_over, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(atomic_load(&slab.live), 0);
    assert_int_equal(atomic_load(&slab.taken), CHUNK_BYTES); /* the newest stays */
    slab_fini(&slab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_made_ready_for_a_slab_that_does_not_grow),
        cmocka_unit_test(the_next_chunk_is_made_ready_once),
        cmocka_unit_test(the_chunk_that_is_ready_is_used_next),
        cmocka_unit_test(a_slab_grows_without_one_that_is_ready),
        cmocka_unit_test(another_thread_makes_chunks_ready),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
