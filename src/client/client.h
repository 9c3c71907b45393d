/* Inside libtalea: a call of the node that repeats itself, and what its callers share. */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include <talea/talea.h>

#include "rpc/client.h"

struct talea_client {
    struct rpc_client *rpc;
};

/* Calls until there is an answer that says what happened, or the time is over. TALEA_OK with a
 * reply that is the caller's (client_free), else `error` is filled. */
int client_call(struct talea_client *client, const ProtobufCServiceDescriptor *service,
                const char *method, const ProtobufCMessage *request, int64_t timeout_ms,
                ProtobufCMessage **out_reply, struct talea_error *error);
void client_free(ProtobufCMessage *reply);

/* Fills `error`, which may be NULL, and returns the code. */
int client_fail(struct talea_error *error, int code, const char *reason, const char *message);

/* protobuf-c does not write through these; NULL becomes "". */
char *client_text(const char *text);
/* Cut to fit: the node's texts have these bounds. */
void client_copy(char *out, size_t capacity, const char *text);

#endif
