/* Alfa buys points of beta in advance, at 3 for 2 of them, and gives them to beta's member; what is
 * left at the end beta buys back at 1 for 2. The usual price is 2 each. */
#ifndef LEDGER_MARKET_H
#define LEDGER_MARKET_H

#include "pair.h"

#define MARKET_TEST(test) cmocka_unit_test_setup_teardown(test, market_setup, market_teardown)

enum {
    SIZE = 1000,
    DAYS = 10 /* that a block lasts */
};

struct market {
    struct pair pair;
    struct tariff tariffs[2];
    struct uid block; /* the last one that was sold */
};

int market_setup(void **state);
int market_teardown(void **state);
struct command market_offer(struct market *market, int64_t points);
struct command market_acceptance(struct market *market, const struct command *offer);
struct uid market_trade(struct market *market, struct command *sell);
struct uid market_trade_points(struct market *market, int64_t points);
struct command market_purchase(struct market *market, int64_t points);
struct uid market_give(struct market *market, int64_t points);
void market_give_back(struct market *market, const struct uid *sale, int64_t points);
struct block_row market_row(const struct market *market, const struct desk *desk);
void market_assert_block(const struct market *market, enum block_state state, int64_t left);
/* By the desk, to a partner. */
int64_t market_owed(const struct desk *desk, unsigned partner);
/* By alfa to beta, on both sides. */
void market_assert_owed(struct market *market, int64_t money);
const struct clearing_entry *market_last_entry(const struct market *market);
enum verdict market_last_verdict(const struct market *market);

#endif
