#include "charter/charter_receipt.h"

#include "wire/messages.h"
#include "wire/signed.h"

enum err charter_open_receipt(const struct charter_chain *chain, struct slice receipt_signed,
                              struct arena *arena, struct clearing_receipt *out_receipt)
{
    struct signed_message message;
    TRY(signed_decode(receipt_signed, &message));
    TRY(wire_receipt_decode(message.payload, arena, out_receipt, NULL));
    const struct charter *last = charter_chain_last(chain);
    const struct charter_key *key =
        charter_chain_key(chain, &out_receipt->receiver, &message.key_id);
    return key == NULL
               ? ERR_OK
               : signed_verify(&message, last->coalition, PURPOSE_CLEARING_RECEIPT, &key->key);
}
