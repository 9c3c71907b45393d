#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "config/programme_file.h"
#include "config_test.h"

static const char full[] = "version: 3\n"
                           "currency: USD\n"
                           "earn:\n"
                           "  points: 1.5\n"
                           "  per: 1.00\n"
                           "  rounding: half_even\n"
                           "  minimum: 5\n"
                           "pending_days: 14\n"
                           "expiry: {kind: end_of_month, months: 24}\n"
                           "burn: {refund_expired_grace_days: 14}\n";

static void test_full(void **state)
{
    (void)state;
    struct programme_file p;
    assert_int_equal(programme_file_parse(text_slice(full), "p.yaml", 2, &p, NULL), ERR_OK);
    programme_file_fini(&p); /* no rules are looked at here */
    assert_int_equal(p.version, 3);
    assert_string_equal(p.currency.code, "USD");
    assert_int_equal(p.money_decimals, 2);
    assert_int_equal(p.earn_points_minor, 150);
    assert_int_equal(p.earn_per_minor, 100);
    assert_int_equal(p.earn_rounding, ROUNDING_HALF_EVEN);
    assert_int_equal(p.earn_minimum_minor, 500);
    assert_int_equal(p.pending_days, 14);
    assert_int_equal(p.expiry, PROGRAMME_FILE_EXPIRY_END_OF_MONTH);
    assert_int_equal(p.expiry_months, 24);
    assert_int_equal(p.refund_expired_grace_days, 14);
}

static void test_least(void **state)
{
    (void)state;
    struct programme_file p;
    static const char least[] = "version: 1\ncurrency: JPY\nmoney_decimals: 0\n"
                                "earn: {points: 1, per: 100, rounding: down}\n"
                                "expiry: {kind: never}\n";
    assert_int_equal(programme_file_parse(text_slice(least), "p.yaml", 0, &p, NULL), ERR_OK);
    programme_file_fini(&p); /* no rules are looked at here */
    assert_int_equal(p.earn_points_minor, 1);
    assert_int_equal(p.earn_per_minor, 100);
    assert_int_equal(p.earn_minimum_minor, 0);
    assert_int_equal(p.pending_days, 0);
    assert_int_equal(p.expiry, PROGRAMME_FILE_EXPIRY_NEVER);
    assert_int_equal(p.expiry_months, 0);
    assert_int_equal(p.refund_expired_grace_days, 0);
}

static const struct edit wrong[] = {
    {"points: 1.5", "points: 1.555", "p.yaml:4: earn.points: \"1.555\" has more than 2 decimals"},
    {"points: 1.5", "points: 0", "p.yaml:4: earn.points: \"0\" is not from 0.01 to 10000000000.00"},
    {"points: 1.5", "points: -1", "p.yaml:4: earn.points: \"-1\" is not a number such as 12.50"},
    {"points: 1.5", "points: 1e3", "p.yaml:4: earn.points: \"1e3\" is not a number such as 12.50"},
    {"points: 1.5", "points: 1234567890123456789012",
     "p.yaml:4: earn.points: \"1234567890123456789012\" has too many digits"},
    {"per: 1.00", "per: 0.00", "p.yaml:5: earn.per: \"0.00\" is not from 0.01 to 10000000000.00"},
    {"half_even", "up down",
     "p.yaml:6: earn.rounding: \"up down\" is not one of down, up, half_up, half_even"},
    {"USD", "usd", "p.yaml:2: currency: \"usd\" is not a currency: three capital letters, as USD"},
    {", months: 24", "", "p.yaml:9: expiry.months: is missing"},
    {"end_of_month", "never", "p.yaml:9: expiry.months: has no meaning where points never expire"},
    {"end_of_month", "weeks",
     "p.yaml:9: expiry.kind: \"weeks\" is not one of never, months, end_of_month, "
     "fixed_date, inactivity"},
    {"months: 24", "months: 121",
     "p.yaml:9: expiry.months: \"121\" is not a whole number from 1 to 120"},
    {"pending_days: 14", "pending_days: 367",
     "p.yaml:8: pending_days: \"367\" is not a whole number from 0 to 366"},
    {"version: 3", "version: 0",
     "p.yaml:1: version: \"0\" is not a whole number from 1 to 4294967295"},
    {"version: 3\n", "", "p.yaml:1: version: is missing"},
    {"  points: 1.5\n", "", "p.yaml:3: earn.points: is missing"},
    {"burn: {refund", "burn: {fund",
     "p.yaml:10: burn.fund_expired_grace_days: is not a key that belongs here; did you mean "
     "refund_expired_grace_days?"},
    {"end_of_month, months: 24", "fixed_date", "p.yaml:9: expiry.date: is missing"},
    {"end_of_month, months: 24", "fixed_date, date: 02-29",
     "p.yaml:9: expiry.date: \"02-29\" is not a day of every year, as in 12-31"},
    {"end_of_month, months: 24", "fixed_date, date: 2027-12-31",
     "p.yaml:9: expiry.date: \"2027-12-31\" is not a day of every year, as in 12-31"},
    {"end_of_month, months: 24", "fixed_date, date: x1-01",
     "p.yaml:9: expiry.date: \"x1-01\" is not a day of every year, as in 12-31"},
    {"months: 24", "months: 24, date: 12-31",
     "p.yaml:9: expiry.date: has a meaning only where points expire by a fixed_date"},
    {"end_of_month, months: 24", "inactivity", "p.yaml:9: expiry.months: is missing"},
    {"burn: {refund_expired_grace_days: 14}", "debt: {limit: -1}",
     "p.yaml:10: debt.limit: \"-1\" is not a number such as 12.50"},
    {"burn: {refund_expired_grace_days: 14}", "quotes: {for: 2d}",
     "p.yaml:10: quotes.for: \"2\" is not a whole number from 1 to 1"},
    {"burn: {refund_expired_grace_days: 14}", "quotes: {for: 900}",
     "p.yaml:10: quotes.for: \"900\" is no time like 30m, 6h or 2d"},
    {"burn: {refund_expired_grace_days: 14}", "quotes: {}", "p.yaml:10: quotes.for: is missing"},
    {"burn: {refund_expired_grace_days: 14}", "debt: {most: 1}",
     "p.yaml:10: debt.most: is not a key that belongs here; those are limit"},
};

static void parse_edited(const char *from, const char *to, struct programme_file *out)
{
    char yaml[1024];
    struct note note = {""};
    edited(full, from, to, yaml, sizeof yaml);
    assert_int_equal(programme_file_parse(text_slice(yaml), "p.yaml", 2, out, &note), ERR_OK);
    programme_file_fini(out); /* no rules are looked at here */
}

static void test_other_expiries(void **state)
{
    (void)state;
    struct programme_file p;
    parse_edited("end_of_month, months: 24", "fixed_date, date: 12-31", &p);
    assert_int_equal(p.expiry, PROGRAMME_FILE_EXPIRY_FIXED_DATE);
    assert_int_equal(p.expiry_month, 12);
    assert_int_equal(p.expiry_day, 31);
    assert_int_equal(p.expiry_months, 0);
    parse_edited("end_of_month, months: 24", "fixed_date, date: 06-30, months: 12", &p);
    assert_int_equal(p.expiry_month, 6);
    assert_int_equal(p.expiry_day, 30);
    assert_int_equal(p.expiry_months, 12);
    parse_edited("end_of_month", "inactivity", &p);
    assert_int_equal(p.expiry, PROGRAMME_FILE_EXPIRY_INACTIVITY);
    assert_int_equal(p.expiry_months, 24);
    assert_int_equal(p.expiry_month, 0);
}

static void test_debt_limit(void **state)
{
    (void)state;
    struct programme_file p;
    parse_edited("version: 3", "version: 4", &p);
    assert_true(p.debt_limit_minor == INT64_MAX);
    parse_edited("version: 3", "version: 3\ndebt: {limit: 2.50}", &p);
    assert_int_equal(p.debt_limit_minor, 250);
    parse_edited("version: 3", "version: 3\ndebt: {limit: 0}", &p);
    assert_int_equal(p.debt_limit_minor, 0);
    assert_int_equal(p.quote_ms, 0);
    parse_edited("version: 3", "version: 3\nquotes: {for: 20m}", &p);
    assert_int_equal(p.quote_ms, 1200000);
}

static void test_wrong_files_are_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char yaml[1024];
        struct note note = {""};
        struct programme_file p;
        edited(full, wrong[i].from, wrong[i].to, yaml, sizeof yaml);
        assert_int_equal(programme_file_parse(text_slice(yaml), "p.yaml", 2, &p, &note), ERR_INPUT);
        assert_string_equal(note.text, wrong[i].note);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_least),
        cmocka_unit_test(test_other_expiries),
        cmocka_unit_test(test_debt_limit),
        cmocka_unit_test(test_wrong_files_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
