/* Several journal batches in flight: order, gating, and a disk that fails in the middle. */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "coalition.h"

enum {
    BATCHES = 24,
    BATCH = 700,                         /* so that several journal batches come of them */
    GROUP = LIMIT_BATCH_RECORDS / 2 + 1, /* two don't share one */
    GROUPS = 4,
    POINTS = 3,
    WAIT_SECONDS = 120
};

struct batch {
    struct world *world;
    struct command commands[BATCH];
    struct outcome outcomes[BATCH];
    struct outcome outcome;
    unsigned place; /* in the order of the answers, from 1 */
};

struct group {
    struct command commands[GROUP];
    struct outcome outcomes[GROUP];
};

struct world {
    struct brand a;
    struct uid member;
    struct card_number card;
    atomic_uint answered;
    struct batch batches[BATCHES];
};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    brand_init(&w->a, 0);
    w->a.checkpoint_every_ms = DAY_MS; /* the writer alone looks at the clock */
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

static void batch_done(void *context, const struct outcome *outcome)
{
    struct batch *batch = context;
    batch->outcome = *outcome;
    batch->place = atomic_load(&batch->world->answered) + 1; /* one is answered at a time */
    atomic_fetch_add(&batch->world->answered, 1);
}

static void wait_for(const struct world *w, unsigned answered)
{
    time_t until = time(NULL) + WAIT_SECONDS;
    while (atomic_load(&w->answered) < answered && time(NULL) < until) {
        sched_yield();
    }
    if (atomic_load(&w->answered) < answered) {
        fail_msg("%u of %u were answered", atomic_load(&w->answered), answered);
    }
}

static void make_commands(struct world *w, unsigned number, unsigned count, struct command *out)
{
    for (unsigned i = 0; i < count; i++) {
        struct command command = brand_command(&w->a, COMMAND_EARN, number + i);
        command.earn.member = w->member;
        command.earn.is_fixed = true;
        command.earn.fixed_points = points_of(POINTS);
        command.earn.rate.per_minor = 1;
        out[i] = command;
    }
}

/* Batch `index`, and the ids it has whenever it is submitted. */
static void submit(struct world *w, unsigned index, bool is_linked)
{
    struct batch *batch = &w->batches[index];
    batch->world = w;
    make_commands(w, 100 + index * BATCH, BATCH, batch->commands);
    assert_int_equal(engine_submit_batch(w->a.engine, batch->commands, BATCH, is_linked,
                                         batch->outcomes, batch_done, batch),
                     ERR_OK);
}

static void test_answers_come_in_order(void **state)
{
    struct world *w = *state;
    uint64_t row = engine_stats(w->a.engine).journal_row;
    for (unsigned i = 0; i < BATCHES; i++) {
        submit(w, i, i % 3 == 0);
    }
    wait_for(w, BATCHES);
    for (unsigned i = 0; i < BATCHES; i++) {
        assert_int_equal(w->batches[i].outcome.err, ERR_OK);
        assert_int_equal(w->batches[i].place, i + 1);
        for (unsigned j = 0; j < BATCH; j++) {
            assert_int_equal(w->batches[i].outcomes[j].verdict, VERDICT_OK);
            assert_int_equal(w->batches[i].outcomes[j].answer.row, ++row);
        }
    }
    assert_int_equal(brand_member(&w->a, &w->member).available.minor, BATCHES * BATCH * POINTS);
}

static void hold_journal(struct world *w)
{
    atomic_store(&w->a.journal.is_held, true);
}

static void wait_until_held(const struct world *w)
{
    while (atomic_load(&w->a.journal.waiting) == 0) {
        sched_yield();
    }
}

static void release_journal(struct world *w)
{
    atomic_store(&w->a.journal.is_held, false);
}

static void test_nothing_is_seen_or_answered_before_it_is_durable(void **state)
{
    struct world *w = *state;
    hold_journal(w);
    for (unsigned i = 0; i < BATCHES; i++) {
        submit(w, i, false);
    }
    wait_until_held(w);
    struct batch *again = &w->batches[0];
    struct batch repeat = {.world = w};
    assert_int_equal(engine_submit_batch(w->a.engine, again->commands, BATCH, false,
                                         repeat.outcomes, batch_done, &repeat),
                     ERR_OK);
    assert_int_equal(brand_member(&w->a, &w->member).available.minor, 0);
    assert_int_equal(atomic_load(&w->answered), 0);
    release_journal(w);
    wait_for(w, BATCHES + 1);
    assert_int_equal(repeat.outcome.err, ERR_OK);
    for (unsigned j = 0; j < BATCH; j++) {
        assert_true(repeat.outcomes[j].is_repeat);
        assert_int_equal(repeat.outcomes[j].answer.row, again->outcomes[j].answer.row);
    }
    assert_int_equal(brand_member(&w->a, &w->member).available.minor, BATCHES * BATCH * POINTS);
}

/* How many of all commands were answered ERR_OK. */
static unsigned answered_ok(const struct world *w)
{
    unsigned count = 0;
    for (unsigned i = 0; i < BATCHES; i++) {
        bool is_whole = w->batches[i].outcome.err == ERR_OK;
        for (unsigned j = 0; j < BATCH; j++) {
            const struct outcome *outcome = &w->batches[i].outcomes[j];
            assert_true(!is_whole || outcome->err == ERR_OK);
            count += outcome->err == ERR_OK;
        }
    }
    return count;
}

/* Fails the n-th append of a run with much in flight; then everything is told again. */
static void fail_at(struct world *w, int n)
{
    atomic_store(&w->answered, 0);
    hold_journal(w);
    for (unsigned i = 0; i < BATCHES; i++) {
        submit(w, i, i % 4 == 3);
    }
    wait_until_held(w);
    w->a.journal.sound_before = n;
    w->a.journal.failures_before = 1;
    release_journal(w);
    wait_for(w, BATCHES);
    unsigned done = answered_ok(w);
    assert_int_equal(brand_member(&w->a, &w->member).available.minor, done * POINTS);
    w->a.journal.failures_before = 0;
    atomic_store(&w->answered, 0);
    for (unsigned i = 0; i < BATCHES; i++) {
        submit(w, i, i % 4 == 3);
    }
    wait_for(w, BATCHES);
    assert_int_equal(answered_ok(w), BATCHES * BATCH);
    assert_int_equal(brand_member(&w->a, &w->member).available.minor, BATCHES * BATCH * POINTS);
}

static void test_a_disk_that_fails_at_each_commit(void **state)
{
    (void)state;
    for (int n = 0; n < 5; n++) {
        struct world *w = NULL;
        assert_int_equal(setup((void **)&w), 0);
        fail_at(w, n);
        assert_true(atomic_load(&w->a.troubles) <= 1);
        assert_true(n > 2 || atomic_load(&w->a.troubles) == 1);
        brand_close(&w->a);
        brand_open(&w->a);
        assert_int_equal(brand_member(&w->a, &w->member).available.minor, BATCHES * BATCH * POINTS);
        assert_int_equal(teardown((void **)&w), 0);
    }
}

/* A linked group, answered as batch `index`. */
static void submit_group(struct world *w, unsigned index, struct group *group)
{
    struct batch *batch = &w->batches[index];
    batch->world = w;
    make_commands(w, 1000000 + index * GROUP, GROUP, group->commands);
    assert_int_equal(engine_submit_batch(w->a.engine, group->commands, GROUP, true, group->outcomes,
                                         batch_done, batch),
                     ERR_OK);
}

/* The oldest batch fails while all of the pipe is in flight, and the writer waits for a place: who
 * waits for it is told as well. */
static void test_a_disk_that_fails_when_the_pipe_is_full(void **state)
{
    struct world *w = *state;
    struct group *groups = calloc(GROUPS, sizeof *groups);
    assert_non_null(groups);
    uint64_t before = engine_stats(w->a.engine).commands;
    hold_journal(w);
    submit(w, 0, false);
    wait_until_held(w);
    for (unsigned i = 0; i < GROUPS; i++) {
        submit_group(w, 1 + i, &groups[i]);
    }
    while (engine_stats(w->a.engine).commands < before + BATCH + (GROUPS - 1) * GROUP) {
        sched_yield(); /* the last group finds no room */
    }
    w->a.journal.failures_before = 1;
    release_journal(w);
    wait_for(w, 1 + GROUPS);
    for (unsigned i = 0; i < GROUPS; i++) {
        assert_int_equal(w->batches[i].outcome.err, ERR_STORAGE);
    }
    assert_int_equal(w->batches[GROUPS].outcome.err, ERR_OK);
    assert_int_equal(brand_member(&w->a, &w->member).available.minor, GROUP * POINTS);
    free(groups);
}

/* A repeat makes no record, and is true only when what it repeats is. */
static void test_a_repeat_falls_with_what_it_repeats(void **state)
{
    struct world *w = *state;
    struct batch repeat = {.world = w};
    hold_journal(w);
    submit(w, 0, false);
    wait_until_held(w);
    atomic_store(&w->a.fails_at_look, true);
    assert_int_equal(engine_submit_batch(w->a.engine, w->batches[0].commands, 1, false,
                                         repeat.outcomes, batch_done, &repeat),
                     ERR_OK);
    wait_for(w, 2);
    assert_false(atomic_load(&w->a.fails_at_look));
    assert_int_equal(w->batches[0].outcome.err, ERR_STORAGE);
    assert_int_equal(repeat.outcome.err, ERR_STORAGE);
    assert_int_equal(repeat.outcomes[0].err, ERR_STORAGE);
    assert_int_equal(brand_member(&w->a, &w->member).available.minor, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_answers_come_in_order),
        TEST(test_nothing_is_seen_or_answered_before_it_is_durable),
        cmocka_unit_test(test_a_disk_that_fails_at_each_commit),
        TEST(test_a_disk_that_fails_when_the_pipe_is_full),
        TEST(test_a_repeat_falls_with_what_it_repeats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
