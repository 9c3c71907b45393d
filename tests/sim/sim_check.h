/* What must hold, looked at after every step as far as the step may have touched it, and as a whole
 * at intervals and at the end. */
#ifndef SIM_CHECK_H
#define SIM_CHECK_H

#include "sim.h"

struct model_member;

bool sim_check_is_lying_pair(const struct sim_node *node, unsigned partner);
/* What the streams took and were receipted since is told to the model. False: it failed. */
bool sim_check_streams(struct sim_node *node);
/* A receipt that the node gives: verdicts and totals. */
void sim_check_receipt(struct sim_node *node, unsigned sender,
                       const struct signed_message *receipt);
/* The last number that was taken (IN) or receipted (OUT). */
uint64_t sim_check_number(struct sim_node *node, enum stream_direction direction, unsigned partner);
/* Nothing may have come of a foul message. */
void sim_check_foul(struct sim_node *node, enum stream_direction direction, unsigned partner,
                    bool is_foul, uint64_t before);
/* After a start: was this recorded? Then the model is told. */
void sim_check_doubt(struct sim_node *node, const struct sim_doubt *doubt);
bool sim_check_member(struct sim_node *node, const struct model_member *member);
bool sim_check_members_of(struct sim_node *node);
/* Everything of a node that is up. */
bool sim_check_node(struct sim_node *node);
/* At the end, when nothing is under way any more: every pair agrees, and everything follows from
 * the journals. */
bool sim_check_all(struct sim *sim);
/* Is anything still to be sent, receipted or answered? */
bool sim_check_is_quiet(const struct sim *sim);

#endif
