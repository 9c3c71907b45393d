/* Tills and offices: each operation is told until it is answered, with the same id, whatever
 * happens to the node meanwhile. */
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "peer/abroad.h"
#include "peer/grant.h"
#include "sim_check.h"
#include "sim_network.h"
#include "sim_restore.h"

#define QUESTION_MS (3 * SIM_SECOND)

const char *sim_op_name(enum sim_op_kind kind)
{
    static const char *const names[SIM_OP_KIND_END] = {
        "enrol",       "earn",     "hold",  "capture", "void",        "return-sale",
        "return-burn", "transfer", "block", "unblock", "close-period"};
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

static struct sim_op *op_of_id(const struct sim *sim, const struct uid *id)
{
    size_t index = get_u32_be(id->bytes + 12);
    if (index >= sim->op_count || !uid_equal(&sim->ops[index]->command.transaction_id, id)) {
        return NULL;
    }
    return sim->ops[index];
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
    op->tries_max = 4;
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

static void try_later(struct sim *sim, struct sim_op *op, int64_t ms)
{
    sim_events_add(&sim->events, (struct sim_event){.at = sim->now + ms,
                                                    .kind = SIM_EVENT_OP,
                                                    .node = op->shop,
                                                    .number = op->index});
}

/* What the node makes of the till's words, each time it hears them. */
static void make_command(struct sim_node *node, struct sim_op *op)
{
    struct sim *sim = node->sim;
    struct command *c = &op->command;
    const struct model_member *member = &sim->model->members[op->member];
    c->business_time.ms = sim_node_clock(node);
    switch (op->kind) {
    case SIM_OP_ENROL:
        c->kind = COMMAND_ENROL;
        c->enrol.member = uid_v7(sim->now, c->transaction_id.bytes + 6);
        c->enrol.member.bytes[7] ^= (uint8_t)op->tries;
        break;
    case SIM_OP_EARN:
        c->kind = COMMAND_EARN;
        c->earn.card = member->card;
        c->earn.amount.minor = op->amount;
        c->earn.is_fixed = true;
        c->earn.fixed_points.minor = op->points;
        c->earn.active_from.ms = op->active_from;
        c->earn.expires_at.ms = op->expires_at;
        break;
    case SIM_OP_HOLD:
        c->kind = is_abroad(op) ? COMMAND_FOREIGN_HOLD : COMMAND_HOLD;
        c->hold.redeemer = node->id;
        c->hold.card = member->card;
        c->hold.asked = is_abroad(op) ? member->card : (struct card_number){{0}};
        c->hold.points.minor = op->points;
        if (!op->is_granted) {
            c->hold.capture_by.ms = c->business_time.ms + op->amount;
            c->hold.deliver_by.ms = c->hold.capture_by.ms + sim->deliver_ms;
        }
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
        c->kind = COMMAND_TRANSFER;
        c->transfer.from = member->id;
        c->transfer.to = sim->model->members[op->to].id;
        c->transfer.points.minor = op->points;
        break;
    case SIM_OP_BLOCK:
    case SIM_OP_UNBLOCK:
        c->kind = op->kind == SIM_OP_BLOCK ? COMMAND_BLOCK_CARD : COMMAND_UNBLOCK_CARD;
        c->card.card = member->card;
        break;
    case SIM_OP_CLOSE:
        c->kind = COMMAND_CLOSE_PERIOD;
        c->close_period.period = op->period;
        break;
    case SIM_OP_KIND_END:
        break;
    }
    op->business_ms = c->business_time.ms;
    if (op->kind == SIM_OP_HOLD) {
        op->capture_by = c->hold.capture_by.ms;
        op->deliver_by = c->hold.deliver_by.ms;
    }
}

static void answered(struct sim *sim, struct sim_op *op, enum verdict verdict, int64_t points)
{
    op->is_answered = true;
    op->verdict = verdict;
    op->told = points;
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
    if (op->kind == SIM_OP_TRANSFER) {
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
    if (outcome->verdict != m->verdict || outcome->is_repeat != is_repeat ||
        outcome->answer.points.minor != m->points) {
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
    answered(sim, op, outcome->verdict, outcome->answer.points.minor);
}

/* Tells the command to the ledger. */
static void tell(struct sim_node *node, struct sim_op *op)
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
        try_later(sim, op, SIM_SECOND + (int64_t)sim_random_below(&sim->luck, 20000));
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
    op->member = subject->member;
    op->tries++;
    make_command(node, op);
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
        try_later(node->sim, op, SIM_MINUTE);
    }
}

/* ---- abroad ---- */

static void ask_home(struct sim_node *node, struct sim_op *op)
{
    struct sim *sim = node->sim;
    struct peer_host host = sim_node_host(node);
    struct hold_request request = abroad_request(&host, &op->command);
    struct signed_message envelope;
    struct buffer bytes = {0};
    Talea__V1__AuthoriseHoldRequest message = TALEA__V1__AUTHORISE_HOLD_REQUEST__INIT;
    Talea__V1__Signed inner;
    ASSERT(abroad_sign(&host, &request, &bytes) == ERR_OK);
    ASSERT(signed_decode(buffer_slice(&bytes), &envelope) == ERR_OK);
    signed_to_message(&envelope, &inner);
    message.request = &inner;
    op->question = ++sim->next_connection;
    op->asked = request;
    (void)sim_network_send(node, op->home, SIM_MESSAGE_ASK, op->question, &message.base, NULL);
    sim_events_add(&sim->events, (struct sim_event){.at = sim->now + QUESTION_MS,
                                                    .kind = SIM_EVENT_ASKED,
                                                    .node = node->index,
                                                    .from = (unsigned)op->tries,
                                                    .number = op->index});
    buffer_fini(&bytes);
}

void sim_till_asked(struct sim *sim, size_t index, unsigned tries)
{
    struct sim_op *op = sim->ops[index];
    if (op->question == 0 || op->tries != tries) {
        return;
    }
    op->question = 0;
    if (op->tries < op->tries_max) {
        try_later(sim, op, SIM_SECOND + (int64_t)sim_random_below(&sim->luck, 10000));
    } else { /* the shopper pays with money */
        op->is_given_up = true;
        sim->open_ops--;
    }
}

static enum err read_answer(struct sim_node *node, struct sim_op *op, struct slice bytes,
                            struct abroad_answer *out_answer, struct note *note)
{
    struct peer_host host = sim_node_host(node);
    struct signed_message envelope;
    const ProtobufCMessage *message =
        sim_network_read(&talea__v1__authorise_hold_response__descriptor, bytes);
    if (message == NULL) {
        return note_set(note, ERR_INPUT, "can't be read");
    }
    const Talea__V1__AuthoriseHoldResponse *response =
        (const Talea__V1__AuthoriseHoldResponse *)(const void *)message;
    TRY(signed_of_message(response->answer, &envelope));
    return abroad_take_answer(&host, &op->asked, &envelope, out_answer, note);
}

/* What the home promised is what it should have. */
static void check_grant(struct sim *sim, struct sim_op *op)
{
    const struct model_op *m = model_op_of(sim->model, op);
    if (sim->nodes[op->home].is_liar) {
        return;
    }
    if (m->home_hold.state == MODEL_NONE || m->home_hold.capture_by != op->capture_by ||
        m->home_hold.deliver_by != op->deliver_by) {
        (void)sim_fail(sim, "hold %zu: the grant of %s promises what was not reserved", op->index,
                       sim->nodes[op->home].id.text);
    }
}

static void refused_by_home(struct sim_node *node, struct sim_op *op,
                            const struct hold_refusal *refusal)
{
    struct sim *sim = node->sim;
    const struct model_op *m = model_op_of(sim->model, op);
    const char *expected = verdict_describe(m->home_verdict)->name;
    if (!sim->nodes[op->home].is_liar &&
        (!m->is_decided_at_home || strcmp(refusal->reason, expected) != 0)) {
        (void)sim_fail(sim, "hold %zu: %s refuses with %s, the model says %s", op->index,
                       sim->nodes[op->home].id.text, refusal->reason, expected);
    }
    answered(sim, op, m->home_verdict, 0);
}

void sim_till_answer(struct sim_node *node, unsigned from, uint64_t question, struct slice bytes)
{
    struct sim *sim = node->sim;
    struct sim_op *op = NULL;
    struct abroad_answer answer;
    struct note note = {""};
    for (size_t i = sim->op_count; i > 0 && op == NULL; i--) {
        struct sim_op *candidate = sim->ops[i - 1];
        op = candidate->question == question && question != 0 ? candidate : NULL;
    }
    if (op == NULL || op->home != from || op->is_answered) {
        return;
    }
    if (read_answer(node, op, bytes, &answer, &note) != ERR_OK) {
        return; /* the deadline will come */
    }
    op->question = 0;
    if (!answer.is_granted) {
        refused_by_home(node, op, &answer.refusal);
        return;
    }
    buffer_fini(&op->evidence);
    abroad_use_grant(&answer, &op->command);
    op->evidence = answer.evidence;
    op->is_granted = true;
    op->granted_start = node->starts;
    op->capture_by = op->command.hold.capture_by.ms;
    op->deliver_by = op->command.hold.deliver_by.ms;
    check_grant(sim, op);
    tell(node, op);
}

static void send_answer(struct sim_node *node, unsigned to, uint64_t question,
                        struct slice signed_bytes)
{
    Talea__V1__AuthoriseHoldResponse message = TALEA__V1__AUTHORISE_HOLD_RESPONSE__INIT;
    Talea__V1__Signed inner;
    struct signed_message envelope;
    if (signed_bytes.length > 0) {
        ASSERT(signed_decode(signed_bytes, &envelope) == ERR_OK);
        signed_to_message(&envelope, &inner);
        message.answer = &inner;
    }
    (void)sim_network_send(node, to, SIM_MESSAGE_ANSWER, question, &message.base, NULL);
}

/* The home's own verdict, beside what it should be. */
static void judge_at_home(struct sim_node *node, struct sim_op *op, const struct command *command,
                          const struct outcome *outcome)
{
    struct sim *sim = node->sim;
    struct model_op *m = model_op_of(sim->model, op);
    bool is_repeat = m->is_decided_at_home;
    if (!is_repeat) {
        model_decide_at_home(sim->model, op, command->hold.capture_by.ms,
                             command->hold.deliver_by.ms, node->ledger_ms);
    }
    sim_tell(sim, "%s, home, answers hold %zu: %s%s", node->id.text, op->index,
             verdict_describe(outcome->verdict)->name, outcome->is_repeat ? " again" : "");
    if (outcome->verdict != m->home_verdict || outcome->is_repeat != is_repeat) {
        (void)sim_fail(sim, "hold %zu at its home %s: the node says %s%s, the model %s%s",
                       op->index, node->id.text, verdict_describe(outcome->verdict)->name,
                       outcome->is_repeat ? " again" : "", verdict_describe(m->home_verdict)->name,
                       is_repeat ? " again" : "");
    }
    (void)sim_check_member(node, &sim->model->members[op->member]);
}

/* Reads and decides; `out_answer` stays empty when there is none to give. */
static enum err decide_question(struct sim_node *node, unsigned from, struct slice bytes,
                                struct buffer *evidence, struct buffer *out_answer)
{
    struct sim *sim = node->sim;
    struct peer_host host = sim_node_host(node);
    struct signed_message envelope;
    struct hold_request request;
    struct command command;
    struct note note = {""};
    const ProtobufCMessage *message =
        sim_network_read(&talea__v1__authorise_hold_request__descriptor, bytes);
    if (message == NULL) {
        return ERR_INPUT;
    }
    TRY(signed_of_message(((const Talea__V1__AuthoriseHoldRequest *)(const void *)message)->request,
                          &envelope));
    TRY(grant_take_request(&host, &sim->nodes[from].id, &envelope, sim->deliver_ms, &request,
                           &command, evidence, &note));
    struct sim_op *op = op_of_id(sim, &request.transaction_id);
    ASSERT(op != NULL);
    uint64_t next_row = node->store.disk.next_row;
    struct outcome outcome = engine_execute(node->engine, &command);
    if (node->store.disk.is_stopped) {
        sim_node_doubt(node, (struct sim_doubt){.op = op,
                                                .is_at_home = true,
                                                .next_row = next_row,
                                                .ledger_ms = node->ledger_ms,
                                                .capture_by = command.hold.capture_by.ms,
                                                .deliver_by = command.hold.deliver_by.ms});
        return ERR_STORAGE;
    }
    TRY(outcome.err);
    judge_at_home(node, op, &command, &outcome);
    return grant_answer(&host, &request, &outcome, out_answer);
}

void sim_home_ask(struct sim_node *node, unsigned from, uint64_t question, struct slice bytes)
{
    struct buffer evidence = {0};
    struct buffer answer = {0};
    enum err err = decide_question(node, from, bytes, &evidence, &answer);
    if (sim_node_after(node)) {
        send_answer(node, from, question, buffer_slice(&answer));
    }
    (void)err; /* an error is an answer without content */
    buffer_fini(&evidence);
    buffer_fini(&answer);
}

/* ---- the till ---- */

void sim_till_try(struct sim *sim, size_t index)
{
    struct sim_op *op = sim->ops[index];
    struct sim_node *node = &sim->nodes[op->shop];
    if (op->is_answered || op->is_given_up || op->question != 0) {
        return;
    }
    bool is_news = op->kind == SIM_OP_BLOCK || op->kind == SIM_OP_UNBLOCK;
    bool must_wait = is_news && sim_restore_has_lost(node); /* all hear of it, or none */
    if (!node->is_up || node->busy_until > sim->now || must_wait) {
        try_later(sim, op, SIM_SECOND + (int64_t)sim_random_below(&sim->luck, 20000));
        return;
    }
    op->tries++;
    op->is_granted = op->is_granted && op->granted_start == node->starts;
    make_command(node, op);
    if (op->kind == SIM_OP_HOLD && is_abroad(op) && !op->is_granted) {
        ask_home(node, op);
    } else {
        tell(node, op);
    }
}
