/* What a record that took a partner's receipt says of our own entries. */
#ifndef NODE_TAKEN_RECEIPT_H
#define NODE_TAKEN_RECEIPT_H

#include "base/arena.h"
#include "clearing/receipt.h"
#include "ledger/record.h"

/* The receipt, out of the record's effects; its arrays are the arena's. ERR_NOT_FOUND when the
 * record is of another kind or a part of a receipt without its bytes: the last part has them. */
MUST_USE enum err taken_receipt(const struct record *record, struct arena *arena,
                                struct clearing_receipt *out_receipt);
/* Why an entry was refused: a verdict's name, or NULL when it was not. Borrowed from the receipt.
 */
const char *taken_receipt_refusal(const struct clearing_receipt *receipt, uint64_t number);
/* The sale or hold that the record's reversal is about. ERR_NOT_FOUND when nothing was reversed. */
MUST_USE enum err taken_receipt_reversed(const struct record *record, struct uid *out_id);

#endif
