/* Reads our own clearing entries back from the journal, for sending and for judging receipts. */
#ifndef ENGINE_OUTBOX_H
#define ENGINE_OUTBOX_H

#include "ledger/decide.h"
#include "store/journal.h"

struct outbox_entry {
    struct slice bytes; /* as it travels */
    struct hash hash;
    uint64_t number;
};

/* One thread at a time. Keeps the journal batch it read last, since neighbours live there. */
struct outbox_reader {
    const struct journal *journal;
    struct ledger_view view;
    struct buffer batch;
    uint64_t batch_first_row;
    uint64_t batch_count;
};

void outbox_reader_init(struct outbox_reader *reader, const struct journal *journal,
                        struct ledger_view view);
void outbox_reader_fini(struct outbox_reader *reader);
/* The entry of this number to this partner. Its bytes live until the next call. ERR_NOT_FOUND
 * beyond the stream's end. */
MUST_USE enum err outbox_read(struct outbox_reader *reader, const struct partner_id *partner,
                              uint64_t number, struct outbox_entry *out_entry);

#endif
