/* What members may spend of a pool, and purchases whose points wait for a review. The desk looks at
 * the invariants after each command. */
#include "desk.h"

#include "ledger/pool_right.h"

static const struct unix_ms never = {0};

struct family {
    struct desk *desk;
    struct uid ann; /* the owner */
    struct uid bob;
    struct uid pool; /* 100 points */
    struct card_number bobs_card;
    struct card_number nobodys_card;
};

static struct card_number pool_card(struct family *f, const struct uid *bearer)
{
    struct command issue = desk_command(f->desk, COMMAND_ISSUE_CARD);
    issue.card.member = f->pool;
    desk_do(f->desk, &issue);
    struct card_number card = f->desk->answer.card;
    if (bearer != NULL) {
        struct command bear = desk_command(f->desk, COMMAND_BEAR_CARD);
        bear.bearer = (struct command_bearer){card, *bearer};
        desk_do(f->desk, &bear);
    }
    return card;
}

static void family_init(struct family *f, struct desk *desk)
{
    struct card_number unused;
    f->desk = desk;
    f->ann = desk_enrol(desk, &unused);
    f->bob = desk_enrol(desk, &unused);
    desk_give(desk, &f->ann, 100, never);
    struct command command = desk_command(desk, COMMAND_OPEN_POOL);
    command.pool = (struct command_pool){.pool = desk_id(desk), .member = f->ann, .name = "Home"};
    f->pool = command.pool.pool;
    desk_do(desk, &command);
    command = desk_command(desk, COMMAND_JOIN_POOL);
    command.pool = (struct command_pool){.pool = f->pool, .member = f->bob};
    desk_do(desk, &command);
    assert_int_equal(desk_transfer(desk, &f->ann, &f->pool, 100), VERDICT_OK);
    f->bobs_card = pool_card(f, &f->bob);
    f->nobodys_card = pool_card(f, NULL);
}

static enum verdict right(struct family *f, const struct uid *member, enum pool_right_kind kind,
                          int64_t limit, const struct uid *by)
{
    struct command command = desk_command(f->desk, COMMAND_SET_POOL_RIGHT);
    command.pool_right = (struct command_pool_right){
        .pool = f->pool, .member = *member, .kind = kind, .limit = points_of(limit)};
    if (by != NULL) {
        command.pool_right.by = *by;
    }
    return desk_tell(f->desk, &command);
}

static enum verdict hold(struct family *f, const struct card_number *card, int64_t points,
                         struct uid *out_hold)
{
    struct command command = desk_command(f->desk, COMMAND_HOLD);
    command.hold = (struct command_hold){.redeemer = f->desk->roster.self,
                                         .card = *card,
                                         .points = points_of(points),
                                         .capture_by = desk_in_days(f->desk, 40),
                                         .deliver_by = desk_in_days(f->desk, 41)};
    *out_hold = command.transaction_id;
    return desk_tell(f->desk, &command);
}

static enum verdict spend(struct family *f, const struct uid *by, int64_t points)
{
    struct command command = desk_command(f->desk, COMMAND_TRANSFER);
    command.transfer = (struct command_transfer){
        .from = f->pool, .to = f->ann, .points = points_of(points), .by = *by};
    return desk_tell(f->desk, &command);
}

static void assert_right(struct family *f, int64_t held, int64_t spent, int64_t left)
{
    struct pool_right row;
    assert_int_equal(ledger_get_pool_right(&f->desk->store.view, &f->pool, &f->bob, &row), ERR_OK);
    assert_int_equal(row.held.minor, held);
    assert_int_equal(row.spent.minor, spent);
    assert_int_equal(pool_right_left(&row, f->desk->now), left);
}

static void test_a_limit_counts_what_is_held_and_what_was_captured(void **state)
{
    struct family f;
    struct uid first;
    struct uid second;
    family_init(&f, *state);
    assert_int_equal(right(&f, &f.bob, POOL_RIGHT_DAY, 30, NULL), VERDICT_OK);
    assert_int_equal(hold(&f, &f.bobs_card, 20, &first), VERDICT_OK);
    assert_int_equal(hold(&f, &f.bobs_card, 11, &second), VERDICT_POOL_LIMIT);
    assert_int_equal(hold(&f, &f.bobs_card, 10, &second), VERDICT_OK);
    assert_right(&f, 30, 0, 0);
    desk_capture(f.desk, &first, 15); /* 5 are still on hold */
    assert_right(&f, 15, 15, 0);
    struct command void_it = desk_command(f.desk, COMMAND_VOID);
    void_it.use.hold = second;
    desk_do(f.desk, &void_it);
    assert_right(&f, 5, 15, 10);
    assert_int_equal(spend(&f, &f.bob, 11), VERDICT_POOL_LIMIT);
    assert_int_equal(spend(&f, &f.bob, 10), VERDICT_OK);
    assert_right(&f, 5, 25, 0);
    f.desk->now.ms += DAY_MS; /* what is on hold goes on counting */
    assert_right(&f, 5, 25, 25);
    desk_capture(f.desk, &first, 5);
    assert_right(&f, 0, 5, 25);
}

static void test_a_month_is_one_of_the_calendar(void **state)
{
    struct family f;
    struct uid id;
    family_init(&f, *state);
    assert_int_equal(unix_ms_parse("2026-10-30", &f.desk->now), ERR_OK);
    assert_int_equal(right(&f, &f.bob, POOL_RIGHT_MONTH, 30, NULL), VERDICT_OK);
    assert_int_equal(spend(&f, &f.bob, 30), VERDICT_OK);
    f.desk->now.ms += DAY_MS;
    assert_int_equal(hold(&f, &f.bobs_card, 1, &id), VERDICT_POOL_LIMIT);
    f.desk->now.ms += DAY_MS;
    assert_int_equal(hold(&f, &f.bobs_card, 30, &id), VERDICT_OK);
    /* the same right with more of it keeps what was spent; another begins anew */
    assert_int_equal(right(&f, &f.bob, POOL_RIGHT_MONTH, 31, NULL), VERDICT_OK);
    assert_right(&f, 30, 0, 1);
    assert_int_equal(right(&f, &f.bob, POOL_RIGHT_ALL, 0, NULL), VERDICT_OK);
    assert_right(&f, 30, 0, INT64_MAX);
}

static void test_who_only_fills_a_pool(void **state)
{
    struct family f;
    struct uid id;
    family_init(&f, *state);
    assert_int_equal(hold(&f, &f.nobodys_card, 10, &id), VERDICT_OK); /* as before rights */
    assert_int_equal(right(&f, &f.bob, POOL_RIGHT_NONE, 0, &f.bob), VERDICT_POOL_NOT_OWNER);
    assert_int_equal(right(&f, &f.bob, POOL_RIGHT_NONE, 0, &f.ann), VERDICT_OK);
    assert_int_equal(hold(&f, &f.bobs_card, 1, &id), VERDICT_POOL_MAY_NOT_SPEND);
    assert_int_equal(spend(&f, &f.bob, 1), VERDICT_POOL_MAY_NOT_SPEND);
    assert_int_equal(spend(&f, &f.ann, 1), VERDICT_OK);
    desk_give(f.desk, &f.bob, 7, never);
    assert_int_equal(desk_transfer(f.desk, &f.bob, &f.pool, 7), VERDICT_OK);
    /* from the first bound on, a card that nobody carries only fills it, too */
    assert_int_equal(hold(&f, &f.nobodys_card, 1, &id), VERDICT_POOL_MAY_NOT_SPEND);
    assert_int_equal(right(&f, &f.pool, POOL_RIGHT_ALL, 0, NULL), VERDICT_OK);
    assert_int_equal(hold(&f, &f.nobodys_card, 1, &id), VERDICT_OK);
    assert_int_equal(right(&f, &f.pool, POOL_RIGHT_DAY, 5, NULL), VERDICT_NOT_IN_POOL);
}

static void test_who_left_spends_nothing(void **state)
{
    struct family f;
    struct uid id;
    family_init(&f, *state);
    assert_int_equal(hold(&f, &f.bobs_card, 10, &id), VERDICT_OK);
    struct command leave = desk_command(f.desk, COMMAND_LEAVE_POOL);
    leave.pool = (struct command_pool){.pool = f.pool, .member = f.bob};
    desk_do(f.desk, &leave);
    desk_capture(f.desk, &id, 10); /* what was promised is kept */
    assert_int_equal(hold(&f, &f.bobs_card, 1, &id), VERDICT_NOT_IN_POOL);
    desk_erase(f.desk, &f.bob);
    assert_int_equal(hold(&f, &f.bobs_card, 1, &id), VERDICT_NOT_IN_POOL);
}

/* Points that wait fourteen days, or for a review. */
static struct uid held_sale(struct desk *desk, const struct card_number *card,
                            struct unix_ms begins_at, struct uid *out_alert)
{
    struct command earn = desk_command(desk, COMMAND_EARN);
    earn.earn = (struct command_earn){.card = *card,
                                      .amount = money_of(5000),
                                      .currency = "EUR",
                                      .rate = {1, 100, ROUNDING_DOWN, 0},
                                      .active_from = desk_in_days(desk, 14)};
    desk_do(desk, &earn);
    struct command raise = desk_command(desk, COMMAND_RAISE_ALERT);
    raise.finding = (struct alert_finding){.action = ALERT_HELD,
                                           .rule = "fast card",
                                           .sale = earn.transaction_id,
                                           .begins_at = begins_at};
    desk_do(desk, &raise);
    *out_alert = raise.transaction_id;
    return earn.transaction_id;
}

static void review(struct desk *desk, const struct uid *alert, bool is_fraud)
{
    struct command ruling = desk_command(desk, COMMAND_RULE_ALERT);
    ruling.alert_ruling =
        (struct command_alert_ruling){.alert = *alert, .is_fraud = is_fraud, .by = "ann"};
    desk_do(desk, &ruling);
    struct alert row;
    assert_int_equal(ledger_get_alert(&desk->store.view, alert, &row), ERR_OK);
    assert_int_equal(row.state, is_fraud ? ALERT_FRAUD : ALERT_INNOCENT);
    ruling.transaction_id = desk_id(desk);
    assert_int_equal(desk_tell(desk, &ruling), VERDICT_ALERT_ENDED);
}

static void assert_points(struct desk *desk, const struct uid *id, int64_t available,
                          int64_t pending)
{
    struct member row;
    desk_member(desk, id, &row);
    assert_int_equal(row.available.minor, available);
    assert_int_equal(row.pending.minor, pending);
}

static void test_a_review_lets_points_go(void **state)
{
    struct desk *desk = *state;
    struct card_number card;
    struct uid alerts[3];
    struct uid member = desk_enrol(desk, &card);
    (void)held_sale(desk, &card, (struct unix_ms){0}, &alerts[0]);
    struct uid second = held_sale(desk, &card, desk_in_days(desk, 3), &alerts[1]);
    struct uid third = held_sale(desk, &card, (struct unix_ms){0}, &alerts[2]);
    assert_points(desk, &member, 0, 150);
    review(desk, &alerts[0], false);
    assert_points(desk, &member, 50, 100);
    review(desk, &alerts[1], false); /* they would begin in three days */
    assert_points(desk, &member, 50, 100);
    review(desk, &alerts[2], true); /* whoever says so returns the purchase */
    assert_points(desk, &member, 50, 100);
    assert_int_equal(desk_return_sale(desk, &third), VERDICT_OK);
    assert_points(desk, &member, 50, 50);
    desk->now = desk_in_days(desk, 3);
    assert_int_equal(desk_return_sale(desk, &second), VERDICT_OK);
    assert_points(desk, &member, 50, 0);
}

static void test_what_was_returned_does_not_go(void **state)
{
    struct desk *desk = *state;
    struct card_number card;
    struct uid alerts[2];
    struct uid member = desk_enrol(desk, &card);
    struct uid sale = held_sale(desk, &card, (struct unix_ms){0}, &alerts[0]);
    (void)held_sale(desk, &card, (struct unix_ms){0}, &alerts[1]);
    assert_int_equal(desk_return_sale(desk, &sale), VERDICT_OK);
    review(desk, &alerts[0], false);
    assert_points(desk, &member, 0, 50); /* of the other one */
    desk->now = desk_in_days(desk, 14);
    review(desk, &alerts[1], false); /* too late to matter: they began by themselves */
    desk_erase(desk, &member);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_limit_counts_what_is_held_and_what_was_captured,
                                        desk_setup, desk_teardown),
        cmocka_unit_test_setup_teardown(test_a_month_is_one_of_the_calendar, desk_setup,
                                        desk_teardown),
        cmocka_unit_test_setup_teardown(test_who_only_fills_a_pool, desk_setup, desk_teardown),
        cmocka_unit_test_setup_teardown(test_who_left_spends_nothing, desk_setup, desk_teardown),
        cmocka_unit_test_setup_teardown(test_a_review_lets_points_go, desk_setup, desk_teardown),
        cmocka_unit_test_setup_teardown(test_what_was_returned_does_not_go, desk_setup,
                                        desk_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
