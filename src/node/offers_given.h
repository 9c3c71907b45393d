/* Where it is kept why a member was given offers of a campaign. Any thread. */
#ifndef NODE_OFFERS_GIVEN_H
#define NODE_OFFERS_GIVEN_H

#include "ledger/standings.h"

/* The occasion of a member's coming into a campaign at a time, whose record's evidence says what it
 * was given and why (offers/kept_offers.h). */
struct uid offers_occasion(const char *campaign, const struct standing_owner *owner,
                           int64_t since_ms);

#endif
