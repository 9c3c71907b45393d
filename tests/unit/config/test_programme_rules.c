#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "config/programme_file.h"
#include "config_test.h"

static const char full[] = "version: 2\n"                                                  /* 1 */
                           "currency: EUR\n"                                               /* 2 */
                           "earn: {points: 1, per: 1.00, rounding: down}\n"                /* 3 */
                           "expiry: {kind: never}\n"                                       /* 4 */
                           "goods:\n"                                                      /* 5 */
                           "  - name: bread\n"                                             /* 6 */
                           "    categories: [bread, rolls]\n"                              /* 7 */
                           "    prefixes: ['400']\n"                                       /* 8 */
                           "  - {name: tobacco, brands: [Rauch]}\n"                        /* 9 */
                           "metrics:\n"                                                    /* 10 */
                           "  - {name: year, of: spend, window: year}\n"                   /* 11 */
                           "  - {name: days, of: points, window: rolling_days,\n"          /* 12 */
                           "     length: 30}\n"                                            /* 13 */
                           "rules:\n"                                                      /* 14 */
                           "  - rule: saturday\n"                                          /* 15 */
                           "    from: 2026-10-01\n"                                        /* 16 */
                           "    until: 2026-11-01\n"                                       /* 17 */
                           "    weekdays: [sat, sun]\n"                                    /* 18 */
                           "    hours: ['22:00-02:30']\n"                                  /* 19 */
                           "    stores: ['7']\n"                                           /* 20 */
                           "    channels: [web]\n"                                         /* 21 */
                           "    basket: 20.00\n"                                           /* 22 */
                           "    goods_cost: 10.50\n"                                       /* 23 */
                           "    goods_count: 1.5\n"                                        /* 24 */
                           "    purchase: 3\n"                                             /* 25 */
                           "    metrics:\n"                                                /* 26 */
                           "      - {metric: year, at_least: 500, below: 1000}\n"          /* 27 */
                           "    for: [bread]\n"                                            /* 28 */
                           "    except: [tobacco]\n"                                       /* 29 */
                           "    give: {multiple: 1.5, rounding: half_up}\n"                /* 30 */
                           "    priority: -10\n"                                           /* 31 */
                           "    group: weekend\n"                                          /* 32 */
                           "    exclusive: yes\n"                                          /* 33 */
                           "    caps:\n"                                                   /* 34 */
                           "      - {per: month, amount: 500, uses: 3}\n"                  /* 35 */
                           "      - {per: receipt, amount: 50}\n"                          /* 36 */
                           "  - rule: welcome\n"                                           /* 37 */
                           "    on: enrolment\n"                                           /* 38 */
                           "    give: {points: 50}\n"                                      /* 39 */
                           "  - rule: five off\n"                                          /* 40 */
                           "    give: {percent_off: 5, rounding: down}\n"                  /* 41 */
                           "    caps: [{per: rolling_months, length: 3, amount: 2.50}]\n"; /* 42 */

static void test_everything(void **state)
{
    (void)state;
    struct programme_file p;
    struct note note = {""};
    if (programme_file_parse(text_slice(full), "p.yaml", 0, &p, &note) != ERR_OK) {
        fail_msg("%s", note.text);
    }
    assert_true(p.has_rules);
    assert_int_equal(p.rules.rule_count, 4);
    assert_int_equal(p.rules.metric_count, 3);
    assert_int_equal(p.rules.goods_count, 2);
    assert_int_equal(p.rules.goods[0].member_count, 3);
    assert_int_equal(p.rules.goods[1].line, 9);

    const struct rule *earn = &p.rules.rules[0];
    assert_string_equal(earn->name, "earn");
    assert_int_equal(earn->line, 3);
    assert_int_equal(earn->gift.gives, GIVES_POINTS_FOR_MONEY);
    assert_int_equal(earn->gift.per_minor, 100);

    const struct rule *rule = &p.rules.rules[1];
    const struct when *when = &rule->when;
    assert_string_equal(rule->name, "saturday");
    assert_int_equal(rule->line, 15);
    assert_int_equal(when->from_day, 20727);
    assert_int_equal(when->until_day, 20758);
    assert_int_equal(when->weekdays, 0x60);
    assert_int_equal(when->hours[0].from, 1320);
    assert_int_equal(when->hours[0].to, 150);
    assert_true(slice_equal(when->stores[0], text_slice("7")));
    assert_true(slice_equal(when->channels[0], text_slice("web")));
    assert_int_equal(when->basket_minor, 2000);
    assert_int_equal(when->goods_minor, 1050);
    assert_int_equal(when->goods_milli, 1500);
    assert_int_equal(when->purchase, 3);
    assert_string_equal(p.rules.metrics[when->purchases].name, "purchases");
    assert_int_equal(when->metrics[0].metric, 0);
    assert_int_equal(when->metrics[0].at_least, 50000);
    assert_int_equal(when->metrics[0].below, 100000);
    assert_int_equal(rule->goods[0], 0);
    assert_int_equal(rule->except[0], 1);
    assert_int_equal(rule->gift.gives, GIVES_MULTIPLE);
    assert_int_equal(rule->gift.ratio.mantissa, 15);
    assert_int_equal(rule->gift.ratio.scale, 1);
    assert_int_equal(rule->gift.rounding, ROUNDING_HALF_UP);
    assert_int_equal(rule->priority, -10);
    assert_string_equal(rule->group, "weekend");
    assert_true(rule->is_exclusive);
    assert_int_equal(rule->cap_count, 2);
    assert_int_equal(rule->caps[0].window.kind, WINDOW_MONTH);
    assert_int_equal(rule->caps[0].amount_max, 500);
    assert_int_equal(rule->caps[0].uses_max, 3);
    assert_true(rule->caps[1].is_per_receipt);

    assert_int_equal(p.rules.rules[2].on, OCCASION_EVENT);
    assert_true(slice_equal(p.rules.rules[2].event, text_slice("enrolment")));
    assert_int_equal(p.rules.rules[3].caps[0].amount_max, 250);
    assert_int_equal(p.rules.rules[3].caps[0].window.length, 3);
    programme_file_fini(&p);
}

static void test_rules_without_earn(void **state)
{
    (void)state;
    static const char yaml[] = "version: 2\ncurrency: EUR\nexpiry: {kind: never}\n"
                               "rules: [{rule: five, give: {points: 5}}]\n";
    static const char nothing[] = "version: 2\ncurrency: EUR\nexpiry: {kind: never}\n";
    struct programme_file p;
    struct note note = {""};
    assert_int_equal(programme_file_parse(text_slice(yaml), "p.yaml", 0, &p, NULL), ERR_OK);
    assert_int_equal(p.rules.rule_count, 1);
    assert_int_equal(p.earn_points_minor, 0);
    programme_file_fini(&p);
    assert_int_equal(programme_file_parse(text_slice(nothing), "p.yaml", 0, &p, &note), ERR_INPUT);
    assert_string_equal(note.text, "p.yaml:1: earn: is missing: the programme gives nothing");
}

static const struct {
    const char *from;
    const char *to;
    const char *note;
} wrong[] = {
    {"for: [bread]", "for: [bred]",
     "p.yaml:28: rules[0].for: no goods are called bred; did you mean bread?"},
    {"metric: year,", "metric: yaer,",
     "p.yaml:26: rules[0].metrics: no metric is called yaer; did you mean year?"},
    {"window: year", "window: yearly",
     "p.yaml:11: metrics[0].window: \"yearly\" is not one of ever, day, week, month, year, "
     "rolling_days, rolling_months"},
    {"window: year", "window: rolling_days", "p.yaml:11: metrics[0].window: needs a length"},
    {"     length: 30", "     goods: bread", "p.yaml:12: metrics[1].window: needs a length"},
    {"of: points, window: rolling_days", "of: points, window: month",
     "p.yaml:13: metrics[1].length: is for rolling windows only"},
    {"until: 2026-11-01", "until: 2026-10-01",
     "p.yaml:15: rules[0]: rule saturday: it is over before it begins"},
    {"2026-10-01", "1.10.2026", "p.yaml:16: rules[0].from: is not a date such as 2026-10-03"},
    {"[sat, sun]", "[saturday]",
     "p.yaml:18: rules[0].weekdays: \"saturday\" is not one of mon, tue, wed, thu, fri, sat, sun"},
    {"22:00-02:30", "22-2", "p.yaml:19: rules[0].hours: is not a span such as 08:00-12:00"},
    {"22:00-02:30", "22:00-24:01", "p.yaml:19: rules[0].hours: is not a span such as 08:00-12:00"},
    {"multiple: 1.5", "multiple: 1", "p.yaml:15: rules[0]: rule saturday: a factor is above 1"},
    {"multiple: 1.5,", "multiple: 1.5, points: 5,",
     "p.yaml:30: rules[0].give: names nothing to give, or more than one thing"},
    {"multiple: 1.5, rounding: half_up", "multiple: 1.5",
     "p.yaml:30: rules[0].give: names no rounding: add rounding: down (or up, half_up, half_even)"},
    {"{points: 50}", "{points: 50, rounding: down}",
     "p.yaml:39: rules[1].give.rounding: has no meaning here"},
    {"exclusive: yes", "exclusive: true",
     "p.yaml:33: rules[0].exclusive: \"true\" is not one of no, yes"},
    {"priority: -10", "priority: -1001",
     "p.yaml:31: rules[0].priority: \"1001\" is not a whole number from 0 to 1000"},
    {"{per: receipt, amount: 50}", "{per: receipt, uses: 1}",
     "p.yaml:36: rules[0].caps[1]: a receipt has neither a length nor uses"},
    {"{per: receipt, amount: 50}", "{per: day}",
     "p.yaml:36: rules[0].caps[1]: a cap names an amount, uses or both"},
    {"percent_off: 5", "percent_off: 100.1",
     "p.yaml:40: rules[2]: rule five off: a percentage is above 0 and at most 100"},
    {"amount: 2.50", "amount: 2.505",
     "p.yaml:42: rules[2].caps[0].amount: \"2.505\" has more than 2 decimals"},
    {"on: enrolment", "on: enrolment\n    basket: 5",
     "p.yaml:37: rules[1]: rule welcome: an event has no basket"},
    {"brands: [Rauch]", "brand: [Rauch]",
     "p.yaml:9: goods[1].brand: is not a key that belongs here; did you mean brands?"},
    {", brands: [Rauch]", "", "p.yaml:9: goods[1]: names no goods"},
};

static void test_wrong_rules_are_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char yaml[4096];
        struct note note = {""};
        struct programme_file p;
        edited(full, wrong[i].from, wrong[i].to, yaml, sizeof yaml);
        assert_int_equal(programme_file_parse(text_slice(yaml), "p.yaml", 0, &p, &note), ERR_INPUT);
        assert_string_equal(note.text, wrong[i].note);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everything),
        cmocka_unit_test(test_rules_without_earn),
        cmocka_unit_test(test_wrong_rules_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
