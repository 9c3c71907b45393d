/* What a seller of blocks refuses: forged offers, overdraws, replays, what comes too soon or too
 * late; and what becomes of it at the buyer. */
#include "market.h"

/* ---- What the seller refuses ---- */

static void test_what_was_not_offered_is_not_bought(void **state)
{
    struct market *market = *state;
    struct pair *pair = &market->pair;
    struct command sell = market_offer(market, SIZE);
    struct command buy = market_acceptance(market, &sell);
    desk_do(&pair->alfa, &buy); /* forged: beta has no such offer */
    pair_settle(pair);
    market->block = sell.block_of_points.terms.id;
    assert_int_equal(market_last_verdict(market), VERDICT_BLOCK_UNKNOWN);
    assert_int_equal(market_row(market, &pair->alfa).state, BLOCK_DECLINED);
    market_assert_owed(market, 0);
    market_give(market, 10);
    market_assert_owed(market, 20);
}

/* The buyer's acceptance was on its way: it owes nothing, and what it gives is at the usual price.
 */
static void test_what_was_withdrawn_is_not_bought(void **state)
{
    struct market *market = *state;
    struct pair *pair = &market->pair;
    struct command sell = market_offer(market, SIZE);
    struct command buy = market_acceptance(market, &sell);
    struct command withdraw = desk_command(&pair->beta, COMMAND_WITHDRAW_BLOCK);
    market->block = sell.block_of_points.terms.id;
    withdraw.withdrawal = (struct command_withdrawal){market->block, pair->alfa.roster.self};
    desk_do(&pair->beta, &sell);
    desk_do(&pair->beta, &withdraw);
    assert_int_equal(market_row(market, &pair->beta).state, BLOCK_WITHDRAWN);
    withdraw.transaction_id = desk_id(&pair->beta);
    assert_int_equal(desk_tell(&pair->beta, &withdraw), VERDICT_BLOCK_NOT_OPEN);
    desk_do(&pair->alfa, &buy);
    pair_settle(pair);
    assert_int_equal(market_last_verdict(market), VERDICT_BLOCK_NOT_OPEN);
    assert_int_equal(market_row(market, &pair->alfa).state, BLOCK_DECLINED);
    market_assert_owed(market, 0);
    market_give(market, 10);
    market_assert_owed(market, 20);
}

/* Its place is free for another one. */
static void test_what_was_withdrawn_makes_room(void **state)
{
    struct market *market = *state;
    struct desk *seller = &market->pair.beta;
    for (unsigned i = 0; i < 2 * LIMIT_BLOCKS_OPEN; i++) {
        struct command sell = market_offer(market, SIZE);
        struct command withdraw = desk_command(seller, COMMAND_WITHDRAW_BLOCK);
        withdraw.withdrawal = (struct command_withdrawal){sell.block_of_points.terms.id,
                                                          market->pair.alfa.roster.self};
        desk_do(seller, &sell);
        desk_do(seller, &withdraw);
    }
}

static void test_other_terms_than_offered_are_refused(void **state)
{
    struct market *market = *state;
    struct pair *pair = &market->pair;
    struct command sell = market_offer(market, SIZE);
    struct command buy = market_acceptance(market, &sell);
    buy.block_of_points.terms.valid_until.ms++;
    desk_do(&pair->beta, &sell);
    desk_do(&pair->alfa, &buy);
    pair_settle(pair);
    assert_int_equal(market_last_verdict(market), VERDICT_BLOCK_TERMS);
    market_assert_owed(market, 0);
}

static void put_row(struct desk *desk, const struct block_row *row)
{
    struct ledger_key key;
    struct buffer value = {0};
    key_block(&row->terms.seller, &row->terms.buyer, &row->terms.id, &key);
    block_row_encode(row, &value);
    assert_int_equal(desk->store.put(desk->store.context, TABLE_BLOCK,
                                     slice_of(key.bytes, key.length), buffer_slice(&value)),
                     ERR_OK);
    buffer_fini(&value);
}

/* A buyer with another count, as a hostile one or one whose ledger is wrong: it draws more than
 * there is. The member keeps the points, and they are paid at the usual price. */
static void test_an_overdraw_comes_under_the_usual_tariff(void **state)
{
    struct market *market = *state;
    struct pair *pair = &market->pair;
    market_trade_points(market, SIZE);
    struct block_row row = market_row(market, &pair->alfa);
    row.left += 1000;
    put_row(&pair->alfa, &row);
    struct uid sale = market_give(market, SIZE + 1);
    assert_int_equal(pair->from_alfa.verdicts[1], VERDICT_BLOCK_EXCEEDED);
    assert_int_equal(market_last_verdict(market), VERDICT_OK);
    assert_int_equal(market_last_entry(market)->tariff, 1);
    assert_int_equal(market_row(market, &pair->beta).left, SIZE);
    assert_int_equal(market_row(market, &pair->alfa).left, SIZE + 1000);
    market_assert_owed(market, SIZE * 3 / 2 + 2 * (SIZE + 1));
    desk_assert_balances(&pair->beta, &pair->member, SIZE + 1, 0, 0);
    market_give_back(market, &sale, SIZE + 1); /* of no block */
    market_assert_owed(market, SIZE * 3 / 2);
    assert_int_equal(market_row(market, &pair->beta).left, SIZE);
}

/* What returned before the refusal came is not given back twice, and the member does not keep it.
 */
static void test_a_return_of_an_overdraw_goes_after_it(void **state)
{
    struct market *market = *state;
    struct pair *pair = &market->pair;
    market_trade_points(market, SIZE);
    struct block_row row = market_row(market, &pair->alfa);
    row.left += 1000;
    put_row(&pair->alfa, &row);
    struct command much = market_purchase(market, SIZE + 1);
    desk_do(&pair->alfa, &much);
    market_give_back(market, &much.transaction_id, 300);
    assert_int_equal(pair->from_alfa.verdicts[2], VERDICT_SALE_UNKNOWN);
    assert_int_equal(market_row(market, &pair->beta).left, SIZE);
    assert_int_equal(market_row(market, &pair->alfa).left, SIZE + 1000);
    market_assert_owed(market, SIZE * 3 / 2 + 2 * (SIZE + 1 - 300));
    desk_assert_balances(&pair->beta, &pair->member, SIZE + 1 - 300, 0, 0);
}

static enum verdict take(struct market *market, const struct clearing_entry *like)
{
    struct pair *pair = &market->pair;
    struct command command = desk_command(&pair->beta, COMMAND_TAKE_ENTRY);
    struct stream stream;
    assert_int_equal(ledger_get_stream(&pair->beta.store.view, &pair->beta.roster, STREAM_IN,
                                       &pair->alfa.roster.self, &stream),
                     ERR_OK);
    command.take_entry.sender = pair->alfa.roster.self;
    command.take_entry.entry = *like;
    command.take_entry.entry.number = stream.last_number + 1;
    command.take_entry.entry.transaction_id = desk_id(&pair->beta);
    command.take_entry.bytes = slice_of("entry", 5);
    return desk_tell(&pair->beta, &command);
}

static struct clearing_entry draw(const struct market *market, int64_t points)
{
    return (struct clearing_entry){.kind = ENTRY_EARN,
                                   .period = {202609},
                                   .business_time = market->pair.beta.now,
                                   .card = market->pair.card,
                                   .points = points_of(points),
                                   .tariff = 2,
                                   .subject = market->block};
}

static void test_hostile_draws(void **state)
{
    struct market *market = *state;
    struct desk *beta = &market->pair.beta;
    market_trade_points(market, SIZE);
    struct clearing_entry entry = draw(market, 10);
    entry.subject = (struct uid){{0}}; /* at the block's price, from no block */
    assert_int_equal(take(market, &entry), VERDICT_TARIFF_NOT_IN_FORCE);
    entry = draw(market, 10);
    entry.tariff = 1;
    assert_int_equal(take(market, &entry), VERDICT_TARIFF_NOT_IN_FORCE);
    entry = draw(market, 10);
    entry.subject = (struct uid){{7}};
    assert_int_equal(take(market, &entry), VERDICT_BLOCK_UNKNOWN);
    entry = draw(market, SIZE + 1);
    assert_int_equal(take(market, &entry), VERDICT_BLOCK_EXCEEDED);
    entry = draw(market, 10);
    entry.business_time = market_row(market, beta).terms.valid_until;
    assert_int_equal(take(market, &entry), VERDICT_BLOCK_EXPIRED);
    /* Back-dated, long after the end. */
    entry = draw(market, 10);
    beta->now.ms += DAYS * DAY_MS + LIMIT_BLOCK_GRACE_MS + 1;
    assert_int_equal(take(market, &entry), VERDICT_BLOCK_EXPIRED);
    assert_int_equal(market_row(market, beta).left, SIZE);
}

static void test_hostile_purchases_and_ends(void **state)
{
    struct market *market = *state;
    struct desk *beta = &market->pair.beta;
    market_trade_points(market, SIZE);
    struct clearing_entry bought = market->pair.from_alfa.entries[0];
    assert_int_equal(take(market, &bought), VERDICT_BLOCK_NOT_OPEN); /* the same once more */
    struct command sell = market_offer(market, SIZE);
    desk_do(beta, &sell);
    bought.subject = sell.transaction_id;
    bought.tariff = 1;
    assert_int_equal(take(market, &bought), VERDICT_BLOCK_TERMS);
    bought.tariff = 2;
    bought.points.minor--;
    assert_int_equal(take(market, &bought), VERDICT_BLOCK_TERMS);
    bought.points.minor++;
    bought.business_time.ms = sell.block_of_points.terms.offered_until.ms + 1;
    assert_int_equal(take(market, &bought), VERDICT_BLOCK_EXPIRED);
    struct clearing_entry ended = {.kind = ENTRY_BLOCK_ENDED,
                                   .period = {202609},
                                   .business_time = beta->now,
                                   .points = points_of(10),
                                   .tariff = 2,
                                   .subject = market->block};
    assert_int_equal(take(market, &ended), VERDICT_BLOCK_TERMS); /* too soon */
    beta->now.ms += DAYS * DAY_MS;
    ended.subject = sell.transaction_id;
    assert_int_equal(take(market, &ended), VERDICT_BLOCK_NOT_OPEN);
    ended.subject = market->block;
    ended.points.minor = SIZE + 1;
    assert_int_equal(take(market, &ended), VERDICT_BLOCK_EXCEEDED);
    ended.points.minor = SIZE;
    assert_int_equal(take(market, &ended), VERDICT_OK);
    ended.points.minor = 1;
    assert_int_equal(take(market, &ended), VERDICT_BLOCK_EXCEEDED); /* nothing is left */
    struct clearing_entry late = draw(market, 1);
    assert_int_equal(take(market, &late), VERDICT_BLOCK_NOT_OPEN);
}

/* The seller's clock is behind: the end is told again. */
static void test_an_end_that_came_too_soon_is_told_again(void **state)
{
    struct market *market = *state;
    market_trade_points(market, SIZE);
    market->pair.alfa.now.ms += DAYS * DAY_MS;
    pair_settle(&market->pair);
    assert_int_equal(market_last_verdict(market), VERDICT_BLOCK_TERMS);
    assert_int_equal(market_row(market, &market->pair.alfa).left, SIZE);
    market_assert_owed(market, SIZE * 3 / 2);
    pair_wait_days(&market->pair, DAYS);
    pair_settle(&market->pair);
    market_assert_block(market, BLOCK_ENDED, 0);
    market_assert_owed(market, SIZE * 3 / 2 - SIZE / 2);
}

static void test_a_refused_return_is_drawn_again(void **state)
{
    struct market *market = *state;
    struct pair *pair = &market->pair;
    market_trade_points(market, SIZE);
    struct uid sale = market_give(market, 400);
    struct ledger_key key;
    key_origin(&pair->alfa.roster.self, &sale, &key); /* beta lost it */
    assert_int_equal(
        pair->beta.store.del(pair->beta.store.context, TABLE_SALE, slice_of(key.bytes, key.length)),
        ERR_OK);
    market_give_back(market, &sale, 400);
    assert_int_equal(market_last_verdict(market), VERDICT_SALE_UNKNOWN);
    market_assert_block(market, BLOCK_LIVE, 600);
}

static void test_a_refused_member_costs_nothing(void **state)
{
    struct market *market = *state;
    struct command block = desk_command(&market->pair.beta, COMMAND_BLOCK_CARD);
    market_trade_points(market, SIZE);
    block.card.card = market->pair.card;
    struct command command = market_purchase(market, 50);
    desk_do(&market->pair.alfa, &command);
    desk_do(&market->pair.beta, &block);
    pair_settle(&market->pair);
    assert_int_equal(market_last_verdict(market), VERDICT_CARD_BLOCKED);
    market_assert_block(market, BLOCK_LIVE, SIZE);
    market_assert_owed(market, SIZE * 3 / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MARKET_TEST(test_what_was_withdrawn_is_not_bought),
        MARKET_TEST(test_what_was_withdrawn_makes_room),
        MARKET_TEST(test_what_was_not_offered_is_not_bought),
        MARKET_TEST(test_other_terms_than_offered_are_refused),
        MARKET_TEST(test_an_overdraw_comes_under_the_usual_tariff),
        MARKET_TEST(test_a_return_of_an_overdraw_goes_after_it),
        MARKET_TEST(test_hostile_draws),
        MARKET_TEST(test_hostile_purchases_and_ends),
        MARKET_TEST(test_an_end_that_came_too_soon_is_told_again),
        MARKET_TEST(test_a_refused_return_is_drawn_again),
        MARKET_TEST(test_a_refused_member_costs_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
