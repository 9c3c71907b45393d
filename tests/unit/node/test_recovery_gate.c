#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "node/recovery_gate.h"

#define PARTNERS 3u

static struct recovery_gate gate;
static uint64_t rounds[PARTNERS + 1];

static int begin(void **state)
{
    (void)state;
    recovery_gate_init(&gate);
    for (size_t i = 0; i <= PARTNERS; i++) {
        rounds[i] = 0;
    }
    recovery_gate_close(&gate, PARTNERS, true);
    return 0;
}

static int end(void **state)
{
    (void)state;
    recovery_gate_fini(&gate);
    return 0;
}

static void test_it_is_closed_from_the_start(void **state)
{
    (void)state;
    recovery_gate_fini(&gate);
    recovery_gate_init(&gate);
    assert_true(recovery_gate_is_closed(&gate));
    recovery_gate_close(&gate, 0, true);
    assert_false(recovery_gate_is_closed(&gate));
}

static void test_it_opens_when_each_was_tried(void **state)
{
    (void)state;
    for (size_t i = 0; i < PARTNERS; i++) {
        assert_true(recovery_gate_is_closed(&gate));
        assert_int_equal(recovery_gate_untried(&gate), PARTNERS - i);
        recovery_gate_tried(&gate, &rounds[i]);
        recovery_gate_tried(&gate, &rounds[i]);
    }
    assert_false(recovery_gate_is_closed(&gate));
}

/* A copy stays closed, however long it takes; what may be none is not waited for. */
static void test_a_copy_waits(void **state)
{
    (void)state;
    recovery_gate_await(&gate, 1);
    assert_true(recovery_gate_is_closed(&gate));
    recovery_gate_close(&gate, PARTNERS, false);
    recovery_gate_await(&gate, 1);
    assert_false(recovery_gate_is_closed(&gate));
}

/* With whom all is settled, or who left the charter, nobody speaks: that must not keep the others
 * waiting for ever, in a later round neither. */
static void test_who_is_not_asked_is_not_waited_for(void **state)
{
    (void)state;
    recovery_gate_close(&gate, PARTNERS, false);
    recovery_gate_leave(&gate, &rounds[0]);
    recovery_gate_tried(&gate, &rounds[1]);
    assert_true(recovery_gate_is_closed(&gate));
    recovery_gate_reopen_round(&gate); /* the second one showed that this is a copy */
    assert_int_equal(recovery_gate_untried(&gate), PARTNERS - 1);
    recovery_gate_tried(&gate, &rounds[0]);
    recovery_gate_leave(&gate, &rounds[0]);
    recovery_gate_tried(&gate, &rounds[1]);
    assert_true(recovery_gate_is_closed(&gate));
    recovery_gate_tried(&gate, &rounds[2]);
    assert_false(recovery_gate_is_closed(&gate));
}

/* It opens nothing in the place of one that was there before; later rounds wait for it. */
static void test_who_comes_later_is_no_substitute(void **state)
{
    (void)state;
    recovery_gate_close(&gate, PARTNERS, false);
    recovery_gate_join(&gate, &rounds[PARTNERS]);
    recovery_gate_tried(&gate, &rounds[PARTNERS]);
    assert_int_equal(recovery_gate_untried(&gate), PARTNERS);
    recovery_gate_reopen_round(&gate);
    for (size_t i = 0; i <= PARTNERS; i++) {
        assert_true(recovery_gate_is_closed(&gate));
        recovery_gate_tried(&gate, &rounds[i]);
    }
    assert_false(recovery_gate_is_closed(&gate));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_it_is_closed_from_the_start),
        TEST(test_it_opens_when_each_was_tried),
        TEST(test_a_copy_waits),
        TEST(test_who_is_not_asked_is_not_waited_for),
        TEST(test_who_comes_later_is_no_substitute),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
