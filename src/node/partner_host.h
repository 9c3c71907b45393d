/* The node as the host of the protocol with partners (peer/host.h). */
#ifndef NODE_PARTNER_HOST_H
#define NODE_PARTNER_HOST_H

#include "node/node.h"
#include "peer/host.h"

/* A step's host, and what it borrows. */
struct partner_host {
    struct peer_host host;
    struct snapshot *snapshot;
    struct state_reader *reader; /* of the pool; NULL when the view is somebody else's */
};

/* For one step, on a view of the caller's. */
void partner_host_begin(struct node *node, struct ledger_view view, struct partner_host *out_host);
/* The same on a reader of the node's pool, when there is one. */
MUST_USE enum err partner_host_open(struct node *node, struct partner_host *out_host);
void partner_host_end(struct partner_host *host);

#endif
