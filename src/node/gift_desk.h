/* One call about one gift card. Calls about one card take turns, so that no more PINs are tried at
 * once than one after the other. Internal to the module.
 */
#ifndef NODE_GIFT_DESK_H
#define NODE_GIFT_DESK_H

#include "ledger/gift_card.h"
#include "node/node.h"
#include "node/requests.h"

struct gift_desk {
    struct node *node;
    struct rpc_call *call;
    struct snapshot *snapshot;
    struct gift_number number;
    struct gift_card card; /* as it is */
    int64_t day;           /* today, on the brand's clock */
    struct buffer groups;  /* what is told next */
    struct arena arena;
};

/* Takes the card's turn, and reads it. False: the call was refused, and nothing is to be ended. */
MUST_USE bool gift_desk_begin(struct gift_desk *desk, struct node *node, struct rpc_call *call,
                              const char *number);
void gift_desk_end(struct gift_desk *desk);
/* Is there such a card, and is this its PIN? Counts wrong ones. False: the call was refused. */
MUST_USE bool gift_desk_check_pin(struct gift_desk *desk, const char *pin);
/* Whether it can be paid with now. False: the call was refused. */
MUST_USE bool gift_desk_is_good(struct gift_desk *desk);
/* Tells the ledger what is in `groups`, for the occasion, or as what takes back from it where
 * `returned` is not nil. `said` is what the caller said. */
MUST_USE enum err gift_desk_tell(struct gift_desk *desk, const struct uid *occasion,
                                 const struct uid *returned, const struct hash *said,
                                 const char *receipt, struct outcome *out_outcome);
/* By how much the occasion, or what took back from it, changed a card; which. ERR_NOT_FOUND: it
 * changed none. */
MUST_USE enum err gift_desk_read(struct gift_desk *desk, const struct uid *occasion,
                                 struct gift_number *out_number, int64_t *out_delta);
/* The card as it is by now. */
MUST_USE enum err gift_desk_look(struct gift_desk *desk);

#endif
