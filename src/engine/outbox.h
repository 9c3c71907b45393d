/* Reads our own clearing entries back from the journal, for sending and for judging receipts. */
#ifndef ENGINE_OUTBOX_H
#define ENGINE_OUTBOX_H

#include "engine/record_reader.h"
#include "ledger/decide.h"

struct outbox_entry {
    struct slice bytes; /* as it travels */
    struct hash hash;
    uint64_t number;
};

/* One thread at a time. */
struct outbox_reader {
    struct ledger_view view;
    struct record_reader records;
};

void outbox_reader_init(struct outbox_reader *reader, const struct journal *journal,
                        struct ledger_view view);
void outbox_reader_fini(struct outbox_reader *reader);
/* The entry of this number to this partner. Its bytes live until the next call. ERR_NOT_FOUND
 * beyond the stream's end. */
MUST_USE enum err outbox_read(struct outbox_reader *reader, const struct partner_id *partner,
                              uint64_t number, struct outbox_entry *out_entry);

#endif
