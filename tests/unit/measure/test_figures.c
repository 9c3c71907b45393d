/* What surveys come to, what a month had, where a goal should be: held against numbers that were
 * reckoned elsewhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "measure/activity.h"
#include "measure/answers.h"
#include "measure/goal.h"

static void check(struct score_figure figure, uint64_t answers, int64_t tenths, int64_t low,
                  int64_t high)
{
    assert_int_equal(figure.answers, answers);
    assert_int_equal(figure.tenths, tenths);
    assert_int_equal(figure.low, low);
    assert_int_equal(figure.high, high);
}

static void test_scores(void **state)
{
    (void)state;
    struct score_tally none = {{0}};
    struct score_tally nps = {
        .counts = {[0] = 5, [6] = 15, [7] = 10, [8] = 20, [9] = 20, [10] = 30}};
    struct score_tally csat = {.counts = {[1] = 2, [3] = 3, [4] = 20, [5] = 25}};
    check(score_promoters(&none), 0, 0, 0, 0);
    check(score_promoters(&nps), 100, 300, 147, 453);
    check(score_satisfied(&csat), 50, 900, 817, 983);
    assert_int_equal(score_satisfied(&csat).net, 45);
    assert_int_equal(score_promoters(&nps).net, 30);
    struct score_tally alike = {.counts = {[10] = 3}};
    check(score_promoters(&alike), 3, 1000, 1000, 1000);
    struct score_tally few = {.counts = {[0] = 1, [9] = 1}};
    check(score_promoters(&few), 2, 0, -1000, 1000); /* +- 138.6, cut */
    struct score_tally many = {.counts = {[0] = UINT64_C(1) << 40, [10] = UINT64_C(3) << 40}};
    struct score_figure figure = score_promoters(&many);
    assert_int_equal(figure.tenths, 500);
    assert_true(figure.low == 500 && figure.high == 500);
    score_add(&few, &alike);
    assert_int_equal(score_answers(&few), 5);
}

static void test_answer_bytes(void **state)
{
    (void)state;
    struct buffer bytes = {0};
    struct survey_answer read;
    struct survey_answer answer = {.survey = slice_of("visit", 5),
                                   .sale = {{7}},
                                   .score = 10,
                                   .store = slice_of("north", 5),
                                   .comment = slice_of("sealed", 6)};
    survey_answer_encode(&answer, &bytes);
    assert_true(survey_answer_is(buffer_slice(&bytes)));
    assert_false(survey_answer_is(slice_of("\1", 1)));
    assert_int_equal(survey_answer_decode(buffer_slice(&bytes), &read), ERR_OK);
    assert_true(slice_equal(read.survey, answer.survey) && slice_equal(read.store, answer.store) &&
                slice_equal(read.comment, answer.comment) && uid_equal(&read.sale, &answer.sale) &&
                read.score == 10);
    for (size_t i = 0; i < bytes.length; i++) {
        assert_int_equal(survey_answer_decode(slice_of(bytes.at, i), &read), ERR_CORRUPT);
    }
    buffer_clear(&bytes);
    answer.score = 11;
    survey_answer_encode(&answer, &bytes);
    assert_int_equal(survey_answer_decode(buffer_slice(&bytes), &read), ERR_CORRUPT);
    buffer_fini(&bytes);
}

/* Many stores and months: each answer is in its own cell. */
static void test_answers(void **state)
{
    (void)state;
    struct answers answers = {.count = 0};
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 500; i++) {
            char store[16];
            snprintf(store, sizeof store, "%u", i / 2);
            struct survey_answer answer = {.survey = slice_of("visit", 5),
                                           .score = i % 11,
                                           .store = slice_of(store, strlen(store)),
                                           .comment = slice_of("x", round)};
            struct period month = {i % 2 == 0 ? 202601 : 202602};
            assert_int_equal(answers_add(&answers, &answer, month, 1000 * round + i), ERR_OK);
        }
    }
    assert_int_equal(answers.count, 500);
    assert_int_equal(answers.remark_count, 500);
    assert_int_equal(answers.remarks[499].row, 1499);
    for (size_t i = 0; i < answers.count; i++) {
        assert_int_equal(score_answers(&answers.cells[i].tally), 2);
        assert_int_equal(answers.cells[i].comments, 1);
    }
    answers_fini(&answers);
}

static void test_buyers(void **state)
{
    (void)state;
    struct activity *activity = activity_create((struct period){202511});
    assert_non_null(activity);
    assert_int_equal(activity_month_of(activity, (struct period){202510}), SIZE_MAX);
    assert_int_equal(activity_month_of(activity, (struct period){202511}), 0);
    assert_int_equal(activity_month_of(activity, (struct period){202601}), 2);
    assert_int_equal(activity_month_of(activity, (struct period){203103}), SIZE_MAX);
    /* In the order in which receipts come: 1 buys twice in January, 2 in December and January, 3
     * in January and February, and 10,000 others in February. */
    static const struct {
        size_t month;
        uint64_t buyer;
    } sales[] = {{2, 1}, {2, 2}, {2, 1}, {3, 3}, {1, 2}, {2, 3}};
    for (size_t i = 0; i < sizeof sales / sizeof sales[0]; i++) {
        assert_int_equal(activity_bought(activity, sales[i].month, sales[i].buyer), ERR_OK);
    }
    for (uint64_t i = 0; i < 10000; i++) {
        assert_int_equal(activity_bought(activity, 3, 1000 + i), ERR_OK);
    }
    struct activity_buyers january = activity_buyers_of(activity, 2);
    assert_int_equal(january.active, 3);
    assert_int_equal(january.repeat, 2);
    struct activity_buyers february = activity_buyers_of(activity, 3);
    assert_int_equal(february.active, 10001);
    assert_int_equal(february.repeat, 1);
    assert_int_equal(activity_buyers_of(activity, 1).repeat, 0);
    activity_destroy(activity);
}

static void test_course(void **state)
{
    (void)state;
    struct goal_course course = {{202601}, {202604}, 100, 200};
    assert_int_equal(goal_expected(&course, (struct period){202512}), 100);
    assert_int_equal(goal_expected(&course, (struct period){202601}), 125);
    assert_int_equal(goal_expected(&course, (struct period){202603}), 175);
    assert_int_equal(goal_expected(&course, (struct period){202604}), 200);
    assert_int_equal(goal_expected(&course, (struct period){202701}), 200);
    assert_true(goal_is_on_track(&course, (struct period){202601}, 125));
    assert_false(goal_is_on_track(&course, (struct period){202601}, 124));
    assert_false(goal_is_reached(&course, 199));
    struct goal_course down = {{202512}, {202601}, 50, 30};
    assert_int_equal(goal_expected(&down, (struct period){202512}), 40);
    assert_true(goal_is_on_track(&down, (struct period){202512}, 39));
    assert_false(goal_is_on_track(&down, (struct period){202512}, 41));
    assert_true(goal_is_reached(&down, 30));
    assert_int_equal(goal_rate(2, 3), 667);
    assert_int_equal(goal_rate(2, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scores),  cmocka_unit_test(test_answer_bytes),
        cmocka_unit_test(test_answers), cmocka_unit_test(test_buyers),
        cmocka_unit_test(test_course),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
