/* A gRPC client on C core, driven by protobuf-c's service descriptors. One client is one channel to
 * one node; it connects by itself and again after a failure, at once and then at most every 2 s. A
 * call made while it can't connect fails with UNAVAILABLE. All functions are thread-safe but for
 * rpc_client_close and, of one stream, send beside send and receive beside receive. See
 * rpc/server.h about signals.
 */
#ifndef RPC_CLIENT_H
#define RPC_CLIENT_H

#include <protobuf-c/protobuf-c.h>

#include "rpc/status.h"

struct rpc_client;
struct rpc_client_stream;

struct rpc_client_options {
    const char *address;           /* "host:port" */
    const char *certificate_chain; /* PEM texts; borrowed for the call */
    const char *key;
    const char *trusted_roots;   /* the CAs that may have issued the server's certificate */
    const char *server_dns_name; /* name the server's certificate must carry, NULL: the host's */
};

MUST_USE enum err rpc_client_open(const struct rpc_client_options *options,
                                  struct rpc_client **out_client, struct note *note);
/* Cancels the calls in flight and waits for their ends. Streams must be closed before; not from a
 * rpc_client_done. NULL is allowed. */
void rpc_client_close(struct rpc_client *client);

/* A unary call; timeout_ms 0 is no deadline. A status that came without a reason has its gRPC
 * code's name as reason. On OK `*out_reply` is the caller's, to be freed with
 * protobuf_c_message_free_unpacked(reply, NULL). Any other status leaves it NULL. UNAVAILABLE and
 * CANCELLED mean that the outcome is unknown: ask again with the same transaction id. */
MUST_USE struct rpc_status rpc_client_call(struct rpc_client *client,
                                           const ProtobufCServiceDescriptor *service,
                                           const char *method, const ProtobufCMessage *request,
                                           int64_t timeout_ms, ProtobufCMessage **out_reply);

/* The same without waiting; `done` runs once, on the client's own thread, and must not block. The
 * reply is freed after it returns. */
typedef void rpc_client_done(void *context, const struct rpc_status *status,
                             const ProtobufCMessage *reply);
MUST_USE enum err rpc_client_call_async(struct rpc_client *client,
                                        const ProtobufCServiceDescriptor *service,
                                        const char *method, const ProtobufCMessage *request,
                                        int64_t timeout_ms, rpc_client_done *done, void *context);

/* A streaming call of any kind. timeout_ms 0 is no deadline. */
MUST_USE enum err rpc_client_stream_open(struct rpc_client *client,
                                         const ProtobufCServiceDescriptor *service,
                                         const char *method, int64_t timeout_ms,
                                         struct rpc_client_stream **out_stream);
/* Waits until the transport took the message; ERR_UNAVAILABLE when the call is over, ERR_RESOURCE
 * when the message is larger than LIMIT_MESSAGE_BYTES. */
MUST_USE enum err rpc_client_stream_send(struct rpc_client_stream *stream,
                                         const ProtobufCMessage *message);
/* No more messages from this side. */
MUST_USE enum err rpc_client_stream_half_close(struct rpc_client_stream *stream);
/* Both, of a call that has one request. The service may have answered and ended the call before it
 * was asked to the end: that is no failure, for what it answered is there to be received. */
MUST_USE enum err rpc_client_stream_ask(struct rpc_client_stream *stream,
                                        const ProtobufCMessage *request);
/* The next message, valid until the next receive. ERR_NOT_FOUND when the server ended the call with
 * OK, ERR_DEADLINE after timeout_ms (0: no limit; the read stays posted), ERR_INPUT for a malformed
 * message, ERR_RESOURCE for one that is too large, else ERR_UNAVAILABLE. */
MUST_USE enum err rpc_client_stream_receive(struct rpc_client_stream *stream, int64_t timeout_ms,
                                            const ProtobufCMessage **out_message);
/* From any thread: makes every wait on the stream end soon. */
void rpc_client_stream_cancel(struct rpc_client_stream *stream);
/* Waits for the end (cancels first when it has not come), frees, tells how the call ended. */
struct rpc_status rpc_client_stream_close(struct rpc_client_stream *stream);

#endif
