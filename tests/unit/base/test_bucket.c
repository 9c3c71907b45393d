#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bucket.h"

static const struct bucket_rate ten = {.per_second = 10, .burst = 5};

static bool take(struct bucket *bucket, uint32_t cost, int64_t now_ms)
{
    int64_t wait_ms;
    return bucket_take(bucket, &ten, cost, (struct unix_ms){now_ms}, &wait_ms);
}

static void test_burst_then_rate(void **state)
{
    struct bucket bucket = {0};
    (void)state;
    for (int i = 0; i < 5; i++) {
        assert_true(take(&bucket, 1, 1000));
    }
    assert_false(take(&bucket, 1, 1000));
    assert_false(take(&bucket, 1, 1099));
    assert_true(take(&bucket, 1, 1100));
    assert_false(take(&bucket, 1, 1199)); /* what a refusal saw filled is not lost */
    assert_true(take(&bucket, 1, 1200));
    unsigned taken = 0;
    for (int64_t now = 100000; now < 110000; now++) {
        taken += take(&bucket, 1, now);
    }
    assert_int_equal(taken, 5 + 99);
}

static void test_wait_is_exact(void **state)
{
    struct bucket bucket = {0};
    int64_t wait_ms = 0;
    (void)state;
    assert_true(take(&bucket, 5, 1000));
    assert_false(bucket_take(&bucket, &ten, 3, (struct unix_ms){1050}, &wait_ms));
    assert_int_equal(wait_ms, 250);
    assert_false(take(&bucket, 3, 1050 + 249));
    assert_true(take(&bucket, 3, 1050 + 250));
}

static void test_clock_that_jumps(void **state)
{
    struct bucket bucket = {0};
    (void)state;
    assert_true(take(&bucket, 5, 5000));
    assert_false(take(&bucket, 1, 1000)); /* back: nothing is filled */
    assert_true(take(&bucket, 1, 1100));
    assert_true(take(&bucket, 5, INT64_MAX)); /* far ahead: full, and no more than that */
    assert_false(take(&bucket, 1, INT64_MAX));
}

static void test_more_than_the_burst(void **state)
{
    struct bucket bucket = {0};
    (void)state;
    assert_true(take(&bucket, 400, 1000));
    assert_false(take(&bucket, 400, 1499));
    assert_true(take(&bucket, 400, 1500));
}

static void test_no_limit(void **state)
{
    struct bucket bucket = {0};
    const struct bucket_rate none = {0};
    int64_t wait_ms;
    (void)state;
    for (int i = 0; i < 1000; i++) {
        assert_true(bucket_take(&bucket, &none, UINT32_MAX, (struct unix_ms){1}, &wait_ms));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_burst_then_rate),  cmocka_unit_test(test_wait_is_exact),
        cmocka_unit_test(test_clock_that_jumps), cmocka_unit_test(test_more_than_the_burst),
        cmocka_unit_test(test_no_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
