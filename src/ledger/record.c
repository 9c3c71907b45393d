#include "ledger/record.h"

#include "ledger/codec.h"

enum {
    RECORD_VERSION = 3,
    ANSWER_BYTES_MAX = 127, /* so that the length before an answer takes one byte */
    HEAD_MAX = 4 + 3 * VARINT_MAX + ID_TABLE_MAX + 16 + PUT_PARTNER_MAX
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

/* A length and the answer, without what the record says elsewhere. */
static uint8_t *put_answer_block(uint8_t *to, struct id_table *names, const struct record *record)
{
    unsigned left_out = ANSWER_ROW | (home_is_origin(record) ? ANSWER_HOME : 0u);
    uint8_t *end = put_answer(to + 1, names, &record->answer, left_out);
    ASSERT(end - to - 1 <= ANSWER_BYTES_MAX);
    *to = (uint8_t)(end - to - 1);
    return end;
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
    (void)id_table_uid(ids, &record->answer.mandate);
    (void)id_table_partner(ids, &record->answer.home);
}

/* What stands before the body. */
static uint8_t *put_head(uint8_t *to, struct id_table *ids, const struct record *record)
{
    unsigned flags =
        (record->is_dated ? FLAG_DATED : 0u) | (home_is_origin(record) ? FLAG_HOME_IS_ORIGIN : 0u);
    to = put_u8(to, RECORD_VERSION);
    to = put_u8(to, record->kind);
    to = put_u8(to, record->verdict);
    to = put_u8(to, flags);
    to = put_varint(to, record->row);
    to = put_svarint(to, record->time.ms);
    to = put_svarint(to, time_difference(record->time, record->business_time));
    to = id_table_put(to, ids);
    to = put_bytes(to, record->transaction_id.bytes, sizeof record->transaction_id.bytes);
    return put_partner(to, ids, &record->origin);
}

void record_encode(const struct record *record, struct buffer *out)
{
    struct id_table ids;
    id_table_copy(&record->ids, &ids);
    add_names(&ids, record);
    size_t blocks = record->body.length + record->effects.length;
    uint8_t *to = write_reserve(out, HEAD_MAX + 1 + PUT_ANSWER_MAX + 2 * VARINT_MAX + blocks);
    if (to == NULL) {
        return;
    }
    to = put_head(to, &ids, record);
    to = put_varint(to, record->body.length);
    to = put_bytes(to, record->body.at, record->body.length);
    to = put_answer_block(to, &ids, record);
    to = put_varint(to, record->effect_count);
    write_end(out, put_bytes(to, record->effects.at, record->effects.length));
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
