/* At the cap, where the charter lets new debt wait: alfa's shop gives beta's member points at 2
 * each, and may owe 100. */
#include "pair.h"

#include <stdlib.h>

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

static int setup(void **state)
{
    struct pair *pair = calloc(1, sizeof *pair);
    assert_non_null(pair);
    pair_init(pair);
    pair->alfa.roster.net_debit_cap = pair->beta.roster.net_debit_cap = money_of(100);
    pair->alfa.roster.waits_at_cap = pair->beta.roster.waits_at_cap = true;
    *state = pair;
    return 0;
}

static int teardown(void **state)
{
    pair_fini(*state);
    free(*state);
    return 0;
}

static struct command earning(struct pair *pair, int64_t points)
{
    struct command command = desk_command(&pair->alfa, COMMAND_EARN);
    command.earn = (struct command_earn){.card = pair->card,
                                         .amount = money_of(points * 10),
                                         .currency = "EUR",
                                         .is_fixed = true,
                                         .fixed_points = points_of(points),
                                         .rate = {.per_minor = 1}};
    return command;
}

static struct uid earn(struct pair *pair, int64_t points)
{
    struct command command = earning(pair, points);
    desk_do(&pair->alfa, &command);
    assert_int_equal(pair->alfa.answer.points.minor, points);
    pair_settle(pair);
    return command.transaction_id;
}

static void return_some(struct pair *pair, const struct uid *sale, int64_t points)
{
    struct command command = desk_command(&pair->alfa, COMMAND_RETURN_SALE);
    command.return_sale.sale = *sale;
    command.return_sale.amount = money_of(points * 10);
    desk_do(&pair->alfa, &command);
    pair_settle(pair);
}

/* The shop's book says that so many are given, the member has them, and alfa owes for them. */
static void assert_arrived(struct pair *pair, int64_t points)
{
    struct exposure exposure;
    desk_assert_balances(&pair->beta, &pair->member, points, 0, 0);
    assert_int_equal(desk_account(&pair->alfa, ACCOUNT_ISSUED), -points);
    assert_int_equal(
        ledger_get_exposure(&pair->alfa.store.view, &pair->alfa.partners[1].id, &exposure), ERR_OK);
    assert_int_equal(exposure_owed(&exposure, &pair->alfa.roster).minor, 2 * points);
    pair_assert_mirrored(pair);
}

static void wait_a_minute(struct pair *pair)
{
    pair->alfa.now.ms += 60000;
    pair->beta.now = pair->alfa.now;
    pair_settle(pair);
}

static struct sale sale_of(const struct pair *pair, const struct uid *id)
{
    struct sale sale;
    assert_int_equal(ledger_get_sale(&pair->alfa.store.view, &pair->alfa.roster.self, id, &sale),
                     ERR_OK);
    return sale;
}

static void test_they_wait_for_room(void **state)
{
    struct pair *pair = *state;
    struct uid first = earn(pair, 40);
    struct uid second = earn(pair, 30);
    struct uid third = earn(pair, 5); /* fits */
    assert_false(sale_of(pair, &first).is_waiting || sale_of(pair, &third).is_waiting);
    assert_true(sale_of(pair, &second).is_waiting);
    assert_arrived(pair, 45);
    wait_a_minute(pair);
    assert_arrived(pair, 45);
    return_some(pair, &first, 20);
    assert_arrived(pair, 25);
    wait_a_minute(pair); /* 25 fit: not all of it does */
    assert_arrived(pair, 25);
    return_some(pair, &first, 20);
    wait_a_minute(pair);
    assert_false(sale_of(pair, &second).is_waiting);
    assert_arrived(pair, 35);
    const struct clearing_entry *sent = &pair->from_alfa.entries[pair->from_alfa.count - 1];
    assert_true(uid_equal(&sent->transaction_id, &second));
    return_some(pair, &second, 30);
    assert_arrived(pair, 5);
    assert_false(pair_due(&pair->alfa));
}

static void test_in_their_order(void **state)
{
    struct pair *pair = *state;
    struct uid first = earn(pair, 50);
    earn(pair, 30);
    struct uid small = earn(pair, 10);
    assert_arrived(pair, 50);
    return_some(pair, &first, 15);
    wait_a_minute(pair); /* the one that came first does not fit yet */
    assert_true(sale_of(pair, &small).is_waiting);
    assert_arrived(pair, 35);
    return_some(pair, &first, 35);
    wait_a_minute(pair);
    assert_arrived(pair, 40);
}

static void test_what_returns_meanwhile_is_not_sent(void **state)
{
    struct pair *pair = *state;
    struct uid first = earn(pair, 50);
    struct uid waiting = earn(pair, 30);
    struct uid other = earn(pair, 20);
    return_some(pair, &waiting, 12);
    return_some(pair, &other, 20);
    assert_arrived(pair, 50);
    return_some(pair, &first, 50);
    wait_a_minute(pair);
    assert_arrived(pair, 18);
    assert_false(sale_of(pair, &other).is_waiting);
    return_some(pair, &waiting, 18);
    assert_arrived(pair, 0);
}

static void test_a_repeat_is_one(void **state)
{
    struct pair *pair = *state;
    earn(pair, 50);
    struct command command = earning(pair, 30);
    desk_do(&pair->alfa, &command);
    desk_do(&pair->alfa, &command);
    uint64_t row = pair->alfa.row;
    desk_do(&pair->alfa, &command);
    assert_int_equal(pair->alfa.row, row);
    command.earn.fixed_points = points_of(31);
    assert_int_equal(desk_tell(&pair->alfa, &command), VERDICT_TRANSACTION_ID_REUSED);
}

static void test_only_so_many_wait(void **state)
{
    struct pair *pair = *state;
    pair->alfa.terms.outbox_entries = 2;
    earn(pair, 50);
    earn(pair, 1);
    earn(pair, 1);
    struct command command = earning(pair, 1);
    assert_int_equal(desk_tell(&pair->alfa, &command), VERDICT_OUTBOX_FULL);
}

/* The home counts what the shop knows to be settled: it refuses, and the sale waits on. */
static void test_the_home_has_no_room_yet(void **state)
{
    struct pair *pair = *state;
    pair->beta.roster.net_debit_cap = money_of(60);
    earn(pair, 30);
    struct uid sale = earn(pair, 20);
    assert_int_equal(pair->from_alfa.verdicts[1], VERDICT_NET_DEBIT_CAP);
    assert_true(sale_of(pair, &sale).is_waiting && !sale_of(pair, &sale).is_reversed);
    assert_arrived(pair, 30);
    pair->beta.roster.net_debit_cap = money_of(100);
    wait_a_minute(pair);
    assert_arrived(pair, 50);
}

static void test_a_partner_that_left(void **state)
{
    struct pair *pair = *state;
    earn(pair, 50);
    struct uid sale = earn(pair, 10);
    for (size_t i = 0; i < 2; i++) {
        pair->alfa.partners[1].last_period = pair->beta.partners[1].last_period =
            (struct period){202609};
    }
    pair_mark(&pair->alfa);
    pair_settle(pair);
    wait_a_minute(pair);
    assert_true(sale_of(pair, &sale).is_reversed && !sale_of(pair, &sale).is_waiting);
    assert_false(pair_due(&pair->alfa));
}

/* A grant has no answer that is remembered: the same may be asked again. */
static void test_a_hold_may_be_asked_again(void **state)
{
    struct pair *pair = *state;
    struct plan *plan = &pair->beta.plan;
    bool is_repeat;
    desk_give(&pair->beta, &pair->member, 500, (struct unix_ms){0});
    struct command command = desk_command(&pair->beta, COMMAND_HOLD);
    command.origin = pair->alfa.roster.self;
    command.hold = (struct command_hold){.redeemer = pair->alfa.roster.self,
                                         .card = pair->card,
                                         .points = points_of(101),
                                         .capture_by = {pair->beta.now.ms + DAY_MS},
                                         .deliver_by = {pair->beta.now.ms + 2 * DAY_MS}};
    assert_int_equal(ledger_decide(&pair->beta.store.view, &pair->beta.terms, &command,
                                   pair->beta.now, plan, &is_repeat),
                     ERR_UNAVAILABLE);
    pair->beta.roster.net_debit_cap = money_of(200);
    assert_int_equal(desk_tell(&pair->beta, &command), VERDICT_OK);
    pair->beta.roster.waits_at_cap = false;
    command.transaction_id = desk_id(&pair->beta);
    assert_int_equal(desk_tell(&pair->beta, &command), VERDICT_NET_DEBIT_CAP);
}

/* In the older copy it waits; its home has it. */
static void test_a_restored_shop_does_not_send_it_twice(void **state)
{
    struct pair *pair = *state;
    const struct partner_id *beta = &pair->beta.roster.self;
    struct stream stream;
    earn(pair, 50);
    struct uid sale = earn(pair, 10);
    assert_int_equal(
        ledger_get_stream(&pair->alfa.store.view, &pair->alfa.roster, STREAM_OUT, beta, &stream),
        ERR_OK);
    desk_recover(&pair->alfa, beta, RECOVERY_BEGIN);
    struct command lost = desk_command(&pair->alfa, COMMAND_RECOVER_ENTRY);
    lost.transaction_id = desk_id(&pair->alfa);
    lost.recover_entry =
        (struct command_recover_entry){.receiver = *beta,
                                       .entry = {.number = 2,
                                                 .previous_hash = stream.last_hash,
                                                 .kind = ENTRY_EARN,
                                                 .period = {202609},
                                                 .card = pair->card,
                                                 .points = {10},
                                                 .tariff = 1,
                                                 .transaction_id = sale},
                                       .bytes = slice_of("an entry of before", 18)};
    desk_do(&pair->alfa, &lost);
    desk_recover(&pair->alfa, beta, RECOVERY_END);
    assert_false(sale_of(pair, &sale).is_waiting);
    assert_int_equal(desk_account(&pair->alfa, ACCOUNT_ISSUED), -60);
    pair->alfa.roster.net_debit_cap = money_of(0);
    pair->alfa.now.ms += 60000;
    assert_true(pair_due(&pair->alfa));
    assert_int_equal(desk_account(&pair->alfa, ACCOUNT_ISSUED), -60);
    assert_false(pair_due(&pair->alfa));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_they_wait_for_room),
        TEST(test_in_their_order),
        TEST(test_what_returns_meanwhile_is_not_sent),
        TEST(test_a_repeat_is_one),
        TEST(test_only_so_many_wait),
        TEST(test_the_home_has_no_room_yet),
        TEST(test_a_partner_that_left),
        TEST(test_a_hold_may_be_asked_again),
        TEST(test_a_restored_shop_does_not_send_it_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
