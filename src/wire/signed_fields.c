#include "wire/signed_fields.h"

#include "base/limits.h"

void field_signed(struct fields *fields, const char *field, const Talea__V1__Signed *m,
                  struct signed_message *out_message)
{
    struct signed_message message = {.charter_epoch = m->charter_epoch,
                                     .payload = slice_of(m->payload.data, m->payload.len)};
    fields_require_known(fields, &m->base);
    field_require(fields, m->payload.len > 0 && m->payload.len <= LIMIT_SIGNED_BYTES, field,
                  "has no payload, or too long a one");
    field_require(fields, purpose_of((uint32_t)m->purpose, &message.purpose) == ERR_OK, field,
                  "is signed for a purpose that is not known");
    field_bytes(fields, field, &m->key_id, message.key_id.bytes, sizeof message.key_id.bytes);
    field_bytes(fields, field, &m->signature, message.signature.bytes,
                sizeof message.signature.bytes);
    if (fields->err == ERR_OK) {
        *out_message = message;
    }
}

void signed_to_wire(struct signed_message *message, Talea__V1__Signed *out)
{
    union {
        const uint8_t *borrowed;
        uint8_t *packed; /* packing only reads it */
    } payload = {.borrowed = message->payload.at};
    talea__v1__signed__init(out);
    out->payload = binary_of(payload.packed, message->payload.length);
    out->key_id = binary_of(message->key_id.bytes, sizeof message->key_id.bytes);
    out->charter_epoch = message->charter_epoch;
    out->purpose = (Talea__V1__Purpose)message->purpose;
    out->signature = binary_of(message->signature.bytes, sizeof message->signature.bytes);
}
