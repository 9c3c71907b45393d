/* Members who move to another home, and what goes after them. */
#include <string.h>

#include "model.h"

#define HOPS_MAX 8u

/* As far as the node knows. */
static bool leads_on(const struct model *model, unsigned node, size_t member)
{
    const struct model_member *at = &model->members[member];
    return at->home == node ? at->has_moved : at->is_moved_at[node];
}

size_t model_opener(const struct model *model, unsigned node, size_t member)
{
    size_t at = member;
    for (unsigned hops = 0; hops < HOPS_MAX; hops++) {
        if (!leads_on(model, node, at)) {
            return MODEL_NOBODY;
        }
        at = model->members[at].moved_to;
    }
    size_t first = at;
    size_t smallest = at;
    for (unsigned hops = 0; hops < HOPS_MAX && leads_on(model, node, at); hops++) {
        at = model->members[at].moved_to;
        if (at == first) {
            return smallest;
        }
        bool is_smaller =
            strcmp(model->members[at].card.digits, model->members[smallest].card.digits) < 0;
        smallest = is_smaller ? at : smallest;
    }
    return MODEL_NOBODY;
}

struct model_route model_route(const struct model *model, unsigned node, size_t member)
{
    struct model_route route = {.member = member};
    for (unsigned hops = 0;; hops++) {
        const struct model_member *at = &model->members[route.member];
        bool is_moved = leads_on(model, node, route.member);
        route.home = at->home;
        route.is_blocked = at->home == node ? is_moved && at->is_blocked : at->is_blocked_at[node];
        if (route.is_blocked || !is_moved) {
            return route;
        }
        if (hops == HOPS_MAX) {
            route.member = model_opener(model, node, route.member);
            ASSERT(route.member != MODEL_NOBODY);
            route.home = model->members[route.member].home;
            return route;
        }
        route.member = at->moved_to;
    }
}

void model_take_move(struct model *model, const struct model_entry *entry, unsigned receiver)
{
    struct model_member *moved = &model->members[entry->member];
    moved->is_blocked_at[receiver] = false;
    moved->is_moved_at[receiver] = true;
    size_t first = model_opener(model, receiver, entry->member);
    if (first == MODEL_NOBODY || model->members[first].home != receiver) {
        return;
    }
    struct model_member *back = &model->members[first];
    struct sim_op op = *model->ops[entry->op]->op;
    struct model_op sender = {.op = &op};
    op.shop = receiver;
    op.member = first;
    back->has_moved = false;
    model->opened++;
    if (!back->is_blocked) {
        model_announce(model, &sender);
    }
}

enum verdict model_await(struct model *model, const struct model_op *m, int64_t now)
{
    struct model_member *own = &model->members[m->op->member];
    struct model_member *other = &model->members[m->op->to];
    if (!model->rosters[m->op->shop].is_known[other->home]) {
        return VERDICT_PARTNER_UNKNOWN;
    }
    if (!own->is_enrolled) {
        return VERDICT_CARD_UNKNOWN;
    }
    if (own->is_blocked) {
        return VERDICT_CARD_BLOCKED;
    }
    if (own->has_moved) {
        return VERDICT_CARD_MOVED;
    }
    if (other->is_moved_at[m->op->shop]) {
        return VERDICT_MEMBER_MOVED;
    }
    model_settle(model, own, now);
    other->awaited[m->op->shop].is_awaited = true;
    other->awaited[m->op->shop].by = m->op->member;
    return VERDICT_OK;
}

/* ---- Lots that leave ---- */

static int64_t end_of(const struct model_lot *lot)
{
    return lot->expires_at == 0 ? INT64_MAX : lot->expires_at;
}

/* The one that ends last; NULL: there is none that is free. */
static const struct model_lot *last_lot(const struct model_member *member)
{
    const struct model_lot *last = NULL;
    for (size_t i = 0; i < member->count; i++) {
        const struct model_lot *lot = &member->lots[i];
        bool is_later = last == NULL || end_of(lot) > end_of(last) ||
                        (end_of(lot) == end_of(last) &&
                         (lot->active_from > last->active_from ||
                          (lot->active_from == last->active_from && lot->issuer > last->issuer)));
        if (lot->free > 0 && is_later) {
            last = lot;
        }
    }
    return last;
}

static void send_lots(struct model *model, const struct model_op *m, size_t index)
{
    struct model_member *member = &model->members[index];
    unsigned to = model->members[member->moved_to].home;
    struct sim_op op = *m->op;
    struct model_op sender = {.op = &op};
    const struct model_lot *lot;
    op.shop = member->home;
    op.home = to;
    op.member = index;
    while ((lot = last_lot(member)) != NULL) {
        struct model_lot terms = *lot;
        struct model_entry *entry = model_send_entry(model, &sender, ENTRY_MOVED_LOT, terms.free);
        entry->lot = terms;
        model->books[member->home].payable[to][entry->period] += terms.free;
        model_post_lot(member, &terms, -terms.free, 0);
    }
}

static void go_on(struct model *model, const struct model_op *m, size_t member)
{
    const struct model_member *from = &model->members[member];
    if (from->has_moved && model_may_send(model, from->home, model->members[from->moved_to].home)) {
        model->moved_far += last_lot(from) != NULL;
        send_lots(model, m, member);
    }
}

/* Does what leaves this member come back to it, as far as the node knows? */
static bool goes_round(const struct model *model, unsigned node, size_t member)
{
    size_t at = member;
    for (unsigned hops = 0; hops < HOPS_MAX && leads_on(model, node, at); hops++) {
        at = model->members[at].moved_to;
        if (at == member) {
            return true;
        }
    }
    return false;
}

void model_forward(struct model *model, const struct model_op *m, size_t member)
{
    if (!goes_round(model, model->members[member].home, member)) {
        go_on(model, m, member);
    }
}

void model_take_back_card(struct model *model, const struct model_entry *entry, unsigned receiver,
                          int64_t now)
{
    struct model_member *back = &model->members[entry->member];
    bool is_opened = goes_round(model, receiver, entry->member);
    back->is_blocked_at[receiver] = false;
    back->is_moved_at[receiver] = false;
    for (size_t at = back->moved_to; is_opened && at != entry->member;
         at = model->members[at].moved_to) {
        if (model->members[at].home == receiver) {
            model_settle(model, &model->members[at], now);
            go_on(model, model->ops[entry->op], at);
            return;
        }
    }
}

static int64_t held_by(const struct model_member *member)
{
    int64_t held = 0;
    for (size_t i = 0; i < member->count; i++) {
        held += member->lots[i].held;
    }
    return held;
}

/* Would a move of the one to the other lead back, or further than is followed? */
static bool is_circle(const struct model *model, unsigned node, size_t from, size_t to)
{
    for (unsigned hops = 1; hops < HOPS_MAX && to != from; hops++) {
        if (!leads_on(model, node, to)) {
            return false;
        }
        to = model->members[to].moved_to;
    }
    return true;
}

/* To a member who has moved here as this one, or who is awaited as this one. */
static bool leads_back(const struct model *model, const struct sim_op *op)
{
    const struct model_member *to = &model->members[op->to];
    return is_circle(model, op->shop, op->member, op->to) ||
           (to->awaited[op->shop].is_awaited && to->awaited[op->shop].by == op->member);
}

static enum verdict may_move(const struct model *model, const struct sim_op *op, int64_t now)
{
    const struct model_member *member = &model->members[op->member];
    if (!model->rosters[op->shop].is_known[model->members[op->to].home]) {
        return VERDICT_PARTNER_UNKNOWN;
    }
    if (!member->is_enrolled) {
        return VERDICT_CARD_UNKNOWN;
    }
    if (member->is_blocked) {
        return VERDICT_CARD_BLOCKED;
    }
    if (member->has_moved && member->moved_to != op->to) {
        return VERDICT_MEMBER_MOVED;
    }
    if (held_by(member) > 0) {
        return VERDICT_MEMBER_HAS_HOLDS;
    }
    if (member->debt > 0) {
        return VERDICT_MEMBER_HAS_DEBT;
    }
    if (member->pools > 0) {
        return VERDICT_ALREADY_IN_POOL;
    }
    if (leads_back(model, op)) {
        return VERDICT_MOVE_LOOPS;
    }
    unsigned to = model->members[op->to].home;
    if (model->streams[op->shop][to].is_frozen_out) {
        return VERDICT_STREAM_FROZEN;
    }
    /* Who leaves itself may send its members away. */
    bool leaves = model->rosters[op->shop].last_period[to] != MODEL_STAYS;
    if (leaves || !model_may_send(model, op->shop, to)) {
        return VERDICT_PARTNER_LEFT;
    }
    int64_t points = model_available_at(member, now) + model_sums_at(member, now).pending;
    bool is_capped = model_owes_too_much(model, op->shop, to, points, 0);
    return is_capped ? VERDICT_NET_DEBIT_CAP : VERDICT_OK;
}

enum verdict model_move(struct model *model, struct model_op *m, int64_t now)
{
    struct model_member *member = &model->members[m->op->member];
    enum verdict verdict = may_move(model, m->op, now);
    model->capped += verdict == VERDICT_NET_DEBIT_CAP;
    if (verdict != VERDICT_OK) {
        return verdict;
    }
    bool had_moved = member->has_moved;
    model_settle(model, member, now);
    struct model_sums sums = model_sums_at(member, now);
    m->points = sums.available + sums.pending;
    member->has_moved = true;
    member->moved_to = m->op->to;
    model->moved += !had_moved;
    send_lots(model, m, m->op->member);
    if (!had_moved) {
        model_announce_to(model, m, model->members[m->op->to].home);
    }
    return VERDICT_OK;
}

/* ---- Lots that come ---- */

enum verdict model_take_moved(struct model *model, const struct model_entry *entry, unsigned sender,
                              unsigned receiver, int64_t now)
{
    const struct model_member *from = &model->members[entry->member];
    struct model_member *to = &model->members[from->moved_to];
    struct model_lot lot = entry->lot;
    if (!from->awaited[receiver].is_awaited || from->awaited[receiver].by != from->moved_to) {
        return VERDICT_MOVE_NOT_AWAITED;
    }
    if (lot.active_from <= now) {
        lot.active_from = 0;
    }
    model_settle(model, to, now);
    model_give(model, to, &lot, entry->points, now);
    model->books[receiver].receivable[sender][entry->period] += entry->points;
    model_forward(model, model->ops[entry->op], from->moved_to);
    return VERDICT_OK;
}

void model_give_back_moved(struct model *model, const struct model_entry *entry, unsigned sender,
                           unsigned receiver, int64_t now)
{
    struct model_member *member = &model->members[entry->member];
    struct model_lot lot = entry->lot;
    if (lot.active_from <= now) {
        lot.active_from = 0;
    }
    model->lots_back++;
    model->books[sender].payable[receiver][entry->period] -= entry->points;
    model_settle(model, member, now);
    model_give(model, member, &lot, entry->points, now);
}

/* ---- Earns that came too late ---- */

/* Our own member it is now. */
static bool give_at_home(struct model *model, struct model_op *m, const struct model_entry *entry,
                         size_t index, int64_t now)
{
    struct model_member *member = &model->members[index];
    if (member->is_blocked || member->has_moved) {
        return false;
    }
    if (m->sale.lot.active_from <= now) {
        m->sale.lot.active_from = 0;
    }
    model_settle(model, member, now);
    model_give(model, member, &m->sale.lot, entry->points, now);
    return true;
}

bool model_resend_earn(struct model *model, struct model_op *m, const struct model_entry *entry,
                       unsigned receiver, int64_t now)
{
    unsigned shop = m->op->shop;
    struct model_member *late = &model->members[entry->member];
    if (is_circle(model, shop, entry->member, late->moved_to)) {
        return false;
    }
    late->is_moved_at[shop] = true;
    late->is_blocked_at[shop] = false;
    struct model_route route = model_route(model, shop, late->moved_to);
    if (route.is_blocked || route.home == receiver || !model->rosters[shop].is_known[route.home]) {
        return false;
    }
    if (route.home == shop) {
        if (!give_at_home(model, m, entry, route.member, now)) {
            return false;
        }
    } else {
        if (!model_may_send(model, shop, route.home)) {
            return false;
        }
        struct sim_op op = *m->op;
        struct model_op sender = {.op = &op};
        op.home = route.home;
        op.member = route.member;
        struct model_entry *sent = model_send_entry(model, &sender, ENTRY_EARN, entry->points);
        model->books[shop].payable[route.home][sent->period] += entry->points;
    }
    model->resent++;
    model->books[shop].issued += entry->points;
    m->sale.home = route.home;
    m->sale.member = route.member;
    return true;
}

bool model_resend_return(struct model *model, struct model_op *m, const struct model_entry *entry,
                         int64_t now)
{
    unsigned shop = m->op->shop;
    struct model_sale *sale = &model_op_of(model, m->op->subject)->sale;
    if (sale->home == shop) {
        struct model_member *member = &model->members[sale->member];
        model_settle(model, member, now);
        model->books[shop].adjustment += model_take_back(model, member, &sale->lot, entry->points);
    } else {
        if (!model_may_send(model, shop, sale->home)) {
            return false;
        }
        struct sim_op op = *m->op;
        struct model_op sender = {.op = &op};
        op.home = sale->home;
        op.member = sale->member;
        struct model_entry *sent =
            model_send_entry(model, &sender, ENTRY_EARN_RETURN, entry->points);
        model->books[shop].payable[sale->home][sent->period] -= entry->points;
    }
    model->resent++;
    model->books[shop].issued -= entry->points;
    return true;
}
