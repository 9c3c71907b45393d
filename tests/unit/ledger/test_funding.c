/* Points that their issuer pays for when they are spent: alfa's shop gives, beta's members have.
 * Prices: 2 for a point that is given, 1 for one that is spent. */
#include "pair.h"

#include <stdlib.h>
#include <string.h>

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, pair_teardown)

static int setup(void **state)
{
    (void)pair_setup(state);
    struct pair *pair = *state;
    pair->alfa.tariff.funding = pair->beta.tariff.funding = FUNDED_AT_BURN;
    return 0;
}

/* ---- The shops' day ---- */

static struct uid earn_until(struct pair *pair, int64_t points, struct unix_ms expires_at)
{
    struct command command = desk_command(&pair->alfa, COMMAND_EARN);
    command.earn = (struct command_earn){.card = pair->card,
                                         .amount = money_of(points * 10),
                                         .currency = "EUR",
                                         .is_fixed = true,
                                         .fixed_points = points_of(points),
                                         .rate = {.per_minor = 1},
                                         .expires_at = expires_at};
    desk_do(&pair->alfa, &command);
    pair_settle(pair);
    return command.transaction_id;
}

static struct uid earn(struct pair *pair, int64_t points)
{
    return earn_until(pair, points, (struct unix_ms){0});
}

/* At beta's own till. */
static struct uid burn(struct pair *pair, int64_t points)
{
    struct uid hold = desk_hold(&pair->beta, &pair->card, points);
    desk_capture(&pair->beta, &hold, points);
    pair_settle(pair);
    return hold;
}

/* At alfa's. */
static struct uid burn_abroad(struct pair *pair, int64_t points)
{
    struct command command = desk_command(&pair->alfa, COMMAND_FOREIGN_HOLD);
    command.hold = (struct command_hold){.redeemer = pair->alfa.roster.self,
                                         .card = pair->card,
                                         .asked = pair->card,
                                         .points = points_of(points),
                                         .capture_by = {pair->alfa.now.ms + DAY_MS},
                                         .deliver_by = {pair->alfa.now.ms + 2 * DAY_MS}};
    struct command granted = command;
    granted.kind = COMMAND_HOLD;
    desk_do(&pair->beta, &granted);
    desk_do(&pair->alfa, &command);
    struct command use = desk_command(&pair->alfa, COMMAND_CAPTURE);
    use.use.hold = command.transaction_id;
    desk_do(&pair->alfa, &use);
    pair_settle(pair);
    return command.transaction_id;
}

static void give_back(struct pair *pair, struct desk *desk, const struct uid *hold, int64_t points)
{
    struct command command = desk_command(desk, COMMAND_RETURN_BURN);
    command.use = (struct command_hold_use){.hold = *hold, .points = points_of(points)};
    desk_do(desk, &command);
    pair_settle(pair);
}

static void return_sale(struct pair *pair, const struct uid *sale, int64_t points)
{
    struct command command = desk_command(&pair->alfa, COMMAND_RETURN_SALE);
    command.return_sale.sale = *sale;
    command.return_sale.amount = money_of(points * 10);
    desk_do(&pair->alfa, &command);
    pair_settle(pair);
}

/* ---- What is so then ---- */

/* Of a desk's own entries to the other, or of the other's, that were applied. */
static int64_t total(const struct desk *desk, enum stream_direction direction, enum entry_kind kind)
{
    struct entry_total total;
    bool is_first = partner_id_equal(&desk->roster.self, &desk->partners[0].id);
    assert_int_equal(ledger_get_total(&desk->store.view, direction,
                                      &desk->partners[is_first ? 1 : 0].id, (struct period){0},
                                      kind, 1, &total),
                     ERR_OK);
    return total.points;
}

static int64_t funding(const struct desk *desk, unsigned issuer)
{
    int64_t points;
    assert_int_equal(ledger_get_funding(&desk->store.view, &desk->partners[issuer].id, 1, &points),
                     ERR_OK);
    return points;
}

static int64_t owed(const struct desk *desk, unsigned partner)
{
    struct exposure exposure;
    assert_int_equal(ledger_get_exposure(&desk->store.view, &desk->partners[partner].id, &exposure),
                     ERR_OK);
    return exposure_owed(&exposure, &desk->roster).minor;
}

/* Both sides agree that so many points are paid for, and so many given and not. What alfa owes for
 * them is one each, beside what beta owes for burns at alfa. */
static void assert_funded(struct pair *pair, int64_t funded, int64_t given, int64_t burnt_at_alfa)
{
    assert_int_equal(total(&pair->beta, STREAM_OUT, ENTRY_FUNDING) -
                         total(&pair->beta, STREAM_OUT, ENTRY_FUNDING_RETURN),
                     funded);
    assert_int_equal(total(&pair->alfa, STREAM_IN, ENTRY_FUNDING) -
                         total(&pair->alfa, STREAM_IN, ENTRY_FUNDING_RETURN),
                     funded);
    assert_int_equal(funding(&pair->alfa, 0), given);
    assert_int_equal(funding(&pair->beta, 0), 0);
    assert_int_equal(owed(&pair->alfa, 1), funded - burnt_at_alfa);
    assert_int_equal(owed(&pair->beta, 0), burnt_at_alfa - funded);
    pair_assert_mirrored(pair);
}

static void test_nothing_is_due_until_they_are_spent(void **state)
{
    struct pair *pair = *state;
    earn(pair, 100);
    assert_funded(pair, 0, 100, 0);
    struct uid hold = burn(pair, 60);
    assert_funded(pair, 60, 40, 0);
    const struct clearing_entry *told = &pair->from_beta.entries[pair->from_beta.count - 1];
    assert_int_equal(told->kind, ENTRY_FUNDING);
    assert_true(uid_equal(&told->subject, &hold));
    give_back(pair, &pair->beta, &hold, 25);
    assert_funded(pair, 35, 65, 0);
    give_back(pair, &pair->beta, &hold, 35);
    assert_funded(pair, 0, 100, 0);
}

static void test_a_hold_alone_is_not_spent(void **state)
{
    struct pair *pair = *state;
    earn(pair, 100);
    struct uid hold = desk_hold(&pair->beta, &pair->card, 50);
    pair_settle(pair);
    assert_funded(pair, 0, 100, 0);
    struct command command = desk_command(&pair->beta, COMMAND_VOID);
    command.use.hold = hold;
    desk_do(&pair->beta, &command);
    pair_settle(pair);
    assert_funded(pair, 0, 100, 0);
    assert_int_equal(pair->from_beta.count, 0);
}

static void test_a_burn_at_the_issuer_is_paid_both_ways(void **state)
{
    struct pair *pair = *state;
    earn(pair, 100);
    struct uid hold = burn_abroad(pair, 70);
    assert_funded(pair, 70, 30, 70);
    give_back(pair, &pair->alfa, &hold, 20);
    assert_funded(pair, 50, 50, 50);
}

/* The home's own points are its own affair, and the first to end goes first. */
static void test_only_the_issuers_lots_count(void **state)
{
    struct pair *pair = *state;
    desk_give(&pair->beta, &pair->member, 40, desk_in_days(&pair->beta, 10));
    earn_until(pair, 100, desk_in_days(&pair->beta, 20));
    struct uid hold = burn(pair, 90); /* 40 own, 50 of alfa's */
    assert_funded(pair, 50, 50, 0);
    give_back(pair, &pair->beta, &hold, 60); /* the last lots first */
    assert_funded(pair, 0, 100, 0);
}

static void test_what_expires_is_never_paid(void **state)
{
    struct pair *pair = *state;
    earn_until(pair, 100, desk_in_days(&pair->beta, 5));
    burn(pair, 30);
    pair_wait_days(pair, 6);
    struct command command = desk_command(&pair->beta, COMMAND_SETTLE_MEMBER);
    command.due.id = pair->member;
    desk_do(&pair->beta, &command);
    pair_settle(pair);
    assert_funded(pair, 30, 70, 0);
    assert_int_equal(desk_account(&pair->beta, ACCOUNT_BREAKAGE), 70);
}

static void test_a_returned_purchase_takes_its_own_points(void **state)
{
    struct pair *pair = *state;
    struct uid sale = earn(pair, 100);
    return_sale(pair, &sale, 40);
    assert_funded(pair, 0, 60, 0);
    burn(pair, 60);
    assert_funded(pair, 60, 0, 0);
    /* They are spent: the member owes them, and alfa is paid back. */
    return_sale(pair, &sale, 60);
    assert_funded(pair, 0, 0, 0);
    desk_assert_balances(&pair->beta, &pair->member, 0, 0, 60);
    /* What repays that is spent, too. */
    earn(pair, 80);
    desk_assert_balances(&pair->beta, &pair->member, 20, 0, 0);
    assert_funded(pair, 60, 20, 0);
}

static void test_other_lots_in_the_place_of_spent_ones(void **state)
{
    struct pair *pair = *state;
    struct uid sale = earn_until(pair, 50, desk_in_days(&pair->beta, 10));
    earn_until(pair, 50, desk_in_days(&pair->beta, 20));
    burn(pair, 50); /* all of the first */
    assert_funded(pair, 50, 50, 0);
    return_sale(pair, &sale, 50); /* the second goes in its place */
    assert_funded(pair, 50, 0, 0);
    desk_assert_balances(&pair->beta, &pair->member, 0, 0, 0);
}

static void test_more_than_was_given_is_not_paid(void **state)
{
    struct pair *pair = *state;
    earn(pair, 10);
    struct command command = desk_command(&pair->alfa, COMMAND_TAKE_ENTRY);
    command.origin = pair->beta.roster.self;
    command.take_entry.sender = pair->beta.roster.self;
    command.take_entry.entry = (struct clearing_entry){
        .number = 1, .kind = ENTRY_FUNDING, .period = {202609}, .points = {11}, .tariff = 1};
    command.take_entry.bytes = slice_of("entry", 5);
    assert_int_equal(desk_tell(&pair->alfa, &command), VERDICT_FUNDING_EXCEEDED);
    assert_int_equal(owed(&pair->alfa, 1), 0);
    command.take_entry.entry.number = 2;
    command.take_entry.entry.points = points_of(10);
    assert_int_equal(desk_tell(&pair->alfa, &command), VERDICT_OK);
    assert_int_equal(owed(&pair->alfa, 1), 10);
    pair->alfa.tariff.funding = FUNDED_AT_ISSUE;
    command.take_entry.entry.number = 3;
    command.take_entry.entry.points = points_of(1);
    assert_int_equal(desk_tell(&pair->alfa, &command), VERDICT_FUNDING_NOT_AGREED);
}

/* The issuer lost what it gave: what it refuses is the home's loss, and both owe nothing for it. */
static void test_a_refusal_is_the_homes_loss(void **state)
{
    struct pair *pair = *state;
    earn(pair, 100);
    struct ledger_key key;
    key_funding(&pair->alfa.roster.self, 1, &key);
    assert_int_equal(pair->alfa.store.del(pair->alfa.store.context, TABLE_FUNDING,
                                          slice_of(key.bytes, key.length)),
                     ERR_OK);
    burn(pair, 60);
    assert_int_equal(pair->from_beta.verdicts[0], VERDICT_FUNDING_EXCEEDED);
    assert_funded(pair, 0, 0, 0);
}

/* Summed up while the stream can't go on; one entry when it can. */
static void test_what_cant_be_told_waits(void **state)
{
    struct pair *pair = *state;
    const struct partner_id *alfa = &pair->alfa.roster.self;
    earn(pair, 100);
    desk_recover(&pair->beta, alfa, RECOVERY_BEGIN);
    struct uid hold = desk_hold(&pair->beta, &pair->card, 60);
    desk_capture(&pair->beta, &hold, 20);
    desk_capture(&pair->beta, &hold, 40);
    struct command back = desk_command(&pair->beta, COMMAND_RETURN_BURN);
    back.use = (struct command_hold_use){.hold = hold, .points = points_of(15)};
    desk_do(&pair->beta, &back);
    assert_int_equal(funding(&pair->beta, 0), 45);
    assert_true(pair_due(&pair->beta)); /* looked at: not yet */
    assert_false(pair_due(&pair->beta));
    desk_recover(&pair->beta, alfa, RECOVERY_END);
    pair->beta.now.ms += 60 * 60 * 1000;
    pair->alfa.now = pair->beta.now;
    pair_settle(pair);
    assert_int_equal(pair->from_beta.count, 1);
    assert_funded(pair, 45, 55, 0);
}

/* The ledger is older than its stream: what it tells goes by what its lots say. */
static void test_a_restored_home_tells_the_difference(void **state)
{
    struct pair *pair = *state;
    const struct partner_id *alfa = &pair->alfa.roster.self;
    earn(pair, 100);
    desk_recover(&pair->beta, alfa, RECOVERY_BEGIN);
    struct command lost = desk_command(&pair->beta, COMMAND_RECOVER_ENTRY);
    lost.recover_entry =
        (struct command_recover_entry){.receiver = *alfa,
                                       .entry = {.number = 1,
                                                 .kind = ENTRY_FUNDING,
                                                 .period = {202609},
                                                 .points = {30},
                                                 .tariff = 1,
                                                 .transaction_id = lost.transaction_id},
                                       .bytes = slice_of("an entry of before", 18)};
    desk_do(&pair->beta, &lost);
    assert_int_equal(funding(&pair->beta, 0), -30); /* told, and spent no more */
    struct uid hold = desk_hold(&pair->beta, &pair->card, 50);
    desk_capture(&pair->beta, &hold, 50); /* told again, and more */
    assert_int_equal(funding(&pair->beta, 0), 20);
    desk_recover(&pair->beta, alfa, RECOVERY_END);
    pair->beta.now.ms += 60 * 60 * 1000;
    assert_true(pair_due(&pair->beta));
    assert_int_equal(funding(&pair->beta, 0), 0);
    struct stream stream;
    assert_int_equal(
        ledger_get_stream(&pair->beta.store.view, &pair->beta.roster, STREAM_OUT, alfa, &stream),
        ERR_OK);
    assert_int_equal(stream.last_number, 2);
    assert_int_equal(owed(&pair->beta, 0), -50);
}

/* ---- Burns beside a hold's own lots ---- */

/* Beta's receipt says that it was applied, and its ledger lacks the hold. */
static void force_capture(struct pair *pair, const struct uid *hold, int64_t points)
{
    const struct partner_id *alfa = &pair->alfa.roster.self;
    struct command command = desk_command(&pair->beta, COMMAND_RECOVER_TAKEN);
    struct stream stream;
    assert_int_equal(
        ledger_get_stream(&pair->beta.store.view, &pair->beta.roster, STREAM_IN, alfa, &stream),
        ERR_OK);
    command.origin = *alfa;
    command.take_entry =
        (struct command_take_entry){.sender = *alfa,
                                    .verdict = VERDICT_OK,
                                    .entry = {.number = stream.last_number + 1,
                                              .previous_hash = stream.last_hash,
                                              .kind = ENTRY_CAPTURE,
                                              .period = stream.period,
                                              .business_time = pair->beta.now,
                                              .card = pair->card,
                                              .points = points_of(points),
                                              .tariff = 1,
                                              .transaction_id = command.transaction_id,
                                              .subject = *hold},
                                    .bytes = slice_of("a capture of before", 19)};
    desk_do(&pair->beta, &command);
}

static void take_burn_return(struct pair *pair, const struct uid *hold, int64_t points)
{
    const struct partner_id *alfa = &pair->alfa.roster.self;
    struct command command = desk_command(&pair->beta, COMMAND_TAKE_ENTRY);
    struct stream stream;
    assert_int_equal(
        ledger_get_stream(&pair->beta.store.view, &pair->beta.roster, STREAM_IN, alfa, &stream),
        ERR_OK);
    command.origin = *alfa;
    command.take_entry =
        (struct command_take_entry){.sender = *alfa,
                                    .entry = {.number = stream.last_number + 1,
                                              .kind = ENTRY_BURN_RETURN,
                                              .period = stream.period,
                                              .business_time = pair->beta.now,
                                              .card = pair->card,
                                              .points = points_of(points),
                                              .tariff = 1,
                                              .transaction_id = command.transaction_id,
                                              .subject = *hold},
                                    .bytes = slice_of("a return", 8)};
    desk_do(&pair->beta, &command);
}

static void test_a_forced_burn_goes_back_where_it_came_from(void **state)
{
    struct pair *pair = *state;
    const struct partner_id *alfa = &pair->alfa.roster.self;
    struct uid hold = desk_id(&pair->alfa);
    struct hold row;
    desk_give(&pair->beta, &pair->member, 40, desk_in_days(&pair->beta, 10));
    earn_until(pair, 100, desk_in_days(&pair->beta, 20));
    desk_recover(&pair->beta, alfa, RECOVERY_BEGIN);
    force_capture(pair, &hold, 90); /* 40 own, 50 of alfa's */
    assert_int_equal(funding(&pair->beta, 0), 50);
    force_capture(pair, &hold, 70); /* 50 of alfa's, and 20 are owed */
    assert_int_equal(funding(&pair->beta, 0), 100);
    assert_int_equal(ledger_get_hold(&pair->beta.store.view, alfa, &hold, &row), ERR_OK);
    assert_int_equal(row.unbacked.minor, 20);
    assert_int_equal(row.lot_count, 2);
    desk_assert_balances(&pair->beta, &pair->member, 0, 0, 20);
    desk_recover(&pair->beta, alfa, RECOVERY_END);
    take_burn_return(pair, &hold, 30); /* what is owed first, then the last lot */
    assert_int_equal(funding(&pair->beta, 0), 90);
    desk_assert_balances(&pair->beta, &pair->member, 10, 0, 0);
    take_burn_return(pair, &hold, 130);
    assert_int_equal(funding(&pair->beta, 0), 0);
    desk_assert_balances(&pair->beta, &pair->member, 140, 0, 0);
}

static void step_dispute(struct pair *pair, struct desk *desk, enum command_kind kind,
                         enum dispute_step step, uint64_t number)
{
    struct command command = desk_command(desk, kind);
    bool is_beta = desk == &pair->beta;
    command.dispute.partner = is_beta ? pair->alfa.roster.self : pair->beta.roster.self;
    command.dispute.direction = is_beta ? STREAM_IN : STREAM_OUT;
    command.dispute.number = number;
    command.dispute.step = step;
    command.dispute.reason = step == STEP_OPEN ? DISPUTE_NOT_RETURNED : (enum dispute_reason)0;
    desk_do(desk, &command);
    pair_settle(pair);
}

/* Goods that did not come back after all: the points are burnt again, and come back as others do.
 */
static void test_a_disputed_burn_goes_back_where_it_came_from(void **state)
{
    struct pair *pair = *state;
    earn(pair, 100);
    struct uid hold = burn_abroad(pair, 70);
    give_back(pair, &pair->alfa, &hold, 20);
    assert_funded(pair, 50, 50, 50);
    uint64_t number = pair->from_alfa.count;
    assert_int_equal(pair->from_alfa.entries[number - 1].kind, ENTRY_BURN_RETURN);
    step_dispute(pair, &pair->beta, COMMAND_OPEN_DISPUTE, STEP_OPEN, number);
    step_dispute(pair, &pair->alfa, COMMAND_STEP_DISPUTE, STEP_ACCEPT, number);
    desk_assert_balances(&pair->beta, &pair->member, 30, 0, 0);
    assert_int_equal(total(&pair->alfa, STREAM_IN, ENTRY_FUNDING) -
                         total(&pair->alfa, STREAM_IN, ENTRY_FUNDING_RETURN),
                     70);
    give_back(pair, &pair->alfa, &hold, 70);
    desk_assert_balances(&pair->beta, &pair->member, 100, 0, 0);
    assert_int_equal(total(&pair->alfa, STREAM_IN, ENTRY_FUNDING) -
                         total(&pair->alfa, STREAM_IN, ENTRY_FUNDING_RETURN),
                     0);
    assert_int_equal(funding(&pair->alfa, 0), 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_nothing_is_due_until_they_are_spent),
        TEST(test_a_hold_alone_is_not_spent),
        TEST(test_a_burn_at_the_issuer_is_paid_both_ways),
        TEST(test_only_the_issuers_lots_count),
        TEST(test_what_expires_is_never_paid),
        TEST(test_a_returned_purchase_takes_its_own_points),
        TEST(test_other_lots_in_the_place_of_spent_ones),
        TEST(test_more_than_was_given_is_not_paid),
        TEST(test_a_refusal_is_the_homes_loss),
        TEST(test_what_cant_be_told_waits),
        TEST(test_a_restored_home_tells_the_difference),
        TEST(test_a_forced_burn_goes_back_where_it_came_from),
        TEST(test_a_disputed_burn_goes_back_where_it_came_from),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
