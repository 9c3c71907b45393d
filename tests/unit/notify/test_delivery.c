/* A gateway's answers: sent, again later, one by one, set aside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "notify/delivery.h"

static const struct delivery_terms terms = {
    .batch = 10, .attempts = 3, .retry_ms = 1000, .retry_max_ms = 60000};

static void test_waits_double_up_to_a_bound(void **state)
{
    (void)state;
    static const unsigned whole[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000};
    struct delivery delivery = {0};
    struct delivery other = {0};
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
        struct delivery_next next = delivery_hear(&delivery, &terms, 503, 0, 10, 0);
        assert_int_equal(next.step, DELIVERY_AGAIN);
        assert_int_equal(next.wait_ms, whole[i]);
        next = delivery_hear(&other, &terms, 0, 0, 10, whole[i] / 2);
        assert_int_equal(next.wait_ms, whole[i] / 2); /* the other end of the draw */
    }
    for (size_t i = 0; i < 100; i++) {
        assert_true(delivery_hear(&delivery, &terms, 500, 0, 1, 0).wait_ms <= 60000);
    }
    assert_int_equal(delivery_room(&delivery, &terms), 10);
    assert_int_equal(delivery_hear(&delivery, &terms, 204, 0, 10, 0).step, DELIVERY_SENT);
    assert_int_equal(delivery_hear(&delivery, &terms, 500, 0, 10, 0).wait_ms, 1000);
}

static void test_a_gateway_may_say_when(void **state)
{
    (void)state;
    struct delivery delivery = {0};
    assert_int_equal(delivery_hear(&delivery, &terms, 429, 7, 10, 0).wait_ms, 7000);
    assert_int_equal(delivery_hear(&delivery, &terms, 503, 4000, 10, 0).wait_ms, 60000);
}

static void test_a_refused_batch_goes_one_by_one(void **state)
{
    (void)state;
    struct delivery delivery = {0};
    struct delivery_next next = delivery_hear(&delivery, &terms, 422, 0, 3, 0);
    assert_int_equal(next.step, DELIVERY_AGAIN);
    assert_int_equal(next.wait_ms, 0);
    assert_int_equal(delivery_room(&delivery, &terms), 1);
    assert_int_equal(delivery_hear(&delivery, &terms, 200, 0, 1, 0).step, DELIVERY_SENT);
    assert_int_equal(delivery_room(&delivery, &terms), 1);
    assert_int_equal(delivery_hear(&delivery, &terms, 422, 0, 1, 0).step, DELIVERY_AGAIN);
    assert_int_equal(delivery_hear(&delivery, &terms, 422, 0, 1, 0).step, DELIVERY_AGAIN);
    assert_int_equal(delivery_hear(&delivery, &terms, 422, 0, 1, 0).step, DELIVERY_ASIDE);
    assert_int_equal(delivery_room(&delivery, &terms), 1);
    assert_int_equal(delivery_hear(&delivery, &terms, 200, 0, 1, 0).step, DELIVERY_SENT);
    assert_int_equal(delivery_room(&delivery, &terms), 10);
}

static void test_a_gateways_own_trouble_sets_nothing_aside(void **state)
{
    (void)state;
    static const int about_gateway[] = {0, 301, 401, 403, 404, 408, 429, 500, 502, 503};
    for (size_t i = 0; i < sizeof about_gateway / sizeof about_gateway[0]; i++) {
        struct delivery delivery = {0};
        for (size_t k = 0; k < 50; k++) {
            assert_int_equal(delivery_hear(&delivery, &terms, about_gateway[i], 0, 1, 0).step,
                             DELIVERY_AGAIN);
        }
        assert_false(delivery_is_refusal(about_gateway[i]));
    }
    assert_true(delivery_is_refusal(400));
    assert_true(delivery_is_refusal(413));
    /* Trouble in between: the count of refusals begins anew. */
    struct delivery delivery = {0};
    (void)delivery_hear(&delivery, &terms, 400, 0, 1, 0);
    (void)delivery_hear(&delivery, &terms, 400, 0, 1, 0);
    (void)delivery_hear(&delivery, &terms, 500, 0, 1, 0);
    assert_int_equal(delivery_hear(&delivery, &terms, 400, 0, 1, 0).step, DELIVERY_AGAIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_waits_double_up_to_a_bound),
        cmocka_unit_test(test_a_gateway_may_say_when),
        cmocka_unit_test(test_a_refused_batch_goes_one_by_one),
        cmocka_unit_test(test_a_gateways_own_trouble_sets_nothing_aside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
