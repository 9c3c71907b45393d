/* What a run consists of: steps drawn up front from the seed. A step says by numbers what is meant;
 * which member or hold that is comes out when its time has come, so that any part of a list is a
 * run as well: that is how a failing one is cut down. */
#ifndef SIM_WORKLOAD_H
#define SIM_WORKLOAD_H

#include "sim.h"

enum sim_step_kind {
    SIM_STEP_ENROL,
    SIM_STEP_EARN,
    SIM_STEP_HOLD,
    SIM_STEP_CAPTURE,
    SIM_STEP_VOID,
    SIM_STEP_RETURN_SALE,
    SIM_STEP_RETURN_BURN,
    SIM_STEP_TRANSFER,
    SIM_STEP_CLASH,  /* many want the whole balance at once */
    SIM_STEP_REPEAT, /* a till tells what was answered long ago */
    SIM_STEP_BLOCK,
    SIM_STEP_POOL,
    SIM_STEP_DISPUTE,
    SIM_STEP_MOVE, /* to another home */
    SIM_STEP_CLOSE,
    SIM_STEP_ROTATE, /* a node signs with its other key */
    SIM_STEP_EPOCH,  /* of the charter, with a new key */
    SIM_STEP_JOIN,   /* a partner, by an epoch */
    SIM_STEP_LEAVE,
    SIM_STEP_DROP, /* the one that left */
    /* Faults. */
    SIM_STEP_CRASH,
    SIM_STEP_CUT,
    SIM_STEP_SILENCE, /* a home does not answer, and its members burn */
    SIM_STEP_RUSH,    /* a home does not answer, and its members are sold to */
    SIM_STEP_WEATHER,
    SIM_STEP_DISK,
    SIM_STEP_CLOCK,
    SIM_STEP_COPY, /* of a disk */
    SIM_STEP_RESTORE,
    SIM_STEP_KIND_END
};

struct sim_step {
    int64_t at; /* from the start, ms */
    enum sim_step_kind kind;
    uint32_t numbers[4];
};

struct sim_list {
    struct sim_step *steps;
    size_t count;
};

const char *sim_step_name(enum sim_step_kind kind);
struct sim_list sim_list_draw(const struct sim_options *options);
void sim_list_free(struct sim_list *list);
/* Is a node put back to an older copy? One seed in five. */
bool sim_restores_of_seed(uint64_t seed);
/* Is there a partner that lies? One seed in five. */
bool sim_lies_of_seed(uint64_t seed);
/* Does the charter change? */
bool sim_changes_of_seed(uint64_t seed);
/* Do partners join and leave? */
bool sim_parts_of_seed(uint64_t seed);
/* Do members move? */
bool sim_moves_of_seed(uint64_t seed);
/* Are there bounds on what waits for a partner, or on what is owed to it? */
bool sim_limits_of_seed(uint64_t seed);
/* Do members have pools? */
bool sim_pools_of_seed(uint64_t seed);
/* Do offices dispute entries? */
bool sim_disputes_of_seed(uint64_t seed);
unsigned sim_nodes_of_seed(uint64_t seed);

/* A node's office closes a period with whom it is open. */
void sim_step_close(struct sim *sim, unsigned node, unsigned n, int64_t in_ms);
/* At the end: the last period of the partner that leaves is closed. True: nothing is left to be
 * closed. */
bool sim_step_part(struct sim *sim);
void sim_step_do(struct sim *sim, const struct sim_step *step);
/* What steps are made of: somebody whose card is known (false: nobody's is); the card that an
 * operation is about; a hold until T1, which luck gives; the first try. */
bool sim_pick_member(const struct sim *sim, uint32_t number, size_t *out_member);
void sim_step_set_member(struct sim *sim, struct sim_op *op, size_t member);
struct sim_op *sim_step_hold(struct sim *sim, unsigned shop, size_t member, int64_t points,
                             uint32_t luck);
void sim_step_begin(struct sim *sim, struct sim_op *op, int64_t in_ms);

/* Another shop than the home. */
unsigned sim_pick_abroad(const struct sim *sim, unsigned home, uint32_t number);
/* sim_step_pool.c */
void sim_step_pool(struct sim *sim, const uint32_t n[4]);
/* sim_step_move.c */
void sim_step_move(struct sim *sim, const uint32_t n[4]);

/* sim_faults.c */
/* What one sends to the other is lost for so long. */
void sim_fault_cut(struct sim *sim, unsigned from, unsigned to, int64_t ms);
void sim_fault_do(struct sim *sim, const struct sim_step *step);
/* A fault ends. */
void sim_step_mend(struct sim *sim, const struct sim_event *event);
/* All of them do. */
void sim_step_heal(struct sim *sim);

/* The whole of a run. False: the complaint says what is wrong. */
bool sim_run(struct sim *sim, const struct sim_list *list);

#endif
