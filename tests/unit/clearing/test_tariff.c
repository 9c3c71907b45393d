#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/limits.h"
#include "clearing/roster.h"

#define NOVEMBER INT64_C(1793491200000) /* 2026-11-01 */

static const struct partner_id bakery = {"bakery"};
static const struct partner_id fuel = {"fuel"};
static const struct partner_id grocer = {"grocer"};

/* Everybody's; everybody's from November on; fuel's and grocer's from then on, and a day later. */
static struct tariff tariffs[] = {
    {.id = 3, .issue_price = {10}, .redemption_price = {9}, .per = {100}},
    {.id = 4, .issue_price = {11}, .redemption_price = {9}, .per = {100}, .valid_from = {NOVEMBER}},
    {.id = 5,
     .issue_price = {8},
     .redemption_price = {7},
     .per = {100},
     .pair = {{"fuel"}, {"grocer"}},
     .valid_from = {NOVEMBER}},
    {.id = 6, .issue_price = {1}, .redemption_price = {1}, .per = {100}}, /* never in use */
    {.id = 7,
     .issue_price = {6},
     .redemption_price = {7},
     .per = {100},
     .pair = {{"fuel"}, {"grocer"}},
     .valid_from = {NOVEMBER + DAY_MS}},
    {.id = 8,
     .funding = FUNDED_IN_ADVANCE,
     .issue_price = {6},
     .redemption_price = {5},
     .per = {100},
     .pair = {{"fuel"}, {"grocer"}},
     .valid_from = {NOVEMBER + 2 * DAY_MS}},
};
/* One more, for blocks: it is not what earns come under. */
static const struct roster roster = {.tariffs = tariffs, .tariff_count = 6};

static uint32_t chosen(const struct partner_id *one, const struct partner_id *other, int64_t ms)
{
    return roster_tariff_for(&roster, one, other, (struct unix_ms){ms})->id;
}

static void test_choice(void **state)
{
    (void)state;
    assert_int_equal(chosen(&fuel, &grocer, 1), 3);
    assert_int_equal(chosen(&fuel, &grocer, NOVEMBER - 1), 3);
    assert_int_equal(chosen(&fuel, &grocer, NOVEMBER), 5);
    assert_int_equal(chosen(&grocer, &fuel, NOVEMBER), 5);
    assert_int_equal(chosen(&fuel, &grocer, NOVEMBER + DAY_MS - 1), 5);
    assert_int_equal(chosen(&grocer, &fuel, NOVEMBER + DAY_MS), 7);
    assert_int_equal(chosen(&bakery, &fuel, NOVEMBER - 1), 3);
    assert_int_equal(chosen(&bakery, &fuel, NOVEMBER), 4);
    assert_int_equal(chosen(&fuel, &fuel, NOVEMBER), 4);
    assert_int_equal(chosen(&fuel, &grocer, NOVEMBER + 3 * DAY_MS), 7);
}

static bool holds(uint32_t tariff, const struct partner_id *one, const struct partner_id *other,
                  int64_t ms)
{
    return roster_tariff_holds(&roster, roster_tariff(&roster, tariff), one, other,
                               (struct unix_ms){ms});
}

static void test_which_are_taken(void **state)
{
    (void)state;
    assert_false(holds(5, &bakery, &fuel, NOVEMBER));
    assert_false(holds(5, &fuel, &grocer, NOVEMBER - 1));
    assert_true(holds(5, &fuel, &grocer, NOVEMBER));
    /* The one before for a while, not for ever. */
    assert_true(holds(3, &fuel, &grocer, NOVEMBER + LIMIT_TARIFF_GRACE_MS - 1));
    assert_false(holds(3, &fuel, &grocer, NOVEMBER + LIMIT_TARIFF_GRACE_MS));
    assert_true(holds(5, &grocer, &fuel, NOVEMBER + DAY_MS + LIMIT_TARIFF_GRACE_MS - 1));
    assert_false(holds(5, &grocer, &fuel, NOVEMBER + DAY_MS + LIMIT_TARIFF_GRACE_MS));
    assert_true(holds(7, &grocer, &fuel, NOVEMBER + 900 * DAY_MS));
    assert_true(holds(4, &bakery, &fuel, NOVEMBER + 900 * DAY_MS));
    assert_true(holds(3, &bakery, &fuel, 1));
    assert_false(holds(8, &fuel, &grocer, NOVEMBER + 3 * DAY_MS));
}

static void expect_refused(const struct tariff *tariff, const char *text)
{
    struct note note = {""};
    assert_int_equal(tariff_check(tariff, &note), ERR_INPUT);
    assert_string_equal(note.text, text);
}

static void test_nonsense_is_named(void **state)
{
    (void)state;
    const struct tariff good = {.id = 9,
                                .issue_price = {1},
                                .redemption_price = {1},
                                .per = {1},
                                .fee = {.issue_ppm = RATE_WHOLE, .minimum = {5}},
                                .tax = {.code = "VAT-12", .rate_ppm = RATE_WHOLE},
                                .pair = {{"fuel"}, {"grocer"}},
                                .valid_from = {NOVEMBER}};
    struct tariff t = good;
    assert_int_equal(tariff_check(&t, NULL), ERR_OK);
#define REFUSED(change, text)                                                                      \
    t.change;                                                                                      \
    expect_refused(&t, "tariff 9" text);                                                           \
    t = good
    REFUSED(issue_price.minor = -1, " has a price below zero");
    REFUSED(per.minor = 0, ": its prices are for no points");
    REFUSED(fee.issue_ppm++, ": issue_fee is more than all");
    REFUSED(fee.redemption_ppm = RATE_WHOLE + 1, ": redemption_fee is more than all");
    REFUSED(fee.minimum.minor = -1, ": minimum_fee is below zero");
    REFUSED(fee.issue_ppm = 0, ": minimum_fee is there without a fee");
    REFUSED(tax.code[0] = 'v', ": tax_code is not made of capital letters, digits and \"-\"");
    REFUSED(tax.code[0] = '\0', ": tax_rate is there without a tax_code");
    REFUSED(tax.rate_ppm++, ": tax_rate is more than all");
    REFUSED(pair[0].text[0] = '\0', ": partners are not two, in the order of their ids");
    REFUSED(pair[1] = fuel, ": partners are not two, in the order of their ids");
    REFUSED(pair[1] = bakery, ": partners are not two, in the order of their ids");
    REFUSED(valid_from.ms = -1, ": valid_from is below zero");
    t.funding = FUNDED_IN_ADVANCE;
    REFUSED(redemption_price.minor = 2,
            ": points are bought back for more than they were sold for");
    REFUSED(funding = TARIFF_FUNDING_END,
            ": funding is neither at issue, nor at burn, nor prepaid");
#undef REFUSED
}

static void test_equal_in_every_field(void **state)
{
    (void)state;
    const struct tariff good = tariffs[2];
    struct tariff t = good;
    assert_true(tariff_equal(&t, &good));
#define DIFFERENT(change)                                                                          \
    t.change;                                                                                      \
    assert_false(tariff_equal(&t, &good));                                                         \
    t = good
    DIFFERENT(id++);
    DIFFERENT(funding = FUNDED_AT_BURN);
    DIFFERENT(issue_price.minor++);
    DIFFERENT(redemption_price.minor++);
    DIFFERENT(per.minor++);
    DIFFERENT(fee.issue_ppm++);
    DIFFERENT(fee.redemption_ppm++);
    DIFFERENT(fee.minimum.minor++);
    DIFFERENT(tax.code[0] = 'S');
    DIFFERENT(tax.rate_ppm++);
    DIFFERENT(tax.is_on_points = true);
    DIFFERENT(pair[0] = bakery);
    DIFFERENT(pair[1] = bakery);
    DIFFERENT(valid_from.ms++);
#undef DIFFERENT
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_choice),
        cmocka_unit_test(test_which_are_taken),
        cmocka_unit_test(test_nonsense_is_named),
        cmocka_unit_test(test_equal_in_every_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
