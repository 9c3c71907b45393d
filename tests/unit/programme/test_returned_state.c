/* Days and levels of a sale that comes back: while nothing later holds them they go, days that were
 * added go in any case; and a trial takes back the same. */
#include "programme/returned_state.h"

#include "programme/trial.h"
#include "scene.h"

#define ANN ((struct slice)TEXT("ann"))

static void test_what_later_sales_hold_stays(void **state)
{
    (void)state;
    struct returned_state sold = {.before = 100, .left = 165, .rest = 100, .day = 90, .today = 120};
    assert_int_equal(returned_state_after(&sold, 165), 100);
    assert_int_equal(returned_state_after(&sold, 170), 170); /* a later sale moved it */
    assert_int_equal(returned_state_after(&sold, 160), 160);
    sold.before = sold.rest = 0;
    assert_int_equal(returned_state_after(&sold, 165), 0);
    assert_int_equal(returned_state_after(&sold, 0), 0); /* dropped */
    sold.rest = 165;                                     /* the rest still deserves it */
    assert_int_equal(returned_state_after(&sold, 165), 165);
}

static void test_added_days_go(void **state)
{
    (void)state;
    struct returned_state sold = {
        .before = 100, .left = 130, .rest = 100, .day = 90, .today = 120, .is_added = true};
    assert_int_equal(returned_state_after(&sold, 160), 130);
    assert_int_equal(returned_state_after(&sold, 20), 0);
    sold.today = 130; /* used up */
    assert_int_equal(returned_state_after(&sold, 160), 160);
    sold =
        (struct returned_state){.before = 40, .left = 120, .rest = 40, .day = 90, .is_added = true};
    assert_int_equal(returned_state_after(&sold, 150), 120); /* what was over began on the day */
    sold.rest = 110;                                         /* a part of it comes back */
    assert_int_equal(returned_state_after(&sold, 150), 140);
    assert_int_equal(returned_state_after(&sold, 120), 110);
}

/* ---- A trial ---- */

enum {
    LAST,
    CLUB
};
static const uint16_t club = CLUB;
static const struct metric metrics[] = {
    [LAST] = {.name = "last", .of = METRIC_SINCE, .goods = NO_GOODS},
    [CLUB] = {.name = "club", .of = METRIC_UNTIL, .goods = NO_GOODS}};
static const struct metric_bounds long_ago[] = {{LAST, 5, INT64_MAX, false}};
static const struct metric_bounds member[] = {{CLUB, 1, INT64_MAX, false}};
/* From 20.00 on 30 days more in the club, which gives three; 7 after five days without a sale. */
static const struct rule rules[] = {
    {.name = "join",
     .when = {ALWAYS, .basket_minor = 2000},
     .gift = {.gives = GIVES_UNTIL, .term = {.days = 30}, .metric = &club}},
    {.name = "club",
     .when = {ALWAYS, .metrics = member, .metric_count = 1},
     .gift = {.gives = GIVES_POINTS, .points_minor = 3}},
    {.name = "back",
     .when = {ALWAYS, .metrics = long_ago, .metric_count = 1},
     .gift = {.gives = GIVES_POINTS, .points_minor = 7}}};

static int64_t sell(struct trial *trial, int64_t day, int64_t minor)
{
    const struct basket_line line = {TEXT("1"), TEXT("bread"), TEXT(""), 1000, {minor}};
    const struct occasion sale = {
        .lines = &line, .line_count = 1, .local = {SATURDAY_MS + day * INT64_C(86400000)}};
    struct judgement judgement;
    assert_int_equal(trial_sale(trial, ANN, &sale, false, &judgement, NULL), ERR_OK);
    return judgement.points.minor;
}

static void give_back(struct trial *trial, uint64_t sale, struct slice kept, int64_t minor)
{
    struct points taken;
    assert_int_equal(trial_return(trial, sale, kept, NULL, 0, money_of(minor), &taken, NULL),
                     ERR_OK);
}

static void test_a_trial_of_it(void **state)
{
    (void)state;
    const struct rules_text text = {.rules = rules,
                                    .rule_count = COUNT(rules),
                                    .metrics = metrics,
                                    .metric_count = COUNT(metrics)};
    struct scene scene;
    struct trial *trial;
    struct buffer kept = {0};
    struct buffer first = {0};
    scene_init(&scene, &text);
    assert_int_equal(trial_create(scene.rules, &trial), ERR_OK);
    trial_keep_sales(trial, &kept);
    assert_int_equal(sell(trial, 0, 2000), 0);
    write_bytes(&first, kept.at, kept.length);
    assert_int_equal(sell(trial, 4, 100), 3);
    give_back(trial, 1, buffer_slice(&first), 1000);
    assert_int_equal(sell(trial, 5, 100), 3); /* half of it holds what it brought */
    give_back(trial, 1, buffer_slice(&first), 0);
    assert_int_equal(sell(trial, 6, 100), 0); /* no club any more; the last sale was yesterday */
    assert_int_equal(sell(trial, 11, 100), 7);
    buffer_fini(&first);
    buffer_fini(&kept);
    trial_destroy(trial);
    scene_fini(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_later_sales_hold_stays),
        cmocka_unit_test(test_added_days_go),
        cmocka_unit_test(test_a_trial_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
