/* Deferred revenue from month to month: a grocer's quarter with the figures of test_liability.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "accounting/closing.h"

static struct tariff tariff = {.id = 1, .redemption_price = {1}, .per = {3}};
static const struct roster roster = {.tariffs = &tariff, .tariff_count = 1};

struct quarter {
    struct partner_id grocer;
    struct lot_ages ages;
    struct liability_terms terms;
    struct posting_templates templates;
    struct settling settling;
    struct closing closing;
};

static struct unix_ms time_of(int month, int day)
{
    struct civil civil = {.year = 2026, .month = month, .day = day};
    struct unix_ms time;
    assert_int_equal(civil_to_unix(&civil, &time), ERR_OK);
    return time;
}

static int begin(void **state)
{
    static struct quarter quarter;
    memset(&quarter, 0, sizeof quarter);
    assert_int_equal(partner_id_parse("grocer", &quarter.grocer), ERR_OK);
    liability_terms_default(&roster, &quarter.terms);
    quarter.terms.breakage =
        (struct breakage){.rate_count = 2, .rates = {{{202601}, 50000}, {{202603}, 30000}}};
    templates_default(&quarter.templates);
    settling_init(&quarter.settling, &quarter.grocer, &quarter.templates);
    *state = &quarter;
    return 0;
}

static int end(void **state)
{
    struct quarter *quarter = *state;
    lot_ages_fini(&quarter->ages);
    settling_fini(&quarter->settling);
    return 0;
}

static void reach(struct quarter *quarter, struct unix_ms now)
{
    assert_int_equal(
        closing_reach(&quarter->closing, &quarter->ages.cohorts, now, &quarter->settling), ERR_OK);
}

/* Points, and what was sold for them; or (negative) redeemed. */
static void change(struct quarter *quarter, struct unix_ms at, int64_t points, int64_t sale)
{
    struct lot_move move = {{.issuer = quarter->grocer, .tariff = 1}, points};
    struct lot_event event = {
        .at = at, .redeemed = points < 0 ? -points : 0, .sale = {sale}, .moves = &move, .count = 1};
    reach(quarter, at);
    if (!closing_is_over(&quarter->closing)) {
        assert_int_equal(lot_ages_apply(&quarter->ages, &event), ERR_OK);
    }
}

/* 10,000 points for 100,000 in January, 4,500 of them redeemed on the first of February; from March
 * on 9,700 are expected to be redeemed instead of 9,500. */
static void tell(struct quarter *quarter, struct unix_ms from, struct unix_ms to)
{
    lot_ages_fini(&quarter->ages);
    memset(&quarter->ages, 0, sizeof quarter->ages);
    closing_init(&quarter->closing, &quarter->grocer, &quarter->terms, from, to);
    change(quarter, time_of(1, 10), 10000, 100000);
    change(quarter, time_of(2, 1), -4500, 0);
    reach(quarter, time_of(4, 1));
    closing_fini(&quarter->closing);
}

static int64_t balance(const struct quarter *quarter, size_t account)
{
    int64_t sum = 0;
    for (size_t i = 0; i < quarter->settling.entries.count; i++) {
        const struct book_entry *entry = &quarter->settling.entries.rows[i];
        int64_t whole = 0;
        for (size_t line = 0; line < entry->line_count; line++) {
            whole += entry->lines[line].amount.minor;
            assert_int_equal(entry->lines[line].amount.micro, 0);
            sum += entry->lines[line].account == account ? entry->lines[line].amount.minor : 0;
        }
        assert_int_equal(whole, 0);
    }
    return sum;
}

static const struct unix_ms never = {0};

static void test_months(void **state)
{
    struct quarter *quarter = *state;
    static const struct {
        enum posting_event event;
        int month;
        int day; /* the last one */
    } rows[] = {{POSTING_REVENUE_DEFERRED, 1, 31},
                {POSTING_REVENUE_RECOGNISED, 2, 28},
                {POSTING_BREAKAGE_ESTIMATED, 3, 31}};
    tell(quarter, never, never);
    assert_int_equal(quarter->settling.entries.count, 3);
    for (size_t i = 0; i < 3; i++) {
        const struct book_entry *entry = &quarter->settling.entries.rows[i];
        struct civil date = civil_from_unix(entry->at);
        assert_int_equal(entry->event, rows[i].event);
        assert_int_equal(date.month, rows[i].month);
        assert_int_equal(date.day, rows[i].day);
        assert_int_equal(entry->period.code, 202600 + rows[i].month);
    }
    assert_int_equal(balance(quarter, CHART_SALES_DEFERRED), 3070);
    assert_int_equal(balance(quarter, CHART_POINTS_RECOGNISED), -1454);
    assert_int_equal(balance(quarter, CHART_BREAKAGE_ESTIMATED), 30); /* less is earned than was */
    /* As the report at that time has it. */
    struct liability_report report;
    assert_int_equal(liability_report(&quarter->ages, &quarter->grocer, &quarter->terms,
                                      time_of(3, 31), &report),
                     ERR_OK);
    assert_int_equal(balance(quarter, CHART_DEFERRED_REVENUE), -report.deferred.minor);
    assert_int_equal(report.deferred.minor, 3070 - 1424);
    liability_report_fini(&report);
}

/* What is asked for in pieces is what is asked for at once; and nothing is said of a month that has
 * not ended. */
static void test_pieces(void **state)
{
    struct quarter *quarter = *state;
    const struct unix_ms cuts[] = {never,          time_of(1, 5),  time_of(1, 20), time_of(2, 1),
                                   time_of(2, 15), time_of(3, 20), time_of(3, 30)};
    const int64_t deferred[] = {0, 0, 3070, 3070, 1616, 1646, 1646};
    for (size_t i = 1; i < sizeof cuts / sizeof cuts[0]; i++) {
        tell(quarter, cuts[i - 1], cuts[i]);
        assert_int_equal(balance(quarter, CHART_DEFERRED_REVENUE), -deferred[i]);
    }
    assert_int_equal(balance(quarter, CHART_SALES_DEFERRED), 3070);
    settling_fini(&quarter->settling);
    tell(quarter, never, time_of(12, 1));
    assert_int_equal(balance(quarter, CHART_DEFERRED_REVENUE), -1646);
    settling_fini(&quarter->settling);
    lot_ages_fini(&quarter->ages);
    memset(&quarter->ages, 0, sizeof quarter->ages);
    closing_init(&quarter->closing, &quarter->grocer, &quarter->terms, never, never);
    change(quarter, time_of(1, 10), 10000, 100000);
    reach(quarter, (struct unix_ms){time_of(2, 1).ms - 1});
    assert_int_equal(quarter->settling.entries.count, 0);
    closing_fini(&quarter->closing);
}

/* Goods that come back take back what was deferred for them. */
static void test_return(void **state)
{
    struct quarter *quarter = *state;
    struct lot_move move = {{.issuer = quarter->grocer, .tariff = 1}, -10000};
    struct lot_event back = {.at = time_of(2, 3), .moves = &move, .count = 1};
    closing_init(&quarter->closing, &quarter->grocer, &quarter->terms, never, never);
    change(quarter, time_of(1, 10), 10000, 100000);
    reach(quarter, back.at);
    assert_int_equal(lot_ages_apply(&quarter->ages, &back), ERR_OK);
    reach(quarter, time_of(3, 1));
    assert_int_equal(quarter->settling.entries.count, 2);
    assert_int_equal(balance(quarter, CHART_DEFERRED_REVENUE), 0);
    assert_int_equal(balance(quarter, CHART_SALES_DEFERRED), 0);
    closing_fini(&quarter->closing);
}

static void test_no_price(void **state)
{
    struct quarter *quarter = *state;
    static const struct roster nothing = {.tariffs = NULL};
    closing_init(&quarter->closing, &quarter->grocer, &quarter->terms, never, never);
    change(quarter, time_of(1, 10), 10, 100);
    quarter->terms.roster = &nothing;
    assert_int_equal(
        closing_reach(&quarter->closing, &quarter->ages.cohorts, time_of(2, 1), &quarter->settling),
        ERR_INPUT);
    closing_fini(&quarter->closing);
}

#define QUARTER_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        QUARTER_TEST(test_months),
        QUARTER_TEST(test_pieces),
        QUARTER_TEST(test_return),
        QUARTER_TEST(test_no_price),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
