/* A run of the test of quotes: a programme, a shop that goes by it, and what happened there. */
#ifndef PROPERTY_QUOTE_RUN_H
#define PROPERTY_QUOTE_RUN_H

#include "quote_shop.h"

#define STEPS 48

/* A quote that is not over, as far as the ledger was told. */
struct promise {
    unsigned number; /* in the history; 0: none */
    unsigned member;
    struct uid id;
    struct unix_ms until;
    struct buffer evidence; /* of its record */
    int64_t points;
    int64_t discount;
};

struct run {
    struct drawn *drawn;
    struct shop *shop;
    uint64_t seed;
    uint64_t random;
    struct happened past[PAST_MAX];
    size_t past_count;
    struct promise promises[STEPS];
    unsigned promise_count; /* ever made */
    bool is_loud;
    uint64_t kept; /* promises of all runs */
    uint64_t fired;
    uint64_t refused; /* as it is more than fits into one record */
};

/* Of what happens now, or is looked at. */
struct model quote_run_model(struct run *run, struct happened *now);
/* Fails where what the ledger keeps of members, codes and all together is not what the history
 * comes to. No quote is open. */
void quote_run_reckon(struct run *run);

#endif
