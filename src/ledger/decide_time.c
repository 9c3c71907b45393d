/* What happens by itself when its time has come. */
#include "ledger/decision.h"

enum err decide_settle_member(struct decision *d)
{
    struct member_work work;
    TRY(work_begin(d, &d->command->due.id, &work));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    if (d->plan->effect_count == 1) {
        plan_reset(d->plan); /* nothing moved: a history link alone is not worth a row */
    }
    return ERR_OK;
}

enum err decide_expire_hold(struct decision *d)
{
    const struct command_due *due = &d->command->due;
    struct hold hold;
    enum err err = ledger_get_hold(d->view, &due->redeemer, &due->id, &hold);
    if (err == ERR_NOT_FOUND) {
        return decide_refuse(d, VERDICT_HOLD_UNKNOWN);
    }
    TRY(err);
    if (hold.role != HOLD_HOME || hold.state != HOLD_OPEN || d->now.ms < hold.deliver_by.ms) {
        return ERR_OK;
    }
    return home_release(d, &due->id, &hold, HOLD_EXPIRED);
}
