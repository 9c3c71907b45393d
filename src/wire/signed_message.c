#include "wire/signed_message.h"

#include <string.h>

#include "base/limits.h"

enum err signed_of_message(const Talea__V1__Signed *message, struct signed_message *out_signed)
{
    struct signed_message s;
    if (message == NULL || message->key_id.len != sizeof s.key_id.bytes ||
        message->signature.len != sizeof s.signature.bytes ||
        message->payload.len > LIMIT_SIGNED_BYTES ||
        purpose_of((uint32_t)message->purpose, &s.purpose) != ERR_OK) {
        return ERR_INPUT;
    }
    s.payload = slice_of(message->payload.data, message->payload.len);
    memcpy(s.key_id.bytes, message->key_id.data, sizeof s.key_id.bytes);
    memcpy(s.signature.bytes, message->signature.data, sizeof s.signature.bytes);
    s.charter_epoch = message->charter_epoch;
    *out_signed = s;
    return ERR_OK;
}

static ProtobufCBinaryData bytes_of(const void *at, size_t length)
{
    return (ProtobufCBinaryData){length, (uint8_t *)(uintptr_t)at};
}

void signed_to_message(const struct signed_message *from, Talea__V1__Signed *out_message)
{
    talea__v1__signed__init(out_message);
    out_message->payload = bytes_of(from->payload.at, from->payload.length);
    out_message->key_id = bytes_of(from->key_id.bytes, sizeof from->key_id.bytes);
    out_message->signature = bytes_of(from->signature.bytes, sizeof from->signature.bytes);
    out_message->charter_epoch = from->charter_epoch;
    out_message->purpose = (Talea__V1__Purpose)from->purpose;
}
