#include "engine/outbox.h"

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

/* A record may send to several partners (period marks do). */
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
    return ERR_CORRUPT;
}

enum err outbox_read(struct outbox_reader *reader, const struct partner_id *partner,
                     uint64_t number, struct outbox_entry *out_entry)
{
    struct ledger_key key;
    struct slice value;
    uint64_t row;
    struct record record;
    key_outbox(partner, number, &key);
    TRY(view_get(&reader->view, TABLE_OUTBOX, &key, &value));
    TRY(u64_decode(value, &row));
    TRY(record_reader_get(&reader->records, row, &record));
    return find_entry(&record, partner, number, out_entry);
}
