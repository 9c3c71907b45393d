/* Disputes between offices: opened, answered, left to their deadlines, ruled on; and what both
 * ledgers must say of them. */
#ifndef SIM_SIM_DISPUTE_H
#define SIM_SIM_DISPUTE_H

#include "sim.h"

/* An office opens a dispute, or takes a step in one. */
void sim_dispute_step(struct sim *sim, const uint32_t n[4]);
/* No more is opened: what both offices must rule on they do. True: all are over that can be. */
bool sim_dispute_end(struct sim *sim);

/* The ledger's rows beside the model. False: it failed. */
bool sim_dispute_check(struct sim_node *node);
/* At the end: both sides of the pair say the same. */
bool sim_dispute_check_pair(struct sim_node *node, unsigned partner);
/* The model takes over what a restored ledger has. */
void sim_dispute_adopt(struct sim_node *node);

#endif
