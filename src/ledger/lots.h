/* The lots of one member, kept sorted: by date of expiry, then idle months, active_from, issuer,
 * tariff. */
#ifndef LEDGER_LOTS_H
#define LEDGER_LOTS_H

#include "ledger/rows.h"

int lot_key_compare(const struct lot_key *a, const struct lot_key *b);

/* An account without anything. The lots are not touched. */
void member_empty(struct member *member, struct unix_ms enrolled);

/* NULL when there is none. */
struct lot *lots_find(struct member *member, const struct lot_key *key);

/* Adds to a lot's free and held points, making it or removing it as needed. ERR_RANGE when either
 * would fall below zero or overflow, ERR_RESOURCE when there is no room for one more lot. */
MUST_USE enum err lots_change(struct member *member, const struct lot_key *key, int64_t free_delta,
                              int64_t held_delta);

/* Is everything that must hold of a member's row so? Sums, order, no empty lot. */
MUST_USE enum err member_check(const struct member *member, struct note *note);

/* How many lots of this issuer the member has. */
size_t lots_of_issuer(const struct member *member, const struct partner_id *issuer);

/* The same points under fewer keys, and never to the shopper's harm: spendable from the beginning
 * of the day (UTC), ending with the month; an end after the year 9998 is none. */
struct lot_key lot_key_rounded(const struct lot_key *key);

/* Sets available, pending and held to the sums of the lots. ERR_CORRUPT when these are not as
 * member_check wants them. */
MUST_USE enum err lots_sum_up(struct member *member);

/* When the lot ends, by its date or by the member's inactivity, whichever comes first; 0: never. */
struct unix_ms lots_end(const struct member *member, const struct lot_key *key);

/* The spendable lot (or the pending one) with free points that ends first: what is spent next.
 * lot_count when there is none. */
size_t lots_soonest(const struct member *member, bool is_pending);

/* The soonest time at which a lot becomes active or expires; 0 when none will. */
struct unix_ms lots_next_due(const struct member *member);

#endif
