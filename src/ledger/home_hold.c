/* Holds at the home: where the points are.
 *
 *   open -> captured   all of it was taken, in one part or several
 *   open -> voided     the redeemer gave back what was left
 *   open -> expired    nobody came by T2
 *
 * A hold keeps the lots it reserved; what comes back goes to the lots it came from.
 */
#include "ledger/decision.h"
#include "base/mutant.h"

struct points hold_left(const struct hold *hold)
{
    return points_of(hold->granted.minor - hold->captured.minor - hold->voided.minor);
}

static size_t place_of_lot(const struct hold *hold, const struct lot_key *key)
{
    size_t i = 0;
    while (i < hold->lot_count && lot_key_compare(&hold->lots[i].key, key) != 0) {
        i++;
    }
    if (i < LIMIT_LOTS_PER_HOLD) {
        return i;
    }
    i = 0;
    while (i < hold->lot_count && (hold->lots[i].key.tariff != key->tariff ||
                                   !partner_id_equal(&hold->lots[i].key.issuer, &key->issuer))) {
        i++;
    }
    return i;
}

enum err hold_note_lot(struct hold *hold, const struct lot_key *key, struct points points)
{
    size_t i = place_of_lot(hold, key);
    if (i == LIMIT_LOTS_PER_HOLD) {
        return points_add(hold->unbacked, points, &hold->unbacked);
    }
    if (i == hold->lot_count) {
        hold->lots[hold->lot_count++] = (struct hold_lot){.key = *key};
    }
    return points_add(hold->lots[i].captured, points, &hold->lots[i].captured);
}

static void due_of_hold(const struct uid *id, const struct hold *hold, struct ledger_key *out_key)
{
    struct unix_ms end = MUTANT(RELEASE_AT_T1) ? hold->capture_by : hold->deliver_by;
    key_due(end, DUE_HOLD, &hold->redeemer, id, out_key);
}

/* Takes spendable lots, the soonest to end first, into the hold. May refuse. */
static enum err reserve(struct decision *d, struct member_work *work, struct hold *hold)
{
    int64_t left = hold->granted.minor;
    while (left > 0) {
        size_t soonest = lots_soonest(&work->row, false);
        ASSERT(soonest < work->row.lot_count); /* that many points are available */
        const struct lot *lot = &work->row.lots[soonest];
        if (hold->lot_count == LIMIT_LOTS_PER_HOLD) {
            return decide_refuse(d, VERDICT_TOO_MANY_LOTS);
        }
        int64_t part = lot->free.minor < left ? lot->free.minor : left;
        hold->lots[hold->lot_count++] = (struct hold_lot){.key = lot->key, .held = {part}};
        TRY(work_lot(d, work, &lot->key, -part, part));
        left -= part;
    }
    struct account_ref available = account_of_member(ACCOUNT_AVAILABLE, &work->id);
    struct account_ref held = account_of_member(ACCOUNT_HELD, &work->id);
    return work_post(d, work, &available, &held, hold->granted);
}

/* As much as the member has, into the hold: what is spendable, then what is pending, which begins
 * now. Gives what is lacking. */
static enum err reserve_some(struct decision *d, struct member_work *work, struct hold *hold,
                             int64_t *out_lack)
{
    struct account_ref held = account_of_member(ACCOUNT_HELD, &work->id);
    int64_t left = hold->granted.minor;
    for (int pass = 0; pass < 2; pass++) {
        bool is_pending = pass == 1;
        struct account_ref from =
            account_of_member(is_pending ? ACCOUNT_PENDING : ACCOUNT_AVAILABLE, &work->id);
        while (left > 0 && hold->lot_count + 1 < LIMIT_LOTS_PER_HOLD) {
            size_t soonest = lots_soonest(&work->row, is_pending);
            if (soonest == work->row.lot_count) {
                break;
            }
            struct lot lot = work->row.lots[soonest];
            int64_t part = lot.free.minor < left ? lot.free.minor : left;
            TRY(work_lot(d, work, &lot.key, -part, 0));
            lot.key.active_from = (struct unix_ms){0};
            TRY(work_lot(d, work, &lot.key, 0, part));
            hold->lots[hold->lot_count++] = (struct hold_lot){.key = lot.key, .held = {part}};
            TRY(work_post(d, work, &from, &held, points_of(part)));
            left -= part;
        }
    }
    *out_lack = left;
    return ERR_OK;
}

enum err home_promise(struct decision *d, const struct uid *id, struct hold *hold,
                      struct partner_recovery *recovery)
{
    struct member_work work;
    struct ledger_key due;
    bool is_there;
    int64_t lack;
    TRY(force_member(d, &hold->card, d->now, recovery, &work, &is_there));
    if (!is_there) {
        return ERR_CONFLICT; /* a member with holds is not erased: it was another ledger's grant */
    }
    hold->member = work.id;
    TRY(reserve_some(d, &work, hold, &lack));
    if (lack > 0) {
        struct account_ref debt = account_of_member(ACCOUNT_DEBT, &work.id);
        struct account_ref held = account_of_member(ACCOUNT_HELD, &work.id);
        struct lot_key lot = decide_own_lot(d, d->now);
        TRY(work_lot(d, &work, &lot, 0, lack));
        TRY(work_post(d, &work, &debt, &held, points_of(lack)));
        hold->lots[hold->lot_count++] = (struct hold_lot){.key = lot, .held = {lack}};
        TRY(points_add(recovery->debt, points_of(lack), &recovery->debt));
        d->plan->answer.debt = points_of(lack);
        recovery->forced++;
    }
    work_end(d, &work);
    decide_put_hold(d, id, hold);
    due_of_hold(id, hold, &due);
    plan_row(d->plan, TABLE_DUE, &due, slice_of(NULL, 0));
    return ERR_OK;
}

static enum err grant(struct decision *d, struct member_work *work, const struct card_number *card)
{
    const struct command_hold *request = &d->command->hold;
    struct hold hold = {
        .role = HOLD_HOME,
        .state = HOLD_OPEN,
        .redeemer = request->redeemer,
        .home = d->terms->roster->self,
        .member = work->id,
        .card = *card,
        .granted = request->points,
        .capture_by = request->capture_by,
        .deliver_by = request->deliver_by,
    };
    struct ledger_key due;
    TRY(reserve(d, work, &hold));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    work_end(d, work);
    decide_put_hold(d, &d->command->transaction_id, &hold);
    due_of_hold(&d->command->transaction_id, &hold, &due);
    plan_row(d->plan, TABLE_DUE, &due, slice_of(NULL, 0));
    d->plan->answer.home = hold.home;
    d->plan->answer.card = hold.card;
    d->plan->answer.points = hold.granted;
    d->plan->answer.capture_by = hold.capture_by;
    d->plan->answer.deliver_by = hold.deliver_by;
    return ERR_OK;
}

/* The member of the card, or of the one of ours that it leads to. May refuse. */
static enum err begin_by_route(struct decision *d, struct member_work *work,
                               struct card_number *out_card)
{
    const struct roster *roster = d->terms->roster;
    struct card_route route;
    *out_card = d->command->hold.card;
    TRY(work_begin_by_card(d, out_card, work));
    enum verdict verdict = d->plan->verdict;
    if (verdict != VERDICT_CARD_UNKNOWN && verdict != VERDICT_CARD_MOVED) {
        return ERR_OK;
    }
    TRY(ledger_route_card(d->view, roster, out_card, &route));
    if (route.is_blocked) {
        return decide_refuse(d, VERDICT_CARD_BLOCKED);
    }
    if (route.home == NULL || !roster_is_self(roster, &route.home->id) ||
        card_number_equal(&route.card, out_card)) {
        return ERR_OK;
    }
    plan_reset(d->plan);
    *out_card = route.card;
    return work_begin_by_card(d, out_card, work);
}

/* While a partner has still to show what it holds there may be more promised to it, and owed, than
 * is known. A refusal would be remembered, and its grant may be what comes back. */
static enum err check_recovered(const struct decision *d, const struct partner_id *redeemer)
{
    struct stream stream;
    if (roster_is_self(d->terms->roster, redeemer)) {
        return ERR_OK;
    }
    TRY(ledger_get_stream(d->view, d->terms->roster, STREAM_OUT, redeemer, &stream));
    return stream.is_recovering && !MUTANT(GRANT_BEFORE_RECOVERY) ? ERR_UNAVAILABLE : ERR_OK;
}

/* To a partner's till: what it will capture is to be within the cap. May refuse. */
static enum err promise(struct decision *d, const struct command_hold *request)
{
    if (roster_is_self(d->terms->roster, &request->redeemer)) {
        return ERR_OK;
    }
    TRY(decide_promise(d, &request->redeemer, request->points.minor));
    bool is_beyond;
    TRY(decide_is_beyond_cap(d, &request->redeemer, STREAM_OUT, &is_beyond));
    if (is_beyond && d->terms->roster->waits_at_cap) {
        return ERR_UNAVAILABLE; /* no answer that would be remembered: it may ask again */
    }
    return is_beyond ? decide_refuse(d, VERDICT_NET_DEBIT_CAP) : ERR_OK;
}

enum err decide_hold(struct decision *d)
{
    const struct command_hold *request = &d->command->hold;
    struct member_work work;
    struct hold existing;
    struct card_number card;
    TRY(check_recovered(d, &request->redeemer));
    if (points_verdict(request->points) != VERDICT_OK) {
        return decide_refuse(d, points_verdict(request->points));
    }
    if (!roster_is_self(d->terms->roster, &request->redeemer) &&
        roster_is_leaving(d->terms->roster, &request->redeemer) && !MUTANT(GRANT_WHILE_LEAVING)) {
        return decide_refuse(d, VERDICT_PARTNER_LEFT);
    }
    if (request->deliver_by.ms <= d->now.ms) {
        return decide_refuse(d, VERDICT_HOLD_TOO_LATE);
    }
    TRY(begin_by_route(d, &work, &card));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    enum err err =
        ledger_get_hold(d->view, &request->redeemer, &d->command->transaction_id, &existing);
    if (err == ERR_OK) {
        return decide_refuse(d, VERDICT_HOLD_EXISTS);
    }
    if (err != ERR_NOT_FOUND) {
        return err;
    }
    if (work.row.is_pool) {
        TRY(pool_promise(d, &work.id, &card, request->points));
    }
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    if (work.row.available.minor < request->points.minor) {
        return decide_refuse(d, VERDICT_INSUFFICIENT_POINTS);
    }
    TRY(promise(d, request));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    return grant(d, &work, &card);
}

/* Stores the hold after a change; one that ended has nothing due any more. */
static void hold_changed(struct decision *d, const struct uid *id, const struct hold *hold,
                         bool has_ended_now)
{
    decide_put_hold(d, id, hold);
    if (has_ended_now) {
        struct ledger_key due;
        due_of_hold(id, hold, &due);
        plan_delete(d->plan, TABLE_DUE, &due);
    }
}

enum err home_capture(struct decision *d, const struct uid *id, struct hold *hold,
                      struct points points, const struct account_ref *sink)
{
    struct member_work work;
    TRY(work_begin(d, &hold->member, &work));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    int64_t left = points.minor;
    for (size_t i = 0; i < hold->lot_count && left > 0; i++) {
        struct hold_lot *lot = &hold->lots[i];
        int64_t part = lot->held.minor < left ? lot->held.minor : left;
        TRY(work_lot(d, &work, &lot->key, 0, -part));
        TRY(decide_spend(d, &lot->key, part));
        lot->held.minor -= part;
        lot->captured.minor += part;
        left -= part;
    }
    ASSERT(left == 0);
    struct account_ref held = account_of_member(ACCOUNT_HELD, &work.id);
    TRY(work_post(d, &work, &held, sink, points));
    if (work.row.is_pool) {
        TRY(pool_captured(d, &work.id, &hold->card, points));
    }
    work_end(d, &work);
    TRY(points_add(hold->captured, points, &hold->captured));
    bool has_ended = hold_left(hold).minor == 0;
    hold->state = has_ended ? HOLD_CAPTURED : HOLD_OPEN;
    hold_changed(d, id, hold, has_ended);
    return ERR_OK;
}

enum err home_release(struct decision *d, const struct uid *id, struct hold *hold,
                      enum hold_state state)
{
    struct member_work work;
    struct points left = hold_left(hold);
    TRY(work_begin(d, &hold->member, &work));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    TRY(decide_promise(d, &hold->redeemer, -left.minor));
    for (size_t i = 0; i < hold->lot_count; i++) {
        struct hold_lot *lot = &hold->lots[i];
        TRY(work_lot(d, &work, &lot->key, lot->held.minor, -lot->held.minor));
        lot->held = points_of(0);
    }
    struct account_ref held = account_of_member(ACCOUNT_HELD, &work.id);
    struct account_ref available = account_of_member(ACCOUNT_AVAILABLE, &work.id);
    TRY(work_post(d, &work, &held, &available, left));
    TRY(work_settle(d, &work)); /* what came back to a lot that has ended ends now */
    TRY(work_repay(d, &work));
    if (work.row.is_pool) {
        TRY(pool_released(d, &work.id, &hold->card, left));
    }
    work_end(d, &work);
    if (MUTANT(EXPIRE_TWICE) && state == HOLD_EXPIRED) {
        return ERR_OK;
    }
    TRY(points_add(hold->voided, left, &hold->voided));
    hold->state = state;
    hold_changed(d, id, hold, true);
    return ERR_OK;
}

static void repay_view(struct member *member)
{
    for (int pass = 0; pass < 2; pass++) {
        size_t soonest;
        while (member->debt.minor > 0 &&
               (soonest = lots_soonest(member, pass == 1)) < member->lot_count) {
            struct lot lot = member->lots[soonest];
            int64_t part =
                lot.free.minor < member->debt.minor ? lot.free.minor : member->debt.minor;
            enum err err = lots_change(member, &lot.key, -part, 0);
            ASSERT(err == ERR_OK);
            struct points *from = pass == 1 ? &member->pending : &member->available;
            from->minor -= part;
            member->debt.minor -= part;
        }
    }
}

enum err member_release_view(struct member *member, const struct hold *hold)
{
    struct unix_ms end = {hold->deliver_by.ms + 1}; /* at T2 a capture is still in time */
    member_settle_view(member, end);
    for (size_t i = 0; i < hold->lot_count; i++) {
        const struct hold_lot *lot = &hold->lots[i];
        if (lots_change(member, &lot->key, lot->held.minor, -lot->held.minor) != ERR_OK) {
            return ERR_CORRUPT;
        }
        member->held.minor -= lot->held.minor;
        member->available.minor += lot->held.minor;
    }
    member_settle_view(member, end);
    repay_view(member);
    return ERR_OK;
}

struct lot_key home_refund_lot(const struct decision *d, const struct member *member,
                               const struct lot_key *origin)
{
    struct lot_key key = *origin;
    struct unix_ms end = lots_end(member, origin);
    if (end.ms != 0 && end.ms <= d->now.ms && d->terms->refund_grace_ms > 0) {
        key.expires_at.ms = d->now.ms + d->terms->refund_grace_ms;
        key.idle_months = 0;
    }
    return key;
}

/* What came of no lot, a debt above all: it repays what is owed, and becomes a lot without an end.
 */
static enum err refund_unbacked(struct decision *d, struct member_work *work, struct hold *hold,
                                const struct account_ref *source, int64_t *left)
{
    struct lot_key key = decide_own_lot(d, d->now);
    int64_t part = hold->unbacked.minor < *left ? hold->unbacked.minor : *left;
    hold->unbacked.minor -= part;
    *left -= part;
    return part == 0 ? ERR_OK : work_give(d, work, source, &key, points_of(part));
}

/* The last lots first. May refuse. */
static enum err refund_lots(struct decision *d, struct member_work *work, struct hold *hold,
                            const struct account_ref *source, int64_t *left)
{
    for (size_t i = hold->lot_count; i > 0 && *left > 0 && !decision_is_refused(d); i--) {
        struct hold_lot *lot = &hold->lots[i - 1];
        int64_t part = lot->captured.minor < *left ? lot->captured.minor : *left;
        const struct hold_lot *origin = MUTANT(REFUND_TO_WRONG_LOT) ? &hold->lots[0] : lot;
        struct lot_key key = home_refund_lot(d, &work->row, &origin->key);
        TRY(decide_spend(d, &origin->key, -part));
        TRY(work_give(d, work, source, &key, points_of(part)));
        lot->captured.minor -= part;
        *left -= part;
    }
    return ERR_OK;
}

static enum err refund_member(struct decision *d, struct hold *hold,
                              const struct account_ref *source, int64_t *left)
{
    struct member_work work;
    TRY(work_begin(d, &hold->member, &work));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    TRY(refund_unbacked(d, &work, hold, source, left));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    TRY(refund_lots(d, &work, hold, source, left));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    TRY(move_forward(d, &work, &hold->card));
    work_end(d, &work);
    return ERR_OK;
}

enum err home_refund(struct decision *d, const struct uid *id, struct hold *hold,
                     struct points points, const struct account_ref *source)
{
    static const struct account_ref adjustment = {.kind = ACCOUNT_ADJUSTMENT};
    int64_t left = points.minor;
    if (!uid_is_nil(&hold->member)) {
        TRY(refund_member(d, hold, source, &left));
        if (decision_is_refused(d)) {
            return ERR_OK;
        }
    }
    ASSERT(left <= hold->lost.minor); /* what no member bore */
    plan_post(d->plan, source, &adjustment, points_of(left));
    hold->lost.minor -= left;
    TRY(points_add(hold->returned, points, &hold->returned));
    hold_changed(d, id, hold, false);
    return ERR_OK;
}
