#include "sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "sim_charter.h"
#include "sim_check.h"
#include "sim_dispute.h"
#include "sim_liar.h"
#include "sim_mandates.h"
#include "sim_network.h"
#include "sim_op.h"
#include "sim_restore.h"
#include "sim_settle.h"
#include "sim_workload.h"

#define ALL_EVERY_MS (30 * SIM_MINUTE) /* between two looks at everything */

bool sim_fail(struct sim *sim, const char *format, ...)
{
    if (!sim->has_failed) {
        va_list arguments;
        va_start(arguments, format);
        (void)vsnprintf(sim->complaint, sizeof sim->complaint, format, arguments);
        va_end(arguments);
        sim->has_failed = true;
    }
    return false;
}

void sim_tell(const struct sim *sim, const char *format, ...)
{
    va_list arguments;
    int64_t run = sim->now - SIM_START_MS;
    if (!sim->options.is_loud) {
        return;
    }
    (void)printf("%3lld:%02lld:%02lld.%03lld  ", (long long)(run / SIM_HOUR),
                 (long long)(run / SIM_MINUTE % 60), (long long)(run / SIM_SECOND % 60),
                 (long long)(run % SIM_SECOND));
    va_start(arguments, format);
    (void)vprintf(format, arguments);
    va_end(arguments);
    (void)putchar('\n');
}

/* ---- the coalition ---- */

void sim_init(struct sim *sim, const struct sim_options *options, unsigned nodes)
{
    *sim = (struct sim){.options = *options, .now = SIM_START_MS, .node_count = nodes};
    sim->luck = sim_random_of(options->seed);
    sim->incoming = calloc(1, sizeof *sim->incoming);
    sim->taking = calloc(1, sizeof *sim->taking);
    sim->request_room = calloc(1, sizeof *sim->request_room);
    sim->response_room = calloc(1, sizeof *sim->response_room);
    ASSERT(sim->incoming != NULL && sim->taking != NULL && sim->request_room != NULL &&
           sim->response_room != NULL);
    sim->model = model_create(nodes, sim_random_chance(&sim->luck, 500) ? 2 * SIM_HOUR : 0,
                              sim_random_chance(&sim->luck, 700) ? INT64_MAX : 500);
    sim->deliver_ms = sim_random_chance(&sim->luck, 500)
                          ? 6 * SIM_HOUR
                          : SIM_MINUTE + (int64_t)sim_random_below(&sim->luck, SIM_HOUR);
    if (sim_limits_of_seed(options->seed)) {
        bool is_tight = sim_random_chance(&sim->luck, 600);
        sim->model->outbox = is_tight ? 3 + sim_random_below(&sim->luck, 20) : 0;
        sim->model->cap = !is_tight || sim_random_chance(&sim->luck, 500)
                              ? 1000 + (int64_t)sim_random_below(&sim->luck, 9000)
                              : 0;
    }
    sim->model->answer_ms = (10 + (int64_t)sim_random_below(&sim->luck, 50)) * SIM_MINUTE;
    sim->model->escalate_ms = (5 + (int64_t)sim_random_below(&sim->luck, 25)) * SIM_MINUTE;
    for (unsigned i = 0; i < nodes; i++) {
        sim_node_init(sim, i);
    }
    sim_mandates_init(sim);
    if (sim_lies_of_seed(options->seed)) {
        sim->nodes[sim_random_below(&sim->luck, nodes)].is_liar = true;
    } else if (sim_restores_of_seed(options->seed)) {
        sim_restore_init(&sim->nodes[sim_random_below(&sim->luck, nodes)]);
    }
    sim_charter_init(sim);
    for (unsigned i = 0; i < nodes; i++) {
        sim_node_join(&sim->nodes[i]);
    }
}

void sim_fini(struct sim *sim)
{
    for (unsigned i = 0; i < sim->node_count; i++) {
        sim_node_fini(&sim->nodes[i]);
    }
    for (size_t i = 0; i < sim->op_count; i++) {
        sim_op_free(sim->ops[i]);
    }
    free(sim->ops);
    sim_events_fini(&sim->events);
    model_destroy(sim->model);
    sim_liar_fini(sim);
    sim_charter_fini(sim);
    free(sim->incoming);
    taking_fini(sim->taking);
    free(sim->taking);
    free(sim->request_room);
    free(sim->response_room);
}

/* ---- events ---- */

static void deliver(struct sim *sim, const struct sim_event *event)
{
    struct sim_node *node = &sim->nodes[event->node];
    struct slice bytes = slice_of(event->bytes, event->length);
    if (!node->is_up || !sim_node_knows(node, event->from)) {
        return; /* no connection, or nobody whose certificate would be good */
    }
    sim->counts.messages++;
    sim->is_foul = false;
    switch (event->message) {
    case SIM_MESSAGE_OPEN:
    case SIM_MESSAGE_REQUEST:
        sim_session_request(node, event, bytes);
        break;
    case SIM_MESSAGE_RESPONSE:
        sim_session_response(node, event, bytes);
        break;
    case SIM_MESSAGE_END:
        sim_session_ended(node, event->from, event->number);
        break;
    case SIM_MESSAGE_ASK:
        sim_home_ask(node, event->from, event->number, bytes);
        break;
    case SIM_MESSAGE_ANSWER:
        sim_abroad_answer(node, event->from, event->number, bytes);
        break;
    case SIM_MESSAGE_ACCEPT:
        sim_move_ask(node, event->from, event->number, bytes);
        break;
    case SIM_MESSAGE_ACCEPTED:
        sim_move_answer(node, event->from, event->number, bytes);
        break;
    case SIM_MESSAGE_STATEMENT:
        sim_settle_ask(node, event->from, event->number, bytes);
        break;
    case SIM_MESSAGE_STATEMENT_ANSWER:
        sim_settle_answer(node, event->from, event->number, bytes);
        break;
    case SIM_MESSAGE_COMPARE:
    case SIM_MESSAGE_RECOVER:
        sim_restore_asked(node, event, bytes);
        break;
    case SIM_MESSAGE_HOLDINGS:
    case SIM_MESSAGE_PAGE:
        sim_restore_answered(node, event, bytes);
        break;
    case SIM_MESSAGE_FETCH:
        sim_mandates_ask(node, event->from, event->number);
        break;
    case SIM_MESSAGE_MANDATES:
        sim_mandates_take(node, event->from, event->number, bytes);
        break;
    }
}

/* What comes to a node that waits for its disk comes when it is done. */
static bool is_put_off(struct sim *sim, struct sim_event *event)
{
    const struct sim_node *node = &sim->nodes[event->node];
    bool is_for_node = event->kind == SIM_EVENT_MESSAGE || event->kind == SIM_EVENT_TICK ||
                       event->kind == SIM_EVENT_DIAL || event->kind == SIM_EVENT_WATCH;
    if (!is_for_node || !node->is_up || node->busy_until <= sim->now) {
        return false;
    }
    event->at = node->busy_until;
    sim_events_add(&sim->events, *event);
    event->bytes = NULL;
    return true;
}

/* What partners bring back goes on until something else happens there. */
static bool is_recovery(const struct sim_event *event)
{
    return event->kind == SIM_EVENT_SHOWN ||
           (event->kind == SIM_EVENT_MESSAGE &&
            (event->message == SIM_MESSAGE_HOLDINGS || event->message == SIM_MESSAGE_PAGE));
}

static void happen(struct sim *sim, const struct sim_event *event)
{
    struct sim_node *node = &sim->nodes[event->node];
    bool is_of_this_start = node->is_up && node->starts == event->number;
    if (!is_recovery(event) && !sim_adopt(node)) {
        return;
    }
    switch (event->kind) {
    case SIM_EVENT_MESSAGE:
        deliver(sim, event);
        break;
    case SIM_EVENT_OP:
        sim_till_try(sim, event->number);
        break;
    case SIM_EVENT_ASKED:
        sim_abroad_asked(sim, event->number, event->from);
        break;
    case SIM_EVENT_START:
        sim_node_start(node);
        break;
    case SIM_EVENT_DIAL:
        if (is_of_this_start) {
            sim_session_dial(node, event->from);
        }
        break;
    case SIM_EVENT_WATCH:
        if (node->is_up) {
            sim_session_watch(node, event->from, event->number);
        }
        break;
    case SIM_EVENT_TICK:
        if (is_of_this_start) {
            sim_node_tick(node);
        }
        break;
    case SIM_EVENT_SHOWN:
        if (node->is_up) {
            sim_restore_deadline(node, event->from, event->number);
        }
        break;
    case SIM_EVENT_EPOCH:
        sim_charter_learn(node, event->number);
        break;
    case SIM_EVENT_MEND:
        sim_step_mend(sim, event);
        break;
    }
}

void sim_run_until(struct sim *sim, int64_t until)
{
    struct sim_event event;
    while (!sim->has_failed && sim_events_take(&sim->events, until, &event)) {
        sim->now = event.at > sim->now ? event.at : sim->now;
        if (!is_put_off(sim, &event)) {
            happen(sim, &event);
        }
        free(event.bytes);
    }
    sim->now = until > sim->now ? until : sim->now;
}

/* ---- a run ---- */

static void check_now_and_then(struct sim *sim, int64_t *next)
{
    if (sim->now >= *next) {
        *next = sim->now + ALL_EVERY_MS;
        for (unsigned i = 0; i < sim->node_count; i++) {
            (void)sim_check_node(&sim->nodes[i]);
        }
    }
}

/* No more faults: all that was under way comes to its end. */
static void drain(struct sim *sim)
{
    sim_step_heal(sim);
    for (int minutes = 0; minutes < 240 && !sim->has_failed; minutes++) {
        sim_run_until(sim, sim->now + SIM_MINUTE);
        if (sim_check_is_quiet(sim) && sim_restore_is_done(sim) && !sim_charter_is_awaited(sim) &&
            sim_step_part(sim) && sim_dispute_end(sim) && sim_settle_is_done(sim)) {
            return;
        }
    }
    for (size_t i = 0; i < sim->op_count; i++) {
        const struct sim_op *op = sim->ops[i];
        if (!op->is_answered && !op->is_given_up) {
            (void)sim_fail(sim, "it does not come to rest: %s %zu at %s waits, tried %u times",
                           sim_op_name(op->kind), i, sim->nodes[op->shop].id.text, op->tries);
        }
    }
    (void)sim_fail(sim, "it does not come to rest: %s",
                   !sim_check_is_quiet(sim)      ? "not all streams are receipted"
                   : !sim_restore_is_done(sim)   ? "a ledger is not whole again"
                   : sim_charter_is_awaited(sim) ? "the charter is not known everywhere"
                   : !sim_dispute_end(sim)       ? "not all disputes are over"
                                                 : "not all statements are agreed");
}

bool sim_run(struct sim *sim, const struct sim_list *list)
{
    int64_t next_check = SIM_START_MS + ALL_EVERY_MS;
    for (unsigned i = 0; i < sim->node_count; i++) {
        if (sim->nodes[i].is_partner) {
            sim_node_start(&sim->nodes[i]);
        }
    }
    for (size_t i = 0; i < list->count && !sim->has_failed; i++) {
        sim_run_until(sim, SIM_START_MS + list->steps[i].at);
        sim_step_do(sim, &list->steps[i]);
        check_now_and_then(sim, &next_check);
    }
    drain(sim);
    if (!sim->has_failed) {
        sim_run_until(sim, sim->now + 12 * SIM_HOUR); /* what is held ends */
    }
    if (!sim->has_failed) {
        (void)sim_check_all(sim);
    }
    for (unsigned i = 0; i < sim->node_count; i++) {
        if (sim->nodes[i].is_up) {
            sim->counts.commands += engine_stats(sim->nodes[i].engine).commands;
        }
    }
    sim_mandates_count(sim);
    sim->counts.moved = sim->model->moved;
    sim->counts.moved_far = sim->model->moved_far;
    sim->counts.resent = sim->model->resent;
    sim->counts.sent_twice = sim->model->sent_twice;
    sim->counts.lots_back = sim->model->lots_back;
    sim->counts.opened = sim->model->opened;
    sim_till_count(sim);
    sim->counts.disputed = sim->model->disputed;
    sim->counts.silences = sim->model->silences;
    sim->counts.no_room = sim->model->no_room;
    sim->counts.capped = sim->model->capped;
    sim->counts.virtual_ms = sim->now - SIM_START_MS;
    return !sim->has_failed;
}
