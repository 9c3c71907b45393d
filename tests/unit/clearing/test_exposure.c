#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "clearing/exposure.h"

/* 3 for 2 points given, 1 for 2 points burned; and a tariff that costs more than there is. */
static struct tariff tariffs[] = {
    {.id = 1, .issue_price = {3}, .redemption_price = {1}, .per = {2}},
    {.id = 7, .issue_price = {INT64_MAX}, .redemption_price = {5}, .per = {1}}};
static const struct roster roster = {
    .tariffs = tariffs, .tariff_count = 2, .net_debit_cap = {1000}};

static const struct partner_id fuel = {"fuel"};
static const struct unix_ms now = {1};

static void add(struct exposure *exposure, enum stream_direction direction, enum entry_kind kind,
                uint32_t tariff, int64_t points)
{
    assert_int_equal(exposure_add(exposure, &roster, direction, kind, tariff, points), ERR_OK);
}

static void test_who_owes(void **state)
{
    static const struct {
        enum stream_direction direction;
        enum entry_kind kind;
        int64_t owed;
    } cases[] = {
        {STREAM_OUT, ENTRY_EARN, 15},          {STREAM_OUT, ENTRY_EARN_RETURN, -15},
        {STREAM_OUT, ENTRY_CAPTURE, -5},       {STREAM_OUT, ENTRY_BURN_RETURN, 5},
        {STREAM_IN, ENTRY_EARN, -15},          {STREAM_IN, ENTRY_EARN_RETURN, 15},
        {STREAM_IN, ENTRY_CAPTURE, 5},         {STREAM_IN, ENTRY_BURN_RETURN, -5},
        {STREAM_OUT, ENTRY_VOID, 0},           {STREAM_IN, ENTRY_PERIOD_MARK, 0},
        {STREAM_OUT, ENTRY_ADJUSTMENT, 15},    {STREAM_IN, ENTRY_BURN_ADJUSTMENT, -5},
        {STREAM_OUT, ENTRY_DISPUTE_OPENED, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct exposure exposure = {0};
        add(&exposure, cases[i].direction, cases[i].kind, 1, 10);
        assert_int_equal(exposure_owed(&exposure, &roster).minor, cases[i].owed);
        add(&exposure, cases[i].direction, cases[i].kind, 1, -10);
        assert_int_equal(exposure.line_count, 0);
    }
}

/* Worked by hand: 1.5 % on points given, 2 % on points taken, 12 % on both fees; each rounded up.
 */
static void test_fees_and_taxes(void **state)
{
    struct tariff tariff = {.id = 1,
                            .issue_price = {25},
                            .redemption_price = {20},
                            .per = {10},
                            .fee = {.issue_ppm = 15000, .redemption_ppm = 20000},
                            .tax = {.code = "S", .rate_ppm = 120000}};
    struct roster terms = {.tariffs = &tariff, .tariff_count = 1};
    struct exposure ours = {0};
    struct exposure theirs = {0};
    (void)state;
    /* We give 1000: 2500, a fee of 37.5, is 38, and 4.56, is 5. */
    assert_int_equal(exposure_add(&ours, &terms, STREAM_OUT, ENTRY_EARN, 1, 1000), ERR_OK);
    assert_int_equal(exposure_owed(&ours, &terms).minor, 2500 + 38 + 5);
    /* They give as many: nothing for the points, and each still pays its fee. */
    assert_int_equal(exposure_add(&ours, &terms, STREAM_IN, ENTRY_EARN, 1, 1000), ERR_OK);
    assert_int_equal(exposure_owed(&ours, &terms).minor, 0);
    assert_int_equal(ours.line_count, 1);
    /* They take 500 of our members': 1000, less their fee of 20 and 3 (2.4). */
    assert_int_equal(exposure_add(&ours, &terms, STREAM_IN, ENTRY_CAPTURE, 1, 500), ERR_OK);
    assert_int_equal(exposure_owed(&ours, &terms).minor, 1000 - (38 + 20 + 7) + (38 + 5));
    /* 400 of ours return: the fee is on 600, 22.5 is 23, its tax 2.76 is 3. */
    assert_int_equal(exposure_add(&ours, &terms, STREAM_OUT, ENTRY_EARN_RETURN, 1, 400), ERR_OK);
    assert_int_equal(exposure_owed(&ours, &terms).minor, -1000 + 1000 - (38 + 20 + 7) + (23 + 3));
    /* As they see it. */
    assert_int_equal(exposure_add(&theirs, &terms, STREAM_IN, ENTRY_EARN, 1, 600), ERR_OK);
    assert_int_equal(exposure_add(&theirs, &terms, STREAM_OUT, ENTRY_EARN, 1, 1000), ERR_OK);
    assert_int_equal(exposure_add(&theirs, &terms, STREAM_OUT, ENTRY_CAPTURE, 1, 500), ERR_OK);
    assert_int_equal(exposure_owed(&theirs, &terms).minor, -exposure_owed(&ours, &terms).minor);
    /* All of it settled: nothing is left. */
    assert_int_equal(exposure_add(&theirs, &terms, STREAM_IN, ENTRY_EARN, 1, -600), ERR_OK);
    assert_int_equal(exposure_add(&theirs, &terms, STREAM_OUT, ENTRY_EARN, 1, -1000), ERR_OK);
    assert_int_equal(exposure_add(&theirs, &terms, STREAM_OUT, ENTRY_CAPTURE, 1, -500), ERR_OK);
    assert_int_equal(theirs.line_count, 0);
}

/* At least 100 for each period in which a side sent what costs a fee, and 12 % on it. */
static void test_a_minimum_fee(void **state)
{
    struct tariff tariff = {.id = 1,
                            .issue_price = {25},
                            .redemption_price = {20},
                            .per = {10},
                            .fee = {.issue_ppm = 10000, .minimum = {100}},
                            .tax = {.code = "S", .rate_ppm = 120000}};
    struct roster terms = {.tariffs = &tariff, .tariff_count = 1};
    const struct period october = {202610};
    const struct period november = {202611};
    struct exposure exposure = {0};
    (void)state;
#define ADD(direction, kind, period, points)                                                       \
    assert_int_equal(exposure_add_entry(&exposure, &terms, direction, kind, 1, period, points),    \
                     ERR_OK)
    ADD(STREAM_OUT, ENTRY_EARN, october, 1000); /* 2500, a fee of 25 that is 100, and 12 */
    assert_int_equal(exposure_owed(&exposure, &terms).minor, 2500 + 112);
    ADD(STREAM_OUT, ENTRY_CAPTURE, october, 1000); /* has no fee */
    assert_int_equal(exposure_owed(&exposure, &terms).minor, 500 + 112);
    ADD(STREAM_OUT, ENTRY_EARN, october, 3000); /* together 100 */
    assert_int_equal(exposure_owed(&exposure, &terms).minor, 8000 + 112);
    ADD(STREAM_OUT, ENTRY_EARN_RETURN, october, 4000); /* all of it: the minimum stays */
    assert_int_equal(exposure_owed(&exposure, &terms).minor, -2000 + 112);
    /* Once more: a fee of 1 for 100, and 99; 0.12 and 11.88 of tax, each rounded up. */
    ADD(STREAM_OUT, ENTRY_EARN, november, 40);
    assert_int_equal(exposure_owed(&exposure, &terms).minor, -2000 + 112 + 100 + 113);
    ADD(STREAM_IN, ENTRY_EARN, november, 40); /* and theirs */
    assert_int_equal(exposure_owed(&exposure, &terms).minor, -2000 + 112);
    exposure_settle_minimums(&exposure, october);
    assert_int_equal(exposure_owed(&exposure, &terms).minor, -2000);
    ADD(STREAM_OUT, ENTRY_EARN, november, -40); /* refused: as if it had not been sent */
    assert_int_equal(exposure_owed(&exposure, &terms).minor, -2000 - 100 - 113);
    assert_int_equal(exposure.minimum_count, 1);
    for (uint32_t month = 1; month <= 12; month++) { /* the latest count */
        ADD(STREAM_OUT, ENTRY_EARN, ((struct period){202700 + month}), 1);
        ADD(STREAM_IN, ENTRY_EARN, ((struct period){202700 + month}), 1);
    }
    assert_int_equal(exposure.minimum_count, EXPOSURE_MINIMUMS);
    assert_int_equal(exposure.minimums[0].period.code, 202705);
#undef ADD
}

static void test_a_tax_on_points(void **state)
{
    struct tariff tariff = {.id = 1,
                            .issue_price = {100},
                            .redemption_price = {80},
                            .per = {100},
                            .tax = {.code = "S", .rate_ppm = 120000, .is_on_points = true}};
    struct roster terms = {.tariffs = &tariff, .tariff_count = 1};
    struct exposure exposure = {0};
    (void)state;
    assert_int_equal(exposure_add(&exposure, &terms, STREAM_OUT, ENTRY_EARN, 1, 1000), ERR_OK);
    assert_int_equal(exposure_owed(&exposure, &terms).minor, 1000 + 120);
    assert_int_equal(exposure_add(&exposure, &terms, STREAM_OUT, ENTRY_CAPTURE, 1, 1000), ERR_OK);
    assert_int_equal(exposure_owed(&exposure, &terms).minor, 1000 + 120 - 800 - 96);
}

/* Who pays when points are spent pays the fee on points given, too. */
static void test_the_fee_at_burn(void **state)
{
    struct tariff tariff = {.id = 1,
                            .funding = FUNDED_AT_BURN,
                            .issue_price = {25},
                            .redemption_price = {20},
                            .per = {10},
                            .fee = {.issue_ppm = 15000}};
    struct roster terms = {.tariffs = &tariff, .tariff_count = 1};
    struct exposure exposure = {0};
    (void)state;
    assert_int_equal(exposure_add(&exposure, &terms, STREAM_OUT, ENTRY_EARN, 1, 1000), ERR_OK);
    assert_int_equal(exposure.line_count, 0);
    assert_int_equal(exposure_add(&exposure, &terms, STREAM_IN, ENTRY_FUNDING, 1, 1000), ERR_OK);
    assert_int_equal(exposure_owed(&exposure, &terms).minor, 2000 + 30);
    assert_int_equal(exposure_add(&exposure, &terms, STREAM_OUT, ENTRY_FUNDING, 1, 500), ERR_OK);
    assert_int_equal(exposure_owed(&exposure, &terms).minor, 1000 + 30 - 15);
}

/* Under the tariff of points that are paid for when they are spent. */
static void test_funding_at_burn(void **state)
{
    struct tariff at_burn = {.id = 1,
                             .funding = FUNDED_AT_BURN,
                             .issue_price = {3},
                             .redemption_price = {1},
                             .per = {2}};
    struct roster terms = {.tariffs = &at_burn, .tariff_count = 1};
    struct exposure exposure = {0};
    (void)state;
    assert_int_equal(exposure_add(&exposure, &terms, STREAM_OUT, ENTRY_EARN, 1, 100), ERR_OK);
    assert_int_equal(exposure_owed(&exposure, &terms).minor, 0);
    assert_int_equal(exposure_add(&exposure, &terms, STREAM_IN, ENTRY_FUNDING, 1, 60), ERR_OK);
    assert_int_equal(exposure_owed(&exposure, &terms).minor, 30);
    assert_int_equal(exposure_add(&exposure, &terms, STREAM_IN, ENTRY_FUNDING_RETURN, 1, 20),
                     ERR_OK);
    assert_int_equal(exposure_owed(&exposure, &terms).minor, 20);
    assert_int_equal(exposure_add(&exposure, &terms, STREAM_OUT, ENTRY_CAPTURE, 1, 60), ERR_OK);
    assert_int_equal(exposure_owed(&exposure, &terms).minor, -10);
}

/* What one side rounds up the other does, too. */
static void test_both_sides_say_the_same(void **state)
{
    struct exposure ours = {0};
    struct exposure theirs = {0};
    (void)state;
    add(&ours, STREAM_OUT, ENTRY_EARN, 1, 7);
    add(&theirs, STREAM_IN, ENTRY_EARN, 1, 7);
    add(&ours, STREAM_IN, ENTRY_CAPTURE, 1, 3);
    add(&theirs, STREAM_OUT, ENTRY_CAPTURE, 1, 3);
    assert_int_equal(exposure_owed(&ours, &roster).minor, 11 + 2);
    assert_int_equal(exposure_owed(&theirs, &roster).minor, -13);
}

static void test_stays_within_range(void **state)
{
    struct exposure exposure = {0};
    (void)state;
    add(&exposure, STREAM_OUT, ENTRY_EARN, 7, 3);
    add(&exposure, STREAM_OUT, ENTRY_EARN, 1, 10);
    exposure.promised = points_of(8);
    assert_int_equal(exposure_owed(&exposure, &roster).minor, INT64_MAX);
    assert_int_equal(exposure_at_stake(&exposure, &roster, &fuel, now).minor, INT64_MAX);
    add(&exposure, STREAM_OUT, ENTRY_EARN, 7, INT64_MAX - 3);
    assert_int_equal(exposure_add(&exposure, &roster, STREAM_OUT, ENTRY_EARN, 7, 1), ERR_RANGE);
    assert_int_equal(exposure.lines[1].issued, INT64_MAX);
    assert_int_equal(exposure_promised(&exposure, &roster, &fuel, now).minor, 4);
}

static void test_old_tariffs_make_place(void **state)
{
    struct exposure exposure = {0};
    (void)state;
    for (uint32_t tariff = 100; tariff < 100 + LIMIT_TARIFFS; tariff++) {
        add(&exposure, STREAM_OUT, ENTRY_EARN, tariff, 1);
    }
    assert_int_equal(exposure.line_count, LIMIT_TARIFFS);
    assert_int_equal(exposure_owed(&exposure, &roster).minor, 0); /* no price, no debt */
    add(&exposure, STREAM_OUT, ENTRY_EARN, 1, 2);
    assert_int_equal(exposure.line_count, LIMIT_TARIFFS);
    assert_int_equal(exposure_owed(&exposure, &roster).minor, 3);
}

static void test_levels(void **state)
{
    struct roster uncapped = roster;
    (void)state;
    uncapped.net_debit_cap.minor = 0;
    assert_int_equal(cap_level_of(&roster, money_of(799)), CAP_FREE);
    assert_int_equal(cap_level_of(&roster, money_of(800)), CAP_NEAR);
    assert_int_equal(cap_level_of(&roster, money_of(999)), CAP_NEAR);
    assert_int_equal(cap_level_of(&roster, money_of(1000)), CAP_REACHED);
    assert_int_equal(cap_level_of(&uncapped, money_of(INT64_MAX)), CAP_FREE);
    assert_false(cap_is_exceeded(&roster, money_of(1000)));
    assert_true(cap_is_exceeded(&roster, money_of(1001)));
    assert_false(cap_is_exceeded(&uncapped, money_of(INT64_MAX)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_owes),
        cmocka_unit_test(test_fees_and_taxes),
        cmocka_unit_test(test_a_minimum_fee),
        cmocka_unit_test(test_a_tax_on_points),
        cmocka_unit_test(test_the_fee_at_burn),
        cmocka_unit_test(test_funding_at_burn),
        cmocka_unit_test(test_both_sides_say_the_same),
        cmocka_unit_test(test_stays_within_range),
        cmocka_unit_test(test_old_tariffs_make_place),
        cmocka_unit_test(test_levels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
