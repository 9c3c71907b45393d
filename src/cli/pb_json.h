/* Any protobuf-c message as JSON, by its descriptor: names as in the .proto, 64-bit integers as
 * JSON integers (what does not fit a signed one as text), bytes in hexadecimal, enums by name,
 * defaults included, a message that is absent as null; of a oneof only what is set. */
#ifndef CLI_PB_JSON_H
#define CLI_PB_JSON_H

#include <jansson.h>
#include <protobuf-c/protobuf-c.h>

/* To be freed by json_decref; NULL without memory. */
json_t *pb_json(const ProtobufCMessage *message);

#endif
