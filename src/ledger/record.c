#include "ledger/record.h"

#include "ledger/codec.h"

enum {
    RECORD_VERSION = 3,
    ANSWER_BYTES_MAX = 127 /* so that the length before an answer takes one byte */
};

enum {
    FLAG_DATED = 1 << 0,
    FLAG_HOME_IS_ORIGIN = 1 << 1,
    FLAGS_END = 1 << 2
};

static bool home_is_origin(const struct record *record)
{
    return record->origin.text[0] != '\0' &&
           partner_id_equal(&record->answer.home, &record->origin);
}

/* Without what the record says elsewhere. */
static void write_answer_block(struct buffer *out, const struct record *record)
{
    struct answer answer = record->answer;
    size_t length_at = out->length;
    answer.row = 0;
    if (home_is_origin(record)) {
        answer.home = (struct partner_id){{0}};
    }
    write_u8(out, 0);
    answer_encode(&answer, out);
    if (out->err == ERR_OK) {
        size_t length = out->length - length_at - 1;
        ASSERT(length <= ANSWER_BYTES_MAX);
        out->at[length_at] = (uint8_t)length;
    }
}

static void read_answer_block(struct reader *in, struct record *record, unsigned flags)
{
    struct slice block = read_block(in);
    struct reader answer = reader_of(block);
    answer.names = &record->ids;
    if (in->err != ERR_OK) {
        return;
    }
    answer_read(&answer, &record->answer);
    read_expect(in, reader_finish(&answer) == ERR_OK && record->answer.row == 0);
    record->answer.row = record->row;
    if (flags & FLAG_HOME_IS_ORIGIN) {
        read_expect(in, record->answer.home.text[0] == '\0' && record->origin.text[0] != '\0');
        record->answer.home = record->origin;
    } else {
        read_expect(in, !home_is_origin(record));
    }
}

/* What origin and answer will refer to. */
static void add_names(struct id_table *ids, const struct record *record)
{
    (void)id_table_partner(ids, &record->origin);
    (void)id_table_uid(ids, &record->answer.member);
    (void)id_table_partner(ids, &record->answer.home);
}

void record_encode(const struct record *record, struct buffer *out)
{
    struct id_table ids = record->ids;
    void *names = out->names;
    add_names(&ids, record);
    unsigned flags =
        (record->is_dated ? FLAG_DATED : 0u) | (home_is_origin(record) ? FLAG_HOME_IS_ORIGIN : 0u);
    write_u8(out, RECORD_VERSION);
    write_u8(out, (uint8_t)record->kind);
    write_u8(out, (uint8_t)record->verdict);
    write_u8(out, (uint8_t)flags);
    write_varint(out, record->row);
    write_time(out, record->time);
    write_svarint(out, time_difference(record->time, record->business_time));
    id_table_encode(&ids, out);
    write_bytes(out, record->transaction_id.bytes, sizeof record->transaction_id.bytes);
    out->names = &ids;
    write_partner(out, &record->origin);
    write_block(out, record->body);
    write_answer_block(out, record);
    out->names = names;
    write_varint(out, record->effect_count);
    write_bytes(out, record->effects.at, record->effects.length);
}

static void read_effects(struct reader *in, struct record *record)
{
    struct effect effect;
    record->effect_count = read_count(in, LIMIT_EFFECTS_PER_RECORD);
    const uint8_t *first = in->at;
    in->names = &record->ids;
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
    read_expect(&in, command_kind_is_known(record.kind));
    record.verdict = read_verdict(&in);
    unsigned flags = read_choice(&in, 0, FLAGS_END);
    record.is_dated = (flags & FLAG_DATED) != 0;
    record.row = read_varint(&in);
    read_expect(&in, record.row >= 1);
    record.time = read_time(&in);
    record.business_time.ms = time_difference(record.time, (struct unix_ms){read_svarint(&in)});
    id_table_read(&in, &record.ids);
    read_uid(&in, &record.transaction_id);
    in.names = &record.ids;
    read_partner(&in, &record.origin);
    record.body = read_block(&in);
    read_answer_block(&in, &record, flags);
    read_effects(&in, &record);
    TRY(reader_finish(&in));
    *out_record = record;
    return ERR_OK;
}

struct reader record_effects(const struct record *record)
{
    struct reader in = reader_of(record->effects);
    in.names = &record->ids;
    return in;
}

enum err record_command(const struct record *record, struct command *out_command)
{
    struct command command;
    struct reader in = reader_of(record->body);
    in.names = &record->ids;
    TRY(command_read(&in, record->kind, &command));
    command.origin = record->origin;
    command.transaction_id = record->transaction_id;
    command.business_time = record->business_time;
    command.is_dated = record->is_dated;
    *out_command = command;
    return ERR_OK;
}
