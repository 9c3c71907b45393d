/* The figures of IFRS 15, Example 52 (customer loyalty programme), and some worked by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "accounting/cohorts.h"
#include "accounting/deferral.h"

static const struct period january = {202601};
static const struct period february = {202602};

/* 100,000 of goods with 10,000 points, each worth 1 when it is redeemed. */
static struct deferral_case example(int64_t redeemed, int64_t expired)
{
    return (struct deferral_case){.sales = {100000},
                                  .issued = {10000},
                                  .redeemed = {redeemed},
                                  .left = {10000 - redeemed - expired},
                                  .price = {1},
                                  .per = {1}};
}

static void test_example_52(void **state)
{
    (void)state;
    struct money allocated;
    struct money recognised;
    struct points expected;
    struct deferral_case sales = example(0, 0);
    /* 9,500 are expected to be redeemed: 100,000 * 9,500 / 109,500. */
    assert_int_equal(deferral_allocated(&sales, 50000, &allocated), ERR_OK);
    assert_int_equal(allocated.minor, 8676);
    /* 4,500 are redeemed in the first period: 8,676 * 4,500 / 9,500. */
    sales = example(4500, 0);
    assert_int_equal(deferral_recognised(&sales, allocated, 50000, &recognised), ERR_OK);
    assert_int_equal(recognised.minor, 4110);
    assert_int_equal(allocated.minor - recognised.minor, 4566);
    /* 4,000 more in the second one, and now 9,700 are expected: 8,676 * 8,500 / 9,700. */
    sales = example(8500, 0);
    assert_int_equal(deferral_expected(&sales, 30000, &expected), ERR_OK);
    assert_int_equal(expected.minor, 9700);
    assert_int_equal(deferral_recognised(&sales, allocated, 30000, &recognised), ERR_OK);
    assert_int_equal(recognised.minor - 4110, 3493);
    assert_int_equal(allocated.minor - recognised.minor, 1073);
}

static void test_bounds_of_the_estimate(void **state)
{
    (void)state;
    struct points expected;
    struct money recognised;
    /* More were redeemed than the estimate had: all is earned but for what nobody redeems. */
    struct deferral_case sales = example(9600, 0);
    assert_int_equal(deferral_expected(&sales, 50000, &expected), ERR_OK);
    assert_int_equal(expected.minor, 9600);
    /* Fewer than it has can still be: 9,000 expired. */
    sales = example(600, 9000);
    assert_int_equal(deferral_expected(&sales, 50000, &expected), ERR_OK);
    assert_int_equal(expected.minor, 1000);
    assert_int_equal(deferral_recognised(&sales, money_of(8676), 50000, &recognised), ERR_OK);
    assert_int_equal(recognised.minor, 5206); /* 8,676 * 600 / 1,000 = 5,205.6 */
    /* All expired: all is revenue. None did, and none is expected: nothing yet. */
    sales = example(0, 10000);
    assert_int_equal(deferral_recognised(&sales, money_of(8676), 50000, &recognised), ERR_OK);
    assert_int_equal(recognised.minor, 8676);
    sales = example(0, 0);
    assert_int_equal(deferral_recognised(&sales, money_of(8676), PPM_WHOLE, &recognised), ERR_OK);
    assert_int_equal(recognised.minor, 0);
}

static void test_nothing_to_divide(void **state)
{
    (void)state;
    struct money allocated;
    struct deferral_case sales = example(0, 0);
    sales.sales = money_of(0); /* given for nothing: no contract's price is in them */
    assert_int_equal(deferral_allocated(&sales, 0, &allocated), ERR_OK);
    assert_int_equal(allocated.minor, 0);
    sales = example(0, 0);
    assert_int_equal(deferral_allocated(&sales, PPM_WHOLE, &allocated), ERR_OK);
    assert_int_equal(allocated.minor, 0);
    sales.per = points_of(0);
    allocated = money_of(77);
    assert_int_equal(deferral_allocated(&sales, 0, &allocated), ERR_INPUT);
    sales = example(0, 0);
    sales.sales = money_of(INT64_MAX);
    assert_int_equal(deferral_allocated(&sales, 0, &allocated), ERR_RANGE);
    assert_int_equal(allocated.minor, 77);
}

static void test_rates(void **state)
{
    (void)state;
    struct cohorts cohorts = {.rows = NULL};
    struct partner_id self;
    size_t place;
    uint32_t ppm;
    assert_int_equal(partner_id_parse("grocer", &self), ERR_OK);
    struct breakage past = {.months = 1};
    assert_int_equal(breakage_at(&past, &cohorts, january, &ppm), ERR_OK);
    assert_int_equal(ppm, 0);
    assert_int_equal(cohorts_place(&cohorts, &self, 1, january, &place), ERR_OK);
    cohorts.rows[place].issued = points_of(1000);
    assert_int_equal(cohorts_redeem(&cohorts, place, january, 90), ERR_OK);
    assert_int_equal(cohorts_expire(&cohorts, place, january, 10), ERR_OK);
    assert_int_equal(cohorts_expire(&cohorts, place, february, 300), ERR_OK);
    assert_int_equal(breakage_at(&past, &cohorts, january, &ppm), ERR_OK);
    assert_int_equal(ppm, 100000); /* 10 of 100 */
    assert_int_equal(breakage_at(&past, &cohorts, february, &ppm), ERR_OK);
    assert_int_equal(ppm, 1000000); /* of that month alone */
    past.months = 2;
    assert_int_equal(breakage_at(&past, &cohorts, february, &ppm), ERR_OK);
    assert_int_equal(ppm, 775000); /* 310 of 400 */
    struct breakage said = {.rate_count = 2, .rates = {{january, 50000}, {february, 30000}}};
    assert_int_equal(breakage_at(&said, &cohorts, (struct period){202512}, &ppm), ERR_OK);
    assert_int_equal(ppm, 50000);
    assert_int_equal(breakage_at(&said, &cohorts, (struct period){202703}, &ppm), ERR_OK);
    assert_int_equal(ppm, 30000);
    cohorts_fini(&cohorts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_example_52),
        cmocka_unit_test(test_bounds_of_the_estimate),
        cmocka_unit_test(test_nothing_to_divide),
        cmocka_unit_test(test_rates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
