/* What a mandate leads to: who bears what is burned while the home can't be asked, and what becomes
 * of the grant that came too late. */
#include "scene.h"

#include <string.h>

static void setup(struct scene *s)
{
    scene_init(s);
}

/* Beta's capture of `points` under the mandate, of this hold and card. */
static struct command capture(struct scene *s, const struct uid *hold,
                              const struct card_number *card, int64_t points)
{
    struct command entry = scene_entry(s, ENTRY_CAPTURE, points);
    entry.take_entry.entry.subject = *hold;
    entry.take_entry.entry.card = *card;
    entry.take_entry.entry.mandate = s->given_mandate.id;
    return entry;
}

static struct command give_back(struct scene *s, const struct uid *hold, int64_t points)
{
    struct command entry = scene_entry(s, ENTRY_BURN_RETURN, points);
    entry.take_entry.entry.subject = *hold;
    entry.take_entry.entry.card = s->rich_card;
    return entry;
}

static struct command void_entry(struct scene *s, const struct uid *hold, bool names_mandate)
{
    struct command entry = scene_entry(s, ENTRY_VOID, 0);
    entry.take_entry.entry.subject = *hold;
    entry.take_entry.entry.card = s->rich_card;
    entry.take_entry.entry.mandate = names_mandate ? s->given_mandate.id : (struct uid){{0}};
    return entry;
}

/* A mandate with nothing used, in the place of the one that the scene has used up. */
static void renew(struct scene *s)
{
    struct command grant = desk_command(&s->desk, COMMAND_GRANT_MANDATE);
    s->desk.now.ms = s->given_mandate.valid_until.ms;
    s->given_mandate.id = desk_id(&s->desk);
    s->given_mandate.valid_from = s->desk.now;
    s->given_mandate.valid_until.ms += DAY_MS;
    grant.mandate.mandate = s->given_mandate;
    grant.business_time = s->desk.now;
    desk_do(&s->desk, &grant);
}

static int64_t used(struct scene *s)
{
    struct mandate_row row;
    assert_int_equal(ledger_get_mandate(&s->desk.store.view, &s->given_mandate.home,
                                        &s->given_mandate.redeemer, &s->given_mandate.id, &row),
                     ERR_OK);
    return row.used.minor;
}

static struct hold hold_row(struct scene *s, const struct partner_id *redeemer,
                            const struct uid *id)
{
    struct hold hold;
    assert_int_equal(ledger_get_hold(&s->desk.store.view, redeemer, id, &hold), ERR_OK);
    return hold;
}

static void test_what_is_lacking_becomes_debt(void **state)
{
    struct scene s;
    (void)state;
    setup(&s);
    renew(&s);
    s.desk.terms.debt_limit = points_of(0); /* not for this */
    struct member before;
    desk_member(&s.desk, &s.poor, &before);
    struct uid hold = desk_id(&s.desk);
    struct command entry = capture(&s, &hold, &s.poor_card, 30);
    desk_do(&s.desk, &entry);
    int64_t debt = 30 - before.available.minor;
    desk_assert_balances(&s.desk, &s.poor, 0, 0, debt);
    assert_int_equal(s.desk.answer.debt.minor, debt);
    assert_int_equal(s.desk.answer.written_off.minor, 0);
    assert_int_equal(used(&s), 30);
    struct command back = give_back(&s, &hold, 30);
    desk_do(&s.desk, &back);
    desk_assert_balances(&s.desk, &s.poor, before.available.minor, 0, 0);
    assert_int_equal(used(&s), 30); /* what returned does not make room */
    scene_fini(&s);
}

/* A debt that was repaid meanwhile comes back as points. */
static void test_a_repaid_debt_comes_back_as_points(void **state)
{
    struct scene s;
    (void)state;
    setup(&s);
    renew(&s);
    struct card_number card;
    struct uid member = desk_enrol(&s.desk, &card);
    struct uid hold = desk_id(&s.desk);
    struct command entry = capture(&s, &hold, &card, 20);
    desk_do(&s.desk, &entry);
    desk_assert_balances(&s.desk, &member, 0, 0, 20);
    desk_give(&s.desk, &member, 50, desk_in_days(&s.desk, 9));
    desk_assert_balances(&s.desk, &member, 30, 0, 0);
    struct command back = give_back(&s, &hold, 20);
    desk_do(&s.desk, &back);
    desk_assert_balances(&s.desk, &member, 50, 0, 0);
    desk_assert_lot(&s.desk, &member, (struct unix_ms){0}, 20);
    back = give_back(&s, &hold, 1);
    assert_int_equal(desk_tell(&s.desk, &back), VERDICT_RETURN_EXCEEDS_SALE);
    scene_fini(&s);
}

static void test_nobodys_burn_is_the_homes_loss(void **state)
{
    struct scene s;
    (void)state;
    setup(&s);
    renew(&s);
    int64_t adjusted = desk_account(&s.desk, ACCOUNT_ADJUSTMENT);
    const struct card_number cards[] = {s.no_card, s.blocked_card};
    struct uid holds[2];
    for (size_t i = 0; i < 2; i++) {
        holds[i] = desk_id(&s.desk);
        struct command entry = capture(&s, &holds[i], &cards[i], 25);
        desk_do(&s.desk, &entry);
        assert_int_equal(s.desk.answer.written_off.minor, 25);
    }
    assert_int_equal(desk_account(&s.desk, ACCOUNT_ADJUSTMENT), adjusted - 50);
    struct command back = give_back(&s, &holds[0], 10);
    desk_do(&s.desk, &back);
    assert_int_equal(desk_account(&s.desk, ACCOUNT_ADJUSTMENT), adjusted - 40);
    scene_fini(&s);
}

/* Who is blocked owes nothing more; who was erased has nothing, and is nobody. */
static void test_blocked_and_erased_members(void **state)
{
    struct scene s;
    (void)state;
    setup(&s);
    renew(&s);
    struct card_number card;
    struct uid member = desk_enrol(&s.desk, &card);
    desk_give(&s.desk, &member, 12, (struct unix_ms){0});
    desk_block(&s.desk, &member);
    struct uid hold = desk_id(&s.desk);
    struct command entry = capture(&s, &hold, &card, 30);
    desk_do(&s.desk, &entry);
    desk_assert_balances(&s.desk, &member, 0, 0, 0);
    assert_int_equal(s.desk.answer.written_off.minor, 18);
    desk_erase(&s.desk, &member);
    hold = desk_id(&s.desk);
    entry = capture(&s, &hold, &card, 30);
    desk_do(&s.desk, &entry);
    assert_int_equal(s.desk.answer.written_off.minor, 30);
    assert_int_equal(used(&s), 60);
    scene_fini(&s);
}

/* One burn in parts is within the floor all together. */
static void test_parts_of_one_burn(void **state)
{
    struct scene s;
    (void)state;
    setup(&s);
    renew(&s);
    struct uid hold = desk_id(&s.desk);
    struct command entry = capture(&s, &hold, &s.rich_card, 20);
    desk_do(&s.desk, &entry);
    entry = capture(&s, &hold, &s.rich_card, 10);
    desk_do(&s.desk, &entry);
    entry = capture(&s, &hold, &s.rich_card, 1);
    assert_int_equal(desk_tell(&s.desk, &entry), VERDICT_MANDATE_FLOOR_EXCEEDED);
    entry = capture(&s, &hold, &s.rich_card, 5);
    entry.take_entry.entry.mandate = (struct uid){{0}};
    assert_int_equal(desk_tell(&s.desk, &entry), VERDICT_HOLD_ENDED); /* there was no grant */
    scene_fini(&s);
}

/* A week late, when the mandate and two more have ended. */
static void test_delivered_late(void **state)
{
    struct scene s;
    (void)state;
    setup(&s);
    renew(&s);
    struct uid hold = desk_id(&s.desk);
    struct command entry = capture(&s, &hold, &s.rich_card, 20);
    struct mandate mandate = s.given_mandate;
    renew(&s);
    renew(&s);
    s.desk.now.ms += 7 * DAY_MS;
    desk_do(&s.desk, &entry);
    s.given_mandate = mandate;
    assert_int_equal(used(&s), 20);
    scene_fini(&s);
}

/* The answer was lost, and the home had granted: what is captured comes out of the grant, once. */
static void test_a_lost_grant_is_what_is_captured(void **state)
{
    struct scene s;
    (void)state;
    setup(&s);
    struct member before;
    desk_member(&s.desk, &s.rich, &before);
    int64_t was_used = used(&s);
    struct command entry = capture(&s, &s.partner_hold, &s.rich_card, 20);
    desk_do(&s.desk, &entry);
    desk_assert_balances(&s.desk, &s.rich, before.available.minor, before.held.minor - 20, 0);
    assert_int_equal(used(&s), was_used);
    entry = capture(&s, &s.partner_hold, &s.rich_card, 1);
    assert_int_equal(desk_tell(&s.desk, &entry), VERDICT_HOLD_ENDED);
    entry.take_entry.entry.mandate = (struct uid){{0}};
    entry.take_entry.entry.number = ++s.desk.entry_number;
    assert_int_equal(desk_tell(&s.desk, &entry), VERDICT_HOLD_ENDED);
    scene_fini(&s);
}

/* The same after T2, when the home has given the points back already. */
static void test_a_lost_grant_that_expired(void **state)
{
    struct scene s;
    (void)state;
    setup(&s);
    struct command part = capture(&s, &s.partner_hold, &s.rich_card, 5);
    desk_do(&s.desk, &part);
    renew(&s);
    s.desk.now.ms += 2 * DAY_MS;
    struct command expire = desk_command(&s.desk, COMMAND_EXPIRE_HOLD);
    struct hold hold = hold_row(&s, &s.desk.partners[1].id, &s.partner_hold);
    expire.due = (struct command_due){s.partner_hold, s.desk.partners[1].id, hold.deliver_by};
    desk_do(&s.desk, &expire);
    struct command entry = capture(&s, &s.partner_hold, &s.rich_card, 15);
    entry.take_entry.entry.business_time = s.given_mandate.valid_from;
    desk_do(&s.desk, &entry);
    assert_int_equal(used(&s), 15);
    hold = hold_row(&s, &s.desk.partners[1].id, &s.partner_hold);
    assert_int_equal(hold.captured.minor, 20);
    assert_int_equal(hold.stood_in.minor, 15);
    struct command back = give_back(&s, &s.partner_hold, 20);
    desk_do(&s.desk, &back);
    scene_fini(&s);
}

static struct command late_request(struct scene *s, const struct uid *id)
{
    struct command request = desk_command(&s->desk, COMMAND_HOLD);
    request.origin = s->desk.partners[1].id;
    request.transaction_id = *id;
    request.hold = (struct command_hold){.redeemer = s->desk.partners[1].id,
                                         .card = s->rich_card,
                                         .points = points_of(20),
                                         .capture_by = {s->desk.now.ms + DAY_MS},
                                         .deliver_by = {s->desk.now.ms + 2 * DAY_MS}};
    return request;
}

/* Whatever overtakes the request, it is not granted any more. */
static void test_a_request_that_comes_too_late(void **state)
{
    struct scene s;
    (void)state;
    setup(&s);
    renew(&s);
    struct uid captured = desk_id(&s.desk);
    struct uid voided = desk_id(&s.desk);
    struct uid given_up = desk_id(&s.desk);
    struct command entry = capture(&s, &captured, &s.rich_card, 20);
    desk_do(&s.desk, &entry);
    entry = void_entry(&s, &voided, true);
    desk_do(&s.desk, &entry);
    entry = void_entry(&s, &given_up, false);
    desk_do(&s.desk, &entry);
    const struct uid ids[] = {captured, voided, given_up};
    for (size_t i = 0; i < 3; i++) {
        struct command request = late_request(&s, &ids[i]);
        assert_int_equal(desk_tell(&s.desk, &request), VERDICT_HOLD_EXISTS);
    }
    entry = capture(&s, &voided, &s.rich_card, 5);
    assert_int_equal(desk_tell(&s.desk, &entry), VERDICT_HOLD_ENDED);
    entry = void_entry(&s, &voided, true);
    assert_int_equal(desk_tell(&s.desk, &entry), VERDICT_HOLD_ENDED);
    scene_fini(&s);
}

/* The stand-in was not needed: its void frees the grant whose answer was lost. */
static void test_a_void_frees_the_lost_grant(void **state)
{
    struct scene s;
    (void)state;
    setup(&s);
    struct member before;
    desk_member(&s.desk, &s.rich, &before);
    struct command entry = void_entry(&s, &s.partner_hold, true);
    desk_do(&s.desk, &entry);
    desk_assert_balances(&s.desk, &s.rich, before.available.minor + 20, before.held.minor - 20, 0);
    scene_fini(&s);
}

/* The till asked again and stood in then: the grant whose answer was lost has an earlier T1 than
 * the stand-in. What the mandate does not allow is too late by the grant. */
static void test_a_stand_in_outlives_the_lost_grant(void **state)
{
    struct scene s;
    (void)state;
    setup(&s);
    const struct unix_ms t1 = {s.desk.now.ms + DAY_MS};
    struct member before;
    desk_member(&s.desk, &s.rich, &before);
    renew(&s);
    assert_true(s.given_mandate.valid_until.ms > t1.ms + 1);
    struct command entry = capture(&s, &s.partner_hold, &s.rich_card, 5);
    entry.take_entry.entry.business_time.ms = s.given_mandate.valid_until.ms + 1;
    assert_int_equal(desk_tell(&s.desk, &entry), VERDICT_CAPTURE_TOO_LATE);
    entry.take_entry.entry.number = ++s.desk.entry_number;
    entry.take_entry.entry.business_time.ms = t1.ms + 1;
    desk_do(&s.desk, &entry);
    desk_assert_balances(&s.desk, &s.rich, before.available.minor, before.held.minor - 5, 0);
    assert_int_equal(used(&s), 0); /* it came out of the grant */
    assert_int_equal(hold_row(&s, &s.desk.partners[1].id, &s.partner_hold).state, HOLD_OPEN);
    scene_fini(&s);
}

/* Late presentment of what was granted. T1 is a day after the scene's begin, T2 another day later.
 * A capture is dated by T1; delivered after T2 it is honoured while the points are still there. */
static void test_a_grant_is_presented_late(void **state)
{
    struct scene s;
    (void)state;
    setup(&s);
    const struct unix_ms t1 = {s.desk.now.ms + DAY_MS};
    const struct unix_ms t2 = {s.desk.now.ms + 2 * DAY_MS};
    struct command entry = capture(&s, &s.partner_hold, &s.rich_card, 5);
    entry.take_entry.entry.mandate = (struct uid){{0}};
    entry.take_entry.entry.business_time.ms = t1.ms + 1;
    assert_int_equal(desk_tell(&s.desk, &entry), VERDICT_CAPTURE_TOO_LATE);
    s.desk.now.ms = t2.ms + DAY_MS;
    entry.take_entry.entry.number = ++s.desk.entry_number;
    entry.take_entry.entry.business_time = t1;
    desk_do(&s.desk, &entry);
    struct command expire = desk_command(&s.desk, COMMAND_EXPIRE_HOLD);
    expire.due = (struct command_due){s.partner_hold, s.desk.partners[1].id, t2};
    desk_do(&s.desk, &expire);
    entry.take_entry.entry.number = ++s.desk.entry_number;
    assert_int_equal(desk_tell(&s.desk, &entry), VERDICT_HOLD_ENDED);
    scene_fini(&s);
}

/* ---- The redeemer ---- */

/* Our own till: not after T1, and not when it could not reach the home by T2. */
static void test_our_till_presents_in_time(void **state)
{
    struct scene s;
    (void)state;
    setup(&s);
    const struct unix_ms t1 = {s.desk.now.ms + DAY_MS};
    const struct unix_ms t2 = {s.desk.now.ms + 2 * DAY_MS};
    struct command late = desk_command(&s.desk, COMMAND_CAPTURE);
    late.use = (struct command_hold_use){.hold = s.foreign, .points = points_of(1)};
    late.business_time.ms = t1.ms + 1;
    assert_int_equal(desk_tell(&s.desk, &late), VERDICT_CAPTURE_TOO_LATE);
    late.transaction_id = desk_id(&s.desk);
    late.business_time = t1;
    s.desk.now = t2;
    desk_do(&s.desk, &late);
    late.transaction_id = desk_id(&s.desk);
    s.desk.now.ms = t2.ms + 1;
    assert_int_equal(desk_tell(&s.desk, &late), VERDICT_CAPTURE_TOO_LATE);
    scene_fini(&s);
}

static struct command ask(struct scene *s, enum command_kind kind, const struct uid *id,
                          int64_t points)
{
    struct command command = scene_command(s, kind);
    command.transaction_id = *id;
    command.hold.points = points_of(points);
    return command;
}

/* However a request ended first, it ended so for all who ask again. */
static void test_one_request_ends_once(void **state)
{
    static const enum command_kind kinds[] = {COMMAND_FOREIGN_HOLD, COMMAND_STAND_IN_HOLD,
                                              COMMAND_GIVE_UP_HOLD};
    struct scene s;
    (void)state;
    setup(&s);
    for (size_t first = 0; first < 3; first++) {
        struct uid id = desk_id(&s.desk);
        struct command command = ask(&s, kinds[first], &id, 2);
        desk_do(&s.desk, &command);
        struct answer told = s.desk.answer;
        assert_int_equal(told.points.minor, first == 2 ? 0 : 2);
        assert_int_equal(uid_is_nil(&told.mandate), first != 1);
        uint64_t row = s.desk.row;
        for (size_t again = 0; again < 3; again++) {
            command = ask(&s, kinds[again], &id, 2);
            desk_do(&s.desk, &command);
            assert_int_equal(s.desk.answer.points.minor, told.points.minor);
            assert_true(uid_equal(&s.desk.answer.mandate, &told.mandate));
            command = ask(&s, kinds[again], &id, 3);
            assert_int_equal(desk_tell(&s.desk, &command), VERDICT_TRANSACTION_ID_REUSED);
        }
        assert_int_equal(s.desk.row, row);
    }
    scene_fini(&s);
}

static struct command use(struct scene *s, enum command_kind kind, const struct uid *hold,
                          int64_t points)
{
    struct command command = desk_command(&s->desk, kind);
    command.use = (struct command_hold_use){.hold = *hold, .points = points_of(points)};
    return command;
}

static int64_t held_used(struct scene *s)
{
    struct mandate_row row;
    assert_int_equal(ledger_get_mandate(&s->desk.store.view, &s->held_mandate.home,
                                        &s->held_mandate.redeemer, &s->held_mandate.id, &row),
                     ERR_OK);
    return row.used.minor;
}

/* A void makes room for another stand-in; a capture that the home refuses does not. */
static void test_what_counts_against_the_cap(void **state)
{
    struct scene s;
    (void)state;
    setup(&s);
    assert_int_equal(held_used(&s), 90);
    struct command command = use(&s, COMMAND_CAPTURE, &s.stand_in, 5);
    desk_do(&s.desk, &command);
    command = use(&s, COMMAND_VOID, &s.stand_in, 0);
    desk_do(&s.desk, &command);
    assert_int_equal(held_used(&s), 75);
    struct uid id = desk_id(&s.desk);
    command = ask(&s, COMMAND_STAND_IN_HOLD, &id, 25);
    desk_do(&s.desk, &command);
    assert_int_equal(held_used(&s), 100);
    scene_fini(&s);
}

/* The last hour of a mandate: what is stood in for then is captured by then. */
static void test_captures_end_with_the_mandate(void **state)
{
    struct scene s;
    (void)state;
    setup(&s);
    s.desk.now.ms = s.held_mandate.valid_until.ms - 1000;
    struct command command = scene_command(&s, COMMAND_STAND_IN_HOLD);
    desk_do(&s.desk, &command);
    assert_int_equal(s.desk.answer.capture_by.ms, s.held_mandate.valid_until.ms);
    struct command late = use(&s, COMMAND_CAPTURE, &command.transaction_id, 0);
    late.business_time.ms += 1001;
    assert_int_equal(desk_tell(&s.desk, &late), VERDICT_CAPTURE_TOO_LATE);
    scene_fini(&s);
}

/* The one that is valid is found, whichever of both it is. */
static void test_the_valid_one_is_found(void **state)
{
    struct scene s;
    struct mandate_row row;
    (void)state;
    setup(&s);
    const struct mandate first = s.held_mandate;
    struct command take = scene_command(&s, COMMAND_TAKE_MANDATE);
    desk_do(&s.desk, &take);
    const struct ledger_view *view = &s.desk.store.view;
    assert_int_equal(
        ledger_find_mandate(view, &first.home, &first.redeemer, first.valid_from, &row), ERR_OK);
    assert_true(mandates_equal(&row.mandate, &first));
    struct unix_ms later = {first.valid_until.ms + 1};
    assert_int_equal(ledger_find_mandate(view, &first.home, &first.redeemer, later, &row), ERR_OK);
    assert_true(mandates_equal(&row.mandate, &take.mandate.mandate));
    later.ms += DAY_MS;
    assert_int_equal(ledger_find_mandate(view, &first.home, &first.redeemer, later, &row),
                     ERR_NOT_FOUND);
    struct command third = scene_command(&s, COMMAND_TAKE_MANDATE);
    third.mandate.mandate.valid_from = take.mandate.mandate.valid_until;
    third.mandate.mandate.valid_until.ms = third.mandate.mandate.valid_from.ms + 1;
    assert_int_equal(desk_tell(&s.desk, &third), VERDICT_MANDATE_INVALID); /* too far ahead */
    scene_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_lacking_becomes_debt),
        cmocka_unit_test(test_a_repaid_debt_comes_back_as_points),
        cmocka_unit_test(test_nobodys_burn_is_the_homes_loss),
        cmocka_unit_test(test_blocked_and_erased_members),
        cmocka_unit_test(test_parts_of_one_burn),
        cmocka_unit_test(test_delivered_late),
        cmocka_unit_test(test_a_lost_grant_is_what_is_captured),
        cmocka_unit_test(test_a_lost_grant_that_expired),
        cmocka_unit_test(test_a_request_that_comes_too_late),
        cmocka_unit_test(test_a_void_frees_the_lost_grant),
        cmocka_unit_test(test_a_stand_in_outlives_the_lost_grant),
        cmocka_unit_test(test_a_grant_is_presented_late),
        cmocka_unit_test(test_our_till_presents_in_time),
        cmocka_unit_test(test_one_request_ends_once),
        cmocka_unit_test(test_what_counts_against_the_cap),
        cmocka_unit_test(test_captures_end_with_the_mandate),
        cmocka_unit_test(test_the_valid_one_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
