/* What waits for a partner is bounded: new points first, what was promised a little later. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "scene.h"

#define BOUND 8u /* with a reserve of 2 */

static struct stream stream_of(struct scene *s)
{
    struct stream stream;
    assert_int_equal(ledger_get_stream(&s->desk.store.view, &s->desk.roster, STREAM_OUT,
                                       &s->desk.partners[1].id, &stream),
                     ERR_OK);
    return stream;
}

static uint64_t waiting(struct scene *s)
{
    struct stream stream = stream_of(s);
    return stream.last_number - stream.receipted_number;
}

static enum verdict earn(struct scene *s, const struct card_number *card)
{
    struct command command = desk_command(&s->desk, COMMAND_EARN);
    command.earn.card = *card;
    command.earn.amount = money_of(1000);
    command.earn.rate = (struct earn_rate){1, 100, ROUNDING_DOWN, 0};
    return desk_tell(&s->desk, &command);
}

static enum verdict use(struct scene *s, enum command_kind kind, const struct uid *hold)
{
    struct command command = desk_command(&s->desk, kind);
    command.use.hold = *hold;
    command.use.points = points_of(kind == COMMAND_VOID ? 0 : 1);
    return desk_tell(&s->desk, &command);
}

/* The partner has them up to `number`. */
static void receipt(struct scene *s, uint64_t number)
{
    static struct receipted_entry entries[BOUND * 2];
    struct stream stream = stream_of(s);
    struct command command = desk_command(&s->desk, COMMAND_TAKE_RECEIPT);
    struct command_take_receipt *take = &command.take_receipt;
    memset(entries, 0, sizeof entries);
    take->receiver = s->desk.partners[1].id;
    take->receipt_number = stream.receipt_number + 1;
    take->entries = entries;
    while (stream.receipted_number + take->entry_count < number) {
        struct receipted_entry *entry = &entries[take->entry_count];
        *entry = (struct receipted_entry){.number = stream.receipted_number + ++take->entry_count,
                                          .kind = ENTRY_VOID,
                                          .tariff = 1,
                                          .period = stream.period,
                                          .verdict = VERDICT_OK};
    }
    take->last_number = number;
    desk_do(&s->desk, &command);
}

static void fill(struct scene *s)
{
    s->desk.terms.outbox_entries = BOUND;
    while (waiting(s) < BOUND) {
        assert_int_equal(earn(s, &s->beta_card), VERDICT_OK);
    }
}

static void test_new_points_are_refused_and_promises_kept(void **state)
{
    struct scene *s = *state;
    fill(s);
    assert_int_equal(earn(s, &s->beta_card), VERDICT_OUTBOX_FULL);
    assert_int_equal(earn(s, &s->rich_card), VERDICT_OK); /* our own member's */
    assert_int_equal(use(s, COMMAND_CAPTURE, &s->foreign), VERDICT_OK);
    assert_int_equal(use(s, COMMAND_RETURN_BURN, &s->foreign_ended), VERDICT_OK);
    assert_int_equal(waiting(s), BOUND + BOUND / LIMIT_OUTBOX_RESERVE_PART);
    assert_int_equal(use(s, COMMAND_CAPTURE, &s->foreign), VERDICT_OUTBOX_FULL);
    assert_int_equal(use(s, COMMAND_VOID, &s->foreign), VERDICT_OUTBOX_FULL);
    assert_int_equal(desk_return_sale(&s->desk, &s->given), VERDICT_OUTBOX_FULL);
}

static void test_a_receipt_makes_room(void **state)
{
    struct scene *s = *state;
    fill(s);
    assert_int_equal(earn(s, &s->beta_card), VERDICT_OUTBOX_FULL);
    receipt(s, stream_of(s).receipted_number + 1);
    assert_int_equal(earn(s, &s->beta_card), VERDICT_OK);
    assert_int_equal(earn(s, &s->beta_card), VERDICT_OUTBOX_FULL);
}

/* The end of a period must come, however many wait. */
static void test_a_mark_always_fits(void **state)
{
    struct scene *s = *state;
    fill(s);
    s->desk.terms.outbox_entries = 1;
    struct command close = desk_command(&s->desk, COMMAND_CLOSE_PERIOD);
    close.close_period.period = stream_of(s).period;
    assert_int_equal(desk_tell(&s->desk, &close), VERDICT_OK);
    assert_int_equal(waiting(s), BOUND + 1);
}

static void test_no_bound(void **state)
{
    struct scene *s = *state;
    fill(s);
    s->desk.terms.outbox_entries = 0;
    for (unsigned i = 0; i < 2 * BOUND; i++) {
        assert_int_equal(earn(s, &s->beta_card), VERDICT_OK);
    }
}

static int begin(void **state)
{
    static struct scene scene;
    scene_init(&scene);
    *state = &scene;
    return 0;
}

static int end(void **state)
{
    scene_fini(*state);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_new_points_are_refused_and_promises_kept),
        TEST(test_a_receipt_makes_room),
        TEST(test_a_mark_always_fits),
        TEST(test_no_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
