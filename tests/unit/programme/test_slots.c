/* What becomes of a slot's numbers when two members become one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "programme/standing.h"

static int64_t merged(enum slot_merge how, int64_t own, int64_t other)
{
    int64_t value = INT64_MIN;
    assert_int_equal(slot_merge_values(UINT64_C(4) | (uint64_t)how, own, other, &value), ERR_OK);
    return value;
}

static void test_numbers_merge_as_their_slot_says(void **state)
{
    (void)state;
    assert_int_equal(merged(SLOT_SUMS, 3, 4), 7);
    assert_int_equal(merged(SLOT_SUMS, 3, -3), 0);
    assert_int_equal(merged(SLOT_LATEST, 3, 4), 4);
    assert_int_equal(merged(SLOT_LATEST, 4, 3), 4);
    assert_int_equal(merged(SLOT_LATEST, -4, 0), -4);
    assert_int_equal(merged(SLOT_EARLIEST, 3, 4), 3);
    assert_int_equal(merged(SLOT_EARLIEST, 4, 3), 3);
    assert_int_equal(merged(SLOT_EARLIEST, 0, 4), 4);
    assert_int_equal(merged(SLOT_EARLIEST, 4, 0), 4);
    assert_int_equal(merged(SLOT_STAYS, 3, 4), 3);
    assert_int_equal(merged(SLOT_STAYS, 0, 4), 4);
    int64_t value = 5;
    assert_int_equal(slot_merge_values(4, INT64_MAX, 1, &value), ERR_RANGE);
    assert_int_equal(value, 5);
}

static void test_what_a_slot_is_says_how_it_merges(void **state)
{
    (void)state;
    static const enum slot_of sums[] = {SLOT_METRIC, SLOT_CAP_AMOUNT, SLOT_CAP_USES,
                                        SLOT_PURCHASE_HAD, SLOT_METRIC_HELD};
    for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++) {
        uint64_t slot = slot_named(sums[i], 2, "spent");
        assert_int_equal(slot_merge_of(slot), SLOT_SUMS);
        assert_true(slot > 3);
        assert_true(slot != slot_named(sums[i], 3, "spent"));
        assert_true(slot != slot_named(sums[i], 2, "visits"));
    }
    assert_int_equal(slot_merge_of(slot_named(SLOT_METRIC_LATEST, 0, "birthday")), SLOT_LATEST);
    assert_int_equal(slot_merge_of(slot_named(SLOT_COUPON, 1, "welcome")), SLOT_STAYS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_merge_as_their_slot_says),
        cmocka_unit_test(test_what_a_slot_is_says_how_it_merges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
