/* What programmes remember of members that merge, are erased, or move from home to home. */
#include "notebook.h"

static void remember(struct desk *desk, const struct uid *member, int64_t count, int64_t latest,
                     int64_t earliest, int64_t stays)
{
    struct standing_owner owner = standing_of_member(member);
    const int64_t values[] = {count, latest, earliest, stays};
    const uint64_t slots[] = {COUNT, LATEST, EARLIEST, STAYS};
    for (size_t i = 0; i < 4; i++) {
        if (values[i] != 0) {
            assert_int_equal(change_now(desk, &owner, set_step(slots[i], 0, 0, values[i])),
                             VERDICT_OK);
        }
    }
}

/* Two members of the desk's, of whom the first is merged into the second in most tests. */
struct two {
    struct uid from;
    struct uid into;
    struct standing_owner giver;    /* the first */
    struct standing_owner receiver; /* the second */
};

static struct two enrol_two(struct desk *desk)
{
    struct card_number card;
    struct two two = {.from = desk_enrol(desk, &card)};
    two.into = desk_enrol(desk, &card);
    two.giver = standing_of_member(&two.from);
    two.receiver = standing_of_member(&two.into);
    return two;
}

static void undo_merge(struct desk *desk, struct uid merge)
{
    struct command undo = desk_command(desk, COMMAND_UNMERGE_MEMBERS);
    undo.unmerge.merge = merge;
    desk_do(desk, &undo);
}

static void test_a_merge_and_its_undoing(void **state)
{
    struct desk *desk = *state;
    struct two two = enrol_two(desk);
    struct uid sale = desk_id(desk);
    remember(desk, &two.from, 0, 30, 5, 1);
    assert_int_equal(change(desk, sale, &two.giver, set_step(COUNT, 0, 0, 10)), VERDICT_OK);
    remember(desk, &two.into, 7, 20, 6, 2);
    struct uid merge = desk_merge(desk, &two.from, &two.into);
    assert_int_equal(value(desk, &two.receiver, COUNT), 17);
    assert_int_equal(value(desk, &two.giver, COUNT), 17); /* it is the other by now */
    assert_int_equal(value(desk, &two.receiver, LATEST), 30);
    assert_int_equal(value(desk, &two.receiver, EARLIEST), 5);
    assert_int_equal(value(desk, &two.receiver, STAYS), 2);
    /* What the one gave before is taken back of both; a change names either. */
    assert_int_equal(take_back(desk, sale, &two.giver, take_step(COUNT, -2)), VERDICT_OK);
    assert_int_equal(change_now(desk, &two.giver, add_step(COUNT, -9, INT64_MIN, INT64_MAX)),
                     VERDICT_OK);
    assert_int_equal(value(desk, &two.receiver, COUNT), 6);
    undo_merge(desk, merge);
    assert_int_equal(value(desk, &two.giver, COUNT), 6); /* of the 8 that were left of what came */
    assert_int_equal(value(desk, &two.receiver, COUNT), 0);
    assert_int_equal(value(desk, &two.giver, LATEST), 30);
    assert_int_equal(value(desk, &two.giver, STAYS), 1);
    assert_int_equal(value(desk, &two.receiver, LATEST), 30);
}

static void release(struct desk *desk, struct uid quote_id)
{
    struct command command = reserve_of(desk, RESERVE_RELEASE, quote_id, slice_of(NULL, 0));
    desk_do(desk, &command);
}

/* Quotes of before a merge go with whose they are, wherever they end. */
static void test_quotes_across_a_merge(void **state)
{
    struct desk *desk = *state;
    for (int ends_within = 0; ends_within < 2; ends_within++) {
        struct two two = enrol_two(desk);
        enum verdict verdict;
        remember(desk, &two.from, 10, 0, 0, 0);
        remember(desk, &two.into, 7, 0, 0, 0);
        struct standing_step steps[] = {add_step(COUNT, -4, 0, INT64_MAX),
                                        add_step(slot_withheld(COUNT), 4, INT64_MIN, INT64_MAX)};
        struct buffer groups = group_of(&two.giver, steps, 2);
        struct uid held = desk_id(desk);
        struct command begin = reserve_of(desk, RESERVE_BEGIN, held, buffer_slice(&groups));
        desk_do(desk, &begin);
        struct uid more = quote(desk, &two.receiver, add_step(COUNT, 2, INT64_MIN, 9), &verdict);
        struct uid merge = desk_merge(desk, &two.from, &two.into);
        assert_int_equal(value(desk, &two.receiver, COUNT), 15);
        (void)quote(desk, &two.giver, add_step(COUNT, 1, INT64_MIN, INT64_MAX), &verdict);
        assert_int_equal(verdict, VERDICT_STANDING_MOVED); /* judged before the merge */
        if (ends_within) {
            release(desk, held);
            assert_int_equal(value(desk, &two.receiver, COUNT), 19);
        }
        undo_merge(desk, merge);
        assert_int_equal(value(desk, &two.giver, COUNT), ends_within ? 10 : 6);
        assert_int_equal(value(desk, &two.receiver, COUNT), 9);
        if (!ends_within) {
            release(desk, held);
        }
        release(desk, more);
        assert_int_equal(value(desk, &two.giver, COUNT), 10);
        assert_int_equal(value(desk, &two.receiver, COUNT), 7);
        assert_int_equal(count_of(desk, &two.giver), 1);
        assert_int_equal(count_of(desk, &two.receiver), 1);
        buffer_fini(&groups);
    }
}

/* What came before a merge returns within it: it does not come back with its undoing. */
static void test_returns_across_a_merge(void **state)
{
    struct desk *desk = *state;
    struct two two = enrol_two(desk);
    struct uid sale = desk_id(desk);
    assert_int_equal(change(desk, sale, &two.giver, set_step(COUNT, 0, 0, 10)), VERDICT_OK);
    remember(desk, &two.into, 10, 0, 0, 0);
    struct uid merge = desk_merge(desk, &two.from, &two.into);
    assert_int_equal(take_back(desk, sale, &two.giver, take_step(COUNT, -10)), VERDICT_OK);
    undo_merge(desk, merge);
    assert_int_equal(value(desk, &two.giver, COUNT), 0);
    assert_int_equal(value(desk, &two.receiver, COUNT), 10);
}

/* All at once: ten came with a purchase, a quote has spent them, and within the merge the purchase
 * returns. Whoever is parted has what its own quote makes of nothing, and the other its own four.
 */
static void test_a_return_and_a_quote_across_a_merge(void **state)
{
    struct desk *desk = *state;
    struct two two = enrol_two(desk);
    struct standing_step steps[] = {add_step(COUNT, -10, 0, INT64_MAX),
                                    add_step(slot_withheld(COUNT), 10, INT64_MIN, INT64_MAX)};
    struct buffer groups = group_of(&two.giver, steps, 2);
    struct uid sale = desk_id(desk);
    struct uid held = desk_id(desk);
    struct command begin = reserve_of(desk, RESERVE_BEGIN, held, buffer_slice(&groups));
    assert_int_equal(change(desk, sale, &two.giver, set_step(COUNT, 0, 0, 10)), VERDICT_OK);
    remember(desk, &two.into, 4, 0, 0, 0);
    desk_do(desk, &begin);
    struct uid merge = desk_merge(desk, &two.from, &two.into);
    assert_int_equal(take_back(desk, sale, &two.giver, take_step(COUNT, -10)), VERDICT_OK);
    assert_int_equal(value(desk, &two.receiver, COUNT), -6);
    undo_merge(desk, merge);
    assert_int_equal(value(desk, &two.giver, COUNT), -10);
    assert_int_equal(value(desk, &two.receiver, COUNT), 4);
    release(desk, held);
    assert_int_equal(count_of(desk, &two.giver), 0);
    assert_int_equal(count_of(desk, &two.receiver), 1);
    buffer_fini(&groups);
}

static void test_two_groups_that_are_one_owner_by_now(void **state)
{
    struct desk *desk = *state;
    struct two two = enrol_two(desk);
    struct buffer groups = {0};
    (void)desk_merge(desk, &two.from, &two.into);
    for (size_t i = 0; i < 2; i++) {
        struct standing_step step = add_step(COUNT, 1 + (int64_t)i, INT64_MIN, 3);
        standing_write_group(&groups, i == 0 ? &two.giver : &two.receiver, &step, 1);
    }
    struct command c = change_of(desk, desk_id(desk), buffer_slice(&groups));
    desk_do(desk, &c);
    assert_int_equal(value(desk, &two.receiver, COUNT), 3);
    buffer_fini(&groups);
}

static void test_who_is_erased_is_forgotten(void **state)
{
    struct desk *desk = *state;
    struct two two = enrol_two(desk);
    struct uid sale = desk_id(desk);
    enum verdict verdict;
    assert_int_equal(change(desk, sale, &two.giver, set_step(COUNT, 0, 0, 10)), VERDICT_OK);
    struct uid held =
        quote(desk, &two.receiver, add_step(COUNT, 1, INT64_MIN, INT64_MAX), &verdict);
    (void)desk_merge(desk, &two.from, &two.into);
    desk_erase(desk, &two.into);
    assert_int_equal(count_of(desk, &two.giver), 0);
    assert_int_equal(count_of(desk, &two.receiver), 0);
    assert_int_equal(value(desk, &two.giver, COUNT), 0);
    assert_int_equal(change_now(desk, &two.receiver, set_step(COUNT, 0, 0, 1)),
                     VERDICT_MEMBER_ERASED);
    assert_int_equal(take_back(desk, sale, &two.giver, take_step(COUNT, -4)), VERDICT_OK);
    desk->now = desk_in_days(desk, 1);
    assert_int_equal(expire(desk, held, desk->now), VERDICT_OK);
    assert_int_equal(count_of(desk, &two.receiver), 0);
}

static struct card_number card_of_beta(struct desk *desk, uint64_t serial)
{
    struct card_number card;
    assert_int_equal(card_number_make(&desk->partners[1].prefix, serial, &card), ERR_OK);
    return card;
}

static void move_out(struct desk *desk, const struct card_number *card,
                     const struct card_number *new_card)
{
    struct command move = desk_command(desk, COMMAND_MOVE_MEMBER);
    move.move =
        (struct command_move){.card = *card, .to = desk->partners[1].id, .new_card = *new_card};
    desk_do(desk, &move);
}

/* Beta says that its card is another one from now on. */
static void hear_of_move(struct desk *desk, const struct card_number *card,
                         const struct card_number *moved_to)
{
    struct command command = desk_command(desk, COMMAND_TAKE_ENTRY);
    command.take_entry =
        (struct command_take_entry){.sender = desk->partners[1].id, .bytes = slice_of("entry", 5)};
    command.take_entry.entry = (struct clearing_entry){.number = ++desk->entry_number,
                                                       .period = {202609},
                                                       .business_time = desk->now,
                                                       .transaction_id = desk_id(desk),
                                                       .kind = ENTRY_CARD_MOVED,
                                                       .card = *card,
                                                       .moved_to = *moved_to,
                                                       .tariff = 1};
    desk_do(desk, &command);
}

static void test_who_moves_is_known_by_the_card_there(void **state)
{
    struct desk *desk = *state;
    struct card_number card;
    struct uid member = desk_enrol(desk, &card);
    struct card_number new_card = card_of_beta(desk, 5);
    struct standing_owner owner = standing_of_member(&member);
    struct standing_owner there = standing_of_card(&new_card);
    struct uid sale = desk_id(desk);
    assert_int_equal(change(desk, sale, &owner, set_step(COUNT, 0, 0, 10)), VERDICT_OK);
    assert_int_equal(change_now(desk, &there, set_step(COUNT, 0, 0, 2)), VERDICT_OK);
    move_out(desk, &card, &new_card);
    assert_int_equal(count_of(desk, &owner), 0);
    assert_int_equal(value(desk, &there, COUNT), 12);
    assert_int_equal(value(desk, &owner, COUNT), 12);
    assert_int_equal(take_back(desk, sale, &owner, take_step(COUNT, -10)), VERDICT_OK);
    assert_int_equal(value(desk, &there, COUNT), 2);
    /* And on to another card there. */
    struct card_number next = card_of_beta(desk, 6);
    struct standing_owner last = standing_of_card(&next);
    hear_of_move(desk, &new_card, &next);
    assert_int_equal(count_of(desk, &there), 0);
    assert_int_equal(count_of(desk, &last), 1);
    assert_int_equal(value(desk, &owner, COUNT), 2);
}

static void test_who_comes_brings_what_is_remembered(void **state)
{
    struct desk *desk = *state;
    struct card_number card;
    struct uid member = desk_enrol(desk, &card);
    struct card_number beta_card = card_of_beta(desk, 5);
    struct standing_owner owner = standing_of_member(&member);
    struct standing_owner abroad = standing_of_card(&beta_card);
    assert_int_equal(change_now(desk, &abroad, set_step(COUNT, 0, 0, 4)), VERDICT_OK);
    assert_int_equal(change_now(desk, &owner, set_step(COUNT, 0, 0, 1)), VERDICT_OK);
    hear_of_move(desk, &beta_card, &card);
    assert_int_equal(count_of(desk, &abroad), 0);
    assert_int_equal(value(desk, &owner, COUNT), 5);
    assert_int_equal(change_now(desk, &abroad, add_step(COUNT, 1, INT64_MIN, INT64_MAX)),
                     VERDICT_OK);
    assert_int_equal(value(desk, &owner, COUNT), 6);
}

int main(void)
{
#define AT_DESK(test) cmocka_unit_test_setup_teardown(test, desk_setup, desk_teardown)
    const struct CMUnitTest tests[] = {
        AT_DESK(test_a_merge_and_its_undoing),
        AT_DESK(test_quotes_across_a_merge),
        AT_DESK(test_returns_across_a_merge),
        AT_DESK(test_a_return_and_a_quote_across_a_merge),
        AT_DESK(test_two_groups_that_are_one_owner_by_now),
        AT_DESK(test_who_is_erased_is_forgotten),
        AT_DESK(test_who_moves_is_known_by_the_card_there),
        AT_DESK(test_who_comes_brings_what_is_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
