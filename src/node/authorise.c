/* Online authorisation, both sides: our till asks another home; another brand's till asks us. */
#include <stdlib.h>

#include "node/charter_exchange.h"
#include "node/partner_host.h"
#include "node/peer_guard.h"
#include "node/peers.h"
#include "node/requests.h"
#include "node/services.h"
#include "peer/abroad.h"
#include "peer/grant.h"
#include "wire/signed_message.h"

#define ABROAD_TIMEOUT_MS 3000

/* ---- Our till, their member ---- */

/* One request on its way to a home. */
struct abroad {
    struct node *node;
    struct rpc_call *call;
    struct command command;
    struct hold_request request;
};

static void refuse_home_refusal(struct rpc_call *call, const struct hold_refusal *refusal)
{
    enum verdict verdict;
    if (verdict_parse(refusal->reason, &verdict) == ERR_OK && verdict != VERDICT_OK) {
        refuse_verdict(call, verdict);
    } else {
        refuse(call, 9, "REFUSED_BY_HOME", "The card's home refused: %s.", refusal->reason);
    }
}

static enum err verify_answer(const struct abroad *abroad, const ProtobufCMessage *reply,
                              struct abroad_answer *out_answer, struct note *note)
{
    const Talea__V1__AuthoriseHoldResponse *response =
        (const Talea__V1__AuthoriseHoldResponse *)(const void *)reply;
    struct signed_message answer;
    struct partner_host host;
    TRY(signed_of_message(response->answer, &answer));
    partner_host_begin(abroad->node, (struct ledger_view){0}, &host);
    enum err err = abroad_take_answer(&host.host, &abroad->request, &answer, out_answer, note);
    partner_host_end(&host);
    return err;
}

/* A grant is recorded with its bytes before the till hears of it. */
static enum err take_answer(struct abroad *abroad, const ProtobufCMessage *reply)
{
    struct abroad_answer answer;
    struct note note = {""};
    TRY(verify_answer(abroad, reply, &answer, &note));
    if (answer.is_granted) {
        abroad_use_grant(&answer, &abroad->command);
        reply_authorised(abroad->node, abroad->call, &abroad->command);
    } else {
        refuse_home_refusal(abroad->call, &answer.refusal);
    }
    buffer_fini(&answer.evidence);
    return ERR_OK;
}

static void abroad_done(void *context, const struct rpc_status *status,
                        const ProtobufCMessage *reply)
{
    struct abroad *abroad = context;
    if (status->code != 0) {
        refuse(abroad->call, 14, "HOME_UNREACHABLE", "%s can't be asked now: %s",
               abroad->request.home.text, status->message);
    } else {
        enum err err = take_answer(abroad, reply);
        if (err != ERR_OK) {
            struct note note;
            note_set(&note, err, "The answer of %s can't be accepted.", abroad->request.home.text);
            refuse_err(abroad->call, err, &note);
        }
    }
    free(abroad);
}

/* The envelope's payload lives in `bytes`, which the caller frees. */
static enum err signed_request(const struct abroad *abroad, struct buffer *bytes,
                               struct signed_message *out_envelope)
{
    struct partner_host host;
    partner_host_begin(abroad->node, (struct ledger_view){0}, &host);
    enum err err = abroad_sign(&host.host, &abroad->request, bytes);
    partner_host_end(&host);
    TRY(err);
    return signed_decode(buffer_slice(bytes), out_envelope);
}

static enum err ask_home(struct abroad *abroad)
{
    struct rpc_client *client = peers_client(abroad->node->peers, &abroad->request.home);
    struct buffer bytes = {0};
    struct signed_message envelope;
    Talea__V1__Signed message;
    Talea__V1__AuthoriseHoldRequest request;
    talea__v1__authorise_hold_request__init(&request);
    int64_t left_ms = rpc_call_time_left_ms(abroad->call);
    if (client == NULL) {
        return ERR_UNAVAILABLE;
    }
    if (left_ms <= 0) { /* to the client, no time would be no limit */
        return ERR_DEADLINE;
    }
    enum err err = signed_request(abroad, &bytes, &envelope);
    if (err == ERR_OK) {
        signed_to_message(&envelope, &message);
        request.request = &message;
        err = rpc_client_call_async(
            client, &talea__v1__peer_service__descriptor, "AuthoriseHold", &request.base,
            left_ms < ABROAD_TIMEOUT_MS ? left_ms : ABROAD_TIMEOUT_MS, abroad_done, abroad);
    }
    buffer_fini(&bytes);
    return err;
}

void authorise_abroad(struct node *node, struct rpc_call *call, const struct command *command,
                      const struct card_number *card)
{
    struct abroad *abroad = calloc(1, sizeof *abroad);
    if (abroad == NULL) {
        refuse_err(call, ERR_RESOURCE, NULL);
        return;
    }
    struct partner_host host;
    partner_host_begin(node, (struct ledger_view){0}, &host);
    *abroad = (struct abroad){
        .node = node,
        .call = call,
        .command = *command,
        .request = abroad_request(&host.host, command, card),
    };
    partner_host_end(&host);
    enum err err = command->hold.points.minor <= 0 ? ERR_INPUT : ask_home(abroad);
    if (err == ERR_INPUT) {
        refuse_verdict(call, VERDICT_POINTS_NOT_POSITIVE);
    } else if (err == ERR_UNAVAILABLE) {
        refuse(call, 14, "HOME_UNREACHABLE", "%s can't be asked now.", abroad->request.home.text);
    } else if (err != ERR_OK) {
        refuse_err(call, err, NULL);
    }
    if (err != ERR_OK) {
        free(abroad);
    }
}

/* ---- Their till, our member ---- */

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
