/* The ledger's tables as they follow from the journal, in memory: an index and rows in slabs for
 * each table, so that a look-up is two places in memory and all of it is let go at once.
 *
 * Rows come by in an order that follows from the rows alone: the same journal is told about in the
 * same words each time. One thread at a time; several may look while nobody changes anything.
 */
#ifndef AUDIT_DERIVED_H
#define AUDIT_DERIVED_H

#include "ledger/view.h"

struct derived;

/* ERR_RESOURCE without memory. */
MUST_USE enum err derived_create(struct derived **out_derived);
void derived_destroy(struct derived *derived);
/* The port; a key or a table that no ledger has is ERR_INPUT. No records: of every row it says that
 * it was trimmed. */
struct ledger_store derived_port(struct derived *derived);
/* What a row's place follows from; any number for a key that no ledger has. Any thread. */
uint64_t derived_hash(enum ledger_table table, struct slice key);
/* A row of this hash will be asked for soon: fetches its place, and, some time after, its bytes. */
void derived_expect_place(const struct derived *derived, enum ledger_table table, uint64_t hash);
void derived_expect_row(const struct derived *derived, enum ledger_table table, uint64_t hash);
/* Every row of one table, in an order that looks random. Stops at the first error. */
MUST_USE enum err derived_each(const struct derived *derived, enum ledger_table table,
                               enum err (*visit)(void *context, enum ledger_table table,
                                                 struct slice key, struct slice value),
                               void *context);

#endif
