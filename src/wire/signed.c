#include "wire/signed.h"
#include "base/mutant.h"

#include "base/limits.h"

/* The envelope's fields, each once and in this order; a tag is the number and the wire type. */
enum tag {
    TAG_PAYLOAD = 1 << 3 | 2,
    TAG_KEY_ID = 2 << 3 | 2,
    TAG_EPOCH = 3 << 3 | 0,
    TAG_PURPOSE = 4 << 3 | 0,
    TAG_SIGNATURE = 5 << 3 | 2
};

static size_t varint_length(uint64_t value)
{
    size_t length = 1;
    for (; value > 0x7f; value >>= 7) {
        length++;
    }
    return length;
}

/* Of the one way to write the message: an epoch of 0 is left out. */
static size_t envelope_length(const struct signed_message *message)
{
    size_t epoch = message->charter_epoch == 0 ? 0 : 1 + varint_length(message->charter_epoch);
    return 1 + varint_length(message->payload.length) + message->payload.length + 2 +
           sizeof message->key_id.bytes + epoch + 1 + varint_length(message->purpose) + 2 +
           sizeof message->signature.bytes;
}

enum err signed_encode(const struct signed_message *message, struct buffer *out)
{
    if (message->payload.length == 0 || !purpose_is_known(message->purpose)) {
        return ERR_INPUT;
    }
    if (message->payload.length > LIMIT_SIGNED_BYTES ||
        envelope_length(message) > LIMIT_SIGNED_BYTES) {
        return ERR_RANGE;
    }
    write_u8(out, TAG_PAYLOAD);
    write_block(out, message->payload);
    write_u8(out, TAG_KEY_ID);
    write_block(out, slice_of(message->key_id.bytes, sizeof message->key_id.bytes));
    if (message->charter_epoch != 0) {
        write_u8(out, TAG_EPOCH);
        write_varint(out, message->charter_epoch);
    }
    write_u8(out, TAG_PURPOSE);
    write_varint(out, message->purpose);
    write_u8(out, TAG_SIGNATURE);
    write_block(out, slice_of(message->signature.bytes, sizeof message->signature.bytes));
    return out->err;
}

static void read_tag(struct reader *r, enum tag tag)
{
    if (read_u8(r) != tag) {
        read_fail(r);
    }
}

static void read_fixed_block(struct reader *r, void *out, uint64_t length)
{
    if (read_varint(r) != length) {
        read_fail(r);
    }
    read_copy(r, out, (size_t)length);
}

enum err signed_decode(struct slice bytes, struct signed_message *out_message)
{
    if (bytes.length == 0 || bytes.length > LIMIT_SIGNED_BYTES) {
        return ERR_INPUT;
    }
    struct signed_message message = {.charter_epoch = 0};
    struct reader r = reader_of(bytes);
    read_tag(&r, TAG_PAYLOAD);
    message.payload = read_block(&r);
    read_tag(&r, TAG_KEY_ID);
    read_fixed_block(&r, message.key_id.bytes, sizeof message.key_id.bytes);
    if (r.err == ERR_OK && r.at < r.end && *r.at == TAG_EPOCH) {
        read_tag(&r, TAG_EPOCH);
        message.charter_epoch = read_varint(&r);
    }
    read_tag(&r, TAG_PURPOSE);
    uint64_t purpose = read_varint(&r);
    read_tag(&r, TAG_SIGNATURE);
    read_fixed_block(&r, message.signature.bytes, sizeof message.signature.bytes);
    if (reader_finish(&r) != ERR_OK || message.payload.length == 0 || purpose > UINT32_MAX ||
        purpose_of((uint32_t)purpose, &message.purpose) != ERR_OK ||
        envelope_length(&message) != bytes.length) {
        return ERR_INPUT;
    }
    *out_message = message;
    return ERR_OK;
}

enum err signed_make(const struct signer *signer, uint64_t charter_epoch, enum purpose purpose,
                     struct slice payload, struct buffer *out)
{
    struct signed_message message = {.payload = payload,
                                     .key_id = signer->key_id,
                                     .charter_epoch = charter_epoch,
                                     .purpose = purpose};
    TRY(signer->sign(signer->context, purpose, charter_epoch, payload, &message.signature));
    return signed_encode(&message, out);
}

enum err signed_verify(const struct signed_message *message, const char *coalition,
                       enum purpose purpose, const struct public_key *key)
{
    struct key_id id = key_id_of(key);
    if ((message->purpose != purpose && !MUTANT(ACCEPT_WRONG_PURPOSE)) ||
        !key_id_equal(&id, &message->key_id)) {
        return ERR_SIGNATURE;
    }
    struct signing_scope scope = {
        .coalition = coalition, .purpose = message->purpose, .epoch = message->charter_epoch};
    return signing_verify(key, &scope, message->payload, &message->signature);
}
