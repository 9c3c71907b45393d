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
    bool is_over; /* the partner left, and all with it is settled */
    struct unix_ms connected_since;
    uint64_t charter_epoch; /* in force there; 0: not known */
    char problem[256];      /* empty when all is well */
};

/* A comparison of both halves of a period with the partner, in short; a copy. */
struct reconcile_report {
    struct unix_ms at; /* 0: never yet */
    struct period period;
    uint64_t entries;     /* that were compared */
    uint64_t differences; /* the first ones, when there are many */
    char detail[256];     /* empty: all are equal */
};

MUST_USE enum err peers_start(struct node *node, struct peers **out_peers, struct note *note);
/* After the charter changed: partners that joined get a session, those that are gone lose theirs,
 * those that moved are called where they are now. Any thread, also a session's. */
MUST_USE enum err peers_follow(struct peers *peers);
/* NULL is allowed. */
void peers_stop(struct peers *peers);
/* Entries for partners may have been committed. Any thread; quick. */
void peers_wake(struct peers *peers);
size_t peers_count(const struct peers *peers);
struct peer_report peers_report(struct peers *peers, size_t index);
/* The partner said which charter is in force there. */
void peers_note_epoch(struct peers *peers, const struct partner_id *partner, uint64_t epoch);
/* The last comparison is remembered, of the open period and of closed ones. */
void peers_note_reconciled(struct peers *peers, const struct partner_id *partner, bool is_open,
                           const struct reconcile_report *report);
struct reconcile_report peers_reconciled(struct peers *peers, const struct partner_id *partner,
                                         bool is_open);
/* Can the partner be asked? */
struct peer_reach {
    bool is_connected; /* our stream to it is up */
    bool is_suspect;   /* it did not answer the last time it was asked */
};
struct peer_reach peers_reach(struct peers *peers, const struct partner_id *partner);
/* A till waits for what the partner will say. */
void peers_note_asked(struct peers *peers, const struct partner_id *partner);
void peers_set_suspect(struct peers *peers, const struct partner_id *partner, bool is_suspect);
/* May the partner be asked for its charter out of turn? Once in a while: what it sends must not
 * keep our threads busy with asking. */
bool peers_may_ask(struct peers *peers, const struct partner_id *partner);
/* The channel to a partner, for a call that begins now; NULL when there is none. */
struct rpc_client *peers_client(struct peers *peers, const struct partner_id *partner);

#endif
