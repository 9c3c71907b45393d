/* What partners are told of cards, and members who move, where the order of things matters. */
#include <stdio.h>
#include <stdlib.h>

#include "desk.h"
#include "ledger/route.h"

enum {
    MANY = 1000
};

static struct card_number card_of(const struct roster_partner *partner, uint64_t serial)
{
    struct card_number card;
    assert_int_equal(card_number_make(&partner->prefix, serial, &card), ERR_OK);
    return card;
}

static uint64_t sent_to(struct desk *desk, const struct partner_id *partner)
{
    struct stream stream;
    assert_int_equal(
        ledger_get_stream(&desk->store.view, &desk->roster, STREAM_OUT, partner, &stream), ERR_OK);
    return stream.last_number;
}

/* The partners of a coalition as large as one may be; alfa and beta are two of them. */
static struct roster_partner *many_partners(struct desk *desk)
{
    struct roster_partner *partners = calloc(MANY, sizeof *partners);
    assert_non_null(partners);
    partners[0] = desk->partners[0];
    partners[1] = desk->partners[1];
    for (unsigned i = 2; i < MANY; i++) {
        char text[32];
        snprintf(text, sizeof text, "brand%u", i);
        assert_int_equal(partner_id_parse(text, &partners[i].id), ERR_OK);
        snprintf(text, sizeof text, "%u", 300000 + i);
        assert_int_equal(card_prefix_parse(text, &partners[i].prefix), ERR_OK);
    }
    return partners;
}

/* How many rows of TABLE_DUE ask for telling; the time of one of them. */
struct dues {
    unsigned count;
    struct unix_ms at;
};

static enum err see_due(void *context, enum ledger_table table, struct slice key,
                        struct slice value)
{
    struct dues *dues = context;
    enum due_kind kind;
    struct partner_id origin;
    struct uid id;
    (void)value;
    if (table == TABLE_DUE && key_due_parse(key, &dues->at, &kind, &origin, &id) == ERR_OK) {
        dues->count += kind == DUE_CARD_NEWS;
    }
    return ERR_OK;
}

static struct dues dues_of(struct desk *desk)
{
    struct dues dues = {0};
    assert_int_equal(memory_store_each(desk->tables, see_due, &dues), ERR_OK);
    return dues;
}

static void block(struct desk *desk, const struct card_number *card, enum command_kind kind)
{
    struct command command = desk_command(desk, kind);
    command.card.card = *card;
    desk_do(desk, &command);
}

/* Those that were told nothing yet. */
static unsigned untold(struct desk *desk)
{
    unsigned count = 0;
    for (size_t i = 0; i < desk->roster.partner_count; i++) {
        const struct partner_id *partner = &desk->roster.partners[i].id;
        count += !roster_is_self(&desk->roster, partner) && sent_to(desk, partner) == 0;
    }
    return count;
}

static void test_a_large_coalition_is_told_in_slices(void **state)
{
    struct desk *desk = *state;
    struct roster_partner *partners = many_partners(desk);
    struct card_number card;
    (void)desk_enrol(desk, &card);
    desk->roster.partners = partners;
    desk->roster.partner_count = MANY;
    assert_int_equal(roster_prepare(&desk->roster, NULL), ERR_OK);
    block(desk, &card, COMMAND_BLOCK_CARD);
    assert_int_equal(untold(desk), MANY - 1 - LIMIT_NEWS_PER_RECORD);
    unsigned rounds = 0;
    for (struct dues dues = dues_of(desk); dues.count > 0; dues = dues_of(desk)) {
        assert_int_equal(dues.count, 1);
        struct command tell = desk_command(desk, COMMAND_TELL_CARDS);
        tell.due.due = dues.at;
        desk_do(desk, &tell);
        rounds++;
    }
    assert_int_equal(rounds, (MANY - 1) / LIMIT_NEWS_PER_RECORD);
    assert_int_equal(untold(desk), 0);
    for (size_t i = 0; i < MANY; i++) {
        assert_in_range(sent_to(desk, &partners[i].id), 0, 1);
    }
    desk->roster.partners = desk->partners;
    desk->roster.partner_count = 2;
    free(partners);
}

static void test_who_joins_later_is_told_what_is(void **state)
{
    struct desk *desk = *state;
    struct roster_partner partners[3] = {desk->partners[0], desk->partners[1]};
    struct card_number cards[3];
    for (unsigned i = 0; i < 3; i++) {
        (void)desk_enrol(desk, &cards[i]);
        block(desk, &cards[i], COMMAND_BLOCK_CARD);
    }
    block(desk, &cards[1], COMMAND_UNBLOCK_CARD);
    block(desk, &cards[1], COMMAND_BLOCK_CARD);
    block(desk, &cards[1], COMMAND_UNBLOCK_CARD);
    assert_int_equal(sent_to(desk, &partners[1].id), 6);
    assert_int_equal(partner_id_parse("gamma", &partners[2].id), ERR_OK);
    assert_int_equal(card_prefix_parse("300300", &partners[2].prefix), ERR_OK);
    desk->roster.partners = partners;
    desk->roster.partner_count = 3;
    struct command tell = desk_command(desk, COMMAND_TELL_CARDS);
    desk_do(desk, &tell);
    assert_int_equal(sent_to(desk, &partners[1].id), 6);
    assert_int_equal(sent_to(desk, &partners[2].id), 3); /* of each card the latest */
    tell = desk_command(desk, COMMAND_TELL_CARDS);
    desk_do(desk, &tell);
    assert_int_equal(sent_to(desk, &partners[2].id), 3);
    desk->roster.partners = desk->partners;
    desk->roster.partner_count = 2;
}

static void move_to_beta(struct desk *desk, const struct card_number *card,
                         const struct card_number *new_card)
{
    struct command move = desk_command(desk, COMMAND_MOVE_MEMBER);
    move.move =
        (struct command_move){.card = *card, .to = desk->partners[1].id, .new_card = *new_card};
    desk_do(desk, &move);
}

/* Beta's receipt for one entry of ours. */
static void refused_by(struct desk *desk, const struct partner_id *partner,
                       struct receipted_entry entry, enum verdict verdict)
{
    struct command receipt = desk_command(desk, COMMAND_TAKE_RECEIPT);
    struct stream stream;
    assert_int_equal(
        ledger_get_stream(&desk->store.view, &desk->roster, STREAM_OUT, partner, &stream), ERR_OK);
    entry.period = (struct period){202609};
    entry.tariff = 1;
    entry.number = stream.receipted_number + 1;
    entry.verdict = verdict;
    receipt.take_receipt =
        (struct command_take_receipt){.receiver = *partner,
                                      .receipt_number = stream.receipt_number + 1,
                                      .last_number = entry.number,
                                      .entries = &entry,
                                      .entry_count = 1};
    desk_do(desk, &receipt);
}

static void refuse(struct desk *desk, struct receipted_entry entry, enum verdict verdict)
{
    refused_by(desk, &desk->partners[1].id, entry, verdict);
}

static void test_what_moves_is_what_was_there(void **state)
{
    struct desk *desk = *state;
    struct card_number card;
    struct card_number new_card = card_of(&desk->partners[1], 8);
    struct uid member = desk_enrol(desk, &card);
    desk_give(desk, &member, 40, desk_in_days(desk, 10));
    desk_give(desk, &member, 2, (struct unix_ms){0});
    move_to_beta(desk, &card, &new_card);
    assert_int_equal(desk->answer.points.minor, 42);
    desk_assert_balances(desk, &member, 0, 0, 0);
    assert_int_equal(desk_account(desk, ACCOUNT_ISSUED), -42);
    assert_int_equal(sent_to(desk, &desk->partners[1].id), 3); /* two lots and the card */
    struct card_route route;
    assert_int_equal(ledger_route_card(&desk->store.view, &desk->roster, &card, &route), ERR_OK);
    assert_string_equal(route.card.digits, new_card.digits);
    /* One that the new home has no room for comes back, and may go once more. */
    struct receipted_entry lot = {.kind = ENTRY_MOVED_LOT,
                                  .points = {40},
                                  .card = card,
                                  .lot = {desk->roster.self, 1, {0}, desk_in_days(desk, 10), 0}};
    refuse(desk, lot, VERDICT_TOO_MANY_LOTS);
    desk_assert_balances(desk, &member, 40, 0, 0);
    desk_assert_lot(desk, &member, desk_in_days(desk, 10), 40);
    move_to_beta(desk, &card, &new_card);
    assert_int_equal(desk->answer.points.minor, 40);
    assert_int_equal(sent_to(desk, &desk->partners[1].id), 4); /* the card was told of */
}

/* A refusal names the new card before the card's home tells of it: the earn finds the member. */
static void test_a_late_earn_follows_the_member_home(void **state)
{
    struct desk *desk = *state;
    struct card_number card;
    struct card_number old_card = card_of(&desk->partners[1], 5);
    struct uid member = desk_enrol(desk, &card);
    struct command earn = desk_command(desk, COMMAND_EARN);
    earn.earn = (struct command_earn){.card = old_card,
                                      .amount = money_of(1000),
                                      .currency = "EUR",
                                      .rate = {1, 100, ROUNDING_DOWN, 0}};
    desk_do(desk, &earn);
    struct receipted_entry entry = {.kind = ENTRY_EARN,
                                    .points = {10},
                                    .transaction_id = earn.transaction_id,
                                    .card = old_card,
                                    .moved_to = card};
    refuse(desk, entry, VERDICT_CARD_MOVED);
    desk_assert_balances(desk, &member, 10, 0, 0);
    struct sale sale;
    assert_int_equal(
        ledger_get_sale(&desk->store.view, &desk->roster.self, &earn.transaction_id, &sale),
        ERR_OK);
    assert_false(sale.is_reversed);
    assert_int_equal(sale.role, SALE_OWN);
    /* From then on the old card leads here, and what returns is taken from the member. */
    earn = desk_command(desk, COMMAND_EARN);
    earn.earn.card = old_card;
    earn.earn.is_fixed = true;
    earn.earn.fixed_points = points_of(3);
    earn.earn.rate.per_minor = 1;
    desk_do(desk, &earn);
    desk_assert_balances(desk, &member, 13, 0, 0);
    assert_int_equal(sent_to(desk, &desk->partners[1].id), 1);
    /* Also when the brand that gave the card is gone from the charter. */
    desk->roster.partner_count = 1;
    earn.transaction_id = desk_id(desk);
    desk_do(desk, &earn);
    desk_assert_balances(desk, &member, 16, 0, 0);
    earn.transaction_id = desk_id(desk);
    earn.earn.card = card_of(&desk->partners[1], 6);
    assert_int_equal(desk_tell(desk, &earn), VERDICT_PARTNER_UNKNOWN);
}

static void test_a_word_that_leads_back_is_not_taken(void **state)
{
    struct desk *desk = *state;
    struct card_number card;
    struct card_number beta_card = card_of(&desk->partners[1], 5);
    (void)desk_enrol(desk, &card);
    move_to_beta(desk, &card, &beta_card);
    struct command earn = desk_command(desk, COMMAND_EARN);
    earn.earn.card = card;
    earn.earn.is_fixed = true;
    earn.earn.fixed_points = points_of(3);
    earn.earn.rate.per_minor = 1;
    desk_do(desk, &earn);
    refuse(desk, (struct receipted_entry){.kind = ENTRY_CARD_MOVED, .card = card}, VERDICT_OK);
    struct receipted_entry entry = {.kind = ENTRY_EARN,
                                    .points = {3},
                                    .transaction_id = earn.transaction_id,
                                    .card = beta_card,
                                    .moved_to = card};
    refuse(desk, entry, VERDICT_CARD_MOVED);
    struct sale sale;
    assert_int_equal(
        ledger_get_sale(&desk->store.view, &desk->roster.self, &earn.transaction_id, &sale),
        ERR_OK);
    assert_true(sale.is_reversed);
    assert_int_equal(desk_account(desk, ACCOUNT_ISSUED), 0);
}

/* Other brands, to which beta's members move, and from there on. */
static void join_others(struct desk *desk, struct roster_partner *partners, size_t count)
{
    static const char *const names[] = {"gamma", "kappa"};
    static const char *const prefixes[] = {"300300", "300400"};
    partners[0] = desk->partners[0];
    partners[1] = desk->partners[1];
    for (size_t i = 2; i < count; i++) {
        partners[i] = desk->partners[1];
        assert_int_equal(partner_id_parse(names[i - 2], &partners[i].id), ERR_OK);
        assert_int_equal(card_prefix_parse(prefixes[i - 2], &partners[i].prefix), ERR_OK);
    }
    desk->roster.partners = partners;
    desk->roster.partner_count = count;
}

/* Told before our charter has the brand; when it has, the card leads there, and nobody tells it
 * again. */
static void test_a_move_to_a_brand_that_joins_is_heard(void **state)
{
    struct desk *desk = *state;
    struct roster_partner partners[3];
    join_others(desk, partners, 3);
    desk->roster.partner_count = 2;
    struct card_number card = card_of(&partners[1], 5);
    struct command take = desk_command(desk, COMMAND_TAKE_ENTRY);
    take.take_entry = (struct command_take_entry){.sender = partners[1].id,
                                                  .entry = {.number = 1,
                                                            .kind = ENTRY_CARD_MOVED,
                                                            .period = {202609},
                                                            .card = card,
                                                            .moved_to = card_of(&partners[2], 5),
                                                            .tariff = 1,
                                                            .business_time = desk->now,
                                                            .transaction_id = desk_id(desk)},
                                                  .bytes = slice_of("a move", 6)};
    desk_do(desk, &take);
    struct command earn = desk_command(desk, COMMAND_EARN);
    earn.earn.card = card;
    earn.earn.is_fixed = true;
    earn.earn.fixed_points = points_of(3);
    earn.earn.rate.per_minor = 1;
    assert_int_equal(desk_tell(desk, &earn), VERDICT_PARTNER_UNKNOWN);
    desk->roster.partner_count = 3;
    earn.transaction_id = desk_id(desk);
    desk_do(desk, &earn);
    assert_string_equal(desk->answer.home.text, "gamma");
    assert_int_equal(sent_to(desk, &partners[2].id), 1);
    assert_int_equal(sent_to(desk, &partners[1].id), 0);
    desk->roster.partners = desk->partners;
    desk->roster.partner_count = 2;
}

/* The earn that the partner holds of us, behind what there is for it. */
static void show_earn(struct desk *desk, const struct partner_id *partner, struct uid id,
                      const struct card_number *card)
{
    struct stream stream;
    struct command lost = desk_command(desk, COMMAND_RECOVER_ENTRY);
    assert_int_equal(
        ledger_get_stream(&desk->store.view, &desk->roster, STREAM_OUT, partner, &stream), ERR_OK);
    lost.transaction_id = id;
    lost.recover_entry =
        (struct command_recover_entry){.receiver = *partner,
                                       .entry = {.number = stream.last_number + 1,
                                                 .previous_hash = stream.last_hash,
                                                 .kind = ENTRY_EARN,
                                                 .period = stream.period,
                                                 .card = *card,
                                                 .points = {10},
                                                 .tariff = 1,
                                                 .transaction_id = id},
                                       .bytes = slice_of("an entry of before", 18)};
    desk_do(desk, &lost);
}

/* Beta refused the earn, and it went on to gamma: what a ledger makes of it that was restored, with
 * or without the sale, to before it heard of the refusal. */
static void earn_goes_on_once(struct desk *desk, bool has_sale, bool shows_beta_first)
{
    struct roster_partner partners[3];
    join_others(desk, partners, 3);
    struct card_number old_card = card_of(&partners[1], 5);
    struct card_number new_card = card_of(&partners[2], 5);
    struct command earn = desk_command(desk, COMMAND_EARN);
    earn.earn = (struct command_earn){.card = old_card,
                                      .currency = "EUR",
                                      .is_fixed = true,
                                      .fixed_points = points_of(10),
                                      .rate = {.per_minor = 1}};
    if (has_sale) {
        desk_do(desk, &earn);
    }
    desk_recover(desk, &partners[1].id, RECOVERY_BEGIN);
    desk_recover(desk, &partners[2].id, RECOVERY_BEGIN);
    if (!has_sale && shows_beta_first) {
        show_earn(desk, &partners[1].id, earn.transaction_id, &old_card);
        desk->now.ms++;
    } else {
        show_earn(desk, &partners[2].id, earn.transaction_id, &new_card);
        desk_recover(desk, &partners[2].id, RECOVERY_END);
    }
    if (!has_sale && !shows_beta_first) {
        show_earn(desk, &partners[1].id, earn.transaction_id, &old_card);
    }
    struct receipted_entry entry = {.kind = ENTRY_EARN,
                                    .points = {10},
                                    .transaction_id = earn.transaction_id,
                                    .card = old_card,
                                    .moved_to = new_card};
    refuse(desk, entry, VERDICT_CARD_MOVED);
    if (!has_sale && shows_beta_first) {
        show_earn(desk, &partners[2].id, earn.transaction_id, &new_card);
    }
    assert_int_equal(sent_to(desk, &partners[2].id), 1);
    assert_int_equal(desk_account(desk, ACCOUNT_ISSUED), -10);
    struct sale sale;
    assert_int_equal(
        ledger_get_sale(&desk->store.view, &desk->roster.self, &earn.transaction_id, &sale),
        ERR_OK);
    assert_false(sale.is_reversed);
    assert_string_equal(sale.home.text, "gamma");
    assert_string_equal(sale.card.digits, new_card.digits);
    desk->roster.partners = desk->partners;
    desk->roster.partner_count = 2;
}

static void test_an_earn_that_went_on_from_what_the_copy_has(void **state)
{
    earn_goes_on_once(*state, true, true);
}

static void test_an_earn_that_went_on_shown_by_its_first_home_first(void **state)
{
    earn_goes_on_once(*state, false, true);
}

static void test_an_earn_that_went_on_shown_by_its_last_home_first(void **state)
{
    earn_goes_on_once(*state, false, false);
}

static struct sale sale_of(struct desk *desk, const struct uid *id)
{
    struct sale sale;
    assert_int_equal(ledger_get_sale(&desk->store.view, &desk->roster.self, id, &sale), ERR_OK);
    return sale;
}

/* Beta refused the earn, and so did gamma, and kappa has it. The copy knows of no move, hears of
 * kappa's first, and sends it there once more. */
static void test_an_earn_that_its_home_has_already_is_given(void **state)
{
    struct desk *desk = *state;
    struct roster_partner partners[4];
    join_others(desk, partners, 4);
    struct card_number cards[4];
    struct command earn = desk_command(desk, COMMAND_EARN);
    for (size_t i = 1; i < 4; i++) {
        cards[i] = card_of(&partners[i], 5);
    }
    earn.earn = (struct command_earn){.card = cards[1],
                                      .currency = "EUR",
                                      .is_fixed = true,
                                      .fixed_points = points_of(10),
                                      .rate = {.per_minor = 1}};
    desk_do(desk, &earn);
    for (size_t i = 3; i > 1; i--) {
        desk_recover(desk, &partners[i].id, RECOVERY_BEGIN);
        show_earn(desk, &partners[i].id, earn.transaction_id, &cards[i]);
        desk_recover(desk, &partners[i].id, RECOVERY_END);
    }
    struct receipted_entry entry = {
        .kind = ENTRY_EARN, .points = {10}, .transaction_id = earn.transaction_id};
    for (size_t i = 1; i < 3; i++) {
        entry.card = cards[i];
        entry.moved_to = cards[i + 1];
        refused_by(desk, &partners[i].id, entry, VERDICT_CARD_MOVED);
    }
    assert_int_equal(sent_to(desk, &partners[3].id), 2);
    entry.card = cards[3];
    entry.moved_to = (struct card_number){{0}};
    refused_by(desk, &partners[3].id, entry, VERDICT_OK);
    assert_int_equal(desk_account(desk, ACCOUNT_ISSUED), -20);
    refused_by(desk, &partners[3].id, entry, VERDICT_SALE_EXISTS);
    assert_int_equal(desk_account(desk, ACCOUNT_ISSUED), -10);
    struct sale sale = sale_of(desk, &earn.transaction_id);
    assert_false(sale.is_reversed);
    assert_string_equal(sale.home.text, "kappa");
    desk->roster.partners = desk->partners;
    desk->roster.partner_count = 2;
}

/* Of other points it is no answer to the sale. */
static void test_an_earn_that_another_sale_is_refused_for_is_not_given(void **state)
{
    struct desk *desk = *state;
    struct command earn = desk_command(desk, COMMAND_EARN);
    earn.earn.card = card_of(&desk->partners[1], 5);
    earn.earn.is_fixed = true;
    earn.earn.fixed_points = points_of(10);
    earn.earn.rate.per_minor = 1;
    desk_do(desk, &earn);
    struct receipted_entry entry = {.kind = ENTRY_EARN,
                                    .points = {9},
                                    .transaction_id = earn.transaction_id,
                                    .card = earn.earn.card};
    refuse(desk, entry, VERDICT_SALE_EXISTS);
    assert_true(sale_of(desk, &earn.transaction_id).is_reversed);
}

/* Beta's member is awaited as ours, who moves to it meanwhile: their points would never arrive. */
static void test_two_members_do_not_move_to_each_other(void **state)
{
    struct desk *desk = *state;
    struct card_number card;
    struct card_number beta_card = card_of(&desk->partners[1], 5);
    (void)desk_enrol(desk, &card);
    struct command await = desk_command(desk, COMMAND_AWAIT_MOVE);
    await.await = (struct command_await){.card = beta_card, .own_card = card};
    desk_do(desk, &await);
    struct command move = desk_command(desk, COMMAND_MOVE_MEMBER);
    move.move =
        (struct command_move){.card = card, .to = desk->partners[1].id, .new_card = beta_card};
    assert_int_equal(desk_tell(desk, &move), VERDICT_MOVE_LOOPS);
    move.transaction_id = desk_id(desk);
    move.move.new_card = card_of(&desk->partners[1], 6);
    assert_int_equal(desk_tell(desk, &move), VERDICT_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_large_coalition_is_told_in_slices),
        TEST(test_who_joins_later_is_told_what_is),
        TEST(test_what_moves_is_what_was_there),
        TEST(test_a_late_earn_follows_the_member_home),
        TEST(test_a_word_that_leads_back_is_not_taken),
        TEST(test_an_earn_that_went_on_from_what_the_copy_has),
        TEST(test_an_earn_that_went_on_shown_by_its_first_home_first),
        TEST(test_an_earn_that_went_on_shown_by_its_last_home_first),
        TEST(test_a_move_to_a_brand_that_joins_is_heard),
        TEST(test_an_earn_that_its_home_has_already_is_given),
        TEST(test_an_earn_that_another_sale_is_refused_for_is_not_given),
        TEST(test_two_members_do_not_move_to_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
