/* Comparing halves of a period with a partner's node: run by the session when statements differ,
 * on a timer over the open period, and when the office asks. */
#ifndef NODE_RECONCILE_H
#define NODE_RECONCILE_H

#include "node/node.h"
#include "node/peers.h"
#include "peer/mending.h"

#define RECONCILE_RULINGS 16u /* differences whose signatures are looked at */

/* What the signatures decide of a difference, and what was done about it (0: nothing). */
struct difference_end {
    enum ruling ruling;
    enum mend_action action;
    char detail[160];
};

/* What became of one half. */
struct half_result {
    enum stream_direction direction;
    bool is_compared;
    char detail[256]; /* why not, or in what they differ; empty: equal */
    uint64_t first_number;
    uint64_t our_count;
    uint64_t their_count;
    uint32_t rounds;
    uint64_t hashes;
    bool is_cut;
    size_t difference_count;
    struct difference differences[RECONCILE_DIFFERENCES];
    struct entry_pair pairs[RECONCILE_DIFFERENCES];
    struct difference_end ends[RECONCILE_RULINGS]; /* of the first differences */
};

/* Large; on the heap. */
struct reconcile_result {
    struct unix_ms at;
    struct period period;
    struct half_result halves[2]; /* ours, the partner's */
};

/* Asks the partner through this channel; waits for its answers. `acts`: what can be done about the
 * differences is done, but for a recovery (peer/mending.h). What can't be compared, for whatever
 * reason, says so in the result. ERR_RESOURCE without memory. */
MUST_USE enum err node_reconcile(struct node *node, struct rpc_client *client,
                                 const struct partner_id *partner, struct period period, bool acts,
                                 struct reconcile_result *out_result);
/* In short. */
struct reconcile_report reconcile_report_of(const struct reconcile_result *result);

#endif
