/* Steps on the working copy of one member: what is planned and what is seen stay alike. */
#include "ledger/decision.h"

static void balance_change(struct points *balance, int64_t delta)
{
    enum err err = int64_add(balance->minor, delta, &balance->minor);
    ASSERT(err == ERR_OK && balance->minor >= 0);
}

/* One side of a posting on the working copy, when that side is the member's. */
static void work_side(struct member_work *work, const struct account_ref *account, int64_t credited)
{
    switch (account->kind) {
    case ACCOUNT_AVAILABLE:
        balance_change(&work->row.available, credited);
        break;
    case ACCOUNT_PENDING:
        balance_change(&work->row.pending, credited);
        break;
    case ACCOUNT_HELD:
        balance_change(&work->row.held, credited);
        break;
    case ACCOUNT_DEBT:
        balance_change(&work->row.debt, -credited);
        break;
    case ACCOUNT_RECEIVABLE:
    case ACCOUNT_PAYABLE:
    case ACCOUNT_SUSPENSE:
    case ACCOUNT_ISSUED:
    case ACCOUNT_REDEEMED:
    case ACCOUNT_BREAKAGE:
    case ACCOUNT_ADJUSTMENT:
    case ACCOUNT_KIND_END:
        break;
    }
}

enum err work_post(struct decision *d, struct member_work *work, const struct account_ref *debit,
                   const struct account_ref *credit, struct points points)
{
    int64_t sum;
    if (points.minor == 0) {
        return ERR_OK;
    }
    /* Only a credit can take a balance out of range: of available, pending and held together. */
    TRY(int64_add(work->row.available.minor, work->row.pending.minor, &sum));
    TRY(int64_add(sum, work->row.held.minor, &sum));
    TRY(int64_add(sum, points.minor, &sum));
    plan_post(d->plan, debit, credit, points);
    work_side(work, debit, -points.minor);
    work_side(work, credit, points.minor);
    return ERR_OK;
}

enum err work_lot(struct decision *d, struct member_work *work, const struct lot_key *lot,
                  int64_t free_delta, int64_t held_delta)
{
    if (free_delta == 0 && held_delta == 0) {
        return ERR_OK;
    }
    struct lot_key key = *lot; /* `lot` may point into the array that lots_change moves */
    TRY(lots_change(&work->row, &key, free_delta, held_delta));
    plan_lot(d->plan, &work->id, &key, free_delta, held_delta);
    return ERR_OK;
}

static bool lot_is_pending(const struct lot *lot)
{
    return lot->key.active_from.ms != 0;
}

static bool time_has_come(struct unix_ms time, struct unix_ms now)
{
    return time.ms != 0 && time.ms <= now.ms;
}

static enum err settle_activation(struct decision *d, struct member_work *work, struct lot lot)
{
    struct account_ref pending = account_of_member(ACCOUNT_PENDING, &work->id);
    struct account_ref available = account_of_member(ACCOUNT_AVAILABLE, &work->id);
    struct lot_key active = lot.key;
    active.active_from = (struct unix_ms){0};
    TRY(work_lot(d, work, &lot.key, -lot.free.minor, -lot.held.minor));
    TRY(work_lot(d, work, &active, lot.free.minor, lot.held.minor));
    return work_post(d, work, &pending, &available, lot.free);
}

static enum err settle_expiry(struct decision *d, struct member_work *work, struct lot lot)
{
    struct account_ref from =
        account_of_member(lot_is_pending(&lot) ? ACCOUNT_PENDING : ACCOUNT_AVAILABLE, &work->id);
    struct account_ref breakage = account_of_programme(ACCOUNT_BREAKAGE);
    TRY(work_lot(d, work, &lot.key, -lot.free.minor, 0));
    return work_post(d, work, &from, &breakage, lot.free);
}

enum err work_settle(struct decision *d, struct member_work *work)
{
    for (size_t i = 0; i < work->row.lot_count;) {
        struct lot lot = work->row.lots[i];
        if (time_has_come(lot.key.expires_at, d->now) && lot.free.minor > 0) {
            TRY(settle_expiry(d, work, lot));
            i = 0;
        } else if (time_has_come(lot.key.active_from, d->now)) {
            TRY(settle_activation(d, work, lot));
            i = 0;
        } else {
            i++;
        }
    }
    return ERR_OK;
}

void member_settle_view(struct member *member, struct unix_ms now)
{
    for (size_t i = 0; i < member->lot_count;) {
        struct lot lot = member->lots[i];
        bool is_expired = time_has_come(lot.key.expires_at, now) && lot.free.minor > 0;
        if (!is_expired && !time_has_come(lot.key.active_from, now)) {
            i++;
            continue;
        }
        struct points *from = lot_is_pending(&lot) ? &member->pending : &member->available;
        struct lot_key active = lot.key;
        active.active_from = (struct unix_ms){0};
        from->minor -= lot.free.minor;
        int64_t held_moved = is_expired ? 0 : lot.held.minor;
        enum err err = lots_change(member, &lot.key, -lot.free.minor, -held_moved);
        ASSERT(err == ERR_OK);
        if (!is_expired) {
            member->available.minor += lot.free.minor;
            err = lots_change(member, &active, lot.free.minor, held_moved);
            ASSERT(err == ERR_OK);
        }
        i = 0;
    }
}

enum err work_begin(struct decision *d, const struct uid *member, struct member_work *work)
{
    enum err err = ledger_get_member(d->view, member, &work->row);
    if (err == ERR_NOT_FOUND) {
        return decide_refuse(d, VERDICT_MEMBER_UNKNOWN);
    }
    TRY(err);
    work->id = *member;
    work->due_before = lots_next_due(&work->row);
    d->plan->answer.member = *member;
    plan_history(d->plan, member, work->row.last_row, false);
    return work_settle(d, work);
}

static void due_of_member(struct unix_ms due, const struct uid *member, struct ledger_key *out_key)
{
    static const struct partner_id none = {{0}};
    key_due(due, DUE_MEMBER, &none, member, out_key);
}

void work_end(struct decision *d, const struct member_work *work)
{
    struct unix_ms due = lots_next_due(&work->row);
    struct ledger_key key;
    if (decision_is_refused(d) || due.ms == work->due_before.ms) {
        return;
    }
    if (work->due_before.ms != 0) {
        due_of_member(work->due_before, &work->id, &key);
        plan_delete(d->plan, TABLE_DUE, &key);
    }
    if (due.ms != 0) {
        due_of_member(due, &work->id, &key);
        plan_row(d->plan, TABLE_DUE, &key, slice_of(NULL, 0));
    }
}

enum err work_begin_by_card(struct decision *d, const struct card_number *card,
                            struct member_work *work)
{
    struct card row;
    enum err err = ledger_get_card(d->view, card, &row);
    if (err == ERR_NOT_FOUND) {
        return decide_refuse(d, VERDICT_CARD_UNKNOWN);
    }
    TRY(err);
    if (row.is_blocked) {
        return decide_refuse(d, VERDICT_CARD_BLOCKED);
    }
    return work_begin(d, &row.member, work);
}

static struct points points_least(struct points a, struct points b)
{
    return a.minor < b.minor ? a : b;
}

enum err work_give(struct decision *d, struct member_work *work, const struct account_ref *source,
                   const struct lot_key *lot, struct points points)
{
    struct account_ref debt = account_of_member(ACCOUNT_DEBT, &work->id);
    struct points repaid = points_least(work->row.debt, points);
    struct points rest = points_of(points.minor - repaid.minor);
    TRY(work_post(d, work, source, &debt, repaid));
    if (rest.minor == 0) {
        return ERR_OK;
    }
    if (work->row.lot_count == LIMIT_LOTS_PER_MEMBER && lots_find(&work->row, lot) == NULL) {
        return decide_refuse(d, VERDICT_TOO_MANY_LOTS);
    }
    struct account_ref to = account_of_member(
        lot->active_from.ms != 0 ? ACCOUNT_PENDING : ACCOUNT_AVAILABLE, &work->id);
    TRY(work_lot(d, work, lot, rest.minor, 0));
    TRY(work_post(d, work, source, &to, rest));
    return work_settle(d, work);
}

/* What was taken so far, by the account it came from. */
struct taken {
    struct points available;
    struct points pending;
};

static enum err take_from_lot(struct decision *d, struct member_work *work, struct lot lot,
                              struct points *left, struct taken *taken)
{
    struct points part = points_least(lot.free, *left);
    TRY(work_lot(d, work, &lot.key, -part.minor, 0));
    left->minor -= part.minor;
    struct points *sum = lot_is_pending(&lot) ? &taken->pending : &taken->available;
    return points_add(*sum, part, sum);
}

/* The lot itself: as it was given, or as it is once active. */
static enum err take_from_origin(struct decision *d, struct member_work *work,
                                 const struct lot_key *origin, struct points *left,
                                 struct taken *taken)
{
    struct lot_key key = *origin;
    for (int pass = 0; pass < 2 && left->minor > 0; pass++) {
        const struct lot *lot = lots_find(&work->row, &key);
        if (lot != NULL && lot->free.minor > 0) {
            TRY(take_from_lot(d, work, *lot, left, taken));
        }
        key.active_from = (struct unix_ms){0};
    }
    return ERR_OK;
}

/* Other lots, the soonest to expire first: spendable ones, then pending ones. */
static enum err take_from_others(struct decision *d, struct member_work *work, struct points *left,
                                 struct taken *taken)
{
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < work->row.lot_count && left->minor > 0;) {
            struct lot lot = work->row.lots[i];
            if (lot_is_pending(&lot) != (pass == 1) || lot.free.minor == 0) {
                i++;
                continue;
            }
            TRY(take_from_lot(d, work, lot, left, taken));
            i = 0; /* the array may have moved */
        }
    }
    return ERR_OK;
}

enum err work_take(struct decision *d, struct member_work *work, const struct account_ref *sink,
                   const struct lot_key *lot, struct points points, struct points *out_debt)
{
    struct account_ref available = account_of_member(ACCOUNT_AVAILABLE, &work->id);
    struct account_ref pending = account_of_member(ACCOUNT_PENDING, &work->id);
    struct account_ref debt = account_of_member(ACCOUNT_DEBT, &work->id);
    struct points left = points;
    struct taken taken = {{0}, {0}};
    TRY(take_from_origin(d, work, lot, &left, &taken));
    TRY(take_from_others(d, work, &left, &taken));
    TRY(work_post(d, work, &available, sink, taken.available));
    TRY(work_post(d, work, &pending, sink, taken.pending));
    TRY(work_post(d, work, &debt, sink, left));
    *out_debt = left;
    return ERR_OK;
}
