/* Points that move between members, and the pools that families share. */
#include "model_parts.h"

static bool is_in_pool(const struct model *m, int pool, int member)
{
    return member >= 0 && (m->members[pool].pool_members >> member & 1) != 0;
}

/* Who may give, and who may be given. */
static enum verdict judge_transfer(struct model *m, const struct command_transfer *transfer,
                                   int from, int to)
{
    int by = model_account_of(m, &transfer->by);
    enum verdict verdict = model_judge_points(transfer->points.minor);
    verdict = model_first(m, verdict, model_judge_member(m, from));
    verdict = model_first(m, verdict, model_judge_member(m, to));
    if (!uid_is_nil(&transfer->by)) {
        verdict = model_first(m, verdict, model_judge_member(m, by));
    }
    if (from < 0 || to < 0) {
        return verdict;
    }
    verdict = model_first(m, verdict, from == to ? VERDICT_TRANSFER_TO_SELF : VERDICT_OK);
    if (m->members[from].is_pool) {
        return verdict != VERDICT_OK
                   ? model_first(m, verdict,
                                 is_in_pool(m, from, by) ? VERDICT_OK : VERDICT_NOT_IN_POOL)
                   : model_judge_pool_member(m, from, by, transfer->points.minor);
    }
    return model_first(m, verdict, uid_is_nil(&transfer->by) ? VERDICT_OK : VERDICT_NOT_A_POOL);
}

/* Lot by lot, the first to end first; with their terms. */
static enum verdict move(struct model *m, int from, int to, int64_t points)
{
    struct model_member giver;
    struct model_member taker;
    model_view(m, from, m->now, &giver);
    model_view(m, to, m->now, &taker);
    if (model_spendable(&giver) < points) {
        return VERDICT_INSUFFICIENT_POINTS;
    }
    giver.active_at = m->now; /* before the first to end is looked for */
    taker.active_at = m->now;
    while (points > 0) {
        struct model_lot *lot = model_first_lot(m, &giver, false);
        int64_t moved = model_least(lot->free, points);
        if (!model_has_room(m, &taker, lot->key, moved)) {
            return VERDICT_TOO_MANY_LOTS;
        }
        model_give(m, &taker, lot->key, moved);
        lot->free -= moved;
        points -= moved;
    }
    model_drop_empty(&giver);
    model_settle(m, &m->members[from]); /* for the postings */
    model_settle(m, &m->members[to]);
    m->members[from] = giver;
    m->members[to] = taker;
    return VERDICT_OK;
}

enum verdict model_step_transfer(struct model *m, const struct command *command,
                                 struct model_answer *answer)
{
    const struct command_transfer *transfer = &command->transfer;
    int from = model_account_of(m, &transfer->from);
    int to = model_account_of(m, &transfer->to);
    enum verdict verdict = judge_transfer(m, transfer, from, to);
    verdict = verdict == VERDICT_OK ? move(m, from, to, transfer->points.minor) : verdict;
    if (verdict == VERDICT_OK) {
        answer->points = transfer->points.minor;
        if (m->members[from].is_pool) {
            model_count_pool_member(m, from, model_account_of(m, &transfer->by),
                                    transfer->points.minor);
        }
        model_touch(m, from);
        model_touch(m, to);
    }
    return verdict;
}

/* A person, who may be in a pool; a pool is none. */
static int person(const struct model *m, const struct uid *id)
{
    int member = model_account_of(m, id);
    return member >= 0 && m->members[member].is_pool ? -1 : member;
}

enum verdict model_step_open_pool(struct model *m, const struct command *command,
                                  struct model_answer *answer)
{
    int member = person(m, &command->pool.member);
    enum verdict verdict = model_judge_member(m, member);
    (void)answer;
    if (verdict != VERDICT_OK) {
        return verdict;
    }
    int pool = model_add_member(m, &command->pool.pool, command->business_time.ms);
    m->members[pool].is_pool = true;
    m->members[pool].pool_members = UINT64_C(1) << member;
    model_put_right(m, pool, member, POOL_RIGHT_OWNER);
    model_touch(m, pool);
    return VERDICT_OK;
}

static bool is_pool(const struct model *m, int member)
{
    return member >= 0 && m->members[member].is_pool;
}

enum verdict model_step_join_pool(struct model *m, const struct command *command,
                                  struct model_answer *answer)
{
    int pool = model_account_of(m, &command->pool.pool);
    int member = person(m, &command->pool.member);
    enum verdict verdict = model_judge_member(m, member);
    (void)answer;
    if (!is_pool(m, pool)) {
        return model_first(m, verdict, VERDICT_NOT_A_POOL);
    }
    verdict = model_first(m, verdict, model_judge_member(m, pool));
    if (verdict == VERDICT_OK && is_in_pool(m, pool, member)) {
        return VERDICT_ALREADY_IN_POOL;
    }
    if (verdict == VERDICT_OK) {
        m->members[pool].pool_members |= UINT64_C(1) << member;
        model_put_right(m, pool, member, POOL_RIGHT_ALL);
        model_touch(m, pool);
        model_touch(m, member);
    }
    return verdict;
}

/* Nobody is kept in; only an empty pool closes. */
enum verdict model_step_leave_pool(struct model *m, const struct command *command,
                                   struct model_answer *answer)
{
    int pool = model_account_of(m, &command->pool.pool);
    int member = person(m, &command->pool.member);
    (void)answer;
    if (!is_pool(m, pool)) {
        return VERDICT_NOT_A_POOL;
    }
    if (member < 0) {
        return VERDICT_MEMBER_UNKNOWN;
    }
    if (!is_in_pool(m, pool, member)) {
        return VERDICT_NOT_IN_POOL;
    }
    struct model_member *row = &m->members[pool];
    struct model_member settled;
    uint64_t others = row->pool_members & ~(UINT64_C(1) << member);
    model_view(m, pool, m->now, &settled);
    if (others == 0 && (settled.lot_count > 0 || settled.debt > 0)) {
        return VERDICT_POOL_NOT_EMPTY;
    }
    model_settle(m, row);
    row->pool_members = others;
    model_drop_right(m, pool, others == 0 ? -1 : member);
    if (others == 0) {
        model_forget_member(m, pool);
    }
    model_touch(m, pool);
    model_touch(m, member);
    return VERDICT_OK;
}
