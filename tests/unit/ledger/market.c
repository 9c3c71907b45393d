#include "market.h"

#include <stdlib.h>

int market_setup(void **state)
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

int market_teardown(void **state)
{
    struct market *market = *state;
    pair_fini(&market->pair);
    free(market);
    return 0;
}

struct command market_offer(struct market *market, int64_t points)
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

struct command market_acceptance(struct market *market, const struct command *offer)
{
    struct command command = desk_command(&market->pair.alfa, COMMAND_BUY_BLOCK);
    command.block_of_points.terms = offer->block_of_points.terms;
    command.block_of_points.evidence = slice_of("signed", 6);
    return command;
}

/* Sold, bought, and both know. */
struct uid market_trade(struct market *market, struct command *sell)
{
    struct command buy = market_acceptance(market, sell);
    desk_do(&market->pair.beta, sell);
    desk_do(&market->pair.alfa, &buy);
    pair_settle(&market->pair);
    market->block = sell->block_of_points.terms.id;
    return market->block;
}

struct uid market_trade_points(struct market *market, int64_t points)
{
    struct command sell = market_offer(market, points);
    return market_trade(market, &sell);
}

struct command market_purchase(struct market *market, int64_t points)
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

struct uid market_give(struct market *market, int64_t points)
{
    struct command command = market_purchase(market, points);
    desk_do(&market->pair.alfa, &command);
    pair_settle(&market->pair);
    return command.transaction_id;
}

void market_give_back(struct market *market, const struct uid *sale, int64_t points)
{
    struct command command = desk_command(&market->pair.alfa, COMMAND_RETURN_SALE);
    command.return_sale.sale = *sale;
    command.return_sale.amount = money_of(points * 10);
    desk_do(&market->pair.alfa, &command);
    pair_settle(&market->pair);
}

struct block_row market_row(const struct market *market, const struct desk *desk)
{
    struct block_row row;
    assert_int_equal(ledger_get_block(&desk->store.view, &market->pair.beta.roster.self,
                                      &market->pair.alfa.roster.self, &market->block, &row),
                     ERR_OK);
    return row;
}

/* Of the last block, on both sides. */
void market_assert_block(const struct market *market, enum block_state state, int64_t left)
{
    struct block_row bought = market_row(market, &market->pair.alfa);
    struct block_row sold = market_row(market, &market->pair.beta);
    assert_int_equal(bought.state, state);
    assert_int_equal(bought.left, left);
    assert_int_equal(sold.state, state);
    assert_int_equal(sold.left, left);
}

int64_t market_owed(const struct desk *desk, unsigned partner)
{
    struct exposure exposure;
    assert_int_equal(ledger_get_exposure(&desk->store.view, &desk->partners[partner].id, &exposure),
                     ERR_OK);
    return exposure_owed(&exposure, &desk->roster).minor;
}

void market_assert_owed(struct market *market, int64_t money)
{
    assert_int_equal(market_owed(&market->pair.alfa, 1), money);
    assert_int_equal(market_owed(&market->pair.beta, 0), -money);
    pair_assert_mirrored(&market->pair);
}

const struct clearing_entry *market_last_entry(const struct market *market)
{
    return &market->pair.from_alfa.entries[market->pair.from_alfa.count - 1];
}

enum verdict market_last_verdict(const struct market *market)
{
    return market->pair.from_alfa.verdicts[market->pair.from_alfa.count - 1];
}
