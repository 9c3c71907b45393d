/* Fields of protobuf messages as values of the domain: the shared steps of every decoder and
 * encoder of src/wire and src/charter. The only header that shows protobuf-c.
 *
 * `struct fields` carries the first error, so that a run of fields needs one check at its end.
 * After an error the steps do nothing more. Thread rule: values only; any thread.
 */
#ifndef WIRE_FIELDS_H
#define WIRE_FIELDS_H

#include <protobuf-c/protobuf-c.h>

#include "base/amount.h"
#include "base/arena.h"
#include "base/period.h"
#include "base/ident.h"
#include "crypto/hash.h"

struct fields {
    const char *message; /* its name, for the note */
    struct note *note;   /* may be NULL */
    enum err err;
};

struct fields fields_begin(const char *message, struct note *note);
/* Remembers ERR_INPUT with "<message>: <field> <problem>" unless the condition holds. */
void field_require(struct fields *fields, bool condition, const char *field, const char *problem);

/* Memory for one small unpacked message on the stack: nothing is taken from the heap. */
#define SCRATCH_BYTES 2048u
struct scratch {
    _Alignas(16) uint8_t bytes[SCRATCH_BYTES];
    size_t used;
};

/* Unpacks a message that fits into the scratch memory, or into an arena. NULL after an error:
 * malformed bytes, unknown fields, or any bytes but those that our own encoder makes of the same
 * message. (This is about form; signatures are checked over the bytes as they came.) ERR_INPUT;
 * ERR_RESOURCE when the arena is full. What is returned lives as long as the memory. */
const ProtobufCMessage *fields_unpack_small(struct fields *fields,
                                            const ProtobufCMessageDescriptor *type,
                                            struct slice bytes, struct scratch *scratch);
const ProtobufCMessage *fields_unpack(struct fields *fields, const ProtobufCMessageDescriptor *type,
                                      struct slice bytes, struct arena *arena);
/* The same of bytes that were unpacked before: their form was looked at then. */
const ProtobufCMessage *fields_unpack_kept(struct fields *fields,
                                           const ProtobufCMessageDescriptor *type,
                                           struct slice bytes, struct arena *arena);
/* `count` elements of `size` bytes, not NULL for want of elements; NULL after an error. */
void *fields_array(struct fields *fields, struct arena *arena, size_t count, size_t size);
/* A copy of a text, to be packed. */
char *fields_text(struct fields *fields, struct arena *arena, const char *text);
/* For the messages within a message. */
void fields_require_known(struct fields *fields, const ProtobufCMessage *part);
/* Packs behind what is in `out`. */
MUST_USE enum err fields_pack(const ProtobufCMessage *message, struct buffer *out);

/* Texts and bytes, exactly as our encoder writes them: no blanks in card numbers, no NUL. */
void field_partner(struct fields *fields, const char *field, const char *text,
                   struct partner_id *out_partner);
/* Empty gives an empty id. */
void field_partner_or_none(struct fields *fields, const char *field, const char *text,
                           struct partner_id *out_partner);
void field_pair(struct fields *fields, const struct partner_id *a, const struct partner_id *b);
void field_card(struct fields *fields, const char *field, const char *text,
                struct card_number *out_card);
void field_card_or_none(struct fields *fields, const char *field, const char *text,
                        struct card_number *out_card);
void field_uid(struct fields *fields, const char *field, const ProtobufCBinaryData *in,
               struct uid *out_uid);
/* No bytes give the nil id, which is not written in full. */
void field_uid_or_nil(struct fields *fields, const char *field, const ProtobufCBinaryData *in,
                      struct uid *out_uid);
void field_bytes(struct fields *fields, const char *field, const ProtobufCBinaryData *in,
                 void *out_bytes, size_t length);
void field_hash(struct fields *fields, const char *field, const ProtobufCBinaryData *in,
                struct hash *out_hash);
/* No bytes give zeros, which are not written in full. */
void field_hash_or_none(struct fields *fields, const char *field, const ProtobufCBinaryData *in,
                        struct hash *out_hash);
/* Upper-case letters, digits and underscores, as verdicts are named; copies with its NUL. */
void field_reason(struct fields *fields, const char *field, const char *text, char *out_reason,
                  size_t capacity);
/* Lower-case letters, digits and dashes, first a letter. */
void field_name(struct fields *fields, const char *field, const char *text, char *out_name,
                size_t capacity);
/* ISO 4217: three upper-case letters. */
void field_currency(struct fields *fields, const char *field, const char *text,
                    char out_currency[4]);

/* Numbers, as values. */
void field_time(struct fields *fields, const char *field, struct unix_ms time);
void field_period(struct fields *fields, const char *field, struct period period);
void field_points(struct fields *fields, const char *field, struct points points);

/* Bytes to be packed; the caller's own memory, which packing doesn't change. */
static inline ProtobufCBinaryData binary_of(void *at, size_t length)
{
    return (ProtobufCBinaryData){length, at};
}

#endif
