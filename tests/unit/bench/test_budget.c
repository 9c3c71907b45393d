/* What is left of a run's time, shared by the rows to come. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bench/budget.h"

#define SECOND UINT64_C(1000000000)

static void as_planned_each_has_what_it_is_meant_to(void **state)
{
    const struct budget budget = {.ends_ns = 285 * SECOND, .rows_left = 57};
    (void)state;
    assert_int_equal(budget_share_ms(&budget, 0, 4000, 1), 4000);
    assert_int_equal(budget_share_ms(&budget, 0, 5000, 1), 5000);
    assert_int_equal(budget_share_ms(&budget, 0, 20000, 4), 20000);
}

static void what_is_left_is_shared(void **state)
{
    const struct budget budget = {.ends_ns = 285 * SECOND, .rows_left = 10};
    (void)state;
    assert_int_equal(budget_share_ms(&budget, 265 * SECOND, 4000, 1), 2000);
    assert_int_equal(budget_share_ms(&budget, 265 * SECOND, 20000, 4), 8000);
    assert_int_equal(budget_share_ms(&budget, 265 * SECOND, 400000, 40), 20000);
}

static void none_has_no_time_at_all(void **state)
{
    const struct budget budget = {.ends_ns = 285 * SECOND, .rows_left = 10};
    (void)state;
    assert_int_equal(budget_share_ms(&budget, 300 * SECOND, 4000, 1), BUDGET_SHARE_MS_MIN);
    assert_int_equal(budget_share_ms(&budget, 300 * SECOND, 20, 1), 20);
}

/* However long everything else takes, rows that take their shares end in time but for the least. */
static void a_run_ends_in_time(void **state)
{
    struct budget budget = {.ends_ns = 285 * SECOND, .rows_left = 60};
    uint64_t now = 100 * SECOND;
    (void)state;
    for (; budget.rows_left > 0; budget.rows_left--) {
        now += budget_share_ms(&budget, now, 60000, 1) * UINT64_C(1000000);
    }
    assert_in_range(now, 284 * SECOND, 285 * SECOND);
}

static void what_does_not_fit_is_left_out(void **state)
{
    const struct budget budget = {.ends_ns = 285 * SECOND, .rows_left = 7};
    (void)state;
    assert_true(budget_allows(&budget, 185 * SECOND, 93000));
    assert_false(budget_allows(&budget, 185 * SECOND, 93001));
    assert_false(budget_allows(&budget, 300 * SECOND, 1));
}

static void who_asks_by_name_has_the_time(void **state)
{
    const struct budget budget = {.ends_ns = 0, .rows_left = 1, .is_free = true};
    (void)state;
    assert_int_equal(budget_share_ms(&budget, SECOND, 4000, 1), 4000);
    assert_true(budget_allows(&budget, SECOND, 1000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_planned_each_has_what_it_is_meant_to),
        cmocka_unit_test(what_is_left_is_shared),
        cmocka_unit_test(none_has_no_time_at_all),
        cmocka_unit_test(a_run_ends_in_time),
        cmocka_unit_test(what_does_not_fit_is_left_out),
        cmocka_unit_test(who_asks_by_name_has_the_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
