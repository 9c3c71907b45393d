/* The blocks of points that partners offer this brand, as their nodes show them.
 *
 * An offer is its seller's row, signed when it is shown, and is asked for again and again: here it
 * is kept in memory alone. So what a seller withdraws, or what ends, is gone with the next look,
 * and no seller fills anything: of each there are at most as many as a pair may have open.
 *
 * Thread rule: a lock of its own; any thread. */
#ifndef NODE_BLOCK_OFFERS_H
#define NODE_BLOCK_OFFERS_H

#include "clearing/block.h"
#include "peer/host.h"

#define OFFER_BYTES_MAX 640u /* a Signed BlockOffer has at most half of it */

struct block_offer {
    struct block_terms terms;
    bool is_accepted; /* here: kept, so that who repeats it is told the same */
    size_t length;
    uint8_t bytes[OFFER_BYTES_MAX]; /* Signed */
};

struct block_offers;

/* NULL without memory. */
struct block_offers *block_offers_create(void);
/* NULL is allowed. */
void block_offers_destroy(struct block_offers *offers);

/* All that the seller offers now; at most LIMIT_BLOCKS_OPEN. Gives how many of them are new. */
size_t block_offers_put(struct block_offers *offers, const struct partner_id *seller,
                        const struct block_offer *shown, size_t count);
/* ERR_NOT_FOUND when nobody offers it. */
MUST_USE enum err block_offers_get(struct block_offers *offers, const struct uid *id,
                                   struct block_offer *out_offer);
void block_offers_accepted(struct block_offers *offers, const struct uid *id);
/* Those that may still be accepted, by seller and end of the block, until `each` fails. */
MUST_USE enum err
block_offers_each(struct block_offers *offers, struct unix_ms now,
                  enum err (*each)(void *context, const struct block_offer *offer), void *context);

/* Signs an own offer. Appends the envelope. */
MUST_USE enum err block_offer_sign(const struct peer_host *host, const struct block_terms *terms,
                                   struct buffer *out_signed);
/* One for us, signed by its seller. */
MUST_USE enum err block_offer_open(const struct peer_host *host, struct slice bytes,
                                   struct block_terms *out_terms, struct note *note);

#endif
