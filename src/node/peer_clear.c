/* A partner's clearing stream over RPC. */
#include <stdlib.h>

#include "node/partner_host.h"
#include "node/services.h"
#include "peer/incoming.h"

/* One call of one partner. */
struct clearing {
    struct node *node;
    struct rpc_stream *stream;
    struct incoming incoming;
    struct clear_request_room request_room;
    struct clear_response_room response_room;
};

static enum err send_answer(void *context, const struct clear_response *response)
{
    struct clearing *clearing = context;
    Talea__V1__ClearResponse message;
    clear_response_to_message(response, &clearing->response_room, &message);
    return rpc_stream_send(clearing->stream, &message.base);
}

static enum err take_message(struct clearing *clearing, const Talea__V1__ClearRequest *message,
                             struct note *note)
{
    struct answer_port port = {clearing, send_answer};
    struct clear_request request;
    struct partner_host host;
    TRY(partner_host_open(clearing->node, &host));
    enum err err = clear_request_of_message(message, &clearing->request_room, &request, note);
    err = err == ERR_OK ? incoming_take(&clearing->incoming, &host.host, &request, &port, note)
                        : incoming_refuse(&clearing->incoming, &host.host, &port, note);
    partner_host_end(&host);
    return err;
}

static enum err serve(struct clearing *clearing, struct note *note)
{
    for (;;) {
        const ProtobufCMessage *message;
        TRY(rpc_stream_receive(clearing->stream, &message));
        TRY(take_message(clearing, (const Talea__V1__ClearRequest *)(const void *)message, note));
    }
}

struct rpc_status peer_clear(void *context, struct rpc_stream *stream)
{
    struct node *node = context;
    struct clearing *clearing = calloc(1, sizeof *clearing);
    struct note note = {""};
    if (clearing == NULL) {
        return rpc_status_of(ERR_RESOURCE, NULL);
    }
    if (partner_id_equal(&rpc_stream_identity(stream)->partner, &node->config.partner)) {
        free(clearing);
        return rpc_status_make(7, "PERMISSION_DENIED", "A node does not clear with itself.");
    }
    clearing->node = node;
    clearing->stream = stream;
    clearing->incoming.sender = rpc_stream_identity(stream)->partner;
    enum err err = serve(clearing, &note);
    free(clearing);
    return err == ERR_NOT_FOUND ? rpc_status_ok() : rpc_status_of(err, &note);
}
