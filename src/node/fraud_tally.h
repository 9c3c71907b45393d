/* What is counted under one set of fraud rules, and what the journal tells of it: purchases and
 * returns of before, what partners' shops have, what the ledger refused, which alerts were raised.
 * A purchase that was admitted is known (node/fraud_known.h), so its row is not counted again.
 *
 * One thread at a time: whoever reads a new one for the first time, then under the gate's lock.
 */
#ifndef NODE_FRAUD_TALLY_H
#define NODE_FRAUD_TALLY_H

#include "node/fraud_feed.h"
#include "node/fraud_known.h"
#include "programme/fraud.h"

#define FRAUD_RAISED_AT_ONCE 64u

struct fraud_tally {
    struct fraud_rules rules;
    struct fraud_watch *watch;
    struct fraud_known *known;
    struct fraud_feed feed;
    size_t raised_count; /* found in the journal, to be raised */
    struct fraud_finding_row raised[FRAUD_RAISED_AT_ONCE];
};

/* Nothing of the journal is read yet. There are rules. ERR_RESOURCE. */
MUST_USE enum err fraud_tally_create(struct node *node, const struct fraud_rules *rules,
                                     struct fraud_tally **out_tally);
void fraud_tally_destroy(struct fraud_tally *tally); /* NULL is allowed */
/* Takes the journal's next rows, so many at most of those that are durable; at first those of the
 * longest window. Errors are the journal's. */
MUST_USE enum err fraud_tally_read(struct fraud_tally *tally, size_t rows, bool *out_is_behind);
/* So many rows are durable that it has not read. */
uint64_t fraud_tally_left(const struct fraud_tally *tally);

#endif
