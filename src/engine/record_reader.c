#include "engine/record_reader.h"

#include "ledger/batch.h"

void record_reader_init(struct record_reader *reader, const struct journal *journal)
{
    *reader = (struct record_reader){.journal = journal};
}

void record_reader_fini(struct record_reader *reader)
{
    buffer_fini(&reader->record);
}

struct search {
    uint64_t row;
    struct buffer *out;
};

static enum err copy_record(void *context, uint64_t first_row, struct slice bytes)
{
    struct search *search = context;
    struct batch_view batch;
    struct slice record;
    TRY(batch_open(bytes, &batch));
    if (batch.first_row != first_row || search->row - first_row >= batch.count) {
        return ERR_CORRUPT;
    }
    TRY(batch_record_sound(&batch, (uint32_t)(search->row - first_row), &record));
    buffer_clear(search->out);
    write_bytes(search->out, record.at, record.length);
    return search->out->err;
}

enum err record_reader_bytes(struct record_reader *reader, uint64_t row, struct slice *out_bytes)
{
    const struct journal *journal = reader->journal;
    struct search search = {row, &reader->record};
    TRY(journal->look(journal->context, row, copy_record, &search));
    *out_bytes = buffer_slice(&reader->record);
    return ERR_OK;
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
