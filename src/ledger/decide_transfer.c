/* Points from one account to another: lots move, the soonest to end first, and keep their terms. */
#include "ledger/decision.h"

/* Who takes part; `asker` counts only when the transfer names one. */
struct parties {
    struct member_work from;
    struct member_work to;
    struct member_work asker;
    bool has_asker;
};

static enum err find_parties(struct decision *d, struct parties *parties)
{
    const struct command_transfer *transfer = &d->command->transfer;
    parties->has_asker = !uid_is_nil(&transfer->by);
    TRY(work_find(d, &transfer->from, &parties->from));
    if (!decision_is_refused(d)) {
        TRY(work_find(d, &transfer->to, &parties->to));
    }
    if (!decision_is_refused(d) && parties->has_asker) {
        TRY(work_find(d, &transfer->by, &parties->asker));
    }
    return ERR_OK;
}

static enum verdict parties_verdict(const struct parties *parties)
{
    const struct member *from = &parties->from.row;
    const struct member *to = &parties->to.row;
    const struct member *asker = parties->has_asker ? &parties->asker.row : from;
    if (uid_equal(&parties->from.id, &parties->to.id)) {
        return VERDICT_TRANSFER_TO_SELF;
    }
    if (from->is_erased || to->is_erased || asker->is_erased) {
        return VERDICT_MEMBER_ERASED;
    }
    if (from->is_blocked || to->is_blocked || asker->is_blocked) {
        return VERDICT_MEMBER_BLOCKED;
    }
    if (parties->has_asker && !from->is_pool) {
        return VERDICT_NOT_A_POOL;
    }
    return from->is_pool && !parties->has_asker ? VERDICT_NOT_IN_POOL : VERDICT_OK;
}

/* Only a pool's members spend what is in it. May refuse. */
static enum err check_parties(struct decision *d, const struct parties *parties)
{
    enum verdict verdict = parties_verdict(parties);
    if (verdict != VERDICT_OK) {
        return decide_refuse(d, verdict);
    }
    if (!parties->has_asker) {
        return ERR_OK;
    }
    return pool_spend(d, &parties->from.id, &parties->asker.id, d->command->transfer.points);
}

/* What leaves the giver, lot by lot. */
struct parcel {
    size_t count;
    struct merge_lot lots[LIMIT_LOTS_PER_MEMBER];
};

static enum err take_out(struct decision *d, struct member_work *from, struct points points,
                         struct parcel *parcel)
{
    int64_t left = points.minor;
    parcel->count = 0;
    while (left > 0) {
        size_t soonest = lots_soonest(&from->row, false);
        ASSERT(soonest < from->row.lot_count); /* that many points are available */
        const struct lot *lot = &from->row.lots[soonest];
        int64_t part = lot->free.minor < left ? lot->free.minor : left;
        parcel->lots[parcel->count++] = (struct merge_lot){lot->key, {part}};
        TRY(work_lot(d, from, &parcel->lots[parcel->count - 1].key, -part, 0));
        left -= part;
    }
    return ERR_OK;
}

/* The first `repaid` points of the parcel are spent on the receiver's debt. May refuse. */
static enum err put_in(struct decision *d, struct member_work *to, const struct parcel *parcel,
                       int64_t repaid)
{
    for (size_t i = 0; i < parcel->count; i++) {
        const struct merge_lot *lot = &parcel->lots[i];
        int64_t gone = lot->points.minor < repaid ? lot->points.minor : repaid;
        repaid -= gone;
        TRY(decide_spend(d, &lot->key, gone));
        if (gone == lot->points.minor) {
            continue;
        }
        if (to->row.lot_count == LIMIT_LOTS_PER_MEMBER && lots_find(&to->row, &lot->key) == NULL) {
            return decide_refuse(d, VERDICT_TOO_MANY_LOTS);
        }
        TRY(work_lot(d, to, &lot->key, lot->points.minor - gone, 0));
    }
    return ERR_OK;
}

static enum err move(struct decision *d, struct member_work *from, struct member_work *to,
                     struct points points)
{
    struct account_ref giver = account_of_member(ACCOUNT_AVAILABLE, &from->id);
    struct account_ref receiver = account_of_member(ACCOUNT_AVAILABLE, &to->id);
    struct account_ref debt = account_of_member(ACCOUNT_DEBT, &to->id);
    struct parcel parcel;
    int64_t repaid = to->row.debt.minor < points.minor ? to->row.debt.minor : points.minor;
    TRY(take_out(d, from, points, &parcel));
    TRY(put_in(d, to, &parcel, repaid));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    TRY(work_post(d, to, &giver, &debt, points_of(repaid)));
    TRY(work_post(d, to, &giver, &receiver, points_of(points.minor - repaid)));
    return work_settle(d, to); /* a lot that ends by inactivity ends by the receiver's */
}

enum err decide_transfer(struct decision *d)
{
    struct points points = d->command->transfer.points;
    struct parties parties;
    if (points_verdict(points) != VERDICT_OK) {
        return decide_refuse(d, points_verdict(points));
    }
    TRY(find_parties(d, &parties));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    TRY(check_parties(d, &parties));
    if (decision_is_refused(d)) {
        return ERR_OK;
    }
    TRY(work_open(d, &parties.to));
    TRY(work_open(d, &parties.from));
    if (parties.from.row.available.minor < points.minor) {
        return decide_refuse(d, VERDICT_INSUFFICIENT_POINTS);
    }
    d->plan->answer.points = points;
    TRY(move(d, &parties.from, &parties.to, points));
    work_end(d, &parties.from);
    work_end(d, &parties.to);
    return ERR_OK;
}
