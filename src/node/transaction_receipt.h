/* A member's receipt of what a command did with its points. */
#ifndef NODE_TRANSACTION_RECEIPT_H
#define NODE_TRANSACTION_RECEIPT_H

#include "node/node.h"
#include "talea/v1/ledger.pb-c.h"

/* The signed text (dossier/member_receipt.h) in the arena. ERR_NOT_FOUND when the command gave or
 * took no member's points. */
MUST_USE enum err transaction_receipt(struct node *node, const struct snapshot *snapshot,
                                      const struct ledger_view *view, const Talea__V1__Event *event,
                                      struct arena *arena, char **out_text);

#endif
