/* A refusal's machine-readable part as bytes: what `grpc-status-details-bin` holds
 * (proto/talea/v1/refusal.proto). Values only; any thread. */
#ifndef RPC_DETAILS_H
#define RPC_DETAILS_H

#include "base/bytes.h"
#include "rpc/status.h"

#define RPC_DETAILS_KEY "grpc-status-details-bin"

/* Appends the encoded details of a refusal. */
void details_encode(const struct rpc_status *status, struct buffer *out);
/* Fills `reason` from the details, and `message` where it is empty; what does not parse is left
 * out, since it comes from another node. */
void details_decode(struct slice bytes, struct rpc_status *status);

#endif
