/* A pool of readers' views over the published state. Thread-safe. */
#ifndef NODE_READERS_H
#define NODE_READERS_H

#include "ledger/standings.h"
#include "store/state.h"

struct reader_pool;

MUST_USE enum err readers_open(struct state *state, struct reader_pool **out_pool);
void readers_close(struct reader_pool *pool);
/* For one query; give it back. */
MUST_USE enum err readers_take(struct reader_pool *pool, struct state_reader **out_reader);
void readers_give(struct reader_pool *pool, struct state_reader *reader);

/* The numbers of that very owner, as published; none where there is no such row. The row, which is
 * large, is the caller's to free. ERR_RESOURCE, ERR_STORAGE, ERR_CORRUPT. */
MUST_USE enum err readers_standing(struct reader_pool *pool, const struct standing_owner *owner,
                                   struct standing_row **out_row);

#endif
