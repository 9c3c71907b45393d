/* Disputes about entries of members who have moved meanwhile. */
#include "quarrel.h"

/* Beta's member becomes one of alfa's. */
static struct uid move_to_alfa(struct pair *pair)
{
    struct card_number card;
    struct uid member = desk_enrol(&pair->alfa, &card);
    struct command await = desk_command(&pair->alfa, COMMAND_AWAIT_MOVE);
    struct command move = desk_command(&pair->beta, COMMAND_MOVE_MEMBER);
    await.await = (struct command_await){.card = pair->card, .own_card = card};
    move.move =
        (struct command_move){.card = pair->card, .to = pair->alfa.roster.self, .new_card = card};
    desk_do(&pair->alfa, &await);
    desk_do(&pair->beta, &move);
    pair_settle(pair);
    return member;
}

/* What the outcome gives, by itself, to a member who has moved goes on to where it is now. */
static void test_points_follow_who_moved(void **state)
{
    struct pair *pair = *state;
    struct quarrel q = {.pair = pair};
    quarrel_make(&q, ENTRY_EARN_RETURN, true);
    assert_int_equal(quarrel_open(&q, 0), VERDICT_OK); /* nothing came back */
    pair_settle(pair);
    struct uid member = move_to_alfa(pair);
    assert_int_equal(quarrel_step(&q, q.answerer, STEP_ACCEPT), VERDICT_OK);
    pair_settle(pair);
    quarrel_assert_state(&q, DISPUTE_ADJUSTED);
    desk_assert_balances(&pair->beta, &pair->member, 0, 0, 0);
    desk_assert_balances(&pair->alfa, &member, GIVEN, 0, 0);
    pair_assert_mirrored(pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_points_follow_who_moved, pair_setup, pair_teardown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
