/* Receipts that a ledger keeps, read again long after they were taken. */
#ifndef CHARTER_CHARTER_RECEIPT_H
#define CHARTER_CHARTER_RECEIPT_H

#include "base/arena.h"
#include "charter/charter_chain.h"
#include "clearing/receipt.h"

/* A receipt from its Signed envelope, its arrays in the arena. ERR_SIGNATURE when it is not what
 * the key it names has signed, whether or not that is valid now: it was when the receipt came. A
 * key that none of the epochs has can't be asked. ERR_INPUT for anything malformed. */
MUST_USE enum err charter_open_receipt(const struct charter_chain *chain,
                                       struct slice receipt_signed, struct arena *arena,
                                       struct clearing_receipt *out_receipt);

#endif
