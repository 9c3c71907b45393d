/* Every cell of (state, side, step): what is not listed here is refused. And who pays what when it
 * is over, said once more in other words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "clearing/dispute.h"

struct move {
    enum dispute_state from;
    enum dispute_side by;
    enum dispute_step step;
    enum dispute_state to;
};

static const struct move moves[] = {
    {DISPUTE_OPENED, DISPUTE_ANSWERER, STEP_ANSWER, DISPUTE_ANSWERED},
    {DISPUTE_OPENED, DISPUTE_ANSWERER, STEP_ACCEPT, DISPUTE_ACCEPTED},
    {DISPUTE_OPENED, DISPUTE_ANSWERER, STEP_ACCEPT_SILENT, DISPUTE_ACCEPTED},
    {DISPUTE_OPENED, DISPUTE_ANSWERER, STEP_REJECT, DISPUTE_REJECTED},
    {DISPUTE_OPENED, DISPUTE_ANSWERER, STEP_MACHINE_UPHELD, DISPUTE_RULED},
    {DISPUTE_OPENED, DISPUTE_ANSWERER, STEP_MACHINE_DISMISSED, DISPUTE_RULED},
    {DISPUTE_ANSWERED, DISPUTE_ANSWERER, STEP_ACCEPT, DISPUTE_ACCEPTED},
    {DISPUTE_ANSWERED, DISPUTE_ANSWERER, STEP_ACCEPT_SILENT, DISPUTE_ACCEPTED},
    {DISPUTE_ANSWERED, DISPUTE_ANSWERER, STEP_REJECT, DISPUTE_REJECTED},
    {DISPUTE_REJECTED, DISPUTE_OPENER, STEP_ESCALATE, DISPUTE_ESCALATED},
    {DISPUTE_REJECTED, DISPUTE_OPENER, STEP_CONCEDE, DISPUTE_RULED},
    {DISPUTE_REJECTED, DISPUTE_OPENER, STEP_CONCEDE_SILENT, DISPUTE_RULED},
    {DISPUTE_ESCALATED, DISPUTE_OPENER, STEP_RULE_UPHELD, DISPUTE_ESCALATED},
    {DISPUTE_ESCALATED, DISPUTE_OPENER, STEP_RULE_DISMISSED, DISPUTE_ESCALATED},
    {DISPUTE_ESCALATED, DISPUTE_OPENER, STEP_CONFIRM_UPHELD, DISPUTE_RULED},
    {DISPUTE_ESCALATED, DISPUTE_OPENER, STEP_CONFIRM_DISMISSED, DISPUTE_RULED},
    {DISPUTE_ESCALATED, DISPUTE_ANSWERER, STEP_RULE_UPHELD, DISPUTE_ESCALATED},
    {DISPUTE_ESCALATED, DISPUTE_ANSWERER, STEP_RULE_DISMISSED, DISPUTE_ESCALATED},
    {DISPUTE_ESCALATED, DISPUTE_ANSWERER, STEP_CONFIRM_UPHELD, DISPUTE_RULED},
    {DISPUTE_ESCALATED, DISPUTE_ANSWERER, STEP_CONFIRM_DISMISSED, DISPUTE_RULED},
    {DISPUTE_ACCEPTED, DISPUTE_OPENER, STEP_ADJUST, DISPUTE_ADJUSTED},
    {DISPUTE_ACCEPTED, DISPUTE_ANSWERER, STEP_ADJUST, DISPUTE_ADJUSTED},
    {DISPUTE_RULED, DISPUTE_OPENER, STEP_ADJUST, DISPUTE_ADJUSTED},
    {DISPUTE_RULED, DISPUTE_ANSWERER, STEP_ADJUST, DISPUTE_ADJUSTED},
};

static enum dispute_state expected(enum dispute_state from, enum dispute_side by,
                                   enum dispute_step step)
{
    for (size_t i = 0; i < sizeof moves / sizeof moves[0]; i++) {
        if (moves[i].from == from && moves[i].by == by && moves[i].step == step) {
            return moves[i].to;
        }
    }
    return DISPUTE_STATE_END;
}

static void test_every_cell(void **unused)
{
    (void)unused;
    for (int from = DISPUTE_OPENED; from < DISPUTE_STATE_END; from++) {
        for (int by = DISPUTE_OPENER; by <= DISPUTE_ANSWERER; by++) {
            for (int step = STEP_OPEN; step < STEP_END; step++) {
                enum dispute_state to = dispute_next(
                    (enum dispute_state)from, (enum dispute_side)by, (enum dispute_step)step);
                if (to != expected((enum dispute_state)from, (enum dispute_side)by,
                                   (enum dispute_step)step)) {
                    fail_msg("%s, %s by the %s: %s", dispute_state_name((enum dispute_state)from),
                             dispute_step_name((enum dispute_step)step),
                             dispute_side_name((enum dispute_side)by), dispute_state_name(to));
                }
            }
        }
    }
}

/* Whose turn it is can be silent, and silence leads on; nobody else can. */
static void test_silence(void **unused)
{
    (void)unused;
    for (int state = DISPUTE_OPENED; state < DISPUTE_STATE_END; state++) {
        enum dispute_side turn = dispute_turn((enum dispute_state)state);
        enum dispute_step silence = dispute_silence((enum dispute_state)state);
        if (turn == 0) {
            continue;
        }
        assert_int_not_equal(dispute_next((enum dispute_state)state, turn, silence),
                             DISPUTE_STATE_END);
        assert_int_equal(dispute_next((enum dispute_state)state, dispute_other_side(turn), silence),
                         DISPUTE_STATE_END);
    }
    assert_int_equal(dispute_outcome(STEP_ACCEPT_SILENT), RULING_UPHELD);
    assert_int_equal(dispute_outcome(STEP_CONCEDE_SILENT), RULING_DISMISSED);
    assert_int_equal(dispute_turn(DISPUTE_ESCALATED), 0);
}

/* A state that is an end of the argument has an outcome, and no other has. */
static void test_outcomes(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof moves / sizeof moves[0]; i++) {
        bool has_ended = moves[i].to == DISPUTE_ACCEPTED || moves[i].to == DISPUTE_RULED;
        assert_int_equal(dispute_outcome(moves[i].step) != RULING_NONE, has_ended);
    }
    assert_int_equal(dispute_outcome(STEP_MACHINE_DISMISSED), RULING_DISMISSED);
    assert_int_equal(dispute_outcome(STEP_CONFIRM_UPHELD), RULING_UPHELD);
    for (int step = STEP_RULE_UPHELD; step <= STEP_MACHINE_DISMISSED; step++) {
        assert_int_not_equal(dispute_step_ruling((enum dispute_step)step), RULING_NONE);
        assert_int_equal(dispute_step_kind((enum dispute_step)step), ENTRY_DISPUTE_RULED);
    }
    assert_int_equal(dispute_step_of_ruling(RULING_UPHELD, true), STEP_CONFIRM_UPHELD);
    assert_int_equal(dispute_step_of_ruling(RULING_DISMISSED, false), STEP_RULE_DISMISSED);
}

/* The one who has money that is the other's pays it. `settled`: what the entry moved counts in a
 * statement of the past; `right`: it should. */
static void test_who_pays(void **unused)
{
    static const struct {
        enum entry_kind kind;
        bool sender_owes; /* for the entry itself */
    } kinds[] = {{ENTRY_EARN, true},
                 {ENTRY_EARN_RETURN, false},
                 {ENTRY_CAPTURE, false},
                 {ENTRY_BURN_RETURN, true}};
    (void)unused;
    for (size_t i = 0; i < 4; i++) {
        for (int bits = 0; bits < 8; bits++) {
            bool was_applied = bits & 1;
            bool is_suspended = (bits & 2) && was_applied;
            enum dispute_ruling outcome = bits & 4 ? RULING_UPHELD : RULING_DISMISSED;
            bool settled = was_applied && !is_suspended;
            bool right = was_applied != (outcome == RULING_UPHELD);
            enum dispute_payment payment = dispute_payment(outcome, was_applied, is_suspended);
            assert_int_equal(payment, settled == right ? PAYMENT_NONE
                                      : right          ? PAYMENT_AS_ENTRY
                                                       : PAYMENT_BACK);
            if (payment != PAYMENT_NONE) {
                assert_int_equal(dispute_sender_pays(kinds[i].kind, payment),
                                 kinds[i].sender_owes == right);
            }
        }
    }
    assert_int_equal(dispute_correction_kind(ENTRY_EARN_RETURN), ENTRY_ADJUSTMENT);
    assert_int_equal(dispute_correction_kind(ENTRY_CAPTURE), ENTRY_BURN_ADJUSTMENT);
    assert_false(dispute_may_be_about(ENTRY_VOID));
    assert_false(dispute_may_be_about(ENTRY_MOVED_LOT));
    assert_false(dispute_may_be_about(ENTRY_ADJUSTMENT));
}

static const struct unix_ms at_t1 = {1000};
static const struct unix_ms after_t1 = {1001};
static const struct unix_ms at_t2 = {2000};
static const struct unix_ms after_t2 = {2001};
static const struct unix_ms unknown = {0};

static void test_grants_cover(void **unused)
{
    struct dispute_evidence grant = {
        .has_grant = true, .granted = {50}, .capture_by = {1000}, .deliver_by = {2000}};
    struct dispute_evidence nothing = {.granted = {50}, .capture_by = {1000}, .deliver_by = {2000}};
    (void)unused;
    assert_true(dispute_is_covered(&grant, points_of(50), at_t1, at_t2));
    assert_true(dispute_is_covered(&grant, points_of(50), at_t1, unknown));
    assert_false(dispute_is_covered(&grant, points_of(51), at_t1, at_t2));
    assert_false(dispute_is_covered(&grant, points_of(50), after_t1, at_t2));
    assert_false(dispute_is_covered(&grant, points_of(50), at_t1, after_t2));
    assert_false(dispute_is_covered(&nothing, points_of(50), at_t1, at_t2));
}

static void test_mandates_cover(void **unused)
{
    struct dispute_evidence mandate = {.has_mandate = true,
                                       .mandate_from = {900},
                                       .mandate_until = {1000},
                                       .mandate_floor = {30},
                                       .mandate_left = {20}};
    (void)unused;
    assert_true(dispute_is_covered(&mandate, points_of(20), at_t1, after_t2));
    assert_false(dispute_is_covered(&mandate, points_of(21), at_t1, at_t2));
    mandate.mandate_left = points_of(100);
    assert_true(dispute_is_covered(&mandate, points_of(30), at_t1, at_t2));
    assert_false(dispute_is_covered(&mandate, points_of(31), at_t1, at_t2));
    assert_false(dispute_is_covered(&mandate, points_of(30), after_t1, at_t2));
    assert_false(dispute_is_covered(&mandate, points_of(30), (struct unix_ms){899}, at_t2));
}

/* Grant or mandate: the redeemer, who sent the capture, is right; neither: the home is. */
static void test_machine_rules_captures_alone(void **unused)
{
    (void)unused;
    assert_int_equal(dispute_rule(ENTRY_CAPTURE, true, true), RULING_DISMISSED);
    assert_int_equal(dispute_rule(ENTRY_CAPTURE, true, false), RULING_UPHELD);
    assert_int_equal(dispute_rule(ENTRY_CAPTURE, false, true), RULING_UPHELD);
    assert_int_equal(dispute_rule(ENTRY_CAPTURE, false, false), RULING_DISMISSED);
    assert_int_equal(dispute_rule(ENTRY_EARN, true, false), RULING_NONE);
    assert_int_equal(dispute_rule(ENTRY_BURN_RETURN, false, true), RULING_NONE);
}

static void test_names(void **unused)
{
    enum dispute_reason reason;
    (void)unused;
    for (int i = DISPUTE_AMOUNT_WRONG; i < DISPUTE_REASON_END; i++) {
        assert_int_equal(dispute_reason_parse(dispute_reason_name((enum dispute_reason)i), &reason),
                         ERR_OK);
        assert_int_equal(reason, i);
    }
    assert_int_equal(dispute_reason_parse("DOUBLE", &reason), ERR_INPUT);
    for (int step = STEP_OPEN; step < STEP_END; step++) {
        assert_string_not_equal(dispute_step_name((enum dispute_step)step), "unknown");
    }
    assert_string_equal(dispute_state_name(DISPUTE_DECLINED), "declined");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_cell),
        cmocka_unit_test(test_silence),
        cmocka_unit_test(test_outcomes),
        cmocka_unit_test(test_who_pays),
        cmocka_unit_test(test_grants_cover),
        cmocka_unit_test(test_mandates_cover),
        cmocka_unit_test(test_machine_rules_captures_alone),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
