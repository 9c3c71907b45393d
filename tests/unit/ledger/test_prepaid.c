/* Alfa buys points of beta in advance, at 3 for 2 of them, and gives them to beta's member; what is
 * left at the end beta buys back at 1 for 2. The usual price is 2 each. */
#include "pair.h"

#include <stdlib.h>

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

enum {
    SIZE = 1000,
    DAYS = 10 /* that a block lasts */
};

struct market {
    struct pair pair;
    struct tariff tariffs[2];
    struct uid block; /* the last one that was sold */
};

static int setup(void **state)
{
    struct market *market = calloc(1, sizeof *market);
    assert_non_null(market);
    struct pair *pair = &market->pair;
    struct note note;
    pair_init(pair);
    market->tariffs[0] = pair->alfa.tariff;
    market->tariffs[1] = (struct tariff){.id = 2,
                                         .funding = FUNDED_IN_ADVANCE,
                                         .issue_price = {3},
                                         .redemption_price = {1},
                                         .per = {2},
                                         .pair = {pair->alfa.roster.self, pair->beta.roster.self}};
    pair->alfa.roster.tariffs = pair->beta.roster.tariffs = market->tariffs;
    pair->alfa.roster.tariff_count = pair->beta.roster.tariff_count = 2;
    assert_int_equal(roster_prepare(&pair->alfa.roster, &note), ERR_OK);
    *state = market;
    return 0;
}

static int teardown(void **state)
{
    struct market *market = *state;
    pair_fini(&market->pair);
    free(market);
    return 0;
}

static struct command offer(struct market *market, int64_t points)
{
    struct pair *pair = &market->pair;
    struct command command = desk_command(&pair->beta, COMMAND_SELL_BLOCK);
    command.block_of_points.terms =
        (struct block_terms){.id = command.transaction_id,
                             .seller = pair->beta.roster.self,
                             .buyer = pair->alfa.roster.self,
                             .points = points_of(points),
                             .tariff = 2,
                             .offered_until = desk_in_days(&pair->beta, 1),
                             .valid_until = desk_in_days(&pair->beta, DAYS)};
    return command;
}

static struct command acceptance(struct market *market, const struct command *offer)
{
    struct command command = desk_command(&market->pair.alfa, COMMAND_BUY_BLOCK);
    command.block_of_points.terms = offer->block_of_points.terms;
    command.block_of_points.evidence = slice_of("signed", 6);
    return command;
}

/* Sold, bought, and both know. */
static struct uid trade(struct market *market, struct command *sell)
{
    struct command buy = acceptance(market, sell);
    desk_do(&market->pair.beta, sell);
    desk_do(&market->pair.alfa, &buy);
    pair_settle(&market->pair);
    market->block = sell->block_of_points.terms.id;
    return market->block;
}

static struct uid trade_points(struct market *market, int64_t points)
{
    struct command sell = offer(market, points);
    return trade(market, &sell);
}

static struct command purchase(struct market *market, int64_t points)
{
    struct command command = desk_command(&market->pair.alfa, COMMAND_EARN);
    command.earn = (struct command_earn){.card = market->pair.card,
                                         .amount = money_of(points * 10),
                                         .currency = "EUR",
                                         .is_fixed = true,
                                         .fixed_points = points_of(points),
                                         .rate = {.per_minor = 1}};
    return command;
}

static struct uid give(struct market *market, int64_t points)
{
    struct command command = purchase(market, points);
    desk_do(&market->pair.alfa, &command);
    pair_settle(&market->pair);
    return command.transaction_id;
}

static void give_back(struct market *market, const struct uid *sale, int64_t points)
{
    struct command command = desk_command(&market->pair.alfa, COMMAND_RETURN_SALE);
    command.return_sale.sale = *sale;
    command.return_sale.amount = money_of(points * 10);
    desk_do(&market->pair.alfa, &command);
    pair_settle(&market->pair);
}

static struct block_row row_of(const struct market *market, const struct desk *desk)
{
    struct block_row row;
    assert_int_equal(ledger_get_block(&desk->store.view, &market->pair.beta.roster.self,
                                      &market->pair.alfa.roster.self, &market->block, &row),
                     ERR_OK);
    return row;
}

/* Of the last block, on both sides. */
static void assert_block(const struct market *market, enum block_state state, int64_t left)
{
    struct block_row bought = row_of(market, &market->pair.alfa);
    struct block_row sold = row_of(market, &market->pair.beta);
    assert_int_equal(bought.state, state);
    assert_int_equal(bought.left, left);
    assert_int_equal(sold.state, state);
    assert_int_equal(sold.left, left);
}

static int64_t owed(const struct desk *desk, unsigned partner)
{
    struct exposure exposure;
    assert_int_equal(ledger_get_exposure(&desk->store.view, &desk->partners[partner].id, &exposure),
                     ERR_OK);
    return exposure_owed(&exposure, &desk->roster).minor;
}

static void assert_owed(struct market *market, int64_t money)
{
    assert_int_equal(owed(&market->pair.alfa, 1), money);
    assert_int_equal(owed(&market->pair.beta, 0), -money);
    pair_assert_mirrored(&market->pair);
}

static const struct clearing_entry *last_entry(const struct market *market)
{
    return &market->pair.from_alfa.entries[market->pair.from_alfa.count - 1];
}

static enum verdict last_verdict(const struct market *market)
{
    return market->pair.from_alfa.verdicts[market->pair.from_alfa.count - 1];
}

static void test_a_block_is_owed_once_and_drawn_from(void **state)
{
    struct market *market = *state;
    trade_points(market, SIZE);
    assert_block(market, BLOCK_LIVE, SIZE);
    assert_owed(market, SIZE * 3 / 2);
    give(market, 400);
    assert_int_equal(last_entry(market)->tariff, 2);
    assert_true(uid_equal(&last_entry(market)->subject, &market->block));
    give(market, 600);
    assert_block(market, BLOCK_LIVE, 0);
    assert_owed(market, SIZE * 3 / 2);
    desk_assert_balances(&market->pair.beta, &market->pair.member, 1000, 0, 0);
}

static void test_a_return_gives_the_block_its_points_back(void **state)
{
    struct market *market = *state;
    trade_points(market, SIZE);
    struct uid sale = give(market, 400);
    give_back(market, &sale, 150);
    assert_block(market, BLOCK_LIVE, 750);
    give_back(market, &sale, 250);
    assert_block(market, BLOCK_LIVE, SIZE);
    assert_owed(market, SIZE * 3 / 2);
    desk_assert_balances(&market->pair.beta, &market->pair.member, 0, 0, 0);
}

/* All of an earn is drawn from one block, or none of it. */
static void test_what_it_has_not_comes_under_the_usual_tariff(void **state)
{
    struct market *market = *state;
    trade_points(market, SIZE);
    give(market, 900);
    give(market, 101);
    assert_int_equal(last_entry(market)->tariff, 1);
    assert_true(uid_is_nil(&last_entry(market)->subject));
    assert_block(market, BLOCK_LIVE, 100);
    assert_owed(market, SIZE * 3 / 2 + 202);
    give(market, 100);
    assert_block(market, BLOCK_LIVE, 0);
}

static void test_what_it_has_not_is_refused_when_it_says_so(void **state)
{
    struct market *market = *state;
    struct command sell = offer(market, SIZE);
    sell.block_of_points.terms.refuses_when_empty = true;
    trade(market, &sell);
    give(market, 900);
    struct command much = purchase(market, 101);
    assert_int_equal(desk_tell(&market->pair.alfa, &much), VERDICT_BLOCK_EMPTY);
    give(market, 100);
    pair_wait_days(&market->pair, DAYS); /* when it is over, it rules nothing any more */
    give(market, 101);
    assert_int_equal(last_entry(market)->tariff, 1);
}

static void test_the_one_that_ends_first_is_drawn_first(void **state)
{
    struct market *market = *state;
    struct uid later = trade_points(market, SIZE);
    struct command sell = offer(market, 100);
    sell.block_of_points.terms.valid_until = desk_in_days(&market->pair.beta, DAYS - 1);
    trade(market, &sell);
    give(market, 60);
    assert_block(market, BLOCK_LIVE, 40);
    give(market, 60); /* which the other one has */
    assert_block(market, BLOCK_LIVE, 40);
    market->block = later;
    assert_block(market, BLOCK_LIVE, SIZE - 60);
}

/* Its price was 3 for 2, and 1 for 2 comes back: of 400 left 200. */
static void test_what_is_left_is_bought_back(void **state)
{
    struct market *market = *state;
    trade_points(market, SIZE);
    struct uid sale = give(market, 600);
    pair_wait_days(&market->pair, DAYS);
    pair_settle(&market->pair);
    assert_int_equal(last_entry(market)->kind, ENTRY_BLOCK_ENDED);
    assert_int_equal(last_entry(market)->points.minor, 400);
    assert_block(market, BLOCK_ENDED, 0);
    assert_owed(market, SIZE * 3 / 2 - 200);
    give(market, 1); /* not of the block any more */
    assert_owed(market, SIZE * 3 / 2 - 200 + 2);
    /* What returns after that is bought back as well, together. */
    give_back(market, &sale, 50);
    give_back(market, &sale, 50);
    assert_block(market, BLOCK_ENDED, 100);
    pair_wait_days(&market->pair, 1);
    pair_settle(&market->pair);
    assert_block(market, BLOCK_ENDED, 0);
    assert_int_equal(last_entry(market)->points.minor, 100);
    assert_owed(market, SIZE * 3 / 2 - 250 + 2);
}

static void test_what_is_left_is_kept_under_another_tariff(void **state)
{
    struct market *market = *state;
    market->tariffs[1].redemption_price = money_of(0);
    trade_points(market, SIZE);
    pair_wait_days(&market->pair, DAYS);
    pair_settle(&market->pair);
    assert_int_equal(last_entry(market)->kind, ENTRY_BLOCK_ENDED);
    assert_block(market, BLOCK_ENDED, 0);
    assert_owed(market, SIZE * 3 / 2);
}

static void test_a_used_up_block_ends_without_a_word(void **state)
{
    struct market *market = *state;
    struct block_line line;
    trade_points(market, SIZE);
    give(market, SIZE);
    size_t count = market->pair.from_alfa.count;
    pair_wait_days(&market->pair, DAYS);
    pair_settle(&market->pair);
    assert_int_equal(market->pair.from_alfa.count, count);
    assert_int_equal(row_of(market, &market->pair.alfa).state, BLOCK_ENDED);
    assert_int_equal(ledger_get_block_line(&market->pair.alfa.store.view,
                                           &market->pair.beta.roster.self,
                                           &market->pair.alfa.roster.self, &line),
                     ERR_NOT_FOUND);
}

/* ---- What the seller refuses ---- */

static void test_what_was_not_offered_is_not_bought(void **state)
{
    struct market *market = *state;
    struct pair *pair = &market->pair;
    struct command sell = offer(market, SIZE);
    struct command buy = acceptance(market, &sell);
    desk_do(&pair->alfa, &buy); /* forged: beta has no such offer */
    pair_settle(pair);
    market->block = sell.block_of_points.terms.id;
    assert_int_equal(last_verdict(market), VERDICT_BLOCK_UNKNOWN);
    assert_int_equal(row_of(market, &pair->alfa).state, BLOCK_DECLINED);
    assert_owed(market, 0);
    give(market, 10);
    assert_owed(market, 20);
}

static void test_other_terms_than_offered_are_refused(void **state)
{
    struct market *market = *state;
    struct pair *pair = &market->pair;
    struct command sell = offer(market, SIZE);
    struct command buy = acceptance(market, &sell);
    buy.block_of_points.terms.valid_until.ms++;
    desk_do(&pair->beta, &sell);
    desk_do(&pair->alfa, &buy);
    pair_settle(pair);
    assert_int_equal(last_verdict(market), VERDICT_BLOCK_TERMS);
    assert_owed(market, 0);
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
    trade_points(market, SIZE);
    struct block_row row = row_of(market, &pair->alfa);
    row.left += 1000;
    put_row(&pair->alfa, &row);
    struct uid sale = give(market, SIZE + 1);
    assert_int_equal(pair->from_alfa.verdicts[1], VERDICT_BLOCK_EXCEEDED);
    assert_int_equal(last_verdict(market), VERDICT_OK);
    assert_int_equal(last_entry(market)->tariff, 1);
    assert_int_equal(row_of(market, &pair->beta).left, SIZE);
    assert_int_equal(row_of(market, &pair->alfa).left, SIZE + 1000);
    assert_owed(market, SIZE * 3 / 2 + 2 * (SIZE + 1));
    desk_assert_balances(&pair->beta, &pair->member, SIZE + 1, 0, 0);
    give_back(market, &sale, SIZE + 1); /* of no block */
    assert_owed(market, SIZE * 3 / 2);
    assert_int_equal(row_of(market, &pair->beta).left, SIZE);
}

/* What returned before the refusal came is not given back twice, and the member does not keep it.
 */
static void test_a_return_of_an_overdraw_goes_after_it(void **state)
{
    struct market *market = *state;
    struct pair *pair = &market->pair;
    trade_points(market, SIZE);
    struct block_row row = row_of(market, &pair->alfa);
    row.left += 1000;
    put_row(&pair->alfa, &row);
    struct command much = purchase(market, SIZE + 1);
    desk_do(&pair->alfa, &much);
    give_back(market, &much.transaction_id, 300);
    assert_int_equal(pair->from_alfa.verdicts[2], VERDICT_SALE_UNKNOWN);
    assert_int_equal(row_of(market, &pair->beta).left, SIZE);
    assert_int_equal(row_of(market, &pair->alfa).left, SIZE + 1000);
    assert_owed(market, SIZE * 3 / 2 + 2 * (SIZE + 1 - 300));
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
    trade_points(market, SIZE);
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
    entry.business_time = row_of(market, beta).terms.valid_until;
    assert_int_equal(take(market, &entry), VERDICT_BLOCK_EXPIRED);
    /* Back-dated, long after the end. */
    entry = draw(market, 10);
    beta->now.ms += DAYS * DAY_MS + LIMIT_BLOCK_GRACE_MS + 1;
    assert_int_equal(take(market, &entry), VERDICT_BLOCK_EXPIRED);
    assert_int_equal(row_of(market, beta).left, SIZE);
}

static void test_hostile_purchases_and_ends(void **state)
{
    struct market *market = *state;
    struct desk *beta = &market->pair.beta;
    trade_points(market, SIZE);
    struct clearing_entry bought = market->pair.from_alfa.entries[0];
    assert_int_equal(take(market, &bought), VERDICT_BLOCK_NOT_OPEN); /* the same once more */
    struct command sell = offer(market, SIZE);
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
    trade_points(market, SIZE);
    market->pair.alfa.now.ms += DAYS * DAY_MS;
    pair_settle(&market->pair);
    assert_int_equal(last_verdict(market), VERDICT_BLOCK_TERMS);
    assert_int_equal(row_of(market, &market->pair.alfa).left, SIZE);
    assert_owed(market, SIZE * 3 / 2);
    pair_wait_days(&market->pair, DAYS);
    pair_settle(&market->pair);
    assert_block(market, BLOCK_ENDED, 0);
    assert_owed(market, SIZE * 3 / 2 - SIZE / 2);
}

static void test_a_refused_return_is_drawn_again(void **state)
{
    struct market *market = *state;
    struct pair *pair = &market->pair;
    trade_points(market, SIZE);
    struct uid sale = give(market, 400);
    struct ledger_key key;
    key_origin(&pair->alfa.roster.self, &sale, &key); /* beta lost it */
    assert_int_equal(
        pair->beta.store.del(pair->beta.store.context, TABLE_SALE, slice_of(key.bytes, key.length)),
        ERR_OK);
    give_back(market, &sale, 400);
    assert_int_equal(last_verdict(market), VERDICT_SALE_UNKNOWN);
    assert_block(market, BLOCK_LIVE, 600);
}

static void test_a_refused_member_costs_nothing(void **state)
{
    struct market *market = *state;
    struct command block = desk_command(&market->pair.beta, COMMAND_BLOCK_CARD);
    trade_points(market, SIZE);
    block.card.card = market->pair.card;
    struct command command = purchase(market, 50);
    desk_do(&market->pair.alfa, &command);
    desk_do(&market->pair.beta, &block);
    pair_settle(&market->pair);
    assert_int_equal(last_verdict(market), VERDICT_CARD_BLOCKED);
    assert_block(market, BLOCK_LIVE, SIZE);
    assert_owed(market, SIZE * 3 / 2);
}

/* ---- What can't be sold, and caps ---- */

static void test_what_can_not_be_sold(void **state)
{
    struct market *market = *state;
    struct desk *beta = &market->pair.beta;
    struct command sell = offer(market, SIZE);
    desk_do(beta, &sell);
    desk_do(beta, &sell); /* the same once more is no second one */
    struct command again = sell;
    again.transaction_id = desk_id(beta);
    assert_int_equal(desk_tell(beta, &again), VERDICT_BLOCK_EXISTS);
    sell = offer(market, 0);
    assert_int_equal(desk_tell(beta, &sell), VERDICT_POINTS_NOT_POSITIVE);
    sell = offer(market, SIZE);
    sell.block_of_points.terms.tariff = 1;
    assert_int_equal(desk_tell(beta, &sell), VERDICT_TARIFF_NOT_IN_FORCE);
    sell = offer(market, SIZE);
    sell.block_of_points.terms.offered_until.ms = beta->now.ms - 1;
    assert_int_equal(desk_tell(beta, &sell), VERDICT_BLOCK_EXPIRED);
    sell = offer(market, SIZE);
    sell.block_of_points.terms.valid_until = sell.block_of_points.terms.offered_until;
    assert_int_equal(desk_tell(beta, &sell), VERDICT_BLOCK_TERMS);
    sell = offer(market, SIZE);
    sell.block_of_points.terms.seller = market->pair.alfa.roster.self;
    assert_int_equal(desk_tell(beta, &sell), VERDICT_BLOCK_TERMS);
    for (unsigned i = 1; i < LIMIT_BLOCKS_OPEN; i++) {
        sell = offer(market, SIZE);
        desk_do(beta, &sell);
    }
    sell = offer(market, SIZE);
    assert_int_equal(desk_tell(beta, &sell), VERDICT_BLOCK_EXISTS);
    beta->now.ms += DAY_MS + LIMIT_BLOCK_GRACE_MS + 1; /* offers that nobody took make room */
    sell = offer(market, SIZE);
    desk_do(beta, &sell);
}

static void test_a_cap_is_for_the_block_and_not_for_its_draws(void **state)
{
    struct market *market = *state;
    struct pair *pair = &market->pair;
    pair->alfa.roster.net_debit_cap = pair->beta.roster.net_debit_cap = money_of(1600);
    trade_points(market, SIZE); /* 1500 */
    struct command sell = offer(market, SIZE);
    struct command buy = acceptance(market, &sell);
    desk_do(&pair->beta, &sell);
    assert_int_equal(desk_tell(&pair->alfa, &buy), VERDICT_NET_DEBIT_CAP);
    give(market, 900);
    struct command much = purchase(market, 101);
    assert_int_equal(desk_tell(&pair->alfa, &much), VERDICT_NET_DEBIT_CAP);
    pair->alfa.roster.net_debit_cap = money_of(0);
    buy.transaction_id = desk_id(&pair->alfa);
    desk_do(&pair->alfa, &buy); /* beta's cap is the same */
    pair_settle(pair);
    assert_int_equal(last_verdict(market), VERDICT_NET_DEBIT_CAP);
    assert_owed(market, SIZE * 3 / 2);
}

/* ---- Older copies ---- */

static void test_a_buyer_that_lost_it_has_it_again(void **state)
{
    struct market *market = *state;
    struct pair *pair = &market->pair;
    struct pair_stream *stream = &pair->from_alfa;
    trade_points(market, SIZE);
    struct uid sale = give(market, 400);
    give_back(market, &sale, 100);
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
    assert_int_equal(row_of(market, &restored).state, BLOCK_BOUGHT);
    assert_int_equal(row_of(market, &restored).left, 700);
    /* The receipts come again. */
    struct desk lost = pair->alfa;
    pair->alfa = restored;
    stream->receipted = 0;
    stream->receipts = 0;
    pair_receipt(pair, &pair->alfa);
    desk_recover(&pair->alfa, &pair->beta.roster.self, RECOVERY_END);
    assert_block(market, BLOCK_LIVE, 700);
    assert_owed(market, SIZE * 3 / 2);
    desk_fini(&lost);
}

static void test_a_seller_that_lost_it_has_it_again(void **state)
{
    struct market *market = *state;
    struct pair *pair = &market->pair;
    struct pair_stream *stream = &pair->from_alfa;
    trade_points(market, SIZE);
    struct uid sale = give(market, 400);
    give_back(market, &sale, 100);
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
    assert_block(market, BLOCK_LIVE, 700);
    assert_int_equal(owed(&pair->beta, 0), -SIZE * 3 / 2);
    desk_fini(&lost);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_block_is_owed_once_and_drawn_from),
        TEST(test_a_return_gives_the_block_its_points_back),
        TEST(test_what_it_has_not_comes_under_the_usual_tariff),
        TEST(test_what_it_has_not_is_refused_when_it_says_so),
        TEST(test_the_one_that_ends_first_is_drawn_first),
        TEST(test_what_is_left_is_bought_back),
        TEST(test_what_is_left_is_kept_under_another_tariff),
        TEST(test_a_used_up_block_ends_without_a_word),
        TEST(test_what_was_not_offered_is_not_bought),
        TEST(test_other_terms_than_offered_are_refused),
        TEST(test_an_overdraw_comes_under_the_usual_tariff),
        TEST(test_a_return_of_an_overdraw_goes_after_it),
        TEST(test_hostile_draws),
        TEST(test_hostile_purchases_and_ends),
        TEST(test_an_end_that_came_too_soon_is_told_again),
        TEST(test_a_refused_return_is_drawn_again),
        TEST(test_a_refused_member_costs_nothing),
        TEST(test_what_can_not_be_sold),
        TEST(test_a_cap_is_for_the_block_and_not_for_its_draws),
        TEST(test_a_buyer_that_lost_it_has_it_again),
        TEST(test_a_seller_that_lost_it_has_it_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
