#include "dossier/dispute_audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "wire/fields.h"
#include "wire/messages.h"
#include "wire/signed_message.h"

/* One file on its way through. */
struct dispute_reading {
    struct proof_ground ground;
    uint64_t number; /* of the disputed entry */
    const Talea__V1__GetDisputeEvidenceResponse *message;
    struct dispute_proof proof;
};

static enum err flawed(const struct dispute_reading *reading, uint64_t number, const char *what,
                       const char *expected, const char *found)
{
    return audit_flawed(reading->ground.place, number, what, expected, found);
}

/* ---- Promises ---- */

/* Each must be the home's, who is the receiver of the entries; that of the entry is kept. */
static enum err read_grants(struct dispute_reading *reading)
{
    struct dispute_proof *proof = &reading->proof;
    const struct entry_proof *disputed = &proof->disputed;
    for (size_t i = 0; i < reading->message->n_grants; i++) {
        struct note why = {""};
        struct signed_message message;
        struct hold_grant grant;
        TRY(proof_open_signed(&reading->ground, reading->message->grants[i], PURPOSE_HOLD_GRANT,
                              &disputed->receiver, &disputed->sender, 0, &message));
        if (wire_hold_grant_decode(message.payload, &grant, &why) != ERR_OK) {
            return flawed(reading, 0, "a grant", "a hold's grant", why.text);
        }
        if (!partner_id_equal(&grant.home, &disputed->receiver) ||
            !partner_id_equal(&grant.redeemer, &disputed->sender)) {
            return flawed(reading, 0, "a grant", "one of the pair", "one of others");
        }
        if (disputed->entry.kind == ENTRY_CAPTURE &&
            uid_equal(&grant.hold, &disputed->entry.subject)) {
            proof->promise = PROMISE_GRANT;
            proof->grant = grant;
        }
    }
    return ERR_OK;
}

static enum err read_mandates(struct dispute_reading *reading)
{
    struct dispute_proof *proof = &reading->proof;
    const struct entry_proof *disputed = &proof->disputed;
    for (size_t i = 0; i < reading->message->n_mandates; i++) {
        struct note why = {""};
        struct signed_message message;
        struct mandate mandate;
        TRY(proof_open_signed(&reading->ground, reading->message->mandates[i], PURPOSE_MANDATE,
                              &disputed->receiver, &disputed->sender, 0, &message));
        if (wire_mandate_decode(message.payload, &mandate, &why) != ERR_OK) {
            return flawed(reading, 0, "a mandate", "a home's mandate", why.text);
        }
        if (!partner_id_equal(&mandate.home, &disputed->receiver) ||
            !partner_id_equal(&mandate.redeemer, &disputed->sender)) {
            return flawed(reading, 0, "a mandate", "one of the pair", "one of others");
        }
        bool is_its = disputed->entry.kind == ENTRY_CAPTURE &&
                      !uid_is_nil(&disputed->entry.mandate) &&
                      uid_equal(&mandate.id, &disputed->entry.mandate);
        if (is_its && proof->promise != PROMISE_GRANT) {
            proof->promise = PROMISE_MANDATE;
            proof->mandate = mandate;
        }
    }
    return ERR_OK;
}

static void judge(struct dispute_proof *proof)
{
    const struct clearing_entry *entry = &proof->disputed.entry;
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

/* ---- Steps ---- */

/* Is it said between the two, and about this entry? */
static bool is_line_of(const struct entry_proof *line, const struct entry_proof *disputed)
{
    bool is_of_sender = partner_id_equal(&line->sender, &disputed->sender);
    const struct partner_id *other = is_of_sender ? &disputed->receiver : &disputed->sender;
    return (is_of_sender || partner_id_equal(&line->sender, &disputed->receiver)) &&
           partner_id_equal(&line->receiver, other) && line->entry.dispute.step != 0 &&
           line->entry.dispute.number == disputed->entry.number &&
           line->entry.dispute.is_of_sender == is_of_sender;
}

static enum err read_line(struct dispute_reading *reading,
                          const Talea__V1__DisputeLineEvidence *message, struct entry_proof *out)
{
    struct entry_batch batch = {message->head, message->entries, message->n_entries,
                                message->receipt};
    enum err err = entry_prove(&reading->ground, &batch, message->number, out);
    if (err == ERR_NOT_FOUND) {
        return flawed(reading, message->number, "a step", "one that is in its batch", "none");
    }
    TRY(err);
    return is_line_of(out, &reading->proof.disputed)
               ? ERR_OK
               : flawed(reading, message->number, "a step", "one of the dispute about this entry",
                        "an entry about something else");
}

/* Whose they are follows from who opened. */
static void find_sides(struct dispute_proof *proof)
{
    const struct partner_id *opener = NULL;
    for (size_t i = 0; i < proof->line_count; i++) {
        const struct entry_proof *line = &proof->lines[i];
        if (line->entry.dispute.step == STEP_OPEN && line->refusal[0] == '\0') {
            opener = &line->sender;
        }
    }
    for (size_t i = 0; i < proof->line_count; i++) {
        bool is_openers = opener != NULL && partner_id_equal(&proof->lines[i].sender, opener);
        proof->sides[i] = opener == NULL ? (enum dispute_side)0
                          : is_openers   ? DISPUTE_OPENER
                                         : DISPUTE_ANSWERER;
    }
    proof->state = opener == NULL ? (enum dispute_state)0 : DISPUTE_OPENED;
}

/* Two sides' clocks do not tell their steps' order, their order of states does: whichever is in
 * order now is taken, the earliest first. */
static enum err follow(struct dispute_reading *reading)
{
    struct dispute_proof *proof = &reading->proof;
    bool *is_taken = arena_alloc(reading->ground.arena, proof->line_count * sizeof *is_taken);
    if (is_taken == NULL) {
        return ERR_RESOURCE;
    }
    memset(is_taken, 0, proof->line_count * sizeof *is_taken);
    for (bool has_moved = proof->state != 0; has_moved;) {
        size_t next = proof->line_count;
        for (size_t i = 0; i < proof->line_count; i++) {
            const struct entry_proof *line = &proof->lines[i];
            bool is_earlier =
                next == proof->line_count ||
                line->entry.business_time.ms < proof->lines[next].entry.business_time.ms;
            if (!is_taken[i] && line->refusal[0] == '\0' && is_earlier &&
                dispute_next(proof->state, proof->sides[i], line->entry.dispute.step) !=
                    DISPUTE_STATE_END) {
                next = i;
            }
        }
        has_moved = next != proof->line_count;
        if (has_moved) {
            enum dispute_step step = proof->lines[next].entry.dispute.step;
            is_taken[next] = true;
            proof->state = dispute_next(proof->state, proof->sides[next], step);
            proof->outcome = proof->outcome == RULING_NONE ? dispute_outcome(step) : proof->outcome;
        }
    }
    return ERR_OK;
}

static enum err read_lines(struct dispute_reading *reading)
{
    struct dispute_proof *proof = &reading->proof;
    struct arena *arena = reading->ground.arena;
    size_t count = reading->message->n_lines;
    if (count == 0) {
        return ERR_OK;
    }
    proof->lines = arena_alloc(arena, count * sizeof *proof->lines);
    proof->sides = arena_alloc(arena, count * sizeof *proof->sides);
    if (proof->lines == NULL || proof->sides == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < count; i++) {
        TRY(read_line(reading, reading->message->lines[i], &proof->lines[i]));
    }
    proof->line_count = count;
    find_sides(proof);
    return follow(reading);
}

/* ---- All of it ---- */

static enum err read_all(struct dispute_reading *reading)
{
    const Talea__V1__GetDisputeEvidenceResponse *message = reading->message;
    struct dispute_proof *proof = &reading->proof;
    struct entry_batch batch = {message->head, message->entries, message->n_entries,
                                message->receipt};
    TRY(entry_prove(&reading->ground, &batch, reading->number, &proof->disputed));
    proof->promise = proof->disputed.entry.kind == ENTRY_CAPTURE ? PROMISE_NONE : PROMISE_NOT_ASKED;
    TRY(read_grants(reading));
    TRY(read_mandates(reading));
    judge(proof);
    return read_lines(reading);
}

enum err dispute_audit(struct slice bytes, const struct charter_chain *chain, uint64_t number,
                       const struct audit_place *place, struct arena *arena,
                       struct dispute_proof *out_proof, struct note *note)
{
    struct note why = {""};
    struct fields fields = fields_begin("GetDisputeEvidenceResponse", &why);
    struct dispute_reading reading = {.ground = {chain, place, arena}, .number = number};
    reading.message = (const void *)fields_unpack(
        &fields, &talea__v1__get_dispute_evidence_response__descriptor, bytes, arena);
    if (reading.message == NULL) {
        return fields.err == ERR_RESOURCE
                   ? ERR_RESOURCE
                   : flawed(&reading, 0, "the file", "evidence about an entry", why.text);
    }
    enum err err = read_all(&reading);
    if (err == ERR_NOT_FOUND) {
        return note_set(note, ERR_NOT_FOUND, "the batch has the entries %" PRIu64 " to %" PRIu64,
                        reading.proof.disputed.first_number, reading.proof.disputed.last_number);
    }
    TRY(err);
    *out_proof = reading.proof;
    return ERR_OK;
}
