/* Small change for protobuf-c: its structs want pointers to what they do not change. */
#ifndef CLI_MESSAGE_H
#define CLI_MESSAGE_H

#include <protobuf-c/protobuf-c.h>

#include "base/bytes.h"

/* Borrowed: neither the message nor its packing writes through these. */
char *message_text(const char *text);
ProtobufCBinaryData message_bytes(struct slice bytes);

static inline struct slice message_slice(ProtobufCBinaryData bytes)
{
    return slice_of(bytes.data, bytes.len);
}

/* What people read of a refusal in an answer: "CODE: message", or the code alone. Lives as long as
 * `code` and `note`. */
const char *refusal_text(const char *code, const char *message, struct note *note);

/* Appends the packed message. ERR_RESOURCE. */
MUST_USE enum err message_pack(const ProtobufCMessage *message, struct buffer *out);
/* NULL when it is malformed (its texts are UTF-8, its nesting is bounded); to be freed by
 * message_free. */
ProtobufCMessage *message_unpack(const ProtobufCMessageDescriptor *descriptor, struct slice bytes);
void message_free(ProtobufCMessage *message);
/* For CLEANUP of a pointer to any message. */
void message_release(void *pointer_to_message);

#endif
