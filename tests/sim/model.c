#include "model.h"

#include <stdlib.h>
#include <string.h>

#include "model_dispute.h"

struct model *model_create(unsigned node_count, int64_t refund_grace_ms, int64_t debt_limit)
{
    struct model *model = calloc(1, sizeof *model);
    ASSERT(model != NULL && node_count <= MODEL_NODES);
    model->node_count = node_count;
    model->refund_grace_ms = refund_grace_ms;
    model->debt_limit = debt_limit;
    for (unsigned i = 0; i < node_count; i++) {
        model->first_due[i] = INT64_MAX;
    }
    return model;
}

void model_destroy(struct model *model)
{
    for (size_t i = 0; i < model->member_count; i++) {
        free(model->members[i].lots);
    }
    free(model->members);
    free(model->places);
    for (size_t i = 0; i < model->op_count; i++) {
        if (model->ops[i] != NULL) {
            model_op_free(model->ops[i]);
        }
    }
    free(model->ops);
    for (size_t i = 0; i < model->dispute_count; i++) {
        free(model->disputes[i]);
    }
    free(model->disputes);
    for (unsigned a = 0; a < MODEL_NODES; a++) {
        for (unsigned b = 0; b < MODEL_NODES; b++) {
            free(model->streams[a][b].entries);
            free(model->mandates[a][b].list);
        }
        free(model->news[a].list);
    }
    free(model);
}

struct model_op *model_op_of(struct model *model, const struct sim_op *op)
{
    if (op->index >= model->op_room) {
        size_t room = (op->index + 1) * 2;
        model->ops = realloc(model->ops, room * sizeof(struct model_op *));
        ASSERT(model->ops != NULL);
        memset(&model->ops[model->op_room], 0, (room - model->op_room) * sizeof(struct model_op *));
        model->op_room = room;
    }
    if (model->ops[op->index] == NULL) {
        model->ops[op->index] = calloc(1, sizeof(struct model_op));
        ASSERT(model->ops[op->index] != NULL);
        model->ops[op->index]->op = op;
        model->op_count = op->index + 1 > model->op_count ? op->index + 1 : model->op_count;
    }
    return model->ops[op->index];
}

static struct model_member *member_of(struct model *model, const struct sim_op *op)
{
    return &model->members[op->member];
}

/* ---- What the shop decides ---- */

static void enrol(struct model *model, struct model_op *m)
{
    model->members[m->op->member].id = m->op->command.enrol.member;
    model->members[m->op->member].is_enrolled = true;
}

struct model_entry *model_send_entry(struct model *model, const struct model_op *m,
                                     enum entry_kind kind, int64_t points)
{
    struct model_stream *stream = &model->streams[m->op->shop][m->op->home];
    if (stream->count == stream->room) {
        stream->room = stream->room == 0 ? 16 : stream->room * 2;
        stream->entries = realloc(stream->entries, stream->room * sizeof *stream->entries);
        ASSERT(stream->entries != NULL);
    }
    struct model_entry *entry = &stream->entries[stream->count++];
    *entry = (struct model_entry){.kind = kind,
                                  .op = m->op->index,
                                  .points = points,
                                  .period = stream->period,
                                  .business_ms = m->op->business_ms,
                                  .member = m->op->member};
    return entry;
}

/* The shop's account with the home, in the open period. */
static int64_t *owed_to(struct model *model, const struct sim_op *op)
{
    unsigned period = model->streams[op->shop][op->home].period;
    return &model->books[op->shop].payable[op->home][period];
}

static int64_t *owed_by(struct model *model, const struct sim_op *op)
{
    unsigned period = model->streams[op->shop][op->home].period;
    return &model->books[op->shop].receivable[op->home][period];
}

static bool is_abroad(const struct sim_op *op)
{
    return op->home != op->shop;
}

static enum verdict earn(struct model *model, struct model_op *m, int64_t now)
{
    const struct sim_op *op = m->op;
    struct model_sale sale = {.is_there = true,
                              .amount = op->amount,
                              .points = op->points,
                              .lot = {op->shop, op->active_from, op->expires_at, 0, 0},
                              .home = op->home,
                              .member = op->member};
    struct model_route route = model_route(model, op->shop, op->card);
    ASSERT(route.home == op->home && route.member == op->member);
    if (sale.lot.active_from <= now) {
        sale.lot.active_from = 0;
    }
    if (!is_abroad(op)) {
        if (!member_of(model, op)->is_enrolled) {
            return VERDICT_CARD_UNKNOWN;
        }
        if (member_of(model, op)->is_blocked) {
            return VERDICT_CARD_BLOCKED;
        }
        model_settle(model, member_of(model, op), now);
        model_give(model, member_of(model, op), &sale.lot, op->points, now);
    } else if (!model->rosters[op->shop].is_known[op->home]) {
        return VERDICT_PARTNER_UNKNOWN;
    } else if (route.is_blocked) {
        return VERDICT_CARD_BLOCKED;
    } else if (model_is_leaving(model, op->shop, op->home)) {
        return VERDICT_PARTNER_LEFT;
    } else if (op->points > 0) {
        enum verdict verdict = model_may_clear(model, op, true);
        if (verdict != VERDICT_OK) {
            return verdict;
        }
        if (model_owes_too_much(model, op->shop, op->home, op->points, 0)) {
            model->capped++;
            return VERDICT_NET_DEBIT_CAP;
        }
        *owed_to(model, op) += op->points;
        model_send_entry(model, m, ENTRY_EARN, op->points);
    }
    model->books[op->shop].issued += op->points;
    m->sale = sale;
    m->points = op->points;
    return VERDICT_OK;
}

static struct model_hold open_hold(const struct sim_op *op, int64_t capture_by, int64_t deliver_by)
{
    return (struct model_hold){.state = MODEL_OPEN,
                               .granted = op->points,
                               .capture_by = capture_by,
                               .deliver_by = deliver_by};
}

/* Reserves the points, where the member is at home. */
static enum verdict hold_at_home(struct model *model, struct model_op *m, int64_t capture_by,
                                 int64_t deliver_by, int64_t now)
{
    struct model_member *member = member_of(model, m->op);
    if (is_abroad(m->op) && model_is_leaving(model, m->op->home, m->op->shop)) {
        return VERDICT_PARTNER_LEFT;
    }
    if (deliver_by <= now) {
        return VERDICT_HOLD_TOO_LATE;
    }
    if (!member->is_enrolled) {
        return VERDICT_CARD_UNKNOWN;
    }
    if (member->is_blocked) {
        return VERDICT_CARD_BLOCKED;
    }
    if (member->has_moved) { /* where the card leads may be known to be blocked */
        struct model_route route = model_route(model, member->home, m->op->member);
        return route.is_blocked ? VERDICT_CARD_BLOCKED : VERDICT_CARD_MOVED;
    }
    if (m->home_hold.state != MODEL_NONE) { /* it stood in, or was given up, before */
        return VERDICT_HOLD_EXISTS;
    }
    if (model_available_at(member, now) < m->op->points) {
        return VERDICT_INSUFFICIENT_POINTS;
    }
    if (is_abroad(m->op) &&
        model_owes_too_much(model, m->op->home, m->op->shop, 0, m->op->points)) {
        model->capped++;
        return VERDICT_NET_DEBIT_CAP;
    }
    model_settle(model, member, now);
    m->home_hold = open_hold(m->op, capture_by, deliver_by);
    if (deliver_by < model->first_due[member->home]) {
        model->first_due[member->home] = deliver_by;
    }
    model_reserve(member, &m->home_hold);
    return VERDICT_OK;
}

static enum verdict hold(struct model *model, struct model_op *m, int64_t now)
{
    enum verdict verdict = VERDICT_OK;
    if (is_abroad(m->op) && m->hold.state != MODEL_NONE) { /* its captures came back, not it */
        verdict = VERDICT_HOLD_EXISTS;
    } else if (is_abroad(m->op)) {
        verdict = model_may_begin(model, m->op->shop, m->op->home);
    }
    if (verdict != VERDICT_OK) {
        return verdict;
    }
    if (is_abroad(m->op) && m->op->way != SIM_WAY_GRANTED) {
        return model_without_home(model, m, now);
    }
    if (is_abroad(m->op)) {
        m->hold = open_hold(m->op, m->op->capture_by, m->op->deliver_by);
    } else {
        verdict = hold_at_home(model, m, m->op->capture_by, m->op->deliver_by, now);
    }
    m->points = verdict == VERDICT_OK ? m->op->points : 0;
    return verdict;
}

static struct model_hold *own_hold(struct model *model, const struct sim_op *op)
{
    struct model_op *subject = model_op_of(model, op->subject);
    return is_abroad(op) ? &subject->hold : &subject->home_hold;
}

static enum verdict capture(struct model *model, struct model_op *m, int64_t now)
{
    const struct sim_op *op = m->op;
    struct model_hold *held = own_hold(model, op);
    int64_t points = op->points == 0 ? model_left(held) : op->points;
    if (model_may_come_back(model, op, held->state != MODEL_NONE)) {
        return VERDICT_END; /* it must not answer yet */
    }
    if (held->state == MODEL_NONE) {
        return VERDICT_HOLD_UNKNOWN;
    }
    if (held->state != MODEL_OPEN) {
        return VERDICT_HOLD_ENDED;
    }
    if (points > model_left(held)) {
        return VERDICT_HOLD_EXCEEDED;
    }
    if (op->business_ms > held->capture_by || now > held->deliver_by) {
        return VERDICT_CAPTURE_TOO_LATE;
    }
    if (is_abroad(op) && model_check_mandate(model, op, held) != VERDICT_OK) {
        return VERDICT_MANDATE_EXPIRED;
    }
    enum verdict verdict = model_may_clear(model, op, false);
    if (verdict != VERDICT_OK) {
        return verdict;
    }
    if (is_abroad(op)) {
        *owed_by(model, op) += points;
        model_send_entry(model, m, ENTRY_CAPTURE, points)->mandate = held->mandate;
        held->captured += points;
        held->state = model_left(held) == 0 ? MODEL_CAPTURED : MODEL_OPEN;
    } else {
        model_settle(model, member_of(model, op), now);
        model_capture(member_of(model, op), held, points);
    }
    model->books[op->shop].redeemed += points;
    m->points = points;
    return VERDICT_OK;
}

static enum verdict give_back(struct model *model, struct model_op *m, int64_t now)
{
    const struct sim_op *op = m->op;
    struct model_hold *held = own_hold(model, op);
    if (model_may_come_back(model, op, held->state != MODEL_NONE)) {
        return VERDICT_END; /* it must not answer yet */
    }
    if (held->state == MODEL_NONE) {
        return VERDICT_HOLD_UNKNOWN;
    }
    if (held->state != MODEL_OPEN) {
        return VERDICT_HOLD_ENDED;
    }
    enum verdict verdict = model_may_clear(model, op, false);
    if (verdict != VERDICT_OK) {
        return verdict;
    }
    m->points = model_left(held);
    if (is_abroad(op)) {
        model_send_entry(model, m, ENTRY_VOID, 0);
        model_release_mandate(model, op, held);
        held->voided += model_left(held);
        held->state = MODEL_VOIDED;
    } else {
        model_settle(model, member_of(model, op), now);
        model_release(model, member_of(model, op), held, MODEL_VOIDED, now);
    }
    return VERDICT_OK;
}

static enum verdict return_burn(struct model *model, struct model_op *m, int64_t now)
{
    const struct sim_op *op = m->op;
    struct model_hold *held = own_hold(model, op);
    int64_t left = held->captured - held->returned;
    int64_t points = op->points == 0 ? left : op->points;
    if (model_may_come_back(model, op, held->state != MODEL_NONE)) {
        return VERDICT_END; /* it must not answer yet */
    }
    if (held->state == MODEL_NONE) {
        return VERDICT_HOLD_UNKNOWN;
    }
    if (points > left || left <= 0) {
        return VERDICT_RETURN_EXCEEDS_SALE;
    }
    enum verdict verdict = model_may_clear(model, op, false);
    if (verdict != VERDICT_OK) {
        return verdict;
    }
    if (is_abroad(op)) {
        *owed_by(model, op) -= points;
        model_send_entry(model, m, ENTRY_BURN_RETURN, points);
        held->returned += points;
    } else {
        model_settle(model, member_of(model, op), now);
        model_refund(model, member_of(model, op), held, points, now);
        model_forward(model, m, op->member);
    }
    model->books[op->shop].redeemed -= points;
    m->points = points;
    return VERDICT_OK;
}

/* What the goods that stay are worth: of points given by hand the same share, rounded down. */
static int64_t kept(const struct model_sale *sale, int64_t amount)
{
    return sale->amount == 0 ? 0 : sale->points * amount / sale->amount;
}

static enum verdict return_sale(struct model *model, struct model_op *m, int64_t now)
{
    const struct sim_op *op = m->op;
    struct model_sale *sale = &model_op_of(model, op->subject)->sale;
    int64_t left = sale->amount - sale->returned;
    int64_t amount = op->amount == 0 ? left : op->amount;
    if (model_may_come_back(model, op, sale->is_there && !sale->is_reversed)) {
        return VERDICT_END; /* it must not answer yet */
    }
    if (!sale->is_there || sale->is_reversed) {
        return VERDICT_SALE_UNKNOWN;
    }
    /* Of a sale that came back without its amount, the points are the measure. */
    bool is_over = sale->amount > 0 ? left == 0 : sale->points > 0 && sale->taken == sale->points;
    if (amount > left || is_over) {
        return VERDICT_RETURN_EXCEEDS_SALE;
    }
    int64_t due = sale->points - sale->taken - kept(sale, left - amount);
    int64_t points = due > 0 ? due : 0;
    enum verdict verdict = points == 0 ? VERDICT_OK : model_may_clear(model, op, false);
    if (verdict != VERDICT_OK) {
        return verdict;
    }
    if (!is_abroad(op)) {
        model_settle(model, member_of(model, op), now);
        int64_t lost = model_take_back(model, member_of(model, op), &sale->lot, points);
        model->books[op->shop].adjustment += lost;
    } else if (points > 0) {
        *owed_to(model, op) -= points;
        model_send_entry(model, m, ENTRY_EARN_RETURN, points);
    }
    model->books[op->shop].issued -= points;
    sale->returned += amount;
    sale->taken += points;
    m->points = points;
    m->amount = amount;
    return VERDICT_OK;
}

bool model_is_member(const struct model_member *member, const struct uid *id)
{
    return member->is_enrolled && uid_equal(&member->id, id);
}

static enum verdict transfer(struct model *model, struct model_op *m, int64_t now)
{
    struct model_member *from = member_of(model, m->op);
    struct model_member *to = &model->members[m->op->to];
    const struct command_transfer *told = &m->op->command.transfer;
    if (!model_is_member(from, &told->from) || !model_is_member(to, &told->to)) {
        return VERDICT_MEMBER_UNKNOWN;
    }
    enum verdict verdict = model_judge_parties(model, m->op);
    if (verdict != VERDICT_OK) {
        return verdict;
    }
    if (model_available_at(from, now) < m->op->points) {
        return VERDICT_INSUFFICIENT_POINTS;
    }
    model_settle(model, from, now);
    model_settle(model, to, now);
    model_transfer(model, from, to, m->op->points, now);
    m->points = m->op->points;
    return VERDICT_OK;
}

static enum verdict block(struct model *model, const struct model_op *m, bool is_blocked)
{
    struct model_member *member = member_of(model, m->op);
    if (!member->is_enrolled) {
        return VERDICT_CARD_UNKNOWN;
    }
    if (is_blocked == member->is_blocked) {
        return is_blocked ? VERDICT_CARD_BLOCKED : VERDICT_CARD_NOT_BLOCKED;
    }
    member->is_blocked = is_blocked;
    model_announce(model, m);
    return VERDICT_OK;
}

static enum verdict close_period(struct model *model, struct model_op *m)
{
    struct sim_op op = *m->op;
    struct model_op mark = {.op = &op};
    size_t marks = 0;
    for (unsigned partner = 0; partner < model->node_count; partner++) {
        struct model_stream *stream = &model->streams[op.shop][partner];
        if (partner != op.shop && stream->period == (unsigned)op.points &&
            model_may_send(model, op.shop, partner)) {
            op.home = partner;
            model_send_entry(model, &mark, ENTRY_PERIOD_MARK, 0);
            stream->period++;
            marks++;
        }
    }
    return marks == 0 ? VERDICT_PERIOD_NOT_OPEN : VERDICT_OK;
}

static enum verdict decide(struct model *model, struct model_op *m, int64_t now)
{
    switch (m->op->kind) {
    case SIM_OP_ENROL:
        enrol(model, m);
        return VERDICT_OK;
    case SIM_OP_EARN:
        return earn(model, m, now);
    case SIM_OP_HOLD:
        return hold(model, m, now);
    case SIM_OP_CAPTURE:
        return capture(model, m, now);
    case SIM_OP_VOID:
        return give_back(model, m, now);
    case SIM_OP_RETURN_SALE:
        return return_sale(model, m, now);
    case SIM_OP_RETURN_BURN:
        return return_burn(model, m, now);
    case SIM_OP_TRANSFER:
        return transfer(model, m, now);
    case SIM_OP_BLOCK:
    case SIM_OP_UNBLOCK:
        return block(model, m, m->op->kind == SIM_OP_BLOCK);
    case SIM_OP_OPEN_POOL:
        return model_open_pool(model, m, now);
    case SIM_OP_JOIN_POOL:
        return model_join_pool(model, m, now);
    case SIM_OP_LEAVE_POOL:
        return model_leave_pool(model, m, now);
    case SIM_OP_AWAIT:
        return model_await(model, m, now);
    case SIM_OP_MOVE:
        return model_move(model, m, now);
    case SIM_OP_CLOSE:
        return close_period(model, m);
    case SIM_OP_GIVE_MANDATE:
        return model_give_mandate(model, m, now);
    case SIM_OP_TAKE_MANDATE:
        return model_take_mandate(model, m, now);
    case SIM_OP_OPEN_DISPUTE:
        return model_open_dispute(model, m, now);
    case SIM_OP_STEP_DISPUTE:
        return model_step_dispute(model, m, now);
    case SIM_OP_KIND_END:
        break;
    }
    return VERDICT_END;
}

void model_decide(struct model *model, const struct sim_op *op, int64_t now)
{
    struct model_op *m = model_op_of(model, op);
    ASSERT(!m->is_decided);
    m->is_decided = true;
    m->points = 0; /* it may have been answered before a restore */
    m->verdict = decide(model, m, now);
}

void model_decide_at_home(struct model *model, struct model_op *m, int64_t capture_by,
                          int64_t deliver_by, int64_t now)
{
    ASSERT(!m->is_decided_at_home && is_abroad(m->op));
    m->is_decided_at_home = true;
    m->home_verdict = hold_at_home(model, m, capture_by, deliver_by, now);
}

size_t model_member_add(struct model *model, unsigned home)
{
    if (model->member_count == model->member_room) {
        model->member_room = model->member_room == 0 ? 64 : model->member_room * 2;
        model->members = realloc(model->members, model->member_room * sizeof *model->members);
        ASSERT(model->members != NULL);
    }
    model->members[model->member_count] = (struct model_member){.home = home};
    return model->member_count++;
}
