/* A prepaid point block: points that a brand buys from a home in advance, at the price of a tariff
 * that is funded in advance (clearing/tariff.h), and gives to that home's members by and by.
 *
 *   seller: the home.  buyer: who gives the points
 *
 *   offered -> bought -> live -> ended          declined: the seller refused what was bought
 *      `-> withdrawn
 *
 * The seller signs the offer; the buyer accepts it by an entry in its stream to the seller, which
 * is signed with its batch and answered by a receipt. Everything else about a block is in that same
 * stream: earns that name it draw from it, their returns give back, its end says what is left. So
 * what a block has left is a function of the stream and its verdicts, the same on both sides. */
#ifndef CLEARING_BLOCK_H
#define CLEARING_BLOCK_H

#include "base/amount.h"
#include "base/calendar.h"
#include "base/ident.h"
#include "clearing/entry.h"

struct block_terms {
    struct uid id;
    struct partner_id seller;
    struct partner_id buyer;
    struct points points;
    uint32_t tariff;
    struct unix_ms offered_until; /* the offer is accepted by then, or not at all */
    struct unix_ms valid_from;    /* business time of the earns: from then, 0: at once, … */
    struct unix_ms valid_until;   /* … until before then */
    bool refuses_when_empty;      /* an earn that it has no points for; else the usual tariff's */
};

enum block_state {
    BLOCK_OFFERED = 1,   /* at the seller */
    BLOCK_BOUGHT = 2,    /* at the buyer: the seller's receipt is not here */
    BLOCK_LIVE = 3,      /* it may be drawn from */
    BLOCK_ENDED = 4,     /* what was left was settled; what comes back is settled as well */
    BLOCK_DECLINED = 5,  /* at the buyer */
    BLOCK_WITHDRAWN = 6, /* at the seller: before anybody bought it */
    BLOCK_STATE_END
};

/* Most of it is used: both sides are told. */
#define BLOCK_LOW_PERCENT 80

/* Of one pair and direction, offered, bought or live. */
#define LIMIT_BLOCKS_OPEN 16u
/* How long after its end a draw may come that happened before, and an acceptance after the offer's.
 */
#define LIMIT_BLOCK_GRACE_MS INT64_C(604800000)

/* By itself. On ERR_INPUT the note says what is wrong. */
MUST_USE enum err block_check(const struct block_terms *terms, struct note *note);
bool block_terms_equal(const struct block_terms *a, const struct block_terms *b);
/* Was what happened then within its time? */
bool block_is_valid_at(const struct block_terms *terms, struct unix_ms time);
/* Is BLOCK_LOW_PERCENT of it used when so many points are left? */
bool block_is_low(const struct block_terms *terms, int64_t left);
/* "offered", "bought", "live", "ended", "declined", "withdrawn". */
const char *block_state_name(enum block_state state);

/* The entry by which the buyer accepts the terms, and the terms that it accepts: of a seller who
 * lost its offer they are as good as the offer. An offer's own end is not in it. */
struct clearing_entry block_entry(const struct block_terms *terms);
struct block_terms block_terms_of(const struct clearing_entry *entry,
                                  const struct partner_id *seller, const struct partner_id *buyer);

#endif
