/* What is set apart of a half of a period, so that the rest settles.
 *
 * Where the halves differ and no signature decides, both sides sign which entries they have, each
 * in its own ledger, that the other has not, or has otherwise. The statement of the period is then
 * made without them: what both say of an entry stays in it, what only one says is a claim, which
 * waits in suspense as a dispute and ends as one (clearing/dispute.h), with a correction in the
 * period that is open then.
 *
 *   the sender has    the receiver has    stays in the statement    is claimed by
 *   an entry          nothing             -                         the sender, all of it
 *   nothing           an entry            -                         the receiver, all of it
 *   more points       fewer               the fewer                 the sender, the rest
 *   fewer points      more                the fewer                 the receiver, the rest
 *   one tariff        another             -                         the creditor, at its tariff
 *   the same points, elsewhere or worded otherwise: they stay       nobody
 *   what the receiver refused is nothing on either side
 *
 * The stream is its sender's: both go on behind the sender's mark, under its numbers. Pure
 * functions over values; both sides make the same claims of the same lists.
 */
#ifndef SETTLEMENT_APART_H
#define SETTLEMENT_APART_H

#include "base/limits.h"
#include "clearing/entry.h"
#include "clearing/receipt.h"

/* A receiver's entry that the sender has not is known by this and its own number. */
#define APART_RECEIVERS UINT64_C(1000000000000000)

/* What both sign, about one half. */
struct apart_half {
    char coalition[32];
    struct period period;
    struct partner_id sender;
    struct partner_id receiver;
    /* As the sender's ledger has it: the stream goes on from here. */
    uint64_t first_number;
    uint64_t last_number; /* the mark's */
    struct hash last_hash;
    uint64_t receipt_number; /* the latest that it holds */
    struct hash receipt_hash;
    struct hash root; /* of the tree over the entries that neither side sets apart */
    uint64_t count;   /* of them */
    /* As they travelled, each side's by its own numbers; LIMIT_APART_ENTRIES at most. */
    size_t sent_count;
    struct slice sent[LIMIT_APART_ENTRIES];
    size_t received_count;
    struct slice received[LIMIT_APART_ENTRIES];
    /* Bit i: the receiver refused entry i of the list, as that side knows. It counts for nobody. */
    uint32_t sent_refused;
    uint32_t received_refused;
};

struct apart_claim {
    bool is_senders;
    uint64_t number; /* of the dispute */
    struct points points;
    struct clearing_entry entry; /* as the claimant has it; of a tariff's, the sender's */
    uint32_t other_tariff;       /* 0, or the one that the receiver has it under */
};

/* What both have alike, as the sender has it. */
struct apart_common {
    size_t sent;
    size_t received;
    struct points points;
};

struct apart_outcome {
    size_t claim_count;
    struct apart_claim claims[2 * LIMIT_APART_ENTRIES];
    size_t common_count;
    struct apart_common commons[LIMIT_APART_ENTRIES];
    size_t line_count;
    struct receipt_total lines[2 * LIMIT_APART_ENTRIES]; /* claims by kind and tariff, sorted */
};

/* One side's list, sorted by number. */
struct apart_list {
    const struct clearing_entry *entries;
    size_t count;
    uint32_t refused; /* a bit for each */
};
static inline bool apart_is_refused(uint32_t refused, size_t i)
{
    return (refused >> i & 1) != 0;
}

/* ERR_UNSUPPORTED with a note: the difference is in what can't be disputed (a mark, moved lots,
 * funding), or in the tariff and the points of one entry. */
MUST_USE enum err apart_decide(struct apart_list sent, struct apart_list received,
                               struct apart_outcome *out_outcome, struct note *note);
/* Is it little enough of a half of so many points, with what is claimed? One claim may be as much
 * as the rest of the half; more than one are bounded by LIMIT_APART_PART. */
bool apart_is_bounded(const struct apart_outcome *outcome, int64_t points_of_half);
/* Whose claim it is that the tariff be its own: who is owed. */
bool apart_creditor_is_sender(enum entry_kind kind);

#endif
