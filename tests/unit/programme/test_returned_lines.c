/* What is left of a sale when lines came back: quantities, what they cost, what points pay; and
 * whatever comes back in whatever order, the rest is the same. */
#include "programme/returned_lines.h"
#include "scene.h"

static const struct basket_line lines[] = {
    {.product = TEXT("bread"), .quantity_milli = 3000, .amount = {1000}},
    {.product = TEXT("apples"), .quantity_milli = 1234, .amount = {247}},
    {.product = TEXT("deposit"), .quantity_milli = 0, .amount = {25}}};

static struct occasion sale(void)
{
    return (struct occasion){.kind = OCCASION_SALE,
                             .local = {SATURDAY_MS},
                             .lines = lines,
                             .line_count = COUNT(lines),
                             .paid_in_points = {636}};
}

static void test_the_rest_of_a_sale(void **state)
{
    (void)state;
    struct occasion sold = sale();
    struct occasion rest;
    struct arena arena;
    arena_init(&arena, 1u << 16);
    const int64_t nothing[] = {0, 0, 0};
    assert_int_equal(returned_lines_rest(&sold, nothing, &arena, &rest), ERR_OK);
    assert_int_equal(rest.line_count, 3);
    assert_int_equal(rest.paid_in_points.minor, 636);
    const int64_t some[] = {1000, 1234, 500};
    assert_int_equal(returned_lines_rest(&sold, some, &arena, &rest), ERR_OK);
    assert_int_equal(rest.line_count, 2);
    assert_true(slice_equal(rest.lines[0].product, lines[0].product));
    assert_int_equal(rest.lines[0].quantity_milli, 2000);
    assert_int_equal(rest.lines[0].amount.minor, 667);
    assert_int_equal(rest.lines[1].quantity_milli, 0); /* it never said how many */
    assert_int_equal(rest.lines[1].amount.minor, 13);
    assert_int_equal(rest.paid_in_points.minor, 636 * 680 / 1272);
    const int64_t all[] = {3000, 1234, 1000};
    assert_int_equal(returned_lines_rest(&sold, all, &arena, &rest), ERR_OK);
    assert_int_equal(rest.line_count, 0);
    assert_int_equal(rest.paid_in_points.minor, 0);
    arena_fini(&arena);
}

static void test_no_more_than_there_was(void **state)
{
    (void)state;
    struct occasion sold = sale();
    struct occasion rest;
    struct arena arena;
    arena_init(&arena, 1u << 16);
    const int64_t wrong[][3] = {{3001, 0, 0}, {0, 1235, 0}, {0, 0, 1001}, {-1, 0, 0}};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_int_equal(returned_lines_rest(&sold, wrong[i], &arena, &rest), ERR_RANGE);
    }
    arena_fini(&arena);
}

/* A rule for bread, one for a full basket: each return takes what the rest doesn't deserve, in all
 * what was given. */
static void test_each_order_takes_all(void **state)
{
    (void)state;
    const struct rule rules[] = {BASE_RULE,
                                 {.name = "full",
                                  .when = {ALWAYS, .basket_minor = 1200},
                                  .gift = {.gives = GIVES_POINTS, .points_minor = 30}}};
    const struct rules_text text = {.rules = rules, .rule_count = COUNT(rules)};
    const unsigned orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (size_t i = 0; i < COUNT(orders); i++) {
        struct scene scene;
        struct occasion sold = sale();
        sold.paid_in_points = money_of(0);
        scene_init(&scene, &text);
        int64_t given = scene_judge(&scene, &nothing_yet, &sold).points.minor;
        int64_t left = given;
        int64_t taken = 0;
        int64_t back[3] = {0};
        assert_int_equal(given, 12 + 30);
        for (size_t k = 0; k < 3; k++) {
            struct occasion rest;
            back[orders[i][k]] = returned_lines_whole(&lines[orders[i][k]]);
            assert_int_equal(returned_lines_rest(&sold, back, &scene.arena, &rest), ERR_OK);
            int64_t kept =
                rest.line_count == 0 ? 0 : scene_judge(&scene, &nothing_yet, &rest).points.minor;
            assert_true(kept <= left);
            taken += left - kept;
            left = kept;
        }
        assert_int_equal(taken, given);
        scene_fini(&scene);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_the_rest_of_a_sale),
                                       cmocka_unit_test(test_no_more_than_there_was),
                                       cmocka_unit_test(test_each_order_takes_all)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
