#include "dossier/statement_proof.h"

#include <stdio.h>
#include <string.h>

#include "crypto/domain.h"
#include "wire/messages.h"
#include "wire/signed.h"

static struct slice slice_of_field(ProtobufCBinaryData bytes)
{
    return slice_of(bytes.data, bytes.len);
}

/* A key of one of the two partners, by its id, however long ago it was in use: it must have been
 * valid at some time after the period began. */
static const struct charter_key *find_key(const struct charter_chain *chain,
                                          const struct pair_statement *statement,
                                          const struct key_id *id, unsigned *out_side)
{
    for (unsigned side = 0; side < 2; side++) {
        const struct charter_key *key =
            charter_chain_key(chain, &statement->halves[side].sender, id);
        if (key != NULL && period_may_have_begun(statement->period, key->valid_until)) {
            *out_side = side;
            return key;
        }
    }
    return NULL;
}

static struct proof_signature invalid(const char *why)
{
    struct proof_signature result = {.state = PROOF_INVALID};
    snprintf(result.why, sizeof result.why, "%s", why);
    return result;
}

static struct proof_signature prove_envelope(const struct charter_chain *chain,
                                             const struct pair_statement *statement,
                                             struct slice envelope, enum purpose purpose,
                                             struct slice *out_payload)
{
    struct signed_message message;
    struct proof_signature result = {.state = PROOF_ABSENT};
    if (envelope.length == 0) {
        return result;
    }
    if (signed_decode(envelope, &message) != ERR_OK) {
        return invalid("it is no signed envelope");
    }
    unsigned side = 0;
    const struct charter_key *key = find_key(chain, statement, &message.key_id, &side);
    if (key == NULL) {
        return invalid("its key is neither partner's in this charter");
    }
    if (signed_verify(&message, statement->coalition, purpose, &key->key) != ERR_OK) {
        return invalid("the signature does not verify");
    }
    /* What a revoked key said of its own half counts as far as its entries do. */
    const struct statement_half *half = &statement->halves[side];
    struct charter_place place = {PURPOSE_CLEARING_BATCH, &half->receiver, half->last_number};
    struct note note = {""};
    if (charter_key_counts(key, &place, &note) != ERR_OK) {
        return invalid(note.text);
    }
    result.signer = half->sender;
    result.state = PROOF_VALID;
    result.key = message.key_id;
    *out_payload = message.payload;
    return result;
}

/* Over exactly these bytes. */
static struct proof_signature prove_over(const struct charter_chain *chain,
                                         const struct pair_statement *statement,
                                         ProtobufCBinaryData envelope, enum purpose purpose,
                                         struct slice bytes)
{
    struct slice payload;
    struct proof_signature result =
        prove_envelope(chain, statement, slice_of_field(envelope), purpose, &payload);
    if (result.state == PROOF_VALID && !slice_equal(payload, bytes)) {
        return invalid("it is of other bytes than the statement's");
    }
    return result;
}

static struct proof_signature prove_partner(const struct charter_chain *chain,
                                            const struct pair_statement *statement,
                                            ProtobufCBinaryData envelope, struct arena *arena)
{
    struct slice payload;
    struct pair_statement theirs;
    struct note note = {""};
    struct proof_signature result =
        prove_envelope(chain, statement, slice_of_field(envelope), PURPOSE_STATEMENT, &payload);
    if (result.state == PROOF_VALID &&
        (wire_statement_decode(payload, arena, &theirs, &note) != ERR_OK ||
         !statement_equal(statement, &theirs, &note))) {
        return invalid(note.text);
    }
    return result;
}

/* Whose prices hold: those of the statement's epoch, or of a later one, which keeps them. */
static const struct charter *charter_with_prices(const struct charter_chain *chain, uint64_t epoch)
{
    const struct charter *last = charter_chain_last(chain);
    const struct charter *same = charter_chain_find(chain, epoch);
    return same != NULL ? same : last->epoch > epoch ? last : NULL;
}

static void prove_figures(const struct charter_chain *chain, struct arena *arena,
                          struct statement_proof *proof)
{
    const struct pair_statement *said = &proof->statement;
    const struct charter *charter = charter_with_prices(chain, said->charter_epoch);
    struct pair_statement made;
    struct roster roster;
    struct note note = {""};
    if (charter == NULL) {
        snprintf(proof->figures_why, sizeof proof->figures_why,
                 "the statement is of charter epoch %llu, the charter given of %llu",
                 (unsigned long long)said->charter_epoch,
                 (unsigned long long)charter_chain_last(chain)->epoch);
        return;
    }
    enum err err = charter_roster(charter, &said->halves[0].sender, &roster, &note);
    if (err == ERR_OK) {
        err = statement_make(&roster, charter->coalition, charter->currency, said->period,
                             said->halves, arena, &made);
        charter_roster_fini(&roster);
    }
    bool is_same = err == ERR_OK && statement_equal(said, &made, &note);
    proof->figures = is_same ? PROOF_VALID : PROOF_INVALID;
    if (!is_same) {
        snprintf(proof->figures_why, sizeof proof->figures_why, "%s",
                 note.text[0] == '\0' ? err_describe(err)->sentence : note.text);
    }
}

static void check_sides(struct statement_proof *proof)
{
    if (proof->own.state == PROOF_VALID && proof->countersigned.state == PROOF_VALID &&
        partner_id_equal(&proof->own.signer, &proof->countersigned.signer)) {
        proof->countersigned = invalid("it is by the statement's own maker");
    }
    if (proof->own.state == PROOF_VALID && proof->partner.state == PROOF_VALID &&
        partner_id_equal(&proof->own.signer, &proof->partner.signer)) {
        proof->partner = invalid("it is by the same partner");
    }
}

/* Both partners signed these terms of the half, and it names them. */
static bool is_proven_apart(const struct charter_chain *chain,
                            const struct pair_statement *statement, unsigned side,
                            const Talea__V1__AgreedApart *agreed, struct arena *arena,
                            struct apart_half *out_half)
{
    const struct statement_half *half = &statement->halves[side];
    const ProtobufCBinaryData envelopes[2] = {agreed->sender_signed, agreed->receiver_signed};
    const struct partner_id *signers[2] = {&half->sender, &half->receiver};
    struct slice payloads[2];
    struct note note = {""};
    for (unsigned i = 0; i < 2; i++) {
        struct proof_signature signature = prove_envelope(
            chain, statement, slice_of_field(envelopes[i]), PURPOSE_SET_APART, &payloads[i]);
        if (signature.state != PROOF_VALID || !partner_id_equal(&signature.signer, signers[i])) {
            return false;
        }
    }
    struct hash hash = hash_of(HASH_DOMAIN_APART, payloads[0]);
    return slice_equal(payloads[0], payloads[1]) && hash_equal(&hash, &half->apart_hash) &&
           wire_apart_decode(payloads[0], arena, out_half, &note) == ERR_OK &&
           partner_id_equal(&out_half->sender, &half->sender) &&
           partner_id_equal(&out_half->receiver, &half->receiver) &&
           period_equal(out_half->period, statement->period);
}

static void prove_apart(const Talea__V1__GetStatementResponse *document,
                        const struct charter_chain *chain, struct arena *arena,
                        struct statement_proof *proof)
{
    for (unsigned side = 0; side < 2; side++) {
        bool is_proven = false;
        if (hash_is_zero(&proof->statement.halves[side].apart_hash) || document->n_apart == 0) {
            continue;
        }
        for (size_t i = 0; i < document->n_apart && !is_proven; i++) {
            is_proven = is_proven_apart(chain, &proof->statement, side, document->apart[i], arena,
                                        &proof->apart[side]);
        }
        if (!is_proven) {
            proof->apart_state = PROOF_INVALID;
            snprintf(proof->apart_why, sizeof proof->apart_why,
                     "what is set apart of the half of %s is not here as both signed it",
                     proof->statement.halves[side].sender.text);
            return;
        }
        proof->apart_state = PROOF_VALID;
    }
}

enum err statement_prove(const Talea__V1__GetStatementResponse *document,
                         const struct charter_chain *chain, struct arena *arena,
                         struct statement_proof *out_proof, struct note *note)
{
    struct slice bytes = slice_of_field(document->statement);
    if (bytes.length == 0) {
        return note_set(note, ERR_INPUT, "there is no statement yet");
    }
    struct statement_proof proof = {.figures = PROOF_ABSENT};
    TRY(wire_statement_decode(bytes, arena, &proof.statement, note));
    const struct pair_statement *statement = &proof.statement;
    const char *coalition = charter_chain_last(chain)->coalition;
    if (strcmp(statement->coalition, coalition) != 0) {
        return note_set(note, ERR_INPUT, "the statement is of the coalition %s, the charter of %s",
                        statement->coalition, coalition);
    }
    proof.own = prove_over(chain, statement, document->own_signed, PURPOSE_STATEMENT, bytes);
    proof.countersigned = prove_over(chain, statement, document->partner_countersigned,
                                     PURPOSE_STATEMENT_COUNTERSIGN, bytes);
    proof.partner = prove_partner(chain, statement, document->partner_signed, arena);
    check_sides(&proof);
    prove_figures(chain, arena, &proof);
    prove_apart(document, chain, arena, &proof);
    *out_proof = proof;
    return ERR_OK;
}

bool statement_is_broken(const struct statement_proof *proof)
{
    return proof->own.state == PROOF_INVALID || proof->countersigned.state == PROOF_INVALID ||
           proof->partner.state == PROOF_INVALID || proof->figures == PROOF_INVALID ||
           proof->apart_state == PROOF_INVALID;
}

bool statement_is_agreed(const struct statement_proof *proof)
{
    return proof->own.state == PROOF_VALID && proof->countersigned.state == PROOF_VALID &&
           !statement_is_broken(proof);
}
