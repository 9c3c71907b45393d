#include "sim_restore.h"

#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "peer/holdings.h"
#include "sim_check.h"
#include "sim_network.h"
#include "talea/v1/peer.pb-c.h"

#define ANSWER_MS (10 * SIM_SECOND)

void sim_restore_init(struct sim_node *node)
{
    node->restore = calloc(1, sizeof *node->restore);
    ASSERT(node->restore != NULL);
}

void sim_restore_fini(struct sim_node *node)
{
    sim_restore_down(node);
    free(node->restore);
}

void sim_restore_copy(struct sim_node *node)
{
    struct sim_restore *r = node->restore;
    if (r == NULL || !node->is_up) {
        return;
    }
    r->has_copy = true;
    r->batches = node->store.disk.count;
    r->sum = sim_store_mark(&node->store);
    sim_tell(node->sim, "%s is copied at row %llu", node->id.text,
             (unsigned long long)node->store.disk.next_row);
}

/* Long enough for all that is on its way to arrive: what was never heard is never told. */
void sim_restore_from_copy(struct sim_node *node)
{
    struct sim_restore *r = node->restore;
    if (r == NULL || !r->has_copy || r->batches == node->store.disk.count || !node->is_up ||
        node->doubt_count > 0 || !node->is_partner) {
        return;
    }
    sim_node_crash(node);
    sim_store_restore(&node->store, r->batches);
    node->not_before = node->sim->now + SIM_MINUTE;
    node->durable_row = node->store.disk.next_row - 1;
    node->sum = r->sum;
    r->has_copy = false;
    r->is_copy = true;
    r->compares = true;
    node->sim->counts.restores++;
    sim_tell(node->sim, "%s is restored to row %llu", node->id.text,
             (unsigned long long)node->store.disk.next_row);
}

bool sim_restore_may_start(const struct sim_node *node)
{
    bool may_start = true;
    for (unsigned i = 0; i < node->sim->node_count && node->restore != NULL; i++) {
        const struct sim_node *other = &node->sim->nodes[i];
        bool is_up = i == node->index || other->is_up || !other->is_partner;
        may_start = may_start && (is_up || !node->restore->is_copy);
    }
    return may_start;
}

/* ---- the gate ---- */

static void close_gate(struct sim_node *node)
{
    struct sim_restore *r = node->restore;
    r->is_closed = true;
    for (unsigned i = 0; i < node->sim->node_count; i++) {
        r->links[i].is_tried = i == node->index || !sim_node_knows(node, i);
    }
}

bool sim_restore_is_lost(const struct sim_node *node, unsigned partner)
{
    return node->restore != NULL && node->restore->links[partner].is_lost;
}

static bool has_gone(const struct sim_node *node, unsigned partner)
{
    return node->restore != NULL && node->restore->links[partner].is_gone;
}

bool sim_restore_is_gone(const struct sim *sim, unsigned a, unsigned b)
{
    return has_gone(&sim->nodes[a], b) || has_gone(&sim->nodes[b], a);
}

bool sim_restore_has_lost(const struct sim_node *node)
{
    bool has_lost = false;
    for (unsigned i = 0; i < node->sim->node_count; i++) {
        has_lost = has_lost || sim_restore_is_lost(node, i);
    }
    return has_lost;
}

bool sim_restore_is_stale(const struct sim_node *node)
{
    return node->restore != NULL && node->restore->is_stale;
}

bool sim_restore_is_done(const struct sim *sim)
{
    for (unsigned i = 0; i < sim->node_count; i++) {
        const struct sim_node *node = &sim->nodes[i];
        if (node->restore != NULL && (node->restore->is_copy || sim_restore_has_lost(node))) {
            return false;
        }
    }
    return true;
}

enum err sim_restore_may_write(void *context, bool is_recovery)
{
    const struct sim_node *node = context;
    return node->restore != NULL && node->restore->is_closed && !is_recovery ? ERR_UNAVAILABLE
                                                                             : ERR_OK;
}

void sim_restore_tried(struct sim_node *node, unsigned partner)
{
    struct sim_restore *r = node->restore;
    if (r == NULL || !r->is_closed) {
        return;
    }
    r->links[partner].is_tried = true;
    for (unsigned i = 0; i < node->sim->node_count; i++) {
        if (!r->links[i].is_tried) {
            return;
        }
    }
    r->is_closed = false;
}

void sim_restore_up(struct sim_node *node)
{
    struct sim_restore *r = node->restore;
    if (r == NULL) {
        return;
    }
    if (r->is_copy) {
        struct peer_host host = sim_node_host(node);
        sim_adopt_loss(node);
        ASSERT(recovery_mark(&host) == ERR_OK);
        r->is_copy = false;
        r->is_stale = true; /* with whom there is nothing to recover, too, members lost something */
    }
    if (sim_restore_has_lost(node)) {
        /* A batch of another partner that was under way has changed what the model takes over. */
        (void)sim_check_streams(node);
        r->is_stale = true;
        close_gate(node);
    }
}

void sim_restore_down(struct sim_node *node)
{
    struct sim_restore *r = node->restore;
    for (unsigned i = 0; r != NULL && i < SIM_NODES_MAX; i++) {
        recovery_fini(&r->links[i].recovery);
        r->links[i].recovery = (struct recovery){.stage = RECOVERY_COMPARING};
        r->links[i].question = 0;
        r->links[i].is_compared = false;
    }
}

/* ---- what it asks ---- */

static void end(struct sim_node *node, unsigned partner, bool is_done)
{
    struct sim_restore_link *link = &node->restore->links[partner];
    recovery_fini(&link->recovery);
    link->recovery = (struct recovery){.stage = RECOVERY_COMPARING};
    link->question = 0;
    link->is_compared = is_done;
    sim_restore_tried(node, partner);
    if (is_done) {
        sim_session_dial(node, partner);
    } else {
        sim_session_later(node, partner);
    }
}

static void ask(struct sim_node *node, unsigned partner)
{
    struct sim *sim = node->sim;
    struct sim_restore_link *link = &node->restore->links[partner];
    struct peer_host host = sim_node_host(node);
    struct recover_request request;
    bool is_comparison;
    Talea__V1__CompareStreamsRequest compare = TALEA__V1__COMPARE_STREAMS_REQUEST__INIT;
    Talea__V1__RecoverPageRequest page;
    if (recovery_ask(&link->recovery, &host, &is_comparison, &request) != ERR_OK) {
        end(node, partner, false);
        return;
    }
    if (!is_comparison) {
        recover_request_to_message(&request, &page);
    }
    link->question = ++sim->next_connection;
    (void)sim_network_send(node, partner, is_comparison ? SIM_MESSAGE_COMPARE : SIM_MESSAGE_RECOVER,
                           link->question, is_comparison ? &compare.base : &page.base, NULL);
    sim_events_add(&sim->events, (struct sim_event){.at = sim->now + ANSWER_MS,
                                                    .kind = SIM_EVENT_SHOWN,
                                                    .node = node->index,
                                                    .from = partner,
                                                    .number = link->question});
}

bool sim_restore_may_open(struct sim_node *node, unsigned partner)
{
    struct sim_restore *r = node->restore;
    if (r == NULL || !r->compares) {
        return true;
    }
    struct sim_restore_link *link = &r->links[partner];
    if (link->is_compared) {
        link->is_compared = false;
        return true;
    }
    if (link->question == 0) {
        recovery_init(&link->recovery, &node->sim->nodes[partner].id);
        ask(node, partner);
    }
    return false;
}

void sim_restore_deadline(struct sim_node *node, unsigned partner, uint64_t question)
{
    if (node->restore != NULL && node->restore->links[partner].question == question) {
        sim_tell(node->sim, "%s is not shown what %s holds", node->id.text,
                 node->sim->nodes[partner].id.text);
        end(node, partner, false);
    }
}

static enum err take_holdings(struct sim_node *node, unsigned from, struct slice bytes,
                              struct note *note)
{
    struct peer_host host = sim_node_host(node);
    struct signed_message envelope;
    const ProtobufCMessage *message =
        sim_network_read(&talea__v1__compare_streams_response__descriptor, bytes);
    if (message == NULL) {
        return ERR_INPUT;
    }
    TRY(signed_of_message(
        ((const Talea__V1__CompareStreamsResponse *)(const void *)message)->holdings, &envelope));
    return recovery_take_holdings(&node->restore->links[from].recovery, &host, &envelope, note);
}

static enum err take_page(struct sim_node *node, unsigned from, struct slice bytes,
                          struct note *note)
{
    static struct recover_page_room room;
    struct peer_host host = sim_node_host(node);
    struct recover_page page;
    const ProtobufCMessage *message =
        sim_network_read(&talea__v1__recover_page_response__descriptor, bytes);
    if (message == NULL) {
        return ERR_INPUT;
    }
    TRY(recover_page_of_message((const Talea__V1__RecoverPageResponse *)(const void *)message,
                                &room, &page, note));
    return recovery_take_page(&node->restore->links[from].recovery, &host, &page, note);
}

void sim_restore_answered(struct sim_node *node, const struct sim_event *event, struct slice bytes)
{
    struct sim *sim = node->sim;
    struct sim_restore *r = node->restore;
    struct note note = {""};
    if (r == NULL || r->links[event->from].question != event->number) {
        return;
    }
    r->is_stale = sim_restore_has_lost(node);
    enum err err = event->message == SIM_MESSAGE_HOLDINGS
                       ? take_holdings(node, event->from, bytes, &note)
                       : take_page(node, event->from, bytes, &note);
    if (!sim_node_after(node)) {
        return;
    }
    if (err == ERR_DISAGREE) {
        (void)sim_fail(sim, "%s and %s contradict each other: %s", node->id.text,
                       sim->nodes[event->from].id.text, note.text);
    } else if (err != ERR_OK || recovery_is_done(&r->links[event->from].recovery)) {
        sim_tell(sim, "%s, shown what %s holds: %s %s", node->id.text,
                 sim->nodes[event->from].id.text, err_name(err), note.text);
        /* Now: what others bring back may be sent on to this one from here on. */
        if (sim_adopt(node)) {
            end(node, event->from, err == ERR_OK);
        }
    } else {
        sim->counts.pages++;
        ask(node, event->from);
    }
}

/* ---- what it is asked ---- */

static void show_holdings(struct sim_node *node, const struct sim_event *event)
{
    struct peer_host host = sim_node_host(node);
    struct buffer holdings = {0};
    struct signed_message envelope;
    Talea__V1__Signed part;
    Talea__V1__CompareStreamsResponse response = TALEA__V1__COMPARE_STREAMS_RESPONSE__INIT;
    if (holdings_answer(&host, &node->sim->nodes[event->from].id, &holdings) == ERR_OK) {
        ASSERT(signed_decode(buffer_slice(&holdings), &envelope) == ERR_OK);
        signed_to_message(&envelope, &part);
        response.holdings = &part;
        (void)sim_network_send(node, event->from, SIM_MESSAGE_HOLDINGS, event->number,
                               &response.base, NULL);
    }
    buffer_fini(&holdings);
}

static enum err find_page(struct sim_node *node, const struct sim_event *event, struct slice bytes,
                          struct holdings_page *room, struct recover_page *out_page,
                          struct note *note)
{
    struct peer_host host = sim_node_host(node);
    struct recover_request request;
    const ProtobufCMessage *message =
        sim_network_read(&talea__v1__recover_page_request__descriptor, bytes);
    if (message == NULL) {
        return ERR_INPUT;
    }
    TRY(recover_request_of_message((const Talea__V1__RecoverPageRequest *)(const void *)message,
                                   &request, note));
    return holdings_find(&host, &node->sim->nodes[event->from].id, &request, room, out_page, note);
}

static void show_page(struct sim_node *node, const struct sim_event *event, struct slice bytes)
{
    static struct recover_page_room room;
    struct holdings_page *found = calloc(1, sizeof *found);
    struct recover_page page;
    struct note note = {""};
    ASSERT(found != NULL);
    enum err err = find_page(node, event, bytes, found, &page, &note);
    if (err == ERR_OK) {
        Talea__V1__RecoverPageResponse response;
        recover_page_to_message(&page, &room, &response);
        (void)sim_network_send(node, event->from, SIM_MESSAGE_PAGE, event->number, &response.base,
                               NULL);
    } else if (err == ERR_NOT_FOUND || err == ERR_CORRUPT) {
        (void)sim_fail(node->sim, "%s has not got what it says that it holds: %s", node->id.text,
                       note.text);
    }
    holdings_page_fini(found);
    free(found);
}

void sim_restore_asked(struct sim_node *node, const struct sim_event *event, struct slice bytes)
{
    if (event->message == SIM_MESSAGE_COMPARE) {
        show_holdings(node, event);
    } else {
        show_page(node, event, bytes);
    }
}
