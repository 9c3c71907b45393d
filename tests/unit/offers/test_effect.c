/* Differences between those with offers and the control group, against numbers worked out by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "offers/effect.h"

/* `buyers` of `members` spend `each`, the others nothing. */
static struct effect_group group_of(uint64_t members, uint64_t buyers, int64_t each)
{
    struct effect_group group = {.members = 0};
    for (uint64_t i = 0; i < members; i++) {
        assert_int_equal(effect_add(&group, i < buyers ? each : 0, i < buyers), ERR_OK);
    }
    return group;
}

static void test_a_difference_of_shares(void **state)
{
    (void)state;
    /* 0.30 - 0.20; sqrt(0.3 * 0.7 / 1000 + 0.2 * 0.8 / 500) = 0.023022; times 1.96: 0.045123. */
    struct effect_group offered = group_of(1000, 300, 1000);
    struct effect_group control = group_of(500, 100, 1000);
    struct effect effect = effect_of(&offered, &control);
    assert_int_equal(effect.offered_share_ppm, 300000);
    assert_int_equal(effect.control_share_ppm, 200000);
    assert_int_equal(effect.share_ppm.middle, 100000);
    assert_in_range(effect.share_ppm.low, 54870, 54880);
    assert_in_range(effect.share_ppm.high, 145120, 145130);
    assert_int_equal(effect.of_share, EFFECT_MORE);
    effect = effect_of(&control, &offered);
    assert_int_equal(effect.of_share, EFFECT_LESS);
}

static void test_a_difference_of_means(void **state)
{
    (void)state;
    /* Means 300 and 200; sample variances 1000^2 * p (1 - p) * n / (n - 1) = 210210 and 160321;
     * sqrt(210210 / 1000 + 160321 / 500) = 23.040; times 1.96: 45.2. */
    struct effect_group offered = group_of(1000, 300, 1000);
    struct effect_group control = group_of(500, 100, 1000);
    struct effect effect = effect_of(&offered, &control);
    assert_int_equal(effect.spend_minor.middle, 100);
    assert_in_range(effect.spend_minor.low, 52, 55);
    assert_in_range(effect.spend_minor.high, 145, 148);
    assert_int_equal(effect.of_spend, EFFECT_MORE);
}

static void test_chance(void **state)
{
    (void)state;
    struct effect_group offered = group_of(1000, 210, 1000);
    struct effect_group control = group_of(100, 20, 1000);
    struct effect effect = effect_of(&offered, &control);
    assert_int_equal(effect.of_share, EFFECT_NONE);
    assert_true(effect.share_ppm.low < 0 && effect.share_ppm.high > 0);
    assert_string_equal(effect_verdict_name(effect.of_share), "none");
}

static void test_few_and_nobody(void **state)
{
    (void)state;
    struct effect_group offered = group_of(1000, 500, 1000);
    struct effect_group few = group_of(29, 0, 1000);
    struct effect_group nobody = {.members = 0};
    assert_int_equal(effect_of(&offered, &few).of_share, EFFECT_TOO_FEW);
    struct effect effect = effect_of(&offered, &nobody);
    assert_int_equal(effect.of_share, EFFECT_TOO_FEW);
    assert_int_equal(effect.share_ppm.high, 0);
}

static void test_large_numbers(void **state)
{
    (void)state;
    struct effect_group offered = group_of(2000, 1000, LIMIT_OFFER_MINOR);
    struct effect_group control = group_of(2000, 0, 0);
    struct effect effect = effect_of(&offered, &control);
    assert_int_equal(effect.spend_minor.middle, LIMIT_OFFER_MINOR / 2);
    assert_int_equal(effect.of_spend, EFFECT_MORE);
    struct effect_group group = {.members = 0};
    assert_int_equal(effect_add(&group, -1, false), ERR_RANGE);
    assert_int_equal(effect_add(&group, LIMIT_OFFER_MINOR + 1, false), ERR_RANGE);
    assert_int_equal(group.members, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_difference_of_shares),
        cmocka_unit_test(test_a_difference_of_means),
        cmocka_unit_test(test_chance),
        cmocka_unit_test(test_few_and_nobody),
        cmocka_unit_test(test_large_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
