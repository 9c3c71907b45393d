#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/random.h"
#include "settlement/statement.h"

static struct partner_id partner(const char *text)
{
    struct partner_id id;
    assert_int_equal(partner_id_parse(text, &id), ERR_OK);
    return id;
}

static struct arena arena; /* of the charges */

static struct roster roster_of_two(void)
{
    static struct tariff tariffs[] = {
        {.id = 1, .issue_price = {10}, .redemption_price = {9}, .per = {1000}},
        {.id = 2, .issue_price = {25}, .redemption_price = {20}, .per = {10}},
    };
    return (struct roster){
        .self = partner("grocer"), .epoch = 3, .tariffs = tariffs, .tariff_count = 2};
}

static struct statement_half half_of(const char *sender, const char *receiver,
                                     struct receipt_total *totals, size_t count)
{
    struct statement_half half = {.sender = partner(sender),
                                  .receiver = partner(receiver),
                                  .first_number = 5,
                                  .last_number = 90,
                                  .totals = totals,
                                  .total_count = count};
    memset(half.last_hash.bytes, sender[0], sizeof half.last_hash.bytes);
    return half;
}

static int64_t priced(enum entry_kind kind, uint32_t tariff, int64_t points)
{
    struct roster roster = roster_of_two();
    struct receipt_total line = {.kind = kind, .tariff = tariff, .count = 1, .points = points};
    struct statement_half half = half_of("fuel", "grocer", &line, 1);
    assert_int_equal(statement_price_half(&roster, &half), ERR_OK);
    return half.owed.minor;
}

static void test_prices(void **state)
{
    (void)state;
    assert_int_equal(priced(ENTRY_EARN, 1, 100000), 1000);
    assert_int_equal(priced(ENTRY_ADJUSTMENT, 1, 100000), 1000);
    assert_int_equal(priced(ENTRY_EARN_RETURN, 1, 100000), -1000);
    assert_int_equal(priced(ENTRY_CAPTURE, 1, 100000), -900);
    assert_int_equal(priced(ENTRY_BURN_RETURN, 1, 100000), 900);
    assert_int_equal(priced(ENTRY_EARN, 2, 100), 250);
    assert_int_equal(priced(ENTRY_VOID, 7, 0), 0);
    assert_int_equal(priced(ENTRY_PERIOD_MARK, 0, 0), 0);
    assert_int_equal(priced(ENTRY_MOVED_LOT, 1, 100000), 1000);
    assert_int_equal(priced(ENTRY_CARD_BLOCK, 1, 0), 0);
    assert_int_equal(priced(ENTRY_CARD_MOVED, 1, 0), 0);
}

/* 10 money for 1,000 points: 50 points are half a unit. */
static void test_rounding_is_half_to_even(void **state)
{
    (void)state;
    static const int64_t cases[][2] = {{49, 0},  {50, 0},  {51, 1},  {149, 1}, {150, 2},
                                       {151, 2}, {249, 2}, {250, 2}, {251, 3}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(priced(ENTRY_EARN, 1, cases[i][0]), cases[i][1]);
        assert_int_equal(priced(ENTRY_EARN_RETURN, 1, cases[i][0]), -cases[i][1]);
    }
}

static enum err price(struct receipt_total *totals, size_t count)
{
    struct roster roster = roster_of_two();
    struct statement_half half = half_of("fuel", "grocer", totals, count);
    half.owed = money_of(77);
    enum err err = statement_price_half(&roster, &half);
    assert_true(err == ERR_OK || half.owed.minor == 77);
    return err;
}

static void test_totals_that_cannot_be(void **state)
{
    (void)state;
    struct receipt_total unknown = {ENTRY_EARN, 3, 1, 1};
    struct receipt_total negative = {ENTRY_EARN, 1, 1, -1};
    struct receipt_total empty = {ENTRY_EARN, 1, 0, 0};
    struct receipt_total no_kind = {ENTRY_KIND_END, 1, 1, 1};
    struct receipt_total twice[] = {{ENTRY_EARN, 1, 1, 1}, {ENTRY_EARN, 1, 1, 1}};
    struct receipt_total unsorted[] = {{ENTRY_CAPTURE, 1, 1, 1}, {ENTRY_EARN, 1, 1, 1}};
    struct receipt_total huge = {ENTRY_EARN, 2, 1, INT64_MAX};
    struct receipt_total sum[] = {{ENTRY_EARN, 2, 1, INT64_MAX / 3},
                                  {ENTRY_ADJUSTMENT, 2, 1, INT64_MAX / 3}};
    assert_int_equal(price(&unknown, 1), ERR_INPUT);
    assert_int_equal(price(&negative, 1), ERR_INPUT);
    assert_int_equal(price(&empty, 1), ERR_INPUT);
    assert_int_equal(price(&no_kind, 1), ERR_INPUT);
    assert_int_equal(price(twice, 2), ERR_INPUT);
    assert_int_equal(price(unsorted, 2), ERR_INPUT);
    assert_int_equal(price(&huge, 1), ERR_RANGE);
    assert_int_equal(price(sum, 2), ERR_RANGE);
    assert_int_equal(price(NULL, 0), ERR_OK);
}

static struct pair_statement made(const struct statement_half halves[2])
{
    struct roster roster = roster_of_two();
    struct pair_statement statement;
    assert_int_equal(
        statement_make(&roster, "demo", "EUR", (struct period){202610}, halves, &arena, &statement),
        ERR_OK);
    return statement;
}

static void test_statement_of_a_pair(void **state)
{
    (void)state;
    struct receipt_total fuel[] = {{ENTRY_EARN, 1, 40, 100000}, {ENTRY_PERIOD_MARK, 0, 1, 0}};
    struct receipt_total grocer[] = {{ENTRY_EARN, 1, 3, 20000}, {ENTRY_CAPTURE, 1, 2, 30000}};
    struct statement_half halves[2] = {half_of("grocer", "fuel", grocer, 2),
                                       half_of("fuel", "grocer", fuel, 2)};
    struct pair_statement s = made(halves);
    assert_string_equal(s.halves[0].sender.text, "fuel");
    assert_int_equal(s.halves[0].owed.minor, 1000);
    assert_int_equal(s.halves[1].owed.minor, 200 - 270);
    assert_string_equal(s.debtor.text, "fuel");
    assert_string_equal(s.creditor.text, "grocer");
    assert_int_equal(s.net.minor, 1070);
    assert_int_equal(s.charter_epoch, 3);
    assert_string_equal(s.coalition, "demo");
    assert_string_equal(s.currency, "EUR");
}

static void test_nothing_owed(void **state)
{
    (void)state;
    struct receipt_total line = {ENTRY_EARN, 1, 40, 100000};
    struct statement_half halves[2] = {half_of("grocer", "fuel", &line, 1),
                                       half_of("fuel", "grocer", &line, 1)};
    struct pair_statement s = made(halves);
    assert_int_equal(s.net.minor, 0);
    assert_string_equal(s.debtor.text, "");
    assert_string_equal(s.creditor.text, "");
}

static void test_halves_that_are_no_pair(void **state)
{
    (void)state;
    struct roster roster = roster_of_two();
    struct statement_half pairs[][2] = {
        {half_of("grocer", "fuel", NULL, 0), half_of("grocer", "fuel", NULL, 0)},
        {half_of("grocer", "fuel", NULL, 0), half_of("fuel", "bakery", NULL, 0)},
        {half_of("grocer", "fuel", NULL, 0), half_of("bakery", "grocer", NULL, 0)},
        {half_of("grocer", "grocer", NULL, 0), half_of("grocer", "grocer", NULL, 0)}};
    struct pair_statement s = {.charter_epoch = 99};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        assert_int_equal(
            statement_make(&roster, "demo", "EUR", (struct period){202610}, pairs[i], &arena, &s),
            ERR_INPUT);
    }
    struct statement_half good[2] = {half_of("grocer", "fuel", NULL, 0),
                                     half_of("fuel", "grocer", NULL, 0)};
    assert_int_equal(
        statement_make(&roster, "demo", "EURO", (struct period){202610}, good, &arena, &s),
        ERR_INPUT);
    assert_int_equal(s.charter_epoch, 99);
}

static uint64_t number(const struct random_source *random, uint64_t below)
{
    uint64_t value;
    random_fill(random, &value, sizeof value);
    return value % below;
}

static size_t random_totals(const struct random_source *random, struct receipt_total *out)
{
    size_t count = 0;
    for (unsigned kind = ENTRY_EARN; kind < ENTRY_KIND_END; kind++) {
        if (!entry_kind_is_known(kind)) {
            continue;
        }
        for (uint32_t tariff = 1; tariff <= 2; tariff++) {
            if (number(random, 2) == 0) {
                out[count++] =
                    (struct receipt_total){(enum entry_kind)kind, tariff, 1 + number(random, 1000),
                                           (int64_t)number(random, 100000000)};
            }
        }
    }
    return count;
}

/* Whoever computes it, from the halves in whatever order: the same statement; and what one owes is
 * what the halves say. */
static void test_property_swapped_halves(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 500; seed++) {
        struct random_stream stream = random_stream_of(seed);
        struct random_source random = random_seeded(&stream);
        struct receipt_total a[2 * (ENTRY_KIND_END - 1)];
        struct receipt_total b[2 * (ENTRY_KIND_END - 1)];
        struct statement_half halves[2] = {half_of("grocer", "fuel", a, random_totals(&random, a)),
                                           half_of("fuel", "grocer", b, random_totals(&random, b))};
        struct statement_half swapped[2] = {halves[1], halves[0]};
        struct pair_statement one = made(halves);
        struct pair_statement other = made(swapped);
        struct note note = {{0}};
        if (!statement_equal(&one, &other, &note)) {
            fail_msg("seed %" PRIu64 ": %s", seed, note.text);
        }
        int64_t balance = one.halves[0].owed.minor - one.halves[1].owed.minor;
        assert_int_equal(one.net.minor, balance < 0 ? -balance : balance);
        assert_string_equal(one.debtor.text, balance > 0 ? "fuel" : balance < 0 ? "grocer" : "");
    }
}

struct both {
    struct receipt_total first[3];
    struct receipt_total second[3];
    struct pair_statement statement;
};

static void both_fill(struct both *both)
{
    memset(both, 0, sizeof *both);
    for (uint32_t i = 0; i < 3; i++) {
        both->first[i] = (struct receipt_total){ENTRY_EARN, i + 1, 10 + i, 1000};
        both->second[i] = (struct receipt_total){ENTRY_CAPTURE, i + 1, 20 + i, 500};
    }
    struct statement_half halves[2] = {half_of("fuel", "grocer", both->first, 3),
                                       half_of("grocer", "fuel", both->second, 3)};
    both->statement = (struct pair_statement){.charter_epoch = 3,
                                              .period = {202610},
                                              .halves = {halves[0], halves[1]},
                                              .debtor = partner("fuel"),
                                              .creditor = partner("grocer"),
                                              .net = {70},
                                              .currency = "EUR",
                                              .coalition = "demo"};
}

static void expect_difference(struct both *theirs, const char *expected)
{
    struct both ours;
    both_fill(&ours);
    struct note note = {{0}};
    assert_false(statement_equal(&ours.statement, &theirs->statement, &note));
    assert_string_equal(note.text, expected);
    assert_false(statement_equal(&theirs->statement, &ours.statement, NULL));
    both_fill(theirs);
    assert_true(statement_equal(&ours.statement, &theirs->statement, &note));
}

static void test_every_head_field_differing(void **state)
{
    (void)state;
    struct both t;
    both_fill(&t);
    t.statement.coalition[3] = 'i';
    expect_difference(&t, "coalition: ours demo, theirs demi");
    t.statement.period.code = 202611;
    expect_difference(&t, "period: ours 202610, theirs 202611");
    t.statement.currency[2] = 'O';
    expect_difference(&t, "currency: ours EUR, theirs EUO");
    t.statement.debtor = partner("bakery");
    expect_difference(&t, "debtor: ours fuel, theirs bakery");
    t.statement.creditor = (struct partner_id){{0}};
    expect_difference(&t, "creditor: ours grocer, theirs none");
    t.statement.net.minor = 71;
    expect_difference(&t, "net: ours 70, theirs 71");
}

static void expect_hash_differences(struct both *t, unsigned half)
{
    struct both ours;
    both_fill(&ours);
    for (size_t bit = 0; bit < 8 * (size_t)HASH_BYTES; bit++) {
        t->statement.halves[half].last_hash.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(statement_equal(&ours.statement, &t->statement, NULL));
        both_fill(t);
    }
}

static void test_every_half_field_differing(void **state)
{
    (void)state;
    static const char *const streams[2] = {"fuel to grocer", "grocer to fuel"};
    static const char *const senders[2] = {"fuel", "grocer"};
    struct both t;
    both_fill(&t);
    for (unsigned i = 0; i < 2; i++) {
        struct statement_half *half = &t.statement.halves[i];
        char text[256];
        half->sender = partner("bakery");
        snprintf(text, sizeof text, "sender of a half: ours %s, theirs bakery", senders[i]);
        expect_difference(&t, text);
        half->receiver = partner("bakery");
        snprintf(text, sizeof text, "receiver of a half: ours %s, theirs bakery", senders[1 - i]);
        expect_difference(&t, text);
        half->first_number = 6;
        snprintf(text, sizeof text, "%s, first entry: ours 5, theirs 6", streams[i]);
        expect_difference(&t, text);
        half->last_number = 91;
        snprintf(text, sizeof text, "%s, last entry: ours 90, theirs 91", streams[i]);
        expect_difference(&t, text);
        half->owed.minor = -1;
        snprintf(text, sizeof text, "%s, owed: ours 0, theirs -1", streams[i]);
        expect_difference(&t, text);
        expect_hash_differences(&t, i);
    }
}

/* Two stories under one number; another number is another story. */
static void test_contradictions(void **state)
{
    (void)state;
    struct both one;
    struct both other;
    both_fill(&one);
    both_fill(&other);
    assert_false(statements_contradict(&one.statement, &other.statement));
    other.statement.halves[0].owed.minor += 1;
    assert_true(statements_contradict(&one.statement, &other.statement));
    other.statement.revision = 1;
    assert_false(statements_contradict(&one.statement, &other.statement));
    other.statement.revision = 0;
    other.statement.period = period_next(other.statement.period);
    assert_false(statements_contradict(&one.statement, &other.statement));
    other.statement.period = one.statement.period;
    other.statement.halves[1].sender = partner("bakery");
    assert_false(statements_contradict(&one.statement, &other.statement));
}

static void expect_charge_difference(const struct half_charge *theirs, size_t count,
                                     const char *expected)
{
    static struct half_charge charges[] = {
        {.fee = {15}},
        {.tax_code = "S", .tax_rate_ppm = 5, .taxed = {20}, .fee = {21}, .tax = {1}}};
    struct half_charge copy[] = {charges[0], *theirs};
    struct both ours;
    struct both other;
    struct note note = {{0}};
    both_fill(&ours);
    both_fill(&other);
    ours.statement.halves[1].charges = charges;
    ours.statement.halves[1].charge_count = 2;
    other.statement.halves[1].charges = copy;
    other.statement.halves[1].charge_count = count;
    bool is_equal = statement_equal(&ours.statement, &other.statement, &note);
    assert_int_equal(is_equal, expected == NULL);
    assert_int_equal(statement_equal(&other.statement, &ours.statement, NULL), expected == NULL);
    assert_true(expected == NULL || strncmp(note.text, expected, strlen(expected)) == 0);
}

static void test_every_charge_differing(void **state)
{
    (void)state;
    const struct half_charge good = {
        .tax_code = "S", .tax_rate_ppm = 5, .taxed = {20}, .fee = {21}, .tax = {1}};
    struct half_charge c = good;
    expect_charge_difference(&c, 2, NULL);
    expect_charge_difference(&c, 1, "grocer to fuel, lines of charges: ours 2, theirs 1");
#define DIFFERENT(change)                                                                          \
    change;                                                                                        \
    expect_charge_difference(&c, 2,                                                                \
                             "grocer to fuel, charges: ours of tax code S, fee 21, tax 1 on 20, "  \
                             "theirs of tax code ");                                               \
    c = good
    DIFFERENT(c.tax_code[0] = 'Z');
    DIFFERENT(c.tax_rate_ppm++);
    DIFFERENT(c.is_by_sender = true);
    DIFFERENT(c.taxed.minor++);
    DIFFERENT(c.fee.minor++);
    DIFFERENT(c.tax.minor++);
#undef DIFFERENT
}

static void test_every_total_differing(void **state)
{
    (void)state;
    struct both t;
    both_fill(&t);
    t.first[1].count++;
    expect_difference(&t, "fuel to grocer, earn under tariff 2: ours 11 entries of 1000 points, "
                          "theirs 12 entries of 1000 points");
    t.second[2].points--;
    expect_difference(&t, "grocer to fuel, capture under tariff 3: ours 22 entries of 500 points, "
                          "theirs 22 entries of 499 points");
    t.first[2].tariff = 4;
    expect_difference(&t, "fuel to grocer, earn under tariff 3: ours 12 entries of 1000 points, "
                          "theirs 0 entries of 0 points");
    t.second[0].kind = ENTRY_EARN;
    expect_difference(&t, "grocer to fuel, earn under tariff 1: ours 0 entries of 0 points, "
                          "theirs 20 entries of 500 points");
    t.statement.halves[0].total_count = 2;
    expect_difference(&t, "fuel to grocer, earn under tariff 3: ours 12 entries of 1000 points, "
                          "theirs 0 entries of 0 points");
    t.statement.halves[1].total_count = 0;
    expect_difference(&t, "grocer to fuel, capture under tariff 1: ours 20 entries of 500 points, "
                          "theirs 0 entries of 0 points");
}

int main(void)
{
    arena_init(&arena, 1u << 20);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prices),
        cmocka_unit_test(test_rounding_is_half_to_even),
        cmocka_unit_test(test_totals_that_cannot_be),
        cmocka_unit_test(test_statement_of_a_pair),
        cmocka_unit_test(test_nothing_owed),
        cmocka_unit_test(test_halves_that_are_no_pair),
        cmocka_unit_test(test_property_swapped_halves),
        cmocka_unit_test(test_every_head_field_differing),
        cmocka_unit_test(test_every_half_field_differing),
        cmocka_unit_test(test_every_charge_differing),
        cmocka_unit_test(test_every_total_differing),
        cmocka_unit_test(test_contradictions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
