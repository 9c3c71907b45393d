#include "peer/reconciling.h"

#include <inttypes.h>
#include <stdlib.h>

#include "wire/messages.h"

/* What was set apart is not looked for again. */
static enum err check_apart(const struct peer_host *host, const struct partner_id *partner,
                            enum stream_direction direction, struct period period,
                            struct note *note)
{
    struct apart_row row;
    enum err err = ledger_get_apart(&host->view, direction, partner, period, &row);
    if (err == ERR_NOT_FOUND) {
        return ERR_OK;
    }
    return err == ERR_OK ? note_set(note, ERR_UNSUPPORTED,
                                    "what differed in the half is set apart: see its disputes")
                         : err;
}

/* ---- As the caller ---- */

enum err comparison_open(struct comparison *comparison, const struct peer_host *host,
                         const struct partner_id *partner, enum stream_direction direction,
                         struct period period, struct note *note)
{
    struct stream stream;
    uint64_t last = 0;
    TRY(ledger_get_stream(&host->view, host->roster, direction, partner, &stream));
    if (period.code == stream.period.code) {
        last = stream.receipted_number;
    }
    comparison->question = (struct half_question){period, direction == STREAM_OUT, last};
    comparison->pair_count = 0;
    comparison->difference_count = 0;
    if (period.code == stream.period.code && last < stream.period_first_number) {
        return note_set(note, ERR_NOT_FOUND, "nothing of the period is receipted");
    }
    TRY(check_apart(host, partner, direction, period, note));
    TRY(half_open(&comparison->half, host, partner, direction, period, last, note));
    reconcile_begin(&comparison->search, &comparison->half.tree, comparison->half.first_number);
    return ERR_OK;
}

void comparison_close(struct comparison *comparison)
{
    half_close(&comparison->half);
    buffer_fini(&comparison->claim);
}

void comparison_ask(struct comparison *comparison, struct compare_request *out_request)
{
    size_t count;
    const struct tree_place *places = reconcile_ask(&comparison->search, &count);
    for (size_t i = 0; i < count; i++) {
        comparison->indexes[i] = places[i].index;
    }
    *out_request =
        (struct compare_request){comparison->question, places[0].level, comparison->indexes, count};
}

/* The partner's signed word is about this half, and says what the answer says. */
static enum err take_claim(struct comparison *comparison, const struct peer_host *host,
                           const struct compare_answer *answer, struct note *note)
{
    const struct half_view *half = &comparison->half;
    const struct partner_id *self = &host->roster->self;
    bool is_out = half->direction == STREAM_OUT;
    struct half_root root;
    if (answer->count == 0) {
        return ERR_OK; /* there is nothing to claim */
    }
    if (answer->claim == NULL) {
        return note_set(note, ERR_INPUT, "%s does not sign what it has", half->partner.text);
    }
    TRY(peer_verify(host, answer->claim, PURPOSE_HALF_ROOT, &half->partner, note));
    TRY(wire_half_root_decode(answer->claim->payload, &root, note));
    bool is_it = partner_id_equal(&root.holder, &half->partner) &&
                 partner_id_equal(&root.sender, is_out ? self : &half->partner) &&
                 partner_id_equal(&root.receiver, is_out ? &half->partner : self) &&
                 root.period.code == half->period.code &&
                 root.first_number == answer->first_number && root.count == answer->count &&
                 answer->hash_count == 1 && hash_equal(&root.root, &answer->hashes[0]);
    if (!is_it) {
        return note_set(note, ERR_DISAGREE, "%s signed another root than it shows",
                        half->partner.text);
    }
    buffer_clear(&comparison->claim);
    return signed_encode(answer->claim, &comparison->claim);
}

enum err comparison_take(struct comparison *comparison, const struct peer_host *host,
                         const struct compare_answer *answer, struct note *note)
{
    struct reconcile_answer said = {answer->first_number, answer->count, answer->hashes,
                                    answer->hash_count};
    comparison->half.host = host;
    if (comparison->search.stage == RECONCILE_ROOT) {
        TRY(take_claim(comparison, host, answer, note));
    }
    return reconcile_take(&comparison->search, &said, note);
}

void comparison_show(struct comparison *comparison, struct entries_request *out_request)
{
    struct comparison *c = comparison;
    for (size_t i = 0; i < c->search.node_count; i++) {
        c->numbers[i] = c->search.first_number + c->search.nodes[i].index;
    }
    *out_request =
        (struct entries_request){c->question.sent_by_caller, c->numbers, c->search.node_count};
}

/* An entry of ours, under its number. */
static enum err keep_ours(void *context, uint64_t number, struct slice bytes)
{
    struct entry_pair *pair = context;
    pair->has_ours = number == pair->number;
    return wire_entry_decode(bytes, &pair->ours, NULL);
}

/* Was it this that the partner's leaf was made of? */
static bool is_shown_leaf(const struct reconcile *search, size_t i, struct slice bytes)
{
    const struct hash *theirs = &search->nodes[i].theirs;
    if (hash_is_zero(theirs)) {
        return true; /* of another period there, or none */
    }
    struct hash leaf = tree_leaf(entry_body(bytes));
    return bytes.length > 0 && hash_equal(&leaf, theirs);
}

enum err comparison_take_shown(struct comparison *comparison, const struct peer_host *host,
                               const struct slice *entries, size_t count, struct note *note)
{
    struct comparison *c = comparison;
    c->half.host = host;
    if (count != c->search.node_count) {
        return note_set(note, ERR_DISAGREE, "%s shows another number of entries",
                        c->half.partner.text);
    }
    for (size_t i = 0; i < count; i++) {
        struct entry_pair *pair = &c->pairs[i];
        *pair = (struct entry_pair){.number = c->numbers[i], .has_theirs = entries[i].length > 0};
        TRY(half_entries(&c->half, pair->number, 1, keep_ours, pair));
        if (!is_shown_leaf(&c->search, i, entries[i])) {
            return note_set(note, ERR_DISAGREE,
                            "%s shows another entry %" PRIu64 " than its tree has",
                            c->half.partner.text, pair->number);
        }
        if (pair->has_theirs) {
            TRY(wire_entry_decode(entries[i], &pair->theirs, note));
        }
    }
    c->pair_count = count;
    /* Of an open period the partner may have more than was asked about. */
    bool is_cut = c->search.is_cut || c->question.last_number != 0;
    c->difference_count = differences_classify(c->pairs, count, is_cut, c->differences);
    return ERR_OK;
}

/* ---- As the callee ---- */

static enum err sign_root(const struct half_view *half, const struct compare_answer *answer,
                          struct buffer *out_claim)
{
    const struct peer_host *host = half->host;
    const struct partner_id *self = &host->roster->self;
    struct buffer payload = {0};
    struct half_root root = {.holder = *self,
                             .sender = half->direction == STREAM_OUT ? *self : half->partner,
                             .receiver = half->direction == STREAM_OUT ? half->partner : *self,
                             .period = half->period,
                             .first_number = answer->first_number,
                             .count = answer->count,
                             .root = answer->hashes[0],
                             .said = host->now};
    enum err err = wire_half_root_encode(&root, &payload);
    if (err == ERR_OK) {
        err = peer_sign(host, PURPOSE_HALF_ROOT, buffer_slice(&payload), out_claim);
    }
    buffer_fini(&payload);
    return err;
}

static enum err answer(struct half_view *half, const struct compare_request *request,
                       struct compare_room *room, struct compare_answer *out_answer,
                       struct buffer *out_claim)
{
    for (size_t i = 0; i < request->count; i++) {
        struct tree_place place = {request->level, request->indexes[i]};
        TRY(reconcile_answer_places(&half->tree, &place, 1, &room->hashes[i]));
    }
    *out_answer = (struct compare_answer){.first_number = half->first_number,
                                          .count = half->tree.count,
                                          .hashes = room->hashes,
                                          .hash_count = request->count};
    bool is_root = request->level == TREE_LEVELS && request->count == 1 && half->tree.count > 0 &&
                   request->indexes[0] == 0;
    buffer_clear(out_claim);
    if (is_root) {
        TRY(sign_root(half, out_answer, out_claim));
        TRY(signed_decode(buffer_slice(out_claim), &room->claim));
        out_answer->claim = &room->claim;
    }
    return ERR_OK;
}

enum err reconciling_answer(const struct peer_host *host, const struct partner_id *caller,
                            const struct compare_request *request, struct compare_room *room,
                            struct compare_answer *out_answer, struct buffer *out_claim,
                            struct note *note)
{
    struct half_view *half = calloc(1, sizeof *half);
    enum stream_direction direction = request->half.sent_by_caller ? STREAM_IN : STREAM_OUT;
    if (half == NULL) {
        return ERR_RESOURCE;
    }
    enum err err = check_apart(host, caller, direction, request->half.period, note);
    if (err == ERR_OK) {
        err = half_open(half, host, caller, direction, request->half.period,
                        request->half.last_number, note);
    }
    if (err == ERR_OK) {
        err = answer(half, request, room, out_answer, out_claim);
    }
    half_close(half);
    free(half);
    return err;
}

static enum err keep_bytes(void *context, uint64_t number, struct slice bytes)
{
    struct buffer *out = context;
    (void)number;
    write_bytes(out, bytes.at, bytes.length);
    return out->err;
}

enum err reconciling_show(const struct peer_host *host, const struct partner_id *caller,
                          const struct entries_request *request, struct entry_span *out_spans,
                          struct buffer *out_bytes)
{
    struct half_view *half = calloc(1, sizeof *half);
    if (half == NULL) {
        return ERR_RESOURCE;
    }
    half->host = host;
    half->partner = *caller;
    half->direction = request->sent_by_caller ? STREAM_IN : STREAM_OUT;
    outbox_reader_init(&half->outbox, engine_journal(host->engine), host->view);
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < request->count; i++) {
        out_spans[i].at = out_bytes->length;
        err = half_entries(half, request->numbers[i], 1, keep_bytes, out_bytes);
        out_spans[i].length = out_bytes->length - out_spans[i].at;
    }
    half_close(half);
    free(half);
    return err;
}
