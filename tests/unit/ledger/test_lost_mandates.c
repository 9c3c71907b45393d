/* Mandates that a restored home gave and does not know any more, shown by who may stand in by them.
 */
#include "scene.h"

static struct scene scene;
static struct desk *const desk = &scene.desk;

static int begin(void **state)
{
    (void)state;
    scene_init(&scene);
    return 0;
}

static int end(void **state)
{
    (void)state;
    scene_fini(&scene);
    return 0;
}

static void recover(enum recovery_step step)
{
    struct command command = desk_command(desk, COMMAND_RECOVERY);
    command.recovery = (struct command_recovery){.partner = desk->partners[1].id, .step = step};
    desk_do(desk, &command);
}

static enum err decide(const struct command *command)
{
    bool is_repeat;
    return ledger_decide(&desk->store.view, &desk->terms, command, desk->now, &desk->plan,
                         &is_repeat);
}

/* Of a day that begins so many days from now, with beta's word for it. */
static struct command shown(int64_t days)
{
    struct command command = desk_command(desk, COMMAND_GRANT_MANDATE);
    command.mandate.mandate = scene.given_mandate;
    command.mandate.mandate.id = command.transaction_id;
    command.mandate.mandate.valid_from = desk_in_days(desk, days);
    command.mandate.mandate.valid_until = desk_in_days(desk, days + 1);
    command.mandate.evidence = slice_of("signed", 6);
    return command;
}

static void assert_used(const struct mandate *mandate, int64_t points)
{
    struct mandate_row row;
    assert_int_equal(ledger_get_mandate(&desk->store.view, &mandate->home, &mandate->redeemer,
                                        &mandate->id, &row),
                     ERR_OK);
    assert_int_equal(row.used.minor, points);
}

static void assert_found(struct unix_ms time, const struct mandate *expected)
{
    struct mandate_row row;
    const struct mandate *given = &scene.given_mandate;
    assert_int_equal(
        ledger_find_mandate(&desk->store.view, &given->home, &given->redeemer, time, &row), ERR_OK);
    assert_true(uid_equal(&row.mandate.id, &expected->id));
}

static struct command capture_under(const struct mandate *mandate, int64_t points)
{
    struct command entry = scene_entry(&scene, ENTRY_CAPTURE, points);
    entry.take_entry.entry.subject = desk_id(desk);
    entry.take_entry.entry.card = scene.rich_card;
    entry.take_entry.entry.mandate = mandate->id;
    entry.take_entry.entry.business_time.ms = mandate->valid_from.ms + 1;
    return entry;
}

/* Also when it is over: what was burned under it is still to come. */
static void test_what_was_burned_under_it_is_honoured(void **state)
{
    (void)state;
    struct command over = shown(-3);
    recover(RECOVERY_BEGIN);
    desk_do(desk, &over);
    recover(RECOVERY_END);
    struct command entry = capture_under(&over.mandate.mandate, 30);
    desk_do(desk, &entry);
    assert_used(&over.mandate.mandate, 30);
    entry = capture_under(&over.mandate.mandate, 31);
    assert_int_equal(desk_tell(desk, &entry), VERDICT_MANDATE_FLOOR_EXCEEDED);
}

/* In whatever order they are shown, the two newest are those that are looked at. */
static void test_the_newest_are_found(void **state)
{
    (void)state;
    struct command before = shown(-1);
    struct command older = shown(-2);
    struct command newest = shown(1);
    recover(RECOVERY_BEGIN);
    desk_do(desk, &before);
    assert_found(desk->now, &scene.given_mandate);
    assert_found((struct unix_ms){desk->now.ms - 1}, &before.mandate.mandate);
    desk_do(desk, &older);
    assert_found((struct unix_ms){desk->now.ms - 1}, &before.mandate.mandate);
    desk_do(desk, &newest);
    assert_found((struct unix_ms){newest.mandate.mandate.valid_from.ms + 1},
                 &newest.mandate.mandate);
    assert_found(desk->now, &scene.given_mandate);
    assert_used(&older.mandate.mandate, 0);
}

static void test_what_is_known_stays(void **state)
{
    (void)state;
    struct command known = shown(0);
    known.mandate.mandate.id = scene.given_mandate.id;
    recover(RECOVERY_BEGIN);
    assert_int_equal(desk_tell(desk, &known), VERDICT_MANDATE_EXISTS);
    assert_used(&scene.given_mandate, 90);
}

/* Shown again only while the partner shows what it holds; a new one only when it has. */
static void test_no_new_ones_meanwhile(void **state)
{
    (void)state;
    struct command again = shown(1);
    struct command fresh = shown(1);
    fresh.mandate.evidence = slice_of(NULL, 0);
    assert_int_equal(decide(&again), ERR_CONFLICT);
    assert_int_equal(decide(&fresh), ERR_OK);
    recover(RECOVERY_BEGIN);
    assert_int_equal(decide(&again), ERR_OK);
    assert_int_equal(decide(&fresh), ERR_UNAVAILABLE);
    recover(RECOVERY_END);
    assert_int_equal(decide(&again), ERR_CONFLICT);
    desk_do(desk, &fresh);
}

static void test_whose_it_is_not(void **state)
{
    (void)state;
    struct command other = shown(-1);
    other.mandate.mandate.home = desk->partners[1].id;
    recover(RECOVERY_BEGIN);
    assert_int_equal(desk_tell(desk, &other), VERDICT_MANDATE_INVALID);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_was_burned_under_it_is_honoured),
        TEST(test_the_newest_are_found),
        TEST(test_what_is_known_stays),
        TEST(test_no_new_ones_meanwhile),
        TEST(test_whose_it_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
