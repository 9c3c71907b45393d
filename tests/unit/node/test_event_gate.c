#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/limits.h"
#include "node/event_gate.h"

#define ROWS     2000u
#define WATCHERS 4

static void *walk(void *context)
{
    struct event_gate *gate = context;
    for (uint64_t row = 1; row <= ROWS; row++) {
        while (!event_gate_wait(gate, row, 10000)) {
        }
    }
    return NULL;
}

/* A wake that is lost shows as a wait of ten seconds, and as the test's own limit. */
static void test_nobody_sleeps_through_a_row(void **state)
{
    (void)state;
    struct event_gate gate;
    pthread_t watchers[WATCHERS];
    event_gate_init(&gate);
    for (size_t i = 0; i < WATCHERS; i++) {
        assert_int_equal(pthread_create(&watchers[i], NULL, walk, &gate), 0);
    }
    for (uint64_t row = 1; row <= ROWS; row++) {
        event_gate_move(&gate, row);
    }
    for (size_t i = 0; i < WATCHERS; i++) {
        assert_int_equal(pthread_join(watchers[i], NULL), 0);
    }
    event_gate_fini(&gate);
}

static void test_a_wait_ends(void **state)
{
    (void)state;
    struct event_gate gate;
    event_gate_init(&gate);
    event_gate_move(&gate, 7);
    assert_true(event_gate_wait(&gate, 7, 0));
    assert_false(event_gate_wait(&gate, 8, 1));
    event_gate_fini(&gate);
}

static void test_so_many_and_no_more(void **state)
{
    (void)state;
    struct event_gate gate;
    event_gate_init(&gate);
    for (unsigned i = 0; i < LIMIT_EVENT_WATCHERS; i++) {
        assert_true(event_gate_enter(&gate));
    }
    assert_false(event_gate_enter(&gate));
    event_gate_leave(&gate);
    assert_true(event_gate_enter(&gate));
    event_gate_fini(&gate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nobody_sleeps_through_a_row),
        cmocka_unit_test(test_a_wait_ends),
        cmocka_unit_test(test_so_many_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
