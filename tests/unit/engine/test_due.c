/* What falls due for many members at the same moment is done by itself, piece by piece: what is
 * told meanwhile waits for one piece at most. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "coalition.h"
#include "engine/writer.h"

enum {
    MEMBERS = DUE_ROWS_PER_ROUND + 7,
    POINTS = 5,
    FIRST_ENROL = 100,
    FIRST_EARN = 10000,
    FIRST_BESIDE = 20000,
    FIRST_CHANGE = 40000,
    FIRST_QUOTE = 90000,
    ROUNDS_MAX = 2000
};

struct world {
    struct brand a;
    struct uid member; /* who earns beside it */
    struct card_number card;
    unsigned beside;  /* so many earns */
    unsigned changes; /* of standings */
    struct command commands[MEMBERS];
    struct outcome outcomes[MEMBERS];
};

static struct uid member_of(unsigned index)
{
    return id_of(1000000 + FIRST_ENROL + index);
}

static void tell_all(struct world *w)
{
    assert_int_equal(engine_execute_batch(w->a.engine, w->commands, MEMBERS, false, w->outcomes),
                     ERR_OK);
    for (unsigned i = 0; i < MEMBERS; i++) {
        assert_int_equal(w->outcomes[i].verdict, VERDICT_OK);
    }
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    brand_init(&w->a, 0);
    brand_open(&w->a);
    assert_int_equal(brand_enrol(&w->a, 1, &w->member, &w->card).verdict, VERDICT_OK);
    for (unsigned i = 0; i < MEMBERS; i++) {
        w->commands[i] = brand_command(&w->a, COMMAND_ENROL, FIRST_ENROL + i);
        w->commands[i].enrol.member = member_of(i);
    }
    tell_all(w);
    for (unsigned i = 0; i < MEMBERS; i++) {
        struct command *earn = &w->commands[i];
        *earn = brand_command(&w->a, COMMAND_EARN, FIRST_EARN + i);
        earn->earn.member = member_of(i);
        earn->earn.is_fixed = true;
        earn->earn.fixed_points = points_of(POINTS);
        earn->earn.rate.per_minor = 1;
        earn->earn.active_from.ms = w->a.now.ms + DAY_MS;
        earn->earn.expires_at.ms = w->a.now.ms + 10 * DAY_MS;
    }
    tell_all(w);
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

static unsigned count_at(struct world *w, int64_t available, int64_t pending)
{
    unsigned count = 0;
    for (unsigned i = 0; i < MEMBERS; i++) {
        struct uid id = member_of(i);
        struct member row = brand_member(&w->a, &id);
        count += row.available.minor == available && row.pending.minor == pending;
    }
    return count;
}

/* Lets the time come, and tells one command after the other until all have what they should. */
static void wait_until(struct world *w, int64_t ms, int64_t available, int64_t pending)
{
    brand_wait(&w->a, ms);
    for (unsigned i = 0; i < ROUNDS_MAX && count_at(w, available, pending) < MEMBERS; i++) {
        for (unsigned k = 0; k < 20; k++) {
            unsigned number = FIRST_BESIDE + w->beside++;
            assert_int_equal(brand_earn(&w->a, number, &w->card, 100).verdict, VERDICT_OK);
        }
    }
    assert_int_equal(count_at(w, available, pending), MEMBERS);
}

/* How the settling stands in the journal. */
struct slices {
    uint64_t settled;
    uint64_t most;    /* in one batch of the journal */
    uint64_t beside;  /* earns since the last settling */
    uint64_t between; /* times that others came between two settlings */
};

static enum err count_batch(void *context, uint64_t first_row, struct slice bytes)
{
    struct slices *slices = context;
    struct batch_view batch;
    uint64_t settled = 0;
    (void)first_row;
    TRY(batch_open(bytes, &batch));
    for (uint32_t i = 0; i < batch.count; i++) {
        struct slice at;
        struct record record;
        TRY(batch_record(&batch, i, &at));
        TRY(record_decode(at, &record));
        if (record.kind != COMMAND_SETTLE_MEMBER) {
            slices->beside++;
            continue;
        }
        slices->between += slices->settled > 0 && slices->beside > 0;
        slices->beside = 0;
        slices->settled++;
        settled++;
    }
    slices->most = settled > slices->most ? settled : slices->most;
    return ERR_OK;
}

static struct slices slices_from(struct world *w, uint64_t row)
{
    struct slices slices = {0};
    const struct journal *journal = engine_journal(w->a.engine);
    assert_int_equal(journal->replay(journal->context, row, count_batch, &slices), ERR_OK);
    return slices;
}

static void assert_sliced(struct world *w, uint64_t row)
{
    struct slices slices = slices_from(w, row);
    print_message("%llu settled, at most %llu at once, others %llu times in between\n",
                  (unsigned long long)slices.settled, (unsigned long long)slices.most,
                  (unsigned long long)slices.between);
    assert_int_equal(slices.settled, MEMBERS);
    assert_in_range(slices.most, 1, DUE_ROWS_AT_ONCE);
    assert_in_range(slices.between, 1, MEMBERS);
}

static void test_pending_points_become_active(void **state)
{
    struct world *w = *state;
    uint64_t row = engine_stats(w->a.engine).journal_row + 1;
    wait_until(w, DAY_MS, POINTS, 0);
    assert_sliced(w, row);
}

static void test_points_expire(void **state)
{
    struct world *w = *state;
    wait_until(w, DAY_MS, POINTS, 0);
    uint64_t row = engine_stats(w->a.engine).journal_row + 1;
    wait_until(w, 9 * DAY_MS, 0, 0);
    assert_sliced(w, row);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* Of something that there is once. */
static enum verdict change_standing(struct world *w, struct slice groups)
{
    struct command command =
        brand_command(&w->a, COMMAND_CHANGE_STANDING, FIRST_CHANGE + w->changes++);
    command.standing = (struct command_standing){
        .issuer = w->a.id, .occasion = command.transaction_id, .groups = groups};
    command.transaction_id =
        standing_transaction(STANDING_ID_CHANGE, &w->a.id, &command.standing.occasion);
    struct outcome outcome = engine_execute(w->a.engine, &command);
    assert_int_equal(outcome.err, ERR_OK);
    return outcome.verdict;
}

static void test_a_quote_is_held_no_longer(void **state)
{
    struct world *w = *state;
    struct standing_owner all = standing_of_programme();
    struct standing_step once = {
        .how = STANDING_ADD, .slot = 4, .delta = 1, .least = INT64_MIN, .most = 1};
    struct buffer groups = {0};
    standing_write_group(&groups, &all, &once, 1);
    struct command quote = brand_command(&w->a, COMMAND_RESERVE, FIRST_QUOTE);
    quote.reserve = (struct command_reserve){.step = RESERVE_BEGIN,
                                             .quote = quote.transaction_id,
                                             .until = {w->a.now.ms + DAY_MS},
                                             .groups = buffer_slice(&groups)};
    quote.transaction_id =
        standing_transaction(STANDING_ID_RESERVE, &w->a.id, &quote.reserve.quote);
    assert_int_equal(engine_execute(w->a.engine, &quote).verdict, VERDICT_OK);
    assert_int_equal(change_standing(w, buffer_slice(&groups)), VERDICT_STANDING_LIMIT);
    brand_wait(&w->a, DAY_MS);
    enum verdict verdict = VERDICT_STANDING_LIMIT;
    for (unsigned i = 0; i < ROUNDS_MAX * 10 && verdict == VERDICT_STANDING_LIMIT; i++) {
        verdict = change_standing(w, buffer_slice(&groups));
    }
    assert_int_equal(verdict, VERDICT_OK);
    assert_int_equal(change_standing(w, buffer_slice(&groups)), VERDICT_STANDING_LIMIT);
    buffer_fini(&groups);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_pending_points_become_active),
        TEST(test_points_expire),
        TEST(test_a_quote_is_held_no_longer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
