/* Points into a member's account and out of it: given, taken back, owed and repaid. */
#include "ledger/decision.h"
#include "base/mutant.h"

static const struct account_ref adjustment = {.kind = ACCOUNT_ADJUSTMENT};
static const struct account_ref breakage = {.kind = ACCOUNT_BREAKAGE};

static struct points points_least(struct points a, struct points b)
{
    return a.minor < b.minor ? a : b;
}

static bool lot_is_pending(const struct lot *lot)
{
    return lot->key.active_from.ms != 0;
}

/* What was taken so far, by the account it came from. */
struct taken {
    struct points available;
    struct points pending;
    bool is_spent;     /* these lots' issuers owe for it */
    struct hold *hold; /* of a burn: notes which lots; else NULL */
};

static enum err take_from_lot(struct decision *d, struct member_work *work, struct lot lot,
                              struct points *left, struct taken *taken)
{
    struct points part = points_least(lot.free, *left);
    TRY(work_lot(d, work, &lot.key, -part.minor, 0));
    TRY(decide_spend(d, &lot.key, taken->is_spent ? part.minor : 0));
    if (taken->hold != NULL) {
        TRY(hold_note_lot(taken->hold, &lot.key, part));
    }
    left->minor -= part.minor;
    struct points *sum = lot_is_pending(&lot) ? &taken->pending : &taken->available;
    return points_add(*sum, part, sum);
}

/* Any lots, the soonest to end first: spendable ones, then pending ones. */
static enum err take_from_any(struct decision *d, struct member_work *work, struct points *left,
                              struct taken *taken)
{
    for (int pass = 0; pass < 2; pass++) {
        while (left->minor > 0) {
            size_t soonest = lots_soonest(&work->row, pass == 1);
            if (soonest == work->row.lot_count) {
                break;
            }
            TRY(take_from_lot(d, work, work->row.lots[soonest], left, taken));
        }
    }
    return ERR_OK;
}

/* From the member's spendable and pending accounts to another. */
static enum err post_taken(struct decision *d, struct member_work *work,
                           const struct account_ref *sink, const struct taken *taken)
{
    struct account_ref available = account_of_member(ACCOUNT_AVAILABLE, &work->id);
    struct account_ref pending = account_of_member(ACCOUNT_PENDING, &work->id);
    TRY(work_post(d, work, &available, sink, taken->available));
    return work_post(d, work, &pending, sink, taken->pending);
}

enum err work_repay(struct decision *d, struct member_work *work)
{
    struct account_ref debt = account_of_member(ACCOUNT_DEBT, &work->id);
    struct points left = work->row.debt;
    struct taken taken = {.is_spent = true};
    TRY(take_from_any(d, work, &left, &taken));
    return post_taken(d, work, &debt, &taken);
}

enum err work_give(struct decision *d, struct member_work *work, const struct account_ref *source,
                   const struct lot_key *lot, struct points points)
{
    struct account_ref debt = account_of_member(ACCOUNT_DEBT, &work->id);
    struct points repaid =
        MUTANT(FORGET_DEBT) ? points_of(0) : points_least(work->row.debt, points);
    struct points rest = points_of(points.minor - repaid.minor);
    if (work->row.is_erased) { /* there is nobody to have them */
        return work_post(d, work, source, &breakage, points);
    }
    TRY(work_post(d, work, source, &debt, repaid));
    TRY(decide_spend(d, lot, repaid.minor));
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

/* How much more the member may owe. */
static struct points debt_room(const struct decision *d, const struct member *member)
{
    int64_t limit = member->is_erased ? 0 : d->terms->debt_limit.minor;
    return points_of(limit > member->debt.minor ? limit - member->debt.minor : 0);
}

/* In the place of points of the lot that are not there, others go. As long as the lot lives, those
 * were spent, or are with somebody who may yet spend them: the issuer, who takes them back, pays
 * for none. */
static enum err unspend(struct decision *d, const struct member_work *work,
                        const struct lot_key *lot, struct points lacking)
{
    struct unix_ms end = lots_end(&work->row, lot);
    bool has_ended = end.ms != 0 && end.ms <= d->now.ms;
    return has_ended || work->row.is_erased ? ERR_OK : decide_spend(d, lot, -lacking.minor);
}

static enum err take_points(struct decision *d, struct member_work *work,
                            const struct account_ref *sink, const struct lot_key *lot,
                            struct hold *hold, struct points points)
{
    struct account_ref debt = account_of_member(ACCOUNT_DEBT, &work->id);
    struct points left = points;
    struct taken taken = {.is_spent = false, .hold = hold};
    if (lot != NULL) {
        TRY(take_from_origin(d, work, lot, &left, &taken));
        TRY(unspend(d, work, lot, left));
    }
    taken.is_spent = sink->kind != ACCOUNT_ADJUSTMENT;
    TRY(take_from_any(d, work, &left, &taken));
    TRY(post_taken(d, work, sink, &taken));
    struct points owed = points_least(left, debt_room(d, &work->row));
    TRY(work_post(d, work, &debt, sink, owed));
    d->plan->answer.debt = owed;
    d->plan->answer.written_off = points_of(left.minor - owed.minor);
    if (sink->kind != ACCOUNT_ADJUSTMENT) {
        plan_post(d->plan, &adjustment, sink, d->plan->answer.written_off);
    }
    return ERR_OK;
}

enum err work_take(struct decision *d, struct member_work *work, const struct account_ref *sink,
                   const struct lot_key *lot, struct points points)
{
    return take_points(d, work, sink, lot, NULL, points);
}

enum err work_burn(struct decision *d, struct member_work *work, const struct account_ref *sink,
                   struct hold *hold, struct points points)
{
    TRY(take_points(d, work, sink, NULL, hold, points));
    TRY(points_add(hold->unbacked, d->plan->answer.debt, &hold->unbacked));
    return points_add(hold->lost, d->plan->answer.written_off, &hold->lost);
}
