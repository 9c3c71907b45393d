/* Transaction ids are remembered for so many months, and not for ever. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "coalition.h"
#include "engine/retention.h"

#define DAY_IN_MS INT64_C(86400000)

static struct retention retention_of(struct brand *brand, unsigned months)
{
    struct retention retention;
    retention_init(&retention, brand->engine, &brand->id, (struct clock_port){brand, brand_now},
                   months);
    return retention;
}

/* One whole pass; gives how many ids it forgot. */
static uint64_t pass(struct brand *brand, struct retention *retention)
{
    bool is_more = true;
    uint64_t before = retention->forgotten;
    assert_int_equal(engine_checkpoint(brand->engine), ERR_OK);
    while (is_more) {
        assert_int_equal(retention_step(retention, &is_more), ERR_OK);
    }
    return retention->forgotten - before;
}

static void test_old_ids_are_unknown_again(void **unused)
{
    (void)unused;
    struct brand a;
    struct uid member;
    struct card_number card;
    brand_init(&a, 0);
    brand_open(&a);
    struct retention retention = retention_of(&a, 13);
    brand_enrol(&a, 1, &member, &card);
    brand_earn(&a, 2, &card, 1000);
    brand_wait(&a, 200 * DAY_IN_MS);
    brand_earn(&a, 3, &card, 1000);
    assert_int_equal(pass(&a, &retention), 0);
    assert_true(brand_earn(&a, 2, &card, 1000).is_repeat);
    brand_wait(&a, 200 * DAY_IN_MS); /* 400 days: 13 months and a few days after the first two */
    assert_int_equal(pass(&a, &retention), 2);
    struct outcome again = brand_earn(&a, 2, &card, 1000);
    assert_int_equal(again.err, ERR_OK);
    assert_false(again.is_repeat);
    assert_int_equal(again.verdict, VERDICT_SALE_EXISTS); /* which lasts longer than its id */
    assert_true(brand_earn(&a, 3, &card, 1000).is_repeat);
    assert_int_equal(brand_member(&a, &member).available.minor, 20);
    assert_int_equal(pass(&a, &retention), 0); /* the next pass is a day later */
    brand_assert_audit(&a);
    brand_close(&a);
    brand_open(&a);
    assert_true(brand_earn(&a, 3, &card, 1000).is_repeat);
    brand_assert_audit(&a);
    brand_fini(&a);
}

static void test_slices_are_bounded(void **unused)
{
    (void)unused;
    struct brand a;
    struct uid member;
    struct card_number card;
    unsigned steps = 0;
    bool is_more = true;
    brand_init(&a, 0);
    brand_open(&a);
    struct retention retention = retention_of(&a, 1);
    brand_enrol(&a, 1, &member, &card);
    for (unsigned i = 0; i < 2 * LIMIT_PRUNE_KEYS; i++) {
        brand_earn(&a, 2 + i, &card, 100);
    }
    brand_wait(&a, 32 * DAY_IN_MS);
    assert_int_equal(engine_checkpoint(a.engine), ERR_OK);
    while (is_more) {
        uint64_t before = retention.forgotten;
        assert_int_equal(retention_step(&retention, &is_more), ERR_OK);
        assert_in_range(retention.forgotten - before, 1, LIMIT_PRUNE_KEYS);
        steps++;
    }
    assert_int_equal(steps, 3);
    assert_int_equal(retention.forgotten, 2 * LIMIT_PRUNE_KEYS + 1);
    brand_assert_audit(&a);
    brand_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_old_ids_are_unknown_again),
        cmocka_unit_test(test_slices_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
