/* The versions of the programme that the ledger keeps, and how the configuration's file joins them.
 *
 * A file without rules, as long as nothing was activated, is in force by being there, and nothing
 * is kept of it. A file with rules is activated by itself: for all times when it is the first, else
 * from now on, after the one that was there before it. Under the lock by which changes take turns
 * (in_force.h).
 */
#ifndef NODE_PROGRAMME_LOG_H
#define NODE_PROGRAMME_LOG_H

#include "node/node.h"

/* All that were activated, behind `before`; just that where there is none. Holds it. */
MUST_USE enum err programme_log_read(struct node *node, const struct snapshot *before,
                                     struct programmes **out_programmes, struct note *note);

/* One that is to be judged by from a time on. The list with it, durable; VERDICT_OK also when this
 * command was told before. `by` is who asks. */
struct programme_activation {
    struct uid transaction;
    struct programme_version *version; /* read, not numbered; borrowed */
    struct unix_ms from;               /* 0: from now on */
    const char *by;
};
MUST_USE enum err programme_log_activate(struct node *node, const struct programmes *before,
                                         const struct programme_activation *activation,
                                         struct outcome *out_outcome,
                                         struct programmes **out_programmes, struct note *note);

/* The list for a file as it was just read, `after` `before`. ERR_CONFLICT with a note when it says
 * something else under a version that there was, or has an older one. ERR_UNAVAILABLE while the
 * ledger doesn't write. */
MUST_USE enum err programme_log_follow(struct node *node, const struct programmes *before,
                                       struct programme_version *after,
                                       struct programmes **out_programmes, struct note *note);

#endif
