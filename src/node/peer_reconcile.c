/* What a partner asks that compares a half with its own. */
#include <stdlib.h>

#include "node/partner_host.h"
#include "node/requests.h"
#include "node/services.h"
#include "peer/reconciling.h"
#include "talea/v1/peer.pb-c.h"

static enum err compare(struct node *node, struct rpc_call *call,
                        const Talea__V1__CompareHalfRequest *message, struct compare_room *room,
                        struct compare_answer *out_answer, struct buffer *claim, struct note *note)
{
    struct compare_request request;
    struct partner_host host;
    TRY(compare_request_of_message(message, &request, note));
    TRY(partner_host_open(node, &host));
    enum err err = reconciling_answer(&host.host, &rpc_call_identity(call)->partner, &request, room,
                                      out_answer, claim, note);
    partner_host_end(&host);
    return err;
}

void peer_compare_half(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct compare_answer answer;
    struct buffer claim = {0};
    struct note note = {""};
    struct compare_room *room = calloc(1, sizeof *room);
    enum err err =
        room == NULL
            ? ERR_RESOURCE
            : compare(context, call, (const Talea__V1__CompareHalfRequest *)(const void *)message,
                      room, &answer, &claim, &note);
    if (err == ERR_OK) {
        Talea__V1__CompareHalfResponse response;
        compare_answer_to_message(&answer, room, &response);
        rpc_call_reply(call, &response.base);
    } else {
        refuse_err(call, err, &note);
    }
    buffer_fini(&claim);
    free(room);
}

/* Entries on their way out. */
struct showing {
    struct buffer bytes;
    struct entry_span spans[RECONCILE_DIFFERENCES];
    ProtobufCBinaryData entries[RECONCILE_DIFFERENCES];
};

static enum err show(struct node *node, struct rpc_call *call,
                     const struct entries_request *request, struct showing *showing)
{
    struct partner_host host;
    TRY(partner_host_open(node, &host));
    enum err err = reconciling_show(&host.host, &rpc_call_identity(call)->partner, request,
                                    showing->spans, &showing->bytes);
    partner_host_end(&host);
    for (size_t i = 0; err == ERR_OK && i < request->count; i++) {
        const struct entry_span *span = &showing->spans[i];
        showing->entries[i] = (ProtobufCBinaryData){
            span->length, span->length == 0 ? NULL : showing->bytes.at + span->at};
    }
    return err;
}

void peer_show_entries(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct entries_request request;
    struct note note = {""};
    struct showing *showing = calloc(1, sizeof *showing);
    enum err err =
        showing == NULL
            ? ERR_RESOURCE
            : entries_request_of_message(
                  (const Talea__V1__ShowEntriesRequest *)(const void *)message, &request, &note);
    if (err == ERR_OK) {
        err = show(context, call, &request, showing);
    }
    if (err == ERR_OK) {
        Talea__V1__ShowEntriesResponse response;
        talea__v1__show_entries_response__init(&response);
        response.n_entries = request.count;
        response.entries = showing->entries;
        rpc_call_reply(call, &response.base);
    } else {
        refuse_err(call, err, &note);
    }
    if (showing != NULL) {
        buffer_fini(&showing->bytes);
        free(showing);
    }
}
