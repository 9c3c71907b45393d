/* Epochs of the charter: a node gets a new online key, or loses one at a number of each stream;
 * every node hears of it at a time of its own. */
#ifndef SIM_CHARTER_H
#define SIM_CHARTER_H

#include "sim.h"

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
/* The one that has not joined does; nothing when there is none. */
void sim_charter_admit(struct sim *sim);
/* The node leaves at the end of the period that is open now, or of the one after. One in a run. */
void sim_charter_dismiss(struct sim *sim, unsigned node, bool is_soon);
/* The one that left is in the charter no more, when all with it is settled. */
void sim_charter_drop(struct sim *sim);
/* The pair's periods by number: the first, and behind the last that is closed or that it has. */
unsigned sim_charter_first(const struct sim *sim, unsigned a, unsigned b);
unsigned sim_charter_end(const struct sim *sim, unsigned a, unsigned b);
/* The node hears of an epoch. */
void sim_charter_learn(struct sim_node *node, uint64_t epoch);
/* Our key after `key`, of those that count. */
unsigned sim_charter_next_key(const struct sim_node *node, unsigned key);
/* Is the batch signed by a key that does not count there any more, as far as the node knows? */
bool sim_charter_is_void(const struct sim_node *node, unsigned from,
                         const struct signed_message *batch);
/* Has a partner not heard of the last epoch? */
bool sim_charter_is_awaited(const struct sim *sim);
/* What the node knows is what the model's node does. */
void sim_charter_tell_model(const struct sim_node *node);
const struct charter *sim_charter_of(const struct sim_node *node);

#endif
