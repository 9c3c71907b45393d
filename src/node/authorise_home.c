/* Online authorisation: another brand's till asks us. */
#include <stdlib.h>

#include "node/partner_host.h"
#include "node/requests.h"
#include "node/services.h"
#include "peer/grant.h"
#include "wire/signed_message.h"

static void send_hold_answer(struct reply *reply)
{
    Talea__V1__AuthoriseHoldResponse response;
    talea__v1__authorise_hold_response__init(&response);
    Talea__V1__Signed message;
    struct signed_message answer;
    struct buffer bytes = {0};
    struct partner_host host;
    partner_host_begin(reply->node, (struct ledger_view){0}, &host);
    enum err err = grant_answer(&host.host, reply->request, &reply->outcome, &bytes);
    partner_host_end(&host);
    if (err == ERR_OK) {
        err = signed_decode(buffer_slice(&bytes), &answer);
    }
    if (err == ERR_OK) {
        signed_to_message(&answer, &message);
        response.answer = &message;
        rpc_call_reply(reply->call, &response.base);
    } else {
        refuse_err(reply->call, err, NULL);
    }
    buffer_fini(&bytes);
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

void peer_authorise_hold(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct node *node = context;
    const Talea__V1__AuthoriseHoldRequest *wire =
        (const Talea__V1__AuthoriseHoldRequest *)(const void *)message;
    struct hold_request *request = calloc(1, sizeof *request);
    struct command command;
    struct buffer evidence = {0};
    struct note note = {""};
    enum err err = request == NULL ? ERR_RESOURCE
                                   : take_request(node, call, wire->request, request, &command,
                                                  &evidence, &note);
    if (err == ERR_OK) {
        reply_after(node, call, &command, request, send_hold_answer);
    } else {
        refuse_err(call, err, &note);
        free(request);
    }
    buffer_fini(&evidence);
}
