#include "rpc/payload.h"

#include <grpc/byte_buffer.h>
#include <grpc/byte_buffer_reader.h>
#include <grpc/status.h>
#include <stdlib.h>

#include "base/limits.h"
#include "rpc/protowire.h"

/* What malloc and the arena round up to: counted, so that many tiny pieces are bounded too. */
#define GRAIN 16u

static void *budget_alloc(void *context, size_t size)
{
    struct payload_budget *budget = context;
    size_t rounded = (size + GRAIN - 1) & ~(size_t)(GRAIN - 1);
    void *at = NULL;
    if (rounded < size) {
        budget->is_exhausted = true;
        return NULL;
    }
    if (budget->arena != NULL) {
        at = arena_alloc(budget->arena, rounded);
    } else if (rounded <= LIMIT_DECODED_BYTES - budget->used) {
        at = malloc(rounded);
        budget->used += at == NULL ? 0 : rounded;
    }
    budget->is_exhausted = budget->is_exhausted || at == NULL;
    return at;
}

static void budget_free(void *context, void *at)
{
    struct payload_budget *budget = context;
    if (budget->arena == NULL) {
        free(at);
    }
}

ProtobufCAllocator payload_allocator(struct payload_budget *budget)
{
    return (ProtobufCAllocator){budget_alloc, budget_free, budget};
}

grpc_byte_buffer *payload_encode(const ProtobufCMessage *message)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    if (size > LIMIT_MESSAGE_BYTES) {
        return NULL;
    }
    grpc_slice bytes = grpc_slice_malloc(size);
    protobuf_c_message_pack(message, GRPC_SLICE_START_PTR(bytes));
    grpc_byte_buffer *payload = grpc_raw_byte_buffer_create(&bytes, 1);
    grpc_slice_unref(bytes);
    return payload;
}

static enum err decode_bytes(struct slice bytes, const ProtobufCMessageDescriptor *descriptor,
                             struct arena *arena, ProtobufCMessage **out_message)
{
    TRY(wire_check(descriptor, bytes));
    struct payload_budget budget = {.arena = arena};
    ProtobufCAllocator allocator = payload_allocator(&budget);
    ProtobufCMessage *message =
        protobuf_c_message_unpack(descriptor, &allocator, bytes.length, bytes.at);
    if (message == NULL) {
        return budget.is_exhausted ? ERR_RESOURCE : ERR_INPUT;
    }
    *out_message = message;
    return ERR_OK;
}

static void slice_unref(grpc_slice *bytes)
{
    grpc_slice_unref(*bytes);
}

static void reader_destroy(grpc_byte_buffer_reader *reader)
{
    grpc_byte_buffer_reader_destroy(reader);
}

enum err payload_decode(grpc_byte_buffer *payload, const ProtobufCMessageDescriptor *descriptor,
                        struct arena *arena, ProtobufCMessage **out_message)
{
    if (payload == NULL) {
        return ERR_INPUT;
    }
    if (payload->data.raw.compression != GRPC_COMPRESS_NONE) {
        return ERR_UNSUPPORTED;
    }
    if (grpc_byte_buffer_length(payload) > LIMIT_MESSAGE_BYTES) {
        return ERR_RESOURCE;
    }
    CLEANUP(reader_destroy) grpc_byte_buffer_reader reader;
    if (grpc_byte_buffer_reader_init(&reader, payload) == 0) {
        return ERR_INTERNAL;
    }
    grpc_slice *only;
    if (payload->data.raw.slice_buffer.count == 1 &&
        grpc_byte_buffer_reader_peek(&reader, &only) != 0) {
        struct slice bytes = {GRPC_SLICE_START_PTR(*only), GRPC_SLICE_LENGTH(*only)};
        return decode_bytes(bytes, descriptor, arena, out_message);
    }
    CLEANUP(slice_unref) grpc_slice whole = grpc_byte_buffer_reader_readall(&reader);
    struct slice bytes = {GRPC_SLICE_START_PTR(whole), GRPC_SLICE_LENGTH(whole)};
    return decode_bytes(bytes, descriptor, arena, out_message);
}

struct rpc_status payload_refusal(enum err err, const ProtobufCMessageDescriptor *descriptor)
{
    switch ((int)err) {
    case ERR_INPUT:
        return rpc_status_make(GRPC_STATUS_INVALID_ARGUMENT, "MALFORMED_MESSAGE",
                               "The message is no well-formed %s.", descriptor->name);
    case ERR_RESOURCE:
        return rpc_status_make(GRPC_STATUS_RESOURCE_EXHAUSTED, "MESSAGE_TOO_LARGE",
                               "The %s is too large or nested too deep.", descriptor->name);
    case ERR_UNSUPPORTED:
        return rpc_status_make(GRPC_STATUS_UNIMPLEMENTED, "COMPRESSED_MESSAGE",
                               "Compressed messages are not taken.");
    default:
        return rpc_status_of(err, NULL);
    }
}
