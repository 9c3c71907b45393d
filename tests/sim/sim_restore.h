/* A node that is put back to an older copy of its disk, and what it does about it: it marks its
 * ledger as a copy, writes nothing before each partner was asked once what it holds, and nothing
 * for a partner before that has shown it; as src/node/recover.c and recovery_gate.c drive a node.
 */
#ifndef SIM_RESTORE_H
#define SIM_RESTORE_H

#include "peer/recovery.h"
#include "sim.h"

struct model_stream;

struct sim_restore_link {
    struct recovery recovery; /* while `question` is not 0 */
    uint64_t question;        /* the one that is under way; 0: none */
    bool is_compared;         /* the stream may open, once */
    bool is_tried;            /* in this round */
    bool is_lost;             /* what the partner holds is not back yet */
    bool is_gone;             /* it had left when the copy was put back: nothing comes */
};

/* Of a node whose disk is restored in this run. */
struct sim_restore {
    bool has_copy;
    size_t batches; /* of the copy's journal */
    uint64_t sum;   /* of the tables that belong to it */
    bool is_copy;   /* the folder says that it was restored just now */
    bool compares;  /* each connection begins with the question what the partner holds */
    bool is_closed; /* the gate: nothing new is written */
    bool is_stale;  /* the model knows less of this ledger than what partners brought back */
    struct sim_restore_link links[SIM_NODES_MAX];
};

void sim_restore_init(struct sim_node *node);
void sim_restore_fini(struct sim_node *node);
/* A copy of the disk is made, as the node goes on. */
void sim_restore_copy(struct sim_node *node);
/* The machine stops, and starts with the copy. */
void sim_restore_from_copy(struct sim_node *node);

/* With an older copy it starts when its partners are up, which then have said what they hold. */
bool sim_restore_may_start(const struct sim_node *node);
/* The machine has started, or has stopped. */
void sim_restore_up(struct sim_node *node);
void sim_restore_down(struct sim_node *node);
/* The engine's question whether it may write. */
enum err sim_restore_may_write(void *node, bool is_recovery);
/* Before our stream opens: false while the partner is asked first. */
bool sim_restore_may_open(struct sim_node *node, unsigned partner);
/* The partner can't be reached. */
void sim_restore_tried(struct sim_node *node, unsigned partner);
/* A question to the node, an answer for it, the deadline of one. */
void sim_restore_asked(struct sim_node *node, const struct sim_event *event, struct slice bytes);
void sim_restore_answered(struct sim_node *node, const struct sim_event *event, struct slice bytes);
void sim_restore_deadline(struct sim_node *node, unsigned partner, uint64_t question);

/* Has the partner still to show what it holds? */
bool sim_restore_is_lost(const struct sim_node *node, unsigned partner);
/* Is one of the two put back to what the other, who had left, can't complete? */
bool sim_restore_is_gone(const struct sim *sim, unsigned a, unsigned b);
/* Has any? */
bool sim_restore_has_lost(const struct sim_node *node);
bool sim_restore_is_stale(const struct sim_node *node);
/* Is anything still lost? */
bool sim_restore_is_done(const struct sim *sim);

/* sim_adopt.c, sim_adopt_loss.c: the model and a ledger that lost something. */

/* The period that is open behind so many entries, of a stream that began in `first`. */
void sim_adopt_marks(struct model_stream *stream, unsigned first, size_t entries);

/* The ledger is the copy: what was cleared comes back, all else is gone. */
void sim_adopt_loss(struct sim_node *node);
/* Partners that have left the charter, as the node hears, show nothing any more. */
void sim_adopt_left(struct sim_node *node);
/* If partners brought anything back since: the model takes it over, as far as it can't know it
 * better, and compares what it does know. False: it failed. */
bool sim_adopt(struct sim_node *node);

#endif
