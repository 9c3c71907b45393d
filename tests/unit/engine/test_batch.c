/* Many commands at once: each its own answer, or all or none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "coalition.h"

struct world {
    struct brand a;
    struct uid member;
    struct card_number card;
    struct command commands[LIMIT_BATCH_COMMANDS + 1];
    struct outcome outcomes[LIMIT_BATCH_COMMANDS + 1];
};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    brand_init(&w->a, 0);
    brand_open(&w->a);
    assert_int_equal(brand_enrol(&w->a, 1, &w->member, &w->card).verdict, VERDICT_OK);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    brand_assert_audit(&w->a);
    brand_fini(&w->a);
    free(w);
    return 0;
}

static struct command earn_of(struct world *w, unsigned number, int64_t points)
{
    struct command command = brand_command(&w->a, COMMAND_EARN, number);
    command.earn.member = w->member;
    command.earn.is_fixed = true;
    command.earn.fixed_points = points_of(points);
    command.earn.rate.per_minor = 1;
    return command;
}

static struct command hold_of(struct world *w, unsigned number, int64_t points)
{
    struct command command = brand_command(&w->a, COMMAND_HOLD, number);
    command.hold.redeemer = w->a.id;
    command.hold.card = w->card;
    command.hold.points = points_of(points);
    command.hold.capture_by.ms = w->a.now.ms + DAY_MS;
    command.hold.deliver_by.ms = w->a.now.ms + 2 * DAY_MS;
    return command;
}

static enum err run(struct world *w, size_t count, bool is_linked)
{
    return engine_execute_batch(w->a.engine, w->commands, count, is_linked, w->outcomes);
}

static uint64_t rows(const struct world *w)
{
    return engine_stats(w->a.engine).journal_row;
}

static void test_each_command_has_its_own_answer(void **state)
{
    struct world *w = *state;
    w->commands[0] = earn_of(w, 10, 100);
    w->commands[1] = hold_of(w, 11, 500); /* too much */
    w->commands[2] = hold_of(w, 12, 60);
    w->commands[3] = brand_command(&w->a, COMMAND_CAPTURE, 13);
    w->commands[3].use.hold = id_of(12); /* made by the one before */
    w->commands[4] = brand_command(&w->a, COMMAND_ISSUE_CARD, 14);
    w->commands[4].card.member = w->member;
    uint64_t before = rows(w);
    assert_int_equal(run(w, 5, false), ERR_OK);
    assert_int_equal(rows(w), before + 5);
    assert_int_equal(w->outcomes[0].verdict, VERDICT_OK);
    assert_int_equal(w->outcomes[0].answer.points.minor, 100);
    assert_int_equal(w->outcomes[1].verdict, VERDICT_INSUFFICIENT_POINTS);
    assert_int_equal(w->outcomes[2].verdict, VERDICT_OK);
    assert_int_equal(w->outcomes[3].verdict, VERDICT_OK);
    assert_int_equal(w->outcomes[3].answer.points.minor, 60);
    assert_int_equal(w->outcomes[4].verdict, VERDICT_OK);
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(w->outcomes[i].err, ERR_OK);
        assert_false(w->outcomes[i].is_repeat);
        assert_int_equal(w->outcomes[i].answer.row, before + 1 + i);
    }
    assert_int_equal(brand_member(&w->a, &w->member).available.minor, 40);
}

static void test_the_same_id_twice_in_one_batch(void **state)
{
    struct world *w = *state;
    w->commands[0] = earn_of(w, 10, 100);
    w->commands[1] = earn_of(w, 10, 100);
    w->commands[2] = earn_of(w, 10, 101);
    w->commands[3] = earn_of(w, 11, 1);
    assert_int_equal(run(w, 4, false), ERR_OK);
    assert_true(w->outcomes[1].is_repeat);
    assert_int_equal(w->outcomes[1].answer.row, w->outcomes[0].answer.row);
    assert_int_equal(w->outcomes[2].verdict, VERDICT_TRANSACTION_ID_REUSED);
    assert_int_equal(brand_member(&w->a, &w->member).available.minor, 101);
    uint64_t before = rows(w);
    assert_int_equal(run(w, 4, false), ERR_OK); /* all of it again, from the journal now */
    assert_int_equal(rows(w), before);
    assert_true(w->outcomes[0].is_repeat && w->outcomes[3].is_repeat);
    assert_int_equal(brand_member(&w->a, &w->member).available.minor, 101);
}

static void test_linked_commands_apply_all_or_none(void **state)
{
    struct world *w = *state;
    w->commands[0] = earn_of(w, 10, 100);
    w->commands[1] = hold_of(w, 11, 60);
    w->commands[2] = hold_of(w, 12, 60); /* 40 are left */
    w->commands[3] = earn_of(w, 13, 5);
    uint64_t before = rows(w);
    assert_int_equal(run(w, 4, true), ERR_OK);
    assert_int_equal(rows(w), before);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(w->outcomes[i].err, ERR_OK);
        assert_int_equal(w->outcomes[i].answer.row, 0);
        assert_int_equal(w->outcomes[i].verdict,
                         i == 2 ? VERDICT_INSUFFICIENT_POINTS : VERDICT_LINKED_REFUSED);
    }
    assert_int_equal(brand_member(&w->a, &w->member).available.minor, 0);
    w->commands[2] = hold_of(w, 12, 40);
    assert_int_equal(run(w, 4, true), ERR_OK); /* the same ids are free still */
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(w->outcomes[i].verdict, VERDICT_OK);
        assert_false(w->outcomes[i].is_repeat);
    }
    assert_int_equal(rows(w), before + 4);
    w->commands[4] = earn_of(w, 14, 7);
    assert_int_equal(run(w, 5, true), ERR_OK); /* repeats that were OK count as such */
    assert_true(w->outcomes[3].is_repeat);
    assert_int_equal(w->outcomes[4].verdict, VERDICT_OK);
    struct member member = brand_member(&w->a, &w->member);
    assert_int_equal(member.available.minor, 12);
    assert_int_equal(member.held.minor, 100);
}

static void test_as_many_as_there_may_be(void **state)
{
    struct world *w = *state;
    for (unsigned linked = 0; linked < 2; linked++) {
        for (unsigned i = 0; i < LIMIT_BATCH_COMMANDS; i++) {
            w->commands[i] = earn_of(w, 10 + i + linked * 10000, 1);
        }
        uint64_t before = rows(w);
        assert_int_equal(run(w, LIMIT_BATCH_COMMANDS, linked == 1), ERR_OK);
        assert_int_equal(rows(w), before + LIMIT_BATCH_COMMANDS);
        for (unsigned i = 0; i < LIMIT_BATCH_COMMANDS; i++) {
            assert_int_equal(w->outcomes[i].err, ERR_OK);
            assert_int_equal(w->outcomes[i].verdict, VERDICT_OK);
        }
    }
    assert_int_equal(brand_member(&w->a, &w->member).available.minor, 2 * LIMIT_BATCH_COMMANDS);
    assert_int_equal(run(w, LIMIT_BATCH_COMMANDS + 1, false), ERR_INPUT);
    assert_int_equal(run(w, 0, false), ERR_INPUT);
}

static void test_nothing_new_is_decided_without_room(void **state)
{
    struct world *w = *state;
    uint64_t before = rows(w);
    w->commands[0] = earn_of(w, 10, 100);
    w->commands[1] = earn_of(w, 11, 100);
    atomic_store(&w->a.is_full, true);
    assert_int_equal(run(w, 2, false), ERR_RESOURCE);
    assert_int_equal(w->outcomes[0].err, ERR_RESOURCE);
    assert_int_equal(w->outcomes[1].err, ERR_RESOURCE);
    assert_int_equal(engine_execute(w->a.engine, &w->commands[0]).err, ERR_RESOURCE);
    assert_int_equal(rows(w), before);
    assert_int_equal(brand_member(&w->a, &w->member).available.minor, 0);
    atomic_store(&w->a.is_full, false);
    assert_int_equal(run(w, 2, false), ERR_OK);
    assert_int_equal(brand_member(&w->a, &w->member).available.minor, 200);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_each_command_has_its_own_answer),     TEST(test_the_same_id_twice_in_one_batch),
        TEST(test_linked_commands_apply_all_or_none),   TEST(test_as_many_as_there_may_be),
        TEST(test_nothing_new_is_decided_without_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
