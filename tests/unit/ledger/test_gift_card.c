/* Gift cards and vouchers: numbers, what is on one, and what is refused. */
#include "ledger/gift_card.h"
#include "notebook.h"

static const struct unix_ms noon = {INT64_C(1796040000000)};

/* What is written is told as one occasion, or as what takes back from it. */
static enum verdict tell(struct desk *desk, struct uid occasion, bool is_return,
                         struct buffer *groups)
{
    struct command c = change_of(desk, occasion, buffer_slice(groups));
    if (is_return) {
        c.standing.returned = desk_id(desk);
        c.transaction_id =
            standing_transaction(STANDING_ID_CHANGE, &desk->roster.self, &c.standing.returned);
    }
    enum verdict verdict = desk_tell(desk, &c);
    buffer_fini(groups);
    *groups = (struct buffer){0};
    return verdict;
}

static struct gift_card card_now(struct desk *desk, const struct gift_number *number)
{
    struct standing_row row;
    struct standing_owner owner = standing_of_gift_card(number);
    assert_int_equal(standing_get_row(&desk->store.view, &owner, &row), ERR_OK);
    return gift_card_of_row(&row);
}

static struct gift_number issue(struct desk *desk, struct uid occasion, int64_t value)
{
    struct gift_number number = gift_number_make(UINT64_C(98765432109876));
    struct gift_card card = {.kind = GIFT_CARD_MONEY, .value = value, .until_day = 30000};
    struct buffer groups = {0};
    gift_card_write_issue(&groups, &number, &card);
    assert_int_equal(tell(desk, occasion, false, &groups), VERDICT_OK);
    return number;
}

static enum verdict pay(struct desk *desk, const struct gift_number *number, struct uid occasion,
                        int64_t amount)
{
    struct gift_card card = card_now(desk, number);
    struct buffer groups = {0};
    gift_card_write_payment(&groups, number, &card, amount);
    return tell(desk, occasion, false, &groups);
}

static void test_a_number_has_a_check_digit(void **state)
{
    (void)state;
    struct gift_number number = gift_number_make(UINT64_C(1234567890123));
    struct gift_number parsed;
    assert_string_equal(number.digits, "0012345678901237");
    assert_int_equal(gift_number_parse("0012 3456-7890 1237", &parsed), ERR_OK);
    assert_string_equal(parsed.digits, number.digits);
    for (size_t i = 1; i < GIFT_CARD_DIGITS; i++) {
        struct gift_number wrong = number;
        wrong.digits[i] = (char)('0' + (wrong.digits[i] - '0' + 1) % 10);
        assert_int_equal(gift_number_parse(wrong.digits, &parsed), ERR_INPUT);
    }
    static const char *const wrong[] = {"", "001234567890123", "00123456789012370",
                                        "001234567890123x", "6100010000000013"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(gift_number_parse(wrong[i], &parsed), ERR_INPUT);
    }
    struct standing_owner owner = standing_of_gift_card(&number);
    assert_string_equal(gift_number_of(&owner).digits, number.digits);
    assert_true(gift_thing(slice_of("mug", 3)) > 0);
}

static void test_no_more_is_paid_than_is_there(void **state)
{
    struct desk *desk = *state;
    struct uid first = desk_id(desk);
    struct gift_number number = issue(desk, desk_id(desk), 500);
    assert_int_equal(pay(desk, &number, first, 120), VERDICT_OK);
    assert_int_equal(pay(desk, &number, desk_id(desk), 381), VERDICT_STANDING_LIMIT);
    assert_int_equal(pay(desk, &number, desk_id(desk), 380), VERDICT_OK);
    struct gift_card card = card_now(desk, &number);
    assert_int_equal(card.value, 500);
    assert_int_equal(card.balance, 0);
    assert_true(card.is_used);
    assert_int_equal(pay(desk, &number, desk_id(desk), 1), VERDICT_STANDING_LIMIT);
    /* Back comes no more than was paid. */
    struct buffer groups = {0};
    gift_card_write_refund(&groups, &number, 100);
    assert_int_equal(tell(desk, first, true, &groups), VERDICT_OK);
    gift_card_write_refund(&groups, &number, 21);
    assert_int_equal(tell(desk, first, true, &groups), VERDICT_RETURN_EXCEEDS_SALE);
    gift_card_write_refund(&groups, &number, 20);
    assert_int_equal(tell(desk, first, true, &groups), VERDICT_OK);
    assert_int_equal(card_now(desk, &number).balance, 120);
}

static void test_a_number_is_given_once(void **state)
{
    struct desk *desk = *state;
    struct gift_number number = issue(desk, desk_id(desk), 500);
    struct gift_card card = {.kind = GIFT_CARD_MONEY, .value = 700};
    struct buffer groups = {0};
    gift_card_write_issue(&groups, &number, &card);
    assert_int_equal(tell(desk, desk_id(desk), false, &groups), VERDICT_STANDING_MOVED);
    assert_int_equal(card_now(desk, &number).balance, 500);
}

static void test_what_was_used_is_not_taken_back(void **state)
{
    struct desk *desk = *state;
    struct uid given = desk_id(desk);
    struct gift_number number = issue(desk, given, 500);
    struct buffer groups = {0};
    assert_int_equal(pay(desk, &number, desk_id(desk), 1), VERDICT_OK);
    gift_card_write_cancel(&groups, &number, 500);
    assert_int_equal(tell(desk, given, true, &groups), VERDICT_STANDING_MOVED);
    assert_int_equal(card_now(desk, &number).balance, 499);
}

static void test_what_was_taken_back_pays_nothing(void **state)
{
    struct desk *desk = *state;
    struct uid given = desk_id(desk);
    struct gift_number number = issue(desk, given, 500);
    struct buffer groups = {0};
    gift_card_write_cancel(&groups, &number, 500);
    assert_int_equal(tell(desk, given, true, &groups), VERDICT_OK);
    assert_true(card_now(desk, &number).is_cancelled);
    assert_int_equal(card_now(desk, &number).balance, 0);
    gift_card_write_cancel(&groups, &number, 500);
    assert_int_not_equal(tell(desk, given, true, &groups), VERDICT_OK);
}

static void test_the_fifth_wrong_pin_locks_it(void **state)
{
    struct desk *desk = *state;
    struct gift_number number = issue(desk, desk_id(desk), 500);
    struct buffer groups = {0};
    for (unsigned i = 1; i <= GIFT_PIN_TRIES; i++) {
        struct gift_card card = card_now(desk, &number);
        assert_int_equal(card.locked_until.ms, 0);
        assert_int_equal(card.wrong_pins, i - 1);
        gift_card_write_wrong_pin(&groups, &number, &card, noon);
        assert_int_equal(tell(desk, desk_id(desk), false, &groups), VERDICT_OK);
    }
    struct gift_card card = card_now(desk, &number);
    assert_int_equal(card.locked_until.ms, noon.ms + GIFT_PIN_LOCKED_MS);
    gift_card_write_right_pin(&groups, &number, &card);
    assert_int_equal(tell(desk, desk_id(desk), false, &groups), VERDICT_OK);
    card = card_now(desk, &number);
    assert_int_equal(card.locked_until.ms, 0);
    /* The office's block is one of its own. */
    gift_card_write_block(&groups, &number, &card, true);
    assert_int_equal(tell(desk, desk_id(desk), false, &groups), VERDICT_OK);
    card = card_now(desk, &number);
    assert_true(card.is_blocked);
    gift_card_write_block(&groups, &number, &card, true);
    assert_int_equal(groups.length, 0);
    gift_card_write_block(&groups, &number, &card, false);
    assert_int_equal(tell(desk, desk_id(desk), false, &groups), VERDICT_OK);
    assert_false(card_now(desk, &number).is_blocked);
}

#define AT_DESK(test) cmocka_unit_test_setup_teardown(test, desk_setup, desk_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_number_has_a_check_digit),
        AT_DESK(test_no_more_is_paid_than_is_there),
        AT_DESK(test_a_number_is_given_once),
        AT_DESK(test_what_was_used_is_not_taken_back),
        AT_DESK(test_what_was_taken_back_pays_nothing),
        AT_DESK(test_the_fifth_wrong_pin_locks_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
