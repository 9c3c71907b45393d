/* Statements of closed periods between two nodes. */
#ifndef SIM_SETTLE_H
#define SIM_SETTLE_H

#include "sim.h"

struct period sim_nth_period(const struct sim *sim, unsigned n);

/* Asks the partner about the first period that is closed and not agreed. */
void sim_settle_round(struct sim_node *node, unsigned partner);
void sim_settle_ask(struct sim_node *node, unsigned from, uint64_t call, struct slice bytes);
void sim_settle_answer(struct sim_node *node, unsigned from, uint64_t call, struct slice bytes);
/* Whichever periods the node has as agreed now, the model's has, too. */
void sim_settle_look(struct sim_node *node, unsigned partner);
/* What was asked is forgotten. */
void sim_settle_down(struct sim_node *node);

/* Has all between the node and the partner, of whom one leaves, come to its end? */
bool sim_settle_is_over(struct sim_node *node, unsigned partner);
/* Are all closed periods agreed? */
bool sim_settle_is_done(struct sim *sim);
/* They are signed by both, and say what the model does. */
bool sim_settle_check(struct sim_node *node, unsigned partner);

#endif
