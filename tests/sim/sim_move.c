/* A member's move: the old home asks the new one whether it awaits the member, and tells its ledger
 * with the answer. */
#include "model.h"
#include "peer/move.h"
#include "sim_check.h"
#include "sim_network.h"

#define QUESTION_MS (3 * SIM_SECOND)
#define TRIES_MAX   60u

static char *text_of(const struct card_number *card)
{
    return (char *)(uintptr_t)card->digits;
}

void sim_move_try(struct sim_node *node, struct sim_op *op)
{
    struct sim *sim = node->sim;
    Talea__V1__AcceptMoveRequest request;
    talea__v1__accept_move_request__init(&request);
    if (!sim_node_knows(node, sim->model->members[op->to].home)) {
        sim_till_answered(sim, op, VERDICT_PARTNER_UNKNOWN, 0); /* and nothing is recorded */
        return;
    }
    if (op->tries > TRIES_MAX && sim->is_healing) { /* it is the new home's partner no more */
        op->is_given_up = true;
        sim->open_ops--;
        return;
    }
    sim_till_make(node, op);
    request.card = text_of(&op->command.move.card);
    request.new_card = text_of(&op->command.move.new_card);
    op->question = ++sim->next_connection;
    (void)sim_network_send(node, sim->model->members[op->to].home, SIM_MESSAGE_ACCEPT, op->question,
                           &request.base, NULL);
    sim_events_add(&sim->events, (struct sim_event){.at = sim->now + QUESTION_MS,
                                                    .kind = SIM_EVENT_ASKED,
                                                    .node = node->index,
                                                    .from = (unsigned)op->tries,
                                                    .number = op->index});
}

/* Whose card it is; members: nobody's. */
static size_t member_of(const struct sim *sim, const char *text)
{
    const struct model *model = sim->model;
    struct card_number card;
    size_t i = 0;
    if (card_number_parse(text, &card) != ERR_OK) {
        return model->member_count;
    }
    while (i < model->member_count && !card_number_equal(&model->members[i].card, &card)) {
        i++;
    }
    return i;
}

/* Does the model's node await this member as that one? */
static bool is_awaited(const struct sim_node *node, unsigned from, size_t old, size_t own)
{
    const struct model *model = node->sim->model;
    return old < model->member_count && own < model->member_count &&
           model->members[old].home == from &&
           model->members[old].awaited[node->index].is_awaited &&
           model->members[old].awaited[node->index].by == own;
}

void sim_move_ask(struct sim_node *node, unsigned from, uint64_t question, struct slice bytes)
{
    struct sim *sim = node->sim;
    struct peer_host host = sim_node_host(node);
    struct card_number card;
    struct card_number new_card;
    struct buffer accepted = {0};
    struct signed_message envelope;
    Talea__V1__AcceptMoveResponse response = TALEA__V1__ACCEPT_MOVE_RESPONSE__INIT;
    Talea__V1__Signed inner;
    enum verdict verdict;
    const ProtobufCMessage *message =
        sim_network_read(&talea__v1__accept_move_request__descriptor, bytes);
    const Talea__V1__AcceptMoveRequest *request =
        (const Talea__V1__AcceptMoveRequest *)(const void *)message;
    if (message == NULL || card_number_parse(request->card, &card) != ERR_OK ||
        card_number_parse(request->new_card, &new_card) != ERR_OK) {
        return;
    }
    bool is_expected =
        is_awaited(node, from, member_of(sim, request->card), member_of(sim, request->new_card));
    ASSERT(move_accept(&host, &sim->nodes[from].id, &card, &new_card, &verdict, &accepted) ==
           ERR_OK);
    if ((verdict == VERDICT_OK) != is_expected) {
        (void)sim_fail(sim, "%s is asked whether it awaits %s as %s: %s; the model: %s",
                       node->id.text, card.digits, new_card.digits, verdict_describe(verdict)->name,
                       is_expected ? "it does" : "it does not");
    }
    if (verdict == VERDICT_OK) {
        ASSERT(signed_decode(buffer_slice(&accepted), &envelope) == ERR_OK);
        signed_to_message(&envelope, &inner);
        response.acceptance = &inner;
    }
    (void)sim_network_send(node, from, SIM_MESSAGE_ACCEPTED, question, &response.base, NULL);
    buffer_fini(&accepted);
}

void sim_move_answer(struct sim_node *node, unsigned from, uint64_t question, struct slice bytes)
{
    struct sim *sim = node->sim;
    struct sim_op *op = sim_op_asking(sim, question);
    struct peer_host host = sim_node_host(node);
    struct signed_message envelope;
    struct note note = {""};
    const ProtobufCMessage *message =
        sim_network_read(&talea__v1__accept_move_response__descriptor, bytes);
    if (message == NULL || op == NULL || op->is_answered ||
        sim->model->members[op->to].home != from) {
        return;
    }
    const Talea__V1__AcceptMoveResponse *response =
        (const Talea__V1__AcceptMoveResponse *)(const void *)message;
    if (response->acceptance == NULL) {
        op->question = 0;
        sim_till_answered(sim, op, VERDICT_MOVE_NOT_AWAITED, 0); /* and nothing is recorded */
        return;
    }
    buffer_clear(&op->evidence);
    if (signed_of_message(response->acceptance, &envelope) != ERR_OK ||
        move_take_acceptance(&host, &envelope, &op->command, &op->evidence, &note) != ERR_OK) {
        return; /* the deadline will come */
    }
    op->question = 0;
    sim_till_tell(node, op);
}
