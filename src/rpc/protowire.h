/* The protobuf wire format below any generated code: iterating over fields, and the check that
 * precedes every decode of what came from outside.
 *
 * Source: https://protobuf.dev/programming-guides/encoding/. Values only; any thread.
 */
#ifndef RPC_PROTOWIRE_H
#define RPC_PROTOWIRE_H

#include <protobuf-c/protobuf-c.h>

#include "base/bytes.h"

struct wire_field {
    uint32_t number;
    ProtobufCWireType type;
    uint64_t value;     /* of a varint or a fixed-width field */
    struct slice bytes; /* of a length-delimited field */
};

/* The next field; false at the end and after an error, which the reader keeps. Groups are an
 * error. */
bool wire_next_field(struct reader *reader, struct wire_field *out_field);

/* protobuf-c hands out strings as C strings and takes any bytes; so before it decodes: are all
 * fields well-formed, all strings UTF-8 without NUL (ERR_INPUT), and is the nesting within
 * LIMIT_MESSAGE_DEPTH (ERR_RESOURCE)? */
MUST_USE enum err wire_check(const ProtobufCMessageDescriptor *descriptor, struct slice bytes);

#endif
