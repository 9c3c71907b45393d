/* What an application carries along. Internal to the module: apply.c, apply_sums.c, apply_tree.c.
 */
#ifndef LEDGER_APPLIER_H
#define LEDGER_APPLIER_H

#include "ledger/apply.h"
#include "ledger/rows.h"

enum {
    APPLIER_MEMBERS = 3, /* worked on at a time; more are written back and taken again */
    APPLIER_TREES = 4,   /* kept; others likewise */
    APPLIER_SUMS = 32    /* accounts kept; others are read and written each time */
};

/* A member's row while a record works on it. */
struct applied_member {
    struct uid id;
    bool is_applied; /* the store has it as it is after this record: leave it alone */
    struct member row;
};

/* An account's sums; the account is never a member's own. */
struct applied_sum {
    struct account_ref account;
    struct account sums;
    bool is_dirty;
    uint64_t mark; /* the mark after which `before` was kept */
    struct account before;
    bool was_dirty;
};

/* The tree over one half's entries. */
struct applied_tree {
    enum stream_direction direction;
    struct partner_id partner;
    struct period period;
    struct half_tree tree;
    bool is_dirty;
    uint64_t mark; /* the mark after which `before` was kept */
    struct half_tree before;
    bool was_dirty;
};

struct ledger_applier {
    struct ledger_store store;
    struct buffer scratch;
    const struct record *record;
    struct note *note;
    uint32_t effect; /* the one being applied, from 1; 0 for what comes after them */
    size_t member_count;
    size_t sum_count;
    size_t tree_count;
    uint64_t mark;
    struct applied_sum sums[APPLIER_SUMS];
    struct applied_tree trees[APPLIER_TREES];
    struct applied_member members[APPLIER_MEMBERS];
};

enum side {
    SIDE_DEBIT,
    SIDE_CREDIT
};

/* In the caller's memory; only what is used is set. */
void applier_init(struct ledger_applier *a, const struct ledger_store *store);
void applier_fini(struct ledger_applier *a);

/* ERR_CORRUPT; the note names the record, its effect and `what`. */
MUST_USE enum err applier_corrupt(const struct ledger_applier *a, const char *what);
bool applier_has(const struct ledger_applier *a, enum ledger_table table, struct slice key);
/* Puts what was encoded into the scratch buffer. */
MUST_USE enum err applier_put(struct ledger_applier *a, enum ledger_table table,
                              const struct ledger_key *key);

/* apply_sums.c: one side of a posting on an account that is no member's. */
MUST_USE enum err applier_post(struct ledger_applier *a, const struct account_ref *account,
                               enum side side, struct points points);
void applier_sums_undo(struct ledger_applier *a);
MUST_USE enum err applier_sums_flush(struct ledger_applier *a);

/* apply_tree.c: one more entry of a half. */
MUST_USE enum err applier_grow(struct ledger_applier *a, enum stream_direction direction,
                               const struct partner_id *partner, struct period period,
                               uint64_t number, struct slice bytes);
void applier_trees_undo(struct ledger_applier *a);
/* Is the tree of this key (key_half_tree) at hand? Then its row is put by the second. */
bool applier_keeps_tree(struct ledger_applier *a, struct slice key);
MUST_USE enum err applier_put_tree(struct ledger_applier *a, const struct effect_row *row);
MUST_USE enum err applier_trees_flush(struct ledger_applier *a);

#endif
