/* What a trial takes back of a sale: what the rest doesn't deserve, by whichever way it comes back,
 * and as if all of it had never been. */
#include <stdlib.h>

#include "programme/kept_return.h"
#include "programme/trial.h"
#include "scene.h"

#define ANN ((struct slice)TEXT("ann"))

static const struct basket_line lines[] = {{TEXT("1"), TEXT("bread"), TEXT(""), 4000, {2000}},
                                           {TEXT("2"), TEXT("milk"), TEXT(""), 1000, {800}},
                                           {TEXT("3"), TEXT("bag"), TEXT(""), 0, {0}}};

static const struct cap once[] = {
    {.window = {WINDOW_EVER, 0}, .amount_max = INT64_MAX, .uses_max = 1}};
static const struct cap budget[] = {
    {.of = CAP_OF_ALL, .window = {WINDOW_EVER, 0}, .amount_max = INT64_MAX, .uses_max = 1}};

/* A point for each 1.00; from 20.00 on five more, once a member; for the first member three. */
static const struct rule rules[] = {BASE_RULE,
                                    {.name = "big",
                                     .when = {ALWAYS, .basket_minor = 2000},
                                     .caps = once,
                                     .cap_count = 1,
                                     .gift = {.gives = GIVES_POINTS, .points_minor = 5}},
                                    {.name = "first",
                                     ANY_TIME,
                                     .caps = budget,
                                     .cap_count = 1,
                                     .gift = {.gives = GIVES_POINTS, .points_minor = 3}}};

struct fixture {
    struct scene scene;
    struct trial *trial;
    struct buffer kept;
    struct occasion sale;
};

static int setup(void **state)
{
    static const struct rules_text text = {.rules = rules, .rule_count = COUNT(rules)};
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    scene_init(&f->scene, &text);
    assert_int_equal(trial_create(f->scene.rules, &f->trial), ERR_OK);
    trial_keep_sales(f->trial, &f->kept);
    f->sale = (struct occasion){.lines = lines, .line_count = COUNT(lines), .local = {SATURDAY_MS}};
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    trial_destroy(f->trial);
    buffer_fini(&f->kept);
    scene_fini(&f->scene);
    free(f);
    return 0;
}

static int64_t sell(struct fixture *f, struct slice who)
{
    struct judgement judgement;
    assert_int_equal(trial_sale(f->trial, who, &f->sale, false, &judgement, NULL), ERR_OK);
    return judgement.points.minor;
}

static int64_t back(struct fixture *f, uint64_t sale, uint32_t line, int64_t quantity_milli)
{
    const struct trial_back one = {line, quantity_milli};
    struct points taken;
    struct note note = {""};
    enum err err =
        trial_return(f->trial, sale, buffer_slice(&f->kept), &one, 1, money_of(0), &taken, &note);
    if (err != ERR_OK) {
        fail_msg("%s: %s", err_name(err), note.text);
    }
    return taken.minor;
}

static int64_t given(const struct fixture *f, uint16_t rule)
{
    return trial_rule(f->trial, rule).given;
}

static void test_line_by_line(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(sell(f, ANN), 28 + 5 + 3);
    assert_int_equal(back(f, 1, 1, 1000), 5);  /* 23.00 are left */
    assert_int_equal(back(f, 1, 2, 0), 8 + 5); /* and 15.00: not big */
    assert_int_equal(given(f, 1), 0);
    assert_int_equal(back(f, 1, 1, 0), 15); /* the bag is still a purchase */
    assert_int_equal(given(f, 2), 3);
    assert_int_equal(back(f, 1, 3, 0), 3);
    for (uint16_t i = 0; i < COUNT(rules); i++) {
        assert_int_equal(given(f, i), 0);
    }
    struct trial_totals totals = trial_totals(f->trial);
    assert_int_equal(totals.points_minor, 0);
    assert_int_equal(totals.gross_minor, 0);
    assert_int_equal(trial_member_of(f->trial, ANN).points_minor, 0);
    assert_int_equal(sell(f, ANN), 28 + 5 + 3); /* as if it had never been */
}

static void test_no_more_than_is_left(void **state)
{
    struct fixture *f = *state;
    const struct trial_back wrong[] = {{0, 0}, {4, 0}, {1, 3001}, {2, 0}};
    struct points taken;
    sell(f, ANN);
    back(f, 1, 1, 1000);
    back(f, 1, 2, 0);
    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_int_equal(trial_return(f->trial, 1, buffer_slice(&f->kept), &wrong[i], 1,
                                      money_of(0), &taken, NULL),
                         ERR_INPUT);
    }
    assert_int_equal(
        trial_return(f->trial, 1, buffer_slice(&f->kept), NULL, 0, money_of(1501), &taken, NULL),
        ERR_INPUT);
    assert_int_equal(trial_totals(f->trial).points_minor, 15 + 3);
}

/* By amount its share; the last of it takes all that is left. */
static void test_by_amount(void **state)
{
    struct fixture *f = *state;
    struct points taken;
    int64_t sum = 0;
    sell(f, ANN);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(
            trial_return(f->trial, 1, buffer_slice(&f->kept), NULL, 0, money_of(700), &taken, NULL),
            ERR_OK);
        sum += taken.minor;
        assert_int_equal(sum, 36 * (i + 1) / 4);
    }
    assert_int_equal(sell(f, ANN), 36);
}

/* It is judged again on what others had left of a budget by then. */
static void test_of_a_budget_that_was_gone(void **state)
{
    struct fixture *f = *state;
    sell(f, (struct slice)TEXT("ben"));
    assert_int_equal(sell(f, ANN), 28 + 5);
    assert_int_equal(back(f, 2, 2, 0), 8);
    assert_int_equal(given(f, 2), 3);
}

static void test_what_is_kept_of_a_return(void **state)
{
    struct fixture *f = *state;
    const struct award first[] = {{.rule = 0, .given = 28}, {.rule = 1, .given = 5}};
    const struct award then[] = {{.rule = 0, .given = 20}, {.rule = 2, .given = 3}};
    const struct judgement before = {.awards = first, .award_count = COUNT(first)};
    const struct judgement after = {.awards = then, .award_count = COUNT(then)};
    const struct kept_back line = {2, 0, 1000};
    struct kept_return kept = {.programme = 7, .lines = &line, .line_count = 1};
    struct arena *arena = &f->scene.arena;
    struct buffer bytes = {0};
    assert_int_equal(kept_return_compare(&before, &after, COUNT(rules), arena, &kept), ERR_OK);
    assert_int_equal(kept.rule_count, 3);
    kept_return_encode(&kept, &bytes);
    struct kept_return read;
    assert_int_equal(kept_return_decode(buffer_slice(&bytes), arena, &read), ERR_OK);
    assert_int_equal(read.programme, 7);
    assert_int_equal(read.line_count, 1);
    assert_int_equal(read.lines[0].line, 2);
    assert_int_equal(read.lines[0].after, 1000);
    assert_int_equal(read.rules[0].before, 28);
    assert_int_equal(read.rules[0].after, 20);
    assert_int_equal(read.rules[1].after, 0);
    assert_int_equal(read.rules[2].after, 3);
    for (size_t i = 1; i < bytes.length; i++) {
        assert_int_equal(kept_return_decode(slice_of(bytes.at, i), arena, &read), ERR_CORRUPT);
    }
    assert_int_equal(kept_return_decode(slice_of("\x01", 1), arena, &read), ERR_NOT_FOUND);
    buffer_fini(&bytes);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_line_by_line),
        TEST(test_no_more_than_is_left),
        TEST(test_by_amount),
        TEST(test_of_a_budget_that_was_gone),
        TEST(test_what_is_kept_of_a_return),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
