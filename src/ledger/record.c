#include "ledger/record.h"

#include "ledger/codec.h"

enum {
    RECORD_VERSION = 1,
    ANSWER_BYTES_MAX = 127 /* so that the length before an answer takes one byte */
};

static void write_answer_block(struct buffer *out, const struct answer *answer)
{
    size_t length_at = out->length;
    write_u8(out, 0);
    answer_encode(answer, out);
    if (out->err == ERR_OK) {
        size_t length = out->length - length_at - 1;
        ASSERT(length <= ANSWER_BYTES_MAX);
        out->at[length_at] = (uint8_t)length;
    }
}

static void read_answer_block(struct reader *in, struct answer *out_answer)
{
    struct slice block = read_block(in);
    struct reader answer = reader_of(block);
    if (in->err == ERR_OK) {
        answer_read(&answer, out_answer);
        read_expect(in, reader_finish(&answer) == ERR_OK);
    }
}

void record_encode(const struct record *record, struct buffer *out)
{
    write_u8(out, RECORD_VERSION);
    write_u8(out, (uint8_t)record->kind);
    write_u8(out, (uint8_t)record->verdict);
    write_u8(out, 0);
    write_u64(out, record->row);
    write_i64(out, record->time.ms);
    write_bytes(out, record->origin.text, sizeof record->origin.text);
    write_uid(out, &record->transaction_id);
    write_i64(out, record->business_time.ms);
    write_bytes(out, record->body_hash, sizeof record->body_hash);
    write_block(out, record->body);
    write_answer_block(out, &record->answer);
    write_varint(out, record->effect_count);
    write_bytes(out, record->effects.at, record->effects.length);
}

/* The origin as a zero-padded field of fixed width. */
static void read_origin(struct reader *in, struct partner_id *out_origin)
{
    struct partner_id raw = {{0}};
    read_copy(in, raw.text, sizeof raw.text);
    if (in->err == ERR_OK && raw.text[0] != '\0') {
        read_expect(in, partner_id_parse(raw.text, out_origin) == ERR_OK);
    } else {
        *out_origin = (struct partner_id){{0}};
    }
    read_expect(in, in->err != ERR_OK || partner_id_equal(out_origin, &raw));
}

static void read_effects(struct reader *in, struct record *record)
{
    struct effect effect;
    record->effect_count = read_count(in, LIMIT_EFFECTS_PER_RECORD);
    const uint8_t *first = in->at;
    for (uint32_t i = 0; i < record->effect_count && in->err == ERR_OK; i++) {
        effect_read(in, &effect);
    }
    record->effects = slice_of(first, (size_t)(in->at - first));
}

enum err record_decode(struct slice bytes, struct record *out_record)
{
    if (bytes.length > LIMIT_RECORD_BYTES) {
        return ERR_CORRUPT;
    }
    struct reader in = reader_of(bytes);
    struct record record = {0};
    read_version(&in, RECORD_VERSION);
    record.kind = (enum command_kind)read_choice(&in, COMMAND_ENROL, COMMAND_KIND_END);
    record.verdict = read_verdict(&in);
    read_expect(&in, read_u8(&in) == 0);
    record.row = read_u64(&in);
    read_expect(&in, record.row >= 1);
    record.time.ms = read_i64(&in);
    read_origin(&in, &record.origin);
    read_uid(&in, &record.transaction_id);
    record.business_time.ms = read_i64(&in);
    read_copy(&in, record.body_hash, sizeof record.body_hash);
    record.body = read_block(&in);
    read_answer_block(&in, &record.answer);
    read_effects(&in, &record);
    TRY(reader_finish(&in));
    *out_record = record;
    return ERR_OK;
}
