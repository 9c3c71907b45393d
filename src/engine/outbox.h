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

/* Quick: it runs inside a read transaction. The entry's bytes live for the call. What it returns
 * but ERR_OK ends the reading. */
typedef enum err outbox_visit(void *context, const struct outbox_entry *entry);

/* The entries to this partner from number `first` on, `count` of them, in order; those that lie
 * together in the journal are found together. ERR_NOT_FOUND where the stream ends before, and where
 * the journal was trimmed; ERR_CORRUPT for a record that can't be read or has not the entry that
 * the table says it has. */
MUST_USE enum err outbox_read_many(const struct outbox_reader *reader,
                                   const struct partner_id *partner, uint64_t first, uint64_t count,
                                   outbox_visit *visit, void *visitor);

#endif
