#include "engine/record_reader.h"

#include "ledger/batch.h"

void record_reader_init(struct record_reader *reader, const struct journal *journal)
{
    *reader = (struct record_reader){.journal = journal};
}

void record_reader_fini(struct record_reader *reader)
{
    buffer_fini(&reader->batch);
}

static enum err load_batch(struct record_reader *reader, uint64_t row)
{
    if (row >= reader->first_row && row - reader->first_row < reader->count) {
        return ERR_OK;
    }
    struct batch_view batch;
    buffer_clear(&reader->batch);
    reader->count = 0;
    TRY(reader->journal->read(reader->journal->context, row, &reader->first_row, &reader->batch));
    TRY(batch_open(buffer_slice(&reader->batch), &batch));
    if (batch.first_row != reader->first_row || row - batch.first_row >= batch.count) {
        return ERR_CORRUPT;
    }
    reader->count = batch.count;
    return ERR_OK;
}

enum err record_reader_bytes(struct record_reader *reader, uint64_t row, struct slice *out_bytes)
{
    struct batch_view batch;
    TRY(load_batch(reader, row));
    TRY(batch_open(buffer_slice(&reader->batch), &batch));
    return batch_record(&batch, (uint32_t)(row - batch.first_row), out_bytes);
}

enum err record_reader_get(struct record_reader *reader, uint64_t row, struct record *out_record)
{
    struct slice bytes;
    struct record record;
    TRY(record_reader_bytes(reader, row, &bytes));
    TRY(record_decode(bytes, &record));
    if (record.row != row) {
        return ERR_CORRUPT;
    }
    *out_record = record;
    return ERR_OK;
}
