/* What brands owe each other by the entries alone, apart from the ledger's accounts. */
#ifndef AUDIT_PAIR_WALK_H
#define AUDIT_PAIR_WALK_H

#include "clearing/receipt.h"

struct audit;
struct effect_row;
struct account_ref;

/* An own entry whose receipt has not come: refused, it counts no more. */
struct pending_entry {
    uint64_t number;
    enum entry_kind kind;
    struct points points;
    struct period period;
};

/* In the order of their numbers. */
struct pending_entries {
    struct partner_id partner;
    struct pending_entry *entries; /* a ring */
    size_t capacity;
    size_t first;
    size_t count;
};

/* One pair's period, points. */
struct pair_sum {
    struct partner_id partner;
    struct period period;
    int64_t receivable;
    int64_t payable;
    int64_t suspense; /* of open disputes; credit less debit */
    bool is_loose;    /* points wait in suspense otherwise, too */
    uint64_t last_row;
};

/* Zero-initialised is empty and valid. */
struct pair_walk {
    struct pair_sum *sums;
    size_t sum_count;
    size_t sum_capacity;
    struct pending_entries *pending;
    size_t pending_count;
};

void pair_walk_fini(struct pair_walk *walk);
/* An own entry on the stream to a partner. */
MUST_USE enum err audit_pair_sent(struct audit *audit, uint64_t row,
                                  const struct partner_id *partner,
                                  const struct clearing_entry *entry);
/* A partner's entry that was applied. */
MUST_USE enum err audit_pair_applied(struct audit *audit, uint64_t row,
                                     const struct partner_id *partner,
                                     const struct clearing_entry *entry);
/* One that we applied counts in another period, or these points of it. */
MUST_USE enum err audit_pair_moved(struct audit *audit, uint64_t row,
                                   const struct partner_id *partner,
                                   const struct clearing_entry *entry, struct period to,
                                   struct points points);
/* A partner's receipt for own entries: what it refuses is taken back. */
MUST_USE enum err audit_pair_receipted(struct audit *audit, uint64_t row,
                                       const struct partner_id *partner,
                                       const struct clearing_receipt *receipt);
/* A row of TABLE_DISPUTE that a record writes, whose table row is the one before it: what it moves
 * into suspense and out of it. */
MUST_USE enum err audit_dispute(struct audit *audit, uint64_t row, const struct effect_row *effect);
/* Points of a recovered entry that could not be replayed wait in suspense. */
MUST_USE enum err audit_pair_loose(struct audit *audit, const struct account_ref *account);
/* At the journal's end: do the accounts say the same? */
MUST_USE enum err audit_pairs(struct audit *audit);

#endif
