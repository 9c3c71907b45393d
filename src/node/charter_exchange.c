#include "node/charter_exchange.h"

#include <inttypes.h>
#include <stdio.h>

#include "charter/charter_offer.h"
#include "node/in_force.h"
#include "node/peers.h"
#include "node/requests.h"
#include "node/services.h"
#include "node/session.h"
#include "talea/v1/admin.pb-c.h"

#define EXCHANGE_TIMEOUT_MS 5000
#define CATCH_UP_TIMEOUT_MS 1500
#define ROUNDS_MAX          (LIMIT_CHARTER_EPOCHS / LIMIT_CHARTERS + 2)

/* Takes what a partner offers, in order, up to the first that can't be taken. */
static enum err take_offer(struct node *node, const struct partner_id *partner,
                           const struct charter_offer *offer, struct note *note)
{
    for (size_t i = 0; i < offer->count; i++) {
        enum err err = in_force_take(node, offer->charters[i], partner->text, note);
        if (err != ERR_OK && err != ERR_EXISTS) {
            return err;
        }
    }
    return ERR_OK;
}

/* ---- As the caller ---- */

/* What is known of the other side while there are rounds. */
struct talk {
    struct node *node;
    struct rpc_client *client;
    const struct partner_id *partner;
    int64_t timeout_ms;
    uint64_t held; /* in force there; 0: not known */
    struct hash hash;
};

/* One round trip. `*out_taken` is how many charters came. */
static enum err talk_once(struct talk *talk, size_t *out_taken, struct note *note)
{
    struct charter_offer offer;
    struct charter_offer answer;
    struct charter_offer_room room;
    Talea__V1__ExchangeCharterRequest request;
    ProtobufCMessage *reply = NULL;
    struct snapshot *snapshot = node_snapshot(talk->node);
    charter_offer_make(&snapshot->chain, talk->held, talk->held == 0 ? NULL : &talk->hash, &offer);
    charter_offer_to_request(&offer, &room, &request);
    struct rpc_status status =
        rpc_client_call(talk->client, &talea__v1__peer_service__descriptor, "ExchangeCharter",
                        &request.base, talk->timeout_ms, &reply);
    snapshot_release(snapshot);
    if (status.code != 0) {
        return note_set(note, rpc_status_err(&status), "%s", status.message);
    }
    const Talea__V1__ExchangeCharterResponse *response =
        (const Talea__V1__ExchangeCharterResponse *)(const void *)reply;
    enum err err = charter_offer_of_response(response, &answer, note);
    if (err == ERR_OK) {
        talk->held = answer.epoch;
        talk->hash = answer.payload_hash;
        *out_taken = answer.count;
        err = take_offer(talk->node, talk->partner, &answer, note);
    }
    if (err == ERR_OK && response->problem[0] != '\0') {
        err = note_set(note, ERR_CONFLICT, "%s answers: %.300s", talk->partner->text,
                       response->problem);
    }
    protobuf_c_message_free_unpacked(reply, NULL);
    return err;
}

/* Until both have the same, or nothing moves any more. */
static enum err talk_over(struct talk *talk, struct note *note)
{
    for (size_t i = 0; i < ROUNDS_MAX; i++) {
        uint64_t held_before = talk->held;
        size_t taken = 0;
        TRY(talk_once(talk, &taken, note));
        struct snapshot *snapshot = node_snapshot(talk->node);
        uint64_t ours = snapshot->charter->epoch;
        snapshot_release(snapshot);
        bool has_moved = taken > 0 || talk->held != held_before;
        if (talk->held == ours || !has_moved) {
            return ERR_OK;
        }
    }
    return ERR_OK;
}

/* NULL before all sessions run, and while they end. */
static struct peers *peers_of(struct node *node)
{
    pthread_mutex_lock(&node->peers_lock);
    struct peers *peers = node->peers;
    pthread_mutex_unlock(&node->peers_lock);
    return peers;
}

static void note_epoch(struct node *node, const struct partner_id *partner, uint64_t epoch)
{
    struct peers *peers = peers_of(node);
    if (peers != NULL) {
        peers_note_epoch(peers, partner, epoch);
    }
}

void charter_catch_up(struct node *node, const struct partner_id *partner, uint64_t epoch)
{
    struct snapshot *snapshot = node_snapshot(node);
    bool is_behind = epoch > snapshot->charter->epoch;
    snapshot_release(snapshot);
    if (!is_behind) {
        return;
    }
    struct note note = {""};
    struct talk talk = {.node = node, .partner = partner, .timeout_ms = CATCH_UP_TIMEOUT_MS};
    struct peers *peers = peers_of(node);
    if (peers == NULL || !peers_may_ask(peers, partner)) {
        return;
    }
    talk.client = peers_client(peers, partner);
    enum err err = talk.client == NULL ? ERR_UNAVAILABLE : talk_over(&talk, &note);
    if (err != ERR_OK) {
        log_event(&node->log, LOG_LEVEL_WARNING, "charter_not_pulled",
                  LOG_TEXT("partner", partner->text), LOG_INT("epoch", epoch),
                  LOG_TEXT("reason", err_name(err)), LOG_TEXT("detail", note.text));
    }
}

void session_exchange_charter(struct session *session, bool is_due)
{
    struct node *node = session->node;
    struct snapshot *snapshot = node_snapshot(node);
    uint64_t ours = snapshot->charter->epoch;
    snapshot_release(snapshot);
    if (!is_due && ours == session->charter_told) {
        return;
    }
    session->charter_told = ours;
    struct note note = {""};
    struct talk talk = {.node = node,
                        .client = session->client,
                        .partner = &session->partner,
                        .timeout_ms = EXCHANGE_TIMEOUT_MS};
    enum err err = talk_over(&talk, &note);
    if (talk.held != 0) {
        note_epoch(node, &session->partner, talk.held);
    }
    if (err != ERR_OK && err != ERR_UNAVAILABLE && err != ERR_DEADLINE && err != ERR_CANCELLED) {
        log_event(&node->log, LOG_LEVEL_WARNING, "charter_not_exchanged",
                  LOG_TEXT("partner", session->partner.text), LOG_TEXT("reason", err_name(err)),
                  LOG_TEXT("detail", note.text));
    }
}

/* ---- As the callee ---- */

void peer_exchange_charter(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const struct partner_id *caller = &rpc_call_identity(call)->partner;
    struct charter_offer theirs;
    struct charter_offer ours;
    struct charter_offer_room room;
    struct note note = {""};
    Talea__V1__ExchangeCharterResponse response;
    enum err err = charter_offer_of_request(
        (const Talea__V1__ExchangeCharterRequest *)(const void *)message, &theirs, &note);
    if (err != ERR_OK) {
        refuse_err(call, err, &note);
        return;
    }
    note_epoch(node, caller, theirs.epoch);
    err = take_offer(node, caller, &theirs, &note);
    struct snapshot *snapshot = node_snapshot(node);
    charter_offer_make(&snapshot->chain, theirs.epoch, &theirs.payload_hash, &ours);
    charter_offer_to_response(&ours, &room, &response);
    if (err != ERR_OK) {
        response.problem = note.text[0] != '\0' ? note.text : (char *)(uintptr_t)err_name(err);
    }
    rpc_call_reply(call, &response.base);
    snapshot_release(snapshot);
}

/* ---- From the administrator ---- */

void admin_push_charter(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__PushCharterRequest *request =
        (const Talea__V1__PushCharterRequest *)(const void *)message;
    Talea__V1__PushCharterResponse response;
    struct note note = {""};
    talea__v1__push_charter_response__init(&response);
    enum err err = in_force_take(node, slice_of(request->charter.data, request->charter.len),
                                 rpc_call_identity(call)->name, &note);
    if (err != ERR_OK && err != ERR_EXISTS) {
        refuse_err(call, err, &note);
        return;
    }
    struct snapshot *snapshot = node_snapshot(node);
    response.charter_epoch = snapshot->charter->epoch;
    response.was_known = err == ERR_EXISTS;
    snapshot_release(snapshot);
    rpc_call_reply(call, &response.base);
}
