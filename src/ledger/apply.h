/* Applies a record's effects to the tables: the only place where they change. */
#ifndef LEDGER_APPLY_H
#define LEDGER_APPLY_H

#include "ledger/record.h"

/* Applies all effects of one record, then its transaction row when it is idempotent. A record that
 * was decided on these tables can always be applied; one that can't (a lot below zero, a posting
 * that overflows, a row of an unknown table) is ERR_CORRUPT and the note names record and effect.
 * After an error the store holds a part of the record: the caller discards it. */
MUST_USE enum err ledger_apply(const struct ledger_store *store, const struct record *record,
                               struct note *note);

#endif
