/* The server's own structures, shared by server_*.c, health.c and reflection.c.
 *
 * A request slot waits for one call of one method (or of any unknown one). The queue's thread takes
 * the call out of it, posts it again, asks who is calling, and hands the call on: unary ones become
 * a `rpc_call`, streaming ones a `rpc_stream` with a thread of its own.
 */
#ifndef RPC_SERVER_INTERNAL_H
#define RPC_SERVER_INTERNAL_H

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/arena.h"
#include "rpc/callers.h"
#include "rpc/catalogue.h"
#include "rpc/completion.h"
#include "rpc/details.h"
#include "rpc/payload.h"
#include "rpc/pool.h"
#include "rpc/server.h"
#include "base/waiting.h"

struct method {
    struct rpc_server *server;
    const struct rpc_method *handler;
    const ProtobufCMethodDescriptor *descriptor;
    void *context; /* the service's */
    char *path;    /* "/talea.v1.Ledger/Earn" */
    enum call_kind kind;
    void *registration; /* C core's */
};

struct request_slot {
    struct completion completion;
    struct rpc_server *server;
    struct method *method; /* NULL: any method that is not registered */
    grpc_call *call;
    gpr_timespec deadline;
    grpc_call_details details;
    grpc_metadata_array metadata;
    grpc_byte_buffer *payload;
};

/* The status of a call on its way out; must live until its batch is complete. */
struct outgoing_status {
    struct rpc_status status;
    struct buffer details;
    grpc_metadata trailer;
    grpc_slice text;
};

struct rpc_server {
    struct rpc_server_options options;
    struct rpc_service *services; /* the caller's, then health and reflection */
    size_t service_count;
    struct catalogue *catalogue;
    struct callers callers;
    struct method *methods;
    size_t method_count;
    struct request_slot *slots;
    size_t slot_count;
    struct pool workers;
    struct pool streams;
    grpc_server *core;
    grpc_completion_queue *queue;
    pthread_t queue_thread;
    pthread_mutex_t resumed_lock;
    struct rpc_call *resumed_first; /* a list: calls that go on at the next completion for them */
    struct rpc_call *resumed_last;
    int port;
    uint64_t tls_generation; /* of what the TLS fetcher loaded last */
    bool is_tls_loaded;
    atomic_bool is_serving;
    atomic_uint health_version; /* counts changes of is_serving */
    atomic_bool is_draining;
    pthread_mutex_t mutex;
    pthread_cond_t is_changed; /* live_count or is_shut_down */
    size_t live_count;         /* calls and streams */
    bool is_shut_down;
    struct completion shut_down;
    struct rpc_stream *live_streams; /* a list */
};

/* server_tls.c: NULL when the certificate or the trusted roots can't be loaded. */
grpc_server_credentials *server_credentials_create(struct rpc_server *server);

/* server_accept.c */
void accept_on_request(struct completion *completion, bool is_ok);
void accept_post(struct request_slot *slot);

/* server_unary.c. `core_call` is taken and `payload` is; NULL without memory. */
struct rpc_call *call_create(struct rpc_server *server, struct method *method, grpc_call *core_call,
                             gpr_timespec deadline);
void call_run_unary(struct rpc_call *call, const struct identity *identity,
                    grpc_byte_buffer *payload);

/* server_accept.c: answers a call that no handler sees. Takes `core_call`. */
void accept_refuse(struct rpc_server *server, struct method *method, grpc_call *core_call,
                   gpr_timespec deadline, const struct rpc_status *status);

/* server_stream.c. Refuses by itself when no thread is free. Takes `core_call`. */
void stream_start(struct rpc_server *server, struct method *method, grpc_call *core_call,
                  gpr_timespec deadline, const struct identity *identity);
/* Wakes every stream that waits, after is_draining or the health changed. */
void streams_wake(struct rpc_server *server);
/* Waits until the call is over (ERR_CANCELLED), the server drains (ERR_UNAVAILABLE) or the health
 * is no longer of that version (ERR_OK). */
MUST_USE enum err stream_wait_health(struct rpc_stream *stream, unsigned version);

/* server.c */
size_t server_count_call(struct rpc_server *server); /* how many are live with this one */
void server_uncount_call(struct rpc_server *server);
void server_report_call(const struct rpc_server *server, const struct method *method, int code,
                        int64_t started_us);
/* Fills the batch's last operation; `out` must live until the batch is complete. */
void outgoing_status_add(struct outgoing_status *out, const struct rpc_status *status, grpc_op *ops,
                         size_t *count);
void outgoing_status_fini(struct outgoing_status *out);

/* health.c, reflection.c: the service tables; their context is the server. */
struct rpc_service health_service(struct rpc_server *server);
enum {
    REFLECTION_SERVICES = 2
};
void reflection_services(struct rpc_server *server,
                         struct rpc_service out_services[REFLECTION_SERVICES]);
struct slice reflection_descriptor_set(void);

#endif
