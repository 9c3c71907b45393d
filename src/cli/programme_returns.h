/* The returns of an export in a trial: which of its sales they give back, found as an import finds
 * them, and what a programme takes back for that. Sales are kept in files that have no name and go
 * with the process. Internal to the commands. */
#ifndef CLI_PROGRAMME_RETURNS_H
#define CLI_PROGRAMME_RETURNS_H

#include "programme/trial.h"
#include "receipts/receipt.h"

#define SOLD_TRIALS 2u /* a programme, and the one that it is held against */

struct sold;

/* What came of returns, in the first programme. */
struct sold_tally {
    uint64_t matched; /* returns that gave back something of a sale */
    uint64_t refused; /* of which no line fits a sale that has enough left */
    uint64_t taken;   /* times that something of one sale came back */
    int64_t points_minor;
};

/* `trials` are borrowed; their sales are kept from now on. */
MUST_USE enum err sold_open(struct trial *const *trials, size_t count, struct sold **out_sold,
                            struct note *note);
void sold_close(struct sold *sold); /* NULL is allowed */
/* A member's sale that all trials have judged. */
MUST_USE enum err sold_add(struct sold *sold, const struct receipt *receipt, struct slice member,
                           struct note *note);
MUST_USE enum err sold_return(struct sold *sold, const struct receipt *receipt, struct slice member,
                              struct note *note);
struct sold_tally sold_tally(const struct sold *sold);

#endif
