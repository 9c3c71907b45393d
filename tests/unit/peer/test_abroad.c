/* How long a home is waited for, and what its silence may mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "peer/abroad.h"

static void test_a_part_of_the_deadline_is_kept(void **state)
{
    (void)state;
    struct abroad_times none = abroad_times(INT64_MAX, false);
    assert_int_equal(none.all_ms, ABROAD_ALL_MS);
    assert_int_equal(abroad_times(INT64_MAX, true).all_ms, ABROAD_SUSPECT_MS);
    assert_int_equal(abroad_times(2000, false).all_ms, 2000 - ABROAD_RESERVE_MS);
    assert_int_equal(abroad_times(400, false).all_ms, 300); /* of a short one a quarter */
    assert_int_equal(abroad_times(400, true).all_ms, 300);
    assert_true(abroad_times(0, false).all_ms <= 0);
    for (int64_t left_ms = 1; left_ms < 10000; left_ms += 7) {
        struct abroad_times times = abroad_times(left_ms, false);
        assert_true(times.all_ms <= left_ms && times.try_ms <= times.all_ms + 1);
        assert_true(times.try_ms * ABROAD_TRIES >= times.all_ms);
    }
}

/* Only what the home decided on is an end: everything else may have been granted. */
static void test_what_is_asked_again(void **state)
{
    static const int unknown[] = {1, 2, 4, 8, 10, 13, 14};
    size_t count = 0;
    (void)state;
    for (int code = 0; code <= 16; code++) {
        count += abroad_may_ask_again(code) ? 1 : 0;
    }
    assert_int_equal(count, sizeof unknown / sizeof unknown[0]);
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        assert_true(abroad_may_ask_again(unknown[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_part_of_the_deadline_is_kept),
        cmocka_unit_test(test_what_is_asked_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
