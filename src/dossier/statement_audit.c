#include "dossier/statement_audit.h"

#include <inttypes.h>
#include <stdio.h>

#include "wire/fields.h"

/* What the statement says of a line with what waits in dispute: that is in the stream, too. */
static struct receipt_total with_disputed(const struct statement_half *half,
                                          const struct receipt_total *line)
{
    struct receipt_total whole = *line;
    for (size_t i = 0; i < half->suspended_count; i++) {
        const struct receipt_total *waits = &half->suspended[i];
        if (waits->kind == line->kind && waits->tariff == line->tariff &&
            int64_add(whole.points, waits->points, &whole.points) != ERR_OK) {
            whole.points = INT64_MIN; /* no sum of entries */
        }
    }
    return whole;
}

static enum err check_totals(const struct audit_place *place, const struct statement_half *half,
                             const struct stream_summary *stream)
{
    size_t more = half->total_count > stream->total_count ? half->total_count : stream->total_count;
    for (size_t i = 0; i < more; i++) {
        static const struct receipt_total none = {0};
        const struct receipt_total whole =
            with_disputed(half, i < half->total_count ? &half->totals[i] : &none);
        const struct receipt_total *said = &whole;
        const struct receipt_total *ours = i < stream->total_count ? &stream->totals[i] : &none;
        char texts[2][96];
        if (said->kind == ours->kind && said->tariff == ours->tariff &&
            said->count == ours->count && said->points == ours->points) {
            continue;
        }
        for (unsigned side = 0; side < 2; side++) {
            const struct receipt_total *t = side == 0 ? ours : said;
            snprintf(texts[side], sizeof texts[side],
                     "%s, tariff %u: %" PRIu64 " entries, %" PRId64 " points",
                     entry_kind_name(t->kind), t->tariff, t->count, t->points);
        }
        return audit_flawed(place, 0, "totals in the statement", texts[0], texts[1]);
    }
    return ERR_OK;
}

/* Does the statement say what the entries add up to? */
static enum err check_half(const struct audit_place *where, const struct statement_half *half,
                           const struct stream_summary *stream)
{
    struct audit_place place = *where;
    snprintf(place.stream, sizeof place.stream, "%s to %s", half->sender.text, half->receiver.text);
    if (half->first_number != stream->head.first_number) {
        return audit_flawed_numbers(&place, 0, "first entry in the statement",
                                    stream->head.first_number, half->first_number);
    }
    if (half->last_number != stream->head.last_number || !stream->is_ended) {
        return audit_flawed_numbers(&place, 0, "last entry in the statement",
                                    stream->head.last_number, half->last_number);
    }
    if (!hash_equal(&half->last_hash, &stream->last_hash)) {
        return audit_flawed_hashes(&place, half->last_number,
                                   "hash of the last entry in the statement", &stream->last_hash,
                                   &half->last_hash);
    }
    if (!hash_is_zero(&half->root) && !hash_equal(&half->root, &stream->root)) {
        return audit_flawed_hashes(&place, 0, "root in the statement", &stream->root, &half->root);
    }
    return check_totals(&place, half, stream);
}

static enum err check_halves(const struct dossier *dossier, const struct audit_place *place,
                             const struct statement_proof *proof)
{
    for (unsigned side = 0; side < 2; side++) {
        const struct statement_half *half = &proof->statement.halves[side];
        const struct stream_summary *stream =
            dossier_stream(dossier, &half->sender, &half->receiver);
        if (stream == NULL) {
            return audit_flawed(place, 0, "pair of the statement", "one of the dossier's brand",
                                half->sender.text);
        }
        bool is_under_way = !statement_is_agreed(proof) && !stream->is_ended;
        if (!is_under_way) {
            TRY(check_half(place, half, stream));
        }
    }
    return ERR_OK;
}

static const char *state_of(const struct proof_signature *signature, const char *absent)
{
    return signature->state == PROOF_INVALID ? signature->why : absent;
}

static enum err judge(const struct dossier *dossier, const struct audit_place *place,
                      const struct statement_proof *proof)
{
    char texts[2][PERIOD_TEXT_MAX];
    if (proof->own.state != PROOF_VALID) {
        return audit_flawed(place, 0, "the maker's signature on the statement", "a valid one",
                            state_of(&proof->own, "none"));
    }
    if (statement_is_broken(proof)) {
        const struct proof_signature *other =
            proof->countersigned.state == PROOF_INVALID ? &proof->countersigned : &proof->partner;
        return other->state == PROOF_INVALID
                   ? audit_flawed(place, 0, "the partner's signature on the statement",
                                  "a valid one", other->why)
                   : audit_flawed(place, 0, "prices and net in the statement",
                                  "what follows from its totals and the charter",
                                  proof->figures_why);
    }
    if (proof->statement.period.code != dossier->period.code) {
        return audit_flawed(place, 0, "period of the statement",
                            period_format(dossier->period, texts[0]),
                            period_format(proof->statement.period, texts[1]));
    }
    return check_halves(dossier, place, proof);
}

enum err statement_audit(struct slice bytes, const struct dossier *dossier,
                         const struct audit_place *place, struct arena *arena,
                         struct statement_proof *out_proof, bool *out_is_there)
{
    struct note why = {""};
    struct fields fields = fields_begin("GetStatementResponse", &why);
    const Talea__V1__GetStatementResponse *document = (const void *)fields_unpack(
        &fields, &talea__v1__get_statement_response__descriptor, bytes, arena);
    bool is_there = document != NULL && document->statement.len > 0;
    enum err err = fields.err;
    if (is_there) {
        err = statement_prove(document, &dossier->chain, arena, out_proof, &why);
    }
    if (err != ERR_OK) {
        return err == ERR_RESOURCE
                   ? err
                   : audit_flawed(place, 0, "the statement", "a statement's export", why.text);
    }
    *out_is_there = is_there;
    return is_there ? judge(dossier, place, out_proof) : ERR_OK;
}
