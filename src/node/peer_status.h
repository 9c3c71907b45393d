/* How the pair with a partner is, for those who run the node: numbers, debts, refusals, and what is
 * wrong with what to do about it. */
#ifndef NODE_PEER_STATUS_H
#define NODE_PEER_STATUS_H

#include "base/arena.h"
#include "ledger/view.h"
#include "node/snapshot.h"
#include "talea/v1/admin.pb-c.h"

struct node;

/* Of the session at this index. In the arena; NULL when there is no more room, or the ledger can't
 * be read. */
Talea__V1__PeerStatus *peer_status(struct node *node, struct arena *arena,
                                   const struct ledger_view *view, const struct snapshot *snapshot,
                                   size_t index);

#endif
