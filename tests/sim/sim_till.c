/* Tills and offices: each operation is told until it is answered, with the same id, whatever
 * happens to the node meanwhile. */
#include <stdlib.h>
#include <string.h>

#include "ledger/route.h"
#include "model.h"
#include "sim_check.h"
#include "sim_restore.h"

const char *sim_op_name(enum sim_op_kind kind)
{
    static const char *const names[SIM_OP_KIND_END] = {
        "enrol",        "earn",         "hold",         "capture",      "void",
        "return-sale",  "return-burn",  "transfer",     "block",        "unblock",
        "open-pool",    "join-pool",    "leave-pool",   "await",        "move",
        "close-period", "open-dispute", "step-dispute", "give-mandate", "take-mandate"};
    return names[kind];
}

/* The id ends with the operation's number, by which a home's side finds it again. */
static struct uid id_of(struct sim *sim, size_t index)
{
    uint8_t bytes[10];
    uint64_t luck = sim_random_next(&sim->luck);
    memcpy(bytes, &luck, sizeof luck);
    put_u32_be(bytes + 6, (uint32_t)index);
    return uid_v7(sim->now, bytes);
}

struct sim_op *sim_op_new(struct sim *sim, enum sim_op_kind kind, unsigned shop)
{
    struct sim_op *op = calloc(1, sizeof *op);
    ASSERT(op != NULL);
    if (sim->op_count == sim->op_room) {
        sim->op_room = sim->op_room == 0 ? 256 : sim->op_room * 2;
        sim->ops = realloc(sim->ops, sim->op_room * sizeof(struct sim_op *));
        ASSERT(sim->ops != NULL);
    }
    op->index = sim->op_count;
    op->kind = kind;
    op->shop = op->home = shop;
    op->tries_max = 1 + (unsigned)sim_random_below(&sim->luck, 4);
    op->command.transaction_id = id_of(sim, op->index);
    op->command.origin = sim->nodes[shop].id;
    sim->ops[sim->op_count++] = op;
    sim->open_ops++;
    return op;
}

void sim_op_free(struct sim_op *op)
{
    buffer_fini(&op->evidence);
    free(op);
}

static bool is_abroad(const struct sim_op *op)
{
    return op->home != op->shop;
}

bool sim_op_is_recorded(struct sim_node *node, const struct partner_id *origin,
                        const struct uid *id)
{
    struct ledger_view view = sim_store_view(&node->store);
    struct ledger_key key;
    struct slice value;
    key_origin(origin, id, &key);
    return view_get(&view, TABLE_TRANSACTION, &key, &value) == ERR_OK;
}

void sim_till_try_later(struct sim *sim, struct sim_op *op, int64_t ms)
{
    sim_events_add(&sim->events, (struct sim_event){.at = sim->now + ms,
                                                    .kind = SIM_EVENT_OP,
                                                    .node = op->shop,
                                                    .number = op->index});
}

static void make_hold(struct sim_node *node, struct sim_op *op)
{
    struct command *c = &op->command;
    const struct card_number *card = &node->sim->model->members[op->member].card;
    c->kind = is_abroad(op) ? COMMAND_FOREIGN_HOLD : COMMAND_HOLD;
    c->hold.redeemer = node->id;
    c->hold.card = node->sim->model->members[op->card].card;
    c->hold.asked = is_abroad(op) ? *card : (struct card_number){{0}};
    c->hold.points.minor = op->points;
    if (!op->is_granted) {
        c->hold.capture_by.ms = c->business_time.ms + op->amount;
        c->hold.deliver_by.ms = c->hold.capture_by.ms + node->sim->deliver_ms;
    }
    op->way = SIM_WAY_GRANTED;
    op->capture_by = c->hold.capture_by.ms;
    op->deliver_by = c->hold.deliver_by.ms;
}

/* A ledger that lost the enrolment makes another member of it, with another card. Whose the first
 * card is, if anybody's, partners' entries say, which know of a card and not of its enrolment. */
static void make_enrolment(struct sim *sim, struct sim_op *op)
{
    struct command *c = &op->command;
    bool has_card = sim->model->members[op->member].card.digits[0] != '\0';
    if (has_card && !model_op_of(sim->model, op)->is_decided) {
        op->member = model_member_add(sim->model, op->shop);
    }
    c->kind = COMMAND_ENROL;
    c->enrol.member = uid_v7(sim->now, c->transaction_id.bytes + 6);
    c->enrol.member.bytes[7] ^= (uint8_t)op->tries;
}

/* The same members each time, whoever has their cards after a restore. */
static void make_transfer(const struct model *model, struct sim_op *op)
{
    struct command_transfer *transfer = &op->command.transfer;
    op->command.kind = COMMAND_TRANSFER;
    transfer->points.minor = op->points;
    if (op->tries == 1) {
        transfer->from = model->members[op->member].id;
        transfer->to = model->members[op->to].id;
        transfer->by = op->has_asker ? model->members[op->asker].id : transfer->by;
    }
}

static void make_pool(const struct sim *sim, struct sim_op *op)
{
    struct command *c = &op->command;
    c->kind = op->kind == SIM_OP_OPEN_POOL   ? COMMAND_OPEN_POOL
              : op->kind == SIM_OP_JOIN_POOL ? COMMAND_JOIN_POOL
                                             : COMMAND_LEAVE_POOL;
    if (op->tries == 1) {
        c->pool.member = sim->model->members[op->member].id;
        c->pool.pool = sim->model->members[op->to].id;
    }
    if (op->kind == SIM_OP_OPEN_POOL) {
        c->pool.pool = c->transaction_id;
        c->pool.pool.bytes[9] ^= 1;
    }
}

static void make_move(const struct sim *sim, struct sim_op *op)
{
    struct command *c = &op->command;
    const struct model_member *member = &sim->model->members[op->member];
    const struct model_member *other = &sim->model->members[op->to];
    if (op->kind == SIM_OP_AWAIT) {
        c->kind = COMMAND_AWAIT_MOVE;
        c->await.card = other->card;
        c->await.own_card = member->card;
    } else {
        c->kind = COMMAND_MOVE_MEMBER;
        c->move.card = member->card;
        c->move.new_card = other->card;
        c->move.to = sim->nodes[other->home].id;
    }
}

static void make_dispute(const struct sim *sim, struct sim_op *op)
{
    struct command *c = &op->command;
    c->kind = op->kind == SIM_OP_OPEN_DISPUTE ? COMMAND_OPEN_DISPUTE : COMMAND_STEP_DISPUTE;
    c->dispute.partner = sim->nodes[op->home].id;
    c->dispute.direction = op->is_sent ? STREAM_OUT : STREAM_IN;
    c->dispute.number = op->disputed;
    c->dispute.points.minor = op->points;
    c->dispute.step = op->step;
    if (op->kind == SIM_OP_OPEN_DISPUTE) {
        c->dispute.reason = DISPUTE_OTHER;
    }
}

/* What the node makes of the till's words, each time it hears them. */
void sim_till_make(struct sim_node *node, struct sim_op *op)
{
    struct sim *sim = node->sim;
    struct command *c = &op->command;
    const struct model_member *member = &sim->model->members[op->member];
    c->business_time.ms = sim_node_clock(node);
    switch (op->kind) {
    case SIM_OP_ENROL:
        make_enrolment(sim, op);
        break;
    case SIM_OP_EARN:
        c->kind = COMMAND_EARN;
        c->earn.card = sim->model->members[op->card].card;
        c->earn.amount.minor = op->amount;
        c->earn.is_fixed = true;
        c->earn.fixed_points.minor = op->points;
        c->earn.active_from.ms = op->active_from;
        c->earn.expires_at.ms = op->expires_at;
        break;
    case SIM_OP_HOLD:
        make_hold(node, op);
        break;
    case SIM_OP_CAPTURE:
    case SIM_OP_VOID:
    case SIM_OP_RETURN_BURN:
        c->kind = op->kind == SIM_OP_CAPTURE ? COMMAND_CAPTURE
                  : op->kind == SIM_OP_VOID  ? COMMAND_VOID
                                             : COMMAND_RETURN_BURN;
        c->use.hold = op->subject->command.transaction_id;
        c->use.points.minor = op->points;
        break;
    case SIM_OP_RETURN_SALE:
        c->kind = COMMAND_RETURN_SALE;
        c->return_sale.sale = op->subject->command.transaction_id;
        c->return_sale.amount.minor = op->amount;
        break;
    case SIM_OP_TRANSFER:
        make_transfer(sim->model, op);
        break;
    case SIM_OP_BLOCK:
    case SIM_OP_UNBLOCK:
        c->kind = op->kind == SIM_OP_BLOCK ? COMMAND_BLOCK_CARD : COMMAND_UNBLOCK_CARD;
        c->card.card = member->card;
        break;
    case SIM_OP_OPEN_POOL:
    case SIM_OP_JOIN_POOL:
    case SIM_OP_LEAVE_POOL:
        make_pool(sim, op);
        break;
    case SIM_OP_AWAIT:
    case SIM_OP_MOVE:
        make_move(sim, op);
        break;
    case SIM_OP_CLOSE:
        c->kind = COMMAND_CLOSE_PERIOD;
        c->close_period.period = op->period;
        break;
    case SIM_OP_OPEN_DISPUTE:
    case SIM_OP_STEP_DISPUTE:
        make_dispute(sim, op);
        break;
    case SIM_OP_GIVE_MANDATE:
    case SIM_OP_TAKE_MANDATE:
    case SIM_OP_KIND_END:
        break;
    }
    op->business_ms = c->business_time.ms;
}

void sim_till_answered(struct sim *sim, struct sim_op *op, enum verdict verdict, int64_t points)
{
    op->is_answered = true;
    op->verdict = verdict;
    op->told = points;
    if (op->kind == SIM_OP_MOVE && verdict != VERDICT_OK) {
        sim->model->members[op->member].is_to_move = false;
    }
    sim->open_ops--;
    sim->counts.answered++;
}

static void check_touched(struct sim_node *node, const struct sim_op *op)
{
    const struct model *model = node->sim->model;
    if (op->kind == SIM_OP_CLOSE || is_abroad(op)) {
        return;
    }
    (void)sim_check_member(node, &model->members[op->member]);
    bool has_two = op->kind == SIM_OP_TRANSFER || op->kind == SIM_OP_OPEN_POOL ||
                   op->kind == SIM_OP_JOIN_POOL || op->kind == SIM_OP_LEAVE_POOL;
    if (has_two) {
        (void)sim_check_member(node, &model->members[op->to]);
    }
}

/* What the node answered, beside what it should. */
static void judge(struct sim_node *node, struct sim_op *op, const struct outcome *outcome)
{
    struct sim *sim = node->sim;
    struct model_op *m = model_op_of(sim->model, op);
    bool is_repeat = m->is_decided;
    if (!is_repeat) {
        model_decide(sim->model, op, node->ledger_ms);
    }
    sim->counts.repeats += is_repeat;
    sim_tell(sim, "%s answers %s %zu: %s %lld%s", node->id.text, sim_op_name(op->kind), op->index,
             verdict_describe(outcome->verdict)->name, (long long)outcome->answer.points.minor,
             outcome->is_repeat ? " again" : "");
    /* Of a move whose entries came back, nobody knows how many points it was. */
    bool is_vague = is_repeat && op->kind == SIM_OP_MOVE && node->restore != NULL;
    if (outcome->verdict != m->verdict || outcome->is_repeat != is_repeat ||
        (outcome->answer.points.minor != m->points && !is_vague)) {
        (void)sim_fail(sim, "%s %zu at %s: the node says %s %lld%s, the model %s %lld%s",
                       sim_op_name(op->kind), op->index, node->id.text,
                       verdict_describe(outcome->verdict)->name,
                       (long long)outcome->answer.points.minor, outcome->is_repeat ? " again" : "",
                       verdict_describe(m->verdict)->name, (long long)m->points,
                       is_repeat ? " again" : "");
        return;
    }
    if (op->kind == SIM_OP_ENROL) {
        sim->model->members[op->member].id = outcome->answer.member;
        sim->model->members[op->member].card = outcome->answer.card;
    }
    sim_till_answered(sim, op, outcome->verdict, outcome->answer.points.minor);
}

void sim_till_tell(struct sim_node *node, struct sim_op *op)
{
    struct sim *sim = node->sim;
    uint64_t next_row = node->store.disk.next_row;
    struct outcome outcome = engine_execute(node->engine, &op->command);
    if (node->store.disk.is_stopped) {
        sim_node_doubt(node, (struct sim_doubt){.op = op,
                                                .next_row = next_row,
                                                .ledger_ms = node->ledger_ms,
                                                .business_ms = op->business_ms,
                                                .capture_by = op->capture_by,
                                                .deliver_by = op->deliver_by});
    } else if (outcome.err == ERR_OK) {
        judge(node, op, &outcome);
        check_touched(node, op);
    } else {
        sim_tell(sim, "%s can't %s %zu: %s", node->id.text, sim_op_name(op->kind), op->index,
                 err_name(outcome.err));
    }
    (void)sim_node_after(node);
    if (!op->is_answered) {
        sim_till_try_later(sim, op, SIM_SECOND + (int64_t)sim_random_below(&sim->luck, 20000));
    }
}

/* ---- in the queue, while the node does something by itself ---- */

/* An own hold at its home whose time is over and that has not ended. */
static struct sim_op *overdue(struct sim_node *node)
{
    struct sim *sim = node->sim;
    struct model *model = sim->model;
    for (size_t i = 0; i < sim->op_count && model->first_due[node->index] <= sim_node_clock(node);
         i++) {
        struct sim_op *op = sim->ops[i];
        const struct model_hold *hold = &model_op_of(model, op)->home_hold;
        if (op->home == node->index && op->shop == node->index && hold->state == MODEL_OPEN &&
            hold->deliver_by <= sim_node_clock(node)) {
            return op;
        }
    }
    return NULL;
}

static void queued_done(void *context, const struct outcome *outcome)
{
    struct sim_node *node = context;
    node->queued_outcome = *outcome;
}

void sim_till_queue(struct sim_node *node)
{
    struct sim *sim = node->sim;
    struct sim_op *subject = sim_random_chance(&sim->luck, 500) ? overdue(node) : NULL;
    if (subject == NULL) {
        return;
    }
    struct sim_op *op = sim_op_new(sim, SIM_OP_VOID, node->index);
    op->subject = subject;
    op->card = op->member = subject->member;
    op->tries++;
    sim_till_make(node, op);
    node->queued = op;
    node->queued_outcome = (struct outcome){.err = ERR_UNAVAILABLE};
    ASSERT(engine_submit(node->engine, &op->command, queued_done, node) == ERR_OK);
}

void sim_till_unqueue(struct sim_node *node)
{
    struct sim_op *op = node->queued;
    node->queued = NULL;
    if (op == NULL) {
        return;
    }
    engine_drive(node->engine);
    if (node->store.disk.is_stopped) {
        sim_node_doubt(node, (struct sim_doubt){.op = op,
                                                .ledger_ms = node->ledger_ms,
                                                .business_ms = op->business_ms});
    } else if (node->queued_outcome.err == ERR_OK) {
        judge(node, op, &node->queued_outcome);
    }
    if (!op->is_answered) {
        sim_till_try_later(node->sim, op, SIM_MINUTE);
    }
}

/* ---- the till ---- */

/* By the node's own tables the card leads where the model says. */
static void check_route(struct sim_node *node, const struct sim_op *op)
{
    struct sim *sim = node->sim;
    struct ledger_view view = sim_store_view(&node->store);
    struct card_route route;
    const struct card_number *shown = &sim->model->members[op->card].card;
    const struct card_number *expected = &sim->model->members[op->member].card;
    ASSERT(ledger_route_card(&view, &node->roster, shown, &route) == ERR_OK);
    if (!card_number_equal(&route.card, expected)) {
        (void)sim_fail(sim, "%s %zu at %s: the card leads to %s, by the model to %s",
                       sim_op_name(op->kind), op->index, node->id.text, route.card.digits,
                       expected->digits);
    }
}

/* Which home and member it is about, as the shop knows now. */
static void find_way(struct sim_node *node, struct sim_op *op)
{
    struct model *model = node->sim->model;
    struct model_op *m = model_op_of(model, op);
    bool is_by_card = op->kind == SIM_OP_EARN || op->kind == SIM_OP_HOLD;
    bool is_under_way = op->is_granted || (op->call != 0 && op->call == node->starts);
    if (m->is_decided || is_under_way || (!is_by_card && op->subject == NULL)) {
        return;
    }
    struct sim_op before = *op;
    if (is_by_card) {
        struct model_route route = model_route(model, op->shop, op->card);
        op->home = route.home;
        op->member = route.member;
        if (!sim_restore_is_stale(node)) {
            check_route(node, op);
        }
    } else if (op->kind == SIM_OP_RETURN_SALE && model_op_of(model, op->subject)->sale.is_there) {
        op->home = model_op_of(model, op->subject)->sale.home;
        op->member = model_op_of(model, op->subject)->sale.member;
    } else {
        op->home = op->subject->home;
        op->member = op->subject->member;
    }
    if (op->kind == SIM_OP_HOLD && op->home != before.home) {
        model_leave_home(m, &before);
    }
}

void sim_till_try(struct sim *sim, size_t index)
{
    struct sim_op *op = sim->ops[index];
    struct sim_node *node = &sim->nodes[op->shop];
    if (op->is_answered || op->is_given_up || op->question != 0) {
        return;
    }
    bool is_dispute = op->kind == SIM_OP_OPEN_DISPUTE || op->kind == SIM_OP_STEP_DISPUTE;
    /* Nobody argues about what is not back. */
    bool must_wait = is_dispute && sim_restore_has_lost(node);
    if (!node->is_up || node->busy_until > sim->now || must_wait) {
        sim_till_try_later(sim, op, SIM_SECOND + (int64_t)sim_random_below(&sim->luck, 20000));
        return;
    }
    op->tries++;
    op->is_granted = op->is_granted && op->granted_start == node->starts;
    find_way(node, op);
    if (op->kind == SIM_OP_MOVE) {
        sim_move_try(node, op);
    } else if (op->kind == SIM_OP_HOLD && is_abroad(op) && !op->is_granted) {
        sim_abroad_try(node, op);
    } else {
        sim_till_make(node, op);
        sim_till_tell(node, op);
    }
}

void sim_till_count(struct sim *sim)
{
    for (size_t i = 0; i < sim->op_count; i++) {
        const struct sim_op *op = sim->ops[i];
        const struct model_member *members = sim->model->members;
        bool is_good = op->is_answered && op->verdict == VERDICT_OK;
        bool is_transfer =
            op->kind == SIM_OP_TRANSFER && (members[op->member].is_pool || members[op->to].is_pool);
        sim->counts.pools += is_good && op->kind == SIM_OP_OPEN_POOL;
        sim->counts.pool_ops += is_good && (is_transfer || op->kind == SIM_OP_JOIN_POOL ||
                                            op->kind == SIM_OP_LEAVE_POOL);
    }
}
