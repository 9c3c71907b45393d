/* A month between a grocer, whose books these are, and a fuel station: figures worked by hand.
 *
 * At 95 and 90 minor units for 10,000 points, a fee of 1.5 % and 2 %, a tax of 20 % on fees:
 *   grocer to fuel   25,721 earned   244.3495 is 244, fee 3.66 is 4, tax 0.8 is 1
 *                       120 spent      1.08   is 1
 *   fuel to grocer   39,983 earned   379.8385 is 380, fee 5.7 is 6, tax 1.2 is 1
 *                       200 spent      1.8    is 2
 *                       500 earned     4.75   disputed
 * Grocer owes 244 + 4 + 1 + 2 = 251 and is owed 1 + 380 + 6 + 1 = 388: fuel pays 137.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "accounting/settling.h"

#define ARENA_BYTES 65536

static struct tariff tariff = {.id = 1,
                               .issue_price = {95},
                               .redemption_price = {90},
                               .per = {10000},
                               .fee = {.issue_ppm = 15000, .redemption_ppm = 20000},
                               .tax = {.code = "S", .rate_ppm = 200000}};
static const struct period november = {202611};

struct month {
    struct partner_id grocer;
    struct partner_id fuel;
    struct roster roster;
    struct arena arena;
    struct receipt_total sent[2];
    struct receipt_total received[2];
    struct receipt_total suspended[1];
    struct pair_statement statement;
    struct posting_templates templates;
    struct settling settling;
};

static struct unix_ms day_of(int day)
{
    struct civil civil = {.year = 2026, .month = 12, .day = day, .hour = 9};
    struct unix_ms time;
    assert_int_equal(civil_to_unix(&civil, &time), ERR_OK);
    return time;
}

static int make_month(void **state)
{
    static struct month month;
    memset(&month, 0, sizeof month);
    assert_int_equal(partner_id_parse("grocer", &month.grocer), ERR_OK);
    assert_int_equal(partner_id_parse("fuel", &month.fuel), ERR_OK);
    month.roster = (struct roster){.self = month.grocer, .tariffs = &tariff, .tariff_count = 1};
    month.sent[0] = (struct receipt_total){ENTRY_EARN, 1, 7, 25721};
    month.sent[1] = (struct receipt_total){ENTRY_CAPTURE, 1, 1, 120};
    month.received[0] = (struct receipt_total){ENTRY_EARN, 1, 9, 39983};
    month.received[1] = (struct receipt_total){ENTRY_CAPTURE, 1, 1, 200};
    month.suspended[0] = (struct receipt_total){ENTRY_EARN, 1, 1, 500};
    arena_init(&month.arena, ARENA_BYTES);
    struct statement_half halves[2] = {{.sender = month.grocer,
                                        .receiver = month.fuel,
                                        .first_number = 1,
                                        .last_number = 9,
                                        .totals = month.sent,
                                        .total_count = 2},
                                       {.sender = month.fuel,
                                        .receiver = month.grocer,
                                        .first_number = 1,
                                        .last_number = 11,
                                        .totals = month.received,
                                        .total_count = 2,
                                        .suspended = month.suspended,
                                        .suspended_count = 1}};
    assert_int_equal(statement_make(&month.roster, "demo", "EUR", november, halves, &month.arena,
                                    &month.statement),
                     ERR_OK);
    assert_int_equal(month.statement.net.minor, 137);
    templates_default(&month.templates);
    settling_init(&month.settling, &month.grocer, &month.templates);
    *state = &month;
    return 0;
}

static int end_month(void **state)
{
    struct month *month = *state;
    settling_fini(&month->settling);
    arena_fini(&month->arena);
    return 0;
}

static void add(int64_t sums[2], struct exact_money amount)
{
    sums[0] += amount.minor;
    sums[1] += amount.micro;
}

/* In millionths. Each entry adds up to zero. */
static int64_t balance(const struct month *month, size_t account)
{
    int64_t all[2] = {0, 0};
    for (size_t i = 0; i < month->settling.entries.count; i++) {
        const struct book_entry *entry = &month->settling.entries.rows[i];
        int64_t whole[2] = {0, 0};
        for (size_t line = 0; line < entry->line_count; line++) {
            add(whole, entry->lines[line].amount);
            if (entry->lines[line].account == account) {
                add(all, entry->lines[line].amount);
            }
        }
        assert_int_equal(whole[0] * MICRO_PER_MINOR + whole[1], 0);
    }
    return all[0] * MICRO_PER_MINOR + all[1];
}

static void assert_minor(const struct month *month, size_t account, int64_t minor)
{
    assert_int_equal(balance(month, account), minor * MICRO_PER_MINOR);
}

static void agree(struct month *month)
{
    assert_int_equal(
        settling_statement(&month->settling, &month->roster, &month->statement, day_of(2)), ERR_OK);
}

static void test_statement(void **state)
{
    struct month *month = *state;
    agree(month);
    size_t count = month->settling.entries.count;
    assert_int_equal(count, 4 + 4 + 1);
    assert_minor(month, CHART_MONEY_PAYABLE, -251);
    assert_minor(month, CHART_MONEY_RECEIVABLE, 388);
    assert_minor(month, CHART_FEES_PAID, 4);
    assert_minor(month, CHART_FEES_EARNED, -6);
    assert_minor(month, CHART_TAX_PAID, 1);
    assert_minor(month, CHART_TAX_CHARGED, -1);
    assert_int_equal(balance(month, CHART_POINTS_GIVEN), 244349500);
    assert_int_equal(balance(month, CHART_POINTS_TAKEN), -1080000);
    assert_int_equal(balance(month, CHART_POINTS_FUNDED), -379838500 + 1800000 - 4750000);
    assert_int_equal(balance(month, CHART_MONEY_DISPUTED), 4750000);
    assert_int_equal(balance(month, CHART_ROUNDING), -349500 + 80000 - 161500 + 200000);
    agree(month); /* said again */
    assert_int_equal(month->settling.entries.count, count);
    /* Of the period that is over, though it was agreed on later. */
    struct civil date = civil_from_unix(month->settling.entries.rows[0].at);
    assert_int_equal(date.month, 11);
    assert_int_equal(date.day, 30);
}

static struct settling_payment payment_of(const struct month *month, int64_t instructed,
                                          int64_t sent, int64_t received)
{
    return (struct settling_payment){.partner = month->fuel,
                                     .period = november,
                                     .reference = "T202611-X",
                                     .figures = {{137}, {instructed}, {sent}, {received}}};
}

static void pay(struct month *month, bool is_debtor, int64_t instructed, int64_t sent,
                int64_t received)
{
    struct settling_payment payment = payment_of(month, instructed, sent, received);
    payment.is_debtor = is_debtor;
    assert_int_equal(settling_payment(&month->settling, &payment, day_of(5)), ERR_OK);
}

/* Net, a part, the rest and too much, and what was too much sent back. */
static void test_creditor(void **state)
{
    struct month *month = *state;
    agree(month);
    pay(month, false, 0, 0, 0);
    assert_minor(month, CHART_MONEY_PAYABLE, 0);
    assert_minor(month, CHART_MONEY_RECEIVABLE, 137);
    pay(month, false, 137, 0, 0); /* what the debtor says moves nothing here */
    assert_minor(month, CHART_MONEY_RECEIVABLE, 137);
    pay(month, false, 137, 0, 100);
    assert_minor(month, CHART_MONEY_RECEIVABLE, 37);
    assert_minor(month, CHART_BANK, 100);
    pay(month, false, 137, 0, 150);
    assert_minor(month, CHART_MONEY_RECEIVABLE, 0);
    assert_minor(month, CHART_OVERPAID_BY, -13);
    assert_minor(month, CHART_BANK, 150);
    pay(month, false, 137, 0, 137);
    assert_minor(month, CHART_OVERPAID_BY, 0);
    assert_minor(month, CHART_BANK, 137);
    assert_minor(month, CHART_MONEY_RECEIVABLE, 0);
}

/* The same month, were the grocer to pay. */
static void test_debtor(void **state)
{
    struct month *month = *state;
    settling_fini(&month->settling);
    settling_init(&month->settling, &month->fuel, &month->templates);
    month->roster.self = month->fuel;
    agree(month);
    struct settling_payment payment = payment_of(month, 0, 0, 0);
    payment.partner = month->grocer;
    payment.is_debtor = true;
    static const struct {
        int64_t instructed, sent, received;       /* told */
        int64_t payable, transit, bank, overpaid; /* then */
    } steps[] = {
        {0, 0, 0, -137, 0, 0, 0},        {100, 0, 0, -37, -100, 0, 0},
        {100, 100, 0, -37, 0, -100, 0},  {137, 100, 100, 0, -37, -100, 0},
        {137, 150, 100, 0, 0, -150, 13}, {137, 137, 137, 0, 0, -137, 0},
        {137, 0, 137, 0, -137, 0, 0}, /* the bank took it back */
    };
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        payment.figures = (struct settling_figures){
            {137}, {steps[i].instructed}, {steps[i].sent}, {steps[i].received}};
        assert_int_equal(settling_payment(&month->settling, &payment, day_of(5)), ERR_OK);
        assert_minor(month, CHART_MONEY_PAYABLE, steps[i].payable);
        assert_minor(month, CHART_IN_TRANSIT, steps[i].transit);
        assert_minor(month, CHART_BANK, steps[i].bank);
        assert_minor(month, CHART_OVERPAID_TO, steps[i].overpaid);
        assert_minor(month, CHART_MONEY_RECEIVABLE, 0);
    }
}

/* Nothing was ordered by a file of ours: the bank's word counts, or the creditor's. */
static void test_debtor_by_hand(void **state)
{
    struct month *month = *state;
    settling_fini(&month->settling);
    settling_init(&month->settling, &month->fuel, &month->templates);
    agree(month);
    struct settling_payment payment = payment_of(month, 0, 0, 0);
    payment.partner = month->grocer;
    payment.is_debtor = true;
    payment.figures.received = money_of(137);
    assert_int_equal(settling_payment(&month->settling, &payment, day_of(5)), ERR_OK);
    assert_minor(month, CHART_MONEY_PAYABLE, 0);
    assert_minor(month, CHART_IN_TRANSIT, -137);
    payment.figures.sent = money_of(137);
    assert_int_equal(settling_payment(&month->settling, &payment, day_of(5)), ERR_OK);
    assert_minor(month, CHART_IN_TRANSIT, 0);
    assert_minor(month, CHART_BANK, -137);
}

/* All pairs together: fuel's net goes in, and what comes out is paid by somebody else. */
static void test_multilateral(void **state)
{
    struct month *month = *state;
    agree(month);
    struct settling_payment payment = payment_of(month, 0, 0, 0);
    assert_int_equal(partner_id_parse("hotel", &payment.partner), ERR_OK);
    payment.is_multilateral = true;
    assert_int_equal(settling_payment(&month->settling, &payment, day_of(3)), ERR_OK);
    assert_minor(month, CHART_NETTING, -137);
    assert_minor(month, CHART_MONEY_RECEIVABLE, 388 + 137);
    for (unsigned i = 0; i < 2; i++) { /* the second time it is done already */
        assert_int_equal(settling_netted(&month->settling, &month->fuel, november), ERR_OK);
        assert_minor(month, CHART_NETTING, 0);
        assert_minor(month, CHART_MONEY_PAYABLE, 0);
        assert_minor(month, CHART_MONEY_RECEIVABLE, 137);
    }
    payment.figures.received = money_of(137);
    assert_int_equal(settling_payment(&month->settling, &payment, day_of(5)), ERR_OK);
    assert_minor(month, CHART_MONEY_RECEIVABLE, 0);
    assert_minor(month, CHART_BANK, 137);
}

static void test_dispute_over(void **state)
{
    struct month *month = *state;
    agree(month);
    struct settling_dispute dispute = {.partner = month->fuel,
                                       .period = november,
                                       .was_applied = true,
                                       .was_left_out = true,
                                       .line = month->suspended[0]};
    assert_int_equal(settling_release(&month->settling, &month->roster, &dispute, day_of(9)),
                     ERR_OK);
    assert_minor(month, CHART_MONEY_DISPUTED, 0);
    assert_int_equal(balance(month, CHART_POINTS_FUNDED), -379838500 + 1800000);
    assert_minor(month, CHART_MONEY_RECEIVABLE, 388);
    dispute.period = (struct period){202612}; /* not agreed yet: nothing waits */
    size_t count = month->settling.entries.count;
    assert_int_equal(settling_release(&month->settling, &month->roster, &dispute, day_of(9)),
                     ERR_OK);
    assert_int_equal(month->settling.entries.count, count);
}

/* What the statement says beyond what is known here is posted none the less. */
static void test_other(void **state)
{
    struct month *month = *state;
    month->statement.halves[0].owed.minor += 10; /* fuel's half */
    agree(month);
    assert_minor(month, CHART_OTHER, -10);
    assert_minor(month, CHART_MONEY_RECEIVABLE, 388 + 10);
}

/* Whatever the halves are made of, what stands with the partner is the statement's net, nothing is
 * `other`, and no more than one unit a line is rounded. */
static void test_every_kind(void **state)
{
    struct month *month = *state;
    static const enum entry_kind kinds[] = {
        ENTRY_EARN,           ENTRY_CAPTURE,   ENTRY_EARN_RETURN,     ENTRY_BURN_RETURN,
        ENTRY_ADJUSTMENT,     ENTRY_MOVED_LOT, ENTRY_BURN_ADJUSTMENT, ENTRY_FUNDING,
        ENTRY_FUNDING_RETURN, ENTRY_PROMOTION};
    const size_t count = sizeof kinds / sizeof kinds[0];
    const struct tariff before = tariff;
    uint64_t seed = 1;
    for (unsigned round = 0; round < 500; round++) {
        struct receipt_total totals[2][sizeof kinds / sizeof kinds[0]];
        struct statement_half halves[2] = {month->statement.halves[0], month->statement.halves[1]};
        for (size_t i = 0; i < 2 * count; i++) {
            seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            totals[i / count][i % count] =
                (struct receipt_total){kinds[i % count], 1, 1, (int64_t)(seed >> 44)};
        }
        tariff.per = points_of(1 + (int64_t)(seed >> 50));
        tariff.tax.is_on_points = round % 2 == 0;
        tariff.fee.minimum = money_of(round % 3 == 0 ? 5000 : 0);
        tariff.funding = round % 5 < 2 ? FUNDED_AT_BURN : FUNDED_AT_ISSUE;
        for (size_t half = 0; half < 2; half++) {
            halves[half].totals = totals[half];
            halves[half].total_count = round % (count + 1);
            halves[half].suspended_count = 0;
        }
        arena_reset(&month->arena);
        assert_int_equal(statement_make(&month->roster, "demo", "EUR", november, halves,
                                        &month->arena, &month->statement),
                         ERR_OK);
        settling_fini(&month->settling);
        agree(month);
        bool is_owed = partner_id_equal(&month->statement.creditor, &month->grocer);
        int64_t net = is_owed ? month->statement.net.minor : -month->statement.net.minor;
        int64_t rounding = balance(month, CHART_ROUNDING);
        assert_int_equal(balance(month, CHART_MONEY_RECEIVABLE) +
                             balance(month, CHART_MONEY_PAYABLE),
                         net * MICRO_PER_MINOR);
        assert_minor(month, CHART_OTHER, 0);
        assert_true(rounding <= 10 * MICRO_PER_MINOR && rounding >= -10 * MICRO_PER_MINOR);
        for (size_t i = 0; i < month->settling.entries.count; i++) {
            const struct book_entry *entry = &month->settling.entries.rows[i];
            bool is_fee_or_tax =
                entry->event >= POSTING_FEE_PAID && entry->event <= POSTING_TAX_CHARGED;
            assert_true(is_fee_or_tax || entry->lines[0].amount.minor >= 0);
        }
    }
    tariff = before;
}

static void make_statement(struct month *month, const struct receipt_total *sent,
                           const struct receipt_total *received, size_t count)
{
    struct statement_half halves[2] = {month->statement.halves[0], month->statement.halves[1]};
    for (size_t i = 0; i < 2; i++) {
        bool is_sent = partner_id_equal(&halves[i].sender, &month->grocer);
        halves[i].totals = (struct receipt_total *)(uintptr_t)(is_sent ? sent : received);
        halves[i].total_count = count;
        halves[i].suspended_count = 0;
    }
    assert_int_equal(statement_make(&month->roster, "demo", "EUR", november, halves, &month->arena,
                                    &month->statement),
                     ERR_OK);
    settling_fini(&month->settling);
    agree(month);
}

static bool has_event(const struct month *month, enum posting_event event)
{
    const struct book_list *entries = &month->settling.entries;
    bool is_found = false;
    for (size_t i = 0; i < entries->count; i++) {
        is_found = is_found || entries->rows[i].event == event;
    }
    return is_found;
}

/* What was funded, and its promotions' shares, are events of their own: with the points that others
 * gave to own members, or with those that this brand gave. */
static void test_funding(void **state)
{
    static const struct receipt_total sent[] = {{ENTRY_PROMOTION_RETURN, 1, 1, 30000},
                                                {ENTRY_FUNDING, 1, 1, 20000},
                                                {ENTRY_FUNDING_RETURN, 1, 1, 10000},
                                                {ENTRY_PROMOTION, 1, 1, 50000}};
    static const struct receipt_total received[] = {{ENTRY_PROMOTION_RETURN, 1, 1, 40000},
                                                    {ENTRY_FUNDING, 1, 1, 70000},
                                                    {ENTRY_FUNDING_RETURN, 1, 1, 30000},
                                                    {ENTRY_PROMOTION, 1, 1, 10000}};
    struct month *month = *state;
    const struct tariff before = tariff;
    tariff.fee = (struct tariff_fee){0};
    tariff.funding = FUNDED_AT_BURN; /* 90 for 10,000 points */
    make_statement(month, sent, received, 4);
    assert_minor(month, CHART_MONEY_RECEIVABLE, 180 + 450 + 270 + 360);
    assert_minor(month, CHART_MONEY_PAYABLE, -90 - 630 - 90 - 270);
    assert_minor(month, CHART_POINTS_FUNDED, -180 + 90);
    assert_minor(month, CHART_POINTS_GIVEN, -450 + 630 - 270 + 90 + 270 - 360);
    assert_minor(month, CHART_OTHER, 0);
    for (unsigned event = POSTING_EARN_SENT; event <= POSTING_OTHER_RECEIVED; event++) {
        bool is_there =
            event == POSTING_FUNDING_SENT || event == POSTING_FUNDING_RETURN_SENT ||
            event == POSTING_PROMOTION_SENT || event == POSTING_FUNDING_RECEIVED ||
            event == POSTING_FUNDING_RETURN_RECEIVED || event == POSTING_PROMOTION_RECEIVED ||
            event == POSTING_PROMOTION_RETURN_SENT || event == POSTING_PROMOTION_RETURN_RECEIVED;
        assert_int_equal(has_event(month, (enum posting_event)event), is_there);
    }
    /* Of a node that says funding of both: where points are paid for when they are given, nothing
     * else is given back. */
    tariff.funding = FUNDED_AT_ISSUE; /* at 95 */
    make_statement(month, &sent[2], &received[2], 2);
    assert_minor(month, CHART_POINTS_FUNDED, 0);
    assert_minor(month, CHART_POINTS_GIVEN, 95 - 475 - 285 + 95);
    assert_true(has_event(month, POSTING_PROMOTION_RETURN_SENT) &&
                has_event(month, POSTING_PROMOTION_RETURN_RECEIVED));
    tariff = before;
}

static void test_not_ours(void **state)
{
    struct month *month = *state;
    assert_int_equal(partner_id_parse("hotel", &month->settling.self), ERR_OK);
    assert_int_equal(
        settling_statement(&month->settling, &month->roster, &month->statement, day_of(2)),
        ERR_INPUT);
    month->settling.self = month->grocer;
    month->roster.tariff_count = 0;
    assert_int_equal(
        settling_statement(&month->settling, &month->roster, &month->statement, day_of(2)),
        ERR_INPUT);
}

static void test_own_template(void **state)
{
    struct month *month = *state;
    month->templates.rows[POSTING_EARN_SENT].debit = CHART_OTHER;
    agree(month);
    assert_int_equal(balance(month, CHART_OTHER), 244349500);
    assert_int_equal(balance(month, CHART_POINTS_GIVEN), 0);
    assert_minor(month, CHART_MONEY_PAYABLE, -251);
}

static void test_exact(void **state)
{
    (void)state;
    struct exact_money amount;
    assert_int_equal(exact_worth(1, 1, 3, &amount), ERR_OK);
    assert_int_equal(amount.micro, 333333);
    assert_int_equal(exact_worth(INT64_MAX, 3, 7, &amount), ERR_OK);
    assert_int_equal(amount.minor, 3952873730080618203); /* 27670116110564327421 / 7, 0 left */
    assert_int_equal(amount.micro, 0);
    assert_int_equal(exact_worth(INT64_MAX, INT64_MAX, 1, &amount), ERR_RANGE);
    assert_int_equal(exact_worth(1, 1, 0, &amount), ERR_INPUT);
    struct exact_money a = {1, 250000};
    struct exact_money b = {2, 0};
    assert_int_equal(exact_sub(a, b, &amount), ERR_OK);
    assert_int_equal(amount.minor, 0);
    assert_int_equal(amount.micro, -750000);
    assert_int_equal(exact_sub(b, a, &amount), ERR_OK);
    assert_int_equal(amount.micro, 750000);
    assert_int_equal(exact_sub(exact_of(INT64_MIN), a, &amount), ERR_RANGE);
}

static void test_order(void **state)
{
    (void)state;
    struct book_list list = {.rows = NULL};
    for (int i = 0; i < 40; i++) {
        struct book_entry entry = {.at = {i % 3}, .period = {(uint32_t)i}};
        assert_int_equal(book_list_add(&list, &entry), ERR_OK);
    }
    book_list_sort(&list);
    for (size_t i = 1; i < list.count; i++) {
        const struct book_entry *a = &list.rows[i - 1];
        const struct book_entry *b = &list.rows[i];
        assert_true(a->at.ms < b->at.ms ||
                    (a->at.ms == b->at.ms && a->period.code < b->period.code));
    }
    book_list_fini(&list);
}

#define MONTH_TEST(name) cmocka_unit_test_setup_teardown(name, make_month, end_month)

/* Fuel bought 3,000 points at 15 for 10 of grocer, of which 2,001 were drawn and 101 came back; 500
 * were left, and bought back at 5. Each has the other half of it. */
static void test_blocks(void **state)
{
    struct month *month = *state;
    struct tariff tariffs[] = {tariff,
                               {.id = 2,
                                .funding = FUNDED_IN_ADVANCE,
                                .issue_price = {15},
                                .redemption_price = {5},
                                .per = {10}}};
    struct receipt_total lines[] = {{ENTRY_EARN, 2, 9, 2001},
                                    {ENTRY_EARN_RETURN, 2, 1, 101},
                                    {ENTRY_BLOCK_BOUGHT, 2, 1, 3000},
                                    {ENTRY_BLOCK_ENDED, 2, 1, 500}};
    struct statement_half halves[2] = {
        {.sender = month->grocer, .receiver = month->fuel},
        {.sender = month->fuel, .receiver = month->grocer, .totals = lines, .total_count = 4}};
    month->roster.tariffs = tariffs;
    month->roster.tariff_count = 2;
    assert_int_equal(statement_make(&month->roster, "demo", "EUR", november, halves, &month->arena,
                                    &month->statement),
                     ERR_OK);
    assert_int_equal(month->statement.net.minor, 4500 - 250);
    agree(month);
    assert_minor(month, CHART_MONEY_RECEIVABLE, 4500);
    assert_minor(month, CHART_MONEY_PAYABLE, -250);
    assert_minor(month, CHART_POINTS_SOLD, -4500 + 2850 + 750); /* 600 points */
    assert_minor(month, CHART_POINTS_FUNDED, -2850);
    assert_minor(month, CHART_POINTS_BREAKAGE, -500);
    settling_fini(&month->settling);
    settling_init(&month->settling, &month->fuel, &month->templates);
    agree(month);
    assert_minor(month, CHART_MONEY_PAYABLE, -4500);
    assert_minor(month, CHART_MONEY_RECEIVABLE, 250);
    assert_minor(month, CHART_POINTS_PREPAID, 4500 - 2850 - 750);
    assert_minor(month, CHART_POINTS_GIVEN, 2850);
    assert_minor(month, CHART_POINTS_LAPSED, 500);
}

/* Draws that a dispute decided about: the block at its seller is what the ledger says of it. */
static void test_disputed_draws(void **state)
{
    static const struct {
        enum entry_kind kind;
        bool was_applied;
        bool was_left_out;
        bool stands;
        int64_t drawn; /* of 300 points at 1.50 */
    } ends[] = {
        {ENTRY_EARN, true, false, false, -450},      {ENTRY_EARN, true, false, true, 0},
        {ENTRY_EARN, true, true, false, 0},          {ENTRY_EARN, true, true, true, 450},
        {ENTRY_EARN, false, false, true, 450},       {ENTRY_EARN, false, false, false, 0},
        {ENTRY_EARN, false, true, true, 450},        {ENTRY_EARN_RETURN, true, false, false, 450},
        {ENTRY_EARN_RETURN, true, true, true, -450}, {ENTRY_EARN_RETURN, false, false, true, -450},
        {ENTRY_EARN_RETURN, true, true, false, 0},
    };
    struct month *month = *state;
    struct tariff prepaid = {
        .id = 2, .funding = FUNDED_IN_ADVANCE, .issue_price = {15}, .per = {10}};
    int64_t drawn = 0;
    agree(month);
    month->roster.tariffs = &prepaid;
    month->roster.tariff_count = 1;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        struct settling_dispute dispute = {.partner = month->fuel,
                                           .period = november,
                                           .was_applied = ends[i].was_applied,
                                           .was_left_out = ends[i].was_left_out,
                                           .stands = ends[i].stands,
                                           .line = {ends[i].kind, 2, 1, 300}};
        int64_t owed = balance(month, CHART_MONEY_RECEIVABLE);
        assert_int_equal(settling_release(&month->settling, &month->roster, &dispute, day_of(9)),
                         ERR_OK);
        drawn += ends[i].drawn;
        assert_minor(month, CHART_POINTS_SOLD, drawn);
        assert_int_equal(balance(month, CHART_MONEY_RECEIVABLE), owed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MONTH_TEST(test_statement),      MONTH_TEST(test_creditor),
        MONTH_TEST(test_debtor),         MONTH_TEST(test_debtor_by_hand),
        MONTH_TEST(test_multilateral),   MONTH_TEST(test_dispute_over),
        MONTH_TEST(test_every_kind),     MONTH_TEST(test_other),
        MONTH_TEST(test_funding),        MONTH_TEST(test_not_ours),
        MONTH_TEST(test_own_template),   MONTH_TEST(test_blocks),
        MONTH_TEST(test_disputed_draws), cmocka_unit_test(test_exact),
        cmocka_unit_test(test_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
