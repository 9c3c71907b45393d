#include "rpc/protowire.h"

#include "base/limits.h"
#include "base/text.h"

bool wire_next_field(struct reader *reader, struct wire_field *out_field)
{
    if (reader->err != ERR_OK || reader->at == reader->end) {
        return false;
    }
    uint64_t key = read_varint(reader);
    struct wire_field field = {.number = (uint32_t)(key >> 3)};
    if (key >> 3 == 0 || key >> 3 > 536870911u) {
        read_fail(reader);
    }
    switch (key & 7) {
    case PROTOBUF_C_WIRE_TYPE_VARINT:
        field.type = PROTOBUF_C_WIRE_TYPE_VARINT;
        field.value = read_varint(reader);
        break;
    case PROTOBUF_C_WIRE_TYPE_64BIT:
        field.type = PROTOBUF_C_WIRE_TYPE_64BIT;
        field.value = read_u64(reader);
        break;
    case PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED:
        field.type = PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED;
        field.bytes = read_block(reader);
        break;
    case PROTOBUF_C_WIRE_TYPE_32BIT:
        field.type = PROTOBUF_C_WIRE_TYPE_32BIT;
        field.value = read_u32(reader);
        break;
    default:
        read_fail(reader);
        break;
    }
    if (reader->err != ERR_OK) {
        return false;
    }
    *out_field = field;
    return true;
}

/* Recursion is bounded by LIMIT_MESSAGE_DEPTH. */
static enum err check_at(const ProtobufCMessageDescriptor *descriptor, struct slice bytes,
                         unsigned depth)
{
    struct reader reader = reader_of(bytes);
    struct wire_field field;
    if (depth == LIMIT_MESSAGE_DEPTH) {
        return ERR_RESOURCE;
    }
    while (wire_next_field(&reader, &field)) {
        if (field.type != PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED) {
            continue;
        }
        const ProtobufCFieldDescriptor *known =
            protobuf_c_message_descriptor_get_field(descriptor, field.number);
        if (known != NULL && known->type == PROTOBUF_C_TYPE_STRING && !text_is_utf8(field.bytes)) {
            return ERR_INPUT;
        }
        if (known != NULL && known->type == PROTOBUF_C_TYPE_MESSAGE) {
            TRY(check_at(known->descriptor, field.bytes, depth + 1));
        }
    }
    return reader.err == ERR_OK ? ERR_OK : ERR_INPUT;
}

enum err wire_check(const ProtobufCMessageDescriptor *descriptor, struct slice bytes)
{
    return check_at(descriptor, bytes, 0);
}
