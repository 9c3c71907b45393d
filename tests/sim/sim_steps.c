/* Steps, one by one: what tills and offices want, and what goes wrong. */
#include "model.h"
#include "sim_charter.h"
#include "sim_check.h"
#include "sim_op.h"
#include "sim_restore.h"
#include "sim_settle.h"
#include "sim_workload.h"

#define RECENT 96u /* operations back that a step may refer to */

static void begin(struct sim *sim, struct sim_op *op, int64_t in_ms)
{
    sim_events_add(&sim->events, (struct sim_event){.at = sim->now + in_ms,
                                                    .kind = SIM_EVENT_OP,
                                                    .node = op->shop,
                                                    .number = op->index});
}

/* Somebody whose card is known; false: nobody is. */
static bool pick_member(const struct sim *sim, uint32_t number, size_t *out_member)
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

/* A recent operation of this kind that went well. */
static struct sim_op *pick_op(const struct sim *sim, enum sim_op_kind kind, uint32_t number)
{
    size_t window = sim->op_count < RECENT ? sim->op_count : RECENT;
    for (size_t i = 0; i < window; i++) {
        size_t back = (number + i) % window;
        struct sim_op *op = sim->ops[sim->op_count - 1 - back];
        if (op->kind == kind && op->is_answered && op->verdict == VERDICT_OK) {
            return op;
        }
    }
    return NULL;
}

static void set_member(struct sim *sim, struct sim_op *op, size_t member)
{
    op->member = member;
    op->home = sim->model->members[member].home;
}

static void do_enrol(struct sim *sim, const uint32_t n[4])
{
    struct sim_op *op = sim_op_new(sim, SIM_OP_ENROL, n[0] % sim->node_count);
    op->member = model_member_add(sim->model, op->shop);
    begin(sim, op, 0);
}

static void do_earn(struct sim *sim, const uint32_t n[4])
{
    size_t member;
    if (!pick_member(sim, n[1], &member)) {
        return;
    }
    struct sim_op *op = sim_op_new(sim, SIM_OP_EARN, n[0] % sim->node_count);
    set_member(sim, op, member);
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
    begin(sim, op, 0);
}

static struct sim_op *new_hold(struct sim *sim, unsigned shop, size_t member, int64_t points,
                               uint32_t luck)
{
    struct sim_op *op = sim_op_new(sim, SIM_OP_HOLD, shop);
    set_member(sim, op, member);
    op->points = points;
    op->amount = luck % 4 == 0 ? SIM_MINUTE + luck % SIM_MINUTE
                               : SIM_MINUTE + luck % (2 * SIM_HOUR); /* until T1 */
    return op;
}

static void do_hold(struct sim *sim, const uint32_t n[4])
{
    size_t member;
    if (!pick_member(sim, n[1], &member)) {
        return;
    }
    const struct model_member *m = &sim->model->members[member];
    int64_t has = model_available_at(m, sim->nodes[m->home].ledger_ms);
    int64_t most = n[2] % 6 == 0 ? has + has / 2 + 5 : has / 2 + 2;
    int64_t points = 1 + (int64_t)(n[2] / 6) % most;
    begin(sim, new_hold(sim, n[0] % sim->node_count, member, points, n[3]), 0);
}

static void do_use(struct sim *sim, enum sim_op_kind kind, enum sim_op_kind of, const uint32_t n[4])
{
    struct sim_op *subject = pick_op(sim, of, n[0]);
    if (subject == NULL) {
        return;
    }
    struct sim_op *op = sim_op_new(sim, kind, subject->shop);
    op->subject = subject;
    set_member(sim, op, subject->member);
    if (kind == SIM_OP_RETURN_SALE) {
        op->amount = n[1] % 3 == 0 ? 0 : 1 + n[1] / 3 % (uint32_t)(subject->amount + 1);
    } else if (kind != SIM_OP_VOID && n[1] % 3 != 0) {
        op->points = 1 + n[1] / 3 % (uint32_t)(subject->points + subject->points / 8 + 1);
    }
    begin(sim, op, n[2] % 8 == 0 ? (int64_t)(n[2] / 8 % (3 * SIM_HOUR)) : 0);
}

static void do_transfer(struct sim *sim, const uint32_t n[4])
{
    size_t member;
    if (!pick_member(sim, n[1], &member)) {
        return;
    }
    const struct model *model = sim->model;
    const struct model_member *m = &model->members[member];
    struct sim_op *op = sim_op_new(sim, SIM_OP_TRANSFER, m->home);
    set_member(sim, op, member);
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
    begin(sim, op, 0);
}

/* The whole balance is wanted at many places at the same moment. */
static void do_clash(struct sim *sim, const uint32_t n[4])
{
    size_t member;
    if (!pick_member(sim, n[1], &member)) {
        return;
    }
    const struct model_member *m = &sim->model->members[member];
    int64_t has = model_available_at(m, sim->nodes[m->home].ledger_ms);
    unsigned count = 3 + n[2] % 10;
    for (unsigned i = 0; i < count && has > 0; i++) {
        struct sim_op *op = new_hold(sim, (n[0] + i) % sim->node_count, member, has, n[3]);
        begin(sim, op, (int64_t)(i % 3));
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
        begin(sim, op, 0);
    }
}

static void do_block(struct sim *sim, const uint32_t n[4])
{
    size_t member;
    if (!pick_member(sim, n[1], &member)) {
        return;
    }
    struct sim_op *op = sim_op_new(sim, SIM_OP_BLOCK, sim->model->members[member].home);
    struct sim_op *undone = sim_op_new(sim, SIM_OP_UNBLOCK, op->shop);
    set_member(sim, op, member);
    set_member(sim, undone, member);
    begin(sim, op, 0);
    begin(sim, undone, SIM_SECOND + n[2] % (20 * SIM_MINUTE));
}

/* Did every node close the period before? */
static bool may_close(const struct sim *sim)
{
    for (unsigned a = 0; a < sim->node_count; a++) {
        for (unsigned b = 0; b < sim->node_count; b++) {
            const struct model_stream *stream = &sim->model->streams[a][b];
            if (a != b && !stream->is_frozen_out && stream->period != sim->closed_periods) {
                return false;
            }
        }
    }
    return sim->closed_periods + 2 < MODEL_PERIODS;
}

void sim_step_close(struct sim *sim, unsigned node, unsigned n, int64_t in_ms)
{
    struct sim_op *op = sim_op_new(sim, SIM_OP_CLOSE, node);
    op->period = sim_nth_period(&sim->nodes[0], n);
    op->points = n;
    begin(sim, op, in_ms);
}

static void do_close(struct sim *sim, const uint32_t n[4])
{
    if (!may_close(sim)) {
        return;
    }
    for (unsigned i = 0; i < sim->node_count; i++) {
        sim_step_close(sim, i, sim->closed_periods,
                       (int64_t)((n[0] >> i % 16) % (10 * SIM_MINUTE)));
    }
    sim->closed_periods++;
}

static void do_rotate(struct sim_node *node)
{
    sim_node_sign_with(node, sim_charter_next_key(node, node->key));
}

/* ---- faults ---- */

enum mend {
    MEND_CUT,
    MEND_WEATHER,
    MEND_DISK
};

static void plan_mend(struct sim *sim, enum mend what, unsigned a, unsigned b, int64_t in_ms)
{
    sim_events_add(&sim->events, (struct sim_event){.at = sim->now + in_ms,
                                                    .kind = SIM_EVENT_MEND,
                                                    .node = a,
                                                    .from = b,
                                                    .number = (uint64_t)what});
}

static void do_crash(struct sim *sim, const uint32_t n[4])
{
    struct sim_node *node = &sim->nodes[n[0] % sim->node_count];
    if (!node->is_up) {
        return;
    }
    if (n[1] % 3 == 0) {
        sim_node_crash(node);
    } else {
        sim_disk_set_fault(&node->store.disk,
                           n[1] % 3 == 1 ? SIM_DISK_CRASH_BEFORE : SIM_DISK_CRASH_AFTER, n[2] % 6);
    }
}

static void cut(struct sim *sim, unsigned from, unsigned to, int64_t ms)
{
    sim->is_cut[from][to]++;
    plan_mend(sim, MEND_CUT, to, from, ms);
}

static void do_cut(struct sim *sim, const uint32_t n[4])
{
    unsigned a = n[0] % sim->node_count;
    unsigned b = (a + 1 + n[1] % (sim->node_count - 1)) % sim->node_count;
    int64_t ms = n[3] % 4 == 0 ? n[3] % (40 * SIM_MINUTE) : n[3] % (2 * SIM_MINUTE);
    switch (n[2] % 3) {
    case 0:
        cut(sim, a, b, ms);
        break;
    case 1:
        cut(sim, a, b, ms);
        cut(sim, b, a, ms);
        break;
    default:
        for (unsigned i = 0; i < sim->node_count; i++) {
            if (i != a) {
                cut(sim, a, i, ms);
                cut(sim, i, a, ms);
            }
        }
    }
}

/* A capture of the hold, whatever becomes of it. */
static void capture_later(struct sim *sim, struct sim_op *hold, int64_t points, int64_t in_ms)
{
    struct sim_op *op = sim_op_new(sim, SIM_OP_CAPTURE, hold->shop);
    op->subject = hold;
    set_member(sim, op, hold->member);
    op->points = points;
    begin(sim, op, in_ms);
}

/* Of one home the tills of a shop hear nothing, though it may hear them. */
static void do_silence(struct sim *sim, const uint32_t n[4])
{
    size_t member;
    if (!pick_member(sim, n[1], &member)) {
        return;
    }
    const struct model_member *m = &sim->model->members[member];
    unsigned shop = (m->home + 1 + n[0] % (sim->node_count - 1)) % sim->node_count;
    int64_t ms = SIM_MINUTE + n[3] % (20 * SIM_MINUTE);
    cut(sim, m->home, shop, ms);
    if (n[2] % 2 == 0) {
        cut(sim, shop, m->home, ms);
    }
    if (n[1] % 4 == 0) { /* and the shop's machine stops meanwhile */
        sim_disk_set_fault(&sim->nodes[shop].store.disk, SIM_DISK_CRASH_BEFORE, n[1] / 4 % 3);
    }
    for (unsigned i = 0; i < 1 + n[2] / 2 % 3; i++) {
        int64_t has = model_available_at(m, sim->nodes[m->home].ledger_ms);
        int64_t points = 1 + (int64_t)(n[2] >> i) % (has / 2 + 100);
        struct sim_op *hold = new_hold(sim, shop, member, points, n[3] >> i);
        begin(sim, hold, (int64_t)(n[1] >> i) % (2 * SIM_MINUTE));
        for (unsigned part = 0; part < 1 + (n[0] >> i) % 2; part++) {
            int64_t in_ms = SIM_MINUTE + (int64_t)(n[3] >> part) % (40 * SIM_MINUTE);
            if ((n[1] >> part) % 2 == 0) { /* about T1 */
                in_ms = hold->amount + in_ms % (4 * SIM_MINUTE);
            }
            capture_later(sim, hold, part == 0 && (n[0] >> i) % 4 != 0 ? 0 : 1 + points / 3, in_ms);
        }
    }
}

static void do_weather(struct sim *sim, const uint32_t n[4])
{
    struct sim_weather weather = {0};
    weather.lost = n[0] % 3 == 0 ? n[0] / 3 % 100 : 0;
    weather.doubled = n[0] % 5 == 0 ? n[1] % 100 : 0;
    weather.reordered = n[1] % 3 == 0 ? n[1] / 3 % 200 : 0;
    weather.corrupted = n[1] % 5 == 0 ? n[2] % 60 : 0;
    weather.delay_ms = n[2] % 2 == 0 ? n[2] % 4000 : 0;
    sim->weather = weather;
    plan_mend(sim, MEND_WEATHER, 0, 0, n[3] % (10 * SIM_MINUTE));
}

static void do_disk(struct sim *sim, const uint32_t n[4])
{
    struct sim_node *node = &sim->nodes[n[0] % sim->node_count];
    switch (n[1] % 3) {
    case 0:
        sim_disk_set_fault(&node->store.disk, SIM_DISK_FULL, n[2] % 4);
        sim_store_fail(&node->store, true);
        break;
    case 1:
        sim_disk_set_fault(&node->store.disk, SIM_DISK_UNSURE, n[2] % 4);
        break;
    default:
        node->slow_ms = 1 + n[2] % 400;
    }
    plan_mend(sim, MEND_DISK, node->index, 0, n[3] % (3 * SIM_MINUTE));
}

static void do_clock(struct sim *sim, const uint32_t n[4])
{
    struct sim_node *node = &sim->nodes[n[0] % sim->node_count];
    int64_t jump = n[1] % 3 == 0 ? n[2] % (2 * SIM_HOUR) : n[2] % (2 * SIM_SECOND);
    node->clock_offset += n[1] % 2 == 0 ? jump : -jump;
    node->clock_drift_ppm = (int64_t)(n[3] % 400) - 200;
}

static void do_restore(struct sim *sim, bool is_copy)
{
    for (unsigned i = 0; i < sim->node_count; i++) {
        struct sim_node *node = &sim->nodes[i];
        if (node->restore != NULL && is_copy) {
            sim_restore_copy(node);
        } else if (node->restore != NULL) {
            sim_restore_from_copy(node);
        }
    }
}

void sim_step_mend(struct sim *sim, const struct sim_event *event)
{
    struct sim_node *node = &sim->nodes[event->node];
    switch ((enum mend)event->number) {
    case MEND_CUT:
        if (sim->is_cut[event->from][event->node] > 0) {
            sim->is_cut[event->from][event->node]--;
        }
        break;
    case MEND_WEATHER:
        sim->weather = (struct sim_weather){0};
        break;
    case MEND_DISK:
        if (!node->store.disk.is_stopped) {
            sim_disk_set_fault(&node->store.disk, SIM_DISK_SOUND, 0);
        }
        sim_store_fail(&node->store, false);
        node->slow_ms = 0;
        break;
    }
}

void sim_step_heal(struct sim *sim)
{
    sim->is_healing = true;
    sim->weather = (struct sim_weather){0};
    for (unsigned i = 0; i < sim->node_count; i++) {
        struct sim_event event = {.node = i, .number = MEND_DISK};
        sim_step_mend(sim, &event);
        for (unsigned j = 0; j < sim->node_count; j++) {
            sim->is_cut[i][j] = 0;
        }
    }
}

static void do_rare(struct sim *sim, const struct sim_step *step)
{
    if (step->kind == SIM_STEP_EPOCH) {
        sim_charter_change(sim, step->numbers[0] % sim->node_count, step->numbers[1] % 2 == 0);
    } else {
        do_restore(sim, step->kind == SIM_STEP_COPY);
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
    case SIM_STEP_CLOSE:
        do_close(sim, n);
        break;
    case SIM_STEP_ROTATE:
        do_rotate(&sim->nodes[n[0] % sim->node_count]);
        break;
    case SIM_STEP_CRASH:
        do_crash(sim, n);
        break;
    case SIM_STEP_CUT:
        do_cut(sim, n);
        break;
    case SIM_STEP_SILENCE:
        do_silence(sim, n);
        break;
    case SIM_STEP_WEATHER:
        do_weather(sim, n);
        break;
    case SIM_STEP_DISK:
        do_disk(sim, n);
        break;
    case SIM_STEP_CLOCK:
        do_clock(sim, n);
        break;
    case SIM_STEP_EPOCH:
    case SIM_STEP_COPY:
    case SIM_STEP_RESTORE:
        do_rare(sim, step);
        break;
    case SIM_STEP_KIND_END:
        break;
    }
}
