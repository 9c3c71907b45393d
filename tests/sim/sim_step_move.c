/* The steps of members' moves. */
#include "model.h"
#include "sim_op.h"
#include "sim_workload.h"

enum {
    MOVES_IN_LINE_MAX = 5, /* fewer than are followed */
    ROUND = 11             /* of twelve kinds */
};

/* Has this member, or one that became it or is to become it, been at that home? Two who are to
 * become each other lead nowhere. */
static bool was_at(const struct model *model, size_t member, unsigned home)
{
    for (size_t i = 0; i < model->member_count; i++) {
        size_t at = i;
        for (unsigned hops = 0; hops < MODEL_NODES && at != member && model->members[at].is_to_move;
             hops++) {
            at = model->members[at].move_to;
        }
        if (at == member && model->members[i].home == home) {
            return true;
        }
    }
    return false;
}

static bool is_movable(const struct model_member *member)
{
    struct model_sums sums = model_sums_at(member, 0);
    return member->card.digits[0] != '\0' && !member->is_to_move && !member->is_blocked &&
           sums.held == 0 && sums.debt == 0;
}

/* How many moves led to this member, or are to lead. */
static unsigned moves_to(const struct model *model, size_t member)
{
    unsigned moves = 0;
    for (size_t i = 0; i < model->member_count; i++) {
        const struct model_member *before = &model->members[i];
        if (before->is_to_move && before->move_to == member) {
            unsigned of_this = 1 + moves_to(model, i);
            moves = of_this > moves ? of_this : moves;
        }
    }
    return moves;
}

/* As a member of a brand where somebody of this line has been before, but not too often. */
static bool comes_round(const struct model *model, size_t from, const struct model_member *next)
{
    return next->home != model->members[from].home && was_at(model, from, next->home) &&
           moves_to(model, from) < MOVES_IN_LINE_MAX;
}

/* Somebody who may move, and as whom: a member of a brand where nobody of this line has been, or
 * (`is_round`) where somebody has. False: there is nobody. */
static bool pick_move(const struct sim *sim, const uint32_t n[4], bool is_round, size_t *out_from,
                      size_t *out_to)
{
    const struct model *model = sim->model;
    for (size_t i = 0; i < model->member_count; i++) {
        size_t from = (n[0] + i) % model->member_count;
        size_t to = (n[1] + i) % model->member_count;
        const struct model_member *next = &model->members[to];
        if (is_movable(&model->members[from]) && next->card.digits[0] != '\0' &&
            !next->is_to_move &&
            (is_round ? comes_round(model, from, next) : !was_at(model, from, next->home))) {
            *out_from = from;
            *out_to = to;
            return true;
        }
    }
    return false;
}

/* Another member of the brand is awaited instead, when the points are on their way perhaps. */
static void await_another(struct sim *sim, size_t from, size_t to, int64_t in_ms)
{
    const struct model *model = sim->model;
    for (size_t i = 1; i < model->member_count; i++) {
        size_t at = (to + i) % model->member_count;
        const struct model_member *other = &model->members[at];
        if (other->home == model->members[to].home && is_movable(other)) {
            struct sim_op *await = sim_op_new(sim, SIM_OP_AWAIT, other->home);
            sim_step_set_member(sim, await, at);
            await->to = from;
            sim_step_begin(sim, await, in_ms);
            return;
        }
    }
}

/* A shop where they do not hear of the move for a while sells to the member, and takes back. */
static void sell_late(struct sim *sim, size_t member, const uint32_t n[4])
{
    unsigned home = sim->model->members[member].home;
    unsigned shop = sim_pick_abroad(sim, home, n[3]);
    sim_fault_cut(sim, home, shop, SIM_MINUTE + n[3] % (10 * SIM_MINUTE));
    for (unsigned i = 0; i < 1 + n[2] % 3; i++) {
        int64_t in_ms = (int64_t)(n[3] >> i) % (4 * SIM_MINUTE);
        struct sim_op *earn = sim_op_new(sim, SIM_OP_EARN, shop);
        sim_step_set_member(sim, earn, member);
        earn->points = 1 + (n[1] >> i) % 997;
        earn->amount = 1 + (n[0] >> i) % 20000;
        sim_step_begin(sim, earn, in_ms);
        if ((n[1] >> i) % 3 == 0) {
            struct sim_op *back = sim_op_new(sim, SIM_OP_RETURN_SALE, shop);
            back->subject = earn;
            sim_step_set_member(sim, back, member);
            back->amount = 1 + (n[2] >> i) % earn->amount;
            sim_step_begin(sim, back, in_ms + SIM_SECOND);
        }
    }
}

static void await_and_move(struct sim *sim, size_t from, size_t to, int64_t in_ms)
{
    struct sim_op *await = sim_op_new(sim, SIM_OP_AWAIT, sim->model->members[to].home);
    struct sim_op *move = sim_op_new(sim, SIM_OP_MOVE, sim->model->members[from].home);
    sim_step_set_member(sim, await, to);
    sim_step_set_member(sim, move, from);
    await->to = from;
    move->to = to;
    sim->model->members[from].is_to_move = true;
    sim->model->members[from].move_to = to;
    sim_step_begin(sim, await, 0);
    sim_step_begin(sim, move, in_ms);
}

/* Three offices mean the same person, each one home further. */
static void close_circle(struct sim *sim, size_t from, size_t to, const uint32_t n[4],
                         int64_t in_ms)
{
    const struct model *model = sim->model;
    for (size_t i = 0; i < model->member_count; i++) {
        size_t third = (n[2] + i) % model->member_count;
        const struct model_member *member = &model->members[third];
        if (is_movable(member) && is_movable(&model->members[to]) &&
            member->home != model->members[from].home && member->home != model->members[to].home) {
            await_and_move(sim, to, third, in_ms + n[3] % 40);
            await_and_move(sim, third, from, in_ms + n[3] % 50);
            return;
        }
    }
}

void sim_step_move(struct sim *sim, const uint32_t n[4])
{
    size_t from;
    size_t to;
    bool is_round = n[3] % 12 == ROUND && pick_move(sim, n, true, &from, &to);
    if (!is_round && !pick_move(sim, n, false, &from, &to)) {
        return;
    }
    int64_t in_ms = n[2] % 4 == 0 ? n[2] % (2 * SIM_MINUTE) : n[2] % (2 * SIM_SECOND);
    await_and_move(sim, from, to, in_ms);
    switch (n[3] % 12) {
    case 0:
    case 1:
        sell_late(sim, from, n);
        break;
    case 2:
    case 3:
        await_another(sim, from, to, in_ms + n[3] % 60);
        break;
    case 4: /* two offices mean the same person, each the other way round */
        await_and_move(sim, to, from, in_ms + n[3] % 40);
        break;
    case 5:
        close_circle(sim, from, to, n, in_ms);
        break;
    default:
        break;
    }
}
