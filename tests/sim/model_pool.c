/* Pools: accounts without a card that several members of a home fill and spend. */
#include <stdlib.h>

#include "model.h"

bool model_is_in_pool(const struct model *model, size_t pool, size_t member)
{
    for (size_t i = 0; i < model->place_count; i++) {
        if (model->places[i].pool == pool && model->places[i].member == member) {
            return true;
        }
    }
    return false;
}

void model_enter(struct model *model, size_t pool, size_t member)
{
    model->places = realloc(model->places, (model->place_count + 1) * sizeof *model->places);
    ASSERT(model->places != NULL);
    model->places[model->place_count].pool = pool;
    model->places[model->place_count].member = member;
    model->place_count++;
    model->members[pool].pools++;
    model->members[member].pools++;
}

void model_leave(struct model *model, size_t pool, size_t member)
{
    size_t i = 0;
    while (model->places[i].pool != pool || model->places[i].member != member) {
        i++;
    }
    model->places[i] = model->places[--model->place_count];
    model->members[pool].pools--;
    model->members[member].pools--;
}

enum verdict model_open_pool(struct model *model, const struct model_op *m, int64_t now)
{
    struct model_member *member = &model->members[m->op->member];
    struct model_member *pool = &model->members[m->op->to];
    if (!model_is_member(member, &m->op->command.pool.member)) {
        return VERDICT_MEMBER_UNKNOWN;
    }
    if (member->has_moved) {
        return VERDICT_MEMBER_BLOCKED;
    }
    model_settle(model, member, now);
    pool->id = m->op->command.pool.pool;
    pool->is_enrolled = pool->is_pool = true;
    model_enter(model, m->op->to, m->op->member);
    return VERDICT_OK;
}

/* Both are there, and the one is a pool. */
static enum verdict find_both(const struct model *model, const struct sim_op *op)
{
    if (!model->members[op->to].is_enrolled) {
        return VERDICT_NOT_A_POOL;
    }
    return model_is_member(&model->members[op->member], &op->command.pool.member)
               ? VERDICT_OK
               : VERDICT_MEMBER_UNKNOWN;
}

enum verdict model_join_pool(struct model *model, const struct model_op *m, int64_t now)
{
    struct model_member *member = &model->members[m->op->member];
    struct model_member *pool = &model->members[m->op->to];
    enum verdict verdict = find_both(model, m->op);
    if (verdict != VERDICT_OK) {
        return verdict;
    }
    if (pool->is_closed) {
        return VERDICT_MEMBER_ERASED;
    }
    if (member->has_moved) {
        return VERDICT_MEMBER_BLOCKED;
    }
    if (model_is_in_pool(model, m->op->to, m->op->member)) {
        return VERDICT_ALREADY_IN_POOL;
    }
    model_settle(model, member, now);
    model_settle(model, pool, now);
    model_enter(model, m->op->to, m->op->member);
    return VERDICT_OK;
}

enum verdict model_leave_pool(struct model *model, const struct model_op *m, int64_t now)
{
    struct model_member *member = &model->members[m->op->member];
    struct model_member *pool = &model->members[m->op->to];
    enum verdict verdict = find_both(model, m->op);
    if (verdict != VERDICT_OK) {
        return verdict;
    }
    if (!model_is_in_pool(model, m->op->to, m->op->member)) {
        return VERDICT_NOT_IN_POOL;
    }
    struct model_sums sums = model_sums_at(pool, now);
    if (pool->pools == 1 && sums.available + sums.pending > 0) {
        return VERDICT_POOL_NOT_EMPTY;
    }
    model_settle(model, member, now);
    model_settle(model, pool, now);
    model_leave(model, m->op->to, m->op->member);
    pool->is_closed = pool->pools == 0;
    return VERDICT_OK;
}

enum verdict model_judge_parties(const struct model *model, const struct sim_op *op)
{
    const struct model_member *from = &model->members[op->member];
    const struct model_member *to = &model->members[op->to];
    const struct model_member *by = &model->members[op->has_asker ? op->asker : op->member];
    if (op->has_asker && !model_is_member(by, &op->command.transfer.by)) {
        return VERDICT_MEMBER_UNKNOWN;
    }
    if (from == to) {
        return VERDICT_TRANSFER_TO_SELF;
    }
    if (from->is_closed || to->is_closed) {
        return VERDICT_MEMBER_ERASED;
    }
    if (from->has_moved || to->has_moved || by->has_moved) {
        return VERDICT_MEMBER_BLOCKED;
    }
    if (op->has_asker && !from->is_pool) {
        return VERDICT_NOT_A_POOL;
    }
    if (from->is_pool && (!op->has_asker || !model_is_in_pool(model, op->member, op->asker))) {
        return VERDICT_NOT_IN_POOL;
    }
    return VERDICT_OK;
}
