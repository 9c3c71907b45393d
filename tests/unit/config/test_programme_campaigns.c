/* Campaigns and personal offers, as a programme's file says them, and rules that ask for them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "config/programme_file.h"
#include "config_test.h"
#include "programme/advice.h"
#include "programme/judge.h"
#include "programme/offer.h"

static const char full[] = "version: 2\n"                                            /* 1 */
                           "currency: EUR\n"                                         /* 2 */
                           "expiry: {kind: never}\n"                                 /* 3 */
                           "goods:\n"                                                /* 4 */
                           "  - {name: filters, categories: [filters]}\n"            /* 5 */
                           "metrics:\n"                                              /* 6 */
                           "  - {name: visits, of: visits}\n"                        /* 7 */
                           "segments:\n"                                             /* 8 */
                           "  - {segment: known, metrics: [{metric: visits,\n"       /* 9 */
                           "     at_least: 2}]}\n"                                   /* 10 */
                           "campaigns:\n"                                            /* 11 */
                           "  - {campaign: autumn, control: 10, most: 2, seed: b}\n" /* 12 */
                           "  - {campaign: winter}\n"                                /* 13 */
                           "offers:\n"                                               /* 14 */
                           "  - {offer: week, campaign: autumn, for: [filters],\n"   /* 15 */
                           "     segments: [known], days: 14}\n"                     /* 16 */
                           "rules:\n"                                                /* 17 */
                           "  - rule: five\n"                                        /* 18 */
                           "    offered: week\n"                                     /* 19 */
                           "    metrics: [{metric: visits, below: 100}]\n"           /* 20 */
                           "    for: [filters]\n"                                    /* 21 */
                           "    give: {points: 5}\n";                                /* 22 */

static void read_file(const char *yaml, struct programme_file *out)
{
    struct note note = {""};
    if (programme_file_parse(text_slice(yaml), "p.yaml", 0, out, &note) != ERR_OK) {
        fail_msg("%s", note.text);
    }
}

static void test_everything(void **state)
{
    (void)state;
    struct programme_file p;
    read_file(full, &p);
    assert_int_equal(p.rules.campaign_count, 2);
    const struct campaign *autumn = &p.rules.campaigns[0];
    assert_string_equal(autumn->name, "autumn");
    assert_int_equal(autumn->control, 10);
    assert_int_equal(autumn->most, 2);
    assert_string_equal(autumn->seed, "b");
    assert_int_equal(autumn->line, 12);
    assert_int_equal(p.rules.campaigns[1].control, 0);
    assert_int_equal(p.rules.campaigns[1].most, 1);
    assert_string_equal(p.rules.campaigns[1].seed, "");
    assert_int_equal(p.rules.offer_count, 1);
    const struct offer *week = &p.rules.offers[0];
    assert_string_equal(week->name, "week");
    assert_int_equal(week->campaign, 0);
    assert_int_equal(week->goods[0], 0);
    assert_int_equal(week->segments[0], 0);
    assert_int_equal(week->days, 14);
    assert_string_equal(p.rules.metrics[week->until].name, "week");
    const struct when *when = &p.rules.rules[0].when;
    assert_int_equal(when->metric_count, 2);
    assert_int_equal(when->metrics[1].metric, week->until);
    assert_int_equal(when->metrics[1].at_least, 1);
    assert_true(rule_is_offered(&p.rules.rules[0], week));
    programme_file_fini(&p);
}

/* Given for who has the offer, up to its last day. */
static void test_who_has_it(void **state)
{
    (void)state;
    struct programme_file p;
    struct rules *rules;
    struct note note = {""};
    struct arena arena;
    struct judgement judgement;
    read_file(full, &p);
    arena_init(&arena, 1u << 20);
    assert_int_equal(rules_create(&p.rules, &rules, &note), ERR_OK);
    const int64_t day = 20000;
    const struct basket_line line = {
        .category = text_slice("filters"), .quantity_milli = 1000, .amount = {500}};
    const struct occasion occasion = {
        .kind = OCCASION_SALE, .local = {day * DAY_MS}, .lines = &line, .line_count = 1};
    static const int64_t ends[] = {0, 19999, 20000, 20001, 20014};
    static const int64_t points[] = {0, 0, 0, 5, 5};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        const struct standing_number has = {offer_slot(rules, 0), 0, ends[i]};
        const struct standing standing = {&has, ends[i] == 0 ? 0 : 1};
        struct standing kept;
        assert_int_equal(judge(rules, &standing, &occasion, false, &arena, &judgement, &note),
                         ERR_OK);
        assert_int_equal(judgement.points.minor, points[i]);
        assert_int_equal(rules_drop_passed(rules, &standing, day, &arena, &kept), ERR_OK);
        assert_int_equal(kept.count, standing.count);
    }
    /* That a member is in a campaign stays, too. */
    const struct standing_number in = {campaign_slot(&p.rules.campaigns[0]), 0,
                                       campaign_number(1791047040000, true)};
    const struct standing standing = {&in, 1};
    struct standing kept;
    assert_int_equal(rules_drop_passed(rules, &standing, day, &arena, &kept), ERR_OK);
    assert_int_equal(kept.count, 1);
    assert_int_equal(campaign_since(in.value), 1791047040000);
    assert_true(campaign_is_control(in.value));
    assert_false(campaign_is_control(campaign_number(1791047040000, false)));
    rules_destroy(rules);
    arena_fini(&arena);
    programme_file_fini(&p);
}

static void test_advice(void **state)
{
    (void)state;
    struct programme_file p;
    struct rules *rules;
    struct note note = {""};
    struct arena arena;
    struct advice_list list;
    char yaml[4096];
    arena_init(&arena, 1u << 20);
    read_file(full, &p);
    assert_int_equal(rules_create(&p.rules, &rules, &note), ERR_OK);
    assert_int_equal(advice_give(rules, &arena, &list), ERR_OK);
    assert_int_equal(list.count, 0);
    rules_destroy(rules);
    programme_file_fini(&p);
    edited(full, "    offered: week\n", "", yaml, sizeof yaml);
    read_file(yaml, &p);
    assert_int_equal(rules_create(&p.rules, &rules, &note), ERR_OK);
    assert_int_equal(advice_give(rules, &arena, &list), ERR_OK);
    assert_int_equal(list.count, 1);
    assert_string_equal(list.at[0].text, "offer week: no rule looks at it");
    rules_destroy(rules);
    arena_fini(&arena);
    programme_file_fini(&p);
}

static const struct {
    const char *from;
    const char *to;
    const char *note;
} wrong[] = {
    {"offered: week", "offered: weak",
     "p.yaml:19: rules[0].offered: no offer is called weak; did you mean week?"},
    {"campaign: autumn, for", "campaign: spring, for",
     "p.yaml:15: offers[0].campaign: no campaign is called spring"},
    {"for: [filters],", "for: [cups],", "p.yaml:15: offers[0].for: no goods are called cups"},
    {"segments: [known]", "segments: [rich]",
     "p.yaml:16: offers[0].segments: no segment before it is called rich"},
    {"days: 14", "days: 0", "p.yaml:16: offers[0].days: \"0\" is not a whole number from 1 to 366"},
    {"control: 10", "control: 91",
     "p.yaml:12: campaigns[0].control: \"91\" is not a whole number from 0 to 90"},
    {"most: 2", "most: 0",
     "p.yaml:12: campaigns[0].most: \"0\" is not a whole number from 1 to 64"},
};

static void test_wrong_offers_are_named(void **state)
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

/* Two of one name are found when the rules are made. */
static void test_names_are_told_apart(void **state)
{
    (void)state;
    static const char *const edits[][3] = {
        {"campaign: winter", "campaign: autumn",
         "campaign autumn is there twice, on line 12 and on line 13"},
        {"offer: week", "offer: visits", "metric visits is there twice, on line 7 and on line 15"},
    };
    for (size_t i = 0; i < 2; i++) {
        char yaml[4096];
        char more[4096];
        struct note note = {""};
        struct programme_file p;
        struct rules *rules;
        edited(full, edits[i][0], edits[i][1], yaml, sizeof yaml);
        edited(yaml, "    offered: week\n", "", more, sizeof more);
        read_file(more, &p);
        assert_int_equal(rules_create(&p.rules, &rules, &note), ERR_INPUT);
        assert_string_equal(note.text, edits[i][2]);
        programme_file_fini(&p);
    }
}

static void check_rules(const char *yaml, enum err expected, const char *text)
{
    struct note note = {""};
    struct programme_file p;
    struct rules *rules = NULL;
    read_file(yaml, &p);
    assert_int_equal(rules_create(&p.rules, &rules, &note), expected);
    assert_string_equal(note.text, text);
    rules_destroy(rules);
    programme_file_fini(&p);
}

/* Of a coupon whose codes are issued; the rule then asks for the code, and may leave out the offer.
 */
static void test_codes_that_come_with_offers(void **state)
{
    (void)state;
    char with[4096];
    char yaml[4096];
    struct note note = {""};
    struct programme_file p;
    edited(full, "campaigns:\n",
           "coupons:\n"
           "  - {coupon: gift, prefix: G-}\n"
           "  - {coupon: listed, codes: [ONE]}\n"
           "campaigns:\n",
           yaml, sizeof yaml);
    edited(yaml, "days: 14", "days: 14, coupon: gift", with, sizeof with);
    edited(with, "    offered: week\n", "    coupon: gift\n", yaml, sizeof yaml);
    read_file(yaml, &p);
    assert_non_null(p.rules.offers[0].coupon);
    assert_string_equal(p.rules.coupons[*p.rules.offers[0].coupon].name, "gift");
    assert_true(rule_is_offered(&p.rules.rules[0], &p.rules.offers[0]));
    programme_file_fini(&p);
    check_rules(yaml, ERR_OK, "");
    edited(with, "coupon: gift}", "coupon: gifts}", yaml, sizeof yaml);
    assert_int_equal(programme_file_parse(text_slice(yaml), "p.yaml", 0, &p, &note), ERR_INPUT);
    assert_string_equal(note.text, "p.yaml:19: offers[0].coupon: no coupon is called gifts; did "
                                   "you mean gift?");
    edited(with, "coupon: gift}", "coupon: listed}", yaml, sizeof yaml);
    check_rules(yaml, ERR_INPUT, "offer week: its coupon has no codes that are issued");
    edited(with, "most: 2", "most: 13", yaml, sizeof yaml);
    check_rules(yaml, ERR_INPUT,
                "offer week: a member has at most 12 offers of a campaign that gives coupons");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everything),
        cmocka_unit_test(test_who_has_it),
        cmocka_unit_test(test_advice),
        cmocka_unit_test(test_wrong_offers_are_named),
        cmocka_unit_test(test_names_are_told_apart),
        cmocka_unit_test(test_codes_that_come_with_offers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
