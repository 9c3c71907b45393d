/* A partner's clearing stream over RPC. */
#include <stdlib.h>
#include <time.h>

#include "node/charter_exchange.h"
#include "node/partner_host.h"
#include "node/peer_guard.h"
#include "node/services.h"
#include "peer/incoming.h"

#define PACE_STEP_MS 20

/* One call of one partner. */
struct clearing {
    struct node *node;
    struct rpc_stream *stream;
    bool has_begun; /* the opening came */
    struct incoming incoming;
    struct clear_request_room request_room;
    struct clear_response_room response_room;
};

static enum err send_answer(void *context, const struct clear_response *response)
{
    struct clearing *clearing = context;
    Talea__V1__ClearResponse message;
    clear_response_to_message(response, &clearing->response_room, &message);
    return rpc_stream_send_timed(clearing->stream, LIMIT_PEER_SEND_MS, &message.base);
}

static enum err take_message(struct clearing *clearing, const Talea__V1__ClearRequest *message,
                             struct note *note)
{
    struct answer_port port = {clearing, send_answer};
    struct clear_request request;
    struct partner_host host;
    enum err err = clear_request_of_message(message, &clearing->request_room, &request, note);
    if (err == ERR_OK && request.head != NULL) {
        charter_catch_up(clearing->node, &clearing->incoming.sender, request.head->charter_epoch);
    }
    TRY(partner_host_open(clearing->node, &host));
    err = err == ERR_OK ? incoming_take(&clearing->incoming, &host.host, &request, &port, note)
                        : incoming_refuse(&clearing->incoming, &host.host, &port, note);
    partner_host_end(&host);
    return err;
}

/* A sender of more than its rate waits, and with it what it sends: the transport holds it back. */
static enum err pace(struct clearing *clearing, size_t entries)
{
    const struct timespec step = {.tv_nsec = PACE_STEP_MS * 1000000};
    int64_t left_ms =
        peer_guard_pace(clearing->node->peer_guard, &clearing->incoming.sender, entries);
    while (left_ms > 0) {
        if (rpc_stream_is_cancelled(clearing->stream) || rpc_stream_is_draining(clearing->stream)) {
            return ERR_CANCELLED;
        }
        nanosleep(&step, NULL);
        left_ms -= PACE_STEP_MS;
    }
    return ERR_OK;
}

static enum err receive(struct clearing *clearing, const Talea__V1__ClearRequest **out_message)
{
    const ProtobufCMessage *message;
    if (clearing->has_begun) {
        TRY(rpc_stream_receive(clearing->stream, &message));
    } else {
        TRY(rpc_stream_receive_timed(clearing->stream, LIMIT_OPENING_MS, &message));
    }
    clearing->has_begun = true;
    *out_message = (const Talea__V1__ClearRequest *)(const void *)message;
    return ERR_OK;
}

static enum err serve(struct clearing *clearing, struct note *note)
{
    for (;;) {
        const Talea__V1__ClearRequest *message;
        TRY(receive(clearing, &message));
        TRY(take_message(clearing, message, note));
        TRY(pace(clearing, message->n_entries));
    }
}

/* What ended the call and was told to nobody yet. */
static void count_end(struct clearing *clearing, enum err err, const struct note *note)
{
    const struct partner_id *sender = &clearing->incoming.sender;
    struct peer_guard *guard = clearing->node->peer_guard;
    if (err == ERR_DEADLINE) {
        bool is_silent = !clearing->has_begun;
        peer_guard_refused(guard, sender, is_silent ? "SILENT_STREAM" : "NEVER_READS",
                           is_silent ? "a stream was opened and nothing came"
                                     : "our answers are not taken");
    } else if (err == ERR_INPUT || err == ERR_RESOURCE) {
        peer_guard_refused(guard, sender, err == ERR_INPUT ? "MALFORMED" : "TOO_LARGE",
                           note->text[0] != '\0' ? note->text : err_describe(err)->sentence);
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
    count_end(clearing, err, &note);
    free(clearing);
    return err == ERR_NOT_FOUND ? rpc_status_ok() : rpc_status_of(err, &note);
}
