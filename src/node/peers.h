/* The other brands' nodes as this one sees them: a channel and a session thread each.
 *
 * A session sends our clearing entries and takes the partner's receipts; it reconnects by itself
 * and resumes behind the last receipt. What partners send us comes in through the peer service.
 */
#ifndef NODE_PEERS_H
#define NODE_PEERS_H

#include <pthread.h>

#include "clearing/roster.h"
#include "node/snapshot.h"
#include "rpc/client.h"

struct node;
struct peers;

/* What is known of a partner's connection; a copy. */
struct peer_report {
    struct partner_id partner;
    char address[272];
    bool is_connected;
    struct unix_ms connected_since;
    char problem[256]; /* empty when all is well */
};

MUST_USE enum err peers_start(struct node *node, struct peers **out_peers, struct note *note);
/* NULL is allowed. */
void peers_stop(struct peers *peers);
/* Entries for partners may have been committed. Any thread; quick. */
void peers_wake(struct peers *peers);
size_t peers_count(const struct peers *peers);
struct peer_report peers_report(struct peers *peers, size_t index);
/* Can the partner be asked? */
struct peer_reach {
    bool is_connected; /* our stream to it is up */
    bool is_suspect;   /* it did not answer the last time it was asked */
};
struct peer_reach peers_reach(struct peers *peers, const struct partner_id *partner);
void peers_set_suspect(struct peers *peers, const struct partner_id *partner, bool is_suspect);
/* The channel to a partner, for a call that begins now; NULL when there is none. */
struct rpc_client *peers_client(struct peers *peers, const struct partner_id *partner);

#endif
