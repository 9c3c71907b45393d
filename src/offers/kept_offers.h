/* What a member was given in a campaign, as bytes that are kept with it: so that it can be said
 * later what, why and until when. Pure; any thread. */
#ifndef OFFERS_KEPT_OFFERS_H
#define OFFERS_KEPT_OFFERS_H

#include "base/arena.h"

/* Texts are borrowed. */
struct kept_offer {
    struct slice name;
    struct slice reason; /* sealed bytes where the list says so; empty: none, or none any more */
    int64_t until_day;   /* the first day on which it is over */
    struct slice code;   /* of a coupon that came with it; empty: none */
};

struct kept_offers {
    uint32_t programme; /* the version's number in the ledger */
    struct slice campaign;
    bool is_control; /* then these are what the member would have been given */
    bool is_sealed;  /* why it was is under the member's own key */
    const struct kept_offer *at;
    size_t count; /* at most LIMIT_OFFERS */
};

/* By its head. */
bool kept_offers_is(struct slice bytes);
/* Sticks to the buffer's error. */
void kept_offers_encode(const struct kept_offers *kept, struct buffer *out);
/* Texts point into the bytes, the list is in the arena. ERR_CORRUPT, ERR_RESOURCE. */
MUST_USE enum err kept_offers_decode(struct slice bytes, struct arena *arena,
                                     struct kept_offers *out_kept);

#endif
