/* Entries of the streams, found again in the journal by their numbers: our own by the outbox, a
 * partner's by the receipts that we gave. */
#include "ledger/decision.h"

/* The record of this row; its slices live until the next call. */
static enum err record_at(const struct decision *d, uint64_t row, struct record *out_record)
{
    const struct ledger_view *view = d->view;
    struct slice bytes;
    ASSERT(view->record != NULL);
    TRY(view->record(view->record_context, row, &bytes));
    return record_decode(bytes, out_record);
}

static enum err row_of(const struct decision *d, enum ledger_table table,
                       const struct ledger_key *key, uint64_t *out_row)
{
    struct slice value;
    TRY(view_get(d->view, table, key, &value));
    return u64_decode(value, out_row);
}

/* A record may send to several partners. */
static enum err sent_in(const struct decision *d, const struct record *record,
                        const struct partner_id *partner, uint64_t number,
                        struct clearing_entry *out_entry)
{
    const struct entry_codec *codec = &d->terms->codec;
    struct reader in = record_effects(record);
    for (uint32_t i = 0; i < record->effect_count; i++) {
        struct effect effect;
        effect_read(&in, &effect);
        if (in.err != ERR_OK) {
            return ERR_CORRUPT;
        }
        if (effect.kind == EFFECT_ENTRY && effect.entry.entry.number == number &&
            partner_id_equal(&effect.entry.partner, partner)) {
            return codec->decode(codec->context, effect.entry.bytes, out_entry);
        }
    }
    return ERR_CORRUPT;
}

enum err decide_find_sent(const struct decision *d, const struct partner_id *partner,
                          uint64_t number, struct clearing_entry *out_entry)
{
    struct ledger_key key;
    struct record record;
    uint64_t row;
    key_outbox(partner, number, &key);
    TRY(row_of(d, TABLE_OUTBOX, &key, &row));
    TRY(record_at(d, row, &record));
    return sent_in(d, &record, partner, number, out_entry);
}

/* The entry that was taken in this row; its number is 0 when the row is another one. */
static enum err taken_at(const struct decision *d, const struct partner_id *partner, uint64_t row,
                         struct taken_entry *out_taken)
{
    struct record record;
    struct command command;
    TRY(record_at(d, row, &record));
    *out_taken = (struct taken_entry){.verdict = record.verdict, .taken = record.time};
    if (record.kind != COMMAND_TAKE_ENTRY && record.kind != COMMAND_RECOVER_TAKEN) {
        return ERR_OK;
    }
    TRY(record_command(&record, &command));
    if (partner_id_equal(&command.take_entry.sender, partner)) {
        out_taken->entry = command.take_entry.entry;
        if (record.kind == COMMAND_RECOVER_TAKEN) {
            out_taken->verdict = command.take_entry.verdict;
            out_taken->taken = (struct unix_ms){0}; /* the first time is not known any more */
        }
    }
    return ERR_OK;
}

/* A receipt's record follows on those of the entries that it answers. */
static enum err before_receipt(const struct decision *d, const struct partner_id *partner,
                               uint64_t receipt, uint64_t *out_row, struct taken_entry *out_taken)
{
    struct ledger_key key;
    uint64_t row;
    key_receipt(STREAM_IN, partner, receipt, &key);
    TRY(row_of(d, TABLE_RECEIPT_ROW, &key, &row));
    if (row < 2) {
        return ERR_CORRUPT;
    }
    TRY(taken_at(d, partner, row - 1, out_taken));
    *out_row = row - 1;
    return out_taken->entry.number == 0 ? ERR_CORRUPT : ERR_OK;
}

enum err decide_find_taken(const struct decision *d, const struct partner_id *partner,
                           uint64_t number, struct taken_entry *out_taken)
{
    struct stream stream;
    struct taken_entry taken;
    struct apart_end apart;
    uint64_t row;
    TRY(ledger_get_stream(d->view, d->terms->roster, STREAM_IN, partner, &stream));
    TRY(ledger_get_apart_end(d->view, STREAM_IN, partner, &apart));
    if (number == 0 || number > stream.receipted_number) {
        return ERR_NOT_FOUND;
    }
    bool is_behind = number > apart.last_number;
    /* The first receipt that goes as far lies between these two. */
    uint64_t first = is_behind ? apart.receipt_number + 1 : 1;
    uint64_t last = is_behind ? stream.receipt_number : apart.receipt_number;
    while (first < last) {
        uint64_t middle = first + (last - first) / 2;
        TRY(before_receipt(d, partner, middle, &row, &taken));
        if (taken.entry.number < number) {
            first = middle + 1;
        } else {
            last = middle;
        }
    }
    TRY(before_receipt(d, partner, first, &row, &taken));
    uint64_t back = taken.entry.number - number;
    if (taken.entry.number < number && !is_behind) {
        return ERR_NOT_FOUND; /* the half had fewer here */
    }
    if (taken.entry.number < number || back >= row) {
        return ERR_CORRUPT;
    }
    TRY(taken_at(d, partner, row - back, &taken));
    if (taken.entry.number != number) {
        return ERR_CORRUPT;
    }
    *out_taken = taken;
    return ERR_OK;
}
