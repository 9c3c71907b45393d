/* Tells when most of a block of points is used (BLOCK_LOW_PERCENT), once for each block and start:
 * the buyer may want another one, and the seller may want to sell it.
 *
 * Threads: blocks_look on one at a time; the others on any.
 */
#ifndef NODE_BLOCK_WATCH_H
#define NODE_BLOCK_WATCH_H

#include "base/ident.h"
#include "ledger/decide.h"

#define LIMIT_BLOCKS_TOLD 1024u

struct node;

/* Zeroed memory is one that told nothing. */
struct block_watch {
    struct uid told[LIMIT_BLOCKS_TOLD]; /* the oldest are forgotten first */
    size_t count;
};

/* A look at all blocks that are live. */
void blocks_look(struct node *node, struct block_watch *watch);

#endif
