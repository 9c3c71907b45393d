/* Online authorisation: another brand's till asks us. */
#include <stdlib.h>

#include "node/charter_exchange.h"
#include "node/partner_host.h"
#include "node/peer_guard.h"
#include "node/requests.h"
#include "node/services.h"
#include "peer/grant.h"
#include "wire/signed_message.h"

/* Signs what the ledger said and sends it. */
static void answer_hold(struct node *node, struct rpc_call *call,
                        const struct hold_request *request, const struct outcome *outcome)
{
    Talea__V1__AuthoriseHoldResponse response;
    talea__v1__authorise_hold_response__init(&response);
    Talea__V1__Signed message;
    struct signed_message answer;
    struct buffer bytes = {0};
    struct partner_host host;
    partner_host_begin(node, (struct ledger_view){0}, &host);
    enum err err = grant_answer(&host.host, request, outcome, &bytes);
    partner_host_end(&host);
    if (err == ERR_OK) {
        err = signed_decode(buffer_slice(&bytes), &answer);
    }
    if (err == ERR_OK) {
        signed_to_message(&answer, &message);
        response.answer = &message;
        rpc_call_reply(call, &response.base);
    } else {
        refuse_err(call, err, NULL);
    }
    buffer_fini(&bytes);
}

static void send_hold_answer(struct reply *reply)
{
    const struct outcome *outcome = &reply->outcome;
    if (outcome->verdict != VERDICT_OK && !outcome->is_repeat) {
        peer_guard_hold_refused(reply->node->peer_guard, &reply->request->redeemer);
    }
    answer_hold(reply->node, reply->call, reply->request, outcome);
}

/* More than one call may move here, whatever the member has: no matter for the ledger. */
static bool is_too_large(struct node *node, const struct hold_request *request)
{
    struct snapshot *snapshot = node_snapshot(node);
    bool is = request->points.minor > snapshot->till_points_max.minor;
    snapshot_release(snapshot);
    return is;
}

static void refuse_too_large(struct node *node, struct rpc_call *call,
                             const struct hold_request *request)
{
    const struct outcome outcome = {.verdict = VERDICT_POINTS_TOO_LARGE};
    peer_guard_refused(node->peer_guard, &request->redeemer, "POINTS_TOO_LARGE",
                       "an authorisation is for more points than one call may move");
    answer_hold(node, call, request, &outcome);
}

static enum err take_request(struct node *node, struct rpc_call *call,
                             const Talea__V1__Signed *message, struct hold_request *request,
                             struct command *command, struct buffer *evidence, struct note *note)
{
    struct signed_message envelope;
    struct partner_host host;
    int64_t deliver_ms = (int64_t)node->config.limits.deliver_hours * 3600000;
    if (signed_of_message(message, &envelope) != ERR_OK) {
        return note_set(note, ERR_INPUT, "the envelope is malformed");
    }
    partner_host_begin(node, (struct ledger_view){0}, &host);
    enum err err = grant_take_request(&host.host, &rpc_call_identity(call)->partner, &envelope,
                                      deliver_ms, request, command, evidence, note);
    partner_host_end(&host);
    return err;
}

static void authorise(struct node *node, struct rpc_call *call, const ProtobufCMessage *message)
{
    const Talea__V1__AuthoriseHoldRequest *wire =
        (const Talea__V1__AuthoriseHoldRequest *)(const void *)message;
    struct hold_request *request = calloc(1, sizeof *request);
    struct command command;
    struct buffer evidence = {0};
    struct note note = {""};
    enum err err = request == NULL ? ERR_RESOURCE
                                   : take_request(node, call, wire->request, request, &command,
                                                  &evidence, &note);
    if (err == ERR_OK && is_too_large(node, request)) {
        refuse_too_large(node, call, request);
        free(request);
    } else if (err == ERR_OK) {
        reply_after(node, call, &command, request, send_hold_answer);
    } else {
        peer_guard_refused(node->peer_guard, &rpc_call_identity(call)->partner, err_name(err),
                           note.text);
        refuse_err(call, err, &note);
        free(request);
    }
    buffer_fini(&evidence);
}

static uint64_t epoch_of(const ProtobufCMessage *message)
{
    const Talea__V1__Signed *request =
        ((const Talea__V1__AuthoriseHoldRequest *)(const void *)message)->request;
    return request == NULL ? 0 : request->charter_epoch;
}

static void authorise_after_charter(void *context, struct rpc_call *call,
                                    const ProtobufCMessage *message)
{
    charter_catch_up(context, &rpc_call_identity(call)->partner, epoch_of(message));
    authorise(context, call, message);
}

/* A request under a later epoch than ours waits until we know that one. */
void peer_authorise_hold(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    struct snapshot *snapshot = node_snapshot(node);
    bool is_behind = epoch_of(message) > snapshot->charter->epoch;
    snapshot_release(snapshot);
    if (is_behind) {
        rpc_call_continue(call, authorise_after_charter);
    } else {
        authorise(node, call, message);
    }
}
