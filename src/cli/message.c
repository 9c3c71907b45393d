#include "cli/message.h"

#include <string.h>

#include "rpc/protowire.h"

union borrowed {
    const void *from;
    void *to;
};

char *message_text(const char *text)
{
    union borrowed pointer = {text};
    return pointer.to;
}

ProtobufCBinaryData message_bytes(struct slice bytes)
{
    union borrowed pointer = {bytes.at};
    return (ProtobufCBinaryData){bytes.length, pointer.to};
}

const char *refusal_text(const char *code, const char *message, struct note *note)
{
    if (message[0] == '\0') {
        return code;
    }
    (void)note_set(note, ERR_INPUT, "%s: %s", code, message);
    return note->text;
}

enum err message_pack(const ProtobufCMessage *message, struct buffer *out)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    if (size == 0) {
        return out->err;
    }
    uint8_t *at = write_reserve(out, size);
    if (at == NULL) {
        return ERR_RESOURCE;
    }
    protobuf_c_message_pack(message, at);
    return ERR_OK;
}

ProtobufCMessage *message_unpack(const ProtobufCMessageDescriptor *descriptor, struct slice bytes)
{
    if (wire_check(descriptor, bytes) != ERR_OK) {
        return NULL;
    }
    return protobuf_c_message_unpack(descriptor, NULL, bytes.length, bytes.at);
}

void message_free(ProtobufCMessage *message)
{
    if (message != NULL) {
        protobuf_c_message_free_unpacked(message, NULL);
    }
}

void message_release(void *pointer_to_message)
{
    ProtobufCMessage *message;
    memcpy(&message, pointer_to_message, sizeof message);
    message_free(message);
}
