/* Mandates between two nodes: asked for while there is a network, given, taken. */
#ifndef SIM_MANDATES_H
#define SIM_MANDATES_H

#include "sim.h"

/* What each home gives. */
void sim_mandates_init(struct sim *sim);
/* Asks those partners whose next mandate is due. */
void sim_mandates_round(struct sim_node *node);
void sim_mandates_ask(struct sim_node *node, unsigned from, uint64_t call);
void sim_mandates_take(struct sim_node *node, unsigned from, uint64_t call, struct slice bytes);
/* Is what it gives or takes in the node's ledger? */
bool sim_mandate_is_recorded(struct sim_node *node, const struct sim_op *op);
/* Both sides of what the node gave and took are as the model has them. */
bool sim_mandates_check(struct sim_node *node);
/* What the model takes over of both sides, from a ledger that lost something. */
void sim_mandates_adopt(struct sim_node *node);
/* The partner has shown all that it holds: what it may stand in by is among that. */
bool sim_mandates_are_back(struct sim_node *node, unsigned redeemer);
/* What came of them in the run. */
void sim_mandates_count(struct sim *sim);

#endif
