/* What an application carries along. Internal to the module: apply.c and apply_sums.c. */
#ifndef LEDGER_APPLIER_H
#define LEDGER_APPLIER_H

#include "ledger/apply.h"
#include "ledger/rows.h"

enum {
    APPLIER_MEMBERS = 3, /* worked on at a time; more are written back and taken again */
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

struct ledger_applier {
    struct ledger_store store;
    struct buffer scratch;
    const struct record *record;
    struct note *note;
    uint32_t effect; /* the one being applied, from 1; 0 for what comes after them */
    size_t member_count;
    size_t sum_count;
    uint64_t mark;
    struct applied_sum sums[APPLIER_SUMS];
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

#endif
