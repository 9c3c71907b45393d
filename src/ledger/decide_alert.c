/* Alerts: raised, and closed by who reviewed them. */
#include <string.h>

#include "ledger/alert_row.h"
#include "ledger/decision.h"

static void put_alert(struct decision *d, const struct uid *id, const struct alert *alert)
{
    struct ledger_key key;
    key_id(id, &key);
    buffer_clear(&d->plan->scratch);
    alert_encode(alert, &d->plan->scratch);
    plan_row(d->plan, TABLE_ALERT, &key, buffer_slice(&d->plan->scratch));
}

enum err decide_raise_alert(struct decision *d)
{
    struct alert alert;
    enum err err = ledger_get_alert(d->view, &d->command->transaction_id, &alert);
    if (err != ERR_NOT_FOUND) {
        return err == ERR_OK ? decide_refuse(d, VERDICT_ALERT_EXISTS) : err;
    }
    alert =
        (struct alert){.state = ALERT_OPEN, .finding = d->command->finding, .raised_at = d->now};
    put_alert(d, &d->command->transaction_id, &alert);
    return ERR_OK;
}

/* From the lot in which they wait to the one in which they would be. May refuse. */
static enum err move_lot(struct decision *d, struct member_work *work, struct sale *sale,
                         struct unix_ms begins_at)
{
    struct account_ref pending = account_of_member(ACCOUNT_PENDING, &work->id);
    struct account_ref available = account_of_member(ACCOUNT_AVAILABLE, &work->id);
    const struct lot *waiting = lots_find(&work->row, &sale->lot);
    struct lot_key freed = sale->lot;
    freed.active_from = begins_at.ms > d->now.ms ? begins_at : (struct unix_ms){0};
    if (waiting == NULL || begins_at.ms >= sale->lot.active_from.ms) {
        return ERR_OK; /* they began, or are gone */
    }
    int64_t part = sale->points.minor - sale->taken.minor;
    part = waiting->free.minor < part ? waiting->free.minor : part;
    bool is_one_more = waiting->free.minor + waiting->held.minor > part;
    if (is_one_more && work->row.lot_count == LIMIT_LOTS_PER_MEMBER &&
        lots_find(&work->row, &freed) == NULL) {
        return decide_refuse(d, VERDICT_TOO_MANY_LOTS);
    }
    struct lot_key from = sale->lot;
    TRY(work_lot(d, work, &from, -part, 0));
    TRY(work_lot(d, work, &freed, part, 0));
    sale->lot = freed;
    return freed.active_from.ms == 0 ? work_post(d, work, &pending, &available, points_of(part))
                                     : ERR_OK;
}

/* The points of a purchase that was held. Nothing for those of another home's member, and for what
 * was erased. May refuse. */
static enum err release(struct decision *d, const struct alert_finding *finding)
{
    struct sale sale;
    struct member_work work;
    enum err err = ledger_get_sale(d->view, &d->terms->roster->self, &finding->sale, &sale);
    if (err == ERR_NOT_FOUND || (err == ERR_OK && sale.role != SALE_OWN)) {
        return ERR_OK;
    }
    TRY(err);
    TRY(work_begin(d, &sale.member, &work));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    TRY(move_lot(d, &work, &sale, finding->begins_at));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    TRY(work_settle(d, &work));
    TRY(work_repay(d, &work));
    work_end(d, &work);
    decide_put_sale(d, &finding->sale, &sale);
    return ERR_OK;
}

enum err decide_rule_alert(struct decision *d)
{
    const struct command_alert_ruling *ruling = &d->command->alert_ruling;
    struct alert alert;
    enum err err = ledger_get_alert(d->view, &ruling->alert, &alert);
    if (err == ERR_NOT_FOUND) {
        return decide_refuse(d, VERDICT_ALERT_UNKNOWN);
    }
    TRY(err);
    if (alert.state != ALERT_OPEN) {
        return decide_refuse(d, VERDICT_ALERT_ENDED);
    }
    if (alert.finding.action == ALERT_HELD && !ruling->is_fraud) {
        TRY(release(d, &alert.finding));
        if (decision_is_refused(d)) {
            return ERR_OK;
        }
    }
    alert.state = ruling->is_fraud ? ALERT_FRAUD : ALERT_INNOCENT;
    alert.closed_at = d->now;
    memcpy(alert.by, ruling->by, sizeof alert.by);
    alert.reason = remark_kept(&ruling->reason);
    put_alert(d, &ruling->alert, &alert);
    return ERR_OK;
}
