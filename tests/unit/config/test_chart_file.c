#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "config/chart_file.h"
#include "config_test.h"

static void test_lines(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CHART_LINES; i++) {
        enum chart_line line = CHART_LINES;
        assert_int_equal(chart_line_parse(chart_line_name((enum chart_line)i), &line), ERR_OK);
        assert_int_equal(line, i);
    }
    enum chart_line line = CHART_LINES;
    assert_int_equal(chart_line_parse("cash", &line), ERR_NOT_FOUND);
    assert_int_equal(line, CHART_LINES);
}

static void test_what_is_left_out_is_default(void **state)
{
    (void)state;
    static const char text[] = "available: 2400 Points:Member balances\n"
                               "payable: 2410 {partner}:Payable\n";
    struct chart chart;
    struct chart standard;
    chart_default(&standard);
    assert_int_equal(chart_file_parse(text_slice(text), "c.yaml", &chart, NULL), ERR_OK);
    assert_string_equal(chart.names[CHART_AVAILABLE], "2400 Points:Member balances");
    assert_string_equal(chart.names[CHART_PAYABLE], "2410 {partner}:Payable");
    for (unsigned i = 0; i < CHART_LINES; i++) {
        if (i != CHART_AVAILABLE && i != CHART_PAYABLE) {
            assert_string_equal(chart.names[i], standard.names[i]);
        }
    }
}

static void test_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *note;
    } cases[] = {
        {"held: Assets::Held\n",
         "c.yaml:1: held: \"Assets::Held\" is no account's name, as in Assets:Loyalty:Held"},
        {"debt: 'Assets:Debt '\n",
         "c.yaml:1: debt: \"Assets:Debt \" is no account's name, as in Assets:Loyalty:Held"},
        {"held: A\nissued: 'Two  spaces'\n",
         "c.yaml:2: issued: \"Two  spaces\" is no account's name, as in Assets:Loyalty:Held"},
        {"issued: \"a;b\"\n",
         "c.yaml:1: issued: \"a;b\" is no account's name, as in Assets:Loyalty:Held"},
        {"held: {partner}\n", NULL},
        {"cash: Assets:Cash\n", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct chart chart = {{"as it was"}};
        struct note note = {""};
        assert_int_equal(chart_file_parse(text_slice(cases[i].text), "c.yaml", &chart, &note),
                         ERR_INPUT);
        if (cases[i].note != NULL) {
            assert_string_equal(note.text, cases[i].note);
        }
        assert_string_equal(chart.names[0], "as it was");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_what_is_left_out_is_default),
        cmocka_unit_test(test_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
