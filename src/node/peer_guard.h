/* What partners may ask of this node, and what they were refused: rates by partner, refusals
 * counted by reason, and one log line for each reason and interval instead of one for each message.
 *
 * Thread rule: any thread; short waits for a lock of its own.
 */
#ifndef NODE_PEER_GUARD_H
#define NODE_PEER_GUARD_H

#include "base/calendar.h"
#include "base/ident.h"
#include "clearing/exposure.h"
#include "pki/identity.h"
#include "rpc/status.h"

struct node;
struct peer_guard;

#define PEER_REASONS_MAX  32u /* of one partner; what is beyond counts as OTHER */
#define PEER_REASON_BYTES 40u

/* By the node's configuration, which must be read. */
MUST_USE enum err peer_guard_create(struct node *node, struct peer_guard **out_guard);
void peer_guard_destroy(struct peer_guard *guard); /* NULL is allowed */

/* For rpc_server_options.admit; the context is the guard. Everybody but partners is admitted. */
bool peer_guard_admit(void *guard, const struct identity *caller, const char *full_method,
                      struct rpc_status *out_status);
/* The ledger refused an authorisation of the partner: from a rate on, its next ones are refused
 * before they come to the ledger. */
void peer_guard_hold_refused(struct peer_guard *guard, const struct partner_id *partner);
/* So many entries came: for how many milliseconds its stream is to wait. */
int64_t peer_guard_pace(struct peer_guard *guard, const struct partner_id *partner, size_t entries);

/* Something of the partner was refused; `reason` is of a bounded set ("FORK", "SIGNATURE"). */
void peer_guard_refused(struct peer_guard *guard, const struct partner_id *partner,
                        const char *reason, const char *detail);

/* A receipt of the partner came, and its totals were ours. */
void peer_guard_reconciled(struct peer_guard *guard, const struct partner_id *partner);

/* How near both debts of the pair are to the cap. */
struct peer_caps_seen {
    enum cap_level own;
    enum cap_level partners;
};
/* Remembers them, and gives those that were remembered; at first CAP_FREE. */
void peer_guard_see_caps(struct peer_guard *guard, const struct partner_id *partner,
                         const struct peer_caps_seen *caps, struct peer_caps_seen *out_before);

struct peer_refusals {
    struct unix_ms reconciled; /* the last time; 0: not since the start */
    size_t count;
    struct {
        char reason[PEER_REASON_BYTES];
        int64_t times;
        struct unix_ms last;
        char detail[160]; /* of the last one */
    } rows[PEER_REASONS_MAX];
};

/* What was refused since the start, a copy. */
void peer_guard_report(struct peer_guard *guard, const struct partner_id *partner,
                       struct peer_refusals *out_refusals);

#endif
