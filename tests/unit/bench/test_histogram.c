/* Quantiles against a sorted list of the same values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "bench/draw.h"
#include "bench/histogram.h"

#define VALUES 20000u

static int compare(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

static void test_quantiles_lie_within_the_error(void **state)
{
    static struct histogram histogram;
    static uint64_t values[VALUES];
    static const unsigned permilles[] = {1, 500, 900, 990, 999, 1000};
    struct draw draw = {42};
    (void)state;
    histogram_clear(&histogram);
    for (size_t i = 0; i < VALUES; i++) {
        values[i] = draw_next(&draw) >> (24 + i % 40); /* of every size */
        histogram_record(&histogram, values[i]);
    }
    qsort(values, VALUES, sizeof values[0], compare);
    for (size_t i = 0; i < sizeof permilles / sizeof permilles[0]; i++) {
        uint64_t exact = values[VALUES * permilles[i] / 1000 - 1];
        uint64_t shown = histogram_quantile(&histogram, permilles[i]);
        assert_true(shown >= exact);
        assert_true(shown - exact <= exact / HISTOGRAM_PARTS);
    }
    assert_int_equal(histogram.largest, values[VALUES - 1]);
}

static void test_small_values_are_exact(void **state)
{
    static struct histogram histogram;
    (void)state;
    for (uint64_t value = 0; value < 2048; value++) {
        histogram_clear(&histogram);
        histogram_record(&histogram, value);
        histogram_record(&histogram, value + 100000);
        assert_int_equal(histogram_quantile(&histogram, 500), value);
    }
}

static void test_nothing_and_too_much(void **state)
{
    static struct histogram histogram;
    (void)state;
    histogram_clear(&histogram);
    assert_int_equal(histogram_quantile(&histogram, 990), 0);
    histogram_record(&histogram, UINT64_MAX);
    assert_int_equal(histogram_quantile(&histogram, 990), HISTOGRAM_NS_MAX);
    assert_int_equal(histogram.count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quantiles_lie_within_the_error),
        cmocka_unit_test(test_small_values_are_exact),
        cmocka_unit_test(test_nothing_and_too_much),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
