#include "scene.h"

static const struct goods_member tobacco[] = {{GOODS_BY_CATEGORY, TEXT("tobacco")}};
static const struct goods_member own_brand[] = {{GOODS_BY_BRAND, TEXT("Korn")},
                                                {GOODS_BY_PRODUCT_PREFIX, TEXT("4006")}};
static const struct goods_set goods[] = {{"tobacco", tobacco, COUNT(tobacco), 0},
                                         {"own", own_brand, COUNT(own_brand), 0}};
static const uint16_t is_tobacco[] = {0};
static const uint16_t is_own[] = {1};

static const struct basket_line lines[] = {
    {TEXT("1001"), TEXT("bread"), TEXT("Korn"), 2000, {450}},
    {TEXT("4006381"), TEXT("stationery"), TEXT(""), 1000, {199}},
    {TEXT("2001"), TEXT("tobacco"), TEXT("Rauch"), 1000, {800}},
};
static const struct occasion sale = {
    .local = {SATURDAY_MS}, .store = TEXT("7"), .lines = lines, .line_count = COUNT(lines)};

static struct judgement judge_sale(struct scene *scene, const struct rule *rules, size_t count)
{
    struct rules_text text = {
        .goods = goods, .goods_count = COUNT(goods), .rules = rules, .rule_count = count};
    scene_init(scene, &text);
    return scene_judge(scene, &nothing_yet, &sale);
}

static void test_points_for_money(void **state)
{
    (void)state;
    const struct rule rules[] = {BASE_RULE};
    struct scene scene;
    struct judgement j = judge_sale(&scene, rules, COUNT(rules));
    assert_int_equal(j.gross.minor, 1449);
    assert_int_equal(j.points.minor, 14);
    /* Shared out by the lines' amounts: 4.35, 1.92 and 7.73. */
    assert_int_equal(j.line_base_points[0].minor, 4);
    assert_int_equal(j.line_base_points[1].minor, 2);
    assert_int_equal(j.line_base_points[2].minor, 8);
    scene_fini(&scene);
}

static void test_goods_and_exceptions(void **state)
{
    (void)state;
    struct rule rules[] = {BASE_RULE, BASE_RULE};
    rules[0].except = is_tobacco;
    rules[0].except_count = 1;
    rules[1].name = "own goods";
    rules[1].goods = is_own;
    rules[1].goods_count = 1;
    rules[1].gift.rounding = ROUNDING_UP;
    struct scene scene;
    struct judgement j = judge_sale(&scene, rules, COUNT(rules));
    assert_int_equal(scene_trace(&scene, j, "base").has, 6);
    assert_int_equal(scene_trace(&scene, j, "own goods").has, 7);
    assert_int_equal(j.points.minor, 13);
    scene_fini(&scene);
}

static void test_multiples_add(void **state)
{
    (void)state;
    struct rule rules[] = {
        BASE_RULE,
        {.name = "double", ANY_TIME, .gift = {.gives = GIVES_MULTIPLE, .ratio = {2, 0}}},
        {.name = "half more on own",
         ANY_TIME,
         .goods = is_own,
         .goods_count = 1,
         .gift = {.gives = GIVES_MULTIPLE, .ratio = {150, 2}}},
    };
    struct scene scene;
    struct judgement j = judge_sale(&scene, rules, COUNT(rules));
    /* 14 and 14 more, and half of the own goods' 6. */
    assert_int_equal(j.points.minor, 14 + 14 + 3);
    scene_fini(&scene);
}

static void test_discounts_come_before_points(void **state)
{
    (void)state;
    struct rule rules[] = {
        BASE_RULE,
        {.name = "ten percent",
         ANY_TIME,
         .except = is_tobacco,
         .except_count = 1,
         .priority = 2,
         .gift = {.gives = GIVES_PERCENT_OFF, .ratio = {10, 0}, .rounding = ROUNDING_HALF_UP}},
        {.name = "one off",
         ANY_TIME,
         .goods = is_own,
         .goods_count = 1,
         .priority = 1,
         .gift = {.gives = GIVES_MONEY_OFF, .money_minor = 100}},
    };
    struct scene scene;
    struct judgement j = judge_sale(&scene, rules, COUNT(rules));
    assert_int_equal(scene_trace(&scene, j, "ten percent").has, 65);
    assert_int_equal(j.discount.minor, 165);
    assert_int_equal(j.line_discounts[0].minor + j.line_discounts[1].minor, 165);
    assert_int_equal(j.line_discounts[2].minor, 0);
    assert_int_equal(j.points.minor, (1449 - 165) / 100);
    scene_fini(&scene);
}

static void test_paid_in_points(void **state)
{
    (void)state;
    struct rule rules[] = {BASE_RULE};
    rules[0].gift.of = AMOUNT_PAID;
    struct scene scene;
    (void)judge_sale(&scene, rules, COUNT(rules));
    struct occasion occasion = sale;
    occasion.paid_in_points = money_of(500);
    assert_int_equal(scene_judge(&scene, &nothing_yet, &occasion).points.minor, 9);
    occasion.paid_in_points = money_of(1450);
    struct judgement j;
    assert_int_equal(judge(scene.rules, &nothing_yet, &occasion, false, &scene.arena, &j, NULL),
                     ERR_RANGE);
    scene_fini(&scene);
}

static void test_best_of_group(void **state)
{
    (void)state;
    struct rule rules[] = {
        BASE_RULE,
        {.name = "double",
         ANY_TIME,
         .group = "weekend",
         .gift = {.gives = GIVES_MULTIPLE, .ratio = {2, 0}}},
        {.name = "twenty",
         ANY_TIME,
         .group = "weekend",
         .priority = -1,
         .gift = {.gives = GIVES_POINTS, .points_minor = 20}},
    };
    struct scene scene;
    struct judgement j = judge_sale(&scene, rules, COUNT(rules));
    assert_int_equal(j.points.minor, 14 + 20);
    assert_int_equal(scene_trace(&scene, j, "double").reason, TRACE_GROUP);
    assert_int_equal(scene_trace(&scene, j, "double").has, 14);
    assert_int_equal(scene_trace(&scene, j, "double").wants, 20);
    scene_fini(&scene);
}

static void test_exclusive(void **state)
{
    (void)state;
    struct rule rules[] = {
        BASE_RULE,
        {.name = "five", ANY_TIME, .gift = {.gives = GIVES_POINTS, .points_minor = 5}},
        {.name = "only this",
         ANY_TIME,
         .priority = 1,
         .is_exclusive = true,
         .gift = {.gives = GIVES_POINTS, .points_minor = 3}},
    };
    struct scene scene;
    struct judgement j = judge_sale(&scene, rules, COUNT(rules));
    assert_int_equal(j.points.minor, 14 + 3);
    assert_int_equal(scene_trace(&scene, j, "five").reason, TRACE_EXCLUDED);
    scene_fini(&scene);
}

static void test_caps(void **state)
{
    (void)state;
    const struct cap caps[] = {
        {.is_per_receipt = true, .amount_max = 12, .uses_max = INT64_MAX},
        {.window = {WINDOW_DAY, 0}, .amount_max = 20, .uses_max = INT64_MAX},
        {.window = {WINDOW_MONTH, 0}, .amount_max = INT64_MAX, .uses_max = 2},
    };
    struct rule rules[] = {BASE_RULE};
    rules[0].caps = caps;
    rules[0].cap_count = COUNT(caps);
    struct scene scene;
    struct judgement j = judge_sale(&scene, rules, COUNT(rules));
    assert_int_equal(j.points.minor, 12);
    assert_int_equal(j.awards[0].wanted, 14);

    struct standing standing;
    assert_int_equal(standing_apply(&nothing_yet, &j.changes, &scene.arena, &standing), ERR_OK);
    assert_int_equal(standing_check(&standing), ERR_OK);
    j = scene_judge(&scene, &standing, &sale);
    assert_int_equal(j.points.minor, 8);

    struct occasion tomorrow = sale;
    tomorrow.local.ms += DAY_MS;
    assert_int_equal(scene_judge(&scene, &standing, &tomorrow).points.minor, 12);
    struct standing after;
    assert_int_equal(standing_apply(&standing, &j.changes, &scene.arena, &after), ERR_OK);
    j = scene_judge(&scene, &after, &tomorrow);
    assert_int_equal(j.points.minor, 0);
    assert_int_equal(scene_trace(&scene, j, "base").reason, TRACE_CAP);
    tomorrow.local.ms += 31 * DAY_MS;
    assert_int_equal(scene_judge(&scene, &after, &tomorrow).points.minor, 12);
    scene_fini(&scene);
}

static void test_conditions(void **state)
{
    (void)state;
    static const struct hours morning[] = {{480, 720}};
    static const struct hours evening[] = {{1020, 1080}};
    static const struct hours night[] = {{1080, 1025}};
    static const struct slice seven[] = {TEXT("7")};
    static const struct slice eight[] = {TEXT("8")};
    static const struct {
        struct when when;
        enum trace_reason reason;
    } rows[] = {
        {{ALWAYS}, TRACE_FIRED},
        {{.from_day = 20729, .until_day = 20730, .purchases = NO_METRIC}, TRACE_FIRED},
        {{.from_day = 20730, .until_day = 20731, .purchases = NO_METRIC}, TRACE_NOT_YET},
        {{.from_day = 20700, .until_day = 20729, .purchases = NO_METRIC}, TRACE_OVER},
        {{ALWAYS, .weekdays = 1u << 5}, TRACE_FIRED},
        {{ALWAYS, .weekdays = 1u << 6}, TRACE_WEEKDAY},
        {{ALWAYS, .hours = morning, .hours_count = 1}, TRACE_HOUR},
        {{ALWAYS, .hours = evening, .hours_count = 1}, TRACE_FIRED},
        {{ALWAYS, .hours = night, .hours_count = 1}, TRACE_FIRED},
        {{ALWAYS, .hours = night, .hours_count = 1, .weekdays = 1u << 4}, TRACE_FIRED},
        {{ALWAYS, .hours = night, .hours_count = 1, .weekdays = 1u << 5}, TRACE_HOUR},
        {{ALWAYS, .stores = seven, .store_count = 1}, TRACE_FIRED},
        {{ALWAYS, .stores = eight, .store_count = 1}, TRACE_STORE},
        {{ALWAYS, .channels = eight, .channel_count = 1}, TRACE_CHANNEL},
        {{ALWAYS, .basket_minor = 1449}, TRACE_FIRED},
        {{ALWAYS, .basket_minor = 1450}, TRACE_BASKET},
        {{ALWAYS, .goods_milli = 4000}, TRACE_FIRED},
        {{ALWAYS, .goods_milli = 4001}, TRACE_GOODS_COUNT},
        {{ALWAYS, .goods_minor = 1450}, TRACE_GOODS_AMOUNT},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rule rules[] = {BASE_RULE};
        rules[0].when = rows[i].when;
        struct scene scene;
        struct judgement j = judge_sale(&scene, rules, COUNT(rules));
        enum trace_reason reason = scene_trace(&scene, j, "base").reason;
        if (reason != rows[i].reason || j.points.minor != (reason == TRACE_FIRED ? 14 : 0)) {
            fail_msg("row %zu: %s", i, trace_reason_name(reason));
        }
        scene_fini(&scene);
    }
}

static void test_metrics_and_purchases(void **state)
{
    (void)state;
    static const struct metric metrics[] = {
        {.name = "visits", .of = METRIC_VISITS, .goods = NO_GOODS},
        {.name = "tobacco this year", .of = METRIC_SPEND, .window = {WINDOW_YEAR, 0}, .goods = 0},
        {.name = "last days",
         .of = METRIC_POINTS,
         .window = {WINDOW_ROLLING_DAYS, 3},
         .goods = NO_GOODS},
    };
    static const struct metric_bounds smoker[] = {
        {.metric = 1, .at_least = 1600, .below = INT64_MAX}};
    static const struct metric_bounds idle[] = {{.metric = 2, .at_least = INT64_MIN, .below = 1}};
    const struct rule rules[] = {
        BASE_RULE,
        {.name = "second",
         .when = {.from_day = INT64_MIN, .until_day = INT64_MAX, .purchase = 2},
         .gift = {.gives = GIVES_POINTS, .points_minor = 100}},
        {.name = "smoker",
         .when = {ALWAYS, .metrics = smoker, .metric_count = 1},
         .gift = {.gives = GIVES_POINTS, .points_minor = 1000}},
        {.name = "idle",
         .when = {ALWAYS, .metrics = idle, .metric_count = 1},
         .gift = {.gives = GIVES_POINTS, .points_minor = 10000}},
    };
    struct rules_text text = {.goods = goods,
                              .goods_count = COUNT(goods),
                              .metrics = metrics,
                              .metric_count = COUNT(metrics),
                              .rules = rules,
                              .rule_count = COUNT(rules)};
    struct scene scene;
    scene_init(&scene, &text);
    static const int64_t wanted[] = {10014, 114, 1014, 1014};
    struct standing standing = nothing_yet;
    for (size_t i = 0; i < COUNT(wanted); i++) {
        struct judgement j = scene_judge(&scene, &standing, &sale);
        assert_int_equal(j.points.minor, wanted[i]);
        assert_int_equal(standing_apply(&standing, &j.changes, &scene.arena, &standing), ERR_OK);
    }
    struct occasion later = sale;
    later.local.ms += 2 * DAY_MS;
    assert_int_equal(scene_judge(&scene, &standing, &later).points.minor, 1014);
    later.local.ms += DAY_MS;
    assert_int_equal(scene_judge(&scene, &standing, &later).points.minor, 11014);
    later.local.ms += 100 * DAY_MS; /* in the next year */
    assert_int_equal(scene_judge(&scene, &standing, &later).points.minor, 10014);
    scene_fini(&scene);
}

/* The first purchase was promised, a second one took place, and the first was given up: the next
 * one is the second once more. What is only promised is no visit, and can't be taken. */
static void test_what_is_promised(void **state)
{
    (void)state;
    static const struct metric metrics[] = {
        {.name = "visits", .of = METRIC_VISITS, .goods = NO_GOODS},
        {.name = "stamps", .of = METRIC_GIVEN, .goods = NO_GOODS},
    };
    static const struct metric_bounds few[] = {{.metric = 1, .at_least = INT64_MIN, .below = 3}};
    static const struct take two = {.metric = 1, .minor = 2};
    const struct rule rules[] = {
        {.name = "second",
         .when = {.from_day = INT64_MIN, .until_day = INT64_MAX, .purchase = 2},
         .gift = {.gives = GIVES_POINTS, .points_minor = 100}},
        {.name = "coffee",
         ANY_TIME,
         .take = &two,
         .gift = {.gives = GIVES_POINTS, .points_minor = 1000}},
        {.name = "few",
         .when = {ALWAYS, .metrics = few, .metric_count = 1},
         .gift = {.gives = GIVES_POINTS, .points_minor = 10000}},
    };
    struct rules_text text = {.goods = goods,
                              .goods_count = COUNT(goods),
                              .metrics = metrics,
                              .metric_count = COUNT(metrics),
                              .rules = rules,
                              .rule_count = COUNT(rules)};
    struct scene scene;
    scene_init(&scene, &text);
    const struct {
        int64_t visits, visits_held, had, stamps, stamps_held, points;
    } rows[] = {
        {1, 0, 0, 0, 0, 10100}, {1, 0, 1, 0, 0, 10000}, {2, 1, 0, 0, 0, 10100},
        {2, 0, 0, 0, 0, 10000}, {0, 0, 0, 2, 0, 11000}, {0, 0, 0, 2, 1, 10000},
        {0, 0, 0, 3, 3, 0},     {0, 0, 0, 4, 2, 1000},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct standing standing = nothing_yet;
        struct standing_changes changes = {NULL, 0, 0};
        const int64_t numbers[] = {rows[i].visits, rows[i].visits_held, rows[i].had, rows[i].stamps,
                                   rows[i].stamps_held};
        const uint64_t slots[] = {rules_metric_slot(scene.rules, 0),
                                  rules_held_slot(scene.rules, 0), rules_had_slot(scene.rules, 0),
                                  rules_metric_slot(scene.rules, 1),
                                  rules_held_slot(scene.rules, 1)};
        for (size_t n = 0; n < COUNT(numbers); n++) {
            assert_int_equal(
                standing_add(&standing, &changes, &scene.arena, slots[n], 0, numbers[n]), ERR_OK);
        }
        assert_int_equal(standing_apply(&standing, &changes, &scene.arena, &standing), ERR_OK);
        struct judgement j = scene_judge(&scene, &standing, &sale);
        assert_int_equal(j.points.minor, rows[i].points);
        if (rows[i].had > 0) {
            assert_int_equal(scene_trace(&scene, j, "second").reason, TRACE_PURCHASE_HAD);
        }
    }
    scene_fini(&scene);
}

static void test_events(void **state)
{
    (void)state;
    const struct rule rules[] = {
        BASE_RULE,
        {.name = "welcome",
         .on = OCCASION_EVENT,
         .event = TEXT("enrolment"),
         ANY_TIME,
         .gift = {.gives = GIVES_POINTS, .points_minor = 50}},
    };
    struct rules_text text = {.rules = rules, .rule_count = COUNT(rules)};
    struct scene scene;
    scene_init(&scene, &text);
    struct occasion event = {
        .kind = OCCASION_EVENT, .event = TEXT("enrolment"), .local = {SATURDAY_MS}};
    assert_int_equal(scene_judge(&scene, &nothing_yet, &event).points.minor, 50);
    event.event = slice_of("review", 6);
    assert_int_equal(scene_judge(&scene, &nothing_yet, &event).points.minor, 0);
    scene_fini(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_points_for_money),
        cmocka_unit_test(test_goods_and_exceptions),
        cmocka_unit_test(test_multiples_add),
        cmocka_unit_test(test_discounts_come_before_points),
        cmocka_unit_test(test_paid_in_points),
        cmocka_unit_test(test_best_of_group),
        cmocka_unit_test(test_exclusive),
        cmocka_unit_test(test_caps),
        cmocka_unit_test(test_conditions),
        cmocka_unit_test(test_metrics_and_purchases),
        cmocka_unit_test(test_what_is_promised),
        cmocka_unit_test(test_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
