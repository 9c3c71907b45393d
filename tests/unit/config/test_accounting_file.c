#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "config/accounting_file.h"
#include "config_test.h"

static enum err parse(const char *text, struct accounting_file *out_file, struct note *note)
{
    return accounting_file_parse(text_slice(text), "a.yaml", out_file, note);
}

static void test_what_is_left_out_is_default(void **state)
{
    (void)state;
    static const char text[] = "accounts:\n"
                               "  available: 2400 Points:Member balances\n"
                               "  bank: \"1030 Банк\"\n";
    struct accounting_file file;
    struct accounting_file standard;
    accounting_file_default(&standard);
    assert_int_equal(parse(text, &file, NULL), ERR_OK);
    assert_string_equal(file.chart.accounts[CHART_AVAILABLE].name, "2400 Points:Member balances");
    assert_string_equal(file.chart.accounts[CHART_BANK].name, "1030 Банк");
    assert_int_equal(file.chart.count, CHART_LINES);
    for (size_t i = 0; i < CHART_LINES; i++) {
        if (i != CHART_AVAILABLE && i != CHART_BANK) {
            assert_string_equal(file.chart.accounts[i].name, standard.chart.accounts[i].name);
        }
    }
    assert_memory_equal(&file.templates, &standard.templates, sizeof file.templates);
    assert_false(file.has_price);
    assert_int_equal(file.breakage.rate_count, 0);
    assert_int_equal(file.breakage.months, BREAKAGE_MONTHS);
}

static void test_all_of_it(void **state)
{
    (void)state;
    static const char text[] =
        "own:\n"
        "  - {key: marketing, type: expense, name: \"6100 Marketing:Points\"}\n"
        "  - {key: members, type: liability, name: Members}\n"
        "postings:\n"
        "  earn_sent: {debit: marketing, text: \"Points, {partner}\"}\n"
        "  received: {credit: members}\n"
        "liability:\n"
        "  price: 0.0095\n"
        "  breakage: [{from: 2026-01, percent: 5}, {from: 2027-01, percent: 3.25}]\n"
        "  months: 24\n"
        "  ages: [10, 20]\n";
    struct accounting_file file;
    struct note note = {""};
    assert_int_equal(parse(text, &file, &note), ERR_OK);
    assert_int_equal(file.chart.count, CHART_LINES + 2);
    assert_int_equal(file.chart.accounts[CHART_LINES].type, CHART_EXPENSE);
    assert_string_equal(file.chart.accounts[CHART_LINES + 1].name, "Members");
    assert_int_equal(file.templates.rows[POSTING_EARN_SENT].debit, CHART_LINES);
    assert_int_equal(file.templates.rows[POSTING_EARN_SENT].credit, CHART_MONEY_PAYABLE);
    assert_string_equal(file.templates.rows[POSTING_EARN_SENT].text, "Points, {partner}");
    assert_int_equal(file.templates.rows[POSTING_RECEIVED].credit, CHART_LINES + 1);
    assert_true(file.has_price);
    assert_int_equal(file.price.mantissa, 95);
    assert_int_equal(file.price.scale, 4);
    assert_int_equal(file.breakage.rate_count, 2);
    assert_int_equal(file.breakage.rates[0].ppm, 50000);
    assert_int_equal(file.breakage.rates[1].from.code, 202701);
    assert_int_equal(file.breakage.rates[1].ppm, 32500);
    assert_int_equal(file.breakage.months, 24);
    assert_int_equal(file.age_count, 2);
    assert_int_equal(file.ages[1], 20);
}

static void test_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *note; /* how it begins */
    } cases[] = {
        {"accounts:\n  held: Assets::Held\n",
         "a.yaml:2: accounts.held: \"Assets::Held\" is no account's name"},
        {"accounts:\n  debt: 'Assets:Debt '\n", "a.yaml:2: accounts.debt: "},
        {"accounts:\n  cash: Assets:Cash\n", "a.yaml:2: "},
        {"accounts:\n  held: {partner}\n", "a.yaml:"},
        {"postings:\n  earn_sent:\n    debit: cash\n",
         "a.yaml:3: postings.earn_sent.debit: there is no account \"cash\""},
        {"postings:\n  earn_sent:\n    credit: held\n",
         "a.yaml:3: postings.earn_sent.credit: \"held\" is an account in points"},
        {"postings:\n  earn_sent:\n    text: a;b\n", "a.yaml:3: postings.earn_sent.text: "},
        {"postings:\n  earned: {debit: bank}\n", "a.yaml:2: "},
        {"own:\n  - {key: bank, type: asset, name: A}\n",
         "a.yaml:2: own[0].key: there is an account \"bank\" already"},
        {"own:\n  - {key: a, type: asset, name: A}\n  - {key: a, type: asset, name: B}\n",
         "a.yaml:3: own[1].key: "},
        {"own:\n  - {key: A, type: asset, name: A}\n", "a.yaml:2: own[0].key: \"A\" is no key"},
        {"own:\n  - {key: a, type: cash, name: A}\n", "a.yaml:2: own[0].type: "},
        {"liability:\n  breakage: [{from: 2026-13, percent: 5}]\n",
         "a.yaml:2: liability.breakage[0].from: "},
        {"liability:\n  breakage:\n    - {from: 2026-02, percent: 5}\n"
         "    - {from: 2026-02, percent: 5}\n",
         "a.yaml:4: liability.breakage[1].from: the months must rise"},
        {"liability:\n  breakage: [{from: 2026-01, percent: 101}]\n",
         "a.yaml:2: liability.breakage[0].percent: "},
        {"liability:\n  ages: [30, 30]\n", "a.yaml:2: liability.ages[1]: the days must rise"},
        {"liability:\n  price: -1\n", "a.yaml:2: liability.price: "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct accounting_file file;
        struct note note = {""};
        memset(&file, 0x5A, sizeof file);
        struct accounting_file before = file;
        assert_int_equal(parse(cases[i].text, &file, &note), ERR_INPUT);
        note.text[strlen(cases[i].note)] = '\0';
        assert_string_equal(note.text, cases[i].note);
        assert_memory_equal(&file, &before, sizeof file);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_left_out_is_default),
        cmocka_unit_test(test_all_of_it),
        cmocka_unit_test(test_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
