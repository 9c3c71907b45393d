#include "rpc/details.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "rpc/payload.h"
#include "talea/v1/refusal.pb-c.h"

#define DOMAIN            "talea"
#define TYPE_URL          "type.googleapis.com/google.rpc.ErrorInfo"
#define RETRY_KEY         "retry_after_ms"
#define DETAILS_BYTES_MAX (8u << 10) /* of one refusal once decoded */

static void encode_message(const ProtobufCMessage *message, struct buffer *out)
{
    uint8_t *at = write_reserve(out, protobuf_c_message_get_packed_size(message));
    if (at != NULL) {
        protobuf_c_message_pack(message, at);
    }
}

/* "retry_after_ms": "250". Everything is the caller's memory. */
struct retry_hint {
    char key[sizeof RETRY_KEY];
    char value[24];
    Talea__V1__ErrorMetadata metadata;
    Talea__V1__ErrorMetadata *list[1];
};

static void add_retry(const struct rpc_status *status, struct retry_hint *hint,
                      Talea__V1__ErrorReason *reason)
{
    if (status->retry_after_ms <= 0) {
        return;
    }
    *hint = (struct retry_hint){.key = RETRY_KEY};
    snprintf(hint->value, sizeof hint->value, "%" PRId64, status->retry_after_ms);
    talea__v1__error_metadata__init(&hint->metadata);
    hint->metadata.key = hint->key;
    hint->metadata.value = hint->value;
    hint->list[0] = &hint->metadata;
    reason->n_metadata = 1;
    reason->metadata = hint->list;
}

void details_encode(const struct rpc_status *status, struct buffer *out)
{
    struct rpc_status copy = *status; /* the generated structs want char * */
    char domain[] = DOMAIN;
    char type_url[] = TYPE_URL;
    CLEANUP(buffer_fini) struct buffer reason_bytes = {0};
    Talea__V1__ErrorReason reason;
    talea__v1__error_reason__init(&reason);
    reason.reason = copy.reason;
    reason.domain = domain;
    struct retry_hint hint;
    add_retry(status, &hint, &reason);
    encode_message(&reason.base, &reason_bytes);

    Talea__V1__PackedDetail packed;
    talea__v1__packed_detail__init(&packed);
    packed.type_url = type_url;
    packed.value.data = reason_bytes.at;
    packed.value.len = reason_bytes.length;
    Talea__V1__PackedDetail *list[] = {&packed};

    Talea__V1__StatusDetails details;
    talea__v1__status_details__init(&details);
    details.code = status->code;
    details.message = copy.message;
    details.n_details = 1;
    details.details = list;
    encode_message(&details.base, out);
}

static void take_text(char *out, size_t capacity, const char *text)
{
    if (text_is_printable(slice_of(text, strlen(text)))) {
        enum err err = text_copy(out, capacity, text);
        (void)err; /* one that does not fit is left out */
    }
}

static void take_retry(const Talea__V1__ErrorReason *reason, struct rpc_status *status)
{
    for (size_t i = 0; i < reason->n_metadata; i++) {
        const Talea__V1__ErrorMetadata *metadata = reason->metadata[i];
        long long value;
        if (strcmp(metadata->key, RETRY_KEY) == 0 &&
            sscanf(metadata->value, "%18lld", &value) == 1) {
            status->retry_after_ms = value > 0 ? value : 0;
        }
    }
}

static void decode_reason(const Talea__V1__PackedDetail *packed, ProtobufCAllocator *allocator,
                          struct rpc_status *status)
{
    if (strcmp(packed->type_url, TYPE_URL) != 0) {
        return;
    }
    Talea__V1__ErrorReason *reason =
        talea__v1__error_reason__unpack(allocator, packed->value.len, packed->value.data);
    if (reason != NULL && strcmp(reason->domain, DOMAIN) == 0) {
        take_text(status->reason, sizeof status->reason, reason->reason);
        take_retry(reason, status);
    }
}

void details_decode(struct slice bytes, struct rpc_status *status)
{
    CLEANUP(arena_fini) struct arena arena;
    arena_init(&arena, DETAILS_BYTES_MAX);
    struct payload_budget budget = {.arena = &arena};
    ProtobufCAllocator allocator = payload_allocator(&budget);
    Talea__V1__StatusDetails *details =
        talea__v1__status_details__unpack(&allocator, bytes.length, bytes.at);
    if (details == NULL) {
        return;
    }
    if (status->message[0] == '\0') {
        take_text(status->message, sizeof status->message, details->message);
    }
    for (size_t i = 0; i < details->n_details; i++) {
        decode_reason(details->details[i], &allocator, status);
    }
}
