#include "clearing/dispute.h"

#include <string.h>

static const char *const state_names[DISPUTE_STATE_END] = {
    [DISPUTE_OPENED] = "opened",       [DISPUTE_ANSWERED] = "answered",
    [DISPUTE_ACCEPTED] = "accepted",   [DISPUTE_REJECTED] = "rejected",
    [DISPUTE_ESCALATED] = "escalated", [DISPUTE_RULED] = "ruled",
    [DISPUTE_ADJUSTED] = "adjusted",   [DISPUTE_DECLINED] = "declined",
};

const char *dispute_state_name(enum dispute_state state)
{
    return state > 0 && state < DISPUTE_STATE_END ? state_names[state] : "unknown";
}

const char *dispute_side_name(enum dispute_side side)
{
    return side == DISPUTE_OPENER ? "opener" : side == DISPUTE_ANSWERER ? "answerer" : "nobody";
}

enum dispute_side dispute_other_side(enum dispute_side side)
{
    return side == DISPUTE_OPENER ? DISPUTE_ANSWERER : DISPUTE_OPENER;
}

const char *dispute_ruling_name(enum dispute_ruling ruling)
{
    return ruling == RULING_UPHELD ? "upheld" : ruling == RULING_DISMISSED ? "dismissed" : "none";
}

static const char *const reason_names[DISPUTE_REASON_END] = {
    [DISPUTE_AMOUNT_WRONG] = "AMOUNT_WRONG",
    [DISPUTE_PURCHASE_UNKNOWN] = "PURCHASE_UNKNOWN",
    [DISPUTE_DOUBLED] = "DOUBLED",
    [DISPUTE_GOODS_RETURNED] = "GOODS_RETURNED",
    [DISPUTE_NOT_GRANTED] = "NOT_GRANTED",
    [DISPUTE_NOT_RETURNED] = "NOT_RETURNED",
    [DISPUTE_REFUSED_WRONGLY] = "REFUSED_WRONGLY",
    [DISPUTE_OTHER] = "OTHER",
};

const char *dispute_reason_name(enum dispute_reason reason)
{
    return reason > 0 && reason < DISPUTE_REASON_END ? reason_names[reason] : "UNKNOWN";
}

enum err dispute_reason_parse(const char *name, enum dispute_reason *out_reason)
{
    for (unsigned i = DISPUTE_AMOUNT_WRONG; i < DISPUTE_REASON_END; i++) {
        if (strcmp(name, reason_names[i]) == 0) {
            *out_reason = (enum dispute_reason)i;
            return ERR_OK;
        }
    }
    return ERR_INPUT;
}

/* What a step is: the entry that carries it, who may take it, and what it says. */
struct step_row {
    const char *name;
    enum entry_kind kind;
    enum dispute_ruling ruling;
    bool confirms;
};

static const struct step_row step_rows[STEP_END] = {
    [STEP_OPEN] = {"open", ENTRY_DISPUTE_OPENED, RULING_NONE, false},
    [STEP_ANSWER] = {"answer", ENTRY_DISPUTE_ANSWERED, RULING_NONE, false},
    [STEP_ACCEPT] = {"accept", ENTRY_DISPUTE_ANSWERED, RULING_NONE, false},
    [STEP_ACCEPT_SILENT] = {"accept-silent", ENTRY_DISPUTE_ANSWERED, RULING_NONE, false},
    [STEP_REJECT] = {"reject", ENTRY_DISPUTE_ANSWERED, RULING_NONE, false},
    [STEP_ESCALATE] = {"escalate", ENTRY_DISPUTE_ESCALATED, RULING_NONE, false},
    [STEP_CONCEDE] = {"concede", ENTRY_DISPUTE_ESCALATED, RULING_NONE, false},
    [STEP_CONCEDE_SILENT] = {"concede-silent", ENTRY_DISPUTE_ESCALATED, RULING_NONE, false},
    [STEP_RULE_UPHELD] = {"rule-upheld", ENTRY_DISPUTE_RULED, RULING_UPHELD, false},
    [STEP_RULE_DISMISSED] = {"rule-dismissed", ENTRY_DISPUTE_RULED, RULING_DISMISSED, false},
    [STEP_CONFIRM_UPHELD] = {"confirm-upheld", ENTRY_DISPUTE_RULED, RULING_UPHELD, true},
    [STEP_CONFIRM_DISMISSED] = {"confirm-dismissed", ENTRY_DISPUTE_RULED, RULING_DISMISSED, true},
    [STEP_MACHINE_UPHELD] = {"machine-upheld", ENTRY_DISPUTE_RULED, RULING_UPHELD, true},
    [STEP_MACHINE_DISMISSED] = {"machine-dismissed", ENTRY_DISPUTE_RULED, RULING_DISMISSED, true},
    [STEP_ADJUST] = {"adjust", ENTRY_ADJUSTMENT, RULING_NONE, false},
};

static bool step_is_known(enum dispute_step step)
{
    return step > 0 && step < STEP_END;
}

const char *dispute_step_name(enum dispute_step step)
{
    return step_is_known(step) ? step_rows[step].name : "unknown";
}

enum entry_kind dispute_step_kind(enum dispute_step step)
{
    ASSERT(step_is_known(step));
    return step_rows[step].kind;
}

enum dispute_ruling dispute_step_ruling(enum dispute_step step)
{
    return step_is_known(step) ? step_rows[step].ruling : RULING_NONE;
}

bool dispute_step_confirms(enum dispute_step step)
{
    return step_is_known(step) && step_rows[step].confirms;
}

enum dispute_step dispute_step_of_ruling(enum dispute_ruling ruling, bool is_confirming)
{
    if (ruling == RULING_UPHELD) {
        return is_confirming ? STEP_CONFIRM_UPHELD : STEP_RULE_UPHELD;
    }
    return is_confirming ? STEP_CONFIRM_DISMISSED : STEP_RULE_DISMISSED;
}

bool entry_kind_is_dispute(enum entry_kind kind)
{
    return kind >= ENTRY_DISPUTE_OPENED && kind <= ENTRY_DISPUTE_RULED;
}

bool dispute_may_be_about(enum entry_kind kind)
{
    return dispute_member_side(kind) != 0;
}

/* The answerer's, before it has decided. */
static enum dispute_state next_of_answer(enum dispute_state state, enum dispute_step step)
{
    if (step == STEP_ANSWER) {
        return state == DISPUTE_OPENED ? DISPUTE_ANSWERED : DISPUTE_STATE_END;
    }
    if (step == STEP_REJECT) {
        return DISPUTE_REJECTED;
    }
    if (step == STEP_ACCEPT || step == STEP_ACCEPT_SILENT) {
        return DISPUTE_ACCEPTED;
    }
    bool is_machine = step == STEP_MACHINE_UPHELD || step == STEP_MACHINE_DISMISSED;
    return is_machine && state == DISPUTE_OPENED ? DISPUTE_RULED : DISPUTE_STATE_END;
}

static enum dispute_state next_of_rejected(enum dispute_step step)
{
    if (step == STEP_ESCALATE) {
        return DISPUTE_ESCALATED;
    }
    return step == STEP_CONCEDE || step == STEP_CONCEDE_SILENT ? DISPUTE_RULED : DISPUTE_STATE_END;
}

static enum dispute_state next_of_escalated(enum dispute_step step)
{
    if (step == STEP_RULE_UPHELD || step == STEP_RULE_DISMISSED) {
        return DISPUTE_ESCALATED;
    }
    return step == STEP_CONFIRM_UPHELD || step == STEP_CONFIRM_DISMISSED ? DISPUTE_RULED
                                                                         : DISPUTE_STATE_END;
}

enum dispute_state dispute_next(enum dispute_state state, enum dispute_side by,
                                enum dispute_step step)
{
    switch (state) {
    case DISPUTE_OPENED:
    case DISPUTE_ANSWERED:
        return by == DISPUTE_ANSWERER ? next_of_answer(state, step) : DISPUTE_STATE_END;
    case DISPUTE_REJECTED:
        return by == DISPUTE_OPENER ? next_of_rejected(step) : DISPUTE_STATE_END;
    case DISPUTE_ESCALATED:
        return next_of_escalated(step);
    case DISPUTE_ACCEPTED:
    case DISPUTE_RULED:
        return step == STEP_ADJUST ? DISPUTE_ADJUSTED : DISPUTE_STATE_END;
    case DISPUTE_ADJUSTED:
    case DISPUTE_DECLINED:
    case DISPUTE_STATE_END:
        break;
    }
    return DISPUTE_STATE_END;
}

enum dispute_ruling dispute_outcome(enum dispute_step last_step)
{
    if (last_step == STEP_ACCEPT || last_step == STEP_ACCEPT_SILENT) {
        return RULING_UPHELD;
    }
    if (last_step == STEP_CONCEDE || last_step == STEP_CONCEDE_SILENT) {
        return RULING_DISMISSED;
    }
    return dispute_step_confirms(last_step) ? dispute_step_ruling(last_step) : RULING_NONE;
}

enum dispute_side dispute_turn(enum dispute_state state)
{
    if (state == DISPUTE_OPENED || state == DISPUTE_ANSWERED) {
        return DISPUTE_ANSWERER;
    }
    return state == DISPUTE_REJECTED ? DISPUTE_OPENER : (enum dispute_side)0;
}

enum dispute_step dispute_silence(enum dispute_state state)
{
    return state == DISPUTE_REJECTED ? STEP_CONCEDE_SILENT : STEP_ACCEPT_SILENT;
}

bool dispute_is_covered(const struct dispute_evidence *evidence, struct points points,
                        struct unix_ms business_time, struct unix_ms delivered)
{
    bool by_grant = evidence->has_grant && points.minor <= evidence->granted.minor &&
                    business_time.ms <= evidence->capture_by.ms &&
                    (delivered.ms == 0 || delivered.ms <= evidence->deliver_by.ms);
    bool by_mandate = evidence->has_mandate && business_time.ms >= evidence->mandate_from.ms &&
                      business_time.ms <= evidence->mandate_until.ms &&
                      points.minor <= evidence->mandate_floor.minor &&
                      points.minor <= evidence->mandate_left.minor;
    return by_grant || by_mandate;
}

enum dispute_ruling dispute_rule(enum entry_kind kind, bool was_applied, bool is_covered)
{
    if (kind != ENTRY_CAPTURE) {
        return RULING_NONE;
    }
    return was_applied == is_covered ? RULING_DISMISSED : RULING_UPHELD;
}

enum dispute_payment dispute_payment(enum dispute_ruling outcome, bool was_applied,
                                     bool is_suspended)
{
    bool is_upheld = outcome == RULING_UPHELD;
    if (!was_applied) {
        return is_upheld ? PAYMENT_AS_ENTRY : PAYMENT_NONE;
    }
    if (is_suspended) {
        return is_upheld ? PAYMENT_NONE : PAYMENT_AS_ENTRY;
    }
    return is_upheld ? PAYMENT_BACK : PAYMENT_NONE;
}

bool dispute_sender_pays(enum entry_kind kind, enum dispute_payment payment)
{
    bool pays_for_entry = kind == ENTRY_EARN || kind == ENTRY_BURN_RETURN;
    return payment == PAYMENT_AS_ENTRY ? pays_for_entry
                                       : payment == PAYMENT_BACK && !pays_for_entry;
}

enum entry_kind dispute_correction_kind(enum entry_kind kind)
{
    return kind == ENTRY_CAPTURE || kind == ENTRY_BURN_RETURN ? ENTRY_BURN_ADJUSTMENT
                                                              : ENTRY_ADJUSTMENT;
}

int dispute_member_side(enum entry_kind kind)
{
    switch ((int)kind) {
    case ENTRY_EARN:
    case ENTRY_BURN_RETURN:
        return 1;
    case ENTRY_CAPTURE:
    case ENTRY_EARN_RETURN:
        return -1;
    default:
        return 0;
    }
}
