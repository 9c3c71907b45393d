/* What is done about halves that differ.
 *
 *   statements or halves differ
 *     -> each side checks its own half against its entries, and puts its rows right (half_check.h)
 *     -> what still differs is compared entry by entry (reconciling.h), the signatures on each are
 *        looked at (ruling.h), and:
 *
 *   the signatures prove    then
 *   ours                    keep: ours stays; the partner has our page of it, and mends its own
 *   theirs, beyond ours     recover: this ledger is an older copy and gets it back (recovery.h)
 *   theirs, not ours        freeze: this ledger has another entry than it signed for
 *   both                    freeze: two signatures on one number, kept as proof
 *   neither                 set apart: what only one side has waits as a dispute, and the rest of
 *                           the period settles (apart.h); of an open period wait for its end; of
 *                           one that both signed dispute: opened by itself by who may
 *
 * A period that both signed never changes: its rows may be put right, to what was signed; a dispute
 * about its entries ends with a correction in the open period. Callers take turns, as in pair.h.
 */
#ifndef PEER_MENDING_H
#define PEER_MENDING_H

#include "peer/half_check.h"
#include "peer/ruling.h"

/* Both halves: ours, the partner's. Errors as half_check. */
MUST_USE enum err mending_check_pair(const struct peer_host *host, const struct partner_id *partner,
                                     struct period period, struct half_check out_checks[2],
                                     struct note *note);
/* Would this ledger say now something else of a period than it signed? One row for each line. */
MUST_USE enum err mending_is_due(const struct peer_host *host, const struct partner_id *partner,
                                 struct period period, bool *out_is_due);

enum mend_action {
    MEND_KEEP = 1,
    MEND_RECOVER,
    MEND_FREEZE,
    MEND_DISPUTE,
    MEND_WAIT,
    MEND_SET_APART /* to be proposed by the half's sender, with all that differ (apart.h) */
};

/* "keep", ...; "unknown" for none. */
const char *mend_action_name(enum mend_action action);

/* One difference, and the pages its signatures are on; NULL: there is none. */
struct mend_case {
    const struct comparison *comparison;
    const struct entry_pair *pair;
    enum difference_kind kind;
    enum ruling ruling;
    const struct recover_page *ours;   /* what we hold of the partner */
    const struct recover_page *theirs; /* what it holds of us */
};

/* Does what is to be done, but for a recovery, which is the caller's. A stream that is frozen
 * already stays as it is: MEND_FREEZE. */
MUST_USE enum err mending_act(const struct peer_host *host, const struct mend_case *mend,
                              enum mend_action *out_action, struct note *note);

#endif
