#include "dossier/entry_proof.h"

#include <stdio.h>
#include <string.h>

#include "wire/fields.h"
#include "wire/messages.h"
#include "wire/signed_message.h"

/* One batch on its way through. */
struct reading {
    const struct proof_ground *ground;
    const struct entry_batch *batch;
    uint64_t number;
    struct batch_head head;
    struct entry_proof proof;
    bool is_there;
};

static enum err flawed(const struct proof_ground *ground, uint64_t number, const char *what,
                       const char *expected, const char *found)
{
    return audit_flawed(ground->place, number, what, expected, found);
}

enum err proof_open_signed(const struct proof_ground *ground, const Talea__V1__Signed *envelope,
                           enum purpose purpose, const struct partner_id *signer,
                           const struct partner_id *peer, uint64_t number,
                           struct signed_message *out_message)
{
    char what[96];
    struct note why = {""};
    const char *coalition = charter_chain_last(ground->chain)->coalition;
    snprintf(what, sizeof what, "the %s signed by %s", purpose_name(purpose), signer->text);
    if (envelope == NULL || signed_of_message(envelope, out_message) != ERR_OK) {
        return flawed(ground, number, what, "a signed message",
                      envelope == NULL ? "nothing" : "one that is malformed");
    }
    const struct charter_key *key = charter_chain_key(ground->chain, signer, &out_message->key_id);
    if (key == NULL || signed_verify(out_message, coalition, purpose, &key->key) != ERR_OK) {
        return flawed(ground, number, what, "a valid signature",
                      key == NULL ? "a key that is not the partner's in this charter"
                                  : "one that does not verify");
    }
    struct charter_place place = {purpose, peer, number};
    return charter_key_counts(key, &place, &why) == ERR_OK
               ? ERR_OK
               : flawed(ground, number, what, "a key that counts here", why.text);
}

/* The signer is in what is signed: it is read before it is verified. */
static enum err read_head(struct reading *reading)
{
    struct note why = {""};
    struct signed_message message;
    struct batch_head *head = &reading->head;
    const Talea__V1__Signed *envelope = reading->batch->head;
    if (envelope == NULL || signed_of_message(envelope, &message) != ERR_OK ||
        wire_head_decode(message.payload, head, &why) != ERR_OK) {
        return flawed(reading->ground, 0, "the batch's head", "a signed one",
                      envelope == NULL      ? "nothing"
                      : why.text[0] != '\0' ? why.text
                                            : "another");
    }
    reading->proof.sender = head->sender;
    reading->proof.receiver = head->receiver;
    reading->proof.first_number = head->first_number;
    reading->proof.last_number = head->first_number + head->count - 1;
    TRY(proof_open_signed(reading->ground, envelope, PURPOSE_CLEARING_BATCH, &head->sender,
                          &head->receiver, reading->proof.last_number, &message));
    reading->proof.sender_key = message.key_id;
    return ERR_OK;
}

static enum err read_entry(struct reading *reading, uint64_t number, struct slice bytes,
                           struct hash *inout_hash)
{
    struct note why = {""};
    struct clearing_entry entry;
    const struct proof_ground *ground = reading->ground;
    if (wire_entry_decode(bytes, &entry, &why) != ERR_OK || entry_check(&entry, &why) != ERR_OK) {
        return flawed(ground, number, "entry", "a clearing entry", why.text);
    }
    if (entry.number != number) {
        return audit_flawed_numbers(ground->place, number, "number of the entry", number,
                                    entry.number);
    }
    if (!hash_equal(&entry.previous_hash, inout_hash)) {
        return audit_flawed_hashes(ground->place, number, "hash of the entry before", inout_hash,
                                   &entry.previous_hash);
    }
    *inout_hash = entry_hash(bytes);
    if (number == reading->number) {
        reading->is_there = true;
        reading->proof.entry = entry;
        reading->proof.entry_hash = *inout_hash;
    }
    return ERR_OK;
}

static enum err read_entries(struct reading *reading)
{
    const struct batch_head *head = &reading->head;
    const struct entry_batch *batch = reading->batch;
    const struct audit_place *place = reading->ground->place;
    struct hash hash = head->previous_hash;
    if (batch->entry_count != head->count) {
        return audit_flawed_numbers(place, 0, "entries of the batch", head->count,
                                    batch->entry_count);
    }
    for (size_t i = 0; i < batch->entry_count; i++) {
        struct slice bytes = slice_of(batch->entries[i].data, batch->entries[i].len);
        TRY(read_entry(reading, head->first_number + i, bytes, &hash));
    }
    return hash_equal(&hash, &head->last_hash)
               ? ERR_OK
               : audit_flawed_hashes(place, reading->proof.last_number,
                                     "hash of the batch's last entry, as its sender signed it",
                                     &head->last_hash, &hash);
}

static enum err read_receipt(struct reading *reading)
{
    struct note why = {""};
    struct signed_message message;
    struct clearing_receipt receipt;
    const struct batch_head *head = &reading->head;
    const Talea__V1__Signed *envelope = reading->batch->receipt;
    if (envelope == NULL || signed_of_message(envelope, &message) != ERR_OK ||
        wire_receipt_decode(message.payload, reading->ground->arena, &receipt, &why) != ERR_OK) {
        return flawed(reading->ground, 0, "the receipt", "a signed one",
                      envelope == NULL      ? "nothing"
                      : why.text[0] != '\0' ? why.text
                                            : "another");
    }
    TRY(proof_open_signed(reading->ground, envelope, PURPOSE_CLEARING_RECEIPT, &head->receiver,
                          &head->sender, receipt.receipt_number, &message));
    reading->proof.receiver_key = message.key_id;
    if (!partner_id_equal(&receipt.sender, &head->sender) ||
        !partner_id_equal(&receipt.receiver, &head->receiver) ||
        receipt.first_number != head->first_number ||
        receipt.last_number != reading->proof.last_number ||
        !hash_equal(&receipt.last_hash, &head->last_hash)) {
        return flawed(reading->ground, 0, "the receipt", "one for this batch", "one for another");
    }
    for (size_t i = 0; i < receipt.refused_count; i++) {
        if (receipt.refused[i].number == reading->number) {
            memcpy(reading->proof.refusal, receipt.refused[i].reason,
                   sizeof reading->proof.refusal);
        }
    }
    return ERR_OK;
}

enum err entry_prove(const struct proof_ground *ground, const struct entry_batch *batch,
                     uint64_t number, struct entry_proof *out_proof)
{
    struct reading reading = {.ground = ground, .batch = batch, .number = number};
    TRY(read_head(&reading));
    TRY(read_entries(&reading));
    TRY(read_receipt(&reading));
    *out_proof = reading.proof;
    return reading.is_there ? ERR_OK : ERR_NOT_FOUND;
}
