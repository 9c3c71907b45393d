/* Unary calls: decode, hand to the handler, send one reply or refusal, be freed when C
 * core and the handler are done with it. */
#include <grpc/status.h>
#include <grpc/support/time.h>
#include <stdlib.h>

#include "base/limits.h"
#include "rpc/server_internal.h"

struct rpc_call {
    struct rpc_server *server;
    struct method *method; /* NULL: unknown */
    grpc_call *core;
    gpr_timespec deadline;
    struct identity identity;
    int64_t started_us;
    struct arena arena;
    grpc_byte_buffer *payload; /* until it is decoded */
    ProtobufCMessage *request;
    rpc_unary_handler *handler;
    atomic_bool is_replied;
    atomic_bool is_cancelled;
    int cancelled;        /* written by C core */
    bool is_close_posted; /* a batch of its own watches for the caller's cancel */
    atomic_uint holders;  /* batches of C core, and the worker that runs the handler */
    struct completion closed;
    struct completion replied;
    struct completion resumed;
    rpc_resume *resume;
    void *resume_context;
    struct rpc_call *next_resumed; /* in the server's list */
    grpc_byte_buffer *reply;
    struct outgoing_status outgoing;
};

void outgoing_status_add(struct outgoing_status *out, const struct rpc_status *status, grpc_op *ops,
                         size_t *count)
{
    grpc_op *op = batch_add(ops, count, GRPC_OP_SEND_STATUS_FROM_SERVER);
    out->status = *status;
    op->data.send_status_from_server.status = (grpc_status_code)status->code;
    if (status->code == GRPC_STATUS_OK) {
        return;
    }
    details_encode(status, &out->details);
    out->text = grpc_slice_from_static_string(out->status.message);
    op->data.send_status_from_server.status_details = &out->text;
    if (out->details.err == ERR_OK) {
        out->trailer.key = grpc_slice_from_static_string(RPC_DETAILS_KEY);
        out->trailer.value =
            grpc_slice_from_copied_buffer((const char *)out->details.at, out->details.length);
        op->data.send_status_from_server.trailing_metadata_count = 1;
        op->data.send_status_from_server.trailing_metadata = &out->trailer;
    }
}

void outgoing_status_fini(struct outgoing_status *out)
{
    if (out->details.length > 0) {
        grpc_slice_unref(out->trailer.value);
    }
    buffer_fini(&out->details);
}

static void call_destroy(struct rpc_call *call)
{
    struct rpc_server *server = call->server;
    int code =
        atomic_load(&call->is_cancelled) ? GRPC_STATUS_CANCELLED : call->outgoing.status.code;
    server_report_call(server, call->method, code, call->started_us);
    grpc_call_unref(call->core);
    if (call->reply != NULL) {
        grpc_byte_buffer_destroy(call->reply);
    }
    if (call->payload != NULL) {
        grpc_byte_buffer_destroy(call->payload);
    }
    outgoing_status_fini(&call->outgoing);
    arena_fini(&call->arena);
    free(call);
    server_uncount_call(server);
}

static void call_drop(struct rpc_call *call)
{
    if (atomic_fetch_sub(&call->holders, 1) == 1) {
        call_destroy(call);
    }
}

static void on_closed(struct completion *completion, bool is_ok)
{
    struct rpc_call *call = completion->owner;
    (void)is_ok;
    atomic_store(&call->is_cancelled, call->cancelled != 0);
    call_drop(call);
}

static void on_replied(struct completion *completion, bool is_ok)
{
    struct rpc_call *call = completion->owner;
    if (!is_ok || (!call->is_close_posted && call->cancelled != 0)) {
        atomic_store(&call->is_cancelled, true);
    }
    call_drop(call);
}

/* All that were resumed meanwhile. */
static void on_resumed(struct completion *completion, bool is_ok)
{
    struct rpc_call *call = completion->owner;
    struct rpc_server *server = call->server;
    (void)is_ok;
    pthread_mutex_lock(&server->resumed_lock);
    struct rpc_call *list = server->resumed_first;
    server->resumed_first = NULL;
    pthread_mutex_unlock(&server->resumed_lock);
    while (list != NULL) {
        struct rpc_call *next = list->next_resumed;
        list->resume(list->resume_context);
        list = next;
    }
}

struct rpc_call *call_create(struct rpc_server *server, struct method *method, grpc_call *core_call,
                             gpr_timespec deadline)
{
    struct rpc_call *call = calloc(1, sizeof *call);
    if (call == NULL) {
        return NULL;
    }
    call->server = server;
    call->method = method;
    call->core = core_call;
    call->deadline = deadline;
    call->started_us = clock_us();
    atomic_init(&call->holders, 1);
    call->closed = (struct completion){.run = on_closed, .owner = call};
    call->replied = (struct completion){.run = on_replied, .owner = call};
    call->resumed = (struct completion){.run = on_resumed, .owner = call};
    arena_init(&call->arena, LIMIT_DECODED_BYTES);
    return call;
}

/* Handlers on a worker may run long, so a cancel is watched for beside them; for inline ones that
 * would cost an event for nothing, and the close comes with the reply. */
static void watch_close(struct rpc_call *call)
{
    grpc_op ops[1];
    size_t count = 0;
    batch_add(ops, &count, GRPC_OP_RECV_CLOSE_ON_SERVER)->data.recv_close_on_server.cancelled =
        &call->cancelled;
    atomic_fetch_add(&call->holders, 1);
    call->is_close_posted = true;
    completion_arm(&call->closed);
    ASSERT(grpc_call_start_batch(call->core, ops, count, &call->closed, NULL) == GRPC_CALL_OK);
}

static void run_handler(void *argument)
{
    struct rpc_call *call = argument;
    call->handler(call->method->context, call, call->request);
}

/* A large message takes a while: where there is a worker, it decodes. */
static void decode_and_run(void *argument)
{
    struct rpc_call *call = argument;
    const ProtobufCMessageDescriptor *input = call->method->descriptor->input;
    enum err err = payload_decode(call->payload, input, &call->arena, &call->request);
    if (call->payload != NULL) {
        grpc_byte_buffer_destroy(call->payload);
        call->payload = NULL;
    }
    if (err != ERR_OK) {
        struct rpc_status refusal = payload_refusal(err, input);
        rpc_call_refuse(call, &refusal);
        return;
    }
    run_handler(call);
}

static void decode_on_worker(void *argument)
{
    decode_and_run(argument);
    call_drop(argument);
}

static void handle_on_worker(void *argument)
{
    run_handler(argument);
    call_drop(argument);
}

/* The answer may go out, and C core be done with it, while the handler still tidies up: the worker
 * holds the call, too. On the queue's thread the end of an answer comes after the handler's. */
static void run_on_worker(struct rpc_call *call, pool_run *run)
{
    atomic_fetch_add(&call->holders, 1);
    if (pool_submit(&call->server->workers, run, call) != ERR_OK) {
        struct rpc_status busy = rpc_status_make(GRPC_STATUS_RESOURCE_EXHAUSTED, "QUEUE_FULL",
                                                 "Too many calls wait already; ask again later.");
        rpc_call_refuse(call, &busy);
        call_drop(call);
    }
}

void call_run_unary(struct rpc_call *call, const struct identity *identity,
                    grpc_byte_buffer *payload)
{
    call->identity = *identity;
    call->payload = payload;
    call->handler = call->method->handler->unary;
    if (call->method->handler->placement == RPC_INLINE) {
        decode_and_run(call);
        return;
    }
    watch_close(call);
    run_on_worker(call, decode_on_worker);
}

void rpc_call_continue(struct rpc_call *call, rpc_unary_handler *handler)
{
    call->handler = handler;
    run_on_worker(call, handle_on_worker);
}

/* A batch of no operations is complete at once: its tag is all that goes through the queue. One is
 * enough for all that are resumed before it is seen; the list is not empty until then, and the call
 * whose tag it is stays in it. */
void rpc_call_resume(struct rpc_call *call, rpc_resume *run, void *context)
{
    struct rpc_server *server = call->server;
    call->resume = run;
    call->resume_context = context;
    call->next_resumed = NULL;
    pthread_mutex_lock(&server->resumed_lock);
    bool is_first = server->resumed_first == NULL;
    *(is_first ? &server->resumed_first : &server->resumed_last->next_resumed) = call;
    server->resumed_last = call;
    pthread_mutex_unlock(&server->resumed_lock);
    if (is_first) {
        completion_arm(&call->resumed);
        ASSERT(grpc_call_start_batch(call->core, NULL, 0, &call->resumed, NULL) == GRPC_CALL_OK);
    }
}

/* One batch ends the call. After it has started the call may be gone, unless its handler runs. */
static void finish(struct rpc_call *call, const struct rpc_status *status)
{
    grpc_op ops[4];
    size_t count = 0;
    bool is_first = !atomic_exchange(&call->is_replied, true);
    ASSERT(is_first);
    batch_add(ops, &count, GRPC_OP_SEND_INITIAL_METADATA);
    if (call->reply != NULL) {
        batch_add(ops, &count, GRPC_OP_SEND_MESSAGE)->data.send_message.send_message = call->reply;
    }
    outgoing_status_add(&call->outgoing, status, ops, &count);
    if (!call->is_close_posted) {
        batch_add(ops, &count, GRPC_OP_RECV_CLOSE_ON_SERVER)->data.recv_close_on_server.cancelled =
            &call->cancelled;
    }
    grpc_call *core = call->core;
    completion_arm(&call->replied);
    ASSERT(grpc_call_start_batch(core, ops, count, &call->replied, NULL) == GRPC_CALL_OK);
}

void rpc_call_reply(struct rpc_call *call, const ProtobufCMessage *reply)
{
    struct rpc_status status = rpc_status_ok();
    call->reply = payload_encode(reply);
    if (call->reply == NULL) {
        status = payload_refusal(ERR_RESOURCE, reply->descriptor);
    }
    finish(call, &status);
}

void rpc_call_refuse(struct rpc_call *call, const struct rpc_status *status)
{
    ASSERT(status->code != GRPC_STATUS_OK);
    finish(call, status);
}

bool rpc_call_is_in_turn(const struct rpc_call *call)
{
    return pthread_equal(pthread_self(), call->server->queue_thread) != 0;
}

struct arena *rpc_call_arena(struct rpc_call *call)
{
    return &call->arena;
}

const struct identity *rpc_call_identity(const struct rpc_call *call)
{
    return &call->identity;
}

int64_t rpc_call_time_left_ms(const struct rpc_call *call)
{
    gpr_timespec never = gpr_inf_future(call->deadline.clock_type);
    if (gpr_time_cmp(call->deadline, never) == 0) {
        return INT64_MAX;
    }
    gpr_timespec left = gpr_time_sub(call->deadline, gpr_now(call->deadline.clock_type));
    return left.tv_sec < 0 ? 0 : left.tv_sec * 1000 + left.tv_nsec / 1000000;
}

bool rpc_call_is_cancelled(const struct rpc_call *call)
{
    return atomic_load(&call->is_cancelled);
}
