/* A node that lies: its own key over what is not so. */
#ifndef SIM_LIAR_H
#define SIM_LIAR_H

#include "sim.h"

/* Another story under a number, which the receiver can't know to be one. */
struct sim_story {
    unsigned liar;
    unsigned to;
    uint64_t number;
    struct hash hash;
    int64_t points;
    int64_t business_ms;
};

/* May put another request in the place of this one. `*out_is_foul`: nobody may take anything of it.
 * What is changed lives until the next call. */
void sim_liar_request(struct sim_node *node, unsigned partner, struct clear_request *request,
                      bool *out_is_foul);
/* The same of an answer. False: it is withheld. */
bool sim_liar_response(struct sim_node *node, unsigned partner, struct clear_response *response,
                       bool *out_is_foul);

/* The story that the receiver took as its last entry; NULL: the true one. */
const struct sim_story *sim_liar_story(const struct sim *sim, unsigned liar, unsigned to,
                                       uint64_t number, const struct hash *hash);
/* Each stream that the node froze: does its journal hold what the other one signed? */
bool sim_liar_check_evidence(struct sim_node *node);
void sim_liar_fini(struct sim *sim);

#endif
