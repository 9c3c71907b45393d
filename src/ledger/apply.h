/* Applies a record's effects to the tables: the only place where they change. */
#ifndef LEDGER_APPLY_H
#define LEDGER_APPLY_H

#include "ledger/plan.h"

/* Applies all effects of one record, then its transaction row when it is idempotent. A record that
 * was decided on these tables can always be applied; one that can't (a lot below zero, a posting
 * that overflows, a row of an unknown table) is ERR_CORRUPT and the note names record and effect.
 * After an error the store holds a part of the record: the caller discards it.
 *
 * Where the store says that a row holds this record's effects already (has_applied), that row, and
 * that row alone, is left as it is. */
MUST_USE enum err ledger_apply(const struct ledger_store *store, const struct record *record,
                               struct note *note);

/* The same for many records, one after the other: keeps the sums of accounts, which most records
 * change, and the trees over halves' entries, and writes them to the store when told. Until then
 * the store's rows of both are behind; nothing that is decided reads them. One thread. */
struct ledger_applier;
MUST_USE enum err ledger_applier_create(const struct ledger_store *store,
                                        struct ledger_applier **out_applier);
void ledger_applier_destroy(struct ledger_applier *applier); /* NULL is allowed */
/* As ledger_apply. */
MUST_USE enum err ledger_applier_apply(struct ledger_applier *applier, const struct record *record,
                                       struct note *note);
/* The same of a record whose effects are the plan's: their bytes need not be read again. */
MUST_USE enum err ledger_applier_apply_plan(struct ledger_applier *applier,
                                            const struct record *record, const struct plan *plan,
                                            struct note *note);
/* Writes sums and trees. To be called at the end of each batch. */
MUST_USE enum err ledger_applier_flush(struct ledger_applier *applier);
/* Goes along with a mark of the store and its undo. */
void ledger_applier_mark(struct ledger_applier *applier);
void ledger_applier_undo_to_mark(struct ledger_applier *applier);
/* After the store was rolled back: what was kept is read anew. */
void ledger_applier_forget(struct ledger_applier *applier);

#endif
