/* Three offices moved the same person at once, each to the next home: alfa to beta, beta to gamma,
 * and gamma to alfa. */
#include "ledger/route.h"
#include "notebook.h"

static struct roster_partner partners[3];

struct round {
    struct uid member;
    struct card_number own; /* alfa's */
    struct card_number beta;
    struct card_number gamma;
};

static struct card_number card_of(unsigned partner, uint64_t serial)
{
    struct card_number card;
    assert_int_equal(card_number_make(&partners[partner].prefix, serial, &card), ERR_OK);
    return card;
}

/* Of the coalition with gamma, whose cards have this prefix. */
static void join(struct desk *desk, const char *prefix)
{
    partners[0] = desk->partners[0];
    partners[1] = desk->partners[1];
    partners[2] = desk->partners[1];
    assert_int_equal(partner_id_parse("gamma", &partners[2].id), ERR_OK);
    assert_int_equal(card_prefix_parse(prefix, &partners[2].prefix), ERR_OK);
    desk->roster.partners = partners;
    desk->roster.partner_count = 3;
}

static struct clearing_entry entry_of(const struct desk *desk, enum entry_kind kind,
                                      const struct card_number *card,
                                      const struct card_number *moved_to)
{
    struct clearing_entry entry = {.kind = kind,
                                   .period = {202609},
                                   .tariff = 1,
                                   .business_time = desk->now,
                                   .card = *card,
                                   .moved_to = *moved_to};
    return entry;
}

static struct stream stream_of(const struct desk *desk, enum stream_direction direction,
                               unsigned partner)
{
    struct stream stream;
    assert_int_equal(ledger_get_stream(&desk->store.view, &desk->roster, direction,
                                       &partners[partner].id, &stream),
                     ERR_OK);
    return stream;
}

static enum verdict hear(struct desk *desk, unsigned partner, struct clearing_entry entry)
{
    struct command take = desk_command(desk, COMMAND_TAKE_ENTRY);
    entry.transaction_id = take.transaction_id;
    entry.number = stream_of(desk, STREAM_IN, partner).last_number + 1;
    take.take_entry = (struct command_take_entry){
        .sender = partners[partner].id, .entry = entry, .bytes = slice_of("an entry", 8)};
    return desk_tell(desk, &take);
}

static void hear_of_move(struct desk *desk, unsigned partner, const struct card_number *card,
                         const struct card_number *moved_to)
{
    assert_int_equal(hear(desk, partner, entry_of(desk, ENTRY_CARD_MOVED, card, moved_to)),
                     VERDICT_OK);
}

/* Alfa has moved its member, and hears what the other two did: of the later one first, perhaps. */
static struct round go_round(struct desk *desk, const char *prefix, bool is_last_first)
{
    struct round round;
    join(desk, prefix);
    round.member = desk_enrol(desk, &round.own);
    round.beta = card_of(1, 5);
    round.gamma = card_of(2, 5);
    (void)desk_give(desk, &round.member, 50, (struct unix_ms){0});
    struct command await = desk_command(desk, COMMAND_AWAIT_MOVE);
    await.await = (struct command_await){.card = round.gamma, .own_card = round.own};
    desk_do(desk, &await);
    struct command move = desk_command(desk, COMMAND_MOVE_MEMBER);
    move.move =
        (struct command_move){.card = round.own, .to = partners[1].id, .new_card = round.beta};
    desk_do(desk, &move);
    if (is_last_first) {
        hear_of_move(desk, 2, &round.gamma, &round.own);
        hear_of_move(desk, 1, &round.beta, &round.gamma);
    } else {
        hear_of_move(desk, 1, &round.beta, &round.gamma);
        hear_of_move(desk, 2, &round.gamma, &round.own);
    }
    return round;
}

static void assert_leads(const struct desk *desk, const struct card_number *card,
                         const struct card_number *expected)
{
    struct card_route route;
    assert_int_equal(ledger_route_card(&desk->store.view, &desk->roster, card, &route), ERR_OK);
    assert_string_equal(route.card.digits, expected->digits);
    assert_non_null(route.home);
}

static uint64_t sent_to(const struct desk *desk, unsigned partner)
{
    return stream_of(desk, STREAM_OUT, partner).last_number;
}

/* The smallest card is alfa's: its member is its own again, and all points come to it. */
static void test_the_smallest_card_takes_its_member_back(void **state)
{
    struct desk *desk = *state;
    for (int is_last_first = 0; is_last_first < 2; is_last_first++) {
        struct member member;
        uint64_t before = sent_to(desk, 1);
        struct round round = go_round(desk, "300300", is_last_first);
        desk_member(desk, &round.member, &member);
        assert_false(member.is_blocked);
        assert_leads(desk, &round.own, &round.own);
        assert_leads(desk, &round.beta, &round.own);
        assert_leads(desk, &round.gamma, &round.own);
        assert_int_equal(sent_to(desk, 1), before + 3); /* the lot, where it went, it is back */
        struct clearing_entry lot = entry_of(desk, ENTRY_MOVED_LOT, &round.gamma, &round.own);
        lot.points = points_of(50);
        lot.issuer = partners[0].id;
        assert_int_equal(hear(desk, 2, lot), VERDICT_OK);
        assert_int_equal(sent_to(desk, 1), before + 3); /* and goes no further */
        desk_assert_balances(desk, &round.member, 50, 0, 0);
        desk_fini(desk);
        desk_init(desk);
    }
}

/* It is gamma's: tills ask there at once, and what gamma says of it ends the circle. */
static void test_another_home_takes_its_member_back(void **state)
{
    struct desk *desk = *state;
    struct member member;
    struct card_number none = {{0}};
    struct round round = go_round(desk, "100050", false);
    desk_member(desk, &round.member, &member);
    assert_true(member.is_blocked);
    assert_leads(desk, &round.own, &round.gamma);
    assert_leads(desk, &round.gamma, &round.gamma);
    assert_int_equal(hear(desk, 2, entry_of(desk, ENTRY_CARD_UNBLOCK, &round.gamma, &none)),
                     VERDICT_OK);
    assert_leads(desk, &round.own, &round.gamma);
    struct card_status status;
    assert_int_equal(ledger_get_card_status(&desk->store.view, &round.gamma, &status), ERR_OK);
    assert_string_equal(status.moved_to.digits, "");
    struct card_number other = card_of(1, 6); /* who joins the line later is taken there as well */
    hear_of_move(desk, 1, &other, &round.own);
    assert_leads(desk, &other, &round.gamma);
}

/* They would come round again and again: once the circle is known here they wait until gamma, where
 * they belong, has opened it. */
static void test_points_wait_until_the_circle_is_opened(void **state)
{
    struct desk *desk = *state;
    struct card_number none = {{0}};
    struct round round = go_round(desk, "100050", false);
    uint64_t before = sent_to(desk, 1);
    struct clearing_entry lot = entry_of(desk, ENTRY_MOVED_LOT, &round.gamma, &round.own);
    lot.points = points_of(50);
    lot.issuer = partners[0].id;
    assert_int_equal(hear(desk, 2, lot), VERDICT_OK);
    assert_int_equal(sent_to(desk, 1), before);
    desk_assert_balances(desk, &round.member, 50, 0, 0);
    assert_int_equal(hear(desk, 2, entry_of(desk, ENTRY_CARD_UNBLOCK, &round.gamma, &none)),
                     VERDICT_OK);
    assert_int_equal(sent_to(desk, 1), before + 1);
    desk_assert_balances(desk, &round.member, 0, 0, 0);
}

/* One who moves to somebody in the circle, before it is opened. */
static void test_a_card_that_leads_into_a_circle(void **state)
{
    struct desk *desk = *state;
    struct round round = go_round(desk, "100050", true);
    struct card_number other = card_of(1, 6);
    hear_of_move(desk, 1, &other, &round.beta);
    assert_leads(desk, &other, &round.gamma);
}

/* A card of the member that its holder lost stays blocked. */
static void test_a_blocked_card_comes_back_blocked(void **state)
{
    struct desk *desk = *state;
    struct card card;
    struct card_status status;
    struct card_number own;
    join(desk, "300300");
    struct uid member = desk_enrol(desk, &own);
    struct command block = desk_command(desk, COMMAND_BLOCK_CARD);
    struct card_number beta = card_of(1, 7);
    struct command move = desk_command(desk, COMMAND_MOVE_MEMBER);
    move.move = (struct command_move){.card = own, .to = partners[1].id, .new_card = beta};
    desk_do(desk, &move);
    block.card.card = own;
    desk_do(desk, &block);
    hear_of_move(desk, 1, &beta, &own);
    struct member row;
    desk_member(desk, &member, &row);
    assert_false(row.is_blocked);
    assert_int_equal(ledger_get_card(&desk->store.view, &own, &card), ERR_OK);
    assert_true(card.is_blocked);
    assert_int_equal(ledger_get_card_status(&desk->store.view, &own, &status), ERR_OK);
    assert_string_equal(status.moved_to.digits, "");
}

/* What the programme remembers of the person is where the circle opens. */
static void test_standings_come_back(void **state)
{
    struct desk *desk = *state;
    for (int is_ours = 0; is_ours < 2; is_ours++) {
        struct card_number none = {{0}};
        join(desk, is_ours ? "300300" : "100050");
        struct card_number beta = card_of(1, 5);
        struct standing_owner owner = standing_of_card(&beta);
        assert_int_equal(change_now(desk, &owner, set_step(COUNT, 0, 0, 9)), VERDICT_OK);
        struct round round = go_round(desk, is_ours ? "300300" : "100050", is_ours);
        if (is_ours) {
            owner = standing_of_member(&round.member);
        } else {
            owner = standing_of_card(&round.gamma);
            assert_int_equal(hear(desk, 2, entry_of(desk, ENTRY_CARD_UNBLOCK, &round.gamma, &none)),
                             VERDICT_OK);
        }
        assert_int_equal(value(desk, &owner, COUNT), 9);
        desk_fini(desk);
        desk_init(desk);
    }
}

/* A copy from before: the moves of the others are here, and ours, that we took back, comes back. */
static void test_a_move_that_was_taken_back_comes_back(void **state)
{
    struct desk *desk = *state;
    struct member member;
    join(desk, "300300");
    struct card_number own;
    struct uid id = desk_enrol(desk, &own);
    struct card_number beta = card_of(1, 5);
    struct card_number gamma = card_of(2, 5);
    hear_of_move(desk, 1, &beta, &gamma);
    hear_of_move(desk, 2, &gamma, &own);
    desk_recover(desk, &partners[1].id, RECOVERY_BEGIN);
    struct stream stream = stream_of(desk, STREAM_OUT, 1);
    struct command lost = desk_command(desk, COMMAND_RECOVER_ENTRY);
    struct clearing_entry entry = entry_of(desk, ENTRY_CARD_MOVED, &own, &beta);
    entry.number = stream.last_number + 1;
    entry.previous_hash = stream.last_hash;
    entry.period = stream.period;
    entry.transaction_id = lost.transaction_id;
    lost.recover_entry = (struct command_recover_entry){
        .receiver = partners[1].id, .entry = entry, .bytes = slice_of("an entry of before", 18)};
    desk_do(desk, &lost);
    desk_member(desk, &id, &member);
    assert_false(member.is_blocked);
    assert_leads(desk, &beta, &own);
    desk_recover(desk, &partners[1].id, RECOVERY_END);
    struct command tell = desk_command(desk, COMMAND_TELL_CARDS);
    desk_do(desk, &tell);
    assert_int_equal(sent_to(desk, 1), 2); /* that it is back */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_smallest_card_takes_its_member_back),
        TEST(test_another_home_takes_its_member_back),
        TEST(test_points_wait_until_the_circle_is_opened),
        TEST(test_a_card_that_leads_into_a_circle),
        TEST(test_a_blocked_card_comes_back_blocked),
        TEST(test_standings_come_back),
        TEST(test_a_move_that_was_taken_back_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
