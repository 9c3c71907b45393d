#include "ledger/batch.h"

#include <string.h>

#include "base/checksum.h"

enum {
    BATCH_VERSION = 2,
    MAGIC_BYTES = 6,
    HEAD_BYTES = MAGIC_BYTES + 2 + 8 + 4 + 4 + 8 + 8 + HASH_BYTES + 8,
    TABLE_ROW_BYTES = 4 + 8, /* offset, checksum */
    OFFSET_BYTES = 4,        /* of a builder's table, which has no checksums yet */
    TAIL_BYTES = HASH_BYTES + 64
};

static const char magic[MAGIC_BYTES] = {'T', 'A', 'L', 'E', 'A', 'J'};

void batch_begin(struct batch_builder *builder, uint64_t first_row)
{
    buffer_clear(&builder->records);
    buffer_clear(&builder->offsets);
    builder->records.limit = LIMIT_BATCH_BYTES;
    builder->first_row = first_row;
    builder->count = 0;
}

void batch_add(struct batch_builder *builder, const struct record *record)
{
    struct buffer *records = &builder->records;
    size_t offset = records->length;
    ASSERT(record->row == builder->first_row + builder->count);
    if (builder->count == LIMIT_BATCH_RECORDS) {
        records->err = ERR_RESOURCE;
    }
    record_encode(record, records);
    if (record->effect_count > LIMIT_EFFECTS_PER_RECORD ||
        records->length - offset > LIMIT_RECORD_BYTES) {
        records->err = ERR_RESOURCE; /* it could not be read again */
    }
    if (records->err == ERR_OK) {
        write_u32(&builder->offsets, (uint32_t)offset);
    }
    if (records->err != ERR_OK || builder->offsets.err != ERR_OK) {
        records->length = offset;
        return;
    }
    builder->count++;
}

void batch_builder_fini(struct batch_builder *builder)
{
    buffer_fini(&builder->records);
    buffer_fini(&builder->offsets);
}

static size_t builder_offset(const struct batch_builder *builder, uint32_t index)
{
    struct reader in =
        reader_of(slice_of(builder->offsets.at + (size_t)index * OFFSET_BYTES, OFFSET_BYTES));
    return index < builder->count ? read_u32(&in) : builder->records.length;
}

enum err batch_builder_record(const struct batch_builder *builder, uint64_t row,
                              struct slice *out_record)
{
    if (row < builder->first_row || row - builder->first_row >= builder->count) {
        return ERR_NOT_FOUND;
    }
    uint32_t index = (uint32_t)(row - builder->first_row);
    size_t start = builder_offset(builder, index);
    *out_record = slice_of(builder->records.at + start, builder_offset(builder, index + 1) - start);
    return ERR_OK;
}

void batch_cut(struct batch_builder *builder, uint32_t count)
{
    ASSERT(count <= builder->count);
    if (count < builder->count) {
        builder->records.length = builder_offset(builder, count);
        builder->offsets.length = (size_t)count * OFFSET_BYTES;
        builder->count = count;
    }
    builder->records.err = ERR_OK;
    builder->offsets.err = ERR_OK;
}

static void write_table(const struct batch_builder *builder, struct buffer *out)
{
    size_t start = 0;
    for (uint32_t i = 0; i < builder->count; i++) {
        size_t end = builder_offset(builder, i + 1);
        write_u32(out, (uint32_t)start);
        write_u64(out, checksum_of(slice_of(builder->records.at + start, end - start)));
        start = end;
    }
}

static void write_batch(const struct batch_builder *builder, struct key_id key_id,
                        uint64_t charter_epoch, struct unix_ms time, const struct hash *previous,
                        struct buffer *out)
{
    write_bytes(out, magic, sizeof magic);
    write_u16(out, BATCH_VERSION);
    write_u64(out, builder->first_row);
    write_u32(out, builder->count);
    write_u32(out, (uint32_t)builder->records.length);
    write_i64(out, time.ms);
    write_u64(out, charter_epoch);
    write_bytes(out, previous->bytes, sizeof previous->bytes);
    write_bytes(out, key_id.bytes, sizeof key_id.bytes);
    write_table(builder, out);
    write_bytes(out, builder->records.at, builder->records.length);
}

enum err batch_seal(struct batch_builder *builder, const struct signer *signer,
                    uint64_t charter_epoch, struct unix_ms time, const struct hash *previous,
                    struct buffer *out, struct hash *out_hash)
{
    ASSERT(builder->count > 0);
    TRY(builder->records.err);
    TRY(builder->offsets.err);
    TRY(out->err);
    size_t start = out->length;
    struct signature signature;
    write_batch(builder, signer->key_id, charter_epoch, time, previous, out);
    enum err err = out->err;
    struct hash hash = {{0}};
    if (err == ERR_OK) {
        hash = hash_of(HASH_DOMAIN_JOURNAL, slice_of(out->at + start, out->length - start));
        err = signer->sign(signer->context, PURPOSE_JOURNAL_HEAD, charter_epoch,
                           slice_of(hash.bytes, sizeof hash.bytes), &signature);
    }
    if (err == ERR_OK) {
        write_bytes(out, hash.bytes, sizeof hash.bytes);
        write_bytes(out, signature.bytes, sizeof signature.bytes);
        err = out->err;
    }
    if (err != ERR_OK) {
        out->length = start;
        out->err = ERR_OK;
        return err;
    }
    *out_hash = hash;
    return ERR_OK;
}

/* The fixed fields before the table. */
static uint32_t read_batch_head(struct reader *in, struct batch_view *batch)
{
    batch->first_row = read_u64(in);
    batch->count = read_u32(in);
    uint32_t records_length = read_u32(in);
    batch->time.ms = read_i64(in);
    batch->charter_epoch = read_u64(in);
    read_copy(in, batch->previous.bytes, sizeof batch->previous.bytes);
    read_copy(in, batch->key_id.bytes, sizeof batch->key_id.bytes);
    return records_length;
}

enum err batch_open(struct slice bytes, struct batch_view *out_batch)
{
    struct reader in = reader_of(bytes);
    struct batch_view batch;
    struct slice found = read_slice(&in, sizeof magic);
    uint16_t version = read_u16(&in);
    if (in.err != ERR_OK || memcmp(found.at, magic, sizeof magic) != 0) {
        return ERR_CORRUPT;
    }
    if (version != BATCH_VERSION) {
        return ERR_UNSUPPORTED;
    }
    uint32_t records_length = read_batch_head(&in, &batch);
    if (in.err != ERR_OK || batch.count == 0 || batch.count > LIMIT_BATCH_RECORDS ||
        records_length > LIMIT_BATCH_BYTES || batch.first_row == 0 ||
        batch.first_row > UINT64_MAX - batch.count) {
        return ERR_CORRUPT;
    }
    batch.table = read_slice(&in, (size_t)batch.count * TABLE_ROW_BYTES);
    batch.records = read_slice(&in, records_length);
    batch.covered =
        slice_of(bytes.at, HEAD_BYTES + (size_t)batch.count * TABLE_ROW_BYTES + records_length);
    read_copy(&in, batch.hash.bytes, sizeof batch.hash.bytes);
    read_copy(&in, batch.signature.bytes, sizeof batch.signature.bytes);
    TRY(reader_finish(&in));
    *out_batch = batch;
    return ERR_OK;
}

struct table_row {
    uint32_t offset;
    uint64_t checksum;
};

static struct table_row table_row_at(const struct batch_view *batch, uint32_t index)
{
    struct reader in =
        reader_of(slice_of(batch->table.at + (size_t)index * TABLE_ROW_BYTES, TABLE_ROW_BYTES));
    struct table_row row;
    row.offset = read_u32(&in);
    row.checksum = read_u64(&in);
    return row;
}

enum err batch_record(const struct batch_view *batch, uint32_t index, struct slice *out_record)
{
    if (index >= batch->count) {
        return ERR_NOT_FOUND;
    }
    size_t start = table_row_at(batch, index).offset;
    size_t end =
        index + 1 < batch->count ? table_row_at(batch, index + 1).offset : batch->records.length;
    if (start >= end || end > batch->records.length || (index == 0 && start != 0)) {
        return ERR_CORRUPT;
    }
    *out_record = slice_of(batch->records.at + start, end - start);
    return ERR_OK;
}

enum err batch_record_sound(const struct batch_view *batch, uint32_t index,
                            struct slice *out_record)
{
    struct slice record;
    TRY(batch_record(batch, index, &record));
    if (checksum_of(record) != table_row_at(batch, index).checksum) {
        return ERR_CORRUPT;
    }
    *out_record = record;
    return ERR_OK;
}

enum err batch_check(const struct batch_view *batch, uint64_t *out_bad_row, struct note *note)
{
    struct hash hash = hash_of(HASH_DOMAIN_JOURNAL, batch->covered);
    if (hash_equal(&hash, &batch->hash)) {
        return ERR_OK;
    }
    struct slice record;
    for (uint32_t i = 0; i < batch->count; i++) {
        if (batch_record_sound(batch, i, &record) != ERR_OK) {
            *out_bad_row = batch->first_row + i;
            return note_set(note, ERR_CORRUPT, "journal row %llu was changed",
                            (unsigned long long)*out_bad_row);
        }
    }
    *out_bad_row = batch->first_row;
    return note_set(note, ERR_CORRUPT, "the frame of the journal batch at row %llu was changed",
                    (unsigned long long)*out_bad_row);
}
