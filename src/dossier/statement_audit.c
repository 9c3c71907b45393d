#include "dossier/statement_audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "wire/fields.h"
#include "wire/messages.h"

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

/* ---- What was set apart ---- */

static bool decode_entries(const struct slice *bytes, size_t count,
                           struct clearing_entry *out_entries)
{
    for (size_t i = 0; i < count; i++) {
        if (wire_entry_decode(bytes[i], &out_entries[i], NULL) != ERR_OK) {
            return false;
        }
    }
    return true;
}

/* The lists of both, and what follows from them. */
struct apart_lists {
    struct clearing_entry sent[LIMIT_APART_ENTRIES];
    struct clearing_entry received[LIMIT_APART_ENTRIES];
    struct apart_outcome outcome;
};

static bool decide_apart(const struct apart_half *half, struct apart_lists *out_lists)
{
    struct note note;
    return decode_entries(half->sent, half->sent_count, out_lists->sent) &&
           decode_entries(half->received, half->received_count, out_lists->received) &&
           apart_decide((struct apart_list){out_lists->sent, half->sent_count, half->sent_refused},
                        (struct apart_list){out_lists->received, half->received_count,
                                            half->received_refused},
                        &out_lists->outcome, &note) == ERR_OK;
}

static struct receipt_total *find_line(struct receipt_total *totals, size_t count,
                                       const struct clearing_entry *entry)
{
    for (size_t i = 0; i < count; i++) {
        if (totals[i].kind == entry->kind && totals[i].tariff == entry->tariff) {
            return &totals[i];
        }
    }
    return NULL;
}

static bool move_total(const struct apart_half *half, struct receipt_total *totals, size_t count,
                       const struct clearing_entry *entry, int sign, int64_t points)
{
    struct receipt_total *line = find_line(totals, count, entry);
    if (!period_equal(entry->period, half->period)) {
        return true;
    }
    if (line == NULL) {
        return false;
    }
    line->count += (uint64_t)(int64_t)sign;
    return int64_add(line->points, sign * points, &line->points) == ERR_OK;
}

/* From what the holder's stream adds up to, to what both have of it. */
static bool take_apart(const struct apart_half *half, const struct apart_lists *lists,
                       bool is_sender, struct receipt_total *totals, size_t count)
{
    const struct clearing_entry *own = is_sender ? lists->sent : lists->received;
    size_t own_count = is_sender ? half->sent_count : half->received_count;
    uint32_t refused = is_sender ? half->sent_refused : half->received_refused;
    bool is_done = true;
    for (size_t i = 0; i < lists->outcome.common_count; i++) {
        const struct apart_common *common = &lists->outcome.commons[i];
        is_done = is_done && move_total(half, totals, count, &lists->sent[common->sent], 1,
                                        common->points.minor);
    }
    for (size_t i = 0; i < own_count; i++) {
        is_done = is_done && (apart_is_refused(refused, i) ||
                              move_total(half, totals, count, &own[i], -1, own[i].points.minor));
    }
    return is_done;
}

/* A total of no entries is not said. */
static size_t drop_zeros(struct receipt_total *totals, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (totals[i].count > 0) {
            totals[kept++] = totals[i];
        }
    }
    return kept;
}

static bool lines_equal(const struct statement_half *half, const struct apart_outcome *outcome)
{
    bool is_same = half->apart_count == outcome->line_count;
    for (size_t i = 0; is_same && i < half->apart_count; i++) {
        is_same = receipt_total_compare(&half->apart[i], &outcome->lines[i]) == 0 &&
                  half->apart[i].count == outcome->lines[i].count &&
                  half->apart[i].points == outcome->lines[i].points;
    }
    return is_same;
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

/* The same of a half of which entries were set apart: its ends, its root and what is in dispute are
 * as both signed, and its totals what the holder's entries leave. */
static enum err check_apart(const struct audit_place *where, const struct statement_half *half,
                            const struct stream_summary *stream, const struct apart_half *apart,
                            bool is_sender)
{
    static const char *const unlike[2] = {"as both signed what is set apart", "something else"};
    struct audit_place place = *where;
    struct receipt_total totals[RECEIPT_TOTALS_MAX];
    struct stream_summary rest = *stream;
    struct apart_lists lists;
    snprintf(place.stream, sizeof place.stream, "%s to %s", half->sender.text, half->receiver.text);
    bool is_signed =
        half->first_number == apart->first_number && half->last_number == apart->last_number &&
        hash_equal(&half->last_hash, &apart->last_hash) && hash_equal(&half->root, &apart->root) &&
        decide_apart(apart, &lists) && lines_equal(half, &lists.outcome);
    if (!is_signed) {
        return audit_flawed(&place, 0, "half in the statement", unlike[0], unlike[1]);
    }
    if (is_sender && !hash_equal(&half->last_hash, &stream->last_hash)) {
        return audit_flawed_hashes(&place, half->last_number,
                                   "hash of the last entry in the statement", &stream->last_hash,
                                   &half->last_hash);
    }
    if (stream->total_count > RECEIPT_TOTALS_MAX) {
        return ERR_RESOURCE;
    }
    memcpy(totals, stream->totals, stream->total_count * sizeof totals[0]);
    if (!take_apart(apart, &lists, is_sender, totals, stream->total_count)) {
        return audit_flawed(&place, 0, "entries that are set apart", "those of the stream",
                            "others");
    }
    rest.totals = totals;
    rest.total_count = drop_zeros(totals, stream->total_count);
    return check_totals(&place, half, &rest);
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
        if (is_under_way) {
            continue;
        }
        bool is_sender = partner_id_equal(&dossier->holder, &half->sender);
        TRY(hash_is_zero(&half->apart_hash)
                ? check_half(place, half, stream)
                : check_apart(place, half, stream, &proof->apart[side], is_sender));
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
        if (proof->apart_state == PROOF_INVALID) {
            return audit_flawed(place, 0, "what is set apart of the statement", "as both signed it",
                                proof->apart_why);
        }
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
    bool has_apart = !hash_is_zero(&proof->statement.halves[0].apart_hash) ||
                     !hash_is_zero(&proof->statement.halves[1].apart_hash);
    if (has_apart && proof->apart_state != PROOF_VALID) {
        return audit_flawed(place, 0, "what is set apart of the statement", "as both signed it",
                            "it is not here");
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
