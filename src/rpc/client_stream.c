/* Streaming calls of any kind: the caller's thread posts and waits, the client's own thread
 * reports. `awaited` counts the operations that C core still holds. */
#include <errno.h>
#include <grpc/status.h>
#include <stdlib.h>

#include "base/limits.h"
#include "rpc/client_internal.h"

struct rpc_client_stream {
    struct rpc_client *client;
    grpc_call *core;
    const ProtobufCMethodDescriptor *descriptor;
    pthread_mutex_t mutex;
    pthread_cond_t is_changed;
    unsigned awaited;
    bool is_receiving; /* a receive is posted */
    bool is_received;  /* it came: `reply`, NULL after the last message */
    bool is_at_end;
    bool is_sending;
    bool is_sent_ok;
    bool is_finished; /* the status came */
    grpc_byte_buffer *reply;
    struct arena arena; /* of the last received message */
    grpc_metadata_array headers;
    struct incoming_status incoming;
    struct completion opened;
    struct completion received;
    struct completion sent;
    struct completion finished;
};

enum event {
    EVENT_OPENED,
    EVENT_RECEIVED,
    EVENT_SENT,
    EVENT_FINISHED
};

static void report(struct completion *completion, enum event event, bool is_ok)
{
    struct rpc_client_stream *stream = completion->owner;
    pthread_mutex_lock(&stream->mutex);
    stream->is_received = stream->is_received || event == EVENT_RECEIVED;
    stream->is_finished = stream->is_finished || event == EVENT_FINISHED;
    if (event == EVENT_SENT) {
        stream->is_sending = false;
        stream->is_sent_ok = is_ok;
    }
    stream->awaited--;
    pthread_cond_broadcast(&stream->is_changed);
    pthread_mutex_unlock(&stream->mutex);
}

static void on_opened(struct completion *completion, bool is_ok)
{
    report(completion, EVENT_OPENED, is_ok);
}

static void on_received(struct completion *completion, bool is_ok)
{
    report(completion, EVENT_RECEIVED, is_ok);
}

static void on_sent(struct completion *completion, bool is_ok)
{
    report(completion, EVENT_SENT, is_ok);
}

static void on_finished(struct completion *completion, bool is_ok)
{
    report(completion, EVENT_FINISHED, is_ok);
}

/* Under the mutex. */
static void post(struct rpc_client_stream *stream, const grpc_op *ops, size_t count,
                 struct completion *completion)
{
    stream->awaited++;
    completion_arm(completion);
    ASSERT(grpc_call_start_batch(stream->core, ops, count, completion, NULL) == GRPC_CALL_OK);
}

static void open_call(struct rpc_client_stream *stream)
{
    grpc_op ops[2];
    size_t count = 0;
    pthread_mutex_lock(&stream->mutex);
    batch_add(ops, &count, GRPC_OP_SEND_INITIAL_METADATA);
    batch_add(ops, &count, GRPC_OP_RECV_INITIAL_METADATA)
        ->data.recv_initial_metadata.recv_initial_metadata = &stream->headers;
    post(stream, ops, count, &stream->opened);
    count = 0;
    incoming_status_add(&stream->incoming, ops, &count);
    post(stream, ops, count, &stream->finished);
    pthread_mutex_unlock(&stream->mutex);
}

static void count_stream(struct rpc_client *client, bool is_new)
{
    pthread_mutex_lock(&client->mutex);
    client->stream_count += is_new ? 1 : (size_t)-1;
    pthread_mutex_unlock(&client->mutex);
}

enum err rpc_client_stream_open(struct rpc_client *client,
                                const ProtobufCServiceDescriptor *service, const char *method,
                                int64_t timeout_ms, struct rpc_client_stream **out_stream)
{
    const ProtobufCMethodDescriptor *descriptor = client_find_method(service, method);
    if (descriptor == NULL) {
        return ERR_UNSUPPORTED;
    }
    struct rpc_client_stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL) {
        return ERR_RESOURCE;
    }
    stream->client = client;
    stream->descriptor = descriptor;
    stream->core = client_create_call(client, service, method, timeout_ms);
    stream->opened = (struct completion){.run = on_opened, .owner = stream};
    stream->received = (struct completion){.run = on_received, .owner = stream};
    stream->sent = (struct completion){.run = on_sent, .owner = stream};
    stream->finished = (struct completion){.run = on_finished, .owner = stream};
    arena_init(&stream->arena, LIMIT_DECODED_BYTES);
    grpc_metadata_array_init(&stream->headers);
    incoming_status_init(&stream->incoming);
    pthread_mutex_init(&stream->mutex, NULL);
    cond_init_monotonic(&stream->is_changed);
    count_stream(client, true);
    open_call(stream);
    *out_stream = stream;
    return ERR_OK;
}

/* Under the mutex: posts a sending batch and waits for it. */
static bool send_and_wait(struct rpc_client_stream *stream, const grpc_op *ops, size_t count)
{
    stream->is_sending = true;
    post(stream, ops, count, &stream->sent);
    while (stream->is_sending) {
        pthread_cond_wait(&stream->is_changed, &stream->mutex);
    }
    return stream->is_sent_ok;
}

enum err rpc_client_stream_send(struct rpc_client_stream *stream, const ProtobufCMessage *message)
{
    grpc_op ops[1];
    size_t count = 0;
    ASSERT(message->descriptor == stream->descriptor->input);
    grpc_byte_buffer *payload = payload_encode(message);
    if (payload == NULL) {
        return ERR_RESOURCE;
    }
    batch_add(ops, &count, GRPC_OP_SEND_MESSAGE)->data.send_message.send_message = payload;
    pthread_mutex_lock(&stream->mutex);
    bool is_ok = !stream->is_finished && send_and_wait(stream, ops, count);
    pthread_mutex_unlock(&stream->mutex);
    grpc_byte_buffer_destroy(payload);
    return is_ok ? ERR_OK : ERR_UNAVAILABLE;
}

enum err rpc_client_stream_half_close(struct rpc_client_stream *stream)
{
    grpc_op ops[1];
    size_t count = 0;
    batch_add(ops, &count, GRPC_OP_SEND_CLOSE_FROM_CLIENT);
    pthread_mutex_lock(&stream->mutex);
    bool is_ok = !stream->is_finished && send_and_wait(stream, ops, count);
    pthread_mutex_unlock(&stream->mutex);
    return is_ok ? ERR_OK : ERR_UNAVAILABLE;
}

enum err rpc_client_stream_ask(struct rpc_client_stream *stream, const ProtobufCMessage *request)
{
    enum err err = rpc_client_stream_send(stream, request);
    if (err == ERR_OK) {
        err = rpc_client_stream_half_close(stream);
    }
    return err == ERR_UNAVAILABLE ? ERR_OK : err;
}

static void post_receive(struct rpc_client_stream *stream)
{
    grpc_op ops[1];
    size_t count = 0;
    stream->is_receiving = true;
    stream->is_received = false;
    batch_add(ops, &count, GRPC_OP_RECV_MESSAGE)->data.recv_message.recv_message = &stream->reply;
    post(stream, ops, count, &stream->received);
}

/* Under the mutex: waits for one of the two flags. */
static enum err wait_flag(struct rpc_client_stream *stream, const bool *flag,
                          const struct timespec *until)
{
    while (!*flag) {
        if (until == NULL) {
            pthread_cond_wait(&stream->is_changed, &stream->mutex);
        } else if (pthread_cond_timedwait(&stream->is_changed, &stream->mutex, until) ==
                       ETIMEDOUT &&
                   !*flag) {
            return ERR_DEADLINE;
        }
    }
    return ERR_OK;
}

/* Under the mutex. Takes the next payload out of the stream. */
static enum err take_payload(struct rpc_client_stream *stream, const struct timespec *until,
                             grpc_byte_buffer **out_payload)
{
    if (!stream->is_at_end) {
        if (!stream->is_receiving) {
            post_receive(stream);
        }
        TRY(wait_flag(stream, &stream->is_received, until));
        stream->is_receiving = false;
        stream->is_at_end = stream->reply == NULL;
    }
    if (stream->is_at_end) {
        TRY(wait_flag(stream, &stream->is_finished, until));
        return stream->incoming.code == GRPC_STATUS_OK ? ERR_NOT_FOUND : ERR_UNAVAILABLE;
    }
    *out_payload = stream->reply;
    stream->reply = NULL;
    return ERR_OK;
}

enum err rpc_client_stream_receive(struct rpc_client_stream *stream, int64_t timeout_ms,
                                   const ProtobufCMessage **out_message)
{
    struct timespec until = monotonic_after(timeout_ms);
    grpc_byte_buffer *payload;
    ProtobufCMessage *message;
    pthread_mutex_lock(&stream->mutex);
    enum err err = take_payload(stream, timeout_ms == 0 ? NULL : &until, &payload);
    pthread_mutex_unlock(&stream->mutex);
    if (err != ERR_OK) {
        return err;
    }
    arena_reset(&stream->arena);
    err = payload_decode(payload, stream->descriptor->output, &stream->arena, &message);
    grpc_byte_buffer_destroy(payload);
    if (err == ERR_OK) {
        *out_message = message;
    }
    return err;
}

void rpc_client_stream_cancel(struct rpc_client_stream *stream)
{
    grpc_call_cancel(stream->core, NULL);
}

struct rpc_status rpc_client_stream_close(struct rpc_client_stream *stream)
{
    pthread_mutex_lock(&stream->mutex);
    if (!stream->is_finished) {
        grpc_call_cancel(stream->core, NULL);
    }
    while (stream->awaited > 0) {
        pthread_cond_wait(&stream->is_changed, &stream->mutex);
    }
    pthread_mutex_unlock(&stream->mutex);
    struct rpc_status status = incoming_status_read(&stream->incoming);
    if (stream->reply != NULL) {
        grpc_byte_buffer_destroy(stream->reply);
    }
    incoming_status_fini(&stream->incoming);
    grpc_metadata_array_destroy(&stream->headers);
    arena_fini(&stream->arena);
    grpc_call_unref(stream->core);
    pthread_cond_destroy(&stream->is_changed);
    pthread_mutex_destroy(&stream->mutex);
    count_stream(stream->client, false);
    free(stream);
    return status;
}
