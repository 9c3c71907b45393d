/* Said once at four fifths, once when full, once when there is room again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/outbox_watch.h"

static const struct partner_id fuel = {"fuel"};
static const struct partner_id grocer = {"grocer"};

static void test_levels(void **unused)
{
    (void)unused;
    assert_int_equal(outbox_level_of(OUTBOX_ROOM, 799, 1000), OUTBOX_ROOM);
    assert_int_equal(outbox_level_of(OUTBOX_ROOM, 800, 1000), OUTBOX_FILLING);
    assert_int_equal(outbox_level_of(OUTBOX_ROOM, 999, 1000), OUTBOX_FILLING);
    assert_int_equal(outbox_level_of(OUTBOX_ROOM, 1000, 1000), OUTBOX_FULL);
    assert_int_equal(outbox_level_of(OUTBOX_FULL, 1250, 1000), OUTBOX_FULL);
    assert_int_equal(outbox_level_of(OUTBOX_FULL, 700, 1000), OUTBOX_FILLING);
    assert_int_equal(outbox_level_of(OUTBOX_FILLING, 700, 1000), OUTBOX_FILLING);
    assert_int_equal(outbox_level_of(OUTBOX_FILLING, 699, 1000), OUTBOX_ROOM);
    assert_int_equal(outbox_level_of(OUTBOX_ROOM, UINT64_MAX - 1, UINT64_MAX), OUTBOX_FILLING);
    assert_int_equal(outbox_level_of(OUTBOX_ROOM, 0, 1), OUTBOX_ROOM);
}

static void test_each_change_is_told_once(void **unused)
{
    (void)unused;
    static struct outbox_watch watch;
    enum outbox_level level;
    assert_false(outbox_watch_look(&watch, &fuel, 10, 100, &level));
    assert_true(outbox_watch_look(&watch, &fuel, 80, 100, &level));
    assert_int_equal(level, OUTBOX_FILLING);
    assert_false(outbox_watch_look(&watch, &fuel, 75, 100, &level));
    assert_true(outbox_watch_look(&watch, &grocer, 100, 100, &level));
    assert_int_equal(level, OUTBOX_FULL);
    assert_true(outbox_watch_look(&watch, &fuel, 100, 100, &level));
    assert_int_equal(level, OUTBOX_FULL);
    assert_true(outbox_watch_look(&watch, &fuel, 0, 100, &level));
    assert_int_equal(level, OUTBOX_ROOM);
    assert_false(outbox_watch_look(&watch, &fuel, 0, 100, &level));
    assert_false(outbox_watch_look(&watch, &grocer, 100, 100, &level));
    assert_int_equal(watch.count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_each_change_is_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
