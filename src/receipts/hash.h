/* What this module hashes: a 64-bit hash for its tables, and the id of a receipt's transaction. */
#ifndef RECEIPTS_HASH_H
#define RECEIPTS_HASH_H

#include "base/bytes.h"
#include "base/ident.h"
#include "receipts/receipt.h"

/* For tables in memory: SipHash-2-4 under a fixed key (the same file gives the same result on each
 * run). */
uint64_t table_hash(struct slice bytes);

/* The id of the command that books a receipt, the same each time it is imported: uid_v8 of the
 * receipt's time and the first 10 bytes of
 *   BLAKE2b-256("talea.receipt.v1", partner, kind, reference, part)
 * where each text stands behind its length as 4 bytes, little-endian, kind is one byte (0 sale,
 * 1 return) and part 8 bytes, little-endian. What the receipt holds isn't part of it: a receipt
 * that was changed after it was imported is refused by the ledger as a conflict. */
struct uid receipt_transaction_id(const struct partner_id *partner, const struct receipt *receipt);

#endif
