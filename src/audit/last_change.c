/* Which row of the journal wrote a row of a table last: read once more from its start, when there
 * is a difference to be told. */
#include "audit/rooms.h"

struct search {
    enum ledger_table table;
    struct slice key;
    uint64_t at_row; /* the last one that counts */
    uint64_t found;
};

static bool is_key(const struct search *search, enum ledger_table table,
                   const struct ledger_key *key)
{
    return search->table == table && slice_equal(search->key, slice_of(key->bytes, key->length));
}

static bool writes_transaction(const struct search *search, const struct record *record)
{
    struct ledger_key key;
    key_origin(&record->origin, &record->transaction_id, &key);
    return command_is_idempotent(record->kind) && is_key(search, TABLE_TRANSACTION, &key);
}

static bool is_written_by(const struct search *search, const struct effect *effect)
{
    struct ledger_key outbox;
    struct ledger_key stream;
    if (effect->kind == EFFECT_ROW) {
        return search->table == effect->row.table && slice_equal(search->key, effect->row.key);
    }
    if (effect->kind != EFFECT_ENTRY) {
        return false;
    }
    key_outbox(&effect->entry.partner, effect->entry.entry.number, &outbox);
    key_stream(STREAM_OUT, &effect->entry.partner, &stream);
    return is_key(search, TABLE_OUTBOX, &outbox) || is_key(search, TABLE_STREAM, &stream);
}

static enum err search_record(struct search *search, struct slice bytes)
{
    struct record record;
    TRY(record_decode(bytes, &record));
    struct reader in = record_effects(&record);
    bool is_found = writes_transaction(search, &record);
    for (uint32_t i = 0; i < record.effect_count && !is_found; i++) {
        struct effect effect;
        effect_read(&in, &effect);
        TRY(in.err);
        is_found = is_written_by(search, &effect);
    }
    if (is_found) {
        search->found = record.row;
    }
    return ERR_OK;
}

static enum err search_batch(void *context, uint64_t first_row, struct slice bytes)
{
    struct search *search = context;
    struct batch_view batch;
    TRY(batch_open(bytes, &batch));
    for (uint32_t i = 0; i < batch.count; i++) {
        struct slice record;
        if (first_row + i > search->at_row) {
            return ERR_NOT_FOUND;
        }
        TRY(batch_record(&batch, i, &record));
        TRY(search_record(search, record));
    }
    return ERR_OK;
}

uint64_t audit_last_change(const struct audit *audit, enum ledger_table table,
                           const struct ledger_key *key, uint64_t at_row)
{
    const struct journal *journal = &audit->options->journal;
    struct search search = {table, slice_of(key->bytes, key->length), at_row, 0};
    (void)!journal->replay(journal->context, 0, search_batch, &search);
    return search.found;
}
