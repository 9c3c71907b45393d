#include "charter/evidence_proof.h"

#include <inttypes.h>
#include <string.h>

#include "wire/messages.h"
#include "wire/signed.h"

struct proof {
    const struct evidence *evidence;
    const struct charter_chain *chain;
    struct arena *arena;
    struct note *note;
};

/* The payload of a statement, signed by the partner for the purpose. */
static enum err open_statement(const struct proof *proof, size_t index,
                               const struct partner_id *signer, enum purpose purpose,
                               struct slice *out_payload)
{
    struct signed_message message;
    if (index >= proof->evidence->statement_count) {
        return note_set(proof->note, ERR_INPUT, "there is no statement %zu", index + 1);
    }
    if (signed_decode(proof->evidence->statements[index], &message) != ERR_OK) {
        return note_set(proof->note, ERR_INPUT, "statement %zu is no signed envelope", index + 1);
    }
    const struct charter_key *key = charter_chain_key(proof->chain, signer, &message.key_id);
    if (key == NULL) {
        return note_set(proof->note, ERR_SIGNATURE,
                        "the key of statement %zu is none of %s's in this charter", index + 1,
                        signer->text);
    }
    if (signed_verify(&message, proof->evidence->coalition, purpose, &key->key) != ERR_OK) {
        return note_set(proof->note, ERR_SIGNATURE,
                        "the signature of statement %zu does not verify", index + 1);
    }
    *out_payload = message.payload;
    return ERR_OK;
}

static enum err open_head(const struct proof *proof, size_t index, const struct partner_id *signer,
                          struct batch_head *out_head)
{
    struct slice payload;
    TRY(open_statement(proof, index, signer, PURPOSE_CLEARING_BATCH, &payload));
    TRY(wire_head_decode(payload, out_head, proof->note));
    return partner_id_equal(&out_head->sender, signer)
               ? ERR_OK
               : note_set(proof->note, ERR_INPUT, "statement %zu is about %s's stream", index + 1,
                          out_head->sender.text);
}

static enum err open_receipt(const struct proof *proof, size_t index,
                             struct clearing_receipt *out_receipt, struct hash *out_hash)
{
    struct slice payload;
    const struct partner_id *signer = &proof->evidence->partner;
    TRY(open_statement(proof, index, signer, PURPOSE_CLEARING_RECEIPT, &payload));
    TRY(wire_receipt_decode(payload, proof->arena, out_receipt, proof->note));
    *out_hash = receipt_payload_hash(payload);
    return partner_id_equal(&out_receipt->receiver, signer)
               ? ERR_OK
               : note_set(proof->note, ERR_INPUT, "statement %zu is %s's receipt", index + 1,
                          out_receipt->receiver.text);
}

static enum err prove_batches(const struct proof *proof, bool *out_proves)
{
    struct batch_head heads[2];
    TRY(open_head(proof, 0, &proof->evidence->partner, &heads[0]));
    TRY(open_head(proof, 1, &proof->evidence->partner, &heads[1]));
    *out_proves = heads_contradict(&heads[0], &heads[1]);
    note_set(proof->note, ERR_OK,
             *out_proves ? "%s signed two different entries under one number of its stream to %s"
                         : "the two batches of %s to %s do not contradict each other",
             heads[0].sender.text, heads[0].receiver.text);
    return ERR_OK;
}

static enum err prove_receipts(const struct proof *proof, bool *out_proves)
{
    struct clearing_receipt receipts[2];
    struct hash hashes[2];
    TRY(open_receipt(proof, 0, &receipts[0], &hashes[0]));
    TRY(open_receipt(proof, 1, &receipts[1], &hashes[1]));
    *out_proves = receipts_contradict(&receipts[0], &hashes[0], &receipts[1], &hashes[1]);
    note_set(proof->note, ERR_OK,
             *out_proves ? "%s signed two receipts for %s's stream that can't both be true"
                         : "the two receipts of %s for %s's stream do not contradict each other",
             receipts[0].receiver.text, receipts[0].sender.text);
    return ERR_OK;
}

static enum err open_entries(const struct proof *proof, struct batch_entry **out_entries)
{
    size_t count = proof->evidence->entry_count;
    struct batch_entry *entries = arena_alloc(proof->arena, (count + 1) * sizeof *entries);
    if (entries == NULL) {
        return note_set(proof->note, ERR_RESOURCE, "no memory for the entries");
    }
    for (size_t i = 0; i < count; i++) {
        entries[i].bytes = proof->evidence->entries[i];
        entries[i].hash = entry_hash(entries[i].bytes);
        TRY(wire_entry_decode(entries[i].bytes, &entries[i].entry, proof->note));
    }
    *out_entries = entries;
    return ERR_OK;
}

static enum err prove_totals(const struct proof *proof, bool *out_proves)
{
    struct clearing_receipt before;
    struct clearing_receipt after;
    struct hash hash_before = {{0}};
    struct hash hash_after;
    struct batch_entry *entries;
    bool is_first = proof->evidence->statement_count == 1;
    if (!is_first) {
        TRY(open_receipt(proof, 0, &before, &hash_before));
    }
    TRY(open_receipt(proof, is_first ? 0 : 1, &after, &hash_after));
    TRY(open_entries(proof, &entries));
    TRY(totals_contradict(is_first ? NULL : &before, &hash_before, &after, entries,
                          proof->evidence->entry_count, out_proves, proof->note));
    note_set(proof->note, ERR_OK,
             *out_proves ? "the totals that %s signed do not follow from %s's entries that it "
                           "acknowledged"
                         : "the totals that %s signed follow from %s's entries",
             after.receiver.text, after.sender.text);
    return ERR_OK;
}

/* The head is the stream's sender's, who is the witness. */
static enum err prove_entry(const struct proof *proof, bool *out_proves)
{
    struct clearing_receipt receipt;
    struct hash hash;
    struct batch_head head;
    TRY(open_receipt(proof, 0, &receipt, &hash));
    TRY(open_head(proof, 1, &proof->evidence->witness, &head));
    *out_proves = receipt_contradicts_head(&receipt, &head);
    note_set(proof->note, ERR_OK,
             *out_proves ? "%s acknowledged another entry than %s signed under that number; unless "
                           "it shows a batch with its own, it acknowledged what was never sent"
                         : "the receipt of %s is for the entry that %s signed",
             receipt.receiver.text, head.sender.text);
    return ERR_OK;
}

static enum err open_pair_statement(const struct proof *proof, size_t index,
                                    struct pair_statement *out_statement)
{
    struct slice payload;
    TRY(open_statement(proof, index, &proof->evidence->partner, PURPOSE_STATEMENT, &payload));
    return wire_statement_decode(payload, proof->arena, out_statement, proof->note);
}

static enum err prove_statements(const struct proof *proof, bool *out_proves)
{
    struct pair_statement statements[2];
    TRY(open_pair_statement(proof, 0, &statements[0]));
    TRY(open_pair_statement(proof, 1, &statements[1]));
    *out_proves = statements_contradict(&statements[0], &statements[1]);
    note_set(proof->note, ERR_OK,
             *out_proves ? "%s signed two different statements of period %u under one number"
                         : "the two statements of %s for period %u do not contradict each other",
             proof->evidence->partner.text, statements[0].period.code);
    return ERR_OK;
}

static enum err open_net(const struct proof *proof, size_t index, struct netting_set *out_set)
{
    struct slice payload;
    TRY(open_statement(proof, index, &proof->evidence->partner, PURPOSE_NETTING, &payload));
    return wire_netting_decode(payload, proof->arena, out_set, proof->note);
}

static enum err prove_nets(const struct proof *proof, bool *out_proves)
{
    struct netting_set sets[2];
    TRY(open_net(proof, 0, &sets[0]));
    TRY(open_net(proof, 1, &sets[1]));
    *out_proves = netting_sets_contradict(&sets[0], &sets[1]);
    note_set(proof->note, ERR_OK,
             *out_proves ? "%s bound itself to two different nets of period %u"
                         : "the two nets that %s bound itself to in period %u are one",
             proof->evidence->partner.text, sets[0].period.code);
    return ERR_OK;
}

/* Somebody signed it: that is all. */
static enum err prove_claim(const struct proof *proof, bool *out_proves)
{
    struct signed_message message;
    struct slice payload;
    if (signed_decode(proof->evidence->statements[0], &message) != ERR_OK) {
        return note_set(proof->note, ERR_INPUT, "statement 1 is no signed envelope");
    }
    TRY(open_statement(proof, 0, &proof->evidence->partner, message.purpose, &payload));
    *out_proves = false;
    note_set(proof->note, ERR_OK, "%s signed this %s; by itself it contradicts nothing",
             proof->evidence->partner.text, purpose_name(message.purpose));
    return ERR_OK;
}

enum err evidence_prove(const struct evidence *evidence, const struct charter_chain *chain,
                        struct arena *arena, bool *out_proves, struct note *note)
{
    const struct proof proof = {evidence, chain, arena, note};
    const char *coalition = charter_chain_last(chain)->coalition;
    if (strcmp(evidence->coalition, coalition) != 0) {
        return note_set(note, ERR_INPUT, "the evidence is of the coalition %s, the charter of %s",
                        evidence->coalition, coalition);
    }
    switch (evidence->kind) {
    case EVIDENCE_TWO_BATCHES:
        return prove_batches(&proof, out_proves);
    case EVIDENCE_TWO_RECEIPTS:
        return prove_receipts(&proof, out_proves);
    case EVIDENCE_WRONG_TOTALS:
        return prove_totals(&proof, out_proves);
    case EVIDENCE_ANOTHER_ENTRY:
        return prove_entry(&proof, out_proves);
    case EVIDENCE_CLAIM:
        return prove_claim(&proof, out_proves);
    case EVIDENCE_TWO_STATEMENTS:
        return prove_statements(&proof, out_proves);
    case EVIDENCE_TWO_NETS:
        return prove_nets(&proof, out_proves);
    case EVIDENCE_KIND_END:
        break;
    }
    return note_set(note, ERR_INPUT, "the kind of evidence is unknown");
}
