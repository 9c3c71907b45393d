#include "dossier/dispute_audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "talea/v1/back_office.pb-c.h"
#include "wire/fields.h"
#include "wire/messages.h"
#include "wire/signed_message.h"

/* One file on its way through. */
struct dispute_reading {
    const struct charter_chain *chain;
    const struct audit_place *place;
    struct arena *arena;
    uint64_t number; /* of the disputed entry */
    const Talea__V1__GetDisputeEvidenceResponse *message;
    struct dispute_proof proof;
    bool is_there;
};

static enum err flawed(const struct dispute_reading *reading, uint64_t number, const char *what,
                       const char *expected, const char *found)
{
    return audit_flawed(reading->place, number, what, expected, found);
}

/* Signed by the partner, towards the peer, with a key that counts at that number. */
static enum err open_signed(const struct dispute_reading *reading,
                            const Talea__V1__Signed *envelope, enum purpose purpose,
                            const struct partner_id *signer, const struct partner_id *peer,
                            uint64_t number, struct signed_message *out_message)
{
    char what[96];
    struct note why = {""};
    const char *coalition = charter_chain_last(reading->chain)->coalition;
    snprintf(what, sizeof what, "the %s signed by %s", purpose_name(purpose), signer->text);
    if (envelope == NULL || signed_of_message(envelope, out_message) != ERR_OK) {
        return flawed(reading, number, what, "a signed message",
                      envelope == NULL ? "nothing" : "one that is malformed");
    }
    const struct charter_key *key = charter_chain_key(reading->chain, signer, &out_message->key_id);
    if (key == NULL || signed_verify(out_message, coalition, purpose, &key->key) != ERR_OK) {
        return flawed(reading, number, what, "a valid signature",
                      key == NULL ? "a key that is not the partner's in this charter"
                                  : "one that does not verify");
    }
    struct charter_place place = {purpose, peer, number};
    return charter_key_counts(key, &place, &why) == ERR_OK
               ? ERR_OK
               : flawed(reading, number, what, "a key that counts here", why.text);
}

/* The signer is in what is signed: it is read before it is verified. */
static enum err read_head(struct dispute_reading *reading, struct batch_head *out_head)
{
    struct note why = {""};
    struct signed_message message;
    const Talea__V1__Signed *envelope = reading->message->head;
    if (envelope == NULL || signed_of_message(envelope, &message) != ERR_OK ||
        wire_head_decode(message.payload, out_head, &why) != ERR_OK) {
        return flawed(reading, 0, "the batch's head", "a signed one",
                      envelope == NULL      ? "nothing"
                      : why.text[0] != '\0' ? why.text
                                            : "another");
    }
    uint64_t last = out_head->first_number + out_head->count - 1;
    reading->proof.sender = out_head->sender;
    reading->proof.receiver = out_head->receiver;
    reading->proof.first_number = out_head->first_number;
    reading->proof.last_number = last;
    TRY(open_signed(reading, envelope, PURPOSE_CLEARING_BATCH, &out_head->sender,
                    &out_head->receiver, last, &message));
    reading->proof.sender_key = message.key_id;
    return ERR_OK;
}

static enum err read_entries(struct dispute_reading *reading, const struct batch_head *head)
{
    const Talea__V1__GetDisputeEvidenceResponse *message = reading->message;
    struct hash hash = head->previous_hash;
    if (message->n_entries != head->count) {
        return audit_flawed_numbers(reading->place, 0, "entries of the batch", head->count,
                                    message->n_entries);
    }
    for (size_t i = 0; i < message->n_entries; i++) {
        struct note why = {""};
        struct clearing_entry entry;
        uint64_t number = head->first_number + i;
        struct slice bytes = slice_of(message->entries[i].data, message->entries[i].len);
        if (wire_entry_decode(bytes, &entry, &why) != ERR_OK ||
            entry_check(&entry, &why) != ERR_OK) {
            return flawed(reading, number, "entry", "a clearing entry", why.text);
        }
        if (entry.number != number) {
            return audit_flawed_numbers(reading->place, number, "number of the entry", number,
                                        entry.number);
        }
        if (!hash_equal(&entry.previous_hash, &hash)) {
            return audit_flawed_hashes(reading->place, number, "hash of the entry before", &hash,
                                       &entry.previous_hash);
        }
        hash = entry_hash(bytes);
        if (number == reading->number) {
            reading->is_there = true;
            reading->proof.entry = entry;
            reading->proof.entry_hash = hash;
        }
    }
    return hash_equal(&hash, &head->last_hash)
               ? ERR_OK
               : audit_flawed_hashes(reading->place, reading->proof.last_number,
                                     "hash of the batch's last entry, as its sender signed it",
                                     &head->last_hash, &hash);
}

static enum err read_receipt(struct dispute_reading *reading, const struct batch_head *head)
{
    struct note why = {""};
    struct signed_message message;
    struct clearing_receipt receipt;
    const Talea__V1__Signed *envelope = reading->message->receipt;
    if (envelope == NULL || signed_of_message(envelope, &message) != ERR_OK ||
        wire_receipt_decode(message.payload, reading->arena, &receipt, &why) != ERR_OK) {
        return flawed(reading, 0, "the receipt", "a signed one",
                      envelope == NULL      ? "nothing"
                      : why.text[0] != '\0' ? why.text
                                            : "another");
    }
    TRY(open_signed(reading, envelope, PURPOSE_CLEARING_RECEIPT, &head->receiver, &head->sender,
                    receipt.receipt_number, &message));
    reading->proof.receiver_key = message.key_id;
    if (!partner_id_equal(&receipt.sender, &head->sender) ||
        !partner_id_equal(&receipt.receiver, &head->receiver) ||
        receipt.first_number != head->first_number ||
        receipt.last_number != reading->proof.last_number ||
        !hash_equal(&receipt.last_hash, &head->last_hash)) {
        return flawed(reading, 0, "the receipt", "one for this batch", "one for another");
    }
    for (size_t i = 0; i < receipt.refused_count; i++) {
        if (receipt.refused[i].number == reading->number) {
            memcpy(reading->proof.refusal, receipt.refused[i].reason,
                   sizeof reading->proof.refusal);
        }
    }
    return ERR_OK;
}

/* ---- Promises ---- */

/* Each must be the home's, who is the receiver of the entries; that of the entry is kept. */
static enum err read_grants(struct dispute_reading *reading)
{
    struct dispute_proof *proof = &reading->proof;
    for (size_t i = 0; i < reading->message->n_grants; i++) {
        struct note why = {""};
        struct signed_message message;
        struct hold_grant grant;
        TRY(open_signed(reading, reading->message->grants[i], PURPOSE_HOLD_GRANT, &proof->receiver,
                        &proof->sender, 0, &message));
        if (wire_hold_grant_decode(message.payload, &grant, &why) != ERR_OK) {
            return flawed(reading, 0, "a grant", "a hold's grant", why.text);
        }
        if (!partner_id_equal(&grant.home, &proof->receiver) ||
            !partner_id_equal(&grant.redeemer, &proof->sender)) {
            return flawed(reading, 0, "a grant", "one of the pair", "one of others");
        }
        if (proof->entry.kind == ENTRY_CAPTURE && uid_equal(&grant.hold, &proof->entry.subject)) {
            proof->promise = PROMISE_GRANT;
            proof->grant = grant;
        }
    }
    return ERR_OK;
}

static enum err read_mandates(struct dispute_reading *reading)
{
    struct dispute_proof *proof = &reading->proof;
    for (size_t i = 0; i < reading->message->n_mandates; i++) {
        struct note why = {""};
        struct signed_message message;
        struct mandate mandate;
        TRY(open_signed(reading, reading->message->mandates[i], PURPOSE_MANDATE, &proof->receiver,
                        &proof->sender, 0, &message));
        if (wire_mandate_decode(message.payload, &mandate, &why) != ERR_OK) {
            return flawed(reading, 0, "a mandate", "a home's mandate", why.text);
        }
        if (!partner_id_equal(&mandate.home, &proof->receiver) ||
            !partner_id_equal(&mandate.redeemer, &proof->sender)) {
            return flawed(reading, 0, "a mandate", "one of the pair", "one of others");
        }
        bool is_its = proof->entry.kind == ENTRY_CAPTURE && !uid_is_nil(&proof->entry.mandate) &&
                      uid_equal(&mandate.id, &proof->entry.mandate);
        if (is_its && proof->promise != PROMISE_GRANT) {
            proof->promise = PROMISE_MANDATE;
            proof->mandate = mandate;
        }
    }
    return ERR_OK;
}

static void judge(struct dispute_proof *proof)
{
    const struct clearing_entry *entry = &proof->entry;
    if (proof->promise == PROMISE_GRANT) {
        const struct hold_grant *grant = &proof->grant;
        proof->is_covered = entry->points.minor <= grant->points.minor &&
                            entry->business_time.ms <= grant->capture_by.ms &&
                            strcmp(entry->card.digits, grant->card.digits) == 0;
    } else if (proof->promise == PROMISE_MANDATE) {
        proof->is_covered = entry->points.minor <= proof->mandate.floor.minor &&
                            mandate_is_valid_at(&proof->mandate, entry->business_time);
    }
}

static enum err read_all(struct dispute_reading *reading)
{
    struct batch_head head;
    TRY(read_head(reading, &head));
    TRY(read_entries(reading, &head));
    TRY(read_receipt(reading, &head));
    reading->proof.promise = reading->is_there && reading->proof.entry.kind == ENTRY_CAPTURE
                                 ? PROMISE_NONE
                                 : PROMISE_NOT_ASKED;
    TRY(read_grants(reading));
    TRY(read_mandates(reading));
    judge(&reading->proof);
    return ERR_OK;
}

enum err dispute_audit(struct slice bytes, const struct charter_chain *chain, uint64_t number,
                       const struct audit_place *place, struct arena *arena,
                       struct dispute_proof *out_proof, struct note *note)
{
    struct note why = {""};
    struct fields fields = fields_begin("GetDisputeEvidenceResponse", &why);
    struct dispute_reading reading = {
        .chain = chain, .place = place, .arena = arena, .number = number};
    reading.message = (const void *)fields_unpack(
        &fields, &talea__v1__get_dispute_evidence_response__descriptor, bytes, arena);
    if (reading.message == NULL) {
        return fields.err == ERR_RESOURCE
                   ? ERR_RESOURCE
                   : flawed(&reading, 0, "the file", "evidence about an entry", why.text);
    }
    TRY(read_all(&reading));
    if (!reading.is_there) {
        return note_set(note, ERR_NOT_FOUND, "the batch has the entries %" PRIu64 " to %" PRIu64,
                        reading.proof.first_number, reading.proof.last_number);
    }
    *out_proof = reading.proof;
    return ERR_OK;
}
