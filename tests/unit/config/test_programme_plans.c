/* Draws, surveys and goals of programme.yaml: what is read, and what is refused with its line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "config/programme_file.h"
#include "config_test.h"

static const char plans[] = "version: 1\n"                                   /* 1 */
                            "currency: USD\n"                                /* 2 */
                            "earn: {points: 1, per: 1.00, rounding: down}\n" /* 3 */
                            "expiry: {kind: never}\n"                        /* 4 */
                            "metrics:\n"                                     /* 5 */
                            "  - {name: tickets, of: given}\n"               /* 6 */
                            "  - {name: other, of: given}\n"                 /* 7 */
                            "  - {name: spend, of: spend}\n"                 /* 8 */
                            "segments:\n"                                    /* 9 */
                            "  - {segment: rich, metrics: [{metric: spend, at_least: 9}]}\n"
                            "rules:\n"                                            /* 11 */
                            "  - {rule: a ticket, from: 2026-06-01,\n"            /* 12 */
                            "     give: {points: 1, to: tickets}}\n"              /* 13 */
                            "  - {rule: won, on: won-a-car, give: {points: 5}}\n" /* 14 */
                            "  - {rule: asked, on: survey, give: {points: 1}}\n"  /* 15 */
                            "draws:\n"                                            /* 16 */
                            "  - draw: summer\n"                                  /* 17 */
                            "    tickets: tickets\n"                              /* 18 */
                            "    until: 2026-09-01\n"                             /* 19 */
                            "    prizes:\n"                                       /* 20 */
                            "      - {prize: car, event: won-a-car}\n"            /* 21 */
                            "      - {prize: voucher, count: 20}\n"               /* 22 */
                            "    reserves: 5\n"                                   /* 23 */
                            "    once: no\n"                                      /* 24 */
                            "    segments: [rich]\n"                              /* 25 */
                            "    beacon: drand round 4512\n"                      /* 26 */
                            "surveys:\n"                                          /* 27 */
                            "  - {survey: visit, scale: 0-10, days: 14}\n"        /* 28 */
                            "  - survey: staff\n"                                 /* 29 */
                            "    scale: 1-5\n"                                    /* 30 */
                            "    days: 30\n"                                      /* 31 */
                            "    comment: no\n"                                   /* 32 */
                            "goals:\n"                                            /* 33 */
                            "  - goal: come back\n"                               /* 34 */
                            "    measure: repeat_rate\n"                          /* 35 */
                            "    from: 2026-01\n"                                 /* 36 */
                            "    by: 2026-12\n"                                   /* 37 */
                            "    start: 20.5\n"                                   /* 38 */
                            "    target: 30\n"                                    /* 39 */
                            "  - goal: liked\n"                                   /* 40 */
                            "    measure: nps\n"                                  /* 41 */
                            "    survey: visit\n"                                 /* 42 */
                            "    from: 2026-01\n"                                 /* 43 */
                            "    by: 2026-03\n"                                   /* 44 */
                            "    start: -12.5\n"                                  /* 45 */
                            "    target: 40\n";                                   /* 46 */

static void test_read(void **state)
{
    (void)state;
    struct programme_file file;
    struct note note = {""};
    if (programme_file_parse(text_slice(plans), "p.yaml", 0, &file, &note) != ERR_OK) {
        fail_msg("%s", note.text);
    }
    const struct draw_plan *draw = &file.plans.draws[0];
    assert_int_equal(file.plans.draw_count, 1);
    assert_string_equal(draw->name, "summer");
    assert_int_equal(draw->metric, 0);
    assert_int_equal(draw->until_day, day_of_civil(2026, 9, 1));
    assert_int_equal(draw->prize_count, 2);
    assert_int_equal(draw->prizes[0].count, 1);
    assert_string_equal(draw->prizes[0].event, "won-a-car");
    assert_int_equal(draw->prizes[1].count, 20);
    assert_null(draw->prizes[1].event);
    assert_int_equal(draw->reserves, 5);
    assert_false(draw->is_once);
    assert_int_equal(draw->segment_count, 1);
    assert_string_equal(draw->beacon, "drand round 4512");
    const struct survey_plan *surveys = file.plans.surveys;
    assert_int_equal(file.plans.survey_count, 2);
    assert_int_equal(surveys[0].scale, SURVEY_SCALE_0_10);
    assert_string_equal(surveys[0].event, "survey");
    assert_true(surveys[0].has_comment);
    assert_int_equal(surveys[1].days, 30);
    assert_false(surveys[1].has_comment);
    const struct goal_plan *goals = file.plans.goals;
    assert_int_equal(file.plans.goal_count, 2);
    assert_int_equal(goals[0].from.code, 202601);
    assert_int_equal(goals[0].start, 205);
    assert_int_equal(goals[0].target, 300);
    assert_int_equal(goals[1].start, -125);
    assert_string_equal(goals[1].survey, "visit");
    programme_file_fini(&file);
}

/* What doesn't exist, what can never be, what contradicts. */
static const struct edit wrong[] = {
    {"tickets: tickets\n", "tickets: ticket\n",
     "p.yaml:18: draws[0].tickets: no metric is called ticket; did you mean tickets?"},
    {"tickets: tickets\n", "tickets: spend\n",
     "p.yaml:18: draws[0].tickets: spend counts spend: tickets are of given or visits"},
    {"tickets: tickets\n", "tickets: other\n",
     "p.yaml:18: draws[0].tickets: no rule gives to other: there would be no tickets"},
    {"{name: tickets, of: given}", "{name: tickets, of: given, window: year}",
     "p.yaml:18: draws[0].tickets: tickets is forgotten with its window: tickets are kept ever"},
    {"until: 2026-09-01", "until: 2026-06-01",
     "p.yaml:18: draws[0].tickets: all rules that give to tickets begin after the draw has ended"},
    {"until: 2026-09-01", "until: 2026-09-31",
     "p.yaml:19: draws[0].until: \"2026-09-31\" is no day, as in 2026-08-31"},
    {"event: won-a-car", "event: won-a-cat",
     "p.yaml:21: draws[0].prizes[0]: no rule is on won-a-cat: who wins would get nothing by it"},
    {"count: 20", "count: 996",
     "p.yaml:20: draws[0].prizes: prizes and reserves are more than 1000"},
    {"prize: voucher", "prize: car", "p.yaml:22: draws[0].prizes[1]: \"car\" is there already"},
    {"once: no", "once: never", "p.yaml:24: draws[0].once: \"never\" is not one of no, yes"},
    {"segments: [rich]", "segments: [poor]",
     "p.yaml:25: draws[0].segments: no segment is called poor"},
    {"days: 14", "days: 0",
     "p.yaml:28: surveys[0].days: \"0\" is not a whole number from 1 to 366"},
    {"scale: 1-5", "scale: 1-6", "p.yaml:30: surveys[1].scale: \"1-6\" is not one of 1-5, 0-10"},
    {"survey: staff", "survey: visit", "p.yaml:29: surveys[1].survey: \"visit\" is there already"},
    {"comment: no", "event: bought",
     "p.yaml:32: surveys[1].event: no rule is on bought: an answer would give nothing"},
    {"measure: repeat_rate", "measure: turnover",
     "p.yaml:35: goals[0].measure: \"turnover\" is not one of repeat_rate, average_basket, "
     "new_members, active_members, redemption_rate, satisfaction, nps"},
    {"by: 2026-12", "by: 2025-12", "p.yaml:37: goals[0].by: it ends before it begins"},
    {"by: 2026-12", "by: 2026-W50",
     "p.yaml:37: goals[0].by: \"2026-W50\" is no month, as in 2026-10"},
    {"target: 30\n", "target: 130\n",
     "p.yaml:39: goals[0].target: \"130\" is not from 0.0 to 100.0"},
    {"target: 30\n", "target: 20.5\n", "p.yaml:39: goals[0].target: it is reached from the start"},
    {"    survey: visit\n", "", "p.yaml:40: goals[1].survey: is missing: of which survey?"},
    {"    survey: visit\n", "    survey: visits\n",
     "p.yaml:42: goals[1].survey: no survey is called visits; did you mean visit?"},
    {"    survey: visit\n", "    survey: staff\n",
     "p.yaml:42: goals[1].survey: nps is of a survey that asks from 0 to 10"},
    {"measure: nps", "measure: satisfaction",
     "p.yaml:42: goals[1].survey: satisfaction is of a survey that asks from 1 to 5"},
    {"measure: nps", "measure: new_members",
     "p.yaml:42: goals[1].survey: has a meaning only of satisfaction and nps"},
};

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char text[4096];
        struct programme_file file;
        struct note note = {""};
        edited(plans, wrong[i].from, wrong[i].to, text, sizeof text);
        enum err err = programme_file_parse(text_slice(text), "p.yaml", 0, &file, &note);
        assert_int_equal(err, ERR_INPUT);
        assert_string_equal(note.text, wrong[i].note);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
