/* Burns: points reserved, taken, given back, and returned with the goods. Our own till's side; the
 * home's side of holds is in home_hold.c. */
#include "ledger/decision.h"
#include "base/mutant.h"

static const struct account_ref redeemed = {.kind = ACCOUNT_REDEEMED};

enum err foreign_hold_begin(struct decision *d, struct hold *out_hold)
{
    const struct command_hold *request = &d->command->hold;
    const struct roster_partner *home = roster_home_of(d->terms->roster, &request->asked);
    struct hold existing;
    enum err err =
        ledger_get_hold(d->view, &request->redeemer, &d->command->transaction_id, &existing);
    if (err == ERR_OK) {
        return decide_refuse(d, VERDICT_HOLD_EXISTS);
    }
    if (err != ERR_NOT_FOUND) {
        return err;
    }
    if (points_verdict(request->points) != VERDICT_OK) {
        return decide_refuse(d, points_verdict(request->points));
    }
    if (home == NULL || roster_is_self(d->terms->roster, &home->id)) {
        return decide_refuse(d, VERDICT_PARTNER_UNKNOWN);
    }
    if (roster_is_leaving(d->terms->roster, &home->id)) {
        return decide_refuse(d, VERDICT_PARTNER_LEFT);
    }
    *out_hold = (struct hold){
        .role = HOLD_FOREIGN,
        .state = HOLD_OPEN,
        .redeemer = request->redeemer,
        .home = home->id,
        .card = request->asked,
        .granted = request->points,
        .capture_by = request->capture_by,
        .deliver_by = request->deliver_by,
    };
    d->plan->answer.home = home->id;
    d->plan->answer.card = request->asked;
    return ERR_OK;
}

enum err decide_foreign_hold(struct decision *d)
{
    struct hold hold;
    TRY(foreign_hold_begin(d, &hold));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    decide_put_hold(d, &d->command->transaction_id, &hold);
    d->plan->answer.points = hold.granted;
    d->plan->answer.capture_by = hold.capture_by;
    d->plan->answer.deliver_by = hold.deliver_by;
    return ERR_OK;
}

/* The hold that our till names, whichever brand is its home. May refuse; ERR_UNAVAILABLE while what
 * an older copy lacks of it may still come back. */
static enum err own_hold(struct decision *d, struct hold *hold)
{
    const struct partner_id *self = &d->terms->roster->self;
    enum err err = ledger_get_hold(d->view, self, &d->command->use.hold, hold);
    if (err == ERR_NOT_FOUND) {
        return decide_refuse_unknown(d, VERDICT_HOLD_UNKNOWN);
    }
    TRY(err);
    if (hold->role == HOLD_FOREIGN) { /* more of it may come back */
        TRY(decide_await_partner(d, &hold->home));
    }
    d->plan->answer.home = hold->home;
    d->plan->answer.card = hold->card;
    return ERR_OK;
}

/* The same for so many points of it; 0 is what is left. */
static enum err used_hold(struct decision *d, struct hold *hold)
{
    struct points points = d->command->use.points;
    if (points.minor != 0 && points_verdict(points) != VERDICT_OK) {
        return decide_refuse(d, points_verdict(points));
    }
    return own_hold(d, hold);
}

static bool may_name_mandate(enum entry_kind kind)
{
    return kind == ENTRY_CAPTURE || kind == ENTRY_VOID;
}

/* An entry about a foreign hold, to its home. */
static struct clearing_entry hold_entry(const struct decision *d, const struct hold *hold,
                                        enum entry_kind kind, struct points points)
{
    return (struct clearing_entry){.kind = kind,
                                   .card = hold->card,
                                   .points = points,
                                   .tariff = decide_hold_tariff(d, hold),
                                   .subject = d->command->use.hold,
                                   .mandate =
                                       may_name_mandate(kind) ? hold->mandate : (struct uid){{0}}};
}

static bool is_past(struct unix_ms time, struct unix_ms limit)
{
    return time.ms > limit.ms;
}

/* The mandate that the hold stands in under. */
static enum err held_mandate(const struct decision *d, const struct hold *hold,
                             struct mandate_row *out_row)
{
    enum err err =
        ledger_get_mandate(d->view, &hold->home, &hold->redeemer, &hold->mandate, out_row);
    return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
}

/* A till may say when it was; the home looks whether its mandate was valid then. May refuse. */
static enum err check_mandate(struct decision *d, const struct hold *hold)
{
    struct mandate_row row;
    if (uid_is_nil(&hold->mandate)) {
        return ERR_OK;
    }
    TRY(held_mandate(d, hold, &row));
    return mandate_is_valid_at(&row.mandate, d->command->business_time)
               ? ERR_OK
               : decide_refuse(d, VERDICT_MANDATE_EXPIRED);
}

static enum err capture_foreign(struct decision *d, struct hold *hold, struct points points)
{
    TRY(check_mandate(d, hold));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    struct clearing_entry entry = hold_entry(d, hold, ENTRY_CAPTURE, points);
    TRY(decide_send(d, &hold->home, &entry, ACCOUNT_RECEIVABLE, ACCOUNT_REDEEMED));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    hold->tariff = entry.tariff;
    TRY(points_add(hold->captured, points, &hold->captured));
    if (hold_left(hold).minor == 0) {
        hold->state = HOLD_CAPTURED;
    }
    decide_put_hold(d, &d->command->use.hold, hold);
    return ERR_OK;
}

enum err decide_capture(struct decision *d)
{
    const struct uid *id = &d->command->use.hold;
    struct points points = d->command->use.points;
    struct hold hold;
    TRY(used_hold(d, &hold));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    if (hold.state != HOLD_OPEN) {
        return decide_refuse(d, VERDICT_HOLD_ENDED);
    }
    if (points.minor == 0) {
        points = hold_left(&hold);
    }
    if (points.minor > hold_left(&hold).minor && !MUTANT(CAPTURE_MORE_THAN_GRANTED)) {
        return decide_refuse(d, VERDICT_HOLD_EXCEEDED);
    }
    if (is_past(d->command->business_time, hold.capture_by) || is_past(d->now, hold.deliver_by)) {
        return decide_refuse(d, VERDICT_CAPTURE_TOO_LATE);
    }
    if (hold.role == HOLD_FOREIGN) {
        TRY(capture_foreign(d, &hold, points));
    } else {
        TRY(home_capture(d, id, &hold, points, &redeemed));
    }
    if (!decision_is_refused(d)) {
        d->plan->answer.points = points;
        d->plan->answer.left = hold_left(&hold);
    }
    return ERR_OK;
}

/* What was stood in for in vain may be stood in for again. */
static enum err release_mandate(struct decision *d, const struct hold *hold, struct points points)
{
    struct mandate_row row;
    if (uid_is_nil(&hold->mandate)) {
        return ERR_OK;
    }
    TRY(held_mandate(d, hold, &row));
    TRY(points_sub(row.used, points, &row.used));
    decide_put_mandate(d, &row);
    return ERR_OK;
}

static enum err void_foreign(struct decision *d, struct hold *hold)
{
    struct clearing_entry entry = hold_entry(d, hold, ENTRY_VOID, points_of(0));
    struct points left = hold_left(hold);
    TRY(decide_send(d, &hold->home, &entry, ACCOUNT_RECEIVABLE, ACCOUNT_REDEEMED));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    TRY(release_mandate(d, hold, left));
    TRY(points_add(hold->voided, left, &hold->voided));
    hold->state = HOLD_VOIDED;
    decide_put_hold(d, &d->command->use.hold, hold);
    return ERR_OK;
}

enum err decide_void(struct decision *d)
{
    struct hold hold;
    TRY(own_hold(d, &hold));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    if (hold.state != HOLD_OPEN) {
        return decide_refuse(d, VERDICT_HOLD_ENDED);
    }
    struct points left = hold_left(&hold);
    if (hold.role == HOLD_FOREIGN) {
        TRY(void_foreign(d, &hold));
    } else {
        TRY(home_release(d, &d->command->use.hold, &hold, HOLD_VOIDED));
    }
    if (!decision_is_refused(d)) {
        d->plan->answer.points = left;
    }
    return ERR_OK;
}

static enum err refund_foreign(struct decision *d, struct hold *hold, struct points points)
{
    struct clearing_entry entry = hold_entry(d, hold, ENTRY_BURN_RETURN, points);
    TRY(decide_send(d, &hold->home, &entry, ACCOUNT_REDEEMED, ACCOUNT_RECEIVABLE));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    TRY(points_add(hold->returned, points, &hold->returned));
    decide_put_hold(d, &d->command->use.hold, hold);
    return ERR_OK;
}

enum err decide_return_burn(struct decision *d)
{
    const struct uid *id = &d->command->use.hold;
    struct points points = d->command->use.points;
    struct hold hold;
    TRY(used_hold(d, &hold));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    int64_t left = hold.captured.minor - hold.returned.minor;
    if (points.minor == 0) {
        points = points_of(left);
    }
    if (points.minor > left ||
        left <= 0) { /* below 0 when a capture that had returned is refused */
        return decide_refuse(d, VERDICT_RETURN_EXCEEDS_SALE);
    }
    if (hold.role == HOLD_FOREIGN) {
        TRY(refund_foreign(d, &hold, points));
    } else {
        TRY(home_refund(d, id, &hold, points, &redeemed));
    }
    if (!decision_is_refused(d)) {
        d->plan->answer.points = points;
    }
    return ERR_OK;
}
