/* Messages to and from C core's byte buffers, with a cap on what one may become in memory.
 *
 * Thread rule: values only; any thread.
 */
#ifndef RPC_PAYLOAD_H
#define RPC_PAYLOAD_H

#include <grpc/grpc.h>
#include <protobuf-c/protobuf-c.h>

#include "base/arena.h"
#include "rpc/status.h"

/* Where a decoded message lives: in an arena, or, when that is NULL, on the heap, whence
 * protobuf_c_message_free_unpacked(message, NULL) frees it. Both end at LIMIT_DECODED_BYTES. */
struct payload_budget {
    struct arena *arena;
    size_t used; /* bytes taken from the heap */
    bool is_exhausted;
};

/* An allocator that draws on the budget, which must outlive it. */
ProtobufCAllocator payload_allocator(struct payload_budget *budget);

/* NULL when the message is larger than LIMIT_MESSAGE_BYTES. */
grpc_byte_buffer *payload_encode(const ProtobufCMessage *message);

/* Decodes and checks (protowire.h). ERR_INPUT when it is malformed or missing (NULL), ERR_RESOURCE
 * when it is too large or too deep, ERR_UNSUPPORTED when it is compressed. */
MUST_USE enum err payload_decode(grpc_byte_buffer *payload,
                                 const ProtobufCMessageDescriptor *descriptor, struct arena *arena,
                                 ProtobufCMessage **out_message);
/* The refusal of a message for which payload_decode gave `err`. */
struct rpc_status payload_refusal(enum err err, const ProtobufCMessageDescriptor *descriptor);

#endif
