/* The steps of pools: opened, joined, filled, spent and left. */
#include "model.h"
#include "sim_op.h"
#include "sim_workload.h"

/* A pool of the home; members: it has none. One that is closed now and then. */
static size_t pick_pool(const struct model *model, unsigned home, uint32_t number)
{
    for (size_t i = 0; i < model->member_count; i++) {
        size_t at = (number + i) % model->member_count;
        const struct model_member *pool = &model->members[at];
        if (pool->is_pool && pool->home == home && (!pool->is_closed || number % 10 == 0)) {
            return at;
        }
    }
    return model->member_count;
}

/* Somebody who is in it; anybody when nobody is. */
static size_t pick_place(const struct model *model, size_t pool, size_t anybody, uint32_t number)
{
    for (size_t i = 0; i < model->place_count; i++) {
        size_t at = (number + i) % model->place_count;
        if (model->places[at].pool == pool) {
            return model->places[at].member;
        }
    }
    return anybody;
}

static void open_pool(struct sim *sim, size_t member)
{
    unsigned home = sim->model->members[member].home;
    struct sim_op *op = sim_op_new(sim, SIM_OP_OPEN_POOL, home);
    op->to = model_member_add(sim->model, home);
    sim_step_set_member(sim, op, member);
    sim_step_begin(sim, op, 0);
}

static void change_place(struct sim *sim, enum sim_op_kind kind, size_t pool, size_t member)
{
    struct sim_op *op = sim_op_new(sim, kind, sim->model->members[pool].home);
    op->to = pool;
    sim_step_set_member(sim, op, member);
    sim_step_begin(sim, op, 0);
}

static void transfer(struct sim *sim, size_t from, size_t to, uint32_t luck)
{
    const struct model_member *giver = &sim->model->members[from];
    struct sim_op *op = sim_op_new(sim, SIM_OP_TRANSFER, giver->home);
    sim_step_set_member(sim, op, from);
    op->to = to;
    int64_t has = model_available_at(giver, sim->nodes[giver->home].ledger_ms);
    op->points = luck % 3 == 0 && has > 0 ? has : 1 + (int64_t)luck % (has + 3);
    if (giver->is_pool && luck % 13 != 0) {
        op->has_asker = true;
        op->asker = luck % 11 == 0 ? to : pick_place(sim->model, from, to, luck);
    }
    sim_step_begin(sim, op, 0);
}

void sim_step_pool(struct sim *sim, const uint32_t n[4])
{
    size_t member;
    if (!sim_pick_member(sim, n[1], &member)) {
        return;
    }
    struct model *model = sim->model;
    size_t pool = pick_pool(model, model->members[member].home, n[0]);
    if (pool == model->member_count) {
        open_pool(sim, member);
        return;
    }
    switch (n[2] % 9) {
    case 0:
        open_pool(sim, member);
        break;
    case 1:
    case 2:
        change_place(sim, SIM_OP_JOIN_POOL, pool, member);
        break;
    case 3:
        change_place(sim, SIM_OP_LEAVE_POOL, pool, pick_place(model, pool, member, n[3]));
        break;
    case 4:
    case 5:
    case 6:
        transfer(sim, member, pool, n[3]);
        break;
    default:
        transfer(sim, pool, member, n[3]);
    }
}
