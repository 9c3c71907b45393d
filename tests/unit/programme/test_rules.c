/* What rules are refused, in which order they go, and what is said about them. */
#include "scene.h"

#include "programme/advice.h"
#include "programme/trial.h"

static const struct goods_member bread[] = {{GOODS_BY_CATEGORY, TEXT("bread")}};
static const struct goods_set goods[] = {{"bread", bread, COUNT(bread), 3}};
static const struct metric metrics[] = {{.name = "spend", .goods = NO_GOODS, .line = 4}};
static const uint16_t is_bread[] = {0};
static const uint16_t is_nothing[] = {1};

#define FIVE .gift = {.gives = GIVES_POINTS, .points_minor = 5}

static void expect_refusal(const struct rule *rules, size_t count, const char *says)
{
    struct rules_text text = {.goods = goods,
                              .goods_count = COUNT(goods),
                              .metrics = metrics,
                              .metric_count = COUNT(metrics),
                              .rules = rules,
                              .rule_count = count};
    struct rules *made = NULL;
    struct note note = {""};
    enum err err = rules_create(&text, &made, &note);
    if (err != ERR_INPUT || strstr(note.text, says) == NULL) {
        fail_msg("\"%s\" instead of %s", note.text, says);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct cap no_bound[] = {{.amount_max = INT64_MAX, .uses_max = INT64_MAX}};
    static const struct cap same_windows[] = {
        {.window = {WINDOW_ROLLING_DAYS, 3}, .amount_max = 5, .uses_max = INT64_MAX},
        {.window = {WINDOW_ROLLING_DAYS, 9}, .amount_max = 5, .uses_max = INT64_MAX}};
    static const struct hours no_hours[] = {{60, 60}};
    static const struct metric_bounds nothing_left[] = {{0, 10, 10, false}};
    static const struct metric_bounds no_metric[] = {{1, 0, 10, false}};
    const struct {
        struct rule rule;
        const char *says;
    } rows[] = {
        {{.name = "r", ANY_TIME, .gift = {.gives = GIVES_POINTS}}, "points are out of range"},
        {{.name = "r", ANY_TIME, .gift = {.gives = GIVES_POINTS_FOR_MONEY, .points_minor = 1}},
         "money for which points"},
        {{.name = "r", ANY_TIME, .gift = {.gives = GIVES_MULTIPLE, .ratio = {10, 1}}},
         "a factor is above 1"},
        {{.name = "r", ANY_TIME, .gift = {.gives = GIVES_PERCENT_OFF, .ratio = {1001, 1}}},
         "a percentage is above 0"},
        {{.name = "r", ANY_TIME, .gift = {.gives = GIVES_MONEY_OFF}}, "money off"},
        {{.name = "r", ANY_TIME, .gift = {.gives = GIVES_COUNT}}, "not known"},
        {{.name = "r", .on = OCCASION_EVENT, ANY_TIME, FIVE}, "no occasion"},
        {{.name = "r", .event = TEXT("x"), ANY_TIME, FIVE}, "no occasion"},
        {{.name = "r",
          .on = OCCASION_EVENT,
          .event = TEXT("x"),
          ANY_TIME,
          .goods = is_bread,
          .goods_count = 1,
          FIVE},
         "has no goods"},
        {{.name = "r",
          .on = OCCASION_EVENT,
          .event = TEXT("x"),
          .when = {ALWAYS, .basket_minor = 5},
          FIVE},
         "has no basket"},
        {{.name = "r",
          .on = OCCASION_EVENT,
          .event = TEXT("x"),
          ANY_TIME,
          .gift = {.gives = GIVES_MONEY_OFF, .money_minor = 5}},
         "can give points only"},
        {{.name = "r", .when = {.from_day = 5, .until_day = 5, .purchases = NO_METRIC}, FIVE},
         "over before it begins"},
        {{.name = "r", .when = {ALWAYS, .weekdays = 0x80}, FIVE}, "not a weekday"},
        {{.name = "r", .when = {ALWAYS, .hours = no_hours, .hours_count = 1}, FIVE}, "not hours"},
        {{.name = "r", .when = {ALWAYS, .metrics = nothing_left, .metric_count = 1}, FIVE},
         "leave nothing"},
        {{.name = "r", .when = {ALWAYS, .metrics = no_metric, .metric_count = 1}, FIVE},
         "leave nothing"},
        {{.name = "r", .when = {ALWAYS, .purchase = 2}, FIVE}, "nothing counts the purchases"},
        {{.name = "r", ANY_TIME, .goods = is_nothing, .goods_count = 1, FIVE}, "do not exist"},
        {{.name = "r", ANY_TIME, .caps = no_bound, .cap_count = 1, FIVE}, "a cap is out of range"},
        {{.name = "r", ANY_TIME, .caps = same_windows, .cap_count = 2, FIVE}, "twice"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        expect_refusal(&rows[i].rule, 1, rows[i].says);
    }
    const struct rule twins[] = {{.name = "r", ANY_TIME, FIVE}, {.name = "r", ANY_TIME, FIVE}};
    expect_refusal(twins, 2, "rule r is there twice");
    const struct rule mixed[] = {{.name = "a", ANY_TIME, .group = "g", FIVE},
                                 {.name = "b",
                                  ANY_TIME,
                                  .group = "g",
                                  .gift = {.gives = GIVES_MONEY_OFF, .money_minor = 5}}};
    expect_refusal(mixed, 2, "can't share the group g");
}

static void test_order(void **state)
{
    (void)state;
    const struct rule rules[] = {
        {.name = "late", ANY_TIME, .priority = -1, FIVE},
        {.name = "first", ANY_TIME, FIVE},
        {.name = "second", ANY_TIME, FIVE},
        {.name = "base",
         ANY_TIME,
         .priority = -5,
         .gift = {.gives = GIVES_POINTS_FOR_MONEY, .points_minor = 1, .per_minor = 1}},
        {.name = "off",
         ANY_TIME,
         .priority = -9,
         .gift = {.gives = GIVES_MONEY_OFF, .money_minor = 5}},
        {.name = "early", ANY_TIME, .priority = 1, FIVE},
    };
    static const char *const order[] = {"off", "base", "early", "first", "second", "late"};
    struct rules_text text = {.rules = rules, .rule_count = COUNT(rules)};
    struct scene scene;
    scene_init(&scene, &text);
    struct rule_list all = rules_all(scene.rules);
    for (size_t i = 0; i < COUNT(order); i++) {
        assert_string_equal(rules[all.at[i]].name, order[i]);
    }
    scene_fini(&scene);
}

/* A rule that isn't about the basket at hand is not looked at. */
static void test_candidates(void **state)
{
    (void)state;
    static const struct slice here[] = {TEXT("7")};
    const struct rule rules[] = {
        {.name = "always", ANY_TIME, FIVE},
        {.name = "bread", ANY_TIME, .goods = is_bread, .goods_count = 1, FIVE},
        {.name = "here", .when = {ALWAYS, .stores = here, .store_count = 1}, FIVE},
        {.name = "event", .on = OCCASION_EVENT, .event = TEXT("review"), ANY_TIME, FIVE},
    };
    static const struct basket_line lines[] = {{TEXT("1"), TEXT("bread"), TEXT(""), 1000, {100}},
                                               {TEXT("1"), TEXT("milk"), TEXT(""), 1000, {100}}};
    const struct {
        struct occasion occasion;
        const char *rules;
    } rows[] = {
        {{.lines = lines, .line_count = 2, .store = TEXT("7")}, "012"},
        {{.lines = lines + 1, .line_count = 1, .store = TEXT("8")}, "0"},
        {{.kind = OCCASION_EVENT, .event = TEXT("review"), .store = TEXT("7")}, "3"},
        {{.kind = OCCASION_EVENT, .event = TEXT("birthday")}, ""},
    };
    struct rules_text text = {
        .goods = goods, .goods_count = COUNT(goods), .rules = rules, .rule_count = COUNT(rules)};
    struct scene scene;
    scene_init(&scene, &text);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct goods_list lists[2] = {{NULL, 0}, {NULL, 0}};
        struct rule_list found;
        char names[8] = "";
        for (size_t k = 0; k < rows[i].occasion.line_count; k++) {
            assert_int_equal(goods_of_line(rules_goods(scene.rules), &rows[i].occasion.lines[k],
                                           &scene.arena, &lists[k]),
                             ERR_OK);
        }
        assert_int_equal(
            rules_candidates(scene.rules, &rows[i].occasion, lists, &scene.arena, &found), ERR_OK);
        for (size_t k = 0; k < found.count; k++) {
            names[k] = (char)('0' + found.at[k]);
        }
        assert_string_equal(names, rows[i].rules);
    }
    scene_fini(&scene);
}

static void test_advice(void **state)
{
    (void)state;
    static const struct metric_bounds apart[] = {{0, 100, INT64_MAX, false},
                                                 {0, INT64_MIN, 100, false}};
    const struct rule rules[] = {
        {.name = "good", ANY_TIME, FIVE, .line = 5},
        {.name = "no goods",
         ANY_TIME,
         .goods = is_bread,
         .goods_count = 1,
         .except = is_bread,
         .except_count = 1,
         FIVE,
         .line = 6},
        /* 2026-10-03 is a Saturday. */
        {.name = "no day",
         .when = {.from_day = 20729, .until_day = 20731, .weekdays = 0x1f, .purchases = NO_METRIC},
         FIVE,
         .line = 7},
        {.name = "a day",
         .when = {.from_day = 20729, .until_day = 20731, .weekdays = 0x40, .purchases = NO_METRIC},
         FIVE,
         .line = 8},
        {.name = "no number",
         .when = {ALWAYS, .metrics = apart, .metric_count = 2},
         FIVE,
         .line = 9},
        {.name = "no base",
         ANY_TIME,
         .gift = {.gives = GIVES_MULTIPLE, .ratio = {2, 0}},
         .line = 10},
        {.name = "only",
         ANY_TIME,
         .priority = 5,
         .is_exclusive = true,
         .group = "g",
         FIVE,
         .line = 11},
    };
    struct rules_text text = {.goods = goods,
                              .goods_count = COUNT(goods),
                              .metrics = metrics,
                              .metric_count = COUNT(metrics),
                              .rules = rules,
                              .rule_count = COUNT(rules) - 1};
    static const unsigned lines[] = {6, 7, 9, 10};
    struct scene scene;
    struct advice_list list;
    scene_init(&scene, &text);
    assert_int_equal(advice_give(scene.rules, &scene.arena, &list), ERR_OK);
    assert_int_equal(list.count, COUNT(lines));
    for (size_t i = 0; i < COUNT(lines); i++) {
        assert_int_equal(list.at[i].line, lines[i]);
        assert_int_equal(list.at[i].of, ADVICE_NEVER_FIRES);
    }
    scene_fini(&scene);

    /* An exclusive rule that always gives stands in the way of all that come after it. */
    text.rule_count = COUNT(rules);
    scene_init(&scene, &text);
    assert_int_equal(advice_give(scene.rules, &scene.arena, &list), ERR_OK);
    bool is_found = false;
    for (size_t i = 0; i < list.count; i++) {
        is_found = is_found || (list.at[i].of == ADVICE_CONTRADICTS && list.at[i].line == 5);
    }
    assert_true(is_found);
    scene_fini(&scene);
}

static void test_unused(void **state)
{
    (void)state;
    const struct rule rules[] = {{.name = "good", ANY_TIME, FIVE, .line = 5}};
    struct rules_text text = {.goods = goods,
                              .goods_count = COUNT(goods),
                              .metrics = metrics,
                              .metric_count = COUNT(metrics),
                              .rules = rules,
                              .rule_count = 1};
    struct scene scene;
    struct advice_list list;
    scene_init(&scene, &text);
    assert_int_equal(advice_give(scene.rules, &scene.arena, &list), ERR_OK);
    assert_int_equal(list.count, 2);
    assert_int_equal(list.at[0].line, 3);
    assert_int_equal(list.at[1].line, 4);
    assert_int_equal(list.at[0].of, ADVICE_UNUSED);
    scene_fini(&scene);
}

static void test_trial(void **state)
{
    (void)state;
    static const struct cap daily[] = {
        {.window = {WINDOW_DAY, 0}, .amount_max = 7, .uses_max = INT64_MAX}};
    static const struct basket_line lines[] = {{TEXT("1"), TEXT("bread"), TEXT(""), 1000, {100}}};
    const struct rule rules[] = {{.name = "five", ANY_TIME, .caps = daily, .cap_count = 1, FIVE}};
    struct rules_text text = {.rules = rules, .rule_count = 1};
    struct occasion sale = {.lines = lines, .line_count = 1, .local = {SATURDAY_MS}};
    struct scene scene;
    struct trial *trial;
    struct judgement judgement;
    scene_init(&scene, &text);
    assert_int_equal(trial_create(scene.rules, &trial), ERR_OK);
    char name[8];
    for (unsigned day = 0; day < 2; day++) {
        for (unsigned i = 0; i < 4000; i++) {
            snprintf(name, sizeof name, "m%u", i % 2000);
            assert_int_equal(
                trial_sale(trial, slice_of(name, strlen(name)), &sale, false, &judgement, NULL),
                ERR_OK);
        }
        sale.local.ms += DAY_MS;
    }
    assert_int_equal(trial_sale(trial, slice_of(NULL, 0), &sale, false, &judgement, NULL), ERR_OK);
    assert_int_equal(judgement.points.minor, 5);
    struct trial_totals totals = trial_totals(trial);
    assert_int_equal(totals.sales, 8000);
    assert_int_equal(totals.members, 2000);
    assert_int_equal(totals.points_minor, 2000 * 14);
    struct trial_rule rule = trial_rule(trial, 0);
    assert_int_equal(rule.fired, 8000);
    assert_int_equal(rule.members, 2000);
    assert_int_equal(rule.cut, 2000 * 6);
    assert_int_equal(trial_member_of(trial, slice_of("m17", 3)).points_minor, 14);
    assert_null(trial_member_of(trial, slice_of("x", 1)).key.at);
    trial_destroy(trial);
    scene_fini(&scene);
}

/* The budget is for all members; who brought a member has an event. */
static void test_trial_of_all(void **state)
{
    (void)state;
    static const struct cap budget[] = {
        {.of = CAP_OF_ALL, .window = {WINDOW_EVER, 0}, .amount_max = 12, .uses_max = INT64_MAX}};
    static const struct basket_line lines[] = {{TEXT("1"), TEXT("bread"), TEXT(""), 1000, {100}}};
    const struct rule rules[] = {{.name = "five", ANY_TIME, .caps = budget, .cap_count = 1, FIVE},
                                 {.name = "tell",
                                  .when = {ALWAYS, .is_referred = true},
                                  .gift = {.gives = GIVES_EVENT, .event = TEXT("referral")}},
                                 {.name = "thanks",
                                  .on = OCCASION_EVENT,
                                  .event = TEXT("referral"),
                                  ANY_TIME,
                                  .gift = {.gives = GIVES_POINTS, .points_minor = 70}}};
    struct rules_text text = {.rules = rules, .rule_count = COUNT(rules)};
    struct occasion sale = {.lines = lines, .line_count = 1, .local = {SATURDAY_MS}};
    struct scene scene;
    struct trial *trial;
    struct judgement judgement;
    scene_init(&scene, &text);
    assert_int_equal(trial_create(scene.rules, &trial), ERR_OK);
    static const int64_t wanted[] = {5, 5, 2, 0};
    static const struct slice names[] = {TEXT("a"), TEXT("b"), TEXT("c"), TEXT("d")};
    for (size_t i = 0; i < COUNT(wanted); i++) {
        assert_int_equal(trial_sale(trial, names[i], &sale, false, &judgement, NULL), ERR_OK);
        assert_int_equal(judgement.points.minor, wanted[i]);
        sale.shopper.referrer = names[0];
    }
    assert_int_equal(trial_member_of(trial, names[0]).points_minor, 5 + 3 * 70);
    assert_int_equal(trial_totals(trial).points_minor, 12 + 3 * 70);
    assert_int_equal(trial_rule(trial, 2).fired, 3);
    trial_destroy(trial);
    scene_fini(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refusals),     cmocka_unit_test(test_order),
        cmocka_unit_test(test_candidates),   cmocka_unit_test(test_advice),
        cmocka_unit_test(test_unused),       cmocka_unit_test(test_trial),
        cmocka_unit_test(test_trial_of_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
