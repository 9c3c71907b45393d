#include "engine/outbox.h"

#include "ledger/batch.h"

void outbox_reader_init(struct outbox_reader *reader, const struct journal *journal,
                        struct ledger_view view)
{
    reader->view = view;
    record_reader_init(&reader->records, journal);
}

void outbox_reader_fini(struct outbox_reader *reader)
{
    record_reader_fini(&reader->records);
}

static enum err row_of_entry(const struct ledger_view *view, const struct partner_id *partner,
                             uint64_t number, uint64_t *out_row)
{
    struct ledger_key key;
    struct slice value;
    key_outbox(partner, number, &key);
    TRY(view_get(view, TABLE_OUTBOX, &key, &value));
    return u64_decode(value, out_row);
}

/* A record may send to several partners (period marks do). ERR_NOT_FOUND when it sends nothing of
 * this number to this one. */
static enum err find_entry(const struct record *record, const struct partner_id *partner,
                           uint64_t number, struct outbox_entry *out_entry)
{
    struct reader in = record_effects(record);
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
    return ERR_NOT_FOUND;
}

enum err outbox_read(struct outbox_reader *reader, const struct partner_id *partner,
                     uint64_t number, struct outbox_entry *out_entry)
{
    struct record record;
    uint64_t row;
    TRY(row_of_entry(&reader->view, partner, number, &row));
    TRY(record_reader_get(&reader->records, row, &record));
    enum err err = find_entry(&record, partner, number, out_entry);
    return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
}

struct reading {
    const struct ledger_view *view;
    const struct partner_id *partner;
    outbox_visit *visit;
    void *visitor;
    uint64_t number; /* the next one */
    uint64_t last;
    uint64_t row; /* where the journal has it */
    /* The entries before were neighbours, so the next row is looked at first for the next one. */
    bool is_dense;
};

static enum err look_at(const struct reading *reading, const struct batch_view *batch, uint64_t row,
                        struct outbox_entry *out_entry)
{
    struct slice bytes;
    struct record record;
    TRY(batch_record_sound(batch, (uint32_t)(row - batch->first_row), &bytes));
    TRY(record_decode(bytes, &record));
    if (record.row != row) {
        return ERR_CORRUPT;
    }
    return find_entry(&record, reading->partner, reading->number, out_entry);
}

static enum err find_row(struct reading *reading)
{
    uint64_t row;
    TRY(row_of_entry(reading->view, reading->partner, reading->number, &row));
    reading->is_dense = row == reading->row + 1;
    reading->row = row;
    return ERR_OK;
}

/* To the next entry, which is `*out_entry` when its row was looked at already. */
static enum err advance(struct reading *reading, const struct batch_view *batch,
                        struct outbox_entry *out_entry, bool *out_is_found)
{
    uint64_t next = reading->row + 1;
    *out_is_found = false;
    if (reading->is_dense && next - batch->first_row < batch->count) {
        enum err err = look_at(reading, batch, next, out_entry);
        if (err == ERR_OK) {
            reading->row = next;
            *out_is_found = true;
            return ERR_OK;
        }
        if (err != ERR_NOT_FOUND) {
            return err;
        }
    }
    return find_row(reading);
}

/* As many as this batch of the journal has. */
static enum err read_batch(void *context, uint64_t first_row, struct slice bytes)
{
    struct reading *reading = context;
    struct batch_view batch;
    bool is_found = false;
    struct outbox_entry entry;
    TRY(batch_open(bytes, &batch));
    if (batch.first_row != first_row) {
        return ERR_CORRUPT;
    }
    while (reading->row - first_row < batch.count) {
        enum err err = is_found ? ERR_OK : look_at(reading, &batch, reading->row, &entry);
        if (err != ERR_OK) {
            return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
        }
        TRY(reading->visit(reading->visitor, &entry));
        if (reading->number == reading->last) {
            reading->number++;
            return ERR_OK;
        }
        reading->number++;
        TRY(advance(reading, &batch, &entry, &is_found));
    }
    return ERR_OK;
}

enum err outbox_read_many(const struct outbox_reader *reader, const struct partner_id *partner,
                          uint64_t first, uint64_t count, outbox_visit *visit, void *visitor)
{
    const struct journal *journal = reader->records.journal;
    struct reading reading = {.view = &reader->view,
                              .partner = partner,
                              .visit = visit,
                              .visitor = visitor,
                              .number = first,
                              .last = first + count - 1};
    if (count == 0) {
        return ERR_OK;
    }
    TRY(find_row(&reading));
    while (reading.number <= reading.last) {
        uint64_t number = reading.number;
        TRY(journal->look(journal->context, reading.row, read_batch, &reading));
        if (reading.number == number) { /* the batch that was found has not the row */
            return ERR_CORRUPT;
        }
    }
    return ERR_OK;
}
