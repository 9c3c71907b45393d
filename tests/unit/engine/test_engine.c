/* One brand's engine: durable answers, failures that leave nothing behind, restarts. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "coalition.h"

static void test_earn_and_repeat(void **state)
{
    (void)state;
    struct brand a;
    struct uid member;
    struct card_number card;
    brand_init(&a, 0);
    brand_open(&a);
    assert_int_equal(brand_enrol(&a, 1, &member, &card).verdict, VERDICT_OK);
    struct outcome first = brand_earn(&a, 2, &card, 12345);
    struct outcome again = brand_earn(&a, 2, &card, 12345);
    struct outcome other = brand_earn(&a, 2, &card, 12346);
    assert_int_equal(first.err, ERR_OK);
    assert_int_equal(first.answer.points.minor, 123);
    assert_true(again.is_repeat);
    assert_int_equal(again.answer.row, first.answer.row);
    assert_int_equal(again.answer.points.minor, 123);
    assert_int_equal(other.verdict, VERDICT_TRANSACTION_ID_REUSED);
    assert_int_equal(brand_member(&a, &member).available.minor, 123);
    brand_assert_audit(&a);
    brand_fini(&a);
}

struct tally {
    atomic_uint ok;
    atomic_uint failed;
};

static void count_outcome(void *context, const struct outcome *outcome)
{
    struct tally *tally = context;
    atomic_fetch_add(outcome->err == ERR_OK ? &tally->ok : &tally->failed, 1);
}

static void test_failed_commit_changes_nothing(void **state)
{
    (void)state;
    struct brand a;
    struct uid member;
    struct card_number card;
    brand_init(&a, 0);
    brand_open(&a);
    brand_enrol(&a, 1, &member, &card);
    brand_earn(&a, 2, &card, 1000);
    a.journal.failures_before = 1;
    assert_int_equal(brand_earn(&a, 3, &card, 2000).err, ERR_STORAGE);
    assert_int_equal(brand_member(&a, &member).available.minor, 10);
    assert_int_equal(atomic_load(&a.troubles), 1);
    struct outcome retried = brand_earn(&a, 3, &card, 2000);
    assert_int_equal(retried.err, ERR_OK);
    assert_false(retried.is_repeat);
    assert_int_equal(brand_member(&a, &member).available.minor, 30);
    brand_assert_audit(&a);
    brand_fini(&a);
}

static void test_commit_that_lies_is_found_durable(void **state)
{
    (void)state;
    struct brand a;
    struct uid member;
    struct card_number card;
    brand_init(&a, 0);
    brand_open(&a);
    brand_enrol(&a, 1, &member, &card);
    a.journal.failures_after = 1;
    assert_int_equal(brand_earn(&a, 2, &card, 1000).err, ERR_OK);
    assert_int_equal(brand_earn(&a, 3, &card, 1000).err, ERR_OK);
    assert_int_equal(brand_member(&a, &member).available.minor, 20);
    brand_assert_audit(&a);
    brand_fini(&a);
}

#define MANY 5000u

static void test_many_commands_share_commits(void **state)
{
    (void)state;
    struct brand a;
    struct uid member;
    struct card_number card;
    struct tally tally = {0};
    brand_init(&a, 0);
    brand_open(&a);
    brand_enrol(&a, 1, &member, &card);
    for (unsigned i = 0; i < MANY; i++) {
        struct command command = brand_command(&a, COMMAND_EARN, 10 + i);
        command.earn.card = card;
        command.earn.amount = money_of(100);
        command.earn.rate = (struct earn_rate){1, 100, ROUNDING_DOWN, 0};
        assert_int_equal(engine_submit(a.engine, &command, count_outcome, &tally), ERR_OK);
    }
    brand_earn(&a, 2, &card, 100); /* waits behind all of them */
    assert_int_equal(atomic_load(&tally.ok), MANY);
    assert_true(engine_stats(a.engine).batches < MANY / 2);
    brand_close(&a);
    brand_open(&a);
    assert_int_equal(brand_member(&a, &member).available.minor, MANY + 1);
    assert_true(brand_earn(&a, 10, &card, 100).is_repeat);
    brand_assert_audit(&a);
    brand_fini(&a);
}

enum {
    CALLERS = 4,
    CALLS = 200,
    PLACES_TAKEN = 20,
    TRIES_MAX = 20000
};

/* While the writer sleeps, what is waited for is made durable by who waits. */
static void test_who_waits_takes_the_writers_place(void **state)
{
    (void)state;
    struct brand a;
    struct uid member;
    struct card_number card;
    unsigned taken = 0;
    unsigned tries = 0;
    brand_init(&a, 0);
    brand_open(&a);
    brand_enrol(&a, 1, &member, &card);
    for (; taken < PLACES_TAKEN && tries < TRIES_MAX; tries++) {
        assert_int_equal(brand_earn(&a, 10 + tries, &card, 100).verdict, VERDICT_OK);
        taken += pthread_equal(a.journal.last, pthread_self()) ? 1u : 0u;
    }
    assert_int_equal(taken, PLACES_TAKEN);
    assert_int_equal(brand_member(&a, &member).available.minor, tries);
    brand_assert_audit(&a);
    brand_fini(&a);
}

struct caller {
    struct brand *brand;
    const struct card_number *card;
    unsigned first;
    unsigned wrong;
};

/* Some are submitted; those behind them are waited for, and are answered later than they are. */
static void *call(void *context)
{
    struct caller *caller = context;
    struct tally tally = {0};
    unsigned submitted = 0;
    for (unsigned i = 0; i < CALLS; i++) {
        struct command command = brand_command(caller->brand, COMMAND_EARN, caller->first + i);
        command.earn.card = *caller->card;
        command.earn.amount = money_of(100);
        command.earn.rate = (struct earn_rate){1, 100, ROUNDING_DOWN, 0};
        if (i % 16 == 0) {
            enum err err = engine_submit(caller->brand->engine, &command, count_outcome, &tally);
            submitted += err == ERR_OK ? 1u : 0u;
            continue;
        }
        struct outcome outcome = engine_execute(caller->brand->engine, &command);
        bool is_right = outcome.err == ERR_OK && outcome.verdict == VERDICT_OK &&
                        !outcome.is_repeat && atomic_load(&tally.ok) == submitted;
        caller->wrong += is_right ? 0 : 1;
    }
    return NULL;
}

static void test_many_who_wait(void **state)
{
    (void)state;
    struct brand a;
    struct uid member;
    struct card_number card;
    pthread_t threads[CALLERS];
    struct caller callers[CALLERS];
    brand_init(&a, 0);
    brand_open(&a);
    brand_enrol(&a, 1, &member, &card);
    for (unsigned i = 0; i < CALLERS; i++) {
        callers[i] = (struct caller){&a, &card, 10 + i * CALLS, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, call, &callers[i]), 0);
    }
    for (unsigned i = 0; i < CALLERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(callers[i].wrong, 0);
    }
    assert_int_equal(engine_stats(a.engine).commands, 1 + CALLERS * CALLS);
    assert_int_equal(brand_member(&a, &member).available.minor, CALLERS * CALLS);
    brand_assert_audit(&a);
    brand_fini(&a);
}

static void test_lots_and_holds_fall_due(void **state)
{
    (void)state;
    struct brand a;
    struct uid member;
    struct card_number card;
    brand_init(&a, 0);
    brand_open(&a);
    brand_enrol(&a, 1, &member, &card);
    struct command earn = brand_command(&a, COMMAND_EARN, 2);
    earn.earn.card = card;
    earn.earn.amount = money_of(10000);
    earn.earn.rate = (struct earn_rate){1, 100, ROUNDING_DOWN, 0};
    earn.earn.expires_at.ms = a.now.ms + 10 * DAY_MS;
    assert_int_equal(engine_execute(a.engine, &earn).verdict, VERDICT_OK);
    struct command hold = brand_command(&a, COMMAND_HOLD, 3);
    hold.hold.redeemer = a.id;
    hold.hold.card = card;
    hold.hold.points = points_of(60);
    hold.hold.capture_by.ms = a.now.ms + DAY_MS;
    hold.hold.deliver_by.ms = a.now.ms + 2 * DAY_MS;
    assert_int_equal(engine_execute(a.engine, &hold).verdict, VERDICT_OK);
    assert_int_equal(brand_member(&a, &member).held.minor, 60);
    assert_int_equal(engine_checkpoint(a.engine), ERR_OK);
    brand_close(&a);
    brand_wait(&a, 11 * DAY_MS);
    brand_open(&a);
    for (int i = 0; i < 100 && brand_member(&a, &member).lot_count > 0; i++) {
        assert_int_equal(engine_checkpoint(a.engine), ERR_OK);
    }
    struct member row = brand_member(&a, &member);
    assert_int_equal(row.available.minor, 0);
    assert_int_equal(row.held.minor, 0);
    assert_int_equal(row.lot_count, 0);
    brand_assert_audit(&a);
    brand_fini(&a);
}

static void hold_for(struct brand *a, unsigned number, const struct card_number *card, int64_t ms,
                     enum err expected)
{
    struct command hold = brand_command(a, COMMAND_HOLD, number);
    hold.hold.redeemer = a->id;
    hold.hold.card = *card;
    hold.hold.points = points_of(1);
    hold.hold.capture_by.ms = a->now.ms + ms;
    hold.hold.deliver_by.ms = a->now.ms + ms;
    struct outcome outcome = engine_execute(a->engine, &hold);
    assert_int_equal(outcome.err, expected);
    assert_true(expected != ERR_OK || outcome.verdict == VERDICT_OK);
}

static void assert_held(struct brand *a, const struct uid *member, int64_t points)
{
    for (int i = 0; i < 10 && brand_member(a, member).held.minor != points; i++) {
        assert_int_equal(engine_checkpoint(a->engine), ERR_OK);
    }
    assert_int_equal(brand_member(a, member).held.minor, points);
}

/* What falls due is looked for when it can be: also what came after what was looked for last and is
 * due before it, what failed at first, and whatever the clock does. */
static void test_holds_fall_due_while_running(void **state)
{
    (void)state;
    struct brand a;
    struct uid member;
    struct card_number card;
    brand_init(&a, 0);
    brand_open(&a);
    brand_enrol(&a, 1, &member, &card);
    brand_earn(&a, 2, &card, 10000);
    assert_held(&a, &member, 0);
    for (unsigned round = 0; round < 6; round++) {
        hold_for(&a, 10 * round + 10, &card, 3 * DAY_MS, ERR_OK);
        assert_held(&a, &member, 1); /* found, and not due yet */
        hold_for(&a, 10 * round + 11, &card, DAY_MS, ERR_OK);
        assert_held(&a, &member, 2);
        if (round % 2 == 1) {
            a.journal.failures_before = 1;
            hold_for(&a, 10 * round + 12, &card, DAY_MS / 2, ERR_STORAGE);
            hold_for(&a, 10 * round + 12, &card, DAY_MS / 2, ERR_OK);
        } else {
            a.journal.failures_after = 1;
            hold_for(&a, 10 * round + 12, &card, DAY_MS / 2, ERR_OK);
        }
        assert_held(&a, &member, 3);
        if (round == 4) {
            brand_close(&a);
            brand_open(&a);
        }
        brand_wait(&a, DAY_MS / 2 + 1);
        assert_held(&a, &member, 2);
        brand_wait(&a, -DAY_MS);
        assert_held(&a, &member, 2);
        brand_wait(&a, DAY_MS * 3 / 2);
        assert_held(&a, &member, 1);
        brand_wait(&a, 2 * DAY_MS);
        assert_held(&a, &member, 0);
    }
    brand_assert_audit(&a);
    brand_fini(&a);
}

/* Holds the writer until two more submissions wait, so that both share a batch. */
static void wait_for_two(void *context, const struct outcome *outcome)
{
    const struct brand *brand = context;
    (void)outcome;
    while (engine_stats(brand->engine).queue_length < 2) {
    }
}

static void count_release(void *context)
{
    atomic_fetch_add((atomic_uint *)context, 1);
}

static void test_new_terms_outlive_a_failed_commit(void **state)
{
    (void)state;
    struct brand a;
    struct uid member;
    struct card_number card;
    struct tally tally;
    atomic_uint releases;
    atomic_init(&tally.ok, 0);
    atomic_init(&tally.failed, 0);
    atomic_init(&releases, 0);
    brand_init(&a, 0);
    brand_open(&a);
    struct command first = brand_command(&a, COMMAND_ENROL, 1);
    struct command second = brand_command(&a, COMMAND_ENROL, 2);
    struct engine_terms terms = {
        .roster = &a.roster, .context = &releases, .release = count_release};
    first.enrol.member = id_of(1000001);
    second.enrol.member = id_of(1000002);
    assert_int_equal(engine_submit(a.engine, &first, wait_for_two, &a), ERR_OK);
    while (engine_stats(a.engine).journal_row < 1) { /* the next append is of what follows */
    }
    a.journal.failures_before = 1;
    assert_int_equal(engine_submit(a.engine, &second, count_outcome, &tally), ERR_OK);
    assert_int_equal(engine_set_terms(a.engine, &terms), ERR_OK);
    assert_int_equal(atomic_load(&tally.failed), 1);
    assert_int_equal(atomic_load(&releases), 0);
    assert_int_equal(brand_enrol(&a, 3, &member, &card).verdict, VERDICT_OK);
    brand_assert_audit(&a);
    brand_fini(&a);
    assert_int_equal(atomic_load(&releases), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_earn_and_repeat),
        cmocka_unit_test(test_failed_commit_changes_nothing),
        cmocka_unit_test(test_commit_that_lies_is_found_durable),
        cmocka_unit_test(test_many_commands_share_commits),
        cmocka_unit_test(test_who_waits_takes_the_writers_place),
        cmocka_unit_test(test_many_who_wait),
        cmocka_unit_test(test_lots_and_holds_fall_due),
        cmocka_unit_test(test_holds_fall_due_while_running),
        cmocka_unit_test(test_new_terms_outlive_a_failed_commit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
