/* Streaming calls. Each has a thread of its own that runs the handler and waits here for what the
 * queue's thread reports.
 *
 * `awaited` counts the operations that C core still holds; the stream is freed when it is 0.
 */
#include <errno.h>
#include <grpc/status.h>
#include <stdlib.h>
#include <time.h>

#include "base/limits.h"
#include "rpc/server_internal.h"

struct rpc_stream {
    struct rpc_server *server;
    struct method *method;
    grpc_call *core;
    gpr_timespec deadline;
    struct identity identity;
    int64_t started_us;
    struct rpc_stream *next; /* in the server's list, under its mutex */
    struct rpc_stream *previous;

    pthread_mutex_t mutex;
    pthread_cond_t is_changed;
    unsigned awaited;
    bool is_receiving; /* a receive is posted */
    bool is_received;  /* it came: `incoming`, NULL after the last message */
    bool is_at_end;
    bool is_sending;
    bool is_sent_ok;
    bool is_opened;        /* the initial metadata is sent */
    atomic_bool is_closed; /* the call is over, one way or the other */
    int cancelled;         /* written by C core before that */
    grpc_byte_buffer *incoming;
    struct arena arena; /* of the last received message */
    struct completion received;
    struct completion sent;
    struct completion closed;
    struct outgoing_status outgoing;
};

static void on_received(struct completion *completion, bool is_ok)
{
    struct rpc_stream *stream = completion->owner;
    (void)is_ok; /* a failed receive gives NULL, like the end */
    pthread_mutex_lock(&stream->mutex);
    stream->is_received = true;
    stream->awaited--;
    pthread_cond_broadcast(&stream->is_changed);
    pthread_mutex_unlock(&stream->mutex);
}

static void on_sent(struct completion *completion, bool is_ok)
{
    struct rpc_stream *stream = completion->owner;
    pthread_mutex_lock(&stream->mutex);
    stream->is_sending = false;
    stream->is_sent_ok = is_ok;
    stream->awaited--;
    pthread_cond_broadcast(&stream->is_changed);
    pthread_mutex_unlock(&stream->mutex);
}

static void on_closed(struct completion *completion, bool is_ok)
{
    struct rpc_stream *stream = completion->owner;
    (void)is_ok;
    pthread_mutex_lock(&stream->mutex);
    atomic_store(&stream->is_closed, true);
    stream->awaited--;
    pthread_cond_broadcast(&stream->is_changed);
    pthread_mutex_unlock(&stream->mutex);
}

/* Under the mutex. */
static void post(struct rpc_stream *stream, const grpc_op *ops, size_t count,
                 struct completion *completion)
{
    stream->awaited++;
    completion_arm(completion);
    ASSERT(grpc_call_start_batch(stream->core, ops, count, completion, NULL) == GRPC_CALL_OK);
}

static void watch_close(struct rpc_stream *stream)
{
    grpc_op ops[1];
    size_t count = 0;
    pthread_mutex_lock(&stream->mutex);
    batch_add(ops, &count, GRPC_OP_RECV_CLOSE_ON_SERVER)->data.recv_close_on_server.cancelled =
        &stream->cancelled;
    post(stream, ops, count, &stream->closed);
    pthread_mutex_unlock(&stream->mutex);
}

/* The caller went away, its deadline passed, or its connection broke. */
static bool is_cut(const struct rpc_stream *stream)
{
    return atomic_load(&stream->is_closed) && stream->cancelled != 0;
}

/* Under the server's mutex. The threads are for all: one partner's node gets a few of them. */
static bool has_room_for(const struct rpc_server *server, const struct identity *caller)
{
    size_t count = 0;
    if (caller->role != ROLE_PEER) {
        return true;
    }
    for (const struct rpc_stream *s = server->live_streams; s != NULL; s = s->next) {
        bool is_same = s->identity.role == ROLE_PEER &&
                       partner_id_equal(&s->identity.partner, &caller->partner);
        count += is_same ? 1 : 0;
    }
    return count < LIMIT_STREAMS_PER_PEER;
}

/* False when the caller has too many already. */
static bool link_stream(struct rpc_stream *stream)
{
    struct rpc_server *server = stream->server;
    pthread_mutex_lock(&server->mutex);
    if (!has_room_for(server, &stream->identity)) {
        pthread_mutex_unlock(&server->mutex);
        return false;
    }
    stream->next = server->live_streams;
    if (stream->next != NULL) {
        stream->next->previous = stream;
    }
    server->live_streams = stream;
    pthread_mutex_unlock(&server->mutex);
    return true;
}

static void unlink_stream(struct rpc_stream *stream)
{
    struct rpc_server *server = stream->server;
    pthread_mutex_lock(&server->mutex);
    if (stream->previous == NULL) {
        server->live_streams = stream->next;
    } else {
        stream->previous->next = stream->next;
    }
    if (stream->next != NULL) {
        stream->next->previous = stream->previous;
    }
    pthread_mutex_unlock(&server->mutex);
}

void streams_wake(struct rpc_server *server)
{
    pthread_mutex_lock(&server->mutex);
    for (struct rpc_stream *stream = server->live_streams; stream != NULL; stream = stream->next) {
        pthread_mutex_lock(&stream->mutex);
        pthread_cond_broadcast(&stream->is_changed);
        pthread_mutex_unlock(&stream->mutex);
    }
    pthread_mutex_unlock(&server->mutex);
}

static void stream_destroy(struct rpc_stream *stream)
{
    if (stream->incoming != NULL) {
        grpc_byte_buffer_destroy(stream->incoming);
    }
    outgoing_status_fini(&stream->outgoing);
    arena_fini(&stream->arena);
    pthread_cond_destroy(&stream->is_changed);
    pthread_mutex_destroy(&stream->mutex);
    grpc_call_unref(stream->core);
    free(stream);
}

/* Sends the status and waits until C core holds nothing of the stream. */
static int finish(struct rpc_stream *stream, const struct rpc_status *status)
{
    grpc_op ops[2];
    size_t count = 0;
    pthread_mutex_lock(&stream->mutex);
    if (!stream->is_opened) {
        batch_add(ops, &count, GRPC_OP_SEND_INITIAL_METADATA);
    }
    outgoing_status_add(&stream->outgoing, status, ops, &count);
    post(stream, ops, count, &stream->sent);
    while (stream->awaited > 0) {
        pthread_cond_wait(&stream->is_changed, &stream->mutex);
    }
    bool is_cancelled = is_cut(stream);
    pthread_mutex_unlock(&stream->mutex);
    return is_cancelled && status->code == 0 ? GRPC_STATUS_CANCELLED : status->code;
}

static void stream_run(void *argument)
{
    struct rpc_stream *stream = argument;
    struct rpc_server *server = stream->server;
    struct method *method = stream->method;
    int64_t started_us = stream->started_us;
    watch_close(stream);
    struct rpc_status status = method->handler->stream(method->context, stream);
    int code = finish(stream, &status);
    unlink_stream(stream);
    stream_destroy(stream);
    server_report_call(server, method, code, started_us);
    server_uncount_call(server);
}

static struct rpc_stream *stream_create(struct rpc_server *server, struct method *method,
                                        grpc_call *core_call, gpr_timespec deadline,
                                        const struct identity *identity)
{
    struct rpc_stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL) {
        return NULL;
    }
    stream->server = server;
    stream->method = method;
    stream->core = core_call;
    stream->deadline = deadline;
    stream->identity = *identity;
    stream->started_us = clock_us();
    stream->received = (struct completion){.run = on_received, .owner = stream};
    stream->sent = (struct completion){.run = on_sent, .owner = stream};
    stream->closed = (struct completion){.run = on_closed, .owner = stream};
    arena_init(&stream->arena, LIMIT_DECODED_BYTES);
    pthread_mutex_init(&stream->mutex, NULL);
    cond_init_monotonic(&stream->is_changed);
    return stream;
}

static void refuse_busy(struct rpc_server *server, struct method *method, grpc_call *core_call,
                        gpr_timespec deadline)
{
    struct rpc_status busy = rpc_status_make(GRPC_STATUS_RESOURCE_EXHAUSTED, "TOO_MANY_STREAMS",
                                             "Too many streaming calls are open.");
    accept_refuse(server, method, core_call, deadline, &busy);
}

void stream_start(struct rpc_server *server, struct method *method, grpc_call *core_call,
                  gpr_timespec deadline, const struct identity *identity)
{
    struct rpc_stream *stream = stream_create(server, method, core_call, deadline, identity);
    if (stream == NULL) {
        refuse_busy(server, method, core_call, deadline);
        return;
    }
    grpc_call_ref(core_call); /* one for the refusal that may follow */
    bool is_linked = link_stream(stream);
    if (!is_linked || pool_submit(&server->streams, stream_run, stream) != ERR_OK) {
        if (is_linked) {
            unlink_stream(stream);
        }
        stream_destroy(stream);
        refuse_busy(server, method, core_call, deadline);
        return;
    }
    grpc_call_unref(core_call);
}

/* Under the mutex: why a wait must end, ERR_OK when it needn't. A drain ends sessions (both sides
 * stream, neither would end by itself) and lets uploads and downloads run out. */
static enum err interruption(const struct rpc_stream *stream)
{
    if (atomic_load(&stream->is_closed)) {
        return ERR_CANCELLED;
    }
    bool is_session = stream->method->kind == CALL_BIDI;
    return is_session && atomic_load(&stream->server->is_draining) ? ERR_UNAVAILABLE : ERR_OK;
}

static void post_receive(struct rpc_stream *stream)
{
    grpc_op ops[1];
    size_t count = 0;
    stream->is_receiving = true;
    stream->is_received = false;
    batch_add(ops, &count, GRPC_OP_RECV_MESSAGE)->data.recv_message.recv_message =
        &stream->incoming;
    post(stream, ops, count, &stream->received);
}

/* Under the mutex, until a receive has come. `until` NULL is for ever. */
static enum err wait_received(struct rpc_stream *stream, const struct timespec *until)
{
    while (!stream->is_received) {
        TRY(interruption(stream));
        if (until == NULL) {
            pthread_cond_wait(&stream->is_changed, &stream->mutex);
        } else if (pthread_cond_timedwait(&stream->is_changed, &stream->mutex, until) ==
                       ETIMEDOUT &&
                   !stream->is_received) {
            return ERR_DEADLINE;
        }
    }
    return ERR_OK;
}

/* Under the mutex. Takes the next payload out of the stream. */
static enum err take_payload(struct rpc_stream *stream, const struct timespec *until,
                             grpc_byte_buffer **out_payload)
{
    if (stream->is_at_end) {
        return is_cut(stream) ? ERR_CANCELLED : ERR_NOT_FOUND;
    }
    if (!stream->is_receiving) {
        post_receive(stream);
    }
    TRY(wait_received(stream, until));
    stream->is_receiving = false;
    if (stream->incoming == NULL) {
        stream->is_at_end = true;
        bool is_broken = grpc_call_failed_before_recv_message(stream->core) != 0;
        return is_broken || is_cut(stream) ? ERR_CANCELLED : ERR_NOT_FOUND;
    }
    *out_payload = stream->incoming;
    stream->incoming = NULL;
    return ERR_OK;
}

static enum err receive(struct rpc_stream *stream, const struct timespec *until,
                        const ProtobufCMessage **out_message)
{
    grpc_byte_buffer *payload;
    ProtobufCMessage *message;
    pthread_mutex_lock(&stream->mutex);
    enum err err = take_payload(stream, until, &payload);
    pthread_mutex_unlock(&stream->mutex);
    if (err != ERR_OK) {
        return err;
    }
    arena_reset(&stream->arena);
    err = payload_decode(payload, stream->method->descriptor->input, &stream->arena, &message);
    grpc_byte_buffer_destroy(payload);
    if (err == ERR_OK) {
        *out_message = message;
    }
    return err;
}

enum err rpc_stream_receive(struct rpc_stream *stream, const ProtobufCMessage **out_message)
{
    return receive(stream, NULL, out_message);
}

enum err rpc_stream_receive_timed(struct rpc_stream *stream, int64_t timeout_ms,
                                  const ProtobufCMessage **out_message)
{
    struct timespec until = monotonic_after(timeout_ms);
    return receive(stream, &until, out_message);
}

/* Under the mutex, until the message is out of our hands. A caller that takes nothing for so long
 * loses its call. `until` NULL is for ever. */
static enum err wait_sent(struct rpc_stream *stream, const struct timespec *until)
{
    bool is_late = false;
    while (stream->is_sending) {
        if (until == NULL || is_late) {
            pthread_cond_wait(&stream->is_changed, &stream->mutex);
        } else if (pthread_cond_timedwait(&stream->is_changed, &stream->mutex, until) ==
                       ETIMEDOUT &&
                   stream->is_sending) {
            is_late = true;
            grpc_call_cancel(stream->core, NULL);
        }
    }
    return is_late ? ERR_DEADLINE : stream->is_sent_ok ? ERR_OK : ERR_CANCELLED;
}

static enum err send_message(struct rpc_stream *stream, const struct timespec *until,
                             const ProtobufCMessage *message)
{
    grpc_op ops[2];
    size_t count = 0;
    grpc_byte_buffer *payload = payload_encode(message);
    if (payload == NULL) {
        return ERR_RESOURCE;
    }
    pthread_mutex_lock(&stream->mutex);
    if (!stream->is_opened) {
        batch_add(ops, &count, GRPC_OP_SEND_INITIAL_METADATA);
        stream->is_opened = true;
    }
    batch_add(ops, &count, GRPC_OP_SEND_MESSAGE)->data.send_message.send_message = payload;
    stream->is_sending = true;
    post(stream, ops, count, &stream->sent);
    enum err err = wait_sent(stream, until);
    pthread_mutex_unlock(&stream->mutex);
    grpc_byte_buffer_destroy(payload);
    return err;
}

enum err rpc_stream_send(struct rpc_stream *stream, const ProtobufCMessage *message)
{
    return send_message(stream, NULL, message);
}

enum err rpc_stream_send_timed(struct rpc_stream *stream, int64_t timeout_ms,
                               const ProtobufCMessage *message)
{
    struct timespec until = monotonic_after(timeout_ms);
    return send_message(stream, &until, message);
}

enum err stream_wait_health(struct rpc_stream *stream, unsigned version)
{
    enum err err = ERR_OK;
    pthread_mutex_lock(&stream->mutex);
    while (atomic_load(&stream->server->health_version) == version) {
        err = atomic_load(&stream->is_closed)             ? ERR_CANCELLED
              : atomic_load(&stream->server->is_draining) ? ERR_UNAVAILABLE
                                                          : ERR_OK;
        if (err != ERR_OK) {
            break;
        }
        pthread_cond_wait(&stream->is_changed, &stream->mutex);
    }
    pthread_mutex_unlock(&stream->mutex);
    return err;
}

const struct identity *rpc_stream_identity(const struct rpc_stream *stream)
{
    return &stream->identity;
}

bool rpc_stream_is_draining(const struct rpc_stream *stream)
{
    return atomic_load(&stream->server->is_draining);
}

bool rpc_stream_is_cancelled(const struct rpc_stream *stream)
{
    return atomic_load(&stream->is_closed);
}
