/* What a quote promised of days, on a standing that others moved meanwhile. */
#include "programme/promise.h"
#include "scene.h"

#define TODAY INT64_C(20729) /* of SATURDAY_MS */

enum {
    ADDED, /* the rules */
    FIXED
};

static const struct metric metrics[] = {
    {.name = "club", .of = METRIC_UNTIL, .goods = NO_GOODS},
    {.name = "spend", .of = METRIC_SPEND, .goods = NO_GOODS},
};
static const uint16_t club = 0;
static const struct rule rules[] = {
    {.name = "added",
     ANY_TIME,
     .gift = {.gives = GIVES_UNTIL, .term = {.days = 30, .is_added = true}, .metric = &club}},
    {.name = "fixed",
     ANY_TIME,
     .gift = {.gives = GIVES_UNTIL, .term = {.days = 30}, .metric = &club}},
};
static const struct rules_text text = {
    .metrics = metrics, .metric_count = COUNT(metrics), .rules = rules, .rule_count = COUNT(rules)};

struct moved {
    uint16_t rule;
    int64_t before; /* the end at the quote */
    int64_t now;    /* at its confirmation */
    int64_t paid;   /* by others, by now */
    int64_t end;    /* that comes of 30 days for 500 */
    int64_t all;    /* that was paid then */
};

static void check_move(const struct scene *scene, const struct moved *moved)
{
    uint64_t end = rules_metric_slot(scene->rules, 0);
    uint64_t paid = slot_named(SLOT_TERM_PAID, 0, "club");
    uint64_t spend = rules_metric_slot(scene->rules, 1);
    struct standing_number numbers[2];
    struct standing now = {numbers, 0};
    if (moved->now != 0) {
        numbers[now.count++] = (struct standing_number){end, 0, moved->now};
    }
    if (moved->paid != 0) {
        bool is_first = now.count > 0 && paid < end;
        numbers[1] = numbers[0];
        numbers[is_first ? 0 : now.count] = (struct standing_number){paid, 0, moved->paid};
        now.count++;
    }
    int64_t from = moved->before > TODAY ? moved->before : TODAY;
    const struct award award = {.rule = moved->rule, .given = 30, .wanted = 30};
    struct standing_change changes[] = {
        {spend, 0, 100, 600}, {end, 0, moved->before, from + 30}, {paid, 0, 0, 500}};
    promise_move_ends(scene->rules, TODAY, &award, 1, &now, changes, COUNT(changes));
    assert_int_equal(changes[0].before, 100);
    assert_int_equal(changes[0].after, 600);
    assert_int_equal(changes[1].before, moved->now);
    assert_int_equal(changes[1].after, moved->end);
    assert_int_equal(changes[2].before, moved->paid);
    assert_int_equal(changes[2].after, moved->all);
}

static void test_days_are_added_to_what_is_left_by_now(void **state)
{
    (void)state;
    static const struct moved rows[] = {
        {ADDED, 0, 0, 0, TODAY + 30, 500},                   /* nobody moved it */
        {ADDED, TODAY + 10, TODAY + 10, 0, TODAY + 40, 500}, /* */
        {ADDED, 0, TODAY + 30, 500, TODAY + 60, 1000},       /* somebody bought it, too */
        {ADDED, TODAY + 10, TODAY, 0, TODAY + 30, 500},      /* it was given back */
        {ADDED, 0, TODAY - 5, 300, TODAY + 30, 500},         /* that one is over */
        {ADDED, 0, DAY_LAST - 5, 0, DAY_LAST, 500},          /* */
        {FIXED, 0, 0, 0, TODAY + 30, 500},                   /* */
        {FIXED, 0, TODAY + 12, 0, TODAY + 30, 500},          /* no sooner than promised */
        {FIXED, 0, TODAY + 90, 200, TODAY + 90, 700},        /* and later if it is */
    };
    struct scene scene;
    scene_init(&scene, &text);
    for (size_t i = 0; i < COUNT(rows); i++) {
        check_move(&scene, &rows[i]);
    }
    scene_fini(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_days_are_added_to_what_is_left_by_now),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
