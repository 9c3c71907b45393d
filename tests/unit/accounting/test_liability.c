/* A grocer's members over a quarter, with figures worked by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "accounting/liability.h"

static struct tariff tariffs[] = {{.id = 1, .redemption_price = {1}, .per = {3}},
                                  {.id = 2, .redemption_price = {5}, .per = {1}},
                                  {.id = 4,
                                   .funding = FUNDED_IN_ADVANCE,
                                   .issue_price = {9},
                                   .redemption_price = {8},
                                   .per = {1}}};
static const struct roster roster = {.tariffs = tariffs, .tariff_count = 3};
static const struct period january = {202601};

struct shop {
    struct partner_id grocer;
    struct partner_id fuel;
    struct lot_ages ages;
    struct liability_terms terms;
};

static int open_shop(void **state)
{
    static struct shop shop;
    memset(&shop, 0, sizeof shop);
    assert_int_equal(partner_id_parse("grocer", &shop.grocer), ERR_OK);
    assert_int_equal(partner_id_parse("fuel", &shop.fuel), ERR_OK);
    liability_terms_default(&roster, &shop.terms);
    *state = &shop;
    return 0;
}

static int close_shop(void **state)
{
    lot_ages_fini(&((struct shop *)*state)->ages);
    return 0;
}

static struct unix_ms time_of(int month, int day)
{
    struct civil civil = {.year = 2026, .month = month, .day = day};
    struct unix_ms time;
    assert_int_equal(civil_to_unix(&civil, &time), ERR_OK);
    return time;
}

static struct lot_name lot_of(const struct partner_id *issuer, uint8_t member, int expiry)
{
    struct lot_name lot = {.issuer = *issuer, .tariff = 1};
    lot.member.bytes[0] = member;
    lot.expires_at_ms = expiry == 0 ? 0 : time_of(expiry, 1).ms;
    return lot;
}

static void earn(struct shop *shop, struct lot_name lot, struct unix_ms at, int64_t points,
                 int64_t sale)
{
    struct lot_move move = {lot, points};
    struct lot_event event = {.at = at, .sale = {sale}, .moves = &move, .count = 1};
    assert_int_equal(lot_ages_apply(&shop->ages, &event), ERR_OK);
}

static enum err take(struct shop *shop, struct lot_name lot, struct unix_ms at, int64_t points,
                     int64_t redeemed, int64_t expired)
{
    struct lot_move move = {lot, -points};
    struct lot_event event = {
        .at = at, .redeemed = redeemed, .expired = expired, .moves = &move, .count = 1};
    return lot_ages_apply(&shop->ages, &event);
}

static struct liability_report report_at(struct shop *shop, struct unix_ms at)
{
    struct liability_report report;
    assert_int_equal(liability_report(&shop->ages, &shop->grocer, &shop->terms, at, &report),
                     ERR_OK);
    const struct liability_table *tables[] = {&report.by_issuer, &report.by_age, &report.by_expiry};
    for (size_t t = 0; t < 3; t++) { /* each adds up to the whole */
        struct liability_sum sum = {.points = {0}};
        for (size_t i = 0; i < tables[t]->count; i++) {
            sum.points.minor += tables[t]->rows[i].sum.points.minor;
            sum.breakage.minor += tables[t]->rows[i].sum.breakage.minor;
            sum.worth.minor += tables[t]->rows[i].sum.worth.minor;
            sum.owed.minor += tables[t]->rows[i].sum.owed.minor;
        }
        assert_memory_equal(&sum, &report.total, sizeof sum);
    }
    return report;
}

static void test_tables(void **state)
{
    struct shop *shop = *state;
    earn(shop, lot_of(&shop->grocer, 1, 0), time_of(1, 10), 100, 0);
    earn(shop, lot_of(&shop->grocer, 1, 0), time_of(3, 1), 40, 0);
    earn(shop, lot_of(&shop->fuel, 2, 9), time_of(2, 20), 10, 0);
    earn(shop, lot_of(&shop->fuel, 3, 8), time_of(2, 20), 1, 0);
    /* 120 of the first lot: all of January's go first, then 20 of March's. */
    assert_int_equal(take(shop, lot_of(&shop->grocer, 1, 0), time_of(3, 2), 120, 120, 0), ERR_OK);
    struct liability_report report = report_at(shop, time_of(3, 31));
    assert_int_equal(report.total.points.minor, 31);
    assert_int_equal(report.total.worth.minor, 10); /* 31 / 3 = 10.33 */
    assert_int_equal(report.by_issuer.count, 2);
    assert_string_equal(report.by_issuer.rows[0].issuer.text, "fuel");
    assert_int_equal(report.by_issuer.rows[0].sum.points.minor, 11);
    assert_int_equal(report.by_issuer.rows[1].sum.points.minor, 20);
    assert_int_equal(report.by_age.count, 6);
    assert_int_equal(report.by_age.rows[0].sum.points.minor, 20); /* 30 days: up to 30 */
    assert_int_equal(report.by_age.rows[1].sum.points.minor, 11); /* 39 days */
    assert_int_equal(report.by_expiry.count, 3);
    assert_int_equal(report.by_expiry.rows[0].expiry.code, 202608);
    assert_int_equal(report.by_expiry.rows[1].sum.points.minor, 10);
    assert_int_equal(report.by_expiry.rows[2].expiry.code, 0); /* never comes last */
    liability_report_fini(&report);
}

/* Layers go along: points of January are as old in other hands. */
static void test_transfer_and_hold(void **state)
{
    struct shop *shop = *state;
    earn(shop, lot_of(&shop->grocer, 1, 0), time_of(1, 1), 30, 0);
    earn(shop, lot_of(&shop->grocer, 2, 0), time_of(3, 1), 5, 0);
    struct lot_move moves[] = {{lot_of(&shop->grocer, 2, 0), 12},
                               {lot_of(&shop->grocer, 1, 0), -12},
                               {lot_of(&shop->grocer, 1, 0), 7},
                               {lot_of(&shop->grocer, 1, 0), -7}};
    struct lot_event event = {.at = time_of(3, 2), .moves = moves, .count = 4};
    assert_int_equal(lot_ages_apply(&shop->ages, &event), ERR_OK);
    struct liability_report report = report_at(shop, time_of(3, 3));
    assert_int_equal(report.by_age.rows[0].sum.points.minor, 5);
    assert_int_equal(report.by_age.rows[1].sum.points.minor, 30);
    liability_report_fini(&report);
    /* Member 2 spends 12: January's, which came later but are older. */
    assert_int_equal(take(shop, lot_of(&shop->grocer, 2, 0), time_of(3, 4), 12, 12, 0), ERR_OK);
    assert_int_equal(shop->ages.cohorts.rows[0].redeemed.minor, 12);
    assert_int_equal(shop->ages.cohorts.rows[1].redeemed.minor, 0);
    assert_int_equal(take(shop, lot_of(&shop->grocer, 2, 0), time_of(3, 4), 6, 6, 0), ERR_CORRUPT);
}

static void test_return_and_expiry(void **state)
{
    struct shop *shop = *state;
    struct lot_name lot = lot_of(&shop->grocer, 1, 0);
    earn(shop, lot, time_of(1, 10), 100, 10000);
    assert_int_equal(take(shop, lot, time_of(2, 1), 40, 40, 0), ERR_OK);
    /* 10 of these come back from a burn: they count as January's. */
    struct lot_move move = {lot, 10};
    struct lot_event event = {.at = time_of(2, 3), .returned = 10, .moves = &move, .count = 1};
    assert_int_equal(lot_ages_apply(&shop->ages, &event), ERR_OK);
    const struct cohort *cohort = &shop->ages.cohorts.rows[0];
    assert_int_equal(shop->ages.cohorts.count, 1);
    assert_int_equal(cohort->redeemed.minor, 30);
    assert_int_equal(cohort_left(cohort).minor, 70);
    /* A quarter of the goods is given back, with 25 points; 45 points expire. */
    assert_int_equal(take(shop, lot, time_of(2, 4), 25, 0, 0), ERR_OK);
    assert_int_equal(cohort->issued.minor, 75);
    assert_int_equal(cohort->sales.minor, 7500);
    assert_int_equal(take(shop, lot, time_of(2, 5), 45, 0, 45), ERR_OK);
    assert_int_equal(cohort->expired.minor, 45);
    struct liability_report report = report_at(shop, time_of(2, 28));
    assert_int_equal(report.total.points.minor, 0);
    assert_int_equal(report.deferral_count, 1);
    assert_int_equal(report.breakage_ppm, 600000); /* 45 of 75 that ended */
    assert_int_equal(report.deferred.minor, 0);    /* nothing is left that could be redeemed */
    liability_report_fini(&report);
}

/* 9,500 of 10,000 points are expected to be redeemed; 4,500 are. Of the 5,500 that are left, 5,000
 * will be: at 1 for 3 points 1,666.67. Deferred: see test_deferral.c, at a third of the price. */
static void test_breakage_and_deferral(void **state)
{
    struct shop *shop = *state;
    struct lot_name lot = lot_of(&shop->grocer, 1, 0);
    shop->terms.breakage =
        (struct breakage){.rate_count = 2, .rates = {{january, 50000}, {{202603}, 30000}}};
    earn(shop, lot, time_of(1, 10), 10000, 100000);
    struct cohorts then;
    assert_int_equal(cohorts_copy(&shop->ages.cohorts, &then), ERR_OK);
    assert_int_equal(take(shop, lot, time_of(2, 1), 4500, 4500, 0), ERR_OK);
    struct liability_report report = report_at(shop, time_of(2, 28));
    assert_int_equal(report.total.points.minor, 5500);
    assert_int_equal(report.total.breakage.minor, 500);
    assert_int_equal(report.total.worth.minor, 1833);
    assert_int_equal(report.total.owed.minor, 1667);
    /* 9,500 / 3 is 3,167: 100,000 * 3,167 / 103,167 = 3,069.8, of it 4,500 / 9,500. */
    assert_int_equal(report.allocated.minor, 3070);
    assert_int_equal(report.recognised.minor, 1454);
    assert_int_equal(report.deferred.minor, 1616);
    liability_report_fini(&report);
    /* From March on 9,700 are expected: 3,070 * 4,500 / 9,700 = 1,424.2, which is 30 less. */
    struct deferral_move moved;
    assert_int_equal(deferral_moved(&then, time_of(1, 31), &shop->ages.cohorts, time_of(3, 31),
                                    &shop->grocer, &shop->terms, &moved),
                     ERR_OK);
    assert_int_equal(moved.opening.minor, 3070);
    assert_int_equal(moved.added.minor, 0);
    assert_int_equal(moved.recognised.minor, 1454);
    assert_int_equal(moved.estimate.minor, -30);
    assert_int_equal(moved.closing.minor, 3070 - 1424);
    cohorts_fini(&then);
}

static void test_prices(void **state)
{
    struct shop *shop = *state;
    struct lot_name lot = lot_of(&shop->grocer, 1, 0);
    earn(shop, lot, time_of(1, 10), 10, 0);
    lot.tariff = 2;
    earn(shop, lot, time_of(1, 10), 10, 0);
    struct liability_report report = report_at(shop, time_of(2, 28));
    assert_int_equal(report.total.worth.minor, 3 + 50);
    liability_report_fini(&report);
    lot.tariff = 4; /* out of a block: at everybody's price */
    earn(shop, lot, time_of(1, 10), 10, 0);
    report = report_at(shop, time_of(2, 28));
    assert_int_equal(report.total.worth.minor, 3 + 50 + 3);
    liability_report_fini(&report);
    shop->terms.has_price = true;
    shop->terms.price = money_of(7);
    shop->terms.per = points_of(2);
    report = report_at(shop, time_of(2, 28));
    assert_int_equal(report.total.worth.minor, 105);
    liability_report_fini(&report);
    shop->terms.has_price = false;
    lot.tariff = 3;
    earn(shop, lot, time_of(1, 10), 10, 0);
    assert_int_equal(
        liability_report(&shop->ages, &shop->grocer, &shop->terms, time_of(2, 28), &report),
        ERR_INPUT);
}

/* Many members and days, so that places are looked for and made anew. */
static void test_many(void **state)
{
    struct shop *shop = *state;
    int64_t sum = 0;
    for (unsigned i = 0; i < 20000; i++) {
        struct lot_name lot = lot_of(i % 3 == 0 ? &shop->fuel : &shop->grocer, (uint8_t)i, 0);
        lot.member.bytes[1] = (uint8_t)(i % 1777 >> 3);
        earn(shop, lot, (struct unix_ms){time_of(1, 1).ms + (int64_t)(i / 50) * DAY_MS}, 1 + i % 7,
             10);
        sum += 1 + i % 7;
        if (i % 5 == 4) {
            assert_int_equal(take(shop, lot, time_of(12, 1), 1, 1, 0), ERR_OK);
            sum--;
        }
    }
    struct liability_report report = report_at(shop, time_of(12, 31));
    assert_int_equal(report.total.points.minor, sum);
    assert_int_equal(report.total.breakage.minor, 0);
    liability_report_fini(&report);
}

#define SHOP_TEST(name) cmocka_unit_test_setup_teardown(name, open_shop, close_shop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(test_tables),
        SHOP_TEST(test_transfer_and_hold),
        SHOP_TEST(test_return_and_expiry),
        SHOP_TEST(test_breakage_and_deferral),
        SHOP_TEST(test_prices),
        SHOP_TEST(test_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
