/* Disputes about entries of members who have moved meanwhile. */
#include <stdlib.h>

#include "ledger_test.h"
#include "pair.h"

enum {
    GIVEN = 100
};

static int setup(void **state)
{
    struct pair *pair = calloc(1, sizeof *pair);
    assert_non_null(pair);
    pair_init(pair);
    *state = pair;
    return 0;
}

static int teardown(void **state)
{
    pair_fini(*state);
    free(*state);
    return 0;
}

/* Alfa sells to beta's member, who gives it all back. The return is entry 2. */
static void sell_and_take_back(struct pair *pair)
{
    struct command command = desk_command(&pair->alfa, COMMAND_EARN);
    command.earn = (struct command_earn){.card = pair->card,
                                         .amount = money_of(1000),
                                         .currency = "EUR",
                                         .is_fixed = true,
                                         .fixed_points = points_of(GIVEN),
                                         .rate = {.per_minor = 1}};
    desk_do(&pair->alfa, &command);
    pair_settle(pair);
    assert_int_equal(desk_return_sale(&pair->alfa, &command.transaction_id), VERDICT_OK);
    pair_settle(pair);
}

static struct command about_return(struct pair *pair, struct desk *desk, enum command_kind kind)
{
    struct command command = desk_command(desk, kind);
    command.dispute =
        (struct command_dispute){.partner = pair_other(pair, desk)->roster.self,
                                 .direction = desk == &pair->alfa ? STREAM_OUT : STREAM_IN,
                                 .number = 2,
                                 .reason = DISPUTE_NOT_RETURNED};
    return command;
}

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
    struct dispute row;
    sell_and_take_back(pair);
    struct command open = about_return(pair, &pair->beta, COMMAND_OPEN_DISPUTE);
    desk_do(&pair->beta, &open); /* nothing came back */
    pair_settle(pair);
    struct uid member = move_to_alfa(pair);
    struct command accept = about_return(pair, &pair->alfa, COMMAND_STEP_DISPUTE);
    accept.dispute.step = STEP_ACCEPT;
    desk_do(&pair->alfa, &accept);
    pair_settle(pair);
    assert_int_equal(
        ledger_get_dispute(&pair->beta.store.view, &pair->alfa.roster.self, STREAM_IN, 2, &row),
        ERR_OK);
    assert_int_equal(row.state, DISPUTE_ADJUSTED);
    desk_assert_balances(&pair->beta, &pair->member, 0, 0, 0);
    desk_assert_balances(&pair->alfa, &member, GIVEN, 0, 0);
    pair_assert_mirrored(pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_points_follow_who_moved, setup, teardown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
