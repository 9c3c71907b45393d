/* What programmes remember: changed by occasions and their returns, held for quotes, and what
 * becomes of it when members merge, go, or move. */
#include <stdlib.h>

#include "notebook.h"

enum {
    MANY = 400
};

static void test_numbers_are_set_from_what_they_were(void **state)
{
    struct desk *desk = *state;
    struct card_number card;
    struct uid member = desk_enrol(desk, &card);
    struct standing_owner owner = standing_of_member(&member);
    assert_int_equal(change_now(desk, &owner, set_step(COUNT, 7, 0, 5)), VERDICT_OK);
    assert_int_equal(value_at(desk, &owner, COUNT, 7), 5);
    assert_int_equal(change_now(desk, &owner, set_step(COUNT, 7, 4, 6)), VERDICT_STANDING_MOVED);
    assert_int_equal(change_now(desk, &owner, set_step(COUNT, 8, 5, 6)), VERDICT_STANDING_MOVED);
    assert_int_equal(value_at(desk, &owner, COUNT, 7), 5);
    assert_int_equal(change_now(desk, &owner, set_step(COUNT, 6, 0, -2)), VERDICT_OK);
    assert_int_equal(change_now(desk, &owner, set_step(COUNT, 8, 0, 9)), VERDICT_OK);
    assert_int_equal(count_of(desk, &owner), 3);
    assert_int_equal(value_at(desk, &owner, COUNT, 6), -2);
    /* A window that has passed goes; with the last number the row does. */
    assert_int_equal(change_now(desk, &owner, set_step(COUNT, 7, 5, 0)), VERDICT_OK);
    assert_int_equal(count_of(desk, &owner), 2);
    assert_int_equal(change_now(desk, &owner, set_step(COUNT, 6, -2, 0)), VERDICT_OK);
    assert_int_equal(change_now(desk, &owner, set_step(COUNT, 8, 9, 0)), VERDICT_OK);
    assert_int_equal(count_of(desk, &owner), 0);
    struct ledger_key key;
    struct slice found;
    key_standing(&owner, &key);
    assert_int_equal(view_get(&desk->store.view, TABLE_STANDING, &key, &found), ERR_NOT_FOUND);
}

static void test_exactly_so_many_are_given(void **state)
{
    struct desk *desk = *state;
    struct standing_owner code = standing_of_code(&(struct hash){{1, 2, 3}});
    int given = 0;
    for (int till = 0; till < 64; till++) {
        enum verdict verdict = change_now(desk, &code, add_step(COUNT, 1, INT64_MIN, 10));
        assert_true(verdict == VERDICT_OK || verdict == VERDICT_STANDING_LIMIT);
        given += verdict == VERDICT_OK;
    }
    assert_int_equal(given, 10);
    assert_int_equal(value(desk, &code, COUNT), 10);
    /* Down to what there must be at least; a bound that was passed already holds nobody up on the
     * way back. */
    assert_int_equal(change_now(desk, &code, add_step(COUNT, -11, 0, 10)), VERDICT_STANDING_LIMIT);
    assert_int_equal(change_now(desk, &code, add_step(COUNT, -1, 0, 5)), VERDICT_OK);
    assert_int_equal(change_now(desk, &code, add_step(COUNT, INT64_MAX, INT64_MIN, INT64_MAX)),
                     VERDICT_STANDING_LIMIT);
    assert_int_equal(value(desk, &code, COUNT), 9);
}

static void test_a_change_is_whole_or_not_at_all(void **state)
{
    struct desk *desk = *state;
    struct card_number card;
    struct uid member = desk_enrol(desk, &card);
    struct standing_owner owner = standing_of_member(&member);
    struct standing_owner all = standing_of_programme();
    struct buffer groups = {0};
    struct standing_step first = set_step(COUNT, 0, 0, 1);
    struct standing_step second = add_step(COUNT, 2, INT64_MIN, 1);
    standing_write_group(&groups, &owner, &first, 1);
    standing_write_group(&groups, &all, &second, 1);
    struct command c = change_of(desk, desk_id(desk), buffer_slice(&groups));
    assert_int_equal(desk_tell(desk, &c), VERDICT_STANDING_LIMIT);
    assert_int_equal(value(desk, &owner, COUNT), 0);
    assert_int_equal(count_of(desk, &all), 0);
    buffer_fini(&groups);
}

static void test_malformed_changes_are_no_commands(void **state)
{
    struct desk *desk = *state;
    struct standing_owner all = standing_of_programme();
    struct standing_step step = set_step(COUNT, 0, 0, 1);
    struct standing_step back = take_step(COUNT, 1);
    struct buffer groups = group_of(&all, &step, 1);
    struct buffer taking = group_of(&all, &back, 1);
    struct plan plan;
    bool is_repeat;
    plan_init(&plan);
    struct command c = change_of(desk, desk_id(desk), buffer_slice(&groups));
    struct command bad[6] = {c, c, c, c, c, c};
    bad[0].transaction_id = desk_id(desk); /* not the occasion's */
    bad[1].standing.groups = slice_of("nonsense", 8);
    bad[2].standing.groups = buffer_slice(&taking); /* of nothing that was given */
    bad[3].standing.returned = desk_id(desk);       /* a count can't be set by a return */
    bad[3].transaction_id =
        standing_transaction(STANDING_ID_CHANGE, &desk->roster.self, &bad[3].standing.returned);
    bad[4] = desk_command(desk, COMMAND_RESERVE);
    bad[4].reserve = (struct command_reserve){.step = RESERVE_BEGIN,
                                              .quote = c.standing.occasion,
                                              .until = desk_in_days(desk, 1),
                                              .groups = buffer_slice(&groups)};
    bad[4].transaction_id =
        standing_transaction(STANDING_ID_RESERVE, &desk->roster.self, &bad[4].reserve.quote);
    bad[5].origin = desk->partners[1].id;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(
            ledger_decide(&desk->store.view, &desk->terms, &bad[i], desk->now, &plan, &is_repeat),
            ERR_INPUT);
    }
    assert_int_equal(desk_tell(desk, &c), VERDICT_OK);
    plan_fini(&plan);
    buffer_fini(&groups);
    buffer_fini(&taking);
}

static void test_a_repeat_agrees_in_what_was_said(void **state)
{
    struct desk *desk = *state;
    struct standing_owner all = standing_of_programme();
    struct standing_step step = add_step(COUNT, 1, INT64_MIN, INT64_MAX);
    struct buffer groups = group_of(&all, &step, 1);
    struct command c = change_of(desk, desk_id(desk), buffer_slice(&groups));
    assert_int_equal(desk_tell(desk, &c), VERDICT_OK);
    struct uid occasion = c.standing.occasion;
    uint64_t row = 0;
    assert_int_equal(
        ledger_find_occasion(&desk->store.view, &desk->roster, &desk->roster.self, &occasion, &row),
        ERR_OK);
    assert_int_equal(row, desk->row - 1);
    c.standing.groups = slice_of(NULL, 0); /* judged anew, it would change something else */
    c.standing.evidence = slice_of("anew", 4);
    assert_int_equal(desk_tell(desk, &c), VERDICT_OK);
    assert_int_equal(value(desk, &all, COUNT), 1);
    c.standing.said.bytes[0] ^= 1;
    assert_int_equal(desk_tell(desk, &c), VERDICT_TRANSACTION_ID_REUSED);
    struct uid other = desk_id(desk);
    assert_int_equal(
        ledger_find_occasion(&desk->store.view, &desk->roster, &desk->roster.self, &other, &row),
        ERR_NOT_FOUND);
    buffer_fini(&groups);
}

static void test_returns_take_no_more_than_was_given(void **state)
{
    struct desk *desk = *state;
    struct card_number card;
    struct uid member = desk_enrol(desk, &card);
    struct standing_owner owner = standing_of_member(&member);
    struct uid sale = desk_id(desk);
    struct uid other = desk_id(desk);
    assert_int_equal(change(desk, sale, &owner, set_step(COUNT, 0, 0, 10)), VERDICT_OK);
    assert_int_equal(change(desk, other, &owner, add_step(COUNT, 5, INT64_MIN, INT64_MAX)),
                     VERDICT_OK);
    assert_int_equal(take_back(desk, sale, &owner, take_step(COUNT, -4)), VERDICT_OK);
    assert_int_equal(take_back(desk, sale, &owner, take_step(COUNT, -7)),
                     VERDICT_RETURN_EXCEEDS_SALE);
    assert_int_equal(take_back(desk, sale, &owner, take_step(COUNT, 1)),
                     VERDICT_RETURN_EXCEEDS_SALE);
    assert_int_equal(take_back(desk, sale, &owner, take_step(COUNT + 4, -1)),
                     VERDICT_RETURN_EXCEEDS_SALE);
    assert_int_equal(value(desk, &owner, COUNT), 11);
    struct occasion_row row;
    assert_int_equal(
        ledger_get_occasion(&desk->store.view, OCCASION_TAKEN, &desk->roster.self, &sale, &row),
        ERR_OK);
    assert_int_equal(take_back(desk, sale, &owner, take_step(COUNT, -6)), VERDICT_OK);
    assert_int_equal(take_back(desk, sale, &owner, take_step(COUNT, -1)),
                     VERDICT_RETURN_EXCEEDS_SALE);
    assert_int_equal(value(desk, &owner, COUNT), 5);
    assert_int_equal(take_back(desk, desk_id(desk), &owner, take_step(COUNT, -1)),
                     VERDICT_OCCASION_UNKNOWN);
    /* A window that was dropped since has nothing to give back. */
    assert_int_equal(change_now(desk, &owner, set_step(COUNT, 0, 5, 2)), VERDICT_OK);
    assert_int_equal(take_back(desk, other, &owner, take_step(COUNT, -5)), VERDICT_OK);
    assert_int_equal(value(desk, &owner, COUNT), 0);
}

static void test_states_go_back_as_they_are_seen(void **state)
{
    struct desk *desk = *state;
    struct standing_owner all = standing_of_programme();
    struct uid sale = desk_id(desk);
    assert_int_equal(change(desk, sale, &all, set_step(LATEST, 0, 0, 20)), VERDICT_OK);
    assert_int_equal(take_back(desk, sale, &all, set_step(LATEST, 0, 19, 3)),
                     VERDICT_STANDING_MOVED);
    assert_int_equal(take_back(desk, sale, &all, set_step(LATEST, 0, 20, 3)), VERDICT_OK);
    assert_int_equal(value(desk, &all, LATEST), 3);
}

static enum verdict confirm(struct desk *desk, struct uid quote_id,
                            const struct standing_owner *owner, struct standing_step step)
{
    struct buffer groups = group_of(owner, &step, 1);
    struct command c = change_of(desk, desk_id(desk), buffer_slice(&groups));
    c.standing.quote = quote_id;
    enum verdict verdict = desk_tell(desk, &c);
    if (verdict == VERDICT_OK) { /* it answers as it did */
        assert_int_equal(desk_tell(desk, &c), VERDICT_OK);
    }
    buffer_fini(&groups);
    return verdict;
}

static bool is_due(struct desk *desk, struct uid quote_id, struct unix_ms until)
{
    struct ledger_key key;
    struct slice found;
    key_due(until, DUE_QUOTE, &desk->roster.self, &quote_id, &key);
    return view_get(&desk->store.view, TABLE_DUE, &key, &found) == ERR_OK;
}

static void test_a_quote_holds_what_it_promises(void **state)
{
    struct desk *desk = *state;
    struct standing_owner code = standing_of_code(&(struct hash){{9}});
    const struct standing_step one = add_step(COUNT, 1, INT64_MIN, 1);
    const struct unix_ms until = desk_in_days(desk, 1);
    enum verdict verdict;
    struct uid first = quote(desk, &code, one, &verdict);
    assert_int_equal(verdict, VERDICT_OK);
    assert_true(is_due(desk, first, until));
    assert_int_equal(change_now(desk, &code, one), VERDICT_STANDING_LIMIT);
    (void)quote(desk, &code, one, &verdict);
    assert_int_equal(verdict, VERDICT_STANDING_LIMIT);
    assert_int_equal(confirm(desk, first, &code, one), VERDICT_OK);
    assert_int_equal(value(desk, &code, COUNT), 1);
    assert_false(is_due(desk, first, until));
    assert_int_equal(confirm(desk, first, &code, one), VERDICT_OCCASION_ENDED);
    assert_int_equal(expire(desk, first, until), VERDICT_OK); /* a row that came too late */
    assert_int_equal(value(desk, &code, COUNT), 1);
}

static void test_a_quote_that_was_refused_is_none(void **state)
{
    struct desk *desk = *state;
    struct standing_owner code = standing_of_code(&(struct hash){{9}});
    const struct standing_step two = add_step(COUNT, 2, INT64_MIN, 1);
    enum verdict verdict;
    struct uid refused = quote(desk, &code, two, &verdict);
    assert_int_equal(verdict, VERDICT_STANDING_LIMIT);
    assert_int_equal(confirm(desk, refused, &code, two), VERDICT_OCCASION_UNKNOWN);
}

static void test_a_quote_is_released(void **state)
{
    struct desk *desk = *state;
    struct standing_owner code = standing_of_code(&(struct hash){{9}});
    const struct standing_step one = add_step(COUNT, 1, INT64_MIN, 1);
    const struct unix_ms until = desk_in_days(desk, 1);
    enum verdict verdict;
    struct uid id = quote(desk, &code, one, &verdict);
    struct command release = reserve_of(desk, RESERVE_RELEASE, id, slice_of(NULL, 0));
    desk_do(desk, &release);
    desk_do(desk, &release); /* the same answer */
    assert_int_equal(value(desk, &code, COUNT), 0);
    assert_false(is_due(desk, id, until));
    assert_int_equal(confirm(desk, id, &code, one), VERDICT_OCCASION_ENDED);
    struct command unknown = reserve_of(desk, RESERVE_RELEASE, desk_id(desk), slice_of(NULL, 0));
    assert_int_equal(desk_tell(desk, &unknown), VERDICT_OCCASION_UNKNOWN);
}

static void test_a_quote_ends_by_itself(void **state)
{
    struct desk *desk = *state;
    struct standing_owner code = standing_of_code(&(struct hash){{9}});
    const struct standing_step one = add_step(COUNT, 1, INT64_MIN, 1);
    const struct standing_step less = add_step(COUNT + 4, -2, INT64_MIN, INT64_MAX);
    const struct unix_ms until = desk_in_days(desk, 1);
    enum verdict verdict;
    struct uid id = quote(desk, &code, one, &verdict);
    struct uid other = quote(desk, &code, less, &verdict);
    assert_int_equal(expire(desk, id, until), VERDICT_OK); /* not yet */
    assert_int_equal(value(desk, &code, COUNT), 1);
    desk->now.ms = until.ms;
    assert_int_equal(confirm(desk, id, &code, one), VERDICT_OCCASION_ENDED);
    assert_int_equal(expire(desk, id, until), VERDICT_OK);
    assert_int_equal(expire(desk, other, until), VERDICT_OK);
    assert_int_equal(count_of(desk, &code), 0);
    assert_false(is_due(desk, id, until));
    assert_int_equal(change_now(desk, &code, one), VERDICT_OK);
}

/* The quote's own numbers are as if it had not been when its occasion is judged by them. */
static void test_confirming_sees_the_numbers_without_the_quote(void **state)
{
    struct desk *desk = *state;
    struct card_number card;
    struct uid member = desk_enrol(desk, &card);
    struct standing_owner owner = standing_of_member(&member);
    enum verdict verdict;
    assert_int_equal(change_now(desk, &owner, set_step(COUNT, 0, 0, 3)), VERDICT_OK);
    struct uid id = quote(desk, &owner, add_step(COUNT, 4, INT64_MIN, INT64_MAX), &verdict);
    assert_int_equal(value(desk, &owner, COUNT), 7);
    assert_int_equal(confirm(desk, id, &owner, set_step(COUNT, 0, 3, 7)), VERDICT_OK);
    assert_int_equal(value(desk, &owner, COUNT), 7);
}

/* A quote that spends ten of COUNT, and says so. */
static struct uid spend(struct desk *desk, const struct standing_owner *owner)
{
    struct standing_step steps[] = {add_step(COUNT, -10, 0, INT64_MAX),
                                    add_step(slot_withheld(COUNT), 10, INT64_MIN, INT64_MAX)};
    struct buffer groups = group_of(owner, steps, 2);
    struct uid id = desk_id(desk);
    struct command begin = reserve_of(desk, RESERVE_BEGIN, id, buffer_slice(&groups));
    desk_do(desk, &begin);
    buffer_fini(&groups);
    return id;
}

/* A purchase gave ten, a quote spends them, and the purchase returns. */
static void test_a_return_finds_what_a_quote_has_spent(void **state)
{
    struct desk *desk = *state;
    struct card_number card;
    struct uid member = desk_enrol(desk, &card);
    struct standing_owner owner = standing_of_member(&member);
    for (int is_kept = 0; is_kept < 2; is_kept++) {
        struct uid sale = desk_id(desk);
        assert_int_equal(change(desk, sale, &owner, set_step(COUNT, 0, 0, 10)), VERDICT_OK);
        struct uid id = spend(desk, &owner);
        assert_int_equal(value(desk, &owner, COUNT), 0);
        assert_int_equal(take_back(desk, sale, &owner, take_step(COUNT, -10)), VERDICT_OK);
        assert_int_equal(value(desk, &owner, COUNT), -10);
        if (is_kept) { /* there is nothing left to take, and nothing is owed */
            assert_int_equal(confirm(desk, id, &owner, take_step(COUNT, -10)), VERDICT_OK);
        } else {
            struct command release = reserve_of(desk, RESERVE_RELEASE, id, slice_of(NULL, 0));
            desk_do(desk, &release);
        }
        assert_int_equal(count_of(desk, &owner), 0);
    }
}

/* Three are there for good and five are promised: a return of four takes three, whatever becomes of
 * the promise. */
static void test_a_return_leaves_what_is_promised(void **state)
{
    struct desk *desk = *state;
    struct card_number card;
    struct uid member = desk_enrol(desk, &card);
    struct standing_owner owner = standing_of_member(&member);
    struct standing_step steps[] = {add_step(COUNT, 5, INT64_MIN, INT64_MAX),
                                    add_step(slot_promised(COUNT), 5, INT64_MIN, INT64_MAX)};
    struct buffer groups = group_of(&owner, steps, 2);
    struct uid sale = desk_id(desk);
    struct uid first = desk_id(desk);
    struct uid second = desk_id(desk);
    struct command begin[] = {reserve_of(desk, RESERVE_BEGIN, first, buffer_slice(&groups)),
                              reserve_of(desk, RESERVE_BEGIN, second, buffer_slice(&groups))};
    assert_int_equal(change(desk, sale, &owner, set_step(COUNT, 0, 0, 4)), VERDICT_OK);
    assert_int_equal(change_now(desk, &owner, set_step(COUNT, 0, 4, 3)), VERDICT_OK);
    desk_do(desk, &begin[0]);
    desk_do(desk, &begin[1]);
    assert_int_equal(take_back(desk, sale, &owner, take_step(COUNT, -4)), VERDICT_OK);
    assert_int_equal(value(desk, &owner, COUNT), 10);
    struct command release = reserve_of(desk, RESERVE_RELEASE, first, slice_of(NULL, 0));
    desk_do(desk, &release);
    assert_int_equal(value(desk, &owner, COUNT), 5);
    assert_int_equal(confirm(desk, second, &owner, steps[0]), VERDICT_OK);
    assert_int_equal(value(desk, &owner, COUNT), 5);
    assert_int_equal(count_of(desk, &owner), 1);
    buffer_fini(&groups);
}

static void test_a_row_has_so_many_numbers(void **state)
{
    struct desk *desk = *state;
    struct standing_owner all = standing_of_programme();
    struct standing_step steps[MANY];
    for (unsigned part = 0; part < 3; part++) {
        size_t count = 0;
        for (; count < MANY && part * MANY + count < LIMIT_STANDING_NUMBERS; count++) {
            steps[count] = set_step(COUNT, (int64_t)(part * MANY + count), 0, 1);
        }
        struct buffer groups = group_of(&all, steps, count);
        struct command c = change_of(desk, desk_id(desk), buffer_slice(&groups));
        desk_do(desk, &c);
        buffer_fini(&groups);
    }
    assert_int_equal(count_of(desk, &all), LIMIT_STANDING_NUMBERS);
    assert_int_equal(change_now(desk, &all, set_step(COUNT, 5000, 0, 1)), VERDICT_STANDING_FULL);
    /* One goes, one comes. */
    steps[0] = set_step(COUNT, 5000, 0, 1);
    steps[1] = set_step(COUNT, 0, 1, 0);
    struct buffer groups = group_of(&all, steps, 2);
    struct command c = change_of(desk, desk_id(desk), buffer_slice(&groups));
    desk_do(desk, &c);
    assert_int_equal(count_of(desk, &all), LIMIT_STANDING_NUMBERS);
    buffer_fini(&groups);
}

int main(void)
{
#define AT_DESK(test) cmocka_unit_test_setup_teardown(test, desk_setup, desk_teardown)
    const struct CMUnitTest tests[] = {
        AT_DESK(test_numbers_are_set_from_what_they_were),
        AT_DESK(test_exactly_so_many_are_given),
        AT_DESK(test_a_change_is_whole_or_not_at_all),
        AT_DESK(test_malformed_changes_are_no_commands),
        AT_DESK(test_a_repeat_agrees_in_what_was_said),
        AT_DESK(test_returns_take_no_more_than_was_given),
        AT_DESK(test_states_go_back_as_they_are_seen),
        AT_DESK(test_a_quote_holds_what_it_promises),
        AT_DESK(test_a_quote_that_was_refused_is_none),
        AT_DESK(test_a_quote_is_released),
        AT_DESK(test_a_quote_ends_by_itself),
        AT_DESK(test_confirming_sees_the_numbers_without_the_quote),
        AT_DESK(test_a_return_finds_what_a_quote_has_spent),
        AT_DESK(test_a_return_leaves_what_is_promised),
        AT_DESK(test_a_row_has_so_many_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
