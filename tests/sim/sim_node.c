/* One node: a machine that starts and stops, the engine on it, and what it does by itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/batch.h"
#include "model.h"
#include "sim_charter.h"
#include "sim_check.h"
#include "sim_mandates.h"
#include "sim_op.h"
#include "sim_restore.h"
#include "sim_settle.h"

#define TICK_MS (149 * SIM_SECOND)
#define REST_MS (3 * SIM_SECOND)

static void name_node(struct sim_node *node, unsigned index)
{
    char name[PARTNER_ID_MAX];
    (void)snprintf(name, sizeof name, "brand%02u", index);
    ASSERT(partner_id_parse(name, &node->id) == ERR_OK);
}

static void make_keys(struct sim_node *node)
{
    for (unsigned i = 0; i < SIM_KEYS; i++) {
        uint8_t seed[SIGNING_SEED_BYTES] = {(uint8_t)(node->index + 1), (uint8_t)i};
        signing_key_from_seed(seed, &node->keys[i]);
        ASSERT(key_signer_init(&node->key_signers[i], &node->keys[i], SIM_COALITION,
                               &node->signers[i]) == ERR_OK);
    }
}

void sim_node_init(struct sim *sim, unsigned index)
{
    struct sim_node *node = &sim->nodes[index];
    *node = (struct sim_node){.sim = sim, .index = index};
    name_node(node, index);
    make_keys(node);
    sim_store_init(&node->store, sim->options.folder, index);
}

void sim_node_join(struct sim_node *node)
{
    struct note note = {""};
    if (node->is_partner) {
        ASSERT(charter_roster(sim_charter_of(node), &node->id, &node->roster, &note) == ERR_OK);
        sim_charter_tell_model(node);
    }
}

bool sim_node_knows(const struct sim_node *node, unsigned partner)
{
    return node->sim->model->rosters[node->index].is_known[partner];
}

void sim_node_fini(struct sim_node *node)
{
    if (node->is_up) {
        sim_session_down(node);
        sim_settle_down(node);
        engine_abandon(node->engine);
    }
    if (node->restore != NULL) {
        sim_restore_fini(node);
    }
    charter_roster_fini(&node->roster);
    sim_store_fini(&node->store);
}

/* ---- time ---- */

int64_t sim_node_clock(const struct sim_node *node)
{
    int64_t run = node->sim->now - SIM_START_MS;
    return node->sim->now + node->clock_offset + run / 1000 * node->clock_drift_ppm / 1000;
}

/* Whenever the writer looks, the ledger's time moves; the timekeeper's look alone does not. */
static struct unix_ms clock_port_now(void *context)
{
    struct sim_node *node = context;
    int64_t clock = sim_node_clock(node);
    if (node->is_looking) {
        node->is_looking = false;
    } else if (clock > node->ledger_ms) {
        node->ledger_ms = clock;
    }
    return (struct unix_ms){clock};
}

/* ---- the engine ---- */

static void on_commit(void *context, uint64_t last_row, bool has_entries)
{
    struct sim_node *node = context;
    (void)last_row;
    node->has_entries = node->has_entries || has_entries;
    if (node->slow_ms > 0) {
        node->busy_until = node->sim->now + node->slow_ms;
    }
}

static void on_trouble(void *context, const char *what, const char *detail)
{
    struct sim_node *node = context;
    (void)snprintf(node->trouble, sizeof node->trouble, "%s: %.200s", what, detail);
    sim_tell(node->sim, "%s trouble: %s", node->id.text, node->trouble);
    if (strcmp(what, "apply-failed") == 0) {
        (void)sim_fail(node->sim, "%s: %s", node->id.text, node->trouble);
    }
}

static void on_event(void *context, const struct peer_event *event)
{
    struct sim_node *node = context;
    struct sim_counts *counts = &node->sim->counts;
    if (event->kind == PEER_BATCH_TAKEN) {
        counts->entries += event->count;
        counts->refused += event->refused;
    }
}

struct peer_host sim_node_host(struct sim_node *node)
{
    return (struct peer_host){
        .engine = node->engine,
        .signer = &node->signers[node->key],
        .charter = sim_charter_of(node),
        .roster = &node->roster,
        .view = sim_store_view(&node->store),
        .now = {sim_node_clock(node)},
        .context = node,
        .on_event = on_event,
    };
}

static struct engine_terms terms_of(const struct sim_node *node)
{
    return (struct engine_terms){.roster = &node->roster,
                                 .refund_grace_ms = node->sim->model->refund_grace_ms,
                                 .debt_limit = {node->sim->model->debt_limit},
                                 .outbox_entries = node->sim->model->outbox,
                                 .signer = &node->signers[node->key]};
}

void sim_node_sign_with(struct sim_node *node, unsigned key)
{
    node->key = key;
    if (node->is_up) {
        struct engine_terms terms = terms_of(node);
        ASSERT(engine_set_terms(node->engine, &terms) == ERR_OK);
        (void)sim_node_after(node);
    }
}

static enum err open_engine(struct sim_node *node, struct note *note)
{
    struct engine_options options = {
        .journal = sim_disk_journal(&node->store.disk),
        .tables = sim_store_tables(&node->store),
        .signer = node->signers[node->key],
        .coalition = SIM_COALITION,
        .clock = {node, clock_port_now},
        .terms = terms_of(node),
        .on_commit = on_commit,
        .on_trouble = on_trouble,
        .hook_context = node,
        .is_driven = true,
        .may_write = sim_restore_may_write,
        .may_write_context = node,
    };
    return engine_open(&options, &node->engine, note);
}

/* The ledger goes on from the time of its last batch. */
static void read_last_time(struct sim_node *node)
{
    struct batch_view batch;
    node->ledger_ms = 0;
    if (node->store.disk.count > 0) {
        const struct sim_batch *last = &node->store.disk.batches[node->store.disk.count - 1];
        ASSERT(batch_open(slice_of(last->bytes, last->length), &batch) == ERR_OK);
        node->ledger_ms = batch.time.ms;
    }
}

/* What was under way when the machine stopped has happened, or has not. */
static void resolve_doubts(struct sim_node *node)
{
    for (size_t i = 0; i < node->doubt_count; i++) {
        const struct sim_doubt *doubt = &node->doubts[i];
        if (doubt->is_due) {
            if (node->store.disk.next_row > doubt->next_row) {
                model_fall_due(node->sim->model, node->index, doubt->clock_ms, doubt->ledger_ms);
            }
            continue;
        }
        sim_check_doubt(node, doubt);
    }
    node->doubt_count = 0;
}

void sim_node_doubt(struct sim_node *node, struct sim_doubt doubt)
{
    ASSERT(node->doubt_count < SIM_DOUBTS_MAX);
    node->doubts[node->doubt_count++] = doubt;
}

static void begin_sessions(struct sim_node *node)
{
    struct sim *sim = node->sim;
    for (unsigned i = 0; i < sim->node_count; i++) {
        struct sim_link *link = &node->links[i];
        if (i == node->index) {
            continue;
        }
        *link = (struct sim_link){.pause_ms = SIM_SECOND, .forked_at = link->forked_at};
        outgoing_init(&link->outgoing, &sim->nodes[i].id, engine_journal(node->engine));
    }
    sim_session_follow(node);
}

static void check_start(struct sim_node *node, uint64_t rows_before)
{
    bool is_as_left = rows_before == node->durable_row + 1;
    if (node->store.disk.next_row < node->durable_row + 1) {
        (void)sim_fail(node->sim, "%s lost journal rows that it had answered for", node->id.text);
    } else if (is_as_left && node->starts > 1 && sim_store_mark(&node->store) != node->sum) {
        (void)sim_fail(node->sim, "%s: the tables rolled forward are not those that it left",
                       node->id.text);
    }
}

void sim_node_start(struct sim_node *node)
{
    struct note note = {""};
    struct sim *sim = node->sim;
    if (node->is_up) {
        return;
    }
    if (sim->now < node->not_before || !sim_restore_may_start(node)) {
        int64_t later = sim->now + 10 * SIM_SECOND;
        sim_events_add(
            &sim->events,
            (struct sim_event){.at = later, .kind = SIM_EVENT_START, .node = node->index});
        return;
    }
    enum err err = sim_store_open(&node->store, &note);
    if (err == ERR_OK) {
        err = open_engine(node, &note);
    }
    if (err != ERR_OK) {
        (void)sim_fail(sim, "%s does not start: %s: %s", node->id.text, err_name(err), note.text);
        return;
    }
    node->is_up = true;
    node->starts++;
    node->busy_until = 0;
    sim_tell(sim, "%s starts at row %llu", node->id.text,
             (unsigned long long)node->store.disk.next_row);
    check_start(node, node->store.disk.next_row);
    resolve_doubts(node);
    read_last_time(node);
    sim_restore_up(node);
    for (unsigned i = 0; i < sim->node_count; i++) {
        if (i != node->index) {
            sim_settle_look(node, i);
        }
    }
    begin_sessions(node);
    sim_events_add(&sim->events, (struct sim_event){.at = sim->now + TICK_MS,
                                                    .kind = SIM_EVENT_TICK,
                                                    .node = node->index,
                                                    .number = node->starts});
    if (sim_adopt(node) && sim_check_streams(node) && sim_mandates_check(node)) {
        sim_check_members_of(node);
    }
    node->sum = sim_store_mark(&node->store);
    node->durable_row = node->store.disk.next_row - 1;
}

void sim_node_crash(struct sim_node *node)
{
    struct sim *sim = node->sim;
    if (!node->is_up) {
        return;
    }
    sim_tell(sim, "%s stops at row %llu", node->id.text,
             (unsigned long long)node->store.disk.next_row);
    node->store.disk.is_stopped = true;
    node->is_up = false;
    sim->counts.crashes++;
    sim->counts.commands += engine_stats(node->engine).commands;
    sim_session_down(node);
    sim_settle_down(node);
    sim_restore_down(node);
    engine_abandon(node->engine);
    node->engine = NULL;
    node->has_entries = false;
    sim_store_close(&node->store);
    if (sim_random_chance(&sim->luck, 100)) {
        sim_store_wipe(&node->store);
    }
    sim_events_add(&sim->events,
                   (struct sim_event){
                       .at = sim->now + REST_MS +
                             (int64_t)sim_random_below(&sim->luck, sim->is_healing ? 1000 : 200000),
                       .kind = SIM_EVENT_START,
                       .node = node->index});
}

bool sim_node_after(struct sim_node *node)
{
    if (node->store.disk.is_stopped) {
        sim_node_crash(node);
        return false;
    }
    uint64_t sum = sim_store_mark(&node->store);
    node->durable_row = node->store.disk.next_row - 1;
    if (sum != node->sum) {
        node->sum = sum;
        (void)sim_check_streams(node);
    }
    if (node->has_entries) {
        node->has_entries = false;
        sim_session_pump(node);
    }
    return true;
}

void sim_node_tick(struct sim_node *node)
{
    bool is_more = true;
    for (int round = 0; round < 4 && is_more; round++) {
        uint64_t next_row = node->store.disk.next_row;
        int64_t clock = sim_node_clock(node);
        sim_till_queue(node);
        node->is_looking = true;
        is_more = engine_keep_time(node->engine);
        node->is_looking = false;
        /* What follows may commit as well: of that nothing fell due. */
        bool is_made = node->store.disk.next_row > next_row;
        bool is_unsure = node->store.disk.is_stopped;
        sim_till_unqueue(node);
        if (is_unsure) {
            sim_node_doubt(node, (struct sim_doubt){.is_due = true,
                                                    .next_row = next_row,
                                                    .ledger_ms = node->ledger_ms,
                                                    .clock_ms = clock});
        } else if (is_made) {
            model_fall_due(node->sim->model, node->index, clock, node->ledger_ms);
            is_more = true;
        }
        if (!sim_node_after(node)) {
            return;
        }
    }
    if (sim_random_chance(&node->sim->luck, 300)) {
        sim_store_write_down(&node->store, &node->sim->luck);
    }
    for (unsigned i = 0; i < node->sim->node_count && node->is_up; i++) {
        if (node->sim->is_healing || sim_random_chance(&node->sim->luck, 50)) {
            sim_settle_round(node, i);
        }
    }
    sim_mandates_round(node);
    if (!node->is_up) {
        return;
    }
    sim_events_add(&node->sim->events, (struct sim_event){.at = node->sim->now + TICK_MS,
                                                          .kind = SIM_EVENT_TICK,
                                                          .node = node->index,
                                                          .number = node->starts});
}
