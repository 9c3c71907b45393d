#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "accounting/templates.h"

static void test_keys(void **state)
{
    (void)state;
    struct chart chart;
    chart_default(&chart);
    assert_int_equal(chart.count, CHART_LINES);
    for (size_t i = 0; i < chart.count; i++) {
        size_t found = CHART_LINES;
        assert_true(chart_key_is_sound(chart.accounts[i].key));
        assert_true(chart_name_is_sound(chart.accounts[i].name));
        assert_int_equal(chart_find(&chart, chart.accounts[i].key, &found), ERR_OK);
        assert_int_equal(found, i);
        const char *root = chart_type_root(chart.accounts[i].type);
        assert_int_equal(strncmp(chart.accounts[i].name, root, strlen(root)), 0);
    }
    size_t found = 77;
    assert_int_equal(chart_find(&chart, "cash", &found), ERR_NOT_FOUND);
    assert_int_equal(found, 77);
}

static void test_names(void **state)
{
    (void)state;
    static const char *const sound[] = {"A",
                                        "2400 Points",
                                        "1:2:3",
                                        "{partner}",
                                        "Активы:Банк",
                                        "Есеп:Ұпай {tax}",
                                        "6100.20 Points:x_y-z"};
    static const char *const wrong[] = {"",           ":A",  "A:",   "A::B",   "A  B",
                                        " A",         "A ",  "A;B",  "A\"B",   "A :B",
                                        "A:{partner", "(A)", "A\tB", "A:{who}"};
    for (size_t i = 0; i < sizeof sound / sizeof sound[0]; i++) {
        assert_true(chart_name_is_sound(sound[i]));
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(chart_name_is_sound(wrong[i]));
    }
}

static void test_places(void **state)
{
    (void)state;
    char text[CHART_TEXT_MAX];
    struct chart_place place = {"fuel", "2026-11", ""};
    assert_string_equal(chart_name_in("A:{partner}:{period}", &place, text), "A:fuel:2026-11");
    assert_string_equal(chart_name_in("A:{tax}:{partner}", &place, text), "A:fuel");
    assert_string_equal(chart_name_in("A:{partner}:{tax}", &place, text), "A:fuel");
    char name[2 * CHART_TEXT_MAX]; /* what does not fit ends with a whole character */
    memset(name, 'x', sizeof name);
    memcpy(name + CHART_TEXT_MAX - 2, "\xD0\x90", 2);
    name[CHART_TEXT_MAX] = '\0';
    place.partner = name;
    assert_int_equal(strlen(chart_name_in("{partner}", &place, text)), CHART_TEXT_MAX - 2);
}

static void test_templates(void **state)
{
    (void)state;
    struct posting_templates templates;
    templates_default(&templates);
    for (unsigned i = 0; i < POSTING_COUNT; i++) {
        const struct posting_template *row = &templates.rows[i];
        enum posting_owed owed = posting_event_owed((enum posting_event)i);
        assert_true(chart_key_is_sound(posting_event_name((enum posting_event)i)));
        assert_true(row->debit >= CHART_MONEY_FIRST && row->credit >= CHART_MONEY_FIRST);
        assert_true(row->debit != row->credit);
        assert_true(owed != POSTING_OWED_DEBIT || row->debit == CHART_MONEY_RECEIVABLE);
        assert_true(owed != POSTING_OWED_CREDIT || row->credit == CHART_MONEY_PAYABLE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_templates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
