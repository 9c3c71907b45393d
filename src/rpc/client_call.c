/* Unary calls: one batch of six operations, completed on the client's own thread. */
#include <grpc/status.h>
#include <stdlib.h>

#include "base/limits.h"
#include "rpc/client_internal.h"

struct client_call {
    struct rpc_client *client;
    struct client_call *next; /* in the client's list, under its mutex */
    struct client_call *previous;
    grpc_call *core;
    const ProtobufCMessageDescriptor *output;
    grpc_byte_buffer *request;
    grpc_byte_buffer *reply;
    struct arena
        arena; /* of a reply that is not kept: of one with many parts none is freed alone */
    grpc_metadata_array headers;
    struct incoming_status incoming;
    struct completion finished;
    rpc_client_done *done;
    void *context;
    bool is_reply_kept; /* `done` takes the reply */
};

static void link_call(struct client_call *call)
{
    struct rpc_client *client = call->client;
    pthread_mutex_lock(&client->mutex);
    client->live_count++;
    call->next = client->calls;
    if (call->next != NULL) {
        call->next->previous = call;
    }
    client->calls = call;
    pthread_mutex_unlock(&client->mutex);
}

static void unlink_call(struct client_call *call)
{
    struct rpc_client *client = call->client;
    pthread_mutex_lock(&client->mutex);
    if (call->previous == NULL) {
        client->calls = call->next;
    } else {
        call->previous->next = call->next;
    }
    if (call->next != NULL) {
        call->next->previous = call->previous;
    }
    pthread_mutex_unlock(&client->mutex);
}

static void uncount(struct rpc_client *client)
{
    pthread_mutex_lock(&client->mutex);
    if (--client->live_count == 0) {
        pthread_cond_broadcast(&client->is_idle);
    }
    pthread_mutex_unlock(&client->mutex);
}

static void client_call_destroy(struct client_call *call)
{
    grpc_call_unref(call->core);
    grpc_byte_buffer_destroy(call->request);
    if (call->reply != NULL) {
        grpc_byte_buffer_destroy(call->reply);
    }
    grpc_metadata_array_destroy(&call->headers);
    incoming_status_fini(&call->incoming);
    arena_fini(&call->arena);
    free(call);
}

static struct rpc_status read_outcome(struct client_call *call, ProtobufCMessage **out_reply)
{
    struct rpc_status status = incoming_status_read(&call->incoming);
    if (status.code != GRPC_STATUS_OK) {
        return status;
    }
    struct arena *arena = call->is_reply_kept ? NULL : &call->arena;
    enum err err = payload_decode(call->reply, call->output, arena, out_reply);
    if (err != ERR_OK) {
        return rpc_status_make(GRPC_STATUS_INTERNAL, "MALFORMED_REPLY",
                               "The reply is no acceptable %s.", call->output->name);
    }
    return status;
}

static void on_finished(struct completion *completion, bool is_ok)
{
    struct client_call *call = completion->owner;
    struct rpc_client *client = call->client;
    ProtobufCMessage *reply = NULL;
    (void)is_ok; /* the status tells */
    unlink_call(call);
    struct rpc_status status = read_outcome(call, &reply);
    call->done(call->context, &status, reply);
    client_call_destroy(call);
    uncount(client);
}

static void start(struct client_call *call)
{
    grpc_op ops[6];
    size_t count = 0;
    batch_add(ops, &count, GRPC_OP_SEND_INITIAL_METADATA);
    batch_add(ops, &count, GRPC_OP_SEND_MESSAGE)->data.send_message.send_message = call->request;
    batch_add(ops, &count, GRPC_OP_SEND_CLOSE_FROM_CLIENT);
    batch_add(ops, &count, GRPC_OP_RECV_INITIAL_METADATA)
        ->data.recv_initial_metadata.recv_initial_metadata = &call->headers;
    batch_add(ops, &count, GRPC_OP_RECV_MESSAGE)->data.recv_message.recv_message = &call->reply;
    incoming_status_add(&call->incoming, ops, &count);
    link_call(call);
    grpc_call *core = call->core;
    completion_arm(&call->finished);
    ASSERT(grpc_call_start_batch(core, ops, count, &call->finished, NULL) == GRPC_CALL_OK);
}

static enum err call_begin(struct rpc_client *client, const ProtobufCServiceDescriptor *service,
                           const char *method, const ProtobufCMessage *request, int64_t timeout_ms,
                           bool is_reply_kept, rpc_client_done *done, void *context)
{
    const ProtobufCMethodDescriptor *descriptor = client_find_method(service, method);
    if (descriptor == NULL || descriptor->input != request->descriptor) {
        return ERR_UNSUPPORTED;
    }
    struct client_call *call = calloc(1, sizeof *call);
    grpc_byte_buffer *payload = payload_encode(request);
    if (call == NULL || payload == NULL) {
        free(call);
        if (payload != NULL) {
            grpc_byte_buffer_destroy(payload);
        }
        return ERR_RESOURCE;
    }
    call->client = client;
    call->core = client_create_call(client, service, method, timeout_ms);
    call->output = descriptor->output;
    call->request = payload;
    call->finished = (struct completion){.run = on_finished, .owner = call};
    call->done = done;
    call->context = context;
    call->is_reply_kept = is_reply_kept;
    arena_init(&call->arena, LIMIT_DECODED_BYTES);
    grpc_metadata_array_init(&call->headers);
    incoming_status_init(&call->incoming);
    start(call);
    return ERR_OK;
}

enum err rpc_client_call_async(struct rpc_client *client, const ProtobufCServiceDescriptor *service,
                               const char *method, const ProtobufCMessage *request,
                               int64_t timeout_ms, rpc_client_done *done, void *context)
{
    return call_begin(client, service, method, request, timeout_ms, false, done, context);
}

struct waiter {
    pthread_mutex_t mutex;
    pthread_cond_t is_done_changed;
    bool is_done;
    struct rpc_status status;
    ProtobufCMessage *reply;
};

static void wake_waiter(void *context, const struct rpc_status *status,
                        const ProtobufCMessage *reply)
{
    struct waiter *waiter = context;
    union {
        const ProtobufCMessage *lent; /* the waiter keeps it */
        ProtobufCMessage *kept;
    } taken = {reply};
    pthread_mutex_lock(&waiter->mutex);
    waiter->status = *status;
    waiter->reply = taken.kept;
    waiter->is_done = true;
    pthread_cond_signal(&waiter->is_done_changed);
    pthread_mutex_unlock(&waiter->mutex);
}

static struct rpc_status begin_refusal(enum err err, const char *method)
{
    if (err == ERR_UNSUPPORTED) {
        return rpc_status_make(GRPC_STATUS_UNIMPLEMENTED, "UNKNOWN_METHOD",
                               "There is no method %s with that request.", method);
    }
    return rpc_status_make(GRPC_STATUS_RESOURCE_EXHAUSTED, "MESSAGE_TOO_LARGE",
                           "The request of %s is too large to be sent.", method);
}

struct rpc_status rpc_client_call(struct rpc_client *client,
                                  const ProtobufCServiceDescriptor *service, const char *method,
                                  const ProtobufCMessage *request, int64_t timeout_ms,
                                  ProtobufCMessage **out_reply)
{
    struct waiter waiter = {.is_done = false};
    *out_reply = NULL;
    pthread_mutex_init(&waiter.mutex, NULL);
    pthread_cond_init(&waiter.is_done_changed, NULL);
    enum err err =
        call_begin(client, service, method, request, timeout_ms, true, wake_waiter, &waiter);
    if (err == ERR_OK) {
        pthread_mutex_lock(&waiter.mutex);
        while (!waiter.is_done) {
            pthread_cond_wait(&waiter.is_done_changed, &waiter.mutex);
        }
        pthread_mutex_unlock(&waiter.mutex);
        *out_reply = waiter.reply;
    } else {
        waiter.status = begin_refusal(err, method);
    }
    pthread_cond_destroy(&waiter.is_done_changed);
    pthread_mutex_destroy(&waiter.mutex);
    return waiter.status;
}

void rpc_client_close(struct rpc_client *client)
{
    if (client == NULL) {
        return;
    }
    pthread_mutex_lock(&client->mutex);
    ASSERT(client->stream_count == 0);
    for (struct client_call *call = client->calls; call != NULL; call = call->next) {
        grpc_call_cancel(call->core, NULL);
    }
    while (client->live_count > 0) {
        pthread_cond_wait(&client->is_idle, &client->mutex);
    }
    pthread_mutex_unlock(&client->mutex);
    client_destroy(client);
}
