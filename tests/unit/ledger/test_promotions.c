/* Points that two brands pay for: alfa's shop gives them to beta's member, at 2 each; beta bears 60
 * per cent, and is the member's home besides. */
#include "pair.h"

#include <stdlib.h>

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

enum {
    BUDGET = 200,
    MOST = 90 /* for one purchase */
};

struct shared {
    struct pair pair;
    struct promotion promotion;
};

static int setup(void **state)
{
    struct shared *shared = calloc(1, sizeof *shared);
    assert_non_null(shared);
    struct pair *pair = &shared->pair;
    pair_init(pair);
    shared->promotion = (struct promotion){
        .id = 5,
        .shop = pair->alfa.roster.self,
        .valid_from = pair->alfa.now,
        .valid_until = {pair->alfa.now.ms + 10 * DAY_MS},
        .budget = {BUDGET},
        .per_purchase = {MOST},
        .part_count = 2,
        .parts = {{pair->alfa.roster.self, 4000}, {pair->beta.roster.self, 6000}}};
    pair->alfa.roster.promotions = pair->beta.roster.promotions = &shared->promotion;
    pair->alfa.roster.promotion_count = pair->beta.roster.promotion_count = 1;
    *state = shared;
    return 0;
}

static int teardown(void **state)
{
    struct shared *shared = *state;
    pair_fini(&shared->pair);
    free(shared);
    return 0;
}

static struct command bonus(struct pair *pair, int64_t points)
{
    struct command command = desk_command(&pair->alfa, COMMAND_EARN);
    command.earn = (struct command_earn){.card = pair->card,
                                         .amount = money_of(points * 10),
                                         .currency = "EUR",
                                         .is_fixed = true,
                                         .fixed_points = points_of(points),
                                         .promotion = 5,
                                         .rate = {.per_minor = 1}};
    return command;
}

static struct uid give(struct pair *pair, int64_t points)
{
    struct command command = bonus(pair, points);
    desk_do(&pair->alfa, &command);
    pair_settle(pair);
    return command.transaction_id;
}

static enum verdict try_to_give(struct pair *pair, int64_t points)
{
    struct command command = bonus(pair, points);
    return desk_tell(&pair->alfa, &command);
}

static const struct partner_id nobody = {{0}};

static int64_t used(const struct desk *desk)
{
    int64_t points;
    assert_int_equal(ledger_get_promotion(&desk->store.view, 5, &nobody, &points), ERR_OK);
    return points;
}

static int64_t owed(const struct desk *desk, unsigned partner)
{
    struct exposure exposure;
    assert_int_equal(ledger_get_exposure(&desk->store.view, &desk->partners[partner].id, &exposure),
                     ERR_OK);
    return exposure_owed(&exposure, &desk->roster).minor;
}

/* Alfa gave so many and pays 2 for each of them; beta pays 2 for each of its share. */
static void assert_given(struct pair *pair, int64_t given, int64_t betas)
{
    assert_int_equal(used(&pair->alfa), given);
    assert_int_equal(used(&pair->beta), betas);
    assert_int_equal(owed(&pair->alfa, 1), 2 * (given - betas));
    assert_int_equal(owed(&pair->beta, 0), -2 * (given - betas));
    pair_assert_mirrored(pair);
}

static void test_each_pays_its_share(void **state)
{
    struct pair *pair = *state;
    give(pair, 51); /* 30.6 is 30 */
    assert_given(pair, 51, 30);
    assert_int_equal(pair->from_alfa.count, 2);
    const struct clearing_entry *share = &pair->from_alfa.entries[1];
    assert_int_equal(share->kind, ENTRY_PROMOTION);
    assert_int_equal(share->promotion, 5);
    assert_true(uid_equal(&share->subject, &pair->from_alfa.entries[0].transaction_id));
    give(pair, 1); /* 31.2 of both is 31 */
    assert_given(pair, 52, 31);
    give(pair, 1); /* 31.8 is 31 */
    assert_given(pair, 53, 31);
    assert_int_equal(pair->from_alfa.count, 5);
}

static void return_some(struct pair *pair, const struct uid *sale, int64_t points)
{
    struct command command = desk_command(&pair->alfa, COMMAND_RETURN_SALE);
    command.return_sale.sale = *sale;
    command.return_sale.amount = money_of(points * 10);
    desk_do(&pair->alfa, &command);
    pair_settle(pair);
}

static void test_what_returns_is_paid_back(void **state)
{
    struct pair *pair = *state;
    struct uid sale = give(pair, 60);
    assert_given(pair, 60, 36);
    return_some(pair, &sale, 25); /* of 35 are 21 beta's */
    assert_given(pair, 35, 21);
    return_some(pair, &sale, 35);
    assert_given(pair, 0, 0);
    desk_assert_balances(&pair->beta, &pair->member, 0, 0, 0);
}

static void test_no_more_than_was_agreed(void **state)
{
    struct shared *shared = *state;
    struct pair *pair = &shared->pair;
    assert_int_equal(try_to_give(pair, MOST + 1), VERDICT_PROMOTION_EXHAUSTED);
    give(pair, MOST);
    struct uid sale = give(pair, MOST);
    assert_int_equal(try_to_give(pair, 21), VERDICT_PROMOTION_EXHAUSTED);
    give(pair, 20);
    assert_given(pair, BUDGET, 120);
    assert_int_equal(try_to_give(pair, 1), VERDICT_PROMOTION_EXHAUSTED);
    return_some(pair, &sale, 10); /* makes room */
    give(pair, 10);
    assert_given(pair, BUDGET, 120);
}

static void test_of_its_shop_and_its_time(void **state)
{
    struct shared *shared = *state;
    struct pair *pair = &shared->pair;
    struct command command = bonus(pair, 5);
    command.earn.promotion = 6;
    assert_int_equal(desk_tell(&pair->alfa, &command), VERDICT_PROMOTION_NOT_IN_FORCE);
    struct command late = bonus(pair, 5);
    late.business_time = shared->promotion.valid_until;
    assert_int_equal(desk_tell(&pair->alfa, &late), VERDICT_PROMOTION_NOT_IN_FORCE);
    shared->promotion.shop = pair->beta.roster.self;
    assert_int_equal(try_to_give(pair, 5), VERDICT_PROMOTION_NOT_IN_FORCE);
    shared->promotion.shop = pair->alfa.roster.self;
    /* What returns does so whenever it does. */
    struct uid sale = give(pair, 50);
    pair_wait_days(pair, 100);
    return_some(pair, &sale, 50);
    assert_given(pair, 0, 0);
}

/* Only who gives the points may take them back from a payer. */
static void test_what_another_takes_back(void **state)
{
    struct shared *shared = *state;
    struct pair *pair = &shared->pair;
    struct promotion others = shared->promotion;
    struct uid sale = give(pair, 50);
    others.shop = pair->beta.roster.self;
    pair->beta.roster.promotions = &others;
    return_some(pair, &sale, 50);
    assert_int_equal(used(&pair->alfa), 0);
    assert_int_equal(used(&pair->beta), 30);
}

/* The home refuses the points: nobody pays for them. */
static void test_a_refused_earn_costs_nobody(void **state)
{
    struct pair *pair = *state;
    struct command block = desk_command(&pair->beta, COMMAND_BLOCK_CARD);
    block.card.card = pair->card;
    struct command command = bonus(pair, 50);
    desk_do(&pair->alfa, &command);
    desk_do(&pair->beta, &block);
    pair_settle(pair);
    assert_int_equal(pair->from_alfa.verdicts[0], VERDICT_CARD_BLOCKED);
    assert_given(pair, 0, 0);
}

/* A payer who has not agreed does not pay, and the shop bears it. */
static void test_who_has_not_agreed_pays_nothing(void **state)
{
    struct pair *pair = *state;
    pair->beta.roster.promotion_count = 0;
    give(pair, 50);
    assert_int_equal(pair->from_alfa.verdicts[1], VERDICT_PROMOTION_NOT_IN_FORCE);
    assert_int_equal(owed(&pair->alfa, 1), 100);
    assert_int_equal(owed(&pair->beta, 0), -100);
    assert_int_equal(used(&pair->beta), 0);
    int64_t refused;
    assert_int_equal(
        ledger_get_promotion_refused(&pair->alfa.store.view, 5, &pair->beta.roster.self, &refused),
        ERR_OK);
    assert_int_equal(refused, 30);
    struct uid sale = pair->from_alfa.entries[0].transaction_id;
    return_some(pair, &sale, 50); /* it gets nothing back, either */
    assert_int_equal(
        ledger_get_promotion_refused(&pair->alfa.store.view, 5, &pair->beta.roster.self, &refused),
        ERR_OK);
    assert_int_equal(refused, 0);
}

/* A sale whose home is another than the payer whose stream can't go on: here it is ours. It is
 * returned meanwhile. */
static void return_unheard(struct pair *pair, int64_t days)
{
    const struct partner_id *beta = &pair->beta.roster.self;
    struct card_number card;
    (void)desk_enrol(&pair->alfa, &card);
    struct command command = bonus(pair, 50);
    command.earn.card = card;
    desk_do(&pair->alfa, &command);
    pair_settle(pair);
    assert_int_equal(used(&pair->beta), 30);
    pair_wait_days(pair, days);
    desk_recover(&pair->alfa, beta, RECOVERY_BEGIN);
    assert_int_equal(desk_return_sale(&pair->alfa, &command.transaction_id), VERDICT_OK);
    desk_recover(&pair->alfa, beta, RECOVERY_END);
}

static void test_a_share_waits_for_its_stream(void **state)
{
    struct pair *pair = *state;
    struct card_number card;
    return_unheard(pair, 0);
    (void)desk_enrol(&pair->alfa, &card);
    pair_settle(pair);
    assert_int_equal(used(&pair->alfa), 0);
    assert_int_equal(used(&pair->beta), 30);
    struct command command = bonus(pair, 10);
    command.earn.card = card;
    desk_do(&pair->alfa, &command); /* 6, and 30 back */
    pair_settle(pair);
    assert_int_equal(used(&pair->beta), 6);
    assert_int_equal(pair->from_alfa.entries[1].kind, ENTRY_PROMOTION_RETURN);
    assert_int_equal(pair->from_alfa.entries[1].points.minor, 24);
}

/* No later purchase brings it along: it is told when the stream goes on. */
static void test_what_could_not_be_told_is_told_later(void **state)
{
    struct pair *pair = &((struct shared *)*state)->pair;
    return_unheard(pair, 20); /* the promotion is over */
    assert_int_equal(used(&pair->beta), 30);
    pair->alfa.now.ms += 2 * 60 * 1000;
    pair->beta.now = pair->alfa.now;
    pair_settle(pair);
    assert_int_equal(used(&pair->beta), 0);
    assert_false(pair_due(&pair->alfa));
}

/* What is given back has the price at which it was told, whatever the price is by then. */
static void test_what_returns_has_the_price_of_its_purchase(void **state)
{
    struct shared *shared = *state;
    struct pair *pair = &shared->pair;
    struct uid sale = give(pair, 50);
    struct command back = desk_command(&pair->alfa, COMMAND_RETURN_SALE);
    pair->alfa.tariffs[1] = (struct tariff){.id = 2,
                                            .issue_price = {7},
                                            .redemption_price = {5},
                                            .per = {1},
                                            .valid_from = pair->alfa.now};
    pair->alfa.tariffs[1].valid_from.ms++;
    pair->beta.tariffs[1] = pair->alfa.tariffs[1];
    pair->alfa.roster.tariff_count = pair->beta.roster.tariff_count = 2;
    pair->alfa.now.ms += 1000;
    back.business_time = pair->alfa.now;
    back.return_sale.sale = sale;
    desk_do(&pair->alfa, &back);
    pair_settle(pair);
    assert_given(pair, 0, 0);
    const struct clearing_entry *share = &pair->from_alfa.entries[pair->from_alfa.count - 1];
    assert_int_equal(share->kind, ENTRY_PROMOTION_RETURN);
    assert_int_equal(share->tariff, 1);
}

static void step(struct pair *pair, struct desk *desk, enum dispute_step step, uint64_t number)
{
    struct command command =
        desk_command(desk, step == STEP_OPEN ? COMMAND_OPEN_DISPUTE : COMMAND_STEP_DISPUTE);
    bool is_beta = desk == &pair->beta;
    command.dispute.partner = pair_other(pair, desk)->roster.self;
    command.dispute.direction = is_beta ? STREAM_IN : STREAM_OUT;
    command.dispute.number = number;
    command.dispute.step = step;
    command.dispute.reason = step == STEP_OPEN ? DISPUTE_OTHER : (enum dispute_reason)0;
    desk_do(desk, &command);
    pair_settle(pair);
}

/* Points that should not have been given are nobody's to pay, and neither is a share of them. */
static void test_a_disputed_purchase_moves_the_shares(void **state)
{
    struct pair *pair = &((struct shared *)*state)->pair;
    give(pair, 50);
    step(pair, &pair->beta, STEP_OPEN, 1);
    assert_int_equal(used(&pair->beta), 30);
    step(pair, &pair->alfa, STEP_ACCEPT, 1);
    assert_given(pair, 0, 0);
    give(pair, 20);
    assert_given(pair, 20, 12);
}

static void test_a_dispute_in_vain_moves_none(void **state)
{
    struct pair *pair = &((struct shared *)*state)->pair;
    give(pair, 50);
    step(pair, &pair->beta, STEP_OPEN, 1);
    step(pair, &pair->alfa, STEP_REJECT, 1);
    step(pair, &pair->beta, STEP_CONCEDE, 1);
    assert_int_equal(used(&pair->alfa), 50);
    assert_int_equal(used(&pair->beta), 30);
}

/* A return that did not happen: the points stand, and the shares. */
static void test_a_disputed_return_moves_the_shares_back(void **state)
{
    struct pair *pair = &((struct shared *)*state)->pair;
    struct uid sale = give(pair, 50);
    assert_int_equal(desk_return_sale(&pair->alfa, &sale), VERDICT_OK);
    pair_settle(pair);
    assert_given(pair, 0, 0);
    assert_int_equal(pair->from_alfa.entries[2].kind, ENTRY_EARN_RETURN);
    step(pair, &pair->beta, STEP_OPEN, 3);
    step(pair, &pair->alfa, STEP_ACCEPT, 3);
    assert_given(pair, 50, 30);
}

/* An earn that was refused, and should not have been. */
static void test_a_refused_purchase_that_stands_moves_the_shares(void **state)
{
    struct pair *pair = &((struct shared *)*state)->pair;
    desk_block(&pair->beta, &pair->member);
    give(pair, 50);
    assert_given(pair, 0, 0);
    step(pair, &pair->alfa, STEP_OPEN, 1);
    step(pair, &pair->beta, STEP_ACCEPT, 1);
    assert_given(pair, 50, 30);
}

/* The payer keeps its own count: a shop that lost its own does not spend the budget twice. */
static void test_the_payer_counts_for_itself(void **state)
{
    struct pair *pair = *state;
    struct ledger_key key;
    give(pair, MOST);
    give(pair, MOST);
    key_promotion(5, &nobody, &key);
    assert_int_equal(pair->alfa.store.del(pair->alfa.store.context, TABLE_PROMOTION,
                                          slice_of(key.bytes, key.length)),
                     ERR_OK);
    key_promotion(5, &pair->beta.roster.self, &key);
    assert_int_equal(pair->alfa.store.del(pair->alfa.store.context, TABLE_PROMOTION,
                                          slice_of(key.bytes, key.length)),
                     ERR_OK);
    give(pair, 50); /* 30 for beta, who has paid 108 of 120 */
    assert_int_equal(pair->from_alfa.verdicts[pair->from_alfa.count - 1],
                     VERDICT_PROMOTION_EXHAUSTED);
    assert_int_equal(used(&pair->beta), 108);
}

/* Alfa's ledger is gone: what beta holds of its stream is all there is. */
static void restore(struct shared *shared)
{
    struct pair *pair = &shared->pair;
    struct pair_stream *stream = &pair->from_alfa;
    const struct partner_id *beta = &pair->beta.roster.self;
    struct unix_ms now = pair->alfa.now;
    size_t count = stream->count;
    desk_fini(&pair->alfa);
    desk_init(&pair->alfa);
    pair->alfa.now = now;
    pair->alfa.serial = 5000000;
    pair->alfa.roster.promotions = &shared->promotion;
    pair->alfa.roster.promotion_count = 1;
    desk_recover(&pair->alfa, beta, RECOVERY_BEGIN);
    for (size_t i = 0; i < count; i++) {
        struct command lost = desk_command(&pair->alfa, COMMAND_RECOVER_ENTRY);
        lost.transaction_id = entry_kind_is_funding(stream->entries[i].kind)
                                  ? (struct uid){{0}}
                                  : stream->entries[i].transaction_id;
        lost.recover_entry =
            (struct command_recover_entry){.receiver = *beta,
                                           .entry = stream->entries[i],
                                           .bytes = slice_of(stream->bytes[i], stream->lengths[i])};
        desk_do(&pair->alfa, &lost);
    }
    desk_recover(&pair->alfa, beta, RECOVERY_END);
    stream->count = stream->receipted = 0;
    stream->receipts = 0;
    stream->row = 1;
    pair_settle(pair); /* the receipts once more */
}

static void test_a_recovered_sale_knows_its_promotion(void **state)
{
    struct shared *shared = *state;
    struct pair *pair = &shared->pair;
    struct uid sale = give(pair, 51); /* of it 30 are beta's */
    give(pair, 1);
    struct uid other = give(pair, 60);
    return_some(pair, &other, 25); /* 87 are left, of them 52.2 beta's */
    assert_given(pair, 87, 52);
    restore(shared);
    assert_given(pair, 87, 52);
    /* The till knows what was paid, the restored ledger does not: all of it returns. */
    struct command back = desk_command(&pair->alfa, COMMAND_RETURN_SALE);
    back.return_sale.sale = sale;
    desk_do(&pair->alfa, &back);
    pair_settle(pair);
    assert_given(pair, 36, 21); /* 21.6 */
    give(pair, MOST);
    assert_given(pair, 126, 75); /* 75.6 */
}

/* Of an own member's purchase only who pays knows: it is given back once the shop gives again. */
static void test_a_share_of_a_lost_sale_is_given_back(void **state)
{
    struct shared *shared = *state;
    struct pair *pair = &shared->pair;
    struct card_number card;
    (void)desk_enrol(&pair->alfa, &card);
    struct command command = bonus(pair, 50);
    command.earn.card = card;
    desk_do(&pair->alfa, &command);
    pair_settle(pair);
    assert_int_equal(used(&pair->beta), 30);
    restore(shared);
    assert_int_equal(used(&pair->alfa), 0);
    assert_int_equal(used(&pair->beta), 30);
    give(pair, 10); /* of them 6 */
    assert_int_equal(used(&pair->beta), 6);
}

static void test_a_refused_sale_comes_back_as_such(void **state)
{
    struct shared *shared = *state;
    struct pair *pair = &shared->pair;
    test_a_refused_earn_costs_nobody(state);
    restore(shared);
    assert_given(pair, 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_could_not_be_told_is_told_later),
        TEST(test_what_returns_has_the_price_of_its_purchase),
        TEST(test_a_disputed_purchase_moves_the_shares),
        TEST(test_a_dispute_in_vain_moves_none),
        TEST(test_a_disputed_return_moves_the_shares_back),
        TEST(test_a_refused_purchase_that_stands_moves_the_shares),
        TEST(test_each_pays_its_share),
        TEST(test_what_returns_is_paid_back),
        TEST(test_no_more_than_was_agreed),
        TEST(test_of_its_shop_and_its_time),
        TEST(test_what_another_takes_back),
        TEST(test_a_refused_earn_costs_nobody),
        TEST(test_who_has_not_agreed_pays_nothing),
        TEST(test_a_share_waits_for_its_stream),
        TEST(test_the_payer_counts_for_itself),
        TEST(test_a_recovered_sale_knows_its_promotion),
        TEST(test_a_share_of_a_lost_sale_is_given_back),
        TEST(test_a_refused_sale_comes_back_as_such),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
