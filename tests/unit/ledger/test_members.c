/* Members who are merged, erased or blocked: what moves, what ends, and what goes on. The desk
 * looks at the invariants after each command. */
#include "desk.h"

static const struct unix_ms never = {0};

static void test_merge_and_undo(void **state)
{
    struct desk *desk = *state;
    struct card_number card;
    struct card_number other_card;
    struct uid from = desk_enrol(desk, &card);
    struct uid into = desk_enrol(desk, &other_card);
    struct unix_ms soon = desk_in_days(desk, 10);
    struct uid sale = desk_give(desk, &from, 30, soon);
    desk_give(desk, &from, 7, never);
    desk_give(desk, &into, 5, never);
    struct uid merge = desk_merge(desk, &from, &into);
    assert_int_equal(desk->answer.points.minor, 37);
    desk_assert_balances(desk, &into, 42, 0, 0);
    desk_assert_balances(desk, &from, 0, 0, 0);
    struct uid hold = desk_hold(desk, &card, 12); /* its card leads to the other */
    desk_capture(desk, &hold, 12);
    desk_assert_lot(desk, &into, soon, 18);
    struct uid found;
    assert_int_equal(ledger_get_reference(&desk->store.view, from.bytes, &found), ERR_OK);
    assert_true(uid_equal(&found, &into));
    struct command undo = desk_command(desk, COMMAND_UNMERGE_MEMBERS);
    undo.unmerge.merge = merge;
    desk_do(desk, &undo);
    desk_assert_lot(desk, &from, soon, 18); /* the lesser of 30 and 18 */
    desk_assert_lot(desk, &from, never, 7); /* the lesser of 7 and 12 */
    desk_assert_balances(desk, &into, 5, 0, 0);
    struct card row;
    assert_int_equal(ledger_get_card(&desk->store.view, &card, &row), ERR_OK);
    assert_true(uid_equal(&row.member, &from));
    assert_int_equal(desk_return_sale(desk, &sale), VERDICT_OK); /* its own again */
    desk_assert_balances(desk, &from, 0, 0, 5);
}

static void test_returns_follow_a_merge(void **state)
{
    struct desk *desk = *state;
    struct card_number card;
    struct uid from = desk_enrol(desk, &card);
    struct uid sale = desk_give(desk, &from, 30, never);
    struct uid hold = desk_hold(desk, &card, 10);
    desk_capture(desk, &hold, 10);
    struct uid middle = desk_enrol(desk, &card);
    struct uid last = desk_enrol(desk, &card);
    desk_merge(desk, &from, &middle);
    desk_merge(desk, &middle, &last);
    struct command refund = desk_command(desk, COMMAND_RETURN_BURN);
    refund.use.hold = hold;
    desk_do(desk, &refund);
    desk_assert_balances(desk, &last, 30, 0, 0);
    assert_int_equal(desk_return_sale(desk, &sale), VERDICT_OK);
    desk_assert_balances(desk, &last, 0, 0, 0);
}

static void test_merge_nets_debt(void **state)
{
    struct desk *desk = *state;
    struct card_number card;
    struct uid owes = desk_debtor(desk, &card, 12);
    struct uid into = desk_enrol(desk, &card);
    desk_give(desk, &into, 20, never);
    struct uid merge = desk_merge(desk, &owes, &into);
    assert_int_equal(desk->answer.debt.minor, 12);
    desk_assert_balances(desk, &into, 8, 0, 0);
    struct command undo = desk_command(desk, COMMAND_UNMERGE_MEMBERS);
    undo.unmerge.merge = merge;
    desk_do(desk, &undo);
    desk_assert_balances(desk, &owes, 0, 0, 0); /* what was repaid stays repaid */
}

static void test_erasure(void **state)
{
    struct desk *desk = *state;
    struct card_number card;
    struct uid old = desk_enrol(desk, &card);
    struct uid ann = desk_enrol(desk, &card);
    struct uid sale = desk_give(desk, &ann, 30, never);
    struct uid hold = desk_hold(desk, &card, 10);
    desk_capture(desk, &hold, 10);
    desk_merge(desk, &old, &ann);
    desk_erase(desk, &ann);
    assert_int_equal(desk->answer.points.minor, 20);
    assert_int_equal(desk_account(desk, ACCOUNT_BREAKAGE), 20);
    struct profile profile;
    struct uid found;
    const struct ledger_view *view = &desk->store.view;
    assert_int_equal(ledger_get_profile(view, &ann, &profile), ERR_NOT_FOUND);
    assert_int_equal(ledger_get_profile(view, &old, &profile), ERR_NOT_FOUND);
    assert_int_equal(ledger_get_reference(view, ann.bytes, &found), ERR_NOT_FOUND);
    assert_int_equal(ledger_get_reference(view, old.bytes, &found), ERR_NOT_FOUND);
    struct card row;
    assert_int_equal(ledger_get_card(view, &card, &row), ERR_OK);
    assert_true(row.is_blocked && uid_is_nil(&row.member));
    /* The goods still come back: nobody owes, nobody gets. */
    assert_int_equal(desk_return_sale(desk, &sale), VERDICT_OK);
    assert_int_equal(desk->answer.written_off.minor, 30);
    struct command refund = desk_command(desk, COMMAND_RETURN_BURN);
    refund.use.hold = hold;
    desk_do(desk, &refund);
    assert_int_equal(desk_account(desk, ACCOUNT_BREAKAGE), 30);
    desk_assert_balances(desk, &ann, 0, 0, 0);
}

static void test_erasure_writes_debt_off(void **state)
{
    struct desk *desk = *state;
    struct card_number card;
    struct uid owes = desk_debtor(desk, &card, 12);
    desk_erase(desk, &owes);
    assert_int_equal(desk->answer.written_off.minor, 12);
    assert_int_equal(desk_account(desk, ACCOUNT_ADJUSTMENT), -12);
}

static void test_promises_of_a_blocked_member_go_on(void **state)
{
    struct desk *desk = *state;
    struct card_number card;
    struct uid ann = desk_enrol(desk, &card);
    struct uid sale = desk_give(desk, &ann, 100, desk_in_days(desk, 3));
    struct uid first = desk_hold(desk, &card, 10);
    struct uid second = desk_hold(desk, &card, 20);
    struct uid third = desk_hold(desk, &card, 5);
    desk_block(desk, &ann);
    desk_capture(desk, &first, 4); /* in parts */
    desk_capture(desk, &first, 6);
    struct command release = desk_command(desk, COMMAND_VOID);
    release.use.hold = second;
    desk_do(desk, &release);
    struct command refund = desk_command(desk, COMMAND_RETURN_BURN);
    refund.use = (struct command_hold_use){.hold = first, .points = points_of(3)};
    desk_do(desk, &refund);
    assert_int_equal(desk_return_sale(desk, &sale), VERDICT_OK);
    desk_assert_balances(desk, &ann, 0, 5, 12);
    desk->now.ms += 4 * DAY_MS;
    struct command expire = desk_command(desk, COMMAND_EXPIRE_HOLD);
    expire.due = (struct command_due){third, desk->roster.self, desk_in_days(desk, -2)};
    desk_do(desk, &expire);
    desk_assert_balances(desk, &ann, 0, 0, 12); /* the lot had ended when its points came back */
    struct command unblock = desk_command(desk, COMMAND_UNBLOCK_MEMBER);
    unblock.block.member = ann;
    desk_do(desk, &unblock);
    desk_give(desk, &ann, 20, never);
    desk_assert_balances(desk, &ann, 8, 0, 0);
}

/* What is said beforehand of the moment behind T2 is what comes. */
static void test_a_hold_that_will_expire(void **state)
{
    struct desk *desk = *state;
    struct card_number card;
    struct hold hold;
    struct member expected;
    struct member found;
    struct uid ann = desk_enrol(desk, &card);
    struct uid sale = desk_give(desk, &ann, 30, desk_in_days(desk, 300));
    desk_give(desk, &ann, 50, never);
    struct uid id = desk_hold(desk, &card, 70);
    desk_capture(desk, &id, 5);
    assert_int_equal(desk_return_sale(desk, &sale), VERDICT_OK);
    desk_assert_balances(desk, &ann, 0, 65, 20);
    assert_int_equal(ledger_get_hold(&desk->store.view, &desk->roster.self, &id, &hold), ERR_OK);
    desk_member(desk, &ann, &expected);
    assert_int_equal(member_release_view(&expected, &hold), ERR_OK);
    desk->now.ms = hold.deliver_by.ms + 1;
    struct command expire = desk_command(desk, COMMAND_EXPIRE_HOLD);
    expire.due = (struct command_due){id, desk->roster.self, hold.deliver_by};
    desk_do(desk, &expire);
    desk_member(desk, &ann, &found);
    desk_assert_balances(desk, &ann, expected.available.minor, 0, expected.debt.minor);
    assert_int_equal(expected.held.minor, 0);
    assert_int_equal(expected.lot_count, found.lot_count);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_merge_and_undo),          TEST(test_returns_follow_a_merge),
        TEST(test_merge_nets_debt),         TEST(test_erasure),
        TEST(test_erasure_writes_debt_off), TEST(test_promises_of_a_blocked_member_go_on),
        TEST(test_a_hold_that_will_expire),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
