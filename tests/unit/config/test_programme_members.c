/* Tiers, days of the year, who brought whom, streaks and challenges, as a programme's file says
 * them. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "programme/tier_reached.h"
#include "programme_story.h"

static const char tiers[] = HEAD EARN "metrics:\n"
                                      "  - {name: year-spend, of: spend, window: year}\n"
                                      "tiers:\n"
                                      "  - {tier: silver, metric: year-spend, at_least: 100,\n"
                                      "     months: 12}\n"
                                      "  - {tier: gold, metric: year-spend, at_least: 500,\n"
                                      "     months: 6, end_of: month}\n"
                                      "  - tier: black\n"
                                      "rules:\n"
                                      "  - rule: silver half\n"
                                      "    tiers: [silver]\n"
                                      "    give: {multiple: 1.5, rounding: down}\n"
                                      "  - rule: gold double\n"
                                      "    tiers: [gold]\n"
                                      "    give: {multiple: 2, rounding: down}\n"
                                      "  - rule: newcomers\n"
                                      "    tiers: [none]\n"
                                      "    give: {points: 1000}\n"
                                      "  - rule: invited\n"
                                      "    on: invitation\n"
                                      "    give: {prolong: black, days: 10}\n"
                                      "  - rule: black gift\n"
                                      "    on: any\n"
                                      "    tiers: [black]\n"
                                      "    give: {points: 7000}\n";

static void test_tiers(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story, tiers);
    /* The sale that reaches a tier is still without it. */
    assert_int_equal(story_buy(&story, "2026-03-05", "1", 10000), 1100);
    assert_int_equal(story_row(&story, "reach silver").has, 365);
    story_expect(&story, "reach gold", TRACE_METRIC_BELOW);
    assert_int_equal(story_buy(&story, "2026-03-05", "1", 50000), 750);
    story_expect(&story, "newcomers", TRACE_TIER);
    assert_int_equal(story_row(&story, "newcomers").has, TIER_BIT(0));
    /* Gold until the end of September, though a new year's spend is below; then silver, then none.
     */
    assert_int_equal(story_row(&story, "reach gold").has,
                     story_day("2026-10-01") - story_day("2026-03-05"));
    assert_int_equal(story_buy(&story, "2026-09-30", "1", 1000), 20);
    assert_int_equal(story_row(&story, "reach silver").has,
                     story_day("2027-09-30") - story_day("2027-03-05"));
    assert_int_equal(story_buy(&story, "2027-03-31", "1", 1000), 20);
    assert_int_equal(story_buy(&story, "2027-04-01", "1", 1000), 15);
    assert_int_equal(story_buy(&story, "2027-09-30", "1", 1000), 1010);
    story_end(&story);
}

/* As the node reads it of what was kept of the occasion that the next lines judge. */
static uint16_t reached(struct story *story, const struct standing *before, const char *day)
{
    const struct kept_case kept = {.occasion = {.local = {story_day(day) * DAY_MS}},
                                   .standing = *before,
                                   .awards = story->now.awards,
                                   .award_count = story->now.award_count};
    return tier_reached(story->rules, &kept);
}

static void test_the_tier_that_is_reached(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story, tiers);
    struct standing before = story.standing;
    story_buy(&story, "2026-03-05", "1", 10000);
    assert_int_equal(reached(&story, &before, "2026-03-05"), 0);
    before = story.standing;
    story_buy(&story, "2026-03-06", "1", 10000); /* prolongs what is held */
    assert_int_equal(reached(&story, &before, "2026-03-06"), NO_TIER);
    before = story.standing;
    story_buy(&story, "2026-03-07", "1", 50000); /* silver and gold */
    assert_int_equal(reached(&story, &before, "2026-03-07"), 1);
    before = story.standing;
    story_event(&story, "2026-03-08", "invitation");
    assert_int_equal(reached(&story, &before, "2026-03-08"), 2);
    before = story.standing;
    story_buy(&story, "2026-03-09", "1", 50000); /* what is below black is no news */
    assert_int_equal(reached(&story, &before, "2026-03-09"), NO_TIER);
    story_end(&story);
}

static void test_invitation(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story, tiers);
    assert_int_equal(story_buy(&story, "2026-01-01", "1", 90000), 1900);
    assert_int_equal(story_event(&story, "2026-01-02", "invitation"), 0);
    assert_int_equal(story_event(&story, "2026-01-05", "party"), 7000);
    assert_int_equal(story_buy(&story, "2026-01-11", "1", 1000), 7010);
    assert_int_equal(story_buy(&story, "2026-01-12", "1", 1000), 20);
    story_end(&story);
}

/* Points for a tier apart from those that can be spent; they end with the window. */
static void test_tier_points(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story, HEAD EARN "metrics:\n"
                                  "  - {name: tier-points, of: given, window: rolling_days,\n"
                                  "     length: 30}\n"
                                  "tiers:\n"
                                  "  - {tier: star, metric: tier-points, at_least: 50, days: 5}\n"
                                  "rules:\n"
                                  "  - rule: three\n"
                                  "    give: {points: 3, per: 1.00, rounding: down,\n"
                                  "           to: tier-points}\n"
                                  "  - rule: survey\n"
                                  "    on: survey\n"
                                  "    give: {points: 20, to: tier-points}\n"
                                  "  - rule: double\n"
                                  "    tiers: [star]\n"
                                  "    give: {multiple: 2, rounding: down}\n");
    assert_int_equal(story_buy(&story, "2026-01-01", "1", 1000), 10);
    assert_int_equal(story_row(&story, "three").has, 30);
    assert_int_equal(story_event(&story, "2026-01-31", "survey"), 0);
    story_expect(&story, "reach star", TRACE_METRIC_BELOW);
    assert_int_equal(story_event(&story, "2026-02-01", "survey"), 0);
    assert_int_equal(story_row(&story, "reach star").wants, 50);
    assert_int_equal(story_row(&story, "reach star").has, 40);
    assert_int_equal(story_buy(&story, "2026-02-02", "1", 400), 4);
    story_expect(&story, "reach star", TRACE_FIRED);
    assert_int_equal(story_buy(&story, "2026-02-06", "1", 1000), 20);
    story_end(&story);
}

static void test_days_of_the_year(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story, HEAD "rules:\n"
                             "  - rule: birthday\n"
                             "    around: {day: birthday, before: 3, after: 2}\n"
                             "    give: {points: 100}\n"
                             "    caps: [{per: rolling_days, length: 90, uses: 1}]\n"
                             "  - rule: years\n"
                             "    on: any\n"
                             "    around: {day: enrolment}\n"
                             "    give: {points: 7}\n");
    assert_int_equal(story_buy(&story, "2026-12-30", "1", 100), 0);
    story_expect(&story, "birthday", TRACE_AROUND);
    story.shopper.birth_month = 1;
    story.shopper.birth_day = 1;
    story.shopper.enrolled_day = story_day("2024-02-29");
    assert_int_equal(story_buy(&story, "2026-12-28", "1", 100), 0);
    assert_int_equal(story_buy(&story, "2026-12-29", "1", 100), 100);
    assert_int_equal(story_buy(&story, "2027-01-03", "1", 100), 0);
    story_expect(&story, "birthday", TRACE_CAP);
    assert_int_equal(story_buy(&story, "2028-01-03", "1", 100), 100);
    assert_int_equal(story_buy(&story, "2029-01-04", "1", 100), 0);
    assert_int_equal(story_event(&story, "2024-02-29", "login"), 0);
    assert_int_equal(story_event(&story, "2027-02-28", "login"), 7);
    assert_int_equal(story_event(&story, "2028-02-28", "login"), 0);
    assert_int_equal(story_event(&story, "2028-02-29", "login"), 7);
    story_end(&story);
}

/* Both sides get theirs with the friend's first purchase, and nobody brings oneself. */
static void test_referral(void **state)
{
    (void)state;
    static const char yaml[] = HEAD "rules:\n"
                                    "  - rule: friend\n"
                                    "    purchase: 1\n"
                                    "    referred: yes\n"
                                    "    give: {points: 50}\n"
                                    "  - rule: tell\n"
                                    "    purchase: 1\n"
                                    "    referred: yes\n"
                                    "    give: {event: referral}\n"
                                    "  - rule: thanks\n"
                                    "    on: referral\n"
                                    "    give: {points: 80}\n"
                                    "    caps: [{per: year, uses: 1}]\n";
    struct story friend;
    struct story anna;
    story_begin(&friend, yaml);
    story_begin(&anna, yaml);
    friend.shopper.referrer = text_slice("anna");
    friend.shopper.key = text_slice("boris");
    assert_int_equal(story_event(&friend, "2026-01-01", "enrolment"), 0);
    assert_int_equal(friend.now.raised_count, 0);
    assert_int_equal(story_buy(&friend, "2026-01-02", "1", 100), 50);
    assert_int_equal(friend.now.raised_count, 1);
    assert_true(slice_equal(friend.now.raised[0].event, text_slice("referral")));
    assert_int_equal(story_buy(&friend, "2026-01-03", "1", 100), 0);
    assert_int_equal(friend.now.raised_count, 0);
    assert_int_equal(story_event(&anna, "2026-01-02", "referral"), 80);
    assert_int_equal(story_event(&anna, "2026-01-02", "referral"), 0);
    anna.shopper.referrer = text_slice("anna");
    assert_int_equal(story_buy(&anna, "2026-01-03", "1", 100), 0);
    story_expect(&anna, "tell", TRACE_REFERRER);
    assert_int_equal(story_row(&anna, "tell").has, 1);
    story_end(&friend);
    story_end(&anna);
}

static void test_streak(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story, HEAD "metrics:\n"
                             "  - {name: weeks, of: streak, window: week}\n"
                             "  - {name: away, of: since}\n"
                             "rules:\n"
                             "  - rule: three weeks\n"
                             "    metrics: [{metric: weeks, reaches: 3}]\n"
                             "    give: {points: 30}\n"
                             "  - rule: come back\n"
                             "    metrics: [{metric: away, at_least: 20, below: 1000}]\n"
                             "    give: {points: 1000}\n");
    static const struct {
        const char *day; /* 2026-01-05 is a Monday */
        int64_t points;
    } rows[] = {
        {"2026-01-05", 0},  {"2026-01-06", 0},    {"2026-01-18", 0}, {"2026-01-19", 30},
        {"2026-01-20", 0},  {"2026-01-26", 0},    {"2026-02-09", 0}, {"2026-02-16", 0},
        {"2026-02-23", 30}, {"2026-03-31", 1000}, {"2026-04-01", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(story_buy(&story, rows[i].day, "1", 100), rows[i].points);
    }
    assert_true(story.standing.count <= 3);
    story_end(&story);
}

/* A challenge of three different steps, whichever is the last. */
static void test_challenge(void **state)
{
    (void)state;
    struct story story;
    story_begin(&story, HEAD "goods: [{name: tea, products: ['7']}]\n"
                             "metrics:\n"
                             "  - {name: steps, of: given, window: month}\n"
                             "rules:\n"
                             "  - rule: done\n"
                             "    on: any\n"
                             "    metrics: [{metric: steps, reaches: 3}]\n"
                             "    give: {points: 500}\n"
                             "  - rule: review\n"
                             "    on: review\n"
                             "    give: {points: 1, to: steps}\n"
                             "    caps: [{per: month, uses: 1}]\n"
                             "  - rule: tea\n"
                             "    for: [tea]\n"
                             "    give: {points: 1, to: steps}\n"
                             "    caps: [{per: month, uses: 1}]\n"
                             "  - rule: newsletter\n"
                             "    on: newsletter\n"
                             "    give: {points: 1, to: steps}\n"
                             "    caps: [{per: month, uses: 1}]\n");
    assert_int_equal(story_event(&story, "2026-01-05", "review"), 0);
    assert_int_equal(story_event(&story, "2026-01-06", "review"), 0);
    assert_int_equal(story_event(&story, "2026-01-07", "newsletter"), 0);
    assert_int_equal(story_buy(&story, "2026-01-08", "8", 100), 0);
    assert_int_equal(story_buy(&story, "2026-01-09", "7", 100), 500);
    assert_int_equal(story_buy(&story, "2026-01-09", "7", 100), 0);
    assert_int_equal(story_buy(&story, "2026-02-01", "7", 100), 0);
    story_end(&story);
}

static const char good[] = HEAD EARN "metrics:\n"
                                     "  - {name: spend, of: spend, window: year}\n"
                                     "  - {name: stars, of: given}\n"
                                     "tiers:\n"
                                     "  - {tier: silver, metric: spend, at_least: 100, months: 1}\n"
                                     "rules:\n"
                                     "  - rule: r\n"
                                     "    tiers: [silver]\n"
                                     "    around: {day: birthday, after: 7}\n"
                                     "    metrics: [{metric: spend, reaches: 5}]\n"
                                     "    give: {points: 5}\n";

static void test_what_is_wrong(void **state)
{
    (void)state;
    static const struct edit edits[] = {
        {"tiers: [silver]", "tiers: [gold]", "p.yaml:12: rules[0].tiers: no tier is called gold"},
        {"at_least: 100, months: 1", "months: 1",
         "p.yaml:9: tiers[0]: a tier that is reached names metric, at_least and how long"},
        {", months: 1}", "}", "p.yaml:9: tiers[0]: names neither months nor days nor end_of"},
        {"metric: spend, at_least: 100", "metric: spent, at_least: 100",
         "p.yaml:9: tiers[0].metric: no metric is called spent; did you mean spend?"},
        {"months: 1}", "end_of: decade}",
         "p.yaml:9: tiers[0].end_of: \"decade\" is not one of day, week, month, year"},
        {"of: given}", "of: until, window: day}",
         "metric stars: \"until\" can't be of the window day"},
        {"day: birthday", "day: easter",
         "p.yaml:13: rules[0].around.day: \"easter\" is not one of birthday, enrolment"},
        {"after: 7", "after: 250, before: 250",
         "p.yaml:11: rules[0]: rule r: not days around a day of the year"},
        {"reaches: 5", "reaches: 5, below: 7",
         "p.yaml:14: rules[0].metrics: spend: what it reaches is its only bound"},
        {"give: {points: 5}", "give: {points: 5, per: 1.00, rounding: down}",
         "p.yaml:11: rules[0]: rule r: what comes before the points can't count this occasion"},
        {"give: {points: 5}", "give: {points: 5, to: spend}",
         "p.yaml:11: rules[0]: rule r: it gives to a metric that isn't of \"given\""},
        {"give: {points: 5}", "give: {prolong: stars, days: 5}",
         "p.yaml:11: rules[0]: rule r: it gives to a metric that isn't of \"until\""},
        {"give: {points: 5}", "give: {prolong: silver}",
         "p.yaml:11: rules[0]: names neither months nor days nor end_of"},
        {"give: {points: 5}", "give: {points: 5, days: 5}",
         "p.yaml:15: rules[0].give.days: has no meaning here"},
        {"give: {points: 5}", "give: {event: referral}",
         "p.yaml:11: rules[0]: rule r: an event is for who brought the member: it needs "
         "referred: yes"},
        {"rule: r", "rule: reach silver",
         "rule reach silver is there twice, on line 9 and on line 11"},
    };
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        story_refuse(good, &edits[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tiers),
        cmocka_unit_test(test_invitation),
        cmocka_unit_test(test_the_tier_that_is_reached),
        cmocka_unit_test(test_tier_points),
        cmocka_unit_test(test_days_of_the_year),
        cmocka_unit_test(test_referral),
        cmocka_unit_test(test_streak),
        cmocka_unit_test(test_challenge),
        cmocka_unit_test(test_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
