/* What a node goes by until it is told otherwise: the charter with the epochs before it, the roster
 * made from it, the key that signs, the programme. Immutable and counted; a reload makes a new one,
 * and whoever holds the old one keeps it until done.
 */
#ifndef NODE_SNAPSHOT_H
#define NODE_SNAPSHOT_H

#include <stdatomic.h>

#include "base/arena.h"
#include "charter/charter_chain.h"
#include "config/node_config.h"
#include "node/programmes.h"

struct snapshot {
    atomic_uint references;
    struct charter_chain chain;
    struct charter *charter; /* in force: the chain's last */
    struct signer signer;
    struct roster roster;
    struct programmes *programmes;
    const struct programme_version *version; /* of these, when this was made */
    int64_t refund_grace_ms;
    uint64_t outbox_entries;       /* that may wait for one partner */
    struct points debt_limit;      /* INT64_MAX: none */
    struct points till_points_max; /* by one call of a till */
    char *trusted_roots;           /* all partners' CAs, one PEM text */
};

/* Holds the chain's charters. The programmes are those of `before` or, where that is NULL, the one
 * that the configuration names. The signer is still to be filled in. One reference. */
MUST_USE enum err snapshot_make(const struct node_config *config, const struct charter_chain *chain,
                                const struct snapshot *before, struct unix_ms now,
                                struct snapshot **out_snapshot, struct note *note);
/* Before it is in use. Holds them. */
void snapshot_use_programmes(struct snapshot *snapshot, struct programmes *programmes,
                             struct unix_ms now);
/* Everybody that some epoch has had, this brand too: who has left is in no later one. In the arena.
 * ERR_RESOURCE. */
MUST_USE enum err snapshot_everybody(const struct snapshot *snapshot, struct arena *arena,
                                     struct partner_id **out_partners, size_t *out_count);
/* Is it, or was it, a partner? */
bool snapshot_has_had(const struct snapshot *snapshot, const struct partner_id *partner);
struct snapshot *snapshot_hold(struct snapshot *snapshot);
/* NULL is allowed. */
void snapshot_release(struct snapshot *snapshot);

#endif
