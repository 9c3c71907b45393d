/* Protobuf messages as a caller sends them, of the type that the first byte chooses: what passes
 * the check before decoding has only well-formed texts, and comes back as it was packed. */
#include <string.h>

#include "base/text.h"
#include "fuzz.h"
#include "rpc/payload.h"
#include "rpc/protowire.h"
#include "talea/v1/admin.pb-c.h"
#include "talea/v1/back_office.pb-c.h"
#include "talea/v1/charter.pb-c.h"
#include "talea/v1/peer.pb-c.h"
#include "talea/v1/till.pb-c.h"

/* Their order is the numbers in the corpus. */
static const ProtobufCMessageDescriptor *const types[] = {
    &talea__v1__earn_request__descriptor,
    &talea__v1__import_receipts_request__descriptor,
    &talea__v1__clear_request__descriptor,
    &talea__v1__exchange_statement_request__descriptor,
    &talea__v1__signed_charter__descriptor,
    &talea__v1__charter__descriptor,
    &talea__v1__get_statement_response__descriptor,
    &talea__v1__return_purchase_request__descriptor,
    &talea__v1__get_status_response__descriptor,
    &talea__v1__exchange_charter_request__descriptor,
};

static enum err decode(struct slice bytes, const ProtobufCMessageDescriptor *type,
                       struct arena *arena, ProtobufCMessage **out_message)
{
    grpc_slice slice = grpc_slice_from_copied_buffer((const char *)bytes.at, bytes.length);
    grpc_byte_buffer *payload = grpc_raw_byte_buffer_create(&slice, 1);
    enum err err = payload_decode(payload, type, arena, out_message);
    grpc_byte_buffer_destroy(payload);
    grpc_slice_unref(slice);
    return err;
}

static void pack(const ProtobufCMessage *message, struct buffer *out)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    uint8_t *at = write_reserve(out, size);
    ASSERT(at != NULL && protobuf_c_message_pack(message, at) == size);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    CLEANUP(arena_fini) struct arena arena;
    CLEANUP(buffer_fini) struct buffer first = {0};
    CLEANUP(buffer_fini) struct buffer second = {0};
    struct slice bytes = slice_of(at, length);
    ProtobufCMessage *message = NULL;
    unsigned choice;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    if (!fuzz_choose(&bytes, sizeof types / sizeof types[0], &choice)) {
        return 0;
    }
    enum err checked = wire_check(types[choice], bytes);
    enum err err = decode(bytes, types[choice], &arena, &message);
    if (err != ERR_OK) {
        struct rpc_status status = payload_refusal(err, types[choice]);
        ASSERT(status.code != 0 && status.reason[0] != '\0');
        fuzz_expect_blame(err);
        return 0;
    }
    ASSERT(checked == ERR_OK && message->descriptor == types[choice]);
    ASSERT(protobuf_c_message_check(message));
    pack(message, &first);
    ASSERT(decode(buffer_slice(&first), types[choice], &arena, &message) == ERR_OK);
    pack(message, &second);
    fuzz_expect_same(buffer_slice(&first), &second);
    return 0;
}
