/* Invariants 1 and 2 over all rows of the ledger's tables, counted anew: debits equal credits; a
 * member's lots are what it has available, pending and held; all members' balances are what the
 * accounts say; issued - redeemed - expired - clawed back = outstanding. */
#ifndef PROPERTY_INVARIANTS_H
#define PROPERTY_INVARIANTS_H

#include "ledger/view.h"

struct invariants {
    int64_t debits; /* of all accounts */
    int64_t credits;
    int64_t accounts[4]; /* available, pending, held, debt: of the accounts, on their own side */
    int64_t members[4];  /* and of the members' rows */
    int64_t sources;     /* what the programme and the partners put in, less what they took out */
};

/* For each row of every table. ERR_CORRUPT with a note for a row that is wrong by itself. */
MUST_USE enum err invariants_add(struct invariants *invariants, enum ledger_table table,
                                 struct slice key, struct slice value, struct note *note);
/* After the last row. */
MUST_USE enum err invariants_check(const struct invariants *invariants, struct note *note);

#endif
