#include "wire/fields.h"

#include <string.h>

#include "base/limits.h"

struct fields fields_begin(const char *message, struct note *note)
{
    return (struct fields){message, note, ERR_OK};
}

void field_require(struct fields *fields, bool condition, const char *field, const char *problem)
{
    if (fields->err == ERR_OK && !condition) {
        fields->err =
            note_set(fields->note, ERR_INPUT, "%s: %s %s", fields->message, field, problem);
    }
}

static void *scratch_alloc(void *context, size_t size)
{
    struct scratch *scratch = context;
    size_t aligned = (size + 15) & ~(size_t)15;
    if (size > SCRATCH_BYTES || SCRATCH_BYTES - scratch->used < aligned) {
        return NULL;
    }
    void *at = scratch->bytes + scratch->used;
    scratch->used += aligned;
    return at;
}

struct arena_port {
    struct arena *arena;
    bool is_full;
};

static void *port_alloc(void *context, size_t size)
{
    struct arena_port *port = context;
    void *at = arena_alloc(port->arena, size);
    port->is_full = port->is_full || at == NULL;
    return at;
}

static void keep(void *context, void *at)
{
    (void)context;
    (void)at;
}

/* A sink that compares what is packed into it with bytes that are there already. */
struct comparison {
    ProtobufCBuffer base;
    struct slice rest;
    bool differs;
};

static void compare_append(ProtobufCBuffer *base, size_t length, const uint8_t *at)
{
    struct comparison *comparison = (struct comparison *)base;
    struct slice *rest = &comparison->rest;
    if (comparison->differs || length > rest->length || memcmp(rest->at, at, length) != 0) {
        comparison->differs = true;
        return;
    }
    rest->at += length;
    rest->length -= length;
}

/* Would our encoder have written exactly these bytes? A field given twice or in another place, a
 * text with a NUL, a number in more bytes or bits than it has, a default written out: protobuf
 * takes them all, and packing gives other bytes. */
static bool is_exact(const ProtobufCMessage *message, struct slice bytes)
{
    struct comparison comparison = {.base = {compare_append}, .rest = bytes};
    protobuf_c_message_pack_to_buffer(message, &comparison.base);
    return !comparison.differs && comparison.rest.length == 0;
}

static const ProtobufCMessage *require_exact(struct fields *fields, const ProtobufCMessage *message,
                                             struct slice bytes)
{
    field_require(fields, message != NULL, "bytes", "are no such message, or it is too large");
    if (fields->err == ERR_OK) {
        fields_require_known(fields, message);
        field_require(fields, is_exact(message, bytes), "bytes",
                      "are not written in the one way they may be");
    }
    return fields->err == ERR_OK ? message : NULL;
}

const ProtobufCMessage *fields_unpack_small(struct fields *fields,
                                            const ProtobufCMessageDescriptor *type,
                                            struct slice bytes, struct scratch *scratch)
{
    scratch->used = 0;
    ProtobufCAllocator allocator = {scratch_alloc, keep, scratch};
    return require_exact(
        fields, protobuf_c_message_unpack(type, &allocator, bytes.length, bytes.at), bytes);
}

static const ProtobufCMessage *unpack(struct fields *fields, const ProtobufCMessageDescriptor *type,
                                      struct slice bytes, struct arena *arena)
{
    struct arena_port port = {.arena = arena};
    ProtobufCAllocator allocator = {port_alloc, keep, &port};
    const ProtobufCMessage *message =
        protobuf_c_message_unpack(type, &allocator, bytes.length, bytes.at);
    if (message == NULL && port.is_full) {
        fields->err = note_set(fields->note, ERR_RESOURCE,
                               "%s: it takes more memory than a message may", fields->message);
    }
    return message;
}

const ProtobufCMessage *fields_unpack(struct fields *fields, const ProtobufCMessageDescriptor *type,
                                      struct slice bytes, struct arena *arena)
{
    const ProtobufCMessage *message = unpack(fields, type, bytes, arena);
    return fields->err == ERR_OK ? require_exact(fields, message, bytes) : NULL;
}

const ProtobufCMessage *fields_unpack_kept(struct fields *fields,
                                           const ProtobufCMessageDescriptor *type,
                                           struct slice bytes, struct arena *arena)
{
    const ProtobufCMessage *message = unpack(fields, type, bytes, arena);
    field_require(fields, message != NULL, "bytes", "are malformed");
    return message;
}

void *fields_array(struct fields *fields, struct arena *arena, size_t count, size_t size)
{
    if (fields->err != ERR_OK) {
        return NULL;
    }
    void *array = arena_alloc(arena, (count == 0 ? 1 : count) * size);
    if (array == NULL) {
        fields->err = note_set(fields->note, ERR_RESOURCE,
                               "%s: it takes more memory than a message may", fields->message);
    }
    return array;
}

char *fields_text(struct fields *fields, struct arena *arena, const char *text)
{
    size_t length = strlen(text);
    char *copy = fields_array(fields, arena, length + 1, 1);
    return copy == NULL ? NULL : memcpy(copy, text, length + 1);
}

void fields_require_known(struct fields *fields, const ProtobufCMessage *part)
{
    field_require(fields, part->n_unknown_fields == 0, "bytes", "hold a field that is not known");
}

enum err fields_pack(const ProtobufCMessage *message, struct buffer *out)
{
    size_t length = protobuf_c_message_get_packed_size(message);
    uint8_t *at = write_reserve(out, length);
    if (at == NULL) {
        return out->err;
    }
    size_t written = protobuf_c_message_pack(message, at);
    ASSERT(written == length);
    return ERR_OK;
}

void field_partner(struct fields *fields, const char *field, const char *text,
                   struct partner_id *out_partner)
{
    field_require(fields, partner_id_parse(text, out_partner) == ERR_OK, field,
                  "is not a partner's id");
}

void field_partner_or_none(struct fields *fields, const char *field, const char *text,
                           struct partner_id *out_partner)
{
    if (text[0] == '\0') {
        *out_partner = (struct partner_id){{0}};
    } else {
        field_partner(fields, field, text, out_partner);
    }
}

void field_pair(struct fields *fields, const struct partner_id *a, const struct partner_id *b)
{
    field_require(fields, !partner_id_equal(a, b), "parties", "are one and the same");
}

void field_card(struct fields *fields, const char *field, const char *text,
                struct card_number *out_card)
{
    field_require(
        fields, card_number_parse(text, out_card) == ERR_OK && strcmp(text, out_card->digits) == 0,
        field, "is not a card number");
}

void field_card_or_none(struct fields *fields, const char *field, const char *text,
                        struct card_number *out_card)
{
    if (text[0] == '\0') {
        *out_card = (struct card_number){{0}};
    } else {
        field_card(fields, field, text, out_card);
    }
}

void field_bytes(struct fields *fields, const char *field, const ProtobufCBinaryData *in,
                 void *out_bytes, size_t length)
{
    field_require(fields, in->len == length, field, "has not the right length");
    if (fields->err == ERR_OK) {
        memcpy(out_bytes, in->data, length);
    }
}

void field_uid(struct fields *fields, const char *field, const ProtobufCBinaryData *in,
               struct uid *out_uid)
{
    field_bytes(fields, field, in, out_uid->bytes, sizeof out_uid->bytes);
}

void field_uid_or_nil(struct fields *fields, const char *field, const ProtobufCBinaryData *in,
                      struct uid *out_uid)
{
    if (in->len == 0) {
        *out_uid = (struct uid){{0}};
    } else {
        field_uid(fields, field, in, out_uid);
        field_require(fields, fields->err != ERR_OK || !uid_is_nil(out_uid), field,
                      "is an empty id written in full");
    }
}

void field_hash(struct fields *fields, const char *field, const ProtobufCBinaryData *in,
                struct hash *out_hash)
{
    field_bytes(fields, field, in, out_hash->bytes, sizeof out_hash->bytes);
}

void field_hash_or_none(struct fields *fields, const char *field, const ProtobufCBinaryData *in,
                        struct hash *out_hash)
{
    if (in->len == 0) {
        *out_hash = (struct hash){{0}};
    } else {
        field_hash(fields, field, in, out_hash);
        field_require(fields, fields->err != ERR_OK || !hash_is_zero(out_hash), field,
                      "is an empty hash written in full");
    }
}

static void field_word(struct fields *fields, const char *field, const char *text, const char *of,
                       char *out, size_t capacity)
{
    size_t length = strnlen(text, capacity);
    bool fits = length > 0 && length < capacity && strspn(text, of) == length;
    field_require(fields, fits, field, "has another length or other characters than it may");
    if (fields->err == ERR_OK) {
        memset(out, 0, capacity);
        memcpy(out, text, length);
    }
}

void field_reason(struct fields *fields, const char *field, const char *text, char *out_reason,
                  size_t capacity)
{
    field_word(fields, field, text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", out_reason, capacity);
}

void field_name(struct fields *fields, const char *field, const char *text, char *out_name,
                size_t capacity)
{
    field_word(fields, field, text, "abcdefghijklmnopqrstuvwxyz0123456789-", out_name, capacity);
    field_require(fields, text[0] >= 'a' && text[0] <= 'z', field, "does not begin with a letter");
}

void field_currency(struct fields *fields, const char *field, const char *text,
                    char out_currency[4])
{
    field_require(fields, strlen(text) == 3, field, "is not of three letters");
    field_word(fields, field, text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ", out_currency, 4);
}

/* The last millisecond of the year 9999, the last one that can be shown. */
#define TIME_MS_LAST INT64_C(253402300799999)

void field_time(struct fields *fields, const char *field, struct unix_ms time)
{
    field_require(fields, time.ms >= 0 && time.ms <= TIME_MS_LAST, field,
                  "is not a time from 1970 to 9999");
}

void field_period(struct fields *fields, const char *field, struct period period)
{
    field_require(fields, period_is_valid(period), field,
                  "is not a month, week or day from 1970 to 9999");
}

void field_points(struct fields *fields, const char *field, struct points points)
{
    field_require(fields, points.minor >= 0 && points.minor <= LIMIT_POINTS_PER_COMMAND, field,
                  "are negative or too many");
}
