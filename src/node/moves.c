/* Members who move between homes: what the office tells, and what the two nodes say to each other.
 */
#include <stdlib.h>

#include "node/partner_host.h"
#include "node/peers.h"
#include "node/requests.h"
#include "node/services.h"
#include "peer/move.h"
#include "talea/v1/account.pb-c.h"
#include "wire/signed_message.h"

#define ACCEPT_TIMEOUT_MS 3000

/* ---- The new home ---- */

static void send_awaited(struct reply *reply)
{
    Talea__V1__AwaitMoveResponse response;
    talea__v1__await_move_response__init(&response);
    const struct answer *answer = &reply->outcome.answer;
    if (reply->outcome.verdict != VERDICT_OK) {
        refuse_verdict(reply->call, reply->outcome.verdict);
        return;
    }
    response.home = (char *)(uintptr_t)answer->home.text;
    response.journal_row = answer->row;
    rpc_call_reply(reply->call, &response.base);
}

void account_await_move(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__AwaitMoveRequest *request =
        (const Talea__V1__AwaitMoveRequest *)(const void *)message;
    struct uid transaction;
    if (!request_transaction(call, request->transaction_id, &transaction)) {
        return;
    }
    struct command command = command_now(node, COMMAND_AWAIT_MOVE, &transaction);
    if (request_card(call, request->card, &command.await.card) &&
        request_card(call, request->own_card, &command.await.own_card)) {
        reply_after(node, call, &command, NULL, send_awaited);
    }
}

static enum err accept_move(struct node *node, struct rpc_call *call,
                            const struct card_number *card, const struct card_number *new_card,
                            enum verdict *out_verdict, struct buffer *out_signed)
{
    struct partner_host host;
    TRY(partner_host_open(node, &host));
    enum err err = move_accept(&host.host, &rpc_call_identity(call)->partner, card, new_card,
                               out_verdict, out_signed);
    partner_host_end(&host);
    return err;
}

void peer_accept_move(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    const Talea__V1__AcceptMoveRequest *request =
        (const Talea__V1__AcceptMoveRequest *)(const void *)message;
    struct card_number card;
    struct card_number new_card;
    struct buffer bytes = {0};
    struct signed_message envelope;
    enum verdict verdict = VERDICT_OK;
    if (!request_card(call, request->card, &card) ||
        !request_card(call, request->new_card, &new_card)) {
        return;
    }
    enum err err = accept_move(context, call, &card, &new_card, &verdict, &bytes);
    if (err == ERR_OK && verdict == VERDICT_OK) {
        err = signed_decode(buffer_slice(&bytes), &envelope);
    }
    if (err != ERR_OK) {
        refuse_err(call, err, NULL);
    } else if (verdict != VERDICT_OK) {
        refuse_verdict(call, verdict);
    } else {
        Talea__V1__AcceptMoveResponse response;
        talea__v1__accept_move_response__init(&response);
        Talea__V1__Signed acceptance;
        signed_to_message(&envelope, &acceptance);
        response.acceptance = &acceptance;
        rpc_call_reply(call, &response.base);
    }
    buffer_fini(&bytes);
}

/* ---- The old home ---- */

/* A move on its way to the new home's consent. */
struct moving {
    struct node *node;
    struct rpc_call *call;
    struct command command;
};

static void send_moved(struct reply *reply)
{
    Talea__V1__MoveMemberResponse response;
    talea__v1__move_member_response__init(&response);
    const struct answer *answer = &reply->outcome.answer;
    if (reply->outcome.verdict != VERDICT_OK) {
        refuse_verdict(reply->call, reply->outcome.verdict);
        return;
    }
    response.points = answer->points.minor;
    response.journal_row = answer->row;
    rpc_call_reply(reply->call, &response.base);
}

static enum err take_acceptance(struct moving *moving, const ProtobufCMessage *reply,
                                struct buffer *evidence, struct note *note)
{
    const Talea__V1__AcceptMoveResponse *response =
        (const Talea__V1__AcceptMoveResponse *)(const void *)reply;
    struct signed_message envelope;
    struct partner_host host;
    if (signed_of_message(response->acceptance, &envelope) != ERR_OK) {
        return note_set(note, ERR_INPUT, "the answer of %s is malformed",
                        moving->command.move.to.text);
    }
    partner_host_begin(moving->node, (struct ledger_view){0}, &host);
    enum err err = move_take_acceptance(&host.host, &envelope, &moving->command, evidence, note);
    partner_host_end(&host);
    return err;
}

static void refuse_new_home(const struct moving *moving, const struct rpc_status *status)
{
    enum verdict verdict;
    if (verdict_parse(status->reason, &verdict) == ERR_OK && verdict != VERDICT_OK) {
        refuse_verdict(moving->call, verdict);
    } else {
        refuse(moving->call, 14, "HOME_UNREACHABLE", "%s can't be asked now: %s",
               moving->command.move.to.text, status->message);
    }
}

/* The acceptance is recorded with the move. */
static void accepted(void *context, const struct rpc_status *status, const ProtobufCMessage *reply)
{
    struct moving *moving = context;
    struct buffer evidence = {0};
    struct note note = {""};
    if (status->code != 0) {
        refuse_new_home(moving, status);
    } else {
        enum err err = take_acceptance(moving, reply, &evidence, &note);
        if (err == ERR_OK) {
            reply_after(moving->node, moving->call, &moving->command, NULL, send_moved);
        } else {
            refuse_err(moving->call, err, &note);
        }
    }
    buffer_fini(&evidence);
    free(moving);
}

static enum err ask_new_home(struct moving *moving)
{
    struct rpc_client *client = peers_client(moving->node->peers, &moving->command.move.to);
    Talea__V1__AcceptMoveRequest request;
    talea__v1__accept_move_request__init(&request);
    request.card = moving->command.move.card.digits;
    request.new_card = moving->command.move.new_card.digits;
    int64_t left_ms = rpc_call_time_left_ms(moving->call);
    if (client == NULL) {
        return ERR_UNAVAILABLE;
    }
    if (left_ms <= 0) {
        return ERR_DEADLINE;
    }
    return rpc_client_call_async(
        client, &talea__v1__peer_service__descriptor, "AcceptMove", &request.base,
        left_ms < ACCEPT_TIMEOUT_MS ? left_ms : ACCEPT_TIMEOUT_MS, accepted, moving);
}

/* A new home that is none is the ledger's to refuse. */
static bool is_partner(struct node *node, const struct partner_id *partner)
{
    struct snapshot *snapshot = node_snapshot(node);
    bool is_one = roster_find(&snapshot->roster, partner) != NULL &&
                  !roster_is_self(&snapshot->roster, partner);
    snapshot_release(snapshot);
    return is_one;
}

void account_move_member(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__MoveMemberRequest *request =
        (const Talea__V1__MoveMemberRequest *)(const void *)message;
    struct uid transaction;
    if (!request_transaction(call, request->transaction_id, &transaction)) {
        return;
    }
    struct command command = command_now(node, COMMAND_MOVE_MEMBER, &transaction);
    struct command_move *move = &command.move;
    if (!request_card(call, request->card, &move->card) ||
        !request_card(call, request->new_card, &move->new_card)) {
        return;
    }
    if (partner_id_parse(request->to, &move->to) != ERR_OK || !is_partner(node, &move->to)) {
        refuse_verdict(call, VERDICT_PARTNER_UNKNOWN);
        return;
    }
    struct moving *moving = calloc(1, sizeof *moving);
    enum err err = ERR_RESOURCE;
    if (moving != NULL) {
        *moving = (struct moving){node, call, command};
        err = ask_new_home(moving);
    }
    if (err != ERR_OK) {
        refuse_err(call, err, NULL);
        free(moving);
    }
}
