/* What is said of a programme that can be read and makes no sense. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "programme/advice.h"
#include "programme_story.h"

static const char good[] = HEAD EARN "metrics:\n"                                       /* 5 */
                                     "  - {name: stars, of: given}\n"                   /* 6 */
                                     "  - {name: pass, of: until}\n"                    /* 7 */
                                     "tiers:\n"                                         /* 8 */
                                     "  - {tier: gold}\n"                               /* 9 */
                                     "coupons:\n"                                       /* 10 */
                                     "  - {coupon: spring, codes: [SPRING]}\n"          /* 11 */
                                     "segments:\n"                                      /* 12 */
                                     "  - segment: bright\n"                            /* 13 */
                                     "    metrics: [{metric: stars, at_least: 1}]\n"    /* 14 */
                                     "rules:\n"                                         /* 15 */
                                     "  - {rule: star, give: {points: 1, to: stars}}\n" /* 16 */
                                     "  - rule: starred\n"                              /* 17 */
                                     "    metrics: [{metric: stars, at_least: 3}]\n"    /* 18 */
                                     "    give: {points: 2}\n"                          /* 19 */
                                     "  - rule: taken\n"                                /* 20 */
                                     "    take: {points: 4, of: stars}\n"               /* 21 */
                                     "    give: {points: 3}\n"                          /* 22 */
                                     "  - rule: invited\n"                              /* 23 */
                                     "    on: invitation\n"                             /* 24 */
                                     "    give: {prolong: gold, months: 12}\n"          /* 25 */
                                     "  - {rule: golden, tiers: [gold], give: {points: 4}}\n"
                                     "  - rule: bought\n"                           /* 27 */
                                     "    on: passes\n"                             /* 28 */
                                     "    give: {prolong: pass, days: 30}\n"        /* 29 */
                                     "  - rule: passed\n"                           /* 30 */
                                     "    metrics: [{metric: pass, at_least: 1}]\n" /* 31 */
                                     "    give: {points: 5}\n"                      /* 32 */
                                     "  - rule: sprung\n"                           /* 33 */
                                     "    coupon: spring\n"                         /* 34 */
                                     "    segments: [bright]\n"                     /* 35 */
                                     "    give: {points: 6}\n"                      /* 36 */
                                     "  - rule: better\n"                           /* 37 */
                                     "    group: best\n"                            /* 38 */
                                     "    stores: [north]\n"                        /* 39 */
                                     "    give: {points: 8}\n"                      /* 40 */
                                     "  - {rule: lesser, group: best, give: {points: 7}}\n";

/* Of the edited file it says this, and at most one thing more. */
static void assert_says(const struct edit *edit)
{
    char text[4096];
    struct story story;
    struct advice_list list;
    edited(good, edit->from, edit->to, text, sizeof text);
    story_begin(&story, text);
    assert_int_equal(advice_give(story.rules, &story.arena, &list), ERR_OK);
    bool is_said = false;
    for (size_t i = 0; i < list.count; i++) {
        char line[256];
        snprintf(line, sizeof line, "%u: %s", list.at[i].line, list.at[i].text);
        is_said = is_said || strcmp(line, edit->note) == 0;
    }
    if (!is_said || list.count > 2) {
        fail_msg("%zu things are said, and %s: %s", list.count, is_said ? "too many" : "not that",
                 edit->note);
    }
    story_end(&story);
}

static void test_nothing_is_said_of_good_ones(void **state)
{
    (void)state;
    struct story story;
    struct advice_list list;
    story_begin(&story, good);
    assert_int_equal(advice_give(story.rules, &story.arena, &list), ERR_OK);
    if (list.count > 0) {
        fail_msg("%s", list.at[0].text);
    }
    story_end(&story);
}

static void test_what_is_said(void **state)
{
    (void)state;
    static const struct edit edits[] = {
        {"points: 1, to: stars", "points: 1",
         "17: rule starred never fires: no rule gives what it asks for"},
        {"points: 1, to: stars", "points: 1",
         "20: rule taken never fires: no rule gives what it asks for"},
        {"{prolong: pass, days: 30}", "{points: 9}",
         "30: rule passed never fires: no rule gives what it asks for"},
        {"{prolong: gold, months: 12}", "{points: 9}",
         "26: rule golden never fires: no rule gives the tier that it is for"},
        {"{prolong: gold, months: 12}", "{points: 9}", "9: tier gold: no rule gives it"},
        {"    coupon: spring\n", "", "11: coupon spring: no rule asks for it"},
        {"    segments: [bright]\n", "", "13: segment bright: nothing asks for it"},
        {"    stores: [north]\n", "",
         "40: rule lesser never fires: better is in its group and always gives as much"},
        {"metric: pass, at_least: 1", "metric: stars, below: 9",
         "7: metric pass: no rule looks at it"},
        {"at_least: 3}]", "at_least: 3}, {metric: stars, below: 2}]",
         "17: rule starred never fires: no metric can be in all of its bounds"},
    };
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        assert_says(&edits[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_said_of_good_ones),
        cmocka_unit_test(test_what_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
