/* Who is calling: the identity of a call's connection, remembered for each connection.
 *
 * C core gives all calls of one connection the same auth context; an entry holds a reference to it,
 * so that its address can't come to mean another connection. An entry is good for one generation of
 * what the server trusts.
 *
 * Thread rule: the queue's thread only.
 */
#ifndef RPC_CALLERS_H
#define RPC_CALLERS_H

#include <grpc/grpc_security.h>

#include "base/limits.h"
#include "rpc/server.h"

struct caller {
    grpc_auth_context *connection; /* NULL: a free entry */
    uint64_t generation;
    uint64_t last_used;
    struct identity identity;
    const char *refusal; /* a reason, NULL when the identity is good */
};

struct callers {
    struct rpc_server_tls tls;
    uint64_t clock;
    struct caller entries[LIMIT_CALLERS_CACHED];
};

void callers_init(struct callers *callers, const struct rpc_server_tls *tls);
void callers_fini(struct callers *callers);
/* NULL on success, else the reason: NO_IDENTITY, AMBIGUOUS_IDENTITY or IDENTITY_NOT_ACCEPTED. */
const char *callers_identify(struct callers *callers, grpc_call *call,
                             struct identity *out_identity);

#endif
