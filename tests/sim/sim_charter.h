/* Epochs of the charter: a node gets a new online key, or loses one at a number of each stream;
 * every node hears of it at a time of its own. */
#ifndef SIM_CHARTER_H
#define SIM_CHARTER_H

#include "sim.h"

#define SIM_EPOCHS_MAX 8u

struct sim_epoch {
    struct charter charter;
    struct charter_partner partners[SIM_NODES_MAX];
    struct charter_revocation revocations[SIM_EPOCHS_MAX];
    struct charter_revoked_stream streams[SIM_EPOCHS_MAX][SIM_NODES_MAX];
};

/* The first one, for nodes that have their ids and keys. */
void sim_charter_init(struct sim *sim);
void sim_charter_fini(struct sim *sim);
/* A new epoch with a new key for this node; one of its older keys may be revoked. */
void sim_charter_change(struct sim *sim, unsigned node, bool revokes);
/* The node hears of an epoch. */
void sim_charter_learn(struct sim_node *node, uint64_t epoch);
/* Our key after `key`, of those that count. */
unsigned sim_charter_next_key(const struct sim_node *node, unsigned key);
/* Is the batch signed by a key that does not count there any more, as far as the node knows? */
bool sim_charter_is_void(const struct sim_node *node, unsigned from,
                         const struct signed_message *batch);
const struct charter *sim_charter_of(const struct sim_node *node);

#endif
