/* Online authorisation, both sides: our till asks another home; another brand's till asks us. */
#include <stdlib.h>
#include <string.h>

#include "node/node.h"
#include "node/peers.h"
#include "node/requests.h"
#include "node/services.h"
#include "node/signed_message.h"
#include "talea/v1/peer.pb-c.h"
#include "wire/messages.h"

#define ABROAD_TIMEOUT_MS     3000
#define HOME_HOLD_LIFE_MS_MAX (INT64_C(31) * DAY_MS)

/* ---- Our till, their member ---- */

/* One request on its way to a home. */
struct abroad {
    struct node *node;
    struct rpc_call *call;
    struct command command;
    struct hold_request request;
};

static enum err sign_payload(const struct node *node, uint64_t epoch, enum purpose purpose,
                             struct slice payload, struct signed_message *out_signed)
{
    struct signature signature;
    TRY(node->signer.sign(node->signer.context, purpose, epoch, payload, &signature));
    *out_signed = (struct signed_message){payload, node->signer.key_id, epoch, purpose, signature};
    return ERR_OK;
}

static void refuse_home_refusal(struct rpc_call *call, const struct hold_refusal *refusal)
{
    enum verdict verdict;
    if (verdict_parse(refusal->reason, &verdict) == ERR_OK && verdict != VERDICT_OK) {
        refuse_verdict(call, verdict);
    } else {
        refuse(call, 9, "REFUSED_BY_HOME", "The card's home refused: %s.", refusal->reason);
    }
}

/* A signed refusal that is about this request. */
static enum err take_refusal(struct abroad *abroad, const struct signed_message *answer)
{
    struct hold_refusal refusal;
    struct note note;
    TRY(wire_hold_refusal_decode(answer->payload, &refusal, &note));
    if (!uid_equal(&refusal.hold, &abroad->request.transaction_id) ||
        !partner_id_equal(&refusal.home, &abroad->request.home)) {
        return ERR_DISAGREE;
    }
    refuse_home_refusal(abroad->call, &refusal);
    return ERR_OK;
}

/* A grant that answers the request is recorded with its bytes before the till hears of it. */
static enum err take_grant(struct abroad *abroad, const struct signed_message *answer)
{
    struct hold_grant grant;
    struct note note;
    struct buffer evidence = {0};
    TRY(wire_hold_grant_decode(answer->payload, &grant, &note));
    if (!grant_answers(&grant, &abroad->request)) {
        return ERR_DISAGREE;
    }
    enum err err = signed_encode(answer, &evidence);
    if (err == ERR_OK) {
        abroad->command.hold.capture_by = grant.capture_by;
        abroad->command.hold.deliver_by = grant.deliver_by;
        abroad->command.hold.evidence = buffer_slice(&evidence);
        reply_authorised(abroad->node, abroad->call, &abroad->command);
    }
    buffer_fini(&evidence);
    return err;
}

static enum err take_answer(struct abroad *abroad, const ProtobufCMessage *reply)
{
    const Talea__V1__AuthoriseHoldResponse *response =
        (const Talea__V1__AuthoriseHoldResponse *)(const void *)reply;
    const struct node *node = abroad->node;
    struct signed_message answer;
    struct note note;
    TRY(signed_of_message(response->answer, &answer));
    struct snapshot *snapshot = node_snapshot(abroad->node);
    enum err err = signed_by_partner(snapshot, &answer, answer.purpose, &abroad->request.home,
                                     node_now(node), &note);
    snapshot_release(snapshot);
    TRY(err);
    if (answer.purpose == PURPOSE_HOLD_GRANT) {
        return take_grant(abroad, &answer);
    }
    return answer.purpose == PURPOSE_HOLD_REFUSAL ? take_refusal(abroad, &answer) : ERR_SIGNATURE;
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

static enum err ask_home(struct abroad *abroad)
{
    struct node *node = abroad->node;
    struct rpc_client *client = peers_client(node->peers, &abroad->request.home);
    struct buffer payload = {0};
    struct signed_message signed_request;
    Talea__V1__Signed message;
    Talea__V1__AuthoriseHoldRequest request = TALEA__V1__AUTHORISE_HOLD_REQUEST__INIT;
    int64_t left_ms = rpc_call_time_left_ms(abroad->call);
    if (client == NULL) {
        return ERR_UNAVAILABLE;
    }
    if (left_ms <= 0) { /* to the client, no time would be no limit */
        return ERR_DEADLINE;
    }
    struct snapshot *snapshot = node_snapshot(node);
    enum err err = wire_hold_request_encode(&abroad->request, &payload);
    if (err == ERR_OK) {
        err = sign_payload(node, snapshot->roster.epoch, PURPOSE_HOLD_REQUEST,
                           buffer_slice(&payload), &signed_request);
    }
    snapshot_release(snapshot);
    if (err == ERR_OK) {
        signed_to_message(&signed_request, &message);
        request.request = &message;
        err = rpc_client_call_async(
            client, &talea__v1__peer_service__descriptor, "AuthoriseHold", &request.base,
            left_ms < ABROAD_TIMEOUT_MS ? left_ms : ABROAD_TIMEOUT_MS, abroad_done, abroad);
    }
    buffer_fini(&payload);
    return err;
}

void authorise_abroad(struct node *node, struct rpc_call *call, const struct command *command)
{
    struct abroad *abroad = calloc(1, sizeof *abroad);
    if (abroad == NULL) {
        refuse_err(call, ERR_RESOURCE, NULL);
        return;
    }
    struct snapshot *snapshot = node_snapshot(node);
    const struct roster_partner *home = roster_home_of(&snapshot->roster, &command->hold.card);
    *abroad = (struct abroad){.node = node, .call = call, .command = *command};
    abroad->request = (struct hold_request){
        .transaction_id = command->transaction_id,
        .redeemer = node->config.partner,
        .card = command->hold.card,
        .points = command->hold.points,
        .requested = command->business_time,
        .capture_by = command->hold.capture_by,
    };
    if (home != NULL) {
        abroad->request.home = home->id;
    }
    snapshot_release(snapshot);
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

static enum err encode_answer(const struct reply *reply, struct buffer *out, enum purpose *purpose)
{
    const struct hold_request *request = reply->request;
    const struct outcome *outcome = &reply->outcome;
    if (outcome->verdict == VERDICT_OK) {
        struct hold_grant grant = {
            .hold = request->transaction_id,
            .redeemer = request->redeemer,
            .home = request->home,
            .card = request->card,
            .points = outcome->answer.points,
            .capture_by = outcome->answer.capture_by,
            .deliver_by = outcome->answer.deliver_by,
        };
        *purpose = PURPOSE_HOLD_GRANT;
        return wire_hold_grant_encode(&grant, out);
    }
    struct hold_refusal refusal = {request->transaction_id, request->redeemer, request->home, {0}};
    const char *name = verdict_describe(outcome->verdict)->name;
    memcpy(refusal.reason, name, strnlen(name, sizeof refusal.reason - 1));
    *purpose = PURPOSE_HOLD_REFUSAL;
    return wire_hold_refusal_encode(&refusal, out);
}

static void send_hold_answer(struct reply *reply)
{
    Talea__V1__AuthoriseHoldResponse response = TALEA__V1__AUTHORISE_HOLD_RESPONSE__INIT;
    Talea__V1__Signed message;
    struct signed_message answer;
    struct buffer payload = {0};
    enum purpose purpose = PURPOSE_HOLD_REFUSAL;
    struct snapshot *snapshot = node_snapshot(reply->node);
    enum err err = encode_answer(reply, &payload, &purpose);
    if (err == ERR_OK) {
        err = sign_payload(reply->node, snapshot->roster.epoch, purpose, buffer_slice(&payload),
                           &answer);
    }
    snapshot_release(snapshot);
    if (err == ERR_OK) {
        signed_to_message(&answer, &message);
        response.answer = &message;
        rpc_call_reply(reply->call, &response.base);
    } else {
        refuse_err(reply->call, err, NULL);
    }
    buffer_fini(&payload);
}

/* Signed by the calling partner, about its own till and our member, for a time we are willing to
 * promise. */
static enum err check_request(struct node *node, const struct identity *caller,
                              const struct signed_message *message, struct hold_request *request,
                              struct note *note)
{
    struct unix_ms now = node_now(node);
    struct snapshot *snapshot = node_snapshot(node);
    enum err err =
        signed_by_partner(snapshot, message, PURPOSE_HOLD_REQUEST, &caller->partner, now, note);
    snapshot_release(snapshot);
    TRY(err);
    TRY(wire_hold_request_decode(message->payload, request, note));
    if (!partner_id_equal(&request->redeemer, &caller->partner)) {
        return note_set(note, ERR_DENIED, "the request is %s's, the caller is %s",
                        request->redeemer.text, caller->partner.text);
    }
    if (!partner_id_equal(&request->home, &node->config.partner)) {
        return note_set(note, ERR_INPUT, "the request is for %s", request->home.text);
    }
    if (request->capture_by.ms <= now.ms ||
        request->capture_by.ms > now.ms + HOME_HOLD_LIFE_MS_MAX) {
        return note_set(note, ERR_INPUT, "capture_by is past or more than 31 days ahead");
    }
    return ERR_OK;
}

void peer_authorise_hold(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__AuthoriseHoldRequest *wire =
        (const Talea__V1__AuthoriseHoldRequest *)(const void *)message;
    struct hold_request *request = calloc(1, sizeof *request);
    struct signed_message envelope;
    struct buffer evidence = {0};
    struct note note = {"the envelope is malformed"};
    enum err err = request == NULL ? ERR_RESOURCE : signed_of_message(wire->request, &envelope);
    if (err == ERR_OK) {
        err = check_request(node, rpc_call_identity(call), &envelope, request, &note);
    }
    if (err == ERR_OK) {
        err = signed_encode(&envelope, &evidence);
    }
    if (err != ERR_OK) {
        refuse_err(call, err, &note);
        free(request);
    } else {
        struct command command = command_now(node, COMMAND_HOLD, &request->transaction_id);
        command.origin = request->redeemer;
        command.hold = (struct command_hold){
            .redeemer = request->redeemer,
            .card = request->card,
            .points = request->points,
            .capture_by = request->capture_by,
            .deliver_by = {request->capture_by.ms +
                           (int64_t)node->config.limits.deliver_hours * 3600000},
            .evidence = buffer_slice(&evidence),
        };
        reply_after(node, call, &command, request, send_hold_answer);
    }
    buffer_fini(&evidence);
}
