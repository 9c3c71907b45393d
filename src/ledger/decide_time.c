/* What happens by itself when its time has come. */
#include "ledger/decision.h"
#include "base/mutant.h"

enum err decide_settle_member(struct decision *d)
{
    struct member_work work;
    TRY(work_begin(d, &d->command->due.id, &work));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    if (d->plan->effect_count == 1) {
        plan_reset(d->plan); /* nothing moved: a history link alone is not worth a row */
        return ERR_OK;
    }
    work_end(d, &work);
    return ERR_OK;
}

/* The hold ended otherwise: there is nothing due any more. */
static void forget_due(struct decision *d)
{
    const struct command_due *due = &d->command->due;
    struct ledger_key key;
    key_due(due->due, DUE_HOLD, &due->redeemer, &due->id, &key);
    plan_delete(d->plan, TABLE_DUE, &key);
}

enum err decide_expire_hold(struct decision *d)
{
    const struct command_due *due = &d->command->due;
    struct hold hold;
    enum err err = ledger_get_hold(d->view, &due->redeemer, &due->id, &hold);
    if (err != ERR_OK && err != ERR_NOT_FOUND) {
        return err;
    }
    bool is_open = hold.state == HOLD_OPEN || MUTANT(EXPIRE_TWICE);
    if (err == ERR_NOT_FOUND || hold.role != HOLD_HOME || !is_open) {
        forget_due(d);
        return ERR_OK;
    }
    if (d->now.ms <= (MUTANT(RELEASE_AT_T1)
                          ? hold.capture_by.ms
                          : hold.deliver_by.ms)) { /* at T2 a capture is still in time */
        return ERR_OK;
    }
    return home_release(d, &due->id, &hold, HOLD_EXPIRED);
}
