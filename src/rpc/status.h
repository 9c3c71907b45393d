/* How a call ended: the gRPC code, a machine-readable reason and a sentence.
 *
 * On the wire a refusal is the gRPC status plus `grpc-status-details-bin`: a google.rpc.Status that
 * holds one google.rpc.ErrorInfo (reason, domain "talea", metadata); see
 * proto/talea/v1/refusal.proto.
 */
#ifndef RPC_STATUS_H
#define RPC_STATUS_H

#include <stdint.h>

#include "base/error.h"

#define RPC_REASON_MAX  64
#define RPC_MESSAGE_MAX 512

struct rpc_status {
    int code;                      /* 0 is OK; numbers of the gRPC specification */
    char reason[RPC_REASON_MAX];   /* "INSUFFICIENT_POINTS"; empty when OK */
    char message[RPC_MESSAGE_MAX]; /* one sentence for people */
    int64_t retry_after_ms;        /* when asking again may help; 0: nothing is known. On the wire
                                      the details' metadata "retry_after_ms" */
};

#define RPC_CODES 17 /* of the gRPC specification, 0 to 16 */
/* "OK", "CANCELLED", ...; "UNKNOWN" for a number that is none. */
const char *rpc_code_name(int code);

struct rpc_status rpc_status_ok(void);
/* From the table of base/error.h; the note's line, when there is one, becomes the message. */
struct rpc_status rpc_status_of(enum err err, const struct note *note);
struct rpc_status rpc_status_make(int code, const char *reason, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* The nearest `enum err` of a status that came from another node. */
enum err rpc_status_err(const struct rpc_status *status);
/* Leaves of the library's "failed to connect to all addresses; last error: UNKNOWN: ADDRESS: Failed
 * to connect to remote host: WHY" the address and why; of anything else all. In place. */
void rpc_message_shorten(char *message);

#endif
