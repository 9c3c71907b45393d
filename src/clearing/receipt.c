#include "clearing/receipt.h"

struct hash receipt_payload_hash(struct slice payload)
{
    return hash_of(HASH_DOMAIN_RECEIPT, payload);
}
