/* Reads our own clearing entries back from the journal, for sending and for judging receipts. */
#ifndef ENGINE_OUTBOX_H
#define ENGINE_OUTBOX_H

#include "ledger/decide.h"
#include "ledger/record.h"
#include "store/journal.h"

struct outbox_entry {
    struct slice bytes; /* as it travels */
    struct hash hash;
    uint64_t number;
};

struct outbox {
    const struct journal *journal;
    struct ledger_view view;
};

/* Quick: it runs inside a read transaction. The entry's bytes live for the call. What it returns
 * but ERR_OK ends the reading. */
typedef enum err outbox_visit(void *context, const struct outbox_entry *entry);

/* The entries to this partner from number `first` on, `count` of them, in order. ERR_NOT_FOUND
 * where the stream ends before, and where the journal was trimmed; ERR_CORRUPT for a record that
 * can't be read or has not the entry that the table says it has. Entries that lie together in the
 * journal are found together. */
MUST_USE enum err outbox_read(const struct outbox *outbox, const struct partner_id *partner,
                              uint64_t first, uint64_t count, outbox_visit *visit, void *visitor);

#endif
