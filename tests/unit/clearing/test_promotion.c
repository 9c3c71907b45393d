/* Shares worked by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "clearing/promotion.h"

/* A third each, as far as there are hundredths of a per cent. */
static const struct promotion good = {
    .id = 7,
    .shop = {"fuel"},
    .valid_from = {1000},
    .valid_until = {2000},
    .budget = {1000},
    .per_purchase = {100},
    .part_count = 3,
    .parts = {{{"grocer"}, 3334}, {{"fuel"}, 3333}, {{"hotel"}, 3333}}};

static int64_t share(size_t index, int64_t points)
{
    return promotion_share(&good, index, points_of(points)).minor;
}

static void test_rounded_down_and_the_first_bears_the_rest(void **state)
{
    static const struct {
        int64_t points;
        int64_t shares[3];
    } cases[] = {
        {0, {0, 0, 0}},          {1, {1, 0, 0}},
        {3, {3, 0, 0}},          {4, {2, 1, 1}},
        {100, {34, 33, 33}},     {301, {101, 100, 100}},
        {1000, {334, 333, 333}}, {10000, {3334, 3333, 3333}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (size_t part = 0; part < 3; part++) {
            assert_int_equal(share(part, cases[i].points), cases[i].shares[part]);
        }
    }
}

/* However the whole is cut into purchases. */
static void test_shares_sum_up(void **state)
{
    (void)state;
    for (int64_t points = 0; points < 2000; points++) {
        assert_int_equal(share(0, points) + share(1, points) + share(2, points), points);
        assert_in_range(share(1, points + 1) - share(1, points), 0, 1);
    }
}

static void test_when_it_holds(void **state)
{
    static const struct partner_id fuel = {"fuel"};
    static const struct partner_id grocer = {"grocer"};
    (void)state;
    assert_false(promotion_holds(&good, &fuel, (struct unix_ms){999}));
    assert_true(promotion_holds(&good, &fuel, (struct unix_ms){1000}));
    assert_true(promotion_holds(&good, &fuel, (struct unix_ms){1999}));
    assert_false(promotion_holds(&good, &fuel, (struct unix_ms){2000}));
    assert_false(promotion_holds(&good, &grocer, (struct unix_ms){1500}));
    assert_int_equal(promotion_part_of(&good, &fuel), 1);
    assert_int_equal(promotion_part_of(&good, &(struct partner_id){"nobody"}), 3);
}

static void test_what_is_refused(void **state)
{
    struct promotion p = good;
    struct note note;
    (void)state;
    assert_int_equal(promotion_check(&p, NULL), ERR_OK);
#define REFUSED(change, expected)                                                                  \
    p = good;                                                                                      \
    p.change;                                                                                      \
    assert_int_equal(promotion_check(&p, &note), ERR_INPUT);                                       \
    assert_non_null(strstr(note.text, expected));                                                  \
    assert_false(promotion_equal(&p, &good))
    REFUSED(id = 0, ": its id is 0");
    REFUSED(valid_from.ms = -1, ": valid_until is not after valid_from");
    REFUSED(valid_until.ms = 1000, ": valid_until is not after valid_from");
    REFUSED(budget.minor = 0, "promotion 7: budget is nothing, or too much");
    REFUSED(per_purchase.minor = 0, ": per_purchase is nothing, or too much");
    REFUSED(part_count = 0, ": split has no parts, or too many");
    REFUSED(parts[1].share = 0, ": split has a part of nothing");
    REFUSED(parts[1].share++, ": split is not 100 per cent");
    REFUSED(parts[2].partner = good.parts[1].partner, ": split names a partner twice");
#undef REFUSED
    p = good;
    assert_true(promotion_equal(&p, &good));
    p.shop = good.parts[0].partner;
    assert_false(promotion_equal(&p, &good));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rounded_down_and_the_first_bears_the_rest),
        cmocka_unit_test(test_shares_sum_up),
        cmocka_unit_test(test_when_it_holds),
        cmocka_unit_test(test_what_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
