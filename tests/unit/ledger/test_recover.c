/* What a restored ledger writes again: entries of its own under their old numbers, partners'
 * entries as its receipts say, promises; and what it owes and reports when the copy lacks what they
 * are about. */
#include "lost.h"

static struct scene scene;
static struct desk *const desk = &scene.desk;

static int begin(void **state)
{
    (void)state;
    scene_init(&scene);
    lost_begin(&scene);
    return 0;
}

static int end(void **state)
{
    (void)state;
    scene_fini(&scene);
    return 0;
}

static struct stream stream_of(enum stream_direction direction)
{
    struct stream stream;
    assert_int_equal(ledger_get_stream(&desk->store.view, &desk->roster, direction,
                                       &desk->partners[1].id, &stream),
                     ERR_OK);
    return stream;
}

static void test_an_earn_is_back_and_its_repeat_is_one(void **state)
{
    (void)state;
    int64_t issued = desk_account(desk, ACCOUNT_ISSUED);
    struct stream before = stream_of(STREAM_OUT);
    struct command entry =
        lost_entry(&scene, COMMAND_RECOVER_ENTRY, ENTRY_EARN, 12, &scene.beta_card, NULL);
    desk_do(desk, &entry);
    struct stream after = stream_of(STREAM_OUT);
    assert_int_equal(after.last_number, before.last_number + 1);
    assert_true(after.is_recovering);
    struct hash hash = entry_hash(entry.recover_entry.bytes);
    assert_true(hash_equal(&after.last_hash, &hash));
    assert_int_equal(desk_account(desk, ACCOUNT_ISSUED), issued - 12);
    struct command again = lost_told_again(desk, &entry, COMMAND_EARN);
    again.earn = (struct command_earn){.card = scene.beta_card, .amount = money_of(1200)};
    uint64_t row = desk->row;
    desk_do(desk, &again);
    assert_int_equal(desk->row, row);
    assert_int_equal(desk->answer.points.minor, 12);
    assert_string_equal(desk->answer.home.text, desk->partners[1].id.text);
    again.earn.card = scene.rich_card;
    assert_int_equal(lost_decide(desk, &again), ERR_UNAVAILABLE); /* it may have led there */
    again.earn.card = scene.beta_card;
    again.earn.is_fixed = true;
    again.earn.fixed_points = points_of(13);
    assert_int_equal(desk_tell(desk, &again), VERDICT_TRANSACTION_ID_REUSED);
    struct command other = lost_told_again(desk, &entry, COMMAND_VOID);
    other.use.hold = scene.foreign;
    assert_int_equal(desk_tell(desk, &other), VERDICT_TRANSACTION_ID_REUSED);
    assert_int_equal(lost_recovery(desk).own_entries, 1);
    assert_int_equal(lost_recovery(desk).own_last, after.last_number);
    assert_int_equal(lost_recovery(desk).own_points.minor, 12);
}

static void test_a_return_follows_its_sale(void **state)
{
    (void)state;
    struct command earn =
        lost_entry(&scene, COMMAND_RECOVER_ENTRY, ENTRY_EARN, 12, &scene.beta_card, NULL);
    desk_do(desk, &earn);
    struct command back = lost_entry(&scene, COMMAND_RECOVER_ENTRY, ENTRY_EARN_RETURN, 5,
                                     &scene.beta_card, &earn.transaction_id);
    desk_do(desk, &back);
    struct sale sale;
    assert_int_equal(
        ledger_get_sale(&desk->store.view, &desk->roster.self, &earn.transaction_id, &sale),
        ERR_OK);
    assert_int_equal(sale.taken.minor, 5);
    struct command again = lost_told_again(desk, &back, COMMAND_RETURN_SALE);
    again.return_sale.sale = earn.transaction_id;
    desk_do(desk, &again);
    assert_int_equal(desk->answer.points.minor, 5);
    struct command unknown = lost_entry(&scene, COMMAND_RECOVER_ENTRY, ENTRY_EARN_RETURN, 5,
                                        &scene.beta_card, &scene.nobody);
    desk_do(desk, &unknown);
    assert_int_equal(lost_recovery(desk).unreplayed, 1);
}

static void test_a_card_is_blocked_again_and_its_repeat_is_one(void **state)
{
    (void)state;
    struct card card;
    struct command entry =
        lost_entry(&scene, COMMAND_RECOVER_ENTRY, ENTRY_CARD_BLOCK, 0, &scene.rich_card, NULL);
    desk_do(desk, &entry);
    assert_int_equal(ledger_get_card(&desk->store.view, &scene.rich_card, &card), ERR_OK);
    assert_true(card.is_blocked);
    struct command again = lost_told_again(desk, &entry, COMMAND_BLOCK_CARD);
    again.card.card = scene.rich_card;
    uint64_t row = desk->row;
    desk_do(desk, &again);
    assert_int_equal(desk->row, row);
    struct command other = lost_told_again(desk, &entry, COMMAND_UNBLOCK_CARD);
    other.card.card = scene.rich_card;
    assert_int_equal(desk_tell(desk, &other), VERDICT_TRANSACTION_ID_REUSED);
    again.card.card = scene.poor_card;
    assert_int_equal(desk_tell(desk, &again), VERDICT_TRANSACTION_ID_REUSED);
}

static uint64_t news_told(void)
{
    uint64_t told;
    assert_int_equal(
        ledger_get_partner_count(&desk->store.view, META_NEWS_TOLD, &desk->partners[1].id, &told),
        ERR_OK);
    return told;
}

static bool is_telling_due(void)
{
    static const struct partner_id none = {{0}};
    static const struct uid nothing = {{0}};
    struct ledger_key key;
    struct slice value;
    key_due(desk->now, DUE_CARD_NEWS, &none, &nothing, &key);
    return view_get(&desk->store.view, TABLE_DUE, &key, &value) == ERR_OK;
}

/* What one partner was told of a card goes to the others; what another brings that is older than
 * that does not undo it. */
static void test_news_of_a_card_that_one_partner_had_heard(void **state)
{
    (void)state;
    static const struct partner_id all = {{0}};
    struct card card;
    uint64_t before = news_told();
    uint64_t last;
    struct command block =
        lost_entry(&scene, COMMAND_RECOVER_ENTRY, ENTRY_CARD_BLOCK, 0, &scene.rich_card, NULL);
    desk_do(desk, &block);
    assert_int_equal(ledger_get_partner_count(&desk->store.view, META_CARD_NEWS, &all, &last),
                     ERR_OK);
    assert_int_equal(last, before + 1);
    assert_int_equal(news_told(), before + 1); /* this one has heard it */
    assert_int_equal(ledger_get_card(&desk->store.view, &scene.rich_card, &card), ERR_OK);
    assert_true(card.is_blocked);
    struct command over = desk_command(desk, COMMAND_RECOVERY);
    over.recovery =
        (struct command_recovery){.partner = desk->partners[1].id, .step = RECOVERY_END};
    desk_do(desk, &over);
    assert_false(is_telling_due());
}

/* The office blocked it while the partner had still to show what it holds. */
static void test_news_while_a_partner_recovers_are_told_after(void **state)
{
    (void)state;
    uint64_t before = news_told();
    struct command block = desk_command(desk, COMMAND_BLOCK_CARD);
    block.card.card = scene.rich_card;
    desk_do(desk, &block);
    assert_int_equal(news_told(), before);
    struct command over = desk_command(desk, COMMAND_RECOVERY);
    over.recovery =
        (struct command_recovery){.partner = desk->partners[1].id, .step = RECOVERY_END};
    desk_do(desk, &over);
    assert_true(is_telling_due());
    struct command tell = desk_command(desk, COMMAND_TELL_CARDS);
    desk_do(desk, &tell);
    assert_int_equal(news_told(), before + 1);
}

static void test_what_was_said_of_a_card_that_leads_elsewhere(void **state)
{
    (void)state;
    struct command earn =
        lost_entry(&scene, COMMAND_RECOVER_ENTRY, ENTRY_EARN, 12, &scene.moved_card, NULL);
    desk_do(desk, &earn);
    struct command block =
        lost_entry(&scene, COMMAND_RECOVER_ENTRY, ENTRY_CARD_BLOCK, 0, &scene.gone_card, NULL);
    desk_do(desk, &block);
    struct command again = lost_told_again(desk, &earn, COMMAND_EARN);
    again.earn = (struct command_earn){.card = scene.gone_card, .amount = money_of(1200)};
    desk_do(desk, &again);
    assert_int_equal(desk->answer.points.minor, 12);
    struct command moved =
        lost_entry(&scene, COMMAND_RECOVER_ENTRY, ENTRY_CARD_MOVED, 0, &scene.gone_card, NULL);
    moved.recover_entry.entry.moved_to = scene.moved_card;
    desk_do(desk, &moved);
    again = lost_told_again(desk, &moved, COMMAND_UNBLOCK_CARD);
    again.card.card = scene.gone_card;
    desk_do(desk, &again);
    struct command other = lost_told_again(desk, &moved, COMMAND_BLOCK_CARD);
    other.card.card = scene.gone_card;
    assert_int_equal(desk_tell(desk, &other), VERDICT_TRANSACTION_ID_REUSED);
}

static void hold_is(const struct uid *id, enum hold_state state, int64_t captured, int64_t returned)
{
    struct hold hold;
    assert_int_equal(ledger_get_hold(&desk->store.view, &desk->roster.self, id, &hold), ERR_OK);
    assert_int_equal(hold.state, state);
    assert_int_equal(hold.captured.minor, captured);
    assert_int_equal(hold.returned.minor, returned);
}

static void test_burns_at_our_tills(void **state)
{
    (void)state;
    int64_t redeemed = desk_account(desk, ACCOUNT_REDEEMED);
    struct command capture = lost_entry(&scene, COMMAND_RECOVER_ENTRY, ENTRY_CAPTURE, 15,
                                        &scene.beta_card, &scene.foreign);
    desk_do(desk, &capture);
    hold_is(&scene.foreign, HOLD_OPEN, 15, 0);
    assert_int_equal(desk_account(desk, ACCOUNT_REDEEMED), redeemed + 15);
    struct command again = lost_told_again(desk, &capture, COMMAND_CAPTURE);
    again.use = (struct command_hold_use){.hold = scene.foreign, .points = points_of(15)};
    desk_do(desk, &again);
    hold_is(&scene.foreign, HOLD_OPEN, 15, 0);
    struct command rest =
        lost_entry(&scene, COMMAND_RECOVER_ENTRY, ENTRY_VOID, 0, &scene.beta_card, &scene.foreign);
    desk_do(desk, &rest);
    hold_is(&scene.foreign, HOLD_VOIDED, 15, 0);
    struct uid never = desk_id(desk);
    capture = lost_entry(&scene, COMMAND_RECOVER_ENTRY, ENTRY_CAPTURE, 9, &scene.beta_card, &never);
    desk_do(desk, &capture);
    hold_is(&never, HOLD_CAPTURED, 9, 0);
    struct command goods =
        lost_entry(&scene, COMMAND_RECOVER_ENTRY, ENTRY_BURN_RETURN, 4, &scene.beta_card, &never);
    desk_do(desk, &goods);
    hold_is(&never, HOLD_CAPTURED, 9, 4);
    assert_int_equal(desk_account(desk, ACCOUNT_REDEEMED), redeemed + 15 + 9 - 4);
}

static void test_only_what_follows_on(void **state)
{
    (void)state;
    struct command entry =
        lost_entry(&scene, COMMAND_RECOVER_ENTRY, ENTRY_EARN, 12, &scene.beta_card, NULL);
    entry.recover_entry.entry.number++;
    assert_int_equal(lost_decide(desk, &entry), ERR_CONFLICT);
    entry.recover_entry.entry.number--;
    entry.recover_entry.entry.previous_hash.bytes[0] ^= 1;
    assert_int_equal(lost_decide(desk, &entry), ERR_CONFLICT);
    entry.recover_entry.entry.previous_hash.bytes[0] ^= 1;
    entry.recover_entry.entry.period = period_next(entry.recover_entry.entry.period);
    assert_int_equal(lost_decide(desk, &entry), ERR_CONFLICT);
    struct command taken =
        lost_entry(&scene, COMMAND_RECOVER_TAKEN, ENTRY_EARN, 12, &scene.rich_card, NULL);
    taken.take_entry.entry.previous_hash.bytes[0] ^= 1;
    assert_int_equal(lost_decide(desk, &taken), ERR_CONFLICT);
}

/* Nothing new is written or taken meanwhile, and a till that asks again later is not told that it
 * was refused. */
static void test_nothing_new_until_the_end(void **state)
{
    (void)state;
    struct command earn = desk_command(desk, COMMAND_EARN);
    earn.earn = (struct command_earn){
        .card = scene.beta_card, .is_fixed = true, .fixed_points = points_of(3), .currency = "EUR"};
    assert_int_equal(lost_decide(desk, &earn), ERR_UNAVAILABLE);
    struct command close = scene_command(&scene, COMMAND_CLOSE_PERIOD);
    assert_int_equal(lost_decide(desk, &close), ERR_UNAVAILABLE);
    struct command entry = scene_entry(&scene, ENTRY_EARN, 5);
    entry.take_entry.entry.card = scene.rich_card;
    assert_int_equal(lost_decide(desk, &entry), ERR_CONFLICT);
    struct command hold = desk_command(desk, COMMAND_HOLD);
    hold.hold = (struct command_hold){.redeemer = desk->roster.self,
                                      .card = scene.rich_card,
                                      .points = points_of(1),
                                      .capture_by = desk_in_days(desk, 1),
                                      .deliver_by = desk_in_days(desk, 2)};
    desk_do(desk, &hold); /* our own till's */
    hold.transaction_id = desk_id(desk);
    hold.origin = hold.hold.redeemer = desk->partners[1].id;
    assert_int_equal(lost_decide(desk, &hold), ERR_UNAVAILABLE);
    hold.hold.card = scene.no_card; /* nor is it refused */
    assert_int_equal(lost_decide(desk, &hold), ERR_UNAVAILABLE);
    hold.hold.card = scene.rich_card;
    struct command over = desk_command(desk, COMMAND_RECOVERY);
    over.recovery =
        (struct command_recovery){.partner = desk->partners[1].id, .step = RECOVERY_END};
    desk_do(desk, &over);
    assert_int_equal(lost_recovery(desk).ended.ms, desk->now.ms);
    desk_do(desk, &earn);
    desk_do(desk, &entry);
    desk_do(desk, &hold);
    struct command late =
        lost_entry(&scene, COMMAND_RECOVER_ENTRY, ENTRY_EARN, 12, &scene.beta_card, NULL);
    assert_true(stream_of(STREAM_OUT).is_recovering); /* the scene begins anew */
    assert_int_equal(lost_recovery(desk).own_entries, 0);
    (void)late;
}

static void test_cards_that_may_have_been_given_are_left_out(void **state)
{
    (void)state;
    struct card_number first;
    struct card_number second;
    (void)desk_enrol(desk, &first);
    struct command known = lost_entry(&scene, COMMAND_RECOVER_TAKEN, ENTRY_EARN, 5, &first, NULL);
    assert_int_equal(card_number_make(&desk->partners[0].prefix, 5000, &second), ERR_OK);
    known.take_entry.entry.card = second;
    desk_do(desk, &known);
    assert_int_equal(lost_recovery(desk).members, 1);
    (void)desk_enrol(desk, &second);
    struct card_number expected;
    assert_int_equal(card_number_make(&desk->partners[0].prefix, 5001, &expected), ERR_OK);
    assert_string_equal(second.digits, expected.digits);
    assert_true(strcmp(first.digits, scene.rich_card.digits) != 0);
    assert_int_equal(card_number_make(&desk->partners[0].prefix, 1000, &expected), ERR_OK);
    assert_true(strcmp(first.digits, expected.digits) > 0);
}

/* An hour after the same copy was put back for the first time. */
static void test_cards_that_an_earlier_recovery_has_given(void **state)
{
    (void)state;
    struct card_number card;
    struct card_number given;
    int64_t copied_ms = desk->now.ms;
    for (unsigned i = 0; i < 900; i++) {
        (void)desk_enrol(desk, &given);
    }
    scene_fini(&scene);
    scene_init(&scene);
    struct command again = desk_command(desk, COMMAND_RECOVERY);
    again.business_time.ms = copied_ms;
    again.recovery = (struct command_recovery){
        .partner = desk->partners[1].id, .step = RECOVERY_BEGIN, .skips_cards = true};
    desk->now.ms = copied_ms + DAY_MS / 24;
    desk_do(desk, &again);
    (void)desk_enrol(desk, &card);
    assert_true(strcmp(card.digits, given.digits) > 0);
}

static void test_an_earn_of_a_card_that_nobody_has(void **state)
{
    (void)state;
    struct command earn =
        lost_entry(&scene, COMMAND_RECOVER_TAKEN, ENTRY_EARN, 30, &scene.no_card, NULL);
    desk_do(desk, &earn);
    struct card card;
    assert_int_equal(ledger_get_card(&desk->store.view, &scene.no_card, &card), ERR_OK);
    desk_assert_balances(desk, &card.member, 30, 0, 0);
    assert_int_equal(lost_recovery(desk).forced, 1);
    assert_int_equal(lost_recovery(desk).members, 1);
    assert_int_equal(lost_recovery(desk).taken_points.minor, 30);
    struct command back = lost_entry(&scene, COMMAND_RECOVER_TAKEN, ENTRY_EARN_RETURN, 10,
                                     &scene.no_card, &earn.take_entry.entry.transaction_id);
    desk_do(desk, &back);
    desk_assert_balances(desk, &card.member, 20, 0, 0);
    assert_int_equal(lost_recovery(desk).forced, 1); /* that sale is here */
    struct command merge = desk_command(desk, COMMAND_MERGE_MEMBERS);
    merge.merge = (struct command_merge){card.member, scene.spent};
    desk_do(desk, &merge);
    desk_assert_balances(desk, &scene.spent, 20, 0, 0);
}

static void test_a_capture_without_its_hold_is_owed(void **state)
{
    (void)state;
    struct member before;
    struct uid hold = desk_id(desk);
    desk_member(desk, &scene.spent, &before);
    assert_int_equal(before.available.minor, 0);
    struct command capture =
        lost_entry(&scene, COMMAND_RECOVER_TAKEN, ENTRY_CAPTURE, 25, &scene.spent_card, &hold);
    desk_do(desk, &capture);
    desk_assert_balances(desk, &scene.spent, 0, 0, 25);
    assert_int_equal(lost_recovery(desk).debt.minor, 25);
    struct command goods =
        lost_entry(&scene, COMMAND_RECOVER_TAKEN, ENTRY_BURN_RETURN, 10, &scene.spent_card, &hold);
    desk_do(desk, &goods);
    desk_assert_balances(desk, &scene.spent, 0, 0, 15);
    assert_int_equal(lost_recovery(desk).forced, 1);
}

static void test_a_capture_of_a_hold_that_ended_meanwhile(void **state)
{
    (void)state;
    struct member before;
    desk_member(desk, &scene.rich, &before);
    struct command capture = lost_entry(&scene, COMMAND_RECOVER_TAKEN, ENTRY_CAPTURE, 7,
                                        &scene.rich_card, &scene.partner_ended);
    desk_do(desk, &capture);
    desk_assert_balances(desk, &scene.rich, before.available.minor - 7, before.held.minor, 0);
    struct command late = lost_entry(&scene, COMMAND_RECOVER_TAKEN, ENTRY_CAPTURE, 20,
                                     &scene.rich_card, &scene.partner_hold);
    late.take_entry.entry.business_time.ms += 40 * DAY_MS;
    desk_do(desk, &late);
    desk_assert_balances(desk, &scene.rich, before.available.minor - 7, before.held.minor - 20, 0);
    assert_int_equal(lost_recovery(desk).forced, 2);
    assert_int_equal(lost_recovery(desk).debt.minor, 0);
}

/* The mandate was given after the copy was made: the receipt stands all the same. */
static void test_a_capture_under_a_lost_mandate(void **state)
{
    (void)state;
    struct uid hold = desk_id(desk);
    struct command capture =
        lost_entry(&scene, COMMAND_RECOVER_TAKEN, ENTRY_CAPTURE, 25, &scene.spent_card, &hold);
    capture.take_entry.entry.mandate = scene.nobody;
    desk_do(desk, &capture);
    desk_assert_balances(desk, &scene.spent, 0, 0, 25);
    assert_int_equal(lost_recovery(desk).forced, 1);
}

/* A void left a hold that is nobody's; what was captured of it is the card's. */
static void test_a_capture_of_a_hold_that_nobody_bore(void **state)
{
    (void)state;
    struct uid hold = desk_id(desk);
    struct command given_up =
        lost_entry(&scene, COMMAND_RECOVER_TAKEN, ENTRY_VOID, 0, &scene.spent_card, &hold);
    desk_do(desk, &given_up);
    struct command capture =
        lost_entry(&scene, COMMAND_RECOVER_TAKEN, ENTRY_CAPTURE, 25, &scene.spent_card, &hold);
    desk_do(desk, &capture);
    desk_assert_balances(desk, &scene.spent, 0, 0, 25);
    struct command goods =
        lost_entry(&scene, COMMAND_RECOVER_TAKEN, ENTRY_BURN_RETURN, 25, &scene.spent_card, &hold);
    desk_do(desk, &goods);
    desk_assert_balances(desk, &scene.spent, 0, 0, 0);
}

static void test_a_refusal_stands(void **state)
{
    (void)state;
    struct member before;
    desk_member(desk, &scene.rich, &before);
    struct command earn =
        lost_entry(&scene, COMMAND_RECOVER_TAKEN, ENTRY_EARN, 30, &scene.rich_card, NULL);
    earn.take_entry.verdict = VERDICT_CARD_BLOCKED;
    struct stream stream = stream_of(STREAM_IN);
    desk_do(desk, &earn);
    desk_assert_balances(desk, &scene.rich, before.available.minor, before.held.minor, 0);
    assert_int_equal(stream_of(STREAM_IN).last_number, stream.last_number + 1);
    assert_int_equal(lost_recovery(desk).taken_entries, 1);
    assert_int_equal(lost_recovery(desk).taken_points.minor, 0);
}

static void test_promises_are_kept(void **state)
{
    (void)state;
    struct command promise = scene_command(&scene, COMMAND_RECOVER_HOLD);
    promise.recover_hold.card = scene.poor_card;
    struct member before;
    desk_member(desk, &scene.poor, &before);
    int64_t lack = 11;
    promise.recover_hold.points = points_of(before.available.minor + before.pending.minor + lack);
    desk_do(desk, &promise);
    desk_assert_balances(desk, &scene.poor, 0,
                         before.held.minor + promise.recover_hold.points.minor, lack);
    uint64_t row = desk->row;
    struct command again = lost_told_again(desk, &promise, COMMAND_HOLD);
    again.origin = promise.origin;
    again.hold = (struct command_hold){
        .redeemer = promise.origin, .card = scene.poor_card, .points = promise.recover_hold.points};
    desk_do(desk, &again);
    assert_int_equal(desk->row, row);
    assert_int_equal(desk->answer.deliver_by.ms, promise.recover_hold.deliver_by.ms);
    again.hold.points.minor++;
    assert_int_equal(desk_tell(desk, &again), VERDICT_TRANSACTION_ID_REUSED);
    desk_do(desk, &promise); /* it is here: nothing more is held */
    assert_int_equal(lost_recovery(desk).holds, 1);
    struct command rest = lost_entry(&scene, COMMAND_RECOVER_TAKEN, ENTRY_VOID, 0, &scene.poor_card,
                                     &promise.transaction_id);
    desk_do(desk, &rest);
    desk_assert_balances(desk, &scene.poor, before.available.minor + before.pending.minor,
                         before.held.minor, 0);
}

static void test_a_grant_to_our_till(void **state)
{
    (void)state;
    struct command grant = desk_command(desk, COMMAND_RECOVER_HOLD);
    grant.recover_hold = (struct command_recover_hold){.home = desk->partners[1].id,
                                                       .redeemer = desk->roster.self,
                                                       .card = scene.beta_card,
                                                       .points = points_of(8),
                                                       .capture_by = desk_in_days(desk, 1),
                                                       .deliver_by = desk_in_days(desk, 2)};
    desk_do(desk, &grant);
    hold_is(&grant.transaction_id, HOLD_OPEN, 0, 0);
    struct command again = lost_told_again(desk, &grant, COMMAND_FOREIGN_HOLD);
    again.hold = (struct command_hold){
        .redeemer = desk->roster.self, .card = scene.beta_card, .points = points_of(8)};
    desk_do(desk, &again);
    assert_int_equal(desk->answer.points.minor, 8);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_earn_is_back_and_its_repeat_is_one),
        TEST(test_a_return_follows_its_sale),
        TEST(test_a_card_is_blocked_again_and_its_repeat_is_one),
        TEST(test_news_of_a_card_that_one_partner_had_heard),
        TEST(test_news_while_a_partner_recovers_are_told_after),
        TEST(test_what_was_said_of_a_card_that_leads_elsewhere),
        TEST(test_burns_at_our_tills),
        TEST(test_only_what_follows_on),
        TEST(test_nothing_new_until_the_end),
        TEST(test_cards_that_may_have_been_given_are_left_out),
        TEST(test_cards_that_an_earlier_recovery_has_given),
        TEST(test_an_earn_of_a_card_that_nobody_has),
        TEST(test_a_capture_without_its_hold_is_owed),
        TEST(test_a_capture_of_a_hold_that_ended_meanwhile),
        TEST(test_a_capture_under_a_lost_mandate),
        TEST(test_a_capture_of_a_hold_that_nobody_bore),
        TEST(test_a_refusal_stands),
        TEST(test_promises_are_kept),
        TEST(test_a_grant_to_our_till),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
