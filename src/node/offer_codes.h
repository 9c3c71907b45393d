/* Codes of coupons that come with offers, each for the member that has the offer, and good as long.
 *
 * A code is made of the vault's secret and of the occasion by which the member came into the
 * campaign: nobody guesses it, and made again it is the same. Any thread.
 */
#ifndef NODE_OFFER_CODES_H
#define NODE_OFFER_CODES_H

#include "base/arena.h"
#include "ledger/standings.h"
#include "offers/kept_offers.h"
#include "programme/coupon.h"

struct node;

/* Of the offer in this place among those that are given together. In the arena. ERR_RESOURCE. */
MUST_USE enum err offer_code_make(const struct node *node, const struct uid *occasion, size_t place,
                                  const struct coupon *coupon, struct arena *arena,
                                  struct slice *out_code);
/* Appends what issues the codes of `kept`, whose offers are the text's, to the shopper of that key.
 * ERR_RESOURCE. */
MUST_USE enum err offer_codes_write(const struct rules_text *text, const struct kept_offers *kept,
                                    struct slice key, struct arena *arena,
                                    struct buffer *out_groups);

#endif
