/* Steps, one by one: what tills, offices and the coalition want. */
#include "model.h"
#include "sim_charter.h"
#include "sim_check.h"
#include "sim_dispute.h"
#include "sim_op.h"
#include "sim_restore.h"
#include "sim_settle.h"
#include "sim_workload.h"

#define RECENT      96u /* operations back that a step may refer to */
#define NEW_MEMBERS 4u  /* of a brand that joins */

void sim_step_begin(struct sim *sim, struct sim_op *op, int64_t in_ms)
{
    sim_events_add(&sim->events, (struct sim_event){.at = sim->now + in_ms,
                                                    .kind = SIM_EVENT_OP,
                                                    .node = op->shop,
                                                    .number = op->index});
}

/* One of those that have joined. */
static unsigned pick_shop(const struct sim *sim, uint32_t number)
{
    unsigned shop = number % sim->node_count;
    while (!sim->nodes[shop].has_joined) {
        shop = (shop + 1) % sim->node_count;
    }
    return shop;
}

/* Somebody whose card is known; false: nobody is. */
bool sim_pick_member(const struct sim *sim, uint32_t number, size_t *out_member)
{
    const struct model *model = sim->model;
    for (size_t i = 0; i < model->member_count; i++) {
        size_t at = (number + i) % model->member_count;
        if (model->members[at].card.digits[0] != '\0') {
            *out_member = at;
            return true;
        }
    }
    return false;
}

/* A recent operation of this kind that went well; an old one now and then. */
static struct sim_op *pick_op(const struct sim *sim, enum sim_op_kind kind, uint32_t number)
{
    bool is_any = sim->op_count < RECENT || number % 7 == 0;
    size_t window = is_any ? sim->op_count : RECENT;
    for (size_t i = 0; i < window; i++) {
        size_t back = (number + i) % window;
        struct sim_op *op = sim->ops[sim->op_count - 1 - back];
        if (op->kind == kind && op->is_answered && op->verdict == VERDICT_OK) {
            return op;
        }
    }
    return NULL;
}

void sim_step_set_member(struct sim *sim, struct sim_op *op, size_t member)
{
    op->card = op->member = member;
    op->home = sim->model->members[member].home;
}

static void do_enrol(struct sim *sim, const uint32_t n[4])
{
    struct sim_op *op = sim_op_new(sim, SIM_OP_ENROL, pick_shop(sim, n[0]));
    op->member = model_member_add(sim->model, op->shop);
    sim_step_begin(sim, op, 0);
}

static void do_earn(struct sim *sim, const uint32_t n[4])
{
    size_t member;
    if (!sim_pick_member(sim, n[1], &member)) {
        return;
    }
    struct sim_op *op = sim_op_new(sim, SIM_OP_EARN, pick_shop(sim, n[0]));
    sim_step_set_member(sim, op, member);
    op->points = n[2] % 50 == 0 ? 0 : 1 + n[2] % 997;
    op->amount = 1 + n[2] / 7 % 20000;
    int64_t clock = sim_node_clock(&sim->nodes[op->shop]);
    if (n[3] % 5 == 0) {
        op->active_from = clock + n[3] / 5 % (3 * SIM_HOUR);
    }
    int64_t begins =
        op->active_from > clock ? op->active_from : clock; /* no programme ends them before */
    if (n[3] % 3 == 0) { /* at a full half-hour, so that lots meet */
        op->expires_at = (begins / (SIM_HOUR / 2) + 1 + n[3] / 3 % 12) * (SIM_HOUR / 2);
    }
    sim_step_begin(sim, op, 0);
}

struct sim_op *sim_step_hold(struct sim *sim, unsigned shop, size_t member, int64_t points,
                             uint32_t luck)
{
    struct sim_op *op = sim_op_new(sim, SIM_OP_HOLD, shop);
    sim_step_set_member(sim, op, member);
    op->points = points;
    op->amount = luck % 4 == 0 ? SIM_MINUTE + luck % SIM_MINUTE
                               : SIM_MINUTE + luck % (2 * SIM_HOUR); /* until T1 */
    return op;
}

static void do_hold(struct sim *sim, const uint32_t n[4])
{
    size_t member;
    if (!sim_pick_member(sim, n[1], &member)) {
        return;
    }
    const struct model_member *m = &sim->model->members[member];
    int64_t has = model_available_at(m, sim->nodes[m->home].ledger_ms);
    int64_t most = n[2] % 6 == 0 ? has + has / 2 + 5 : has / 2 + 2;
    int64_t points = 1 + (int64_t)(n[2] / 6) % most;
    sim_step_begin(sim, sim_step_hold(sim, pick_shop(sim, n[0]), member, points, n[3]), 0);
}

static void do_use(struct sim *sim, enum sim_op_kind kind, enum sim_op_kind of, const uint32_t n[4])
{
    struct sim_op *subject = pick_op(sim, of, n[0]);
    if (subject == NULL) {
        return;
    }
    struct sim_op *op = sim_op_new(sim, kind, subject->shop);
    op->subject = subject;
    sim_step_set_member(sim, op, subject->member);
    if (kind == SIM_OP_RETURN_SALE) {
        op->amount = n[1] % 3 == 0 ? 0 : 1 + n[1] / 3 % (uint32_t)(subject->amount + 1);
    } else if (kind != SIM_OP_VOID && n[1] % 3 != 0) {
        op->points = 1 + n[1] / 3 % (uint32_t)(subject->points + subject->points / 8 + 1);
    }
    sim_step_begin(sim, op, n[2] % 8 == 0 ? (int64_t)(n[2] / 8 % (3 * SIM_HOUR)) : 0);
}

static void do_transfer(struct sim *sim, const uint32_t n[4])
{
    size_t member;
    if (!sim_pick_member(sim, n[1], &member)) {
        return;
    }
    const struct model *model = sim->model;
    const struct model_member *m = &model->members[member];
    struct sim_op *op = sim_op_new(sim, SIM_OP_TRANSFER, m->home);
    sim_step_set_member(sim, op, member);
    op->to = member;
    for (size_t i = 0; i < model->member_count; i++) {
        size_t at = (n[2] + i) % model->member_count;
        if (model->members[at].home == m->home && model->members[at].card.digits[0] != '\0') {
            op->to = at;
            break;
        }
    }
    int64_t has = model_available_at(m, sim->nodes[m->home].ledger_ms);
    op->points = 1 + (int64_t)n[3] % (has + 3);
    sim_step_begin(sim, op, 0);
}

/* The whole balance is wanted at many places at the same moment. */
static void do_clash(struct sim *sim, const uint32_t n[4])
{
    size_t member;
    if (!sim_pick_member(sim, n[1], &member)) {
        return;
    }
    const struct model_member *m = &sim->model->members[member];
    int64_t has = model_available_at(m, sim->nodes[m->home].ledger_ms);
    unsigned count = 3 + n[2] % 10;
    for (unsigned i = 0; i < count && has > 0; i++) {
        struct sim_op *op = sim_step_hold(sim, pick_shop(sim, n[0] + i), member, has, n[3]);
        sim_step_begin(sim, op, (int64_t)(i % 3));
    }
}

static void do_repeat(struct sim *sim, const uint32_t n[4])
{
    if (sim->op_count == 0) {
        return;
    }
    struct sim_op *op = sim->ops[sim->op_count - 1 - n[0] % sim->op_count];
    bool is_recorded = op->is_answered && model_op_of(sim->model, op)->is_decided;
    if (is_recorded) {
        op->is_answered = false;
        sim->open_ops++;
        sim_step_begin(sim, op, 0);
    }
}

static void do_block(struct sim *sim, const uint32_t n[4])
{
    size_t member;
    if (!sim_pick_member(sim, n[1], &member)) {
        return;
    }
    struct sim_op *op = sim_op_new(sim, SIM_OP_BLOCK, sim->model->members[member].home);
    struct sim_op *undone = sim_op_new(sim, SIM_OP_UNBLOCK, op->shop);
    sim_step_set_member(sim, op, member);
    sim_step_set_member(sim, undone, member);
    sim_step_begin(sim, op, 0);
    sim_step_begin(sim, undone, SIM_SECOND + n[2] % (20 * SIM_MINUTE));
}

/* The first period in which a stream of the node is that goes on; MODEL_PERIODS: none is. */
static unsigned open_period(const struct sim *sim, unsigned node)
{
    unsigned first = MODEL_PERIODS;
    for (unsigned i = 0; i < sim->node_count; i++) {
        const struct model_stream *stream = &sim->model->streams[node][i];
        if (i != node && stream->period < first && sim->nodes[i].has_joined &&
            model_may_send(sim->model, node, i)) {
            first = stream->period;
        }
    }
    return first;
}

void sim_step_close(struct sim *sim, unsigned node, unsigned n, int64_t in_ms)
{
    struct sim_op *op = sim_op_new(sim, SIM_OP_CLOSE, node);
    op->period = sim_nth_period(sim, n);
    op->points = n;
    sim_step_begin(sim, op, in_ms);
}

/* One that heard late of a new partner closes the older period with it, too. */
static bool close_behind(struct sim *sim)
{
    bool is_behind = false;
    for (unsigned i = 0; i < sim->node_count; i++) {
        unsigned n = sim->nodes[i].has_joined ? open_period(sim, i) : MODEL_PERIODS;
        if (n < sim->closed_periods) {
            is_behind = true;
            sim_step_close(sim, i, n, SIM_SECOND);
        }
    }
    return is_behind;
}

static void do_close(struct sim *sim, const uint32_t n[4])
{
    bool may_leave = sim->leaver == SIM_NODES_MAX && sim_parts_of_seed(sim->options.seed);
    unsigned spare = may_leave ? 4 : 2; /* periods for what it takes to leave */
    if (close_behind(sim) || sim->closed_periods + spare >= MODEL_PERIODS) {
        return;
    }
    for (unsigned i = 0; i < sim->node_count; i++) {
        if (sim->nodes[i].has_joined) {
            sim_step_close(sim, i, sim->closed_periods,
                           (int64_t)((n[0] >> i % 16) % (10 * SIM_MINUTE)));
        }
    }
    sim->closed_periods++;
}

bool sim_step_part(struct sim *sim)
{
    const uint32_t soon[4] = {0};
    bool is_over = sim->leaver == SIM_NODES_MAX || sim->closed_periods > sim->leaver_last;
    if (!close_behind(sim) && is_over) {
        return true;
    }
    if (!is_over) {
        do_close(sim, soon);
    }
    return false;
}

static void do_rotate(struct sim_node *node)
{
    sim_node_sign_with(node, sim_charter_next_key(node, node->key));
}

/* Somebody of the brand whose card is known; members: nobody is. */
static size_t pick_of(const struct sim *sim, unsigned home, uint32_t number)
{
    const struct model *model = sim->model;
    for (size_t i = 0; i < model->member_count; i++) {
        size_t at = (number + i) % model->member_count;
        if (model->members[at].home == home && model->members[at].card.digits[0] != '\0') {
            return at;
        }
    }
    return model->member_count;
}

/* The node is about to get back what it lost: a card is reported stolen, and a partner that it
 * can't reach for a while asks it for its members' points. */
static void go_on_meanwhile(struct sim *sim, unsigned node, const uint32_t n[4])
{
    size_t member = pick_of(sim, node, n[1]);
    if (member == sim->model->member_count) {
        return;
    }
    if (n[0] % 2 == 0) {
        struct sim_op *op = sim_op_new(sim, SIM_OP_BLOCK, node);
        sim_step_set_member(sim, op, member);
        sim_step_begin(sim, op, SIM_MINUTE + n[2] % (3 * SIM_MINUTE));
    }
    if (n[0] / 2 % 2 == 0) {
        unsigned shop = sim_pick_abroad(sim, node, n[3]);
        sim_fault_cut(sim, node, shop, 6 * SIM_MINUTE);
        for (unsigned i = 0; i < 6; i++) {
            struct sim_op *op =
                sim_step_hold(sim, shop, pick_of(sim, node, n[2] + i), 1 + n[1] % 40, n[3]);
            sim_step_begin(sim, op, (1 + i) * SIM_MINUTE);
        }
    }
}

/* Whether one that was dropped still shows what it holds is a matter of who hears first. */
static bool hears_of_drop_soon(const struct sim_node *node)
{
    const struct sim *sim = node->sim;
    bool hears = false;
    for (unsigned i = 0; i < sim->node_count; i++) {
        const struct sim_node *other = &sim->nodes[i];
        hears = hears || (other->has_joined && !other->is_partner && sim_node_knows(node, i));
    }
    return hears;
}

static void do_restore(struct sim *sim, bool is_copy, const uint32_t n[4])
{
    for (unsigned i = 0; i < sim->node_count; i++) {
        struct sim_node *node = &sim->nodes[i];
        if (node->restore != NULL && is_copy) {
            sim_restore_copy(node);
        } else if (node->restore != NULL && !hears_of_drop_soon(node)) {
            sim_restore_from_copy(node);
            go_on_meanwhile(sim, i, n);
        }
    }
}

static void do_join(struct sim *sim)
{
    unsigned last = sim->node_count - 1;
    bool had_joined = sim->nodes[last].has_joined;
    sim_charter_admit(sim);
    for (unsigned i = 0; i < NEW_MEMBERS && !had_joined && sim->nodes[last].has_joined; i++) {
        const uint32_t n[4] = {last, i};
        do_enrol(sim, n);
    }
}

static void do_rare(struct sim *sim, const struct sim_step *step)
{
    const uint32_t *n = step->numbers;
    switch ((int)step->kind) {
    case SIM_STEP_DISPUTE:
        sim_dispute_step(sim, n);
        break;
    case SIM_STEP_ROTATE:
        do_rotate(&sim->nodes[pick_shop(sim, n[0])]);
        break;
    case SIM_STEP_EPOCH:
        sim_charter_change(sim, n[0] % sim->node_count, n[1] % 2 == 0);
        break;
    case SIM_STEP_JOIN:
        do_join(sim);
        break;
    case SIM_STEP_LEAVE:
        sim_charter_dismiss(sim, n[0] % sim->node_count, n[1] % 2 == 0);
        break;
    case SIM_STEP_DROP:
        sim_charter_drop(sim);
        break;
    default:
        do_restore(sim, step->kind == SIM_STEP_COPY, n);
    }
}

void sim_step_do(struct sim *sim, const struct sim_step *step)
{
    const uint32_t *n = step->numbers;
    sim_tell(sim, "step %s", sim_step_name(step->kind));
    switch (step->kind) {
    case SIM_STEP_ENROL:
        do_enrol(sim, n);
        break;
    case SIM_STEP_EARN:
        do_earn(sim, n);
        break;
    case SIM_STEP_HOLD:
        do_hold(sim, n);
        break;
    case SIM_STEP_CAPTURE:
        do_use(sim, SIM_OP_CAPTURE, SIM_OP_HOLD, n);
        break;
    case SIM_STEP_VOID:
        do_use(sim, SIM_OP_VOID, SIM_OP_HOLD, n);
        break;
    case SIM_STEP_RETURN_SALE:
        do_use(sim, SIM_OP_RETURN_SALE, SIM_OP_EARN, n);
        break;
    case SIM_STEP_RETURN_BURN:
        do_use(sim, SIM_OP_RETURN_BURN, SIM_OP_HOLD, n);
        break;
    case SIM_STEP_TRANSFER:
        do_transfer(sim, n);
        break;
    case SIM_STEP_CLASH:
        do_clash(sim, n);
        break;
    case SIM_STEP_REPEAT:
        do_repeat(sim, n);
        break;
    case SIM_STEP_BLOCK:
        do_block(sim, n);
        break;
    case SIM_STEP_POOL:
        sim_step_pool(sim, n);
        break;
    case SIM_STEP_MOVE:
        sim_step_move(sim, n);
        break;
    case SIM_STEP_CLOSE:
        do_close(sim, n);
        break;
    case SIM_STEP_CRASH:
    case SIM_STEP_CUT:
    case SIM_STEP_SILENCE:
    case SIM_STEP_RUSH:
    case SIM_STEP_WEATHER:
    case SIM_STEP_DISK:
    case SIM_STEP_CLOCK:
        sim_fault_do(sim, step);
        break;
    case SIM_STEP_DISPUTE:
    case SIM_STEP_ROTATE:
    case SIM_STEP_EPOCH:
    case SIM_STEP_JOIN:
    case SIM_STEP_LEAVE:
    case SIM_STEP_DROP:
    case SIM_STEP_COPY:
    case SIM_STEP_RESTORE:
        do_rare(sim, step);
        break;
    case SIM_STEP_KIND_END:
        break;
    }
}
