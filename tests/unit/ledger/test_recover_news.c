/* What a restored ledger said last of its cards, when several partners bring back what each of them
 * was told. */
#include "desk.h"
#include "ledger/route.h"

/* What an office said, and every partner was told. */
struct said {
    enum entry_kind kind;
    struct uid id;
    struct unix_ms at;
};

static struct roster_partner partners[3];
static const struct card_number nobodys_card = {""};
static const struct card_number their_card = {"2002000000000012"};

static int begin(void **state)
{
    (void)desk_setup(state);
    struct desk *desk = *state;
    partners[0] = desk->partners[0];
    partners[1] = desk->partners[1];
    partners[2] = desk->partners[1];
    assert_int_equal(partner_id_parse("gamma", &partners[2].id), ERR_OK);
    assert_int_equal(card_prefix_parse("300300", &partners[2].prefix), ERR_OK);
    desk->roster.partners = partners;
    desk->roster.partner_count = 3;
    return 0;
}

static struct said say(struct desk *desk, enum entry_kind kind, int64_t minutes)
{
    return (struct said){kind, desk_id(desk), {desk->now.ms + minutes * 60000}};
}

/* The partner holds this of us, behind what there is for it. */
static void show_entry(struct desk *desk, unsigned partner, struct clearing_entry entry)
{
    struct stream stream;
    struct buffer bytes = {0};
    struct command lost = desk_command(desk, COMMAND_RECOVER_ENTRY);
    assert_int_equal(ledger_get_stream(&desk->store.view, &desk->roster, STREAM_OUT,
                                       &partners[partner].id, &stream),
                     ERR_OK);
    entry.number = stream.last_number + 1;
    entry.previous_hash = stream.last_hash;
    entry.period = stream.period;
    entry.tariff = 1;
    assert_int_equal(desk->terms.codec.encode(NULL, &entry, &bytes), ERR_OK);
    lost.transaction_id = entry.transaction_id;
    lost.business_time = entry.business_time;
    lost.recover_entry = (struct command_recover_entry){
        .receiver = partners[partner].id, .entry = entry, .bytes = buffer_slice(&bytes)};
    desk_do(desk, &lost);
    buffer_fini(&bytes);
}

static void show(struct desk *desk, unsigned partner, const struct card_number *card,
                 const struct said *said)
{
    show_entry(desk, partner,
               (struct clearing_entry){
                   .kind = said->kind,
                   .business_time = said->at,
                   .transaction_id = said->id,
                   .card = *card,
                   .moved_to = said->kind == ENTRY_CARD_MOVED ? their_card : nobodys_card,
               });
}

/* Points of the member who moved, to its new home. */
static void show_points(struct desk *desk, unsigned partner, const struct card_number *card,
                        const struct said *moved)
{
    show_entry(desk, partner,
               (struct clearing_entry){
                   .kind = ENTRY_MOVED_LOT,
                   .business_time = moved->at,
                   .transaction_id = moved->id,
                   .card = *card,
                   .moved_to = their_card,
                   .points = points_of(7),
                   .issuer = desk->roster.self,
               });
}

static bool is_blocked(const struct desk *desk, const struct card_number *number)
{
    struct card card;
    assert_int_equal(ledger_get_card(&desk->store.view, number, &card), ERR_OK);
    return card.is_blocked;
}

/* The card leads on, and its member earns and spends here no more. */
static bool has_left(const struct desk *desk, const struct card_number *number)
{
    struct card card;
    struct member member;
    struct card_status status;
    assert_int_equal(ledger_get_card(&desk->store.view, number, &card), ERR_OK);
    assert_int_equal(ledger_get_card_status(&desk->store.view, number, &status), ERR_OK);
    assert_int_equal(ledger_get_member(&desk->store.view, &card.member, &member), ERR_OK);
    return member.is_blocked && card_number_equal(&status.moved_to, &their_card);
}

static void begin_recovery(struct desk *desk, struct card_number *card)
{
    (void)desk_enrol(desk, card);
    desk_recover(desk, &partners[1].id, RECOVERY_BEGIN);
    desk_recover(desk, &partners[2].id, RECOVERY_BEGIN);
}

/* It had not heard the later news, which the other one had. */
static void test_older_news_undo_nothing(void **state)
{
    struct desk *desk = *state;
    struct card_number card;
    begin_recovery(desk, &card);
    struct said older = say(desk, ENTRY_CARD_UNBLOCK, 1);
    struct said block = say(desk, ENTRY_CARD_BLOCK, 2);
    show(desk, 1, &card, &block);
    show(desk, 2, &card, &older);
    assert_true(is_blocked(desk, &card));
    show(desk, 2, &card, &block);
    assert_true(is_blocked(desk, &card));
}

/* The clock was set back between the two: the order in which they were told says which is later. */
static void test_news_after_the_clock_was_set_back(void **state)
{
    struct desk *desk = *state;
    struct card_number card;
    begin_recovery(desk, &card);
    struct said block = say(desk, ENTRY_CARD_BLOCK, 9);
    struct said unblock = say(desk, ENTRY_CARD_UNBLOCK, 3);
    show(desk, 1, &card, &block);
    assert_true(is_blocked(desk, &card));
    show(desk, 1, &card, &unblock);
    assert_false(is_blocked(desk, &card));
    show(desk, 2, &card, &block);
    assert_false(is_blocked(desk, &card));
    show(desk, 2, &card, &unblock);
    assert_false(is_blocked(desk, &card));
}

/* One command of the office may be about several cards. */
static void test_news_of_two_cards_under_one_id(void **state)
{
    struct desk *desk = *state;
    struct card_number first;
    struct card_number second;
    (void)desk_enrol(desk, &first);
    begin_recovery(desk, &second);
    struct said unblock = say(desk, ENTRY_CARD_UNBLOCK, 1);
    struct said block = say(desk, ENTRY_CARD_BLOCK, 2);
    show(desk, 1, &second, &unblock);
    show(desk, 2, &first, &block);
    show(desk, 2, &second, &block);
    assert_true(is_blocked(desk, &first));
    assert_true(is_blocked(desk, &second));
}

/* What a member had goes before the news that it left, under the same id. */
static void test_points_that_left_are_not_the_news(void **state)
{
    struct desk *desk = *state;
    struct card_number card;
    struct card_number other;
    (void)desk_enrol(desk, &other);
    begin_recovery(desk, &card);
    struct said block = say(desk, ENTRY_CARD_BLOCK, 1);
    struct said unblock = say(desk, ENTRY_CARD_UNBLOCK, 2);
    struct said moved = say(desk, ENTRY_CARD_MOVED, 3);
    show(desk, 2, &other, &block); /* which beta did not hear before the rest */
    show(desk, 2, &card, &unblock);
    show(desk, 1, &card, &unblock);
    show_points(desk, 1, &card, &moved);
    show(desk, 1, &card, &moved);
    assert_true(has_left(desk, &card));
    show_points(desk, 2, &card, &moved);
    show(desk, 2, &card, &moved);
    assert_true(has_left(desk, &card));
}

/* It had not heard of another card what others had: of this one it says what is later. */
static void test_news_behind_those_that_a_partner_showed_itself(void **state)
{
    struct desk *desk = *state;
    struct card_number card;
    struct card_number other;
    (void)desk_enrol(desk, &other);
    begin_recovery(desk, &card);
    struct said block = say(desk, ENTRY_CARD_BLOCK, 9);
    struct said unblock = say(desk, ENTRY_CARD_UNBLOCK, 3);
    struct said unheard = say(desk, ENTRY_CARD_BLOCK, 1);
    show(desk, 2, &other, &unheard);
    show(desk, 1, &card, &block);
    show(desk, 1, &card, &unblock);
    assert_false(is_blocked(desk, &card));
}

/* Of the second card what another partner has shown as well, behind the first one's. */
static void test_older_news_of_the_second_card_undo_nothing(void **state)
{
    struct desk *desk = *state;
    struct card_number first;
    struct card_number second;
    (void)desk_enrol(desk, &first);
    begin_recovery(desk, &second);
    struct said block = say(desk, ENTRY_CARD_BLOCK, 9);
    struct said unblock = say(desk, ENTRY_CARD_UNBLOCK, 3);
    show(desk, 2, &first, &block);
    show(desk, 2, &second, &block);
    show(desk, 2, &second, &unblock);
    show(desk, 1, &second, &block);
    assert_false(is_blocked(desk, &second));
    assert_true(is_blocked(desk, &first));
}

/* Its enrolment was lost with the copy: what is said of it stands, whoever shows it. */
static void test_news_of_a_card_that_was_given_since(void **state)
{
    struct desk *desk = *state;
    struct card_number known;
    struct card_number blocked;
    struct card_number left;
    struct card card;
    begin_recovery(desk, &known);
    assert_int_equal(card_number_make(&partners[0].prefix, 77, &blocked), ERR_OK);
    assert_int_equal(card_number_make(&partners[0].prefix, 78, &left), ERR_OK);
    struct said block = say(desk, ENTRY_CARD_BLOCK, 1);
    struct said moved = say(desk, ENTRY_CARD_MOVED, 2);
    show(desk, 1, &blocked, &block);
    assert_true(is_blocked(desk, &blocked));
    show(desk, 1, &left, &moved);
    assert_true(has_left(desk, &left));
    show(desk, 2, &blocked, &block);
    show_points(desk, 2, &left, &moved);
    show(desk, 2, &left, &moved);
    assert_true(is_blocked(desk, &blocked));
    assert_true(has_left(desk, &left));
    assert_int_equal(ledger_get_card(&desk->store.view, &left, &card), ERR_OK);
    assert_false(card.is_blocked);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, desk_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_older_news_undo_nothing),
        TEST(test_news_after_the_clock_was_set_back),
        TEST(test_news_of_two_cards_under_one_id),
        TEST(test_points_that_left_are_not_the_news),
        TEST(test_news_behind_those_that_a_partner_showed_itself),
        TEST(test_older_news_of_the_second_card_undo_nothing),
        TEST(test_news_of_a_card_that_was_given_since),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
