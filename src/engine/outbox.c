#include "engine/outbox.h"

#include "ledger/batch.h"

void outbox_reader_init(struct outbox_reader *reader, const struct journal *journal,
                        struct ledger_view view)
{
    *reader = (struct outbox_reader){.journal = journal, .view = view};
}

void outbox_reader_fini(struct outbox_reader *reader)
{
    buffer_fini(&reader->batch);
}

static enum err load_batch(struct outbox_reader *reader, uint64_t row)
{
    if (row >= reader->batch_first_row && row - reader->batch_first_row < reader->batch_count) {
        return ERR_OK;
    }
    struct batch_view batch;
    buffer_clear(&reader->batch);
    reader->batch_count = 0;
    TRY(reader->journal->read(reader->journal->context, row, &reader->batch_first_row,
                              &reader->batch));
    TRY(batch_open(buffer_slice(&reader->batch), &batch));
    reader->batch_count = batch.count;
    return row - batch.first_row < batch.count ? ERR_OK : ERR_CORRUPT;
}

/* A record may send to several partners (period marks do). */
static enum err find_entry(const struct record *record, const struct partner_id *partner,
                           uint64_t number, struct outbox_entry *out_entry)
{
    struct reader in = reader_of(record->effects);
    for (uint32_t i = 0; i < record->effect_count; i++) {
        struct effect effect;
        effect_read(&in, &effect);
        if (in.err != ERR_OK) {
            return in.err;
        }
        if (effect.kind == EFFECT_ENTRY && effect.entry.entry.number == number &&
            partner_id_equal(&effect.entry.partner, partner)) {
            *out_entry = (struct outbox_entry){effect.entry.bytes, effect.entry.hash, number};
            return ERR_OK;
        }
    }
    return ERR_CORRUPT;
}

enum err outbox_read(struct outbox_reader *reader, const struct partner_id *partner,
                     uint64_t number, struct outbox_entry *out_entry)
{
    struct ledger_key key;
    struct slice value;
    uint64_t row;
    struct batch_view batch;
    struct slice bytes;
    struct record record;
    key_outbox(partner, number, &key);
    TRY(view_get(&reader->view, TABLE_OUTBOX, &key, &value));
    TRY(u64_decode(value, &row));
    TRY(load_batch(reader, row));
    TRY(batch_open(buffer_slice(&reader->batch), &batch));
    TRY(batch_record(&batch, (uint32_t)(row - batch.first_row), &bytes));
    TRY(record_decode(bytes, &record));
    return find_entry(&record, partner, number, out_entry);
}
