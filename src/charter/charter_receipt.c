#include "charter/charter_receipt.h"

#include "wire/messages.h"
#include "wire/signed.h"

/* Whether or not it is valid now: it was when the receipt came. */
static const struct charter_key *find_key(const struct charter *charter,
                                          const struct partner_id *partner, const struct key_id *id)
{
    const struct charter_partner *found = charter_partner_find(charter, partner);
    for (size_t i = 0; found != NULL && i < found->online_count; i++) {
        if (key_id_equal(&found->online[i].id, id)) {
            return &found->online[i];
        }
    }
    return NULL;
}

enum err charter_open_receipt(const struct charter *charter, struct slice receipt_signed,
                              struct arena *arena, struct clearing_receipt *out_receipt)
{
    struct signed_message message;
    TRY(signed_decode(receipt_signed, &message));
    TRY(wire_receipt_decode(message.payload, arena, out_receipt, NULL));
    const struct charter_key *key = find_key(charter, &out_receipt->receiver, &message.key_id);
    return key == NULL
               ? ERR_OK
               : signed_verify(&message, charter->coalition, PURPOSE_CLEARING_RECEIPT, &key->key);
}
