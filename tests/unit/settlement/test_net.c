#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "crypto/random.h"
#include "settlement/statement.h"

static struct partner_id partner(const char *text)
{
    struct partner_id id;
    assert_int_equal(partner_id_parse(text, &id), ERR_OK);
    return id;
}

/* What `first` owes `second`. */
static struct pair_statement owing(const char *first, const char *second, int64_t minor)
{
    struct pair_statement s = {.coalition = "demo", .currency = "EUR", .period = {202610}};
    s.halves[0].sender = s.halves[1].receiver = partner(first);
    s.halves[1].sender = s.halves[0].receiver = partner(second);
    if (minor != 0) {
        s.debtor = partner(minor > 0 ? first : second);
        s.creditor = partner(minor > 0 ? second : first);
        s.net = money_of(minor > 0 ? minor : -minor);
    }
    return s;
}

static void test_four_partners(void **state)
{
    (void)state;
    struct pair_statement statements[] = {owing("fuel", "grocer", 100),
                                          owing("grocer", "hotel", 70), owing("fuel", "hotel", -20),
                                          owing("bakery", "fuel", 0)};
    struct net_position rows[4];
    size_t count = 0;
    assert_int_equal(statement_net(statements, 4, rows, 4, &count), ERR_OK);
    assert_int_equal(count, 4);
    static const char *const names[] = {"bakery", "fuel", "grocer", "hotel"};
    static const int64_t owed[] = {0, 80, -30, -50};
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(rows[i].partner.text, names[i]);
        assert_int_equal(rows[i].owed.minor, owed[i]);
    }
    assert_int_equal(statement_net(statements, 4, rows, 3, &count), ERR_RESOURCE);
    assert_int_equal(count, 4);
    assert_int_equal(statement_net(NULL, 0, rows, 0, &count), ERR_OK);
    assert_int_equal(count, 0);
}

static void test_refused(void **state)
{
    (void)state;
    struct net_position rows[4];
    size_t count = 9;
    struct pair_statement s[2] = {owing("fuel", "grocer", 100), owing("fuel", "hotel", 100)};
    s[1].currency[0] = 'U';
    assert_int_equal(statement_net(s, 2, rows, 4, &count), ERR_INPUT);
    s[1] = owing("fuel", "hotel", 100);
    s[1].coalition[0] = 'x';
    assert_int_equal(statement_net(s, 2, rows, 4, &count), ERR_INPUT);
    s[1] = owing("fuel", "hotel", 100);
    s[1].debtor = partner("bakery");
    assert_int_equal(statement_net(s, 2, rows, 4, &count), ERR_INPUT);
    s[1] = owing("fuel", "hotel", 100);
    s[1].creditor = s[1].debtor;
    assert_int_equal(statement_net(s, 2, rows, 4, &count), ERR_INPUT);
    s[1] = owing("fuel", "hotel", 100);
    s[1].net.minor = -100;
    assert_int_equal(statement_net(s, 2, rows, 4, &count), ERR_INPUT);
    s[1].net.minor = 0;
    assert_int_equal(statement_net(s, 2, rows, 4, &count), ERR_INPUT);
    s[1] = owing("fuel", "hotel", INT64_MAX);
    assert_int_equal(statement_net(s, 2, rows, 4, &count), ERR_RANGE);
    assert_int_equal(count, 9);
}

#define PARTNERS 9
#define PAIRS    (PARTNERS * (PARTNERS - 1) / 2)

/* Every pair of partners owes something; `out_expected` is what each owes together. */
static void random_pairs(uint64_t seed, struct pair_statement out_statements[PAIRS],
                         int64_t out_expected[PARTNERS])
{
    struct random_stream stream = random_stream_of(seed);
    struct random_source random = random_seeded(&stream);
    size_t pairs = 0;
    for (unsigned a = 0; a < PARTNERS; a++) {
        for (unsigned b = a + 1; b < PARTNERS; b++) {
            char first[16];
            char second[16];
            int64_t owed;
            snprintf(first, sizeof first, "p%u", a);
            snprintf(second, sizeof second, "p%u", b);
            random_fill(&random, &owed, sizeof owed);
            owed %= 1000000;
            out_statements[pairs++] = owing(first, second, owed);
            out_expected[a] += owed;
            out_expected[b] -= owed;
        }
    }
}

/* All positions sum to zero, and each is the sum of its own pairs. */
static void test_property_sums_to_zero(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct pair_statement statements[PAIRS];
        int64_t expected[PARTNERS] = {0};
        random_pairs(seed, statements, expected);
        struct net_position rows[PARTNERS];
        size_t count = 0;
        assert_int_equal(statement_net(statements, PAIRS, rows, PARTNERS, &count), ERR_OK);
        assert_int_equal(count, PARTNERS);
        int64_t sum = 0;
        for (unsigned i = 0; i < PARTNERS; i++) {
            sum += rows[i].owed.minor;
            if (rows[i].owed.minor != expected[i]) {
                fail_msg("seed %" PRIu64 ", partner %u", seed, i);
            }
        }
        assert_int_equal(sum, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_four_partners),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_property_sums_to_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
