/* The client's own structures, shared by client*.c. */
#ifndef RPC_CLIENT_INTERNAL_H
#define RPC_CLIENT_INTERNAL_H

#include <grpc/grpc.h>
#include <pthread.h>

#include "base/arena.h"
#include "rpc/client.h"
#include "rpc/completion.h"
#include "rpc/details.h"
#include "rpc/payload.h"
#include "base/waiting.h"

struct client_call;

struct rpc_client {
    grpc_channel *channel;
    grpc_completion_queue *queue;
    pthread_t queue_thread;
    pthread_mutex_t mutex;
    pthread_cond_t is_idle;
    size_t live_count; /* calls and streams */
    size_t stream_count;
    struct client_call *calls; /* the unary ones, a list */
};

/* How a call ended, as C core tells it. */
struct incoming_status {
    grpc_metadata_array trailers;
    grpc_status_code code;
    grpc_slice text;
};

void incoming_status_init(struct incoming_status *in);
void incoming_status_fini(struct incoming_status *in);
void incoming_status_add(struct incoming_status *in, grpc_op *ops, size_t *count);
struct rpc_status incoming_status_read(const struct incoming_status *in);

/* Once nothing is in flight. */
void client_destroy(struct rpc_client *client);

/* NULL when the service has no such method. */
const ProtobufCMethodDescriptor *client_find_method(const ProtobufCServiceDescriptor *service,
                                                    const char *method);
grpc_call *client_create_call(struct rpc_client *client, const ProtobufCServiceDescriptor *service,
                              const char *method, int64_t timeout_ms);

#endif
