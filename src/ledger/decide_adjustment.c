/* Corrections by hand, by two people.
 *
 *   proposed -> approved   the points move, to or from the programme's adjustment account
 *            -> rejected
 *
 * A proposal whose time is over stays proposed, and nobody rules on it any more. */
#include "ledger/decision.h"

#include <string.h>

static void put_adjustment(struct decision *d, const struct uid *id,
                           const struct adjustment *adjustment)
{
    struct ledger_key key;
    key_id(id, &key);
    buffer_clear(&d->plan->scratch);
    adjustment_encode(adjustment, &d->plan->scratch);
    plan_row(d->plan, TABLE_ADJUSTMENT, &key, buffer_slice(&d->plan->scratch));
}

static enum verdict proposal_verdict(const struct command_adjustment *proposal)
{
    if (proposal->points.minor == 0) {
        return VERDICT_POINTS_ZERO;
    }
    if (proposal->points.minor > LIMIT_POINTS_PER_COMMAND ||
        proposal->points.minor < -LIMIT_POINTS_PER_COMMAND) {
        return VERDICT_POINTS_TOO_LARGE;
    }
    return reason_is_code(proposal->reason) ? VERDICT_OK : VERDICT_REASON_UNKNOWN;
}

/* Nothing about the member changes yet: its history begins with the ruling. */
enum err decide_propose_adjustment(struct decision *d)
{
    const struct command_adjustment *proposal = &d->command->adjustment;
    struct member_work work;
    struct adjustment known;
    enum err err = ledger_get_adjustment(d->view, &d->command->transaction_id, &known);
    if (err == ERR_OK) {
        return decide_refuse(d, VERDICT_ADJUSTMENT_EXISTS);
    }
    if (err != ERR_NOT_FOUND) {
        return err;
    }
    if (proposal_verdict(proposal) != VERDICT_OK) {
        return decide_refuse(d, proposal_verdict(proposal));
    }
    TRY(work_find(d, &proposal->member, &work));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    if (work.row.is_erased) {
        return decide_refuse(d, VERDICT_MEMBER_ERASED);
    }
    struct adjustment adjustment = {.state = ADJUSTMENT_PROPOSED,
                                    .member = work.id,
                                    .points = proposal->points,
                                    .proposed_at = d->now,
                                    .expires_at = proposal->expires_at};
    memcpy(adjustment.reason, proposal->reason, sizeof adjustment.reason);
    adjustment.note = remark_kept(&proposal->note);
    memcpy(adjustment.maker, proposal->maker, sizeof adjustment.maker);
    put_adjustment(d, &d->command->transaction_id, &adjustment);
    d->plan->answer.member = work.id;
    d->plan->answer.points = proposal->points;
    return ERR_OK;
}

static enum verdict ruling_verdict(const struct decision *d, const struct adjustment *adjustment)
{
    if (adjustment->state != ADJUSTMENT_PROPOSED) {
        return VERDICT_ADJUSTMENT_ENDED;
    }
    if (strcmp(d->command->ruling.checker, adjustment->maker) == 0) {
        return VERDICT_CHECKER_IS_MAKER;
    }
    bool is_late = adjustment->expires_at.ms != 0 && adjustment->expires_at.ms <= d->now.ms;
    return is_late ? VERDICT_ADJUSTMENT_EXPIRED : VERDICT_OK;
}

/* May refuse. */
static enum err move_points(struct decision *d, const struct adjustment *adjustment)
{
    const struct command_ruling *ruling = &d->command->ruling;
    struct account_ref account = account_of_programme(ACCOUNT_ADJUSTMENT);
    struct member_work work;
    TRY(work_begin(d, &adjustment->member, &work));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    if (work.row.is_erased) {
        return decide_refuse(d, VERDICT_MEMBER_ERASED);
    }
    d->plan->answer.points = adjustment->points;
    if (adjustment->points.minor > 0) {
        struct lot_key lot = decide_own_lot(d, d->now);
        lot.expires_at = ruling->points_expire_at;
        lot.idle_months = ruling->idle_months;
        TRY(work_give(d, &work, &account, &lot, adjustment->points));
        work_end(d, &work);
        return ERR_OK;
    }
    TRY(work_take(d, &work, &account, NULL, points_of(-adjustment->points.minor)));
    d->plan->answer.points.minor += d->plan->answer.written_off.minor;
    work_end(d, &work);
    return ERR_OK;
}

enum err decide_rule_adjustment(struct decision *d)
{
    const struct command_ruling *ruling = &d->command->ruling;
    struct adjustment adjustment;
    enum err err = ledger_get_adjustment(d->view, &ruling->adjustment, &adjustment);
    if (err == ERR_NOT_FOUND) {
        return decide_refuse(d, VERDICT_ADJUSTMENT_UNKNOWN);
    }
    TRY(err);
    if (ruling_verdict(d, &adjustment) != VERDICT_OK) {
        return decide_refuse(d, ruling_verdict(d, &adjustment));
    }
    if (ruling->is_approved) {
        TRY(move_points(d, &adjustment));
        if (decision_is_refused(d)) {
            return ERR_OK;
        }
    }
    d->plan->answer.member = adjustment.member;
    adjustment.state = ruling->is_approved ? ADJUSTMENT_APPROVED : ADJUSTMENT_REJECTED;
    adjustment.ruled_at = d->now;
    memcpy(adjustment.checker, ruling->checker, sizeof adjustment.checker);
    put_adjustment(d, &ruling->adjustment, &adjustment);
    return ERR_OK;
}
