/* What a restored ledger said last of its cards, when several partners bring back what each of them
 * was told. */
#include "desk.h"

/* What an office said, and every partner was told. */
struct said {
    enum entry_kind kind;
    struct uid id;
    struct unix_ms at;
};

static struct roster_partner partners[3];

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
static void show(struct desk *desk, unsigned partner, const struct card_number *card,
                 const struct said *said)
{
    struct stream stream;
    struct command lost = desk_command(desk, COMMAND_RECOVER_ENTRY);
    assert_int_equal(ledger_get_stream(&desk->store.view, &desk->roster, STREAM_OUT,
                                       &partners[partner].id, &stream),
                     ERR_OK);
    lost.transaction_id = said->id;
    lost.business_time = said->at;
    lost.recover_entry =
        (struct command_recover_entry){.receiver = partners[partner].id,
                                       .entry = {.number = stream.last_number + 1,
                                                 .previous_hash = stream.last_hash,
                                                 .kind = said->kind,
                                                 .period = stream.period,
                                                 .business_time = said->at,
                                                 .card = *card,
                                                 .tariff = 1,
                                                 .transaction_id = said->id},
                                       .bytes = slice_of("an entry of before", 18)};
    desk_do(desk, &lost);
}

static bool is_blocked(const struct desk *desk, const struct card_number *number)
{
    struct card card;
    assert_int_equal(ledger_get_card(&desk->store.view, number, &card), ERR_OK);
    return card.is_blocked;
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, desk_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_older_news_undo_nothing),
        TEST(test_news_after_the_clock_was_set_back),
        TEST(test_news_of_two_cards_under_one_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
