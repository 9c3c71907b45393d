/* Amounts worked by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "settlement/price.h"

static struct tariff tariffs[] = {
    {.id = 1, .issue_price = {10}, .redemption_price = {9}, .per = {1000}},
    {.id = 2,
     .issue_price = {25},
     .redemption_price = {20},
     .per = {10},
     .fee = {.issue_ppm = 15000, .redemption_ppm = 20000, .minimum = {1000}},
     .tax = {.code = "S", .rate_ppm = 120000}},
    {.id = 3,
     .issue_price = {100},
     .redemption_price = {80},
     .per = {100},
     .tax = {.code = "S", .rate_ppm = 120000, .is_on_points = true}},
    {.id = 4,
     .issue_price = {100},
     .redemption_price = {100},
     .per = {100},
     .fee = {.issue_ppm = 5000}},
    {.id = 5,
     .issue_price = {INT64_MAX},
     .redemption_price = {1},
     .per = {1},
     .fee = {.issue_ppm = 5000}},
    {.id = 6,
     .funding = FUNDED_AT_BURN,
     .issue_price = {25},
     .redemption_price = {20},
     .per = {10},
     .fee = {.issue_ppm = 15000, .redemption_ppm = 20000, .minimum = {1000}},
     .tax = {.code = "S", .rate_ppm = 120000}},
    {.id = 7,
     .funding = FUNDED_IN_ADVANCE,
     .issue_price = {15},
     .redemption_price = {5},
     .per = {10},
     .fee = {.issue_ppm = 15000},
     .tax = {.code = "S", .rate_ppm = 120000, .is_on_points = true}},
};

static const struct roster roster = {.tariffs = tariffs, .tariff_count = 7};

#define LINES_MAX 3

static const struct {
    const char *what;
    struct receipt_total lines[LINES_MAX]; /* to the first without a kind */
    int64_t owed;
    size_t charge_count;
    struct half_charge charges[2];
} cases[] = {
    {"no fee, no tax", {{ENTRY_EARN, 1, 1, 100000}}, 1000, 0, {{.fee = {0}}}},
    /* 37.5 is 38; 12 % of it 4.56, is 5. 962 are lacking, 12 % of them 115.44, is 115. */
    {"below the minimum",
     {{ENTRY_EARN, 2, 1, 1000}},
     2500 + 1000 + 120,
     1,
     {{.tax_code = "S", .tax_rate_ppm = 120000, .taxed = {1000}, .fee = {1000}, .tax = {120}}}},
    {"above the minimum",
     {{ENTRY_EARN, 2, 1, 100000}},
     250000 + 3750 + 450,
     1,
     {{.tax_code = "S", .tax_rate_ppm = 120000, .taxed = {3750}, .fee = {3750}, .tax = {450}}}},
    {"who redeems pays the fee as well",
     {{ENTRY_CAPTURE, 2, 1, 100000}},
     -200000 + 4000 + 480,
     1,
     {{.tax_code = "S", .tax_rate_ppm = 120000, .taxed = {4000}, .fee = {4000}, .tax = {480}}}},
    {"a return gives fee and tax back",
     {{ENTRY_EARN, 2, 1, 100000}, {ENTRY_EARN_RETURN, 2, 1, 20000}},
     200000 + 3000 + 360,
     1,
     {{.tax_code = "S", .tax_rate_ppm = 120000, .taxed = {3000}, .fee = {3000}, .tax = {360}}}},
    {"returns alone cost the minimum",
     {{ENTRY_EARN_RETURN, 2, 1, 20000}},
     -50000 + 1000 + 120,
     1,
     {{.tax_code = "S", .tax_rate_ppm = 120000, .taxed = {1000}, .fee = {1000}, .tax = {120}}}},
    {"a tax on the points' money",
     {{ENTRY_EARN, 3, 1, 1000}},
     1000 + 120,
     1,
     {{.tax_code = "S", .tax_rate_ppm = 120000, .taxed = {1000}, .tax = {120}}}},
    {"a tax on each side's",
     {{ENTRY_EARN, 3, 1, 1000}, {ENTRY_CAPTURE, 3, 1, 1000}},
     1000 - 800 + 120 - 96,
     2,
     {{.tax_code = "S", .tax_rate_ppm = 120000, .taxed = {1000}, .tax = {120}},
      {.tax_code = "S",
       .tax_rate_ppm = 120000,
       .is_by_sender = true,
       .taxed = {800},
       .tax = {96}}}},
    {"a burn's return gives the sender's tax back",
     {{ENTRY_CAPTURE, 3, 1, 1000}, {ENTRY_BURN_RETURN, 3, 1, 250}},
     -800 + 200 - 72,
     1,
     {{.tax_code = "S",
       .tax_rate_ppm = 120000,
       .is_by_sender = true,
       .taxed = {600},
       .tax = {72}}}},
    {"one code under two tariffs is one line",
     {{ENTRY_EARN, 2, 1, 100000}, {ENTRY_EARN, 3, 1, 1000}},
     250000 + 1000 + 3750 + 450 + 120,
     1,
     {{.tax_code = "S", .tax_rate_ppm = 120000, .taxed = {4750}, .fee = {3750}, .tax = {570}}}},
    /* 22.5 is 22; 12 % of 1500 is 180, of 22 2.64, is 3. */
    {"a block is paid, what is drawn from it is not",
     {{ENTRY_EARN, 7, 1, 500}, {ENTRY_EARN_RETURN, 7, 1, 70}, {ENTRY_BLOCK_BOUGHT, 7, 1, 1000}},
     1500 + 22 + 183,
     1,
     {{.tax_code = "S", .tax_rate_ppm = 120000, .taxed = {1522}, .fee = {22}, .tax = {183}}}},
    {"what is left of it is bought back, without the fee",
     {{ENTRY_BLOCK_BOUGHT, 7, 1, 1000}, {ENTRY_BLOCK_ENDED, 7, 1, 400}},
     1500 - 200 + 22 + 183 - 24,
     1,
     {{.tax_code = "S", .tax_rate_ppm = 120000, .taxed = {1322}, .fee = {22}, .tax = {159}}}},
    {"a correction of a draw owes nothing", {{ENTRY_ADJUSTMENT, 7, 1, 40}}, 0, 0, {{.fee = {0}}}},
    {"under another tariff there are no blocks",
     {{ENTRY_BLOCK_BOUGHT, 1, 1, 1000}, {ENTRY_BLOCK_ENDED, 1, 1, 40}},
     0,
     0,
     {{.fee = {0}}}},
    {"half a unit is none", {{ENTRY_EARN, 4, 1, 100}}, 100, 0, {{.fee = {0}}}},
    {"one and a half are two", {{ENTRY_EARN, 4, 1, 300}}, 302, 1, {{.fee = {2}}}},
    {"what carries no points costs nothing", {{ENTRY_VOID, 2, 9, 0}}, 0, 0, {{.fee = {0}}}},
    {"what moves costs no fee", {{ENTRY_MOVED_LOT, 2, 1, 1000}}, 2500, 0, {{.fee = {0}}}},
    {"points that are funded at burn are given for nothing",
     {{ENTRY_EARN, 6, 1, 1000}, {ENTRY_EARN_RETURN, 6, 1, 500}, {ENTRY_MOVED_LOT, 6, 1, 70}},
     0,
     0,
     {{.fee = {0}}}},
    /* At the redemption price, with the fee on points given, to the home that sends it. */
    {"their issuer pays when they are spent",
     {{ENTRY_FUNDING, 6, 1, 100000}},
     -200000 - 3000 - 360,
     1,
     {{.tax_code = "S",
       .tax_rate_ppm = 120000,
       .is_by_sender = true,
       .taxed = {3000},
       .fee = {3000},
       .tax = {360}}}},
    /* 12 % of 30 is 3.6, is 4; of 12 1.44, is 1. There is no minimum. */
    {"what comes back is paid back",
     {{ENTRY_FUNDING, 6, 1, 1000}, {ENTRY_FUNDING_RETURN, 6, 1, 400}},
     -2000 - 30 - 4 + 800 + 12 + 1,
     1,
     {{.tax_code = "S",
       .tax_rate_ppm = 120000,
       .is_by_sender = true,
       .taxed = {18},
       .fee = {18},
       .tax = {3}}}},
    /* At the price at which points are paid for, to the shop that gave them; no fee. */
    {"a share of a promotion",
     {{ENTRY_FUNDING_RETURN, 2, 1, 40}, {ENTRY_PROMOTION, 2, 1, 1000}},
     -2500 + 100,
     0,
     {{.fee = {0}}}},
    {"a share of a promotion where points are paid at burn",
     {{ENTRY_PROMOTION, 6, 1, 1000}},
     -2000 - 30 - 4,
     1,
     {{.tax_code = "S",
       .tax_rate_ppm = 120000,
       .is_by_sender = true,
       .taxed = {30},
       .fee = {30},
       .tax = {4}}}},
    {"a share of a promotion, with a tax",
     {{ENTRY_PROMOTION, 3, 1, 1000}},
     -1000 - 120,
     1,
     {{.tax_code = "S",
       .tax_rate_ppm = 120000,
       .is_by_sender = true,
       .taxed = {1000},
       .tax = {120}}}},
    {"nothing is paid twice", {{ENTRY_FUNDING, 2, 1, 1000}}, 0, 0, {{.fee = {0}}}},
    {"a burn is paid whoever funds the points",
     {{ENTRY_CAPTURE, 6, 1, 100000}},
     -200000 + 4000 + 480,
     1,
     {{.tax_code = "S", .tax_rate_ppm = 120000, .taxed = {4000}, .fee = {4000}, .tax = {480}}}},
};

static size_t count_lines(const struct receipt_total *lines)
{
    size_t count = 0;
    while (count < LINES_MAX && lines[count].kind != 0) {
        count++;
    }
    return count;
}

static void test_halves(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct half_price price;
        assert_int_equal(price_half(&roster, cases[i].lines, count_lines(cases[i].lines), &price),
                         ERR_OK);
        if (price.owed.minor != cases[i].owed || price.charge_count != cases[i].charge_count) {
            fail_msg("%s: owes %lld with %zu charges", cases[i].what, (long long)price.owed.minor,
                     price.charge_count);
        }
        for (size_t k = 0; k < price.charge_count; k++) {
            const struct half_charge *is = &price.charges[k];
            const struct half_charge *must = &cases[i].charges[k];
            if (half_charge_compare(is, must) != 0 || is->taxed.minor != must->taxed.minor ||
                is->fee.minor != must->fee.minor || is->tax.minor != must->tax.minor) {
                fail_msg("%s: charge %zu is fee %lld, tax %lld on %lld", cases[i].what, k,
                         (long long)is->fee.minor, (long long)is->tax.minor,
                         (long long)is->taxed.minor);
            }
        }
    }
}

/* What one side owes by its half the other is owed by the same half: there is one figure, and each
 * line adds to it what it says. */
static void test_lines_add_up(void **state)
{
    (void)state;
    const struct receipt_total lines[] = {{ENTRY_EARN, 4, 7, 12345}, {ENTRY_CAPTURE, 3, 5, 777}};
    struct half_price price;
    int64_t sum = 0;
    assert_int_equal(price_half(&roster, lines, 2, &price), ERR_OK);
    for (size_t i = 0; i < 2; i++) {
        struct line_price line;
        assert_int_equal(price_line(&roster, &lines[i], &line), ERR_OK);
        sum += line.worth.minor + line.fee.minor + line.worth_tax.minor + line.fee_tax.minor;
    }
    assert_int_equal(sum, price.owed.minor);
    assert_int_equal(sum, 12345 + 62 - 622 - 75); /* 61.725; 621.6; 74.64 */
}

static void test_what_does_not_fit(void **state)
{
    (void)state;
    struct half_price price = {.owed = {7}};
    const struct receipt_total much[] = {{ENTRY_EARN, 5, 1, 1}};
    const struct receipt_total nobodys[] = {{ENTRY_EARN, 9, 1, 1}};
    assert_int_equal(price_half(&roster, much, 1, &price), ERR_RANGE);
    assert_int_equal(price_half(&roster, nobodys, 1, &price), ERR_INPUT);
    assert_int_equal(price.owed.minor, 7);
}

static void test_under_another_tariff(void **state)
{
    (void)state;
    const struct receipt_total lines[] = {{ENTRY_EARN, 1, 2, 30},
                                          {ENTRY_EARN, 2, 3, 40},
                                          {ENTRY_CAPTURE, 2, 1, 5},
                                          {ENTRY_PERIOD_MARK, 0, 1, 0}};
    struct receipt_total moved[4];
    size_t count;
    assert_int_equal(totals_under(lines, 4, 3, moved, &count), ERR_OK);
    assert_int_equal(count, 3);
    assert_int_equal(moved[0].tariff, 3);
    assert_int_equal(moved[0].count, 5);
    assert_int_equal(moved[0].points, 70);
    assert_int_equal(moved[1].tariff, 3);
    assert_int_equal(moved[2].tariff, 0);
    const struct receipt_total much[] = {{ENTRY_EARN, 1, 1, INT64_MAX}, {ENTRY_EARN, 2, 1, 1}};
    assert_int_equal(totals_under(much, 2, 3, moved, &count), ERR_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_halves),
        cmocka_unit_test(test_lines_add_up),
        cmocka_unit_test(test_what_does_not_fit),
        cmocka_unit_test(test_under_another_tariff),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
