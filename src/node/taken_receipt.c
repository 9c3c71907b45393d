#include "node/taken_receipt.h"

#include "wire/messages.h"
#include "wire/signed.h"

/* The next effect of a kind: of rows that are not deleted. ERR_NOT_FOUND at the end. */
static enum err next_row(struct reader *in, uint32_t *left, struct effect *out_effect)
{
    while (*left > 0) {
        effect_read(in, out_effect);
        TRY(in->err);
        (*left)--;
        if (out_effect->kind == EFFECT_ROW && !out_effect->row.is_deleted) {
            return ERR_OK;
        }
    }
    return ERR_NOT_FOUND;
}

enum err taken_receipt(const struct record *record, struct arena *arena,
                       struct clearing_receipt *out_receipt)
{
    struct reader in = record_effects(record);
    uint32_t left = record->kind == COMMAND_TAKE_RECEIPT ? record->effect_count : 0;
    struct effect effect;
    struct signed_message message;
    do {
        TRY(next_row(&in, &left, &effect));
    } while (effect.row.table != TABLE_RECEIPT);
    TRY(signed_decode(effect.row.value, &message));
    return wire_receipt_decode(message.payload, arena, out_receipt, NULL);
}

const char *taken_receipt_refusal(const struct clearing_receipt *receipt, uint64_t number)
{
    for (size_t i = 0; i < receipt->refused_count; i++) {
        if (receipt->refused[i].number == number) {
            return receipt->refused[i].reason;
        }
    }
    return NULL;
}

enum err taken_receipt_reversed(const struct record *record, struct uid *out_id)
{
    struct reader in = record_effects(record);
    uint32_t left = record->kind == COMMAND_TAKE_RECEIPT ? record->effect_count : 0;
    struct effect effect;
    do {
        TRY(next_row(&in, &left, &effect));
    } while (effect.row.table != TABLE_SALE && effect.row.table != TABLE_HOLD);
    struct reader key = reader_of(effect.row.key);
    (void)read_slice(&key, TRANSACTION_KEY_SIZE - sizeof out_id->bytes); /* the origin */
    read_copy(&key, out_id->bytes, sizeof out_id->bytes);
    return reader_finish(&key);
}
