/* A gRPC server on C core, driven by protobuf-c's service descriptors.
 *
 * A service is declared once, in the .proto. To add a method, write one handler and name it in the
 * service's handler table; types, full names and streaming kinds come from the descriptors.
 *
 * Before a handler sees a call, the server has asked, in this order: is the method known
 * (UNIMPLEMENTED, UNKNOWN_METHOD); are there too many calls (RESOURCE_EXHAUSTED, TOO_MANY_CALLS);
 * is the caller's identity proven (UNAUTHENTICATED, NO_IDENTITY, AMBIGUOUS_IDENTITY or
 * IDENTITY_NOT_ACCEPTED); may its role call this (PERMISSION_DENIED, ROLE_NOT_ALLOWED); does
 * the host admit one more call of this caller; is the message well-formed (INVALID_ARGUMENT,
 * MALFORMED_MESSAGE) and within the limits (RESOURCE_EXHAUSTED, MESSAGE_TOO_LARGE); is a thread
 * free (RESOURCE_EXHAUSTED, QUEUE_FULL or TOO_MANY_STREAMS; for an RPC_WORKER method that is asked
 * before its message is looked at). Strings in messages are UTF-8 without NUL. Health and
 * reflection are served to every proven identity.
 *
 * Threads: one thread owns the completion queue and runs the handlers marked RPC_INLINE, which must
 * not block. RPC_WORKER handlers run on a bounded pool and may block. Whoever runs a handler
 * decodes its request before, in a capped arena. Streaming handlers each run on a thread of their
 * own, at most `streams_max` at once and LIMIT_STREAMS_PER_PEER of one partner's node. A reply may
 * be given from any thread. C core starts threads of its own, which inherit the signal mask: block
 * the signals that the daemon waits for before the first rpc_server_start or rpc_client_open, and
 * don't fork after it.
 *
 * The first start also has the process keep more of the memory that it frees (mallopt).
 */
#ifndef RPC_SERVER_H
#define RPC_SERVER_H

#include <protobuf-c/protobuf-c.h>

#include "base/arena.h"
#include "pki/identity.h"
#include "rpc/status.h"

struct rpc_server;
struct rpc_call;
struct rpc_stream;

/* Unary: reply exactly once with rpc_call_reply or rpc_call_refuse, now or later, from any thread.
 * The call, `request` and the call's arena live until then, and until the handler returns. */
typedef void rpc_unary_handler(void *context, struct rpc_call *call,
                               const ProtobufCMessage *request);
/* Streaming of any kind: receive and send in a blocking way; the returned status ends the call. */
typedef struct rpc_status rpc_stream_handler(void *context, struct rpc_stream *stream);

enum rpc_placement {
    RPC_INLINE,
    RPC_WORKER
};

struct rpc_method {
    const char *name; /* as in the .proto: "Earn" */
    unsigned roles;   /* bit set of enum role: who may call it */
    enum rpc_placement placement;
    rpc_unary_handler *unary;   /* for unary methods, else NULL */
    rpc_stream_handler *stream; /* for streaming methods, else NULL */
};

struct rpc_service {
    const ProtobufCServiceDescriptor *descriptor;
    const struct rpc_method *methods;
    size_t method_count;
    void *context; /* given to each handler */
};

/* The node's own certificate and whom it trusts. `load` is asked at the first handshake after
 * `generation` changed; its PEM texts belong to the callee and last until the next call. When it
 * fails the certificate in use stays. What `accepts` said of a connection holds until `generation`
 * changes: so it changes too when what `accepts` goes by does. Called from any thread; `generation`
 * for each call, so it must be cheap. */
struct rpc_server_tls {
    void *context;
    uint64_t (*generation)(void *context);
    enum err (*load)(void *context, const char **out_certificate_chain, const char **out_key,
                     const char **out_trusted_roots);
    /* Is this the identity of this certificate (PEM, leaf first)? The chain verified against some
     * trusted root already; this checks that the root belongs to the claimed partner. */
    bool (*accepts)(void *context, const struct identity *identity, const char *chain_pem);
};

struct rpc_server_options {
    const char *listen_address; /* "127.0.0.1:7001", "[::]:7001"; port 0 picks one */
    struct rpc_server_tls tls;
    struct slice
        file_descriptor_set; /* FileDescriptorSet of all services; must outlive the server */
    unsigned workers;        /* threads for RPC_WORKER handlers */
    unsigned streams_max;    /* streaming calls at once */
    /* May this caller have one more call? Asked before its message is looked at; when not, the
     * status that refuses it is in `*out_status`. May be NULL: always. On the completion queue's
     * thread; quick. */
    bool (*admit)(void *context, const struct identity *caller, const char *full_method,
                  struct rpc_status *out_status);
    void *admit_context;
    /* Called on the completion queue's thread before it waits, and after some completions when it
     * does not come to wait: for what handlers put off until then. May be NULL; quick. */
    void (*on_turn)(void *context);
    void *on_turn_context;
    /* Told of each finished call, for metrics; may be NULL. Any thread. */
    void (*on_call)(void *context, const char *full_method, int status_code, int64_t duration_us);
    void *on_call_context;
    /* A line from C core's own log, for the daemon's log; may be NULL. Any thread. */
    void (*on_log)(void *context, const char *line);
    void *on_log_context;
};

/* Starts to serve at once; health is NOT_SERVING until rpc_server_set_serving. `services` and all
 * it points to stay with the caller and must outlive the server. */
MUST_USE enum err rpc_server_start(const struct rpc_server_options *options,
                                   const struct rpc_service *services, size_t service_count,
                                   struct rpc_server **out_server, struct note *note);
int rpc_server_port(const struct rpc_server *server);
/* Health (grpc.health.v1) for the whole server and for each service. */
void rpc_server_set_serving(struct rpc_server *server, bool is_serving);
/* Graceful: health says NOT_SERVING, new calls are refused, sessions (bidi streams) are told by
 * ERR_UNAVAILABLE from their next wait, other calls in flight may end for at most `drain_ms`, the
 * rest is cancelled; then waits for their handlers, joins every thread, frees. A unary call that
 * its handler kept must still be answered, or this never returns. NULL is allowed. */
void rpc_server_stop(struct rpc_server *server, int64_t drain_ms);

/* Memory that lasts as long as the request; for one thread at a time. */
struct arena *rpc_call_arena(struct rpc_call *call);
const struct identity *rpc_call_identity(const struct rpc_call *call);
/* Milliseconds left until the caller's deadline; INT64_MAX without one. */
int64_t rpc_call_time_left_ms(const struct rpc_call *call);
/* Known for RPC_WORKER methods only: an RPC_INLINE one sees no cancel, only its deadline. */
bool rpc_call_is_cancelled(const struct rpc_call *call);
/* Is this the thread that runs RPC_INLINE handlers, so that a turn's end follows? */
bool rpc_call_is_in_turn(const struct rpc_call *call);
/* From an RPC_INLINE handler, for the odd call that takes long: `handler` goes on with the same
 * request on a worker, or the call is refused when too many wait for one. */
void rpc_call_continue(struct rpc_call *call, rpc_unary_handler *handler);
/* `run` is called once with `context`, soon, on the thread that runs RPC_INLINE handlers: where
 * what a call waits for comes about on a thread that must not be held up by its answer. From any
 * thread, once at most for each call, before its reply; `run` must not block, and may reply. */
typedef void rpc_resume(void *context);
void rpc_call_resume(struct rpc_call *call, rpc_resume *run, void *context);
void rpc_call_reply(struct rpc_call *call, const ProtobufCMessage *reply);
void rpc_call_refuse(struct rpc_call *call, const struct rpc_status *status);

const struct identity *rpc_stream_identity(const struct rpc_stream *stream);
/* The next message, valid until the next receive; ERR_NOT_FOUND after the caller's last one,
 * ERR_CANCELLED when the call is over, ERR_UNAVAILABLE when this is a bidi stream and the server
 * stops, ERR_INPUT for a malformed message, ERR_RESOURCE for one that is too large. Back-pressure
 * is inherent: nothing is read ahead of it. One thread may receive while another sends. */
MUST_USE enum err rpc_stream_receive(struct rpc_stream *stream,
                                     const ProtobufCMessage **out_message);
/* The same, but gives up with ERR_DEADLINE after `timeout_ms` (the read stays posted). */
MUST_USE enum err rpc_stream_receive_timed(struct rpc_stream *stream, int64_t timeout_ms,
                                           const ProtobufCMessage **out_message);
/* Waits until the transport took the message. ERR_CANCELLED when the call is over, ERR_RESOURCE
 * when the message is larger than LIMIT_MESSAGE_BYTES. */
MUST_USE enum err rpc_stream_send(struct rpc_stream *stream, const ProtobufCMessage *message);
/* The same, but when the caller's side has no room for it within `timeout_ms`, the call is
 * cancelled and ERR_DEADLINE given: a caller that never reads holds nobody up for longer. */
MUST_USE enum err rpc_stream_send_timed(struct rpc_stream *stream, int64_t timeout_ms,
                                        const ProtobufCMessage *message);
bool rpc_stream_is_cancelled(const struct rpc_stream *stream);
/* The server is stopping: a handler that only sends should end its call soon, with UNAVAILABLE. */
bool rpc_stream_is_draining(const struct rpc_stream *stream);

#endif
