/* Who brought a member, and events that are raised for who did, as numbers of standings. */
#include "ledger/referral.h"
#include "ledger/static_list.h"
#include "notebook.h"

static struct uid referrer_of(struct desk *desk, const struct uid *member)
{
    struct standing_owner owner = standing_of_member(member);
    struct standing_row row;
    assert_int_equal(ledger_get_standing(&desk->store.view, &desk->roster, &owner, &row), ERR_OK);
    struct standing standing = standing_of_row(&row);
    return referral_of(&standing);
}

static struct uid enrol_brought(struct desk *desk, const struct uid *referrer)
{
    struct command command = desk_command(desk, COMMAND_ENROL);
    command.enrol.member = desk_id(desk);
    command.enrol.referrer = *referrer;
    desk_do(desk, &command);
    return command.enrol.member;
}

static void assert_brought(struct desk *desk, const struct uid *member, const struct uid *referrer)
{
    struct uid known = referrer_of(desk, member);
    assert_memory_equal(known.bytes, referrer->bytes, sizeof known.bytes);
}

static void test_who_brought_a_member(void **state)
{
    struct desk *desk = *state;
    const struct uid nobody = {{0}};
    struct card_number card;
    struct uid anna = desk_enrol(desk, &card);
    struct uid bert = enrol_brought(desk, &anna);
    assert_brought(desk, &bert, &anna);
    assert_brought(desk, &anna, &nobody);
    struct uid other = desk_enrol(desk, &card);
    desk_merge(desk, &bert, &other); /* who knew of nobody */
    assert_brought(desk, &other, &anna);
    struct uid carla = enrol_brought(desk, &other);
    struct uid dora = enrol_brought(desk, &anna);
    desk_merge(desk, &carla, &dora); /* who keeps its own */
    assert_brought(desk, &dora, &anna);
    desk_erase(desk, &dora);
    assert_brought(desk, &dora, &nobody);
}

static void test_a_merged_referrer_is_followed(void **state)
{
    struct desk *desk = *state;
    struct card_number card;
    struct uid anna = desk_enrol(desk, &card);
    struct uid bert = enrol_brought(desk, &anna);
    struct uid twin = desk_enrol(desk, &card);
    desk_merge(desk, &anna, &twin);
    struct command command = desk_command(desk, COMMAND_SET_REFERRER);
    command.referrer = (struct command_referrer){.member = twin, .referrer = bert};
    assert_int_equal(desk_tell(desk, &command), VERDICT_REFERRER_LOOPS);
    command.transaction_id = desk_id(desk);
    command.referrer.referrer = anna;
    assert_int_equal(desk_tell(desk, &command), VERDICT_REFERRER_IS_SELF);
    desk_erase(desk, &twin);
    command.transaction_id = desk_id(desk);
    command.referrer = (struct command_referrer){.member = bert, .referrer = anna};
    assert_int_equal(desk_tell(desk, &command), VERDICT_REFERRER_UNKNOWN);
}

static struct standing_row row_after(const struct standing_step *steps, size_t count)
{
    struct standing_row row = {.count = 0};
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(steps[i].before, 0);
        row.numbers[row.count++] =
            (struct standing_number){steps[i].slot, steps[i].bucket, steps[i].after};
    }
    return row;
}

static void test_a_raised_event(void **state)
{
    struct desk *desk = *state;
    const struct raised_event event = {.referrer = desk_id(desk),
                                       .programme = 3,
                                       .rule = 0,
                                       .depth = 2,
                                       .time = {INT64_C(1800000000000)},
                                       .raised_at = {INT64_C(1800000000001)}};
    struct uid occasion = desk_id(desk);
    struct standing_owner owner = standing_of_raised(&occasion, 1);
    struct standing_owner other = standing_of_raised(&occasion, 2);
    struct standing_step steps[RAISED_STEPS];
    struct raised_event read;
    struct buffer groups = {0};
    assert_false(standing_owner_equal(&owner, &other));
    size_t count = raised_steps(&event, false, steps);
    standing_write_group(&groups, &owner, steps, count); /* sorts them */
    assert_int_equal(standing_check_groups(buffer_slice(&groups)), ERR_OK);
    struct standing_row row = row_after(steps, count);
    struct standing standing = standing_of_row(&row);
    assert_int_equal(standing_check(&standing), ERR_OK);
    assert_true(raised_read(&standing, &read));
    assert_memory_equal(read.referrer.bytes, event.referrer.bytes, sizeof read.referrer.bytes);
    assert_int_equal(read.programme, 3);
    assert_int_equal(read.rule, 0);
    assert_int_equal(read.depth, 2);
    assert_int_equal(read.time.ms, event.time.ms);
    assert_int_equal(read.raised_at.ms, event.raised_at.ms);
    assert_int_equal(raised_steps(&event, true, steps), count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(steps[i].after, 0);
    }
    row.count = 0;
    standing = standing_of_row(&row);
    assert_false(raised_read(&standing, &read));
    buffer_fini(&groups);
}

static void test_static_lists(void **state)
{
    (void)state;
    static const char name[] = "staff";
    struct slice text = slice_of(name, sizeof name - 1);
    uint64_t slot = list_slot(text);
    struct standing_row row = {.count = 1, .numbers = {{slot, STANDING_KEPT, 1}}};
    struct standing standing = standing_of_row(&row);
    int64_t both = 0;
    assert_true(list_has(&standing, text));
    assert_false(list_has(&standing, slice_of("stuff", 5)));
    assert_int_equal(slot_merge_values(slot, 1, 1, &both), ERR_OK);
    assert_int_equal(both, 1); /* nobody is on a list twice */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_who_brought_a_member, desk_setup, desk_teardown),
        cmocka_unit_test_setup_teardown(test_a_merged_referrer_is_followed, desk_setup,
                                        desk_teardown),
        cmocka_unit_test_setup_teardown(test_a_raised_event, desk_setup, desk_teardown),
        cmocka_unit_test(test_static_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
