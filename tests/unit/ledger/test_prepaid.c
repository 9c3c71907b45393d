/* Blocks of points that are paid in advance, from the offer to the end. */
#include "market.h"

static void test_a_block_is_owed_once_and_drawn_from(void **state)
{
    struct market *market = *state;
    market_trade_points(market, SIZE);
    market_assert_block(market, BLOCK_LIVE, SIZE);
    market_assert_owed(market, SIZE * 3 / 2);
    market_give(market, 400);
    assert_int_equal(market_last_entry(market)->tariff, 2);
    assert_true(uid_equal(&market_last_entry(market)->subject, &market->block));
    market_give(market, 600);
    market_assert_block(market, BLOCK_LIVE, 0);
    market_assert_owed(market, SIZE * 3 / 2);
    desk_assert_balances(&market->pair.beta, &market->pair.member, 1000, 0, 0);
}

static void test_a_return_gives_the_block_its_points_back(void **state)
{
    struct market *market = *state;
    market_trade_points(market, SIZE);
    struct uid sale = market_give(market, 400);
    market_give_back(market, &sale, 150);
    market_assert_block(market, BLOCK_LIVE, 750);
    market_give_back(market, &sale, 250);
    market_assert_block(market, BLOCK_LIVE, SIZE);
    market_assert_owed(market, SIZE * 3 / 2);
    desk_assert_balances(&market->pair.beta, &market->pair.member, 0, 0, 0);
}

/* All of an earn is drawn from one block, or none of it. */
static void test_what_it_has_not_comes_under_the_usual_tariff(void **state)
{
    struct market *market = *state;
    market_trade_points(market, SIZE);
    market_give(market, 900);
    market_give(market, 101);
    assert_int_equal(market_last_entry(market)->tariff, 1);
    assert_true(uid_is_nil(&market_last_entry(market)->subject));
    market_assert_block(market, BLOCK_LIVE, 100);
    market_assert_owed(market, SIZE * 3 / 2 + 202);
    market_give(market, 100);
    market_assert_block(market, BLOCK_LIVE, 0);
}

static void test_what_it_has_not_is_refused_when_it_says_so(void **state)
{
    struct market *market = *state;
    struct command sell = market_offer(market, SIZE);
    sell.block_of_points.terms.refuses_when_empty = true;
    market_trade(market, &sell);
    market_give(market, 900);
    struct command much = market_purchase(market, 101);
    assert_int_equal(desk_tell(&market->pair.alfa, &much), VERDICT_BLOCK_EMPTY);
    market_give(market, 100);
    pair_wait_days(&market->pair, DAYS); /* when it is over, it rules nothing any more */
    market_give(market, 101);
    assert_int_equal(market_last_entry(market)->tariff, 1);
}

static void test_the_one_that_ends_first_is_drawn_first(void **state)
{
    struct market *market = *state;
    struct uid later = market_trade_points(market, SIZE);
    struct command sell = market_offer(market, 100);
    sell.block_of_points.terms.valid_until = desk_in_days(&market->pair.beta, DAYS - 1);
    market_trade(market, &sell);
    market_give(market, 60);
    market_assert_block(market, BLOCK_LIVE, 40);
    market_give(market, 60); /* which the other one has */
    market_assert_block(market, BLOCK_LIVE, 40);
    market->block = later;
    market_assert_block(market, BLOCK_LIVE, SIZE - 60);
}

/* Its price was 3 for 2, and 1 for 2 comes back: of 400 left 200. */
static void test_what_is_left_is_bought_back(void **state)
{
    struct market *market = *state;
    market_trade_points(market, SIZE);
    struct uid sale = market_give(market, 600);
    pair_wait_days(&market->pair, DAYS);
    pair_settle(&market->pair);
    assert_int_equal(market_last_entry(market)->kind, ENTRY_BLOCK_ENDED);
    assert_int_equal(market_last_entry(market)->points.minor, 400);
    market_assert_block(market, BLOCK_ENDED, 0);
    market_assert_owed(market, SIZE * 3 / 2 - 200);
    market_give(market, 1); /* not of the block any more */
    market_assert_owed(market, SIZE * 3 / 2 - 200 + 2);
    /* What returns after that is bought back as well, together. */
    market_give_back(market, &sale, 50);
    market_give_back(market, &sale, 50);
    market_assert_block(market, BLOCK_ENDED, 100);
    pair_wait_days(&market->pair, 1);
    pair_settle(&market->pair);
    market_assert_block(market, BLOCK_ENDED, 0);
    assert_int_equal(market_last_entry(market)->points.minor, 100);
    market_assert_owed(market, SIZE * 3 / 2 - 250 + 2);
}

static void test_what_is_left_is_kept_under_another_tariff(void **state)
{
    struct market *market = *state;
    market->tariffs[1].redemption_price = money_of(0);
    market_trade_points(market, SIZE);
    pair_wait_days(&market->pair, DAYS);
    pair_settle(&market->pair);
    assert_int_equal(market_last_entry(market)->kind, ENTRY_BLOCK_ENDED);
    market_assert_block(market, BLOCK_ENDED, 0);
    market_assert_owed(market, SIZE * 3 / 2);
}

static void test_a_used_up_block_ends_without_a_word(void **state)
{
    struct market *market = *state;
    struct block_line line;
    market_trade_points(market, SIZE);
    market_give(market, SIZE);
    size_t count = market->pair.from_alfa.count;
    pair_wait_days(&market->pair, DAYS);
    pair_settle(&market->pair);
    assert_int_equal(market->pair.from_alfa.count, count);
    assert_int_equal(market_row(market, &market->pair.alfa).state, BLOCK_ENDED);
    assert_int_equal(ledger_get_block_line(&market->pair.alfa.store.view,
                                           &market->pair.beta.roster.self,
                                           &market->pair.alfa.roster.self, &line),
                     ERR_NOT_FOUND);
}

/* ---- What can't be sold, and caps ---- */

static void test_what_can_not_be_sold(void **state)
{
    struct market *market = *state;
    struct desk *beta = &market->pair.beta;
    struct command sell = market_offer(market, SIZE);
    desk_do(beta, &sell);
    desk_do(beta, &sell); /* the same once more is no second one */
    struct command again = sell;
    again.transaction_id = desk_id(beta);
    assert_int_equal(desk_tell(beta, &again), VERDICT_BLOCK_EXISTS);
    sell = market_offer(market, 0);
    assert_int_equal(desk_tell(beta, &sell), VERDICT_POINTS_NOT_POSITIVE);
    sell = market_offer(market, SIZE);
    sell.block_of_points.terms.tariff = 1;
    assert_int_equal(desk_tell(beta, &sell), VERDICT_TARIFF_NOT_IN_FORCE);
    sell = market_offer(market, SIZE);
    sell.block_of_points.terms.offered_until.ms = beta->now.ms - 1;
    assert_int_equal(desk_tell(beta, &sell), VERDICT_BLOCK_EXPIRED);
    sell = market_offer(market, SIZE);
    sell.block_of_points.terms.valid_until = sell.block_of_points.terms.offered_until;
    assert_int_equal(desk_tell(beta, &sell), VERDICT_BLOCK_TERMS);
    sell = market_offer(market, SIZE);
    sell.block_of_points.terms.seller = market->pair.alfa.roster.self;
    assert_int_equal(desk_tell(beta, &sell), VERDICT_BLOCK_TERMS);
    for (unsigned i = 1; i < LIMIT_BLOCKS_OPEN; i++) {
        sell = market_offer(market, SIZE);
        desk_do(beta, &sell);
    }
    sell = market_offer(market, SIZE);
    assert_int_equal(desk_tell(beta, &sell), VERDICT_BLOCK_EXISTS);
    beta->now.ms += DAY_MS + LIMIT_BLOCK_GRACE_MS + 1; /* offers that nobody took make room */
    sell = market_offer(market, SIZE);
    desk_do(beta, &sell);
}

static void test_a_cap_is_for_the_block_and_not_for_its_draws(void **state)
{
    struct market *market = *state;
    struct pair *pair = &market->pair;
    pair->alfa.roster.net_debit_cap = pair->beta.roster.net_debit_cap = money_of(1600);
    market_trade_points(market, SIZE); /* 1500 */
    struct command sell = market_offer(market, SIZE);
    struct command buy = market_acceptance(market, &sell);
    desk_do(&pair->beta, &sell);
    assert_int_equal(desk_tell(&pair->alfa, &buy), VERDICT_NET_DEBIT_CAP);
    market_give(market, 900);
    struct command much = market_purchase(market, 101);
    assert_int_equal(desk_tell(&pair->alfa, &much), VERDICT_NET_DEBIT_CAP);
    pair->alfa.roster.net_debit_cap = money_of(0);
    buy.transaction_id = desk_id(&pair->alfa);
    desk_do(&pair->alfa, &buy); /* beta's cap is the same */
    pair_settle(pair);
    assert_int_equal(market_last_verdict(market), VERDICT_NET_DEBIT_CAP);
    market_assert_owed(market, SIZE * 3 / 2);
}

/* ---- Disputes ---- */

/* Beta disputes this entry of alfa's, and alfa agrees. */
static void give_in(struct market *market, uint64_t number, int64_t claim)
{
    struct pair *pair = &market->pair;
    struct command_dispute about = {.number = number, .points = points_of(claim)};
    struct command open = desk_command(&pair->beta, COMMAND_OPEN_DISPUTE);
    struct command accept = desk_command(&pair->alfa, COMMAND_STEP_DISPUTE);
    open.dispute = about;
    open.dispute.partner = pair->alfa.roster.self;
    open.dispute.direction = STREAM_IN;
    open.dispute.reason = DISPUTE_AMOUNT_WRONG;
    desk_do(&pair->beta, &open);
    pair_settle(pair);
    accept.dispute = about;
    accept.dispute.points = points_of(0);
    accept.dispute.partner = pair->beta.roster.self;
    accept.dispute.direction = STREAM_OUT;
    accept.dispute.step = STEP_ACCEPT;
    desk_do(&pair->alfa, &accept);
    pair_settle(pair);
}

static void test_a_draw_that_was_wrong_goes_back(void **state)
{
    struct market *market = *state;
    market_trade_points(market, SIZE);
    market_give(market, 400);
    give_in(market, market->pair.from_alfa.count, 150);
    market_assert_block(market, BLOCK_LIVE, 750);
    market_assert_owed(market, SIZE * 3 / 2);
    desk_assert_balances(&market->pair.beta, &market->pair.member, 250, 0, 0);
}

/* The same after the period of the draw: a correction, which owes nothing, is in the next one. */
static void test_a_draw_that_was_wrong_goes_back_later(void **state)
{
    struct market *market = *state;
    market_trade_points(market, SIZE);
    market_give(market, 400);
    size_t draw = market->pair.from_alfa.count;
    pair_mark(&market->pair.alfa);
    pair_mark(&market->pair.beta);
    pair_settle(&market->pair);
    give_in(market, draw, 150);
    market_assert_block(market, BLOCK_LIVE, 750);
    market_assert_owed(market, SIZE * 3 / 2);
    desk_assert_balances(&market->pair.beta, &market->pair.member, 250, 0, 0);
}

/* ---- Older copies ---- */

static void test_a_buyer_that_lost_it_has_it_again(void **state)
{
    struct market *market = *state;
    struct pair *pair = &market->pair;
    struct pair_stream *stream = &pair->from_alfa;
    market_trade_points(market, SIZE);
    struct uid sale = market_give(market, 400);
    market_give_back(market, &sale, 100);
    struct desk restored;
    desk_init(&restored);
    restored.now = pair->alfa.now;
    restored.roster = pair->alfa.roster;
    desk_recover(&restored, &pair->beta.roster.self, RECOVERY_BEGIN);
    for (size_t i = 0; i < stream->count; i++) {
        struct command again = desk_command(&restored, COMMAND_RECOVER_ENTRY);
        again.transaction_id = stream->entries[i].transaction_id;
        again.recover_entry =
            (struct command_recover_entry){.receiver = pair->beta.roster.self,
                                           .entry = stream->entries[i],
                                           .bytes = slice_of(stream->bytes[i], stream->lengths[i])};
        desk_do(&restored, &again);
    }
    assert_int_equal(market_row(market, &restored).state, BLOCK_BOUGHT);
    assert_int_equal(market_row(market, &restored).left, 700);
    /* The receipts come again. */
    struct desk lost = pair->alfa;
    pair->alfa = restored;
    stream->receipted = 0;
    stream->receipts = 0;
    pair_receipt(pair, &pair->alfa);
    desk_recover(&pair->alfa, &pair->beta.roster.self, RECOVERY_END);
    market_assert_block(market, BLOCK_LIVE, 700);
    market_assert_owed(market, SIZE * 3 / 2);
    desk_fini(&lost);
}

static void test_a_seller_that_lost_it_has_it_again(void **state)
{
    struct market *market = *state;
    struct pair *pair = &market->pair;
    struct pair_stream *stream = &pair->from_alfa;
    market_trade_points(market, SIZE);
    struct uid sale = market_give(market, 400);
    market_give_back(market, &sale, 100);
    struct desk restored;
    desk_init(&restored);
    restored.now = pair->beta.now;
    restored.roster = pair->beta.roster;
    desk_recover(&restored, &pair->alfa.roster.self, RECOVERY_BEGIN);
    for (size_t i = 0; i < stream->count; i++) {
        struct command again = desk_command(&restored, COMMAND_RECOVER_TAKEN);
        again.take_entry =
            (struct command_take_entry){.sender = pair->alfa.roster.self,
                                        .entry = stream->entries[i],
                                        .bytes = slice_of(stream->bytes[i], stream->lengths[i])};
        desk_do(&restored, &again);
    }
    struct desk lost = pair->beta;
    pair->beta = restored;
    market_assert_block(market, BLOCK_LIVE, 700);
    assert_int_equal(market_owed(&pair->beta, 0), -SIZE * 3 / 2);
    desk_fini(&lost);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MARKET_TEST(test_a_block_is_owed_once_and_drawn_from),
        MARKET_TEST(test_a_return_gives_the_block_its_points_back),
        MARKET_TEST(test_what_it_has_not_comes_under_the_usual_tariff),
        MARKET_TEST(test_what_it_has_not_is_refused_when_it_says_so),
        MARKET_TEST(test_the_one_that_ends_first_is_drawn_first),
        MARKET_TEST(test_what_is_left_is_bought_back),
        MARKET_TEST(test_what_is_left_is_kept_under_another_tariff),
        MARKET_TEST(test_a_used_up_block_ends_without_a_word),
        MARKET_TEST(test_what_can_not_be_sold),
        MARKET_TEST(test_a_cap_is_for_the_block_and_not_for_its_draws),
        MARKET_TEST(test_a_draw_that_was_wrong_goes_back),
        MARKET_TEST(test_a_draw_that_was_wrong_goes_back_later),
        MARKET_TEST(test_a_buyer_that_lost_it_has_it_again),
        MARKET_TEST(test_a_seller_that_lost_it_has_it_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
