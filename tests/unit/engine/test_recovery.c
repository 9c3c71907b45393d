/* A kill at any moment between the checkpoints of slices: the journal brings the state back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "coalition.h"

enum {
    MEMBERS = 300, /* in all slices */
    ROUNDS = 12,
    COMMANDS = 200
};

struct world {
    struct brand a;
    struct uid members[MEMBERS];
    struct card_number cards[MEMBERS];
    unsigned last_id;
    uint64_t random;
};

static unsigned draw(struct world *w, unsigned bound)
{
    w->random = w->random * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (unsigned)(w->random >> 33) % bound;
}

static void enrol_all(struct world *w)
{
    for (unsigned i = 0; i < MEMBERS; i++) {
        struct command command = brand_command(&w->a, COMMAND_ENROL, ++w->last_id);
        command.enrol.member = id_of(5000000 + i * 7919);
        struct outcome outcome = engine_execute(w->a.engine, &command);
        assert_int_equal(outcome.verdict, VERDICT_OK);
        w->members[i] = outcome.answer.member;
        w->cards[i] = outcome.answer.card;
    }
}

/* Earns, transfers, holds and captures among all members, as one batch. */
static void work(struct world *w)
{
    static struct command commands[COMMANDS];
    static struct outcome outcomes[COMMANDS];
    for (unsigned i = 0; i < COMMANDS; i++) {
        struct command *command = &commands[i];
        unsigned member = draw(w, MEMBERS);
        unsigned what = draw(w, 4);
        *command = brand_command(&w->a, COMMAND_EARN, ++w->last_id);
        command->earn.member = w->members[member];
        command->earn.is_fixed = true;
        command->earn.fixed_points = points_of(50);
        command->earn.rate.per_minor = 1;
        command->earn.expires_at.ms = w->a.now.ms + (1 + (int64_t)draw(w, 20)) * DAY_MS;
        if (what == 1) {
            *command = brand_command(&w->a, COMMAND_TRANSFER, w->last_id);
            command->transfer.from = w->members[member];
            command->transfer.to = w->members[(member + 1) % MEMBERS];
            command->transfer.points = points_of(5);
        } else if (what == 2) {
            *command = brand_command(&w->a, COMMAND_HOLD, w->last_id);
            command->hold.redeemer = w->a.id;
            command->hold.card = w->cards[member];
            command->hold.points = points_of(7);
            command->hold.capture_by.ms = w->a.now.ms + DAY_MS;
            command->hold.deliver_by.ms = w->a.now.ms + 2 * DAY_MS;
        } else if (what == 3 && i > 0 && commands[i - 1].kind == COMMAND_HOLD) {
            *command = brand_command(&w->a, COMMAND_CAPTURE, w->last_id);
            command->use.hold = commands[i - 1].transaction_id;
        }
    }
    assert_int_equal(engine_execute_batch(w->a.engine, commands, COMMANDS, false, outcomes),
                     ERR_OK);
    brand_wait(&w->a, DAY_MS / 8);
}

/* Some slices catch up, others stay behind. */
static void checkpoint_some(struct world *w, unsigned steps)
{
    for (unsigned i = 0; i < steps; i++) {
        bool is_more;
        assert_int_equal(state_checkpoint_some(w->a.state, 0, 0, &is_more), ERR_OK);
    }
}

static void assert_copy_recovers(struct world *w)
{
    struct brand copy;
    brand_copy(&w->a, &copy, 0);
    brand_open(&copy);
    assert_int_equal(engine_stats(copy.engine).journal_row, engine_stats(w->a.engine).journal_row);
    for (unsigned i = 0; i < MEMBERS; i++) {
        struct member before = brand_member(&w->a, &w->members[i]);
        struct member after = brand_member(&copy, &w->members[i]);
        assert_int_equal(before.available.minor, after.available.minor);
        assert_int_equal(before.held.minor, after.held.minor);
        assert_int_equal(before.last_row, after.last_row);
        assert_int_equal(before.lot_count, after.lot_count);
    }
    brand_assert_audit(&copy);
    brand_fini(&copy);
}

static void test_any_mix_of_slices(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    (void)state;
    assert_non_null(w);
    w->random = 7;
    brand_init(&w->a, 0);
    w->a.checkpoint_every_ms = INT64_C(1000000000); /* this test does it by hand */
    brand_open(&w->a);
    enrol_all(w);
    for (unsigned round = 0; round < ROUNDS; round++) {
        work(w);
        checkpoint_some(w, draw(w, 90));
        work(w);
        assert_copy_recovers(w);
    }
    brand_assert_audit(&w->a);
    brand_fini(&w->a);
    free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_any_mix_of_slices)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
