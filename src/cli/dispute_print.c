#include "cli/dispute_print.h"

#include "cli/amounts.h"

/* ---- For people ---- */

static void print_promise(FILE *out, const struct charter *charter,
                          const struct dispute_proof *proof)
{
    char text[AMOUNT_TEXT_MAX];
    char first[TIME_TEXT_MAX];
    char last[TIME_TEXT_MAX];
    const char *home = proof->disputed.receiver.text;
    unsigned decimals = charter->points_decimals;
    switch (proof->promise) {
    case PROMISE_NOT_ASKED:
        return;
    case PROMISE_NONE:
        fprintf(out, "promise    none is among the evidence\n");
        return;
    case PROMISE_GRANT:
        fprintf(out, "promise    %s granted %s on card %s, to be captured by %s UTC\n", home,
                amount_format(proof->grant.points.minor, decimals, text), proof->grant.card.digits,
                amounts_time(proof->grant.capture_by.ms, last));
        break;
    case PROMISE_MANDATE:
        fprintf(out, "promise    a mandate of %s: %s for one burn, from %s to %s UTC\n", home,
                amount_format(proof->mandate.floor.minor, decimals, text),
                amounts_time(proof->mandate.valid_from.ms, first),
                amounts_time(proof->mandate.valid_until.ms, last));
        break;
    }
    fprintf(out, "covered    %s\n",
            proof->is_covered ? "yes, in amount and time: the redeemer is right as far as the "
                                "evidence shows"
                              : "NO: beyond the promise's amount, time or card");
}

static void print_signatures(FILE *out, const struct entry_proof *proof)
{
    char key[KEY_ID_TEXT_MAX];
    fprintf(out, "signed     by %s, key %s: valid\n", proof->sender.text,
            key_id_format(&proof->sender_key, key));
    fprintf(
        out, "receipt    by %s, key %s: valid; %s%s\n", proof->receiver.text,
        key_id_format(&proof->receiver_key, key),
        proof->refusal[0] == '\0' ? "it took the entry" : "it refused the entry: ", proof->refusal);
}

static void print_line(FILE *out, const struct entry_proof *line)
{
    char key[KEY_ID_TEXT_MAX];
    char time[TIME_TEXT_MAX];
    fprintf(out, "step       %s, %s UTC: entry %llu of %s, key %s: valid; %s %s%s\n",
            dispute_step_name(line->entry.dispute.step),
            amounts_time(line->entry.business_time.ms, time),
            (unsigned long long)line->entry.number, line->sender.text,
            key_id_format(&line->sender_key, key), line->receiver.text,
            line->refusal[0] == '\0' ? "took it" : "refused it: ", line->refusal);
}

void dispute_print_proof(FILE *out, const struct charter *charter,
                         const struct dispute_proof *proof, bool with_steps)
{
    char hash[HASH_TEXT_MAX];
    fprintf(out, "hash       %s\n", hash_format(&proof->disputed.entry_hash, hash));
    print_signatures(out, &proof->disputed);
    print_promise(out, charter, proof);
    for (size_t i = 0; with_steps && i < proof->line_count; i++) {
        print_line(out, &proof->lines[i]);
    }
    if (proof->state != 0) {
        fprintf(out, "proven     %s%s%s, by %zu signed and receipted step%s\n",
                dispute_state_name(proof->state), proof->outcome == RULING_NONE ? "" : ", ",
                proof->outcome == RULING_NONE ? "" : dispute_ruling_name(proof->outcome),
                proof->line_count, proof->line_count == 1 ? "" : "s");
    }
}

/* ---- For programs ---- */

static const char *promise_name(enum dispute_promise promise)
{
    static const char *const names[] = {[PROMISE_NOT_ASKED] = "not asked",
                                        [PROMISE_NONE] = "none",
                                        [PROMISE_GRANT] = "grant",
                                        [PROMISE_MANDATE] = "mandate"};
    return names[promise];
}

static json_t *lines_json(const struct dispute_proof *proof)
{
    json_t *lines = json_array();
    for (size_t i = 0; i < proof->line_count; i++) {
        const struct entry_proof *line = &proof->lines[i];
        char key[KEY_ID_TEXT_MAX];
        char answer_key[KEY_ID_TEXT_MAX];
        json_t *row = json_pack(
            "{s:s, s:I, s:s, s:I, s:s, s:s, s:s, s:s}", "sender", line->sender.text, "number",
            (json_int_t)line->entry.number, "step", dispute_step_name(line->entry.dispute.step),
            "said_unix_ms", (json_int_t)line->entry.business_time.ms, "note",
            line->entry.dispute.note, "key", key_id_format(&line->sender_key, key), "receipt_key",
            key_id_format(&line->receiver_key, answer_key), "refusal", line->refusal);
        if (json_array_append_new(lines, row) != 0) {
            json_decref(lines);
            return NULL;
        }
    }
    return lines;
}

json_t *dispute_proof_json(const struct dispute_proof *proof)
{
    const struct entry_proof *disputed = &proof->disputed;
    const struct clearing_entry *entry = &disputed->entry;
    char hash[HASH_TEXT_MAX];
    char key[KEY_ID_TEXT_MAX];
    char answer_key[KEY_ID_TEXT_MAX];
    json_t *json = json_pack(
        "{s:b, s:s, s:s, s:I, s:s, s:I, s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:s}", "valid",
        1, "sender", disputed->sender.text, "receiver", disputed->receiver.text, "number",
        (json_int_t)entry->number, "kind", entry_kind_name(entry->kind), "points",
        (json_int_t)entry->points.minor, "card", entry->card.digits, "business_unix_ms",
        (json_int_t)entry->business_time.ms, "entry_hash", hash_format(&disputed->entry_hash, hash),
        "key", key_id_format(&disputed->sender_key, key), "receipt_key",
        key_id_format(&disputed->receiver_key, answer_key), "refusal", disputed->refusal, "promise",
        promise_name(proof->promise), "covered", (int)proof->is_covered, "proven_state",
        proof->state == 0 ? "" : dispute_state_name(proof->state), "proven_outcome",
        dispute_ruling_name(proof->outcome));
    if (json != NULL && json_object_set_new(json, "lines", lines_json(proof)) != 0) {
        json_decref(json);
        return NULL;
    }
    return json;
}

void dispute_flaw_text(const struct audit_flaw *flaw, char *out, size_t capacity)
{
    char at[32] = "";
    if (flaw->number != 0) {
        snprintf(at, sizeof at, ", entry %llu", (unsigned long long)flaw->number);
    }
    snprintf(out, capacity, "%.300s%s: %s: expected %s, found %s", flaw->file, at, flaw->what,
             flaw->expected, flaw->found);
}
