/* The ledger's tables in memory, for tests: a hash map for each table that
 * owns copies of keys and values. One thread. Memory that runs out is ERR_RESOURCE. */
#ifndef LEDGER_MEMORY_STORE_H
#define LEDGER_MEMORY_STORE_H

#include "ledger/view.h"

struct memory_store;

MUST_USE enum err memory_store_create(struct memory_store **out_store);
void memory_store_destroy(struct memory_store *store);
struct ledger_store memory_store_port(struct memory_store *store);
/* Keeps a copy of a record's bytes, which the port's view gives back by their row. A store that was
 * handed no records says of every row that it was trimmed. */
MUST_USE enum err memory_store_keep_record(struct memory_store *store, uint64_t row,
                                           struct slice bytes);
size_t memory_store_rows(const struct memory_store *store);
/* Every row, tables in order; within a table in no particular order. Stops at the first error. */
MUST_USE enum err memory_store_each(const struct memory_store *store,
                                    enum err (*visit)(void *context, enum ledger_table table,
                                                      struct slice key, struct slice value),
                                    void *context);

#endif
