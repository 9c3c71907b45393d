/* Gift cards as the API tells them. Internal to the module. */
#ifndef NODE_GIFT_WORDS_H
#define NODE_GIFT_WORDS_H

#include "node/gift_desk.h"
#include "talea/v1/reward.pb-c.h"

/* "open", "blocked", "locked", "over", "cancelled", "used up". */
const char *gift_state(const struct gift_card *card, int64_t day, struct unix_ms now);
/* What a voucher is for; empty where no version of the programme knows it. */
struct slice gift_thing_name(const struct snapshot *snapshot, int64_t thing);
/* The card as it is, in the call's memory; NULL when that is full. */
Talea__V1__GiftCard *gift_message(struct gift_desk *desk);

#endif
