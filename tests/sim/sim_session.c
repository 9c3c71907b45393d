/* Both directions of clearing with one partner, as a node's sessions drive them: it dials, opens,
 * pumps, takes receipts; it answers those who call. */
#include "sim_charter.h"
#include "sim_check.h"
#include "sim_liar.h"
#include "sim_network.h"
#include "sim_restore.h"
#include "sim_settle.h"

#define PATIENCE_MS     (10 * SIM_SECOND)
#define FROZEN_PAUSE_MS (4 * SIM_HOUR)
#define PAUSE_MS_MAX    (2 * SIM_MINUTE)

/* A step's port: where it goes, and whether the other side will never hear of it. */
struct wire {
    struct sim_node *node;
    unsigned partner;
    uint64_t connection;
    enum sim_message_kind request_kind;
};

/* The connection carries nothing more to the partner. */
static void go_deaf(struct sim_node *node, unsigned partner, uint64_t connection)
{
    struct sim_link *there = &node->sim->nodes[partner].links[node->index];
    for (size_t i = 0; i < 2; i++) {
        if (there->calls[i].connection == connection) {
            there->calls[i].connection = 0;
        }
    }
    if (there->connection == connection) {
        there->is_deaf = true;
    }
}

static enum err wire_request(void *context, const struct clear_request *request)
{
    struct wire *wire = context;
    struct sim_node *node = wire->node;
    struct sim_link *link = &node->links[wire->partner];
    Talea__V1__ClearRequest message;
    if (node->store.disk.is_stopped) {
        return ERR_UNAVAILABLE;
    }
    struct clear_request said = *request;
    if (node->is_liar) {
        sim_liar_request(node, wire->partner, &said, &node->sim->is_foul);
    }
    clear_request_to_message(&said, node->sim->request_room, &message);
    if (!sim_network_send(node, wire->partner, wire->request_kind, wire->connection, &message.base,
                          &link->arrives[0])) {
        go_deaf(node, wire->partner, wire->connection);
    }
    node->sim->is_foul = false;
    return ERR_OK;
}

static enum err wire_response(void *context, const struct clear_response *response)
{
    struct wire *wire = context;
    struct sim_node *node = wire->node;
    struct sim_link *link = &node->links[wire->partner];
    Talea__V1__ClearResponse message;
    if (node->store.disk.is_stopped) {
        return ERR_UNAVAILABLE;
    }
    struct clear_response said = *response;
    if (response->receipt != NULL) {
        sim_check_receipt(node, wire->partner, response->receipt);
    }
    if (node->is_liar && !sim_liar_response(node, wire->partner, &said, &node->sim->is_foul)) {
        return ERR_OK;
    }
    clear_response_to_message(&said, node->sim->response_room, &message);
    if (!sim_network_send(node, wire->partner, SIM_MESSAGE_RESPONSE, wire->connection,
                          &message.base, &link->arrives[1])) {
        go_deaf(node, wire->partner, wire->connection);
    }
    node->sim->is_foul = false;
    return ERR_OK;
}

static void send_end(struct sim_node *node, unsigned partner, uint64_t connection, int64_t *arrives)
{
    (void)sim_network_send(node, partner, SIM_MESSAGE_END, connection, NULL, arrives);
}

/* ---- our call ---- */

static void plan_dial(struct sim_node *node, unsigned partner, int64_t in_ms)
{
    struct sim_link *link = &node->links[partner];
    if (!link->is_dialling) {
        link->is_dialling = true;
        sim_events_add(&node->sim->events, (struct sim_event){.at = node->sim->now + in_ms,
                                                              .kind = SIM_EVENT_DIAL,
                                                              .node = node->index,
                                                              .from = partner,
                                                              .number = node->starts});
    }
}

static void plan_watch(struct sim_node *node, unsigned partner)
{
    struct sim_link *link = &node->links[partner];
    if (!link->is_watched) {
        link->is_watched = true;
        sim_events_add(&node->sim->events, (struct sim_event){.at = node->sim->now + PATIENCE_MS,
                                                              .kind = SIM_EVENT_WATCH,
                                                              .node = node->index,
                                                              .from = partner,
                                                              .number = link->connection});
    }
}

void sim_session_follow(struct sim_node *node)
{
    struct sim *sim = node->sim;
    for (unsigned i = 0; i < sim->node_count; i++) {
        struct sim_link *link = &node->links[i];
        bool is_partner = i != node->index && sim_node_knows(node, i);
        if (is_partner && link->connection == 0) {
            plan_dial(node, i, 10 + (int64_t)sim_random_below(&sim->luck, 500));
        } else if (!is_partner && link->connection != 0) {
            outgoing_close(&link->outgoing);
            link->connection = 0;
            link->is_watched = false;
        }
    }
}

void sim_session_later(struct sim_node *node, unsigned partner)
{
    struct sim_link *link = &node->links[partner];
    plan_dial(node, partner, link->pause_ms);
    link->pause_ms = link->pause_ms * 2 < PAUSE_MS_MAX ? link->pause_ms * 2 : PAUSE_MS_MAX;
}

static void hang_up(struct sim_node *node, unsigned partner, bool tells)
{
    struct sim_link *link = &node->links[partner];
    if (tells) {
        send_end(node, partner, link->connection, &link->arrives[0]);
    }
    outgoing_close(&link->outgoing);
    link->connection = 0;
    link->is_watched = false;
    sim_session_later(node, partner);
}

void sim_session_dial(struct sim_node *node, unsigned partner)
{
    struct sim *sim = node->sim;
    struct sim_link *link = &node->links[partner];
    struct note note = {""};
    link->is_dialling = false;
    if (link->connection != 0) {
        return;
    }
    if (!sim_node_knows(node, partner) || sim_settle_is_over(node, partner)) {
        sim_restore_tried(node, partner);
        return;
    }
    if (sim->is_cut[node->index][partner] > 0 || sim->is_cut[partner][node->index] > 0 ||
        !sim->nodes[partner].is_up) {
        sim_restore_tried(node, partner);
        sim_session_later(node, partner);
        return;
    }
    if (!sim_restore_may_open(node, partner)) {
        return;
    }
    link->connection = ++sim->next_connection;
    link->is_deaf = false;
    link->last_heard = sim->now;
    link->arrives[0] = link->arrives[1] = sim->now;
    sim->counts.connections++;
    struct wire wire = {node, partner, link->connection, SIM_MESSAGE_OPEN};
    struct clear_port port = {&wire, wire_request};
    struct peer_host host = sim_node_host(node);
    enum err err = outgoing_open(&link->outgoing, &host, &port, &note);
    sim_tell(sim, "%s dials %s, connection %llu: %s %s", node->id.text, sim->nodes[partner].id.text,
             (unsigned long long)link->connection, err_name(err), note.text);
    if (err != ERR_OK) {
        link->pause_ms = FROZEN_PAUSE_MS; /* nothing will come of it */
        hang_up(node, partner, false);
    } else {
        plan_watch(node, partner);
    }
}

static void pump(struct sim_node *node, unsigned partner)
{
    struct sim_link *link = &node->links[partner];
    struct wire wire = {node, partner, link->connection, SIM_MESSAGE_REQUEST};
    struct clear_port port = {&wire, wire_request};
    struct note note = {""};
    if (link->connection == 0 || !outgoing_is_ready(&link->outgoing)) {
        return;
    }
    if (node->is_liar && !link->has_lied && sim_random_chance(&node->sim->luck, 600)) {
        return; /* so that its batches become larger */
    }
    struct peer_host host = sim_node_host(node);
    enum err err = outgoing_pump(&link->outgoing, &host, &port, &note);
    if (err != ERR_OK) {
        sim_tell(node->sim, "%s gives up on %s: %s %s", node->id.text,
                 node->sim->nodes[partner].id.text, err_name(err), note.text);
        hang_up(node, partner, true);
    } else if (outgoing_is_waiting(&link->outgoing)) {
        plan_watch(node, partner);
    }
}

void sim_session_pump(struct sim_node *node)
{
    for (unsigned i = 0; i < node->sim->node_count; i++) {
        if (i != node->index) {
            pump(node, i);
        }
    }
}

void sim_session_watch(struct sim_node *node, unsigned partner, uint64_t connection)
{
    struct sim_link *link = &node->links[partner];
    if (link->connection != connection) {
        return;
    }
    link->is_watched = false;
    bool is_waiting = !outgoing_is_ready(&link->outgoing) || outgoing_is_waiting(&link->outgoing);
    if (link->has_lied) {
        return; /* it goes on as if the partner had agreed */
    }
    if (is_waiting && node->sim->now - link->last_heard >= PATIENCE_MS) {
        sim_tell(node->sim, "%s hears nothing of %s", node->id.text,
                 node->sim->nodes[partner].id.text);
        hang_up(node, partner, true);
    } else if (is_waiting) {
        plan_watch(node, partner);
    }
}

void sim_session_response(struct sim_node *node, const struct sim_event *event, struct slice bytes)
{
    struct sim *sim = node->sim;
    unsigned from = event->from;
    uint64_t connection = event->number;
    struct sim_link *link = &node->links[from];
    struct clear_response response;
    struct note note = {"the message can't be read"};
    if (link->connection != connection || link->is_deaf) {
        return;
    }
    link->last_heard = sim->now;
    if (link->has_lied) {
        return;
    }
    const ProtobufCMessage *message =
        sim_network_read(&talea__v1__clear_response__descriptor, bytes);
    struct peer_host host = sim_node_host(node);
    enum err err = message == NULL ? ERR_INPUT : ERR_OK;
    if (err == ERR_OK) {
        note.text[0] = '\0';
        err = clear_response_of_message((const Talea__V1__ClearResponse *)(const void *)message,
                                        sim->response_room, &response, &note);
    }
    if (err == ERR_OK) {
        uint64_t before = sim_check_number(node, STREAM_OUT, from);
        err = outgoing_take(&link->outgoing, &host, &response, &note);
        sim_check_foul(node, STREAM_OUT, from, event->is_foul, before);
    }
    if (!sim_node_after(node)) {
        return;
    }
    if (err != ERR_OK) {
        sim_tell(sim, "%s, answer of %s: %s %s", node->id.text, sim->nodes[from].id.text,
                 err_name(err), note.text);
        hang_up(node, from, true);
        return;
    }
    if (response.receipt != NULL) {
        link->pause_ms = SIM_SECOND;
    }
    pump(node, from);
}

/* ---- their calls ---- */

static struct sim_call *call_of(struct sim_link *link, uint64_t connection)
{
    for (size_t i = 0; i < 2; i++) {
        if (link->calls[i].connection == connection) {
            return &link->calls[i];
        }
    }
    return NULL;
}

/* In the place of the older one. */
static struct sim_call *new_call(struct sim_link *link, uint64_t connection)
{
    struct sim_call *call =
        link->calls[0].connection < link->calls[1].connection ? &link->calls[0] : &link->calls[1];
    *call = (struct sim_call){.connection = connection};
    return call;
}

void sim_session_request(struct sim_node *node, const struct sim_event *event, struct slice bytes)
{
    struct sim *sim = node->sim;
    unsigned from = event->from;
    uint64_t connection = event->number;
    struct sim_link *link = &node->links[from];
    struct sim_call *call = call_of(link, connection);
    struct wire wire = {node, from, connection, SIM_MESSAGE_REQUEST};
    struct answer_port port = {&wire, wire_response};
    struct clear_request request;
    struct note note = {"the message can't be read"};
    if (call == NULL && event->message == SIM_MESSAGE_OPEN) {
        call = new_call(link, connection);
    }
    if (call == NULL) {
        send_end(node, from, connection, NULL);
        return;
    }
    const ProtobufCMessage *message =
        sim_network_read(&talea__v1__clear_request__descriptor, bytes);
    enum err err = message == NULL ? ERR_INPUT : ERR_OK;
    if (err == ERR_OK) {
        note.text[0] = '\0';
        err = clear_request_of_message((const Talea__V1__ClearRequest *)(const void *)message,
                                       sim->request_room, &request, &note);
    }
    if (err == ERR_OK) {
        struct peer_host host = sim_node_host(node);
        sim->incoming->sender = sim->nodes[from].id;
        sim->incoming->is_resumed = call->is_resumed;
        uint64_t before = sim_check_number(node, STREAM_IN, from);
        bool is_void = sim_charter_is_void(node, from, request.head);
        err = incoming_take(sim->incoming, sim->taking, &host, &request, &port, &note);
        sim_check_foul(node, STREAM_IN, from, event->is_foul || is_void, before);
        call->is_resumed = sim->incoming->is_resumed;
    }
    if (!sim_node_after(node)) {
        return;
    }
    if (err != ERR_OK) {
        sim_tell(sim, "%s ends the call of %s: %s %s", node->id.text, sim->nodes[from].id.text,
                 err_name(err), note.text);
        call->connection = 0;
        send_end(node, from, connection, &link->arrives[1]);
    }
}

void sim_session_ended(struct sim_node *node, unsigned from, uint64_t connection)
{
    struct sim_link *link = &node->links[from];
    struct sim_call *call = call_of(link, connection);
    if (call != NULL) {
        call->connection = 0;
    } else if (link->connection == connection && !link->is_deaf) {
        hang_up(node, from, false);
    }
}

/* The machine has stopped: its connections end, and those at the other end may hear of it. */
void sim_session_down(struct sim_node *node)
{
    for (unsigned i = 0; i < node->sim->node_count; i++) {
        struct sim_link *link = &node->links[i];
        if (i == node->index) {
            continue;
        }
        if (link->connection != 0) {
            send_end(node, i, link->connection, &link->arrives[0]);
        }
        for (size_t c = 0; c < 2; c++) {
            if (link->calls[c].connection != 0) {
                send_end(node, i, link->calls[c].connection, &link->arrives[1]);
            }
            link->calls[c] = (struct sim_call){0};
        }
        link->connection = 0;
        link->is_watched = false;
        outgoing_fini(&link->outgoing);
    }
}
