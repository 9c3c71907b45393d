/* Steps, one by one: what goes wrong, and how it ends. */
#include "model.h"
#include "sim_op.h"
#include "sim_workload.h"

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

void sim_fault_cut(struct sim *sim, unsigned from, unsigned to, int64_t ms)
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
        sim_fault_cut(sim, a, b, ms);
        break;
    case 1:
        sim_fault_cut(sim, a, b, ms);
        sim_fault_cut(sim, b, a, ms);
        break;
    default:
        for (unsigned i = 0; i < sim->node_count; i++) {
            if (i != a) {
                sim_fault_cut(sim, a, i, ms);
                sim_fault_cut(sim, i, a, ms);
            }
        }
    }
}

/* Another one than the home. */
unsigned sim_pick_abroad(const struct sim *sim, unsigned home, uint32_t number)
{
    unsigned shop = (home + 1 + number % (sim->node_count - 1)) % sim->node_count;
    while (!sim->nodes[shop].has_joined || shop == home) {
        shop = (shop + 1) % sim->node_count;
    }
    return shop;
}

/* A capture of the hold, whatever becomes of it. */
static void capture_later(struct sim *sim, struct sim_op *hold, int64_t points, int64_t in_ms)
{
    struct sim_op *op = sim_op_new(sim, SIM_OP_CAPTURE, hold->shop);
    op->subject = hold;
    sim_step_set_member(sim, op, hold->member);
    op->points = points;
    sim_step_begin(sim, op, in_ms);
}

/* Of one home the tills of a shop hear nothing, though it may hear them. */
static void do_silence(struct sim *sim, const uint32_t n[4])
{
    size_t member;
    if (!sim_pick_member(sim, n[1], &member)) {
        return;
    }
    const struct model_member *m = &sim->model->members[member];
    unsigned shop = sim_pick_abroad(sim, m->home, n[0]);
    int64_t ms = SIM_MINUTE + n[3] % (20 * SIM_MINUTE);
    sim_fault_cut(sim, m->home, shop, ms);
    if (n[2] % 2 == 0) {
        sim_fault_cut(sim, shop, m->home, ms);
    }
    if (n[1] % 4 == 0) { /* and the shop's machine stops meanwhile */
        sim_disk_set_fault(&sim->nodes[shop].store.disk, SIM_DISK_CRASH_BEFORE, n[1] / 4 % 3);
    }
    for (unsigned i = 0; i < 1 + n[2] / 2 % 3; i++) {
        int64_t has = model_available_at(m, sim->nodes[m->home].ledger_ms);
        int64_t points = 1 + (int64_t)(n[2] >> i) % (has / 2 + 100);
        struct sim_op *hold = sim_step_hold(sim, shop, member, points, n[3] >> i);
        sim_step_begin(sim, hold, (int64_t)(n[1] >> i) % (2 * SIM_MINUTE));
        for (unsigned part = 0; part < 1 + (n[0] >> i) % 2; part++) {
            int64_t in_ms = SIM_MINUTE + (int64_t)(n[3] >> part) % (40 * SIM_MINUTE);
            if ((n[1] >> part) % 2 == 0) { /* about T1 */
                in_ms = hold->amount + in_ms % (4 * SIM_MINUTE);
            }
            capture_later(sim, hold, part == 0 && (n[0] >> i) % 4 != 0 ? 0 : 1 + points / 3, in_ms);
        }
    }
}

/* A shop cut off from a home sells to its members on and on, and takes back some of it. */
static void do_rush(struct sim *sim, const uint32_t n[4])
{
    size_t member;
    if (!sim_pick_member(sim, n[1], &member)) {
        return;
    }
    unsigned home = sim->model->members[member].home;
    unsigned shop = sim_pick_abroad(sim, home, n[0]);
    int64_t ms = 2 * SIM_MINUTE + n[3] % (20 * SIM_MINUTE);
    sim_fault_cut(sim, shop, home, ms);
    sim_fault_cut(sim, home, shop, ms);
    for (unsigned i = 0; i < 4 + n[2] % 20; i++) {
        int64_t in_ms = (int64_t)((n[3] >> i % 16) + i) % ms;
        struct sim_op *earn = sim_op_new(sim, SIM_OP_EARN, shop);
        sim_step_set_member(sim, earn, member);
        earn->points = 1 + (n[1] >> i % 8) % 997;
        earn->amount = 1 + (n[0] >> i % 8) % 20000;
        sim_step_begin(sim, earn, in_ms);
        if ((n[2] >> i % 8) % 3 == 0) {
            struct sim_op *back = sim_op_new(sim, SIM_OP_RETURN_SALE, shop);
            back->subject = earn;
            sim_step_set_member(sim, back, member);
            back->amount = 1 + (n[3] >> i % 8) % earn->amount;
            sim_step_begin(sim, back, in_ms + SIM_SECOND);
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

void sim_fault_do(struct sim *sim, const struct sim_step *step)
{
    const uint32_t *n = step->numbers;
    switch ((int)step->kind) {
    case SIM_STEP_CRASH:
        do_crash(sim, n);
        break;
    case SIM_STEP_CUT:
        do_cut(sim, n);
        break;
    case SIM_STEP_SILENCE:
        do_silence(sim, n);
        break;
    case SIM_STEP_RUSH:
        do_rush(sim, n);
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
    default:
        ASSERT(false);
    }
}
