/* What the commands about members' accounts do: lots keep their terms, debts are repaid, promises
 * go on. The desk looks at the invariants after each command. */
#include "desk.h"

#include "programme/programme.h"

static const struct unix_ms never = {0};

static void test_transfer_moves_the_soonest_lots(void **state)
{
    struct desk *desk = *state;
    struct card_number card;
    struct uid from = desk_enrol(desk, &card);
    struct uid to = desk_enrol(desk, &card);
    struct unix_ms late = desk_in_days(desk, 20);
    struct unix_ms soon = desk_in_days(desk, 10);
    desk_give(desk, &from, 50, never);
    desk_give(desk, &from, 30, late);
    desk_give(desk, &from, 10, soon);
    assert_int_equal(desk_transfer(desk, &from, &to, 25), VERDICT_OK);
    desk_assert_lot(desk, &to, soon, 10);
    desk_assert_lot(desk, &to, late, 15);
    desk_assert_lot(desk, &from, late, 15);
    desk_assert_lot(desk, &from, never, 50);
    assert_int_equal(desk_account(desk, ACCOUNT_ISSUED), -90);
    assert_int_equal(desk_transfer(desk, &from, &to, 66), VERDICT_INSUFFICIENT_POINTS);
    assert_int_equal(desk_transfer(desk, &from, &to, 65), VERDICT_OK);
    desk_assert_balances(desk, &from, 0, 0, 0);
    desk_assert_balances(desk, &to, 90, 0, 0);
}

static void test_transfer_repays_the_receiver(void **state)
{
    struct desk *desk = *state;
    struct card_number card;
    struct uid owes = desk_debtor(desk, &card, 12);
    struct uid from = desk_enrol(desk, &card);
    struct unix_ms soon = desk_in_days(desk, 10);
    desk_give(desk, &from, 10, soon);
    desk_give(desk, &from, 10, never);
    assert_int_equal(desk_transfer(desk, &from, &owes, 5), VERDICT_OK);
    desk_assert_balances(desk, &owes, 0, 0, 7);
    assert_int_equal(desk_transfer(desk, &from, &owes, 10), VERDICT_OK);
    desk_assert_balances(desk, &owes, 3, 0, 0);
    desk_assert_lot(desk, &owes, never, 3); /* the sooner ones went into the debt */
}

static void test_pool(void **state)
{
    struct desk *desk = *state;
    struct card_number card;
    struct uid ann = desk_enrol(desk, &card);
    struct uid bob = desk_enrol(desk, &card);
    desk_give(desk, &ann, 100, never);
    struct command command = desk_command(desk, COMMAND_OPEN_POOL);
    command.pool = (struct command_pool){.pool = desk_id(desk), .member = ann, .name = "Home"};
    struct uid pool = command.pool.pool;
    desk_do(desk, &command);
    assert_int_equal(desk_transfer(desk, &ann, &pool, 40), VERDICT_OK);
    command = desk_command(desk, COMMAND_ISSUE_CARD);
    command.card.member = pool;
    desk_do(desk, &command);
    struct card_number pool_card = desk->answer.card;
    struct uid hold = desk_hold(desk, &pool_card, 10);
    desk_capture(desk, &hold, 10);
    desk_assert_balances(desk, &pool, 30, 0, 0);
    command = desk_command(desk, COMMAND_TRANSFER);
    command.transfer =
        (struct command_transfer){.from = pool, .to = bob, .points = points_of(30), .by = ann};
    desk_do(desk, &command);
    command = desk_command(desk, COMMAND_LEAVE_POOL);
    command.pool = (struct command_pool){.pool = pool, .member = ann};
    desk_do(desk, &command);
    struct member row;
    desk_member(desk, &pool, &row); /* its last member left: closed */
    assert_true(row.is_erased);
    assert_int_equal(desk_transfer(desk, &bob, &pool, 1), VERDICT_MEMBER_ERASED);
    desk_erase(desk, &ann); /* who is in no pool any more */
}

static void rule(struct desk *desk, const struct uid *member, int64_t points)
{
    struct command propose = desk_command(desk, COMMAND_PROPOSE_ADJUSTMENT);
    propose.adjustment = (struct command_adjustment){
        .member = *member, .points = points_of(points), .reason = "COUNT_1", .maker = "ann"};
    desk_do(desk, &propose);
    struct command ruling = desk_command(desk, COMMAND_RULE_ADJUSTMENT);
    ruling.ruling = (struct command_ruling){
        .adjustment = propose.transaction_id, .is_approved = true, .checker = "bob"};
    desk_do(desk, &ruling);
    struct adjustment row;
    assert_int_equal(ledger_get_adjustment(&desk->store.view, &propose.transaction_id, &row),
                     ERR_OK);
    assert_int_equal(row.state, ADJUSTMENT_APPROVED);
    assert_string_equal(row.checker, "bob");
}

static void test_adjustments(void **state)
{
    struct desk *desk = *state;
    struct card_number card;
    struct uid ann = desk_enrol(desk, &card);
    rule(desk, &ann, 25);
    desk_assert_balances(desk, &ann, 25, 0, 0);
    assert_int_equal(desk_account(desk, ACCOUNT_ADJUSTMENT), -25);
    desk->terms.debt_limit = points_of(10);
    rule(desk, &ann, -40);
    assert_int_equal(desk->answer.points.minor, -35);
    assert_int_equal(desk->answer.debt.minor, 10);
    assert_int_equal(desk->answer.written_off.minor, 5); /* not taken at all */
    desk_assert_balances(desk, &ann, 0, 0, 10);
    assert_int_equal(desk_account(desk, ACCOUNT_ADJUSTMENT), 10);
}

static void test_debt_limit(void **state)
{
    struct desk *desk = *state;
    struct card_number card;
    struct uid ann = desk_enrol(desk, &card);
    struct uid sale = desk_give(desk, &ann, 30, never);
    struct uid hold = desk_hold(desk, &card, 30);
    desk_capture(desk, &hold, 30);
    desk->terms.debt_limit = points_of(12);
    assert_int_equal(desk_return_sale(desk, &sale), VERDICT_OK);
    assert_int_equal(desk->answer.points.minor, 30);
    assert_int_equal(desk->answer.debt.minor, 12);
    assert_int_equal(desk->answer.written_off.minor, 18);
    desk_assert_balances(desk, &ann, 0, 0, 12);
    assert_int_equal(desk_account(desk, ACCOUNT_ADJUSTMENT), -18);
    assert_int_equal(desk_account(desk, ACCOUNT_ISSUED), 0);
}

static void test_release_repays_debt(void **state)
{
    struct desk *desk = *state;
    struct card_number card;
    struct uid ann = desk_enrol(desk, &card);
    struct uid sale = desk_give(desk, &ann, 30, never);
    struct uid hold = desk_hold(desk, &card, 30);
    assert_int_equal(desk_return_sale(desk, &sale), VERDICT_OK);
    desk_assert_balances(desk, &ann, 0, 30, 30);
    desk_capture(desk, &hold, 10);
    struct command release = desk_command(desk, COMMAND_VOID);
    release.use.hold = hold;
    desk_do(desk, &release);
    assert_int_equal(desk->answer.points.minor, 20);
    desk_assert_balances(desk, &ann, 0, 0, 10);
}

static void give_idle(struct desk *desk, const struct uid *member, int64_t points, uint8_t months)
{
    struct command command = desk_command(desk, COMMAND_EARN);
    command.earn = (struct command_earn){.member = *member,
                                         .currency = "EUR",
                                         .is_fixed = true,
                                         .fixed_points = points_of(points),
                                         .rate = {.per_minor = 1},
                                         .idle_months = months};
    desk_do(desk, &command);
}

static bool has_due(struct desk *desk, const struct uid *member, struct unix_ms time)
{
    static const struct partner_id none = {{0}};
    struct ledger_key key;
    struct slice value;
    key_due(time, DUE_MEMBER, &none, member, &key);
    return view_get(&desk->store.view, TABLE_DUE, &key, &value) == ERR_OK;
}

static struct unix_ms months_from(struct unix_ms time, unsigned months)
{
    struct unix_ms later;
    assert_int_equal(programme_months_after(time, months, &later), ERR_OK);
    return later;
}

static void test_inactivity_ends_lots(void **state)
{
    struct desk *desk = *state;
    struct card_number card;
    struct uid ann = desk_enrol(desk, &card);
    struct unix_ms first = desk->now;
    give_idle(desk, &ann, 30, 2);
    assert_true(has_due(desk, &ann, months_from(first, 2)));
    desk->now.ms += 40 * DAY_MS;
    struct unix_ms second = desk->now;
    desk_hold(desk, &card, 5); /* alive: two more months */
    assert_false(has_due(desk, &ann, months_from(first, 2)));
    assert_true(has_due(desk, &ann, months_from(second, 2)));
    desk->now = months_from(second, 2);
    struct member row;
    desk_member(desk, &ann, &row);
    member_settle_view(&row, desk->now);
    assert_int_equal(row.available.minor, 0);
    struct command settle = desk_command(desk, COMMAND_SETTLE_MEMBER);
    settle.due = (struct command_due){.id = ann, .due = desk->now};
    desk_do(desk, &settle);
    desk_assert_balances(desk, &ann, 0, 5, 0);
    assert_int_equal(desk_account(desk, ACCOUNT_BREAKAGE), 25);
    assert_false(has_due(desk, &ann, months_from(second, 2)));
}

/* What ends first is spent first, whether by a date or by inactivity. */
static void test_spending_order(void **state)
{
    struct desk *desk = *state;
    struct card_number card;
    struct uid ann = desk_enrol(desk, &card);
    struct uid bob = desk_enrol(desk, &card);
    desk_give(desk, &ann, 10, desk_in_days(desk, 50));
    give_idle(desk, &ann, 10, 1);
    give_idle(desk, &ann, 10, 12);
    desk_give(desk, &ann, 10, never);
    assert_int_equal(desk_transfer(desk, &ann, &bob, 10), VERDICT_OK);
    desk_assert_lot(desk, &ann, desk_in_days(desk, 50), 10); /* one idle month is sooner */
    desk->now.ms += 20 * DAY_MS;
    assert_int_equal(desk_transfer(desk, &ann, &bob, 10), VERDICT_OK);
    desk_assert_lot(desk, &ann, desk_in_days(desk, 30), 0);
    assert_int_equal(desk_transfer(desk, &ann, &bob, 10), VERDICT_OK);
    struct member row;
    desk_member(desk, &ann, &row);
    assert_int_equal(row.lot_count, 1);
    assert_int_equal(row.lots[0].key.idle_months, 0);
    assert_int_equal(row.lots[0].key.expires_at.ms, 0);
}

/* Another brand's member: only its home knows whether it is active. */
static void test_idle_lots_leave_with_a_date(void **state)
{
    struct desk *desk = *state;
    struct command command = desk_command(desk, COMMAND_EARN);
    command.earn = (struct command_earn){.currency = "EUR",
                                         .is_fixed = true,
                                         .fixed_points = points_of(10),
                                         .rate = {.per_minor = 1},
                                         .idle_months = 3};
    assert_int_equal(card_number_make(&desk->partners[1].prefix, 5, &command.earn.card), ERR_OK);
    desk_do(desk, &command);
    struct sale sale;
    assert_int_equal(
        ledger_get_sale(&desk->store.view, &desk->roster.self, &command.transaction_id, &sale),
        ERR_OK);
    assert_int_equal(sale.lot.idle_months, 0);
    assert_int_equal(sale.lot.expires_at.ms, months_from(desk->now, 3).ms);
}

static void test_nothing_returns_as_nothing(void **state)
{
    struct desk *desk = *state;
    struct card_number card;
    struct uid ann = desk_enrol(desk, &card);
    struct uid sale = desk_give(desk, &ann, 0, never);
    assert_int_equal(desk_return_sale(desk, &sale), VERDICT_OK);
    assert_int_equal(desk->answer.points.minor, 0);
    sale = desk_give(desk, &ann, 3, never);
    assert_int_equal(desk_return_sale(desk, &sale), VERDICT_OK);
    assert_int_equal(desk_return_sale(desk, &sale), VERDICT_RETURN_EXCEEDS_SALE);
}

static enum verdict return_lines(struct desk *desk, const struct uid *sale, int64_t amount,
                                 int64_t kept)
{
    struct command command = desk_command(desk, COMMAND_RETURN_SALE);
    command.return_sale = (struct command_return_sale){
        .sale = *sale, .amount = money_of(amount), .is_by_line = true, .kept = points_of(kept)};
    return desk_tell(desk, &command);
}

/* What the lines that remain deserve stays, whatever they cost; in all no more than was given. */
static void test_returns_by_line(void **state)
{
    struct desk *desk = *state;
    struct card_number card;
    struct uid ann = desk_enrol(desk, &card);
    struct command earn = desk_command(desk, COMMAND_EARN);
    earn.earn = (struct command_earn){.member = ann,
                                      .amount = money_of(1000),
                                      .currency = "EUR",
                                      .is_fixed = true,
                                      .fixed_points = points_of(100),
                                      .rate = {.per_minor = 1}};
    desk_do(desk, &earn);
    const struct uid *sale = &earn.transaction_id;
    assert_int_equal(return_lines(desk, sale, 100, 101), VERDICT_RETURN_EXCEEDS_SALE);
    assert_int_equal(return_lines(desk, sale, 100, -1), VERDICT_RETURN_EXCEEDS_SALE);
    assert_int_equal(return_lines(desk, sale, 1001, 0), VERDICT_RETURN_EXCEEDS_SALE);
    assert_int_equal(return_lines(desk, sale, 100, 20), VERDICT_OK);
    assert_int_equal(desk->answer.points.minor, 80);
    assert_int_equal(desk->answer.amount.minor, 100);
    assert_int_equal(return_lines(desk, sale, 0, 60), VERDICT_OK); /* it never gives again */
    assert_int_equal(desk->answer.points.minor, 0);
    assert_int_equal(desk->answer.amount.minor, 0);
    assert_int_equal(return_lines(desk, sale, 900, 0), VERDICT_OK);
    assert_int_equal(desk->answer.points.minor, 20);
    assert_int_equal(return_lines(desk, sale, 0, 0), VERDICT_OK); /* a line that cost nothing */
    assert_int_equal(desk->answer.points.minor, 0);
    assert_int_equal(return_lines(desk, sale, 1, 0), VERDICT_RETURN_EXCEEDS_SALE);
    desk_assert_balances(desk, &ann, 0, 0, 0);
    /* All lines cost nothing: the first one takes the points along. */
    struct command free = desk_command(desk, COMMAND_EARN);
    free.earn = earn.earn;
    free.earn.amount = money_of(0);
    desk_do(desk, &free);
    assert_int_equal(return_lines(desk, &free.transaction_id, 0, 0), VERDICT_OK);
    assert_int_equal(desk->answer.points.minor, 100);
    assert_int_equal(return_lines(desk, &free.transaction_id, 0, 0), VERDICT_OK);
    assert_int_equal(desk->answer.points.minor, 0);
    assert_int_equal(desk_return_sale(desk, &free.transaction_id), VERDICT_RETURN_EXCEEDS_SALE);
}

/* The home refuses the return of points: the goods may come back once more. */
static void test_refused_return_at_a_home(void **state)
{
    struct desk *desk = *state;
    struct command earn = desk_command(desk, COMMAND_EARN);
    earn.earn = (struct command_earn){
        .amount = money_of(1000), .currency = "EUR", .rate = {1, 100, ROUNDING_DOWN, 0}};
    assert_int_equal(card_number_make(&desk->partners[1].prefix, 5, &earn.earn.card), ERR_OK);
    desk_do(desk, &earn);
    struct command back = desk_command(desk, COMMAND_RETURN_SALE);
    back.return_sale =
        (struct command_return_sale){.sale = earn.transaction_id, .amount = money_of(370)};
    desk_do(desk, &back);
    const struct receipted_entry entries[] = {{.number = 1,
                                               .kind = ENTRY_EARN,
                                               .tariff = 1,
                                               .points = {10},
                                               .period = {202609},
                                               .transaction_id = earn.transaction_id,
                                               .card = earn.earn.card,
                                               .verdict = VERDICT_OK},
                                              {.number = 2,
                                               .kind = ENTRY_EARN_RETURN,
                                               .tariff = 1,
                                               .points = desk->answer.points,
                                               .period = {202609},
                                               .transaction_id = back.transaction_id,
                                               .subject = earn.transaction_id,
                                               .card = earn.earn.card,
                                               .verdict = VERDICT_NOT_AGREED}};
    struct command receipt = desk_command(desk, COMMAND_TAKE_RECEIPT);
    receipt.take_receipt = (struct command_take_receipt){.receiver = desk->partners[1].id,
                                                         .receipt_number = 1,
                                                         .last_number = 2,
                                                         .entries = entries,
                                                         .entry_count = 2};
    desk_do(desk, &receipt);
    struct sale sale;
    assert_int_equal(
        ledger_get_sale(&desk->store.view, &desk->roster.self, &earn.transaction_id, &sale),
        ERR_OK);
    assert_int_equal(sale.returned.minor, 0);
    assert_int_equal(sale.taken.minor, 0);
    assert_int_equal(desk_return_sale(desk, &earn.transaction_id), VERDICT_OK);
    assert_int_equal(desk->answer.amount.minor, 1000);
}

static void forget(struct desk *desk, const struct command *command)
{
    struct ledger_key key;
    key_origin(&command->origin, &command->transaction_id, &key);
    assert_int_equal(key.length, TRANSACTION_KEY_SIZE);
    struct command prune = desk_command(desk, COMMAND_PRUNE);
    prune.prune.keys = slice_of(key.bytes, key.length);
    desk_do(desk, &prune);
}

static void test_prune(void **state)
{
    struct desk *desk = *state;
    struct card_number card;
    struct uid ann = desk_enrol(desk, &card);
    struct command earn = desk_command(desk, COMMAND_EARN);
    earn.earn = (struct command_earn){
        .member = ann, .is_fixed = true, .fixed_points = points_of(5), .rate = {.per_minor = 1}};
    desk_do(desk, &earn);
    uint64_t row = desk->row;
    desk_do(desk, &earn);
    assert_int_equal(desk->row, row); /* known */
    forget(desk, &earn);
    assert_int_equal(desk_tell(desk, &earn), VERDICT_SALE_EXISTS);
    desk_assert_balances(desk, &ann, 5, 0, 0);
    assert_int_equal(desk_tell(desk, &earn), VERDICT_SALE_EXISTS); /* known, as a refusal */
    assert_int_equal(desk_return_sale(desk, &earn.transaction_id), VERDICT_OK);
    desk_assert_balances(desk, &ann, 0, 0, 0);
}

/* What a command made under its own id is not made anew when the id is forgotten. */
static void test_forgotten_ids_make_nothing_anew(void **state)
{
    struct desk *desk = *state;
    struct card_number card;
    struct uid ann = desk_enrol(desk, &card);
    struct uid bob = desk_enrol(desk, &card);
    struct command hold = desk_command(desk, COMMAND_FOREIGN_HOLD);
    hold.hold = (struct command_hold){.redeemer = desk->roster.self,
                                      .points = points_of(5),
                                      .capture_by = desk_in_days(desk, 1),
                                      .deliver_by = desk_in_days(desk, 2)};
    assert_int_equal(card_number_make(&desk->partners[1].prefix, 7, &hold.hold.card), ERR_OK);
    hold.hold.asked = hold.hold.card;
    desk_do(desk, &hold);
    desk_capture(desk, &hold.transaction_id, 5);
    forget(desk, &hold);
    assert_int_equal(desk_tell(desk, &hold), VERDICT_HOLD_EXISTS);
    struct command propose = desk_command(desk, COMMAND_PROPOSE_ADJUSTMENT);
    propose.adjustment = (struct command_adjustment){
        .member = ann, .points = points_of(9), .reason = "GOODWILL", .maker = "ann"};
    desk_do(desk, &propose);
    forget(desk, &propose);
    assert_int_equal(desk_tell(desk, &propose), VERDICT_ADJUSTMENT_EXISTS);
    struct command merge = desk_command(desk, COMMAND_MERGE_MEMBERS);
    merge.merge = (struct command_merge){.from = bob, .into = ann};
    desk_do(desk, &merge);
    forget(desk, &merge);
    assert_int_equal(desk_tell(desk, &merge), VERDICT_MERGE_EXISTS);
}

/* A member with one lot takes little room. */
static void test_row_is_small(void **state)
{
    struct desk *desk = *state;
    struct card_number card;
    struct ledger_key key;
    struct slice value;
    struct uid ann = desk_enrol(desk, &card);
    desk_give(desk, &ann, 123456, desk_in_days(desk, 700));
    key_member(&ann, &key);
    assert_int_equal(view_get(&desk->store.view, TABLE_MEMBER, &key, &value), ERR_OK);
    assert_true(value.length <= 40);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_transfer_moves_the_soonest_lots),
        TEST(test_transfer_repays_the_receiver),
        TEST(test_pool),
        TEST(test_adjustments),
        TEST(test_debt_limit),
        TEST(test_release_repays_debt),
        TEST(test_inactivity_ends_lots),
        TEST(test_spending_order),
        TEST(test_idle_lots_leave_with_a_date),
        TEST(test_nothing_returns_as_nothing),
        TEST(test_returns_by_line),
        TEST(test_refused_return_at_a_home),
        TEST(test_prune),
        TEST(test_forgotten_ids_make_nothing_anew),
        TEST(test_row_is_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
