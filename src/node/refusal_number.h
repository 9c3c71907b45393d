/* A verdict's number in the proto's enum Refusal: its own, below those that batches alone give;
 * from there on so many more. */
#ifndef NODE_REFUSAL_NUMBER_H
#define NODE_REFUSAL_NUMBER_H

#include "ledger/verdict.h"
#include "talea/v1/ledger.pb-c.h"

#define REFUSALS_OF_BATCHES 200u /* REFUSAL_INVALID_ID and up */
#define REFUSALS_BEHIND     100u

static inline Talea__V1__Refusal refusal_number(enum verdict verdict)
{
    unsigned number = (unsigned)verdict;
    return (Talea__V1__Refusal)(number < REFUSALS_OF_BATCHES ? number : number + REFUSALS_BEHIND);
}

#endif
