/* Holds that another brand is the home of: our till's call, and the home's side of another's.
 *
 * A call asks the home a few times; what ends it without an answer is a stand-in within the home's
 * mandate, or giving up. It ends with the machine, too: then the till calls anew, by the same id.
 */
#include <string.h>

#include "model.h"
#include "peer/abroad.h"
#include "peer/grant.h"
#include "sim_check.h"
#include "sim_network.h"
#include "sim_restore.h"

#define QUESTION_MS   (3 * SIM_SECOND)
#define CALLS_MAX     40u /* a shopper whose home nobody can ask pays with money */
#define CALL_AGAIN_MS (5 * SIM_MINUTE)

static struct sim_op *op_of_id(const struct sim *sim, const struct uid *id)
{
    size_t index = get_u32_be(id->bytes + 12);
    if (index >= sim->op_count || !uid_equal(&sim->ops[index]->command.transaction_id, id)) {
        return NULL;
    }
    return sim->ops[index];
}

/* Before it is told to the ledger: the node's choice, beside what the model would do. */
static void check_way(struct sim_node *node, const struct sim_op *op, enum abroad_way way)
{
    bool stands_in = model_would_stand_in(node->sim->model, op, sim_node_clock(node));
    if ((way == ABROAD_STANDS_IN) != stands_in) {
        (void)sim_fail(node->sim, "%s %s for hold %zu, and by the model it %s", node->id.text,
                       way == ABROAD_STANDS_IN ? "stands in" : "does not stand in", op->index,
                       stands_in ? "would" : "would not");
    }
}

/* The call ends by what its command says now. */
static void end_call(struct sim_node *node, struct sim_op *op)
{
    op->call = 0;
    op->capture_by = op->command.hold.capture_by.ms;
    op->deliver_by = op->command.hold.deliver_by.ms;
    sim_till_tell(node, op);
}

static void stand_in(struct sim_node *node, struct sim_op *op, const struct command *command)
{
    op->command = *command;
    op->way = SIM_WAY_STANDS_IN;
    end_call(node, op);
}

/* Nobody is asked any more. */
static void end_without_home(struct sim_node *node, struct sim_op *op)
{
    struct sim *sim = node->sim;
    struct peer_host host = sim_node_host(node);
    struct abroad_end end;
    struct command command = op->command;
    ASSERT(abroad_without_home(&host, &op->asked, op->was_asked, &command, &end) == ERR_OK);
    check_way(node, op, end.way);
    switch (end.way) {
    case ABROAD_STANDS_IN:
        stand_in(node, op, &command);
        break;
    case ABROAD_IS_GIVEN_UP:
        op->command = command;
        op->way = SIM_WAY_GIVEN_UP;
        end_call(node, op);
        break;
    case ABROAD_IS_REFUSED:
        op->call = 0;
        if (op->tries < CALLS_MAX && sim_random_chance(&sim->luck, 500)) {
            sim_till_try_later(sim, op, (int64_t)sim_random_below(&sim->luck, CALL_AGAIN_MS));
        } else {
            op->is_given_up = true;
            sim->open_ops--;
        }
    }
}

static void ask_home(struct sim_node *node, struct sim_op *op)
{
    struct sim *sim = node->sim;
    struct peer_host host = sim_node_host(node);
    struct signed_message envelope;
    struct buffer bytes = {0};
    Talea__V1__AuthoriseHoldRequest message = TALEA__V1__AUTHORISE_HOLD_REQUEST__INIT;
    Talea__V1__Signed inner;
    ASSERT(abroad_sign(&host, &op->asked, &bytes) == ERR_OK);
    ASSERT(signed_decode(buffer_slice(&bytes), &envelope) == ERR_OK);
    signed_to_message(&envelope, &inner);
    message.request = &inner;
    op->question = ++sim->next_connection;
    op->call_tries++;
    op->was_asked =
        op->was_asked || node->links[op->home].connection != 0 || sim->nodes[op->home].is_up;
    (void)sim_network_send(node, op->home, SIM_MESSAGE_ASK, op->question, &message.base, NULL);
    sim_events_add(&sim->events, (struct sim_event){.at = sim->now + QUESTION_MS,
                                                    .kind = SIM_EVENT_ASKED,
                                                    .node = node->index,
                                                    .from = (unsigned)op->tries,
                                                    .number = op->index});
    buffer_fini(&bytes);
}

/* Has it ended before, or does a mandate end it at once, since the home is known to be away? */
static bool ends_at_once(struct sim_node *node, struct sim_op *op)
{
    struct peer_host host = sim_node_host(node);
    struct command command = op->command;
    struct abroad_end end;
    bool is_told = false;
    ASSERT(abroad_is_told(&host, &op->command, &is_told) == ERR_OK);
    if (is_told) {
        end_call(node, op);
        return true;
    }
    if (node->links[op->home].connection != 0) {
        return false;
    }
    ASSERT(abroad_without_home(&host, &op->asked, false, &command, &end) == ERR_OK);
    check_way(node, op, end.way);
    if (end.way == ABROAD_STANDS_IN) {
        stand_in(node, op, &command);
        return true;
    }
    return false;
}

static bool is_in_call(const struct sim_node *node, const struct sim_op *op)
{
    return op->call != 0 && op->call == node->starts;
}

void sim_abroad_try(struct sim_node *node, struct sim_op *op)
{
    if (!is_in_call(node, op) && !sim_node_knows(node, op->home)) {
        sim_till_answered(node->sim, op, VERDICT_PARTNER_UNKNOWN, 0); /* and nothing is recorded */
        return;
    }
    if (!is_in_call(node, op)) {
        struct peer_host host = sim_node_host(node);
        sim_till_make(node, op);
        op->asked = abroad_request(&host, &op->command);
        op->call = node->starts;
        op->call_tries = 0;
        op->was_asked = false;
        if (ends_at_once(node, op)) {
            return;
        }
    }
    ask_home(node, op);
}

void sim_abroad_asked(struct sim *sim, size_t index, unsigned tries)
{
    struct sim_op *op = sim->ops[index];
    struct sim_node *node = &sim->nodes[op->shop];
    if (op->question == 0 || op->tries != tries) {
        return;
    }
    op->question = 0;
    bool is_over = node->is_up && node->busy_until <= sim->now && is_in_call(node, op) &&
                   op->call_tries >= op->tries_max;
    if (is_over) {
        end_without_home(node, op);
    } else {
        sim_till_try_later(sim, op, (int64_t)sim_random_below(&sim->luck, 2 * SIM_SECOND));
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
    op->call = 0;
    sim_till_answered(sim, op, m->home_verdict, 0);
}

struct sim_op *sim_op_asking(const struct sim *sim, uint64_t question)
{
    for (size_t i = sim->op_count; i > 0 && question != 0; i--) {
        if (sim->ops[i - 1]->question == question) {
            return sim->ops[i - 1];
        }
    }
    return NULL;
}

void sim_abroad_answer(struct sim_node *node, unsigned from, uint64_t question, struct slice bytes)
{
    struct sim *sim = node->sim;
    struct sim_op *op = sim_op_asking(sim, question);
    struct abroad_answer answer;
    struct note note = {""};
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
    op->call = 0;
    op->capture_by = op->command.hold.capture_by.ms;
    op->deliver_by = op->command.hold.deliver_by.ms;
    check_grant(sim, op);
    sim_till_tell(node, op);
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

void sim_abroad_lead(struct sim *sim, struct sim_op *op)
{
    struct model_route route = model_route(sim->model, op->home, op->member);
    if (sim->model->members[op->member].has_moved && !route.is_blocked && route.home == op->home) {
        op->member = route.member;
    }
}

/* The home's own verdict, beside what it should be. */
static void judge_at_home(struct sim_node *node, struct sim_op *op, const struct command *command,
                          const struct outcome *outcome)
{
    struct sim *sim = node->sim;
    /* Which may be a home that the shop does not ask any more: it has heard meanwhile where the
     * member is now, or was restored and has not heard of it again. */
    struct model_op *m = model_at_home(sim->model, op, node->index);
    ASSERT(m != NULL);
    bool is_repeat = m->is_decided_at_home;
    if (!is_repeat) {
        if (m->op == op) {
            sim_abroad_lead(sim, op);
        }
        model_decide_at_home(sim->model, m, command->hold.capture_by.ms,
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
    (void)sim_check_member(node, &sim->model->members[m->op->member]);
}

/* A home that was restored says nothing before the partner has shown what it was promised. */
static void judge_waiting(struct sim_node *node, unsigned from, const struct model_op *m,
                          enum err err)
{
    bool is_repeat = m != NULL && m->is_decided_at_home;
    bool must_wait = node->restore != NULL &&
                     (node->restore->is_closed || (sim_restore_is_lost(node, from) && !is_repeat));
    if ((err == ERR_UNAVAILABLE) != must_wait) {
        (void)sim_fail(node->sim, "%s %s a hold of %s; %s of what that holds is missing",
                       node->id.text, err == ERR_UNAVAILABLE ? "does not decide" : "decides",
                       node->sim->nodes[from].id.text, must_wait ? "some" : "nothing");
    }
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
    judge_waiting(node, from, model_at_home(sim->model, op, node->index), outcome.err);
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
