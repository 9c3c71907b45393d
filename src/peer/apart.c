#include "peer/apart.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "peer/apart_parts.h"
#include "peer/pair.h"
#include "wire/messages.h"

static struct apart_lists *lists_create(void)
{
    struct apart_lists *lists = calloc(1, sizeof *lists);
    if (lists != NULL) {
        arena_init(&lists->arena, LIMIT_DECODED_BYTES);
    }
    return lists;
}

static void lists_destroy(struct apart_lists *lists)
{
    arena_fini(&lists->arena);
    free(lists);
}

static enum err encode_entry(const struct clearing_entry *entry, struct apart_lists *lists,
                             struct slice *out_bytes)
{
    uint8_t room[LIMIT_CLEARING_ENTRY_BYTES];
    struct buffer bytes = {.at = room, .capacity = sizeof room, .limit = sizeof room};
    TRY(wire_entry_encode(entry, &bytes));
    void *kept = arena_alloc(&lists->arena, bytes.length);
    if (kept == NULL) {
        return ERR_RESOURCE;
    }
    memcpy(kept, bytes.at, bytes.length);
    *out_bytes = slice_of(kept, bytes.length);
    return ERR_OK;
}

/* By rising numbers. */
static enum err add(struct clearing_entry *entries, size_t *count,
                    const struct clearing_entry *entry, struct note *note)
{
    size_t at = *count;
    if (*count == LIMIT_APART_ENTRIES) {
        return note_set(note, ERR_UNSUPPORTED, "more than %u entries differ", LIMIT_APART_ENTRIES);
    }
    while (at > 0 && entries[at - 1].number > entry->number) {
        entries[at] = entries[at - 1];
        at--;
    }
    if (at > 0 && entries[at - 1].number == entry->number) {
        memmove(&entries[at], &entries[at + 1], (*count - at) * sizeof entries[0]);
        return ERR_OK;
    }
    entries[at] = *entry;
    (*count)++;
    return ERR_OK;
}

/* Of another period there: under another number. */
static const struct clearing_entry *theirs_of(const struct apart_found *found,
                                              const struct clearing_entry *ours)
{
    for (size_t i = 0; i < found->pair_count; i++) {
        const struct clearing_entry *theirs = &found->pairs[i].theirs;
        if (found->pairs[i].has_theirs && theirs->kind == ours->kind &&
            uid_equal(&theirs->transaction_id, &ours->transaction_id) &&
            strcmp(theirs->card.digits, ours->card.digits) == 0) {
            return theirs;
        }
    }
    return NULL;
}

static enum err add_difference(const struct apart_found *found, const struct difference *difference,
                               struct apart_lists *lists, struct note *note)
{
    const struct entry_pair *pair = &found->pairs[difference->pair];
    const struct clearing_entry *theirs = pair->has_theirs ? &pair->theirs : NULL;
    bool has_ours = pair->has_ours && difference->kind != DIFFERENCE_MISSING_HERE;
    if (difference->kind == DIFFERENCE_PERIOD) {
        theirs = theirs_of(found, &pair->ours);
    } else if (difference->kind == DIFFERENCE_MISSING_THERE) {
        theirs = NULL;
    }
    if (has_ours) {
        TRY(add(lists->sent, &lists->half.sent_count, &pair->ours, note));
    }
    return theirs == NULL ? ERR_OK
                          : add(lists->received, &lists->half.received_count, theirs, note);
}

static enum err gather(const struct apart_found *found, struct apart_lists *lists,
                       struct note *note)
{
    struct apart_half *half = &lists->half;
    for (size_t i = 0; i < found->count; i++) {
        TRY(add_difference(found, &found->differences[i], lists, note));
    }
    for (size_t i = 0; i < half->sent_count; i++) {
        TRY(encode_entry(&lists->sent[i], lists, &half->sent[i]));
    }
    for (size_t i = 0; i < half->received_count; i++) {
        TRY(encode_entry(&lists->received[i], lists, &half->received[i]));
    }
    return half->sent_count + half->received_count == 0
               ? note_set(note, ERR_UNAVAILABLE, "no entry differs")
               : ERR_OK;
}

static enum err fill_half(const struct peer_host *host, const struct partner_id *partner,
                          struct period period, struct apart_half *half)
{
    struct half ended;
    struct stream stream;
    TRY(ledger_get_half(&host->view, STREAM_OUT, partner, period, &ended));
    TRY(ledger_get_stream(&host->view, host->roster, STREAM_OUT, partner, &stream));
    memcpy(half->coalition, host->charter->coalition, sizeof half->coalition);
    half->period = period;
    half->sender = host->roster->self;
    half->receiver = *partner;
    half->first_number = ended.first_number;
    half->last_number = ended.last_number;
    half->last_hash = ended.last_hash;
    half->receipt_number = stream.receipt_number;
    half->receipt_hash = stream.receipt_hash;
    return ERR_OK;
}

static enum err propose(const struct peer_host *host, const struct partner_id *partner,
                        struct period period, const struct apart_found *found,
                        struct apart_lists *lists, struct buffer *out_signed, struct note *note)
{
    CLEANUP(buffer_fini) struct buffer payload = {0};
    TRY(gather(found, lists, note));
    lists->half.received_refused = found->received_refused;
    TRY(fill_half(host, partner, period, &lists->half));
    TRY(apart_check(host, partner, STREAM_OUT, lists, note));
    TRY(wire_apart_encode(&lists->half, &payload));
    buffer_clear(out_signed);
    return peer_sign(host, PURPOSE_SET_APART, buffer_slice(&payload), out_signed);
}

/* Said already: the same again. */
static enum err propose_again(const struct peer_host *host, const struct partner_id *partner,
                              struct period period, struct buffer *out_signed)
{
    struct apart_row known;
    TRY(ledger_get_apart(&host->view, STREAM_OUT, partner, period, &known));
    buffer_clear(out_signed);
    return peer_renew(host, known.own_signed, out_signed);
}

enum err apart_propose(const struct peer_host *host, const struct partner_id *partner,
                       struct period period, const struct apart_found *found,
                       struct buffer *out_signed, struct note *note)
{
    enum err err = propose_again(host, partner, period, out_signed);
    if (err != ERR_NOT_FOUND) {
        return err;
    }
    struct apart_lists *lists = lists_create();
    if (lists == NULL) {
        return ERR_RESOURCE;
    }
    err = propose(host, partner, period, found, lists, out_signed, note);
    lists_destroy(lists);
    return err;
}

enum err apart_keep(const struct peer_host *host, const struct partner_id *partner,
                    enum stream_direction direction, const struct apart_half *half,
                    struct slice own_signed, const struct signed_message *theirs, struct note *note)
{
    CLEANUP(buffer_fini) struct buffer terms = {0};
    CLEANUP(buffer_fini) struct buffer partner_signed = {0};
    struct command command = {
        .kind = COMMAND_SET_APART, .origin = host->roster->self, .business_time = host->now};
    apart_half_encode(half, &terms);
    TRY(terms.err);
    TRY(signed_encode(theirs, &partner_signed));
    command.apart = (struct command_apart){
        *partner, direction, {buffer_slice(&terms), own_signed, buffer_slice(&partner_signed)}};
    enum err err = engine_execute(host->engine, &command).err;
    return err == ERR_OK ? ERR_OK
                         : note_set(note, err, "the half is not as it was when it was signed");
}

enum err apart_decode(struct slice payload, struct apart_lists *lists, struct note *note)
{
    struct apart_half *half = &lists->half;
    TRY(wire_apart_decode(payload, &lists->arena, half, note));
    for (size_t i = 0; i < half->sent_count; i++) {
        TRY(wire_entry_decode(half->sent[i], &lists->sent[i], note));
    }
    for (size_t i = 0; i < half->received_count; i++) {
        TRY(wire_entry_decode(half->received[i], &lists->received[i], note));
    }
    return ERR_OK;
}

/* Its payload, when it is what is set apart already. */
static enum err answer_again(const struct peer_host *host, const struct partner_id *caller,
                             const struct apart_lists *lists, struct slice payload,
                             struct buffer *out_signed, struct note *note)
{
    struct apart_row known;
    struct signed_message own;
    TRY(ledger_get_apart(&host->view, STREAM_IN, caller, lists->half.period, &known));
    TRY(signed_decode(known.own_signed, &own));
    return slice_equal(own.payload, payload)
               ? peer_renew(host, known.own_signed, out_signed)
               : note_set(note, ERR_DISAGREE, "something else is set apart of the half");
}

static enum err answer(const struct peer_host *host, const struct partner_id *caller,
                       const struct signed_message *terms, struct apart_lists *lists,
                       struct buffer *out_signed, uint32_t *out_refused, struct note *note)
{
    const struct apart_half *half = &lists->half;
    TRY(peer_verify(host, terms, PURPOSE_SET_APART, caller, note));
    TRY(apart_decode(terms->payload, lists, note));
    if (!partner_id_equal(&half->sender, caller) ||
        !partner_id_equal(&half->receiver, &host->roster->self) ||
        strcmp(half->coalition, host->charter->coalition) != 0) {
        return note_set(note, ERR_DENIED, "the half is another pair's");
    }
    enum err err = answer_again(host, caller, lists, terms->payload, out_signed, note);
    if (err != ERR_NOT_FOUND) {
        return err;
    }
    TRY(apart_check(host, caller, STREAM_IN, lists, note));
    *out_refused = lists->own_refused;
    if (lists->own_refused != half->received_refused) {
        return ERR_OK;
    }
    TRY(peer_sign(host, PURPOSE_SET_APART, terms->payload, out_signed));
    return apart_keep(host, caller, STREAM_IN, half, buffer_slice(out_signed), terms, note);
}

enum err apart_answer(const struct peer_host *host, const struct partner_id *caller,
                      const struct signed_message *terms, struct buffer *out_signed,
                      uint32_t *out_refused, struct note *note)
{
    struct apart_lists *lists = lists_create();
    if (lists == NULL) {
        return ERR_RESOURCE;
    }
    buffer_clear(out_signed);
    *out_refused = 0;
    enum err err = answer(host, caller, terms, lists, out_signed, out_refused, note);
    if (err != ERR_OK) {
        buffer_clear(out_signed);
    }
    lists_destroy(lists);
    return err;
}

enum err apart_take(const struct peer_host *host, const struct partner_id *partner,
                    struct slice own_signed, const struct signed_message *answered,
                    struct note *note)
{
    struct signed_message own;
    struct apart_half half;
    CLEANUP(arena_fini) struct arena arena;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    TRY(signed_decode(own_signed, &own));
    TRY(peer_verify(host, answered, PURPOSE_SET_APART, partner, note));
    if (!slice_equal(own.payload, answered->payload)) {
        return note_set(note, ERR_DISAGREE, "%s signed other terms than ours", partner->text);
    }
    TRY(wire_apart_decode(own.payload, &arena, &half, note));
    return apart_keep(host, partner, STREAM_OUT, &half, own_signed, answered, note);
}

/* ---- An answer that was lost ---- */

enum err apart_show(const struct peer_host *host, const struct partner_id *caller,
                    struct period period, struct buffer *out_signed)
{
    struct apart_row known;
    TRY(ledger_get_apart(&host->view, STREAM_IN, caller, period, &known));
    buffer_clear(out_signed);
    return peer_renew(host, known.own_signed, out_signed);
}

static enum err take_shown(const struct peer_host *host, const struct partner_id *partner,
                           struct period period, const struct signed_message *theirs,
                           struct apart_lists *lists, struct note *note)
{
    const struct apart_half *half = &lists->half;
    CLEANUP(buffer_fini) struct buffer own_signed = {0};
    TRY(peer_verify(host, theirs, PURPOSE_SET_APART, partner, note));
    TRY(apart_decode(theirs->payload, lists, note));
    if (!partner_id_equal(&half->sender, &host->roster->self) ||
        !partner_id_equal(&half->receiver, partner) || !period_equal(half->period, period) ||
        strcmp(half->coalition, host->charter->coalition) != 0) {
        return note_set(note, ERR_DENIED, "the half is another one");
    }
    TRY(apart_check(host, partner, STREAM_OUT, lists, note));
    if (lists->own_refused != half->sent_refused) {
        return note_set(note, ERR_DISAGREE, "other entries of the half were refused here");
    }
    TRY(peer_sign(host, PURPOSE_SET_APART, theirs->payload, &own_signed));
    return apart_keep(host, partner, STREAM_OUT, half, buffer_slice(&own_signed), theirs, note);
}

enum err apart_take_shown(const struct peer_host *host, const struct partner_id *partner,
                          struct period period, const struct signed_message *theirs,
                          struct note *note)
{
    struct apart_lists *lists = lists_create();
    if (lists == NULL) {
        return ERR_RESOURCE;
    }
    enum err err = take_shown(host, partner, period, theirs, lists, note);
    lists_destroy(lists);
    return err;
}

/* ---- As it is kept ---- */

static enum err load_lines(struct apart_of_half *apart, struct arena *arena)
{
    struct apart_lists *lists = calloc(1, sizeof *lists);
    if (lists == NULL) {
        return ERR_RESOURCE;
    }
    const struct apart_half *half = &apart->half;
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < half->sent_count; i++) {
        err = wire_entry_decode(half->sent[i], &lists->sent[i], NULL);
    }
    for (size_t i = 0; err == ERR_OK && i < half->received_count; i++) {
        err = wire_entry_decode(half->received[i], &lists->received[i], NULL);
    }
    if (err == ERR_OK) {
        err = apart_decide(
            (struct apart_list){lists->sent, half->sent_count, half->sent_refused},
            (struct apart_list){lists->received, half->received_count, half->received_refused},
            &lists->outcome, NULL);
    }
    size_t size = lists->outcome.line_count * sizeof lists->outcome.lines[0];
    if (err == ERR_OK && size > 0) {
        apart->lines = arena_alloc(arena, size);
        err = apart->lines == NULL ? ERR_RESOURCE : ERR_OK;
    }
    if (err == ERR_OK && size > 0) {
        apart->line_count = lists->outcome.line_count;
        memcpy(apart->lines, lists->outcome.lines, size);
    }
    free(lists);
    return err;
}

enum err apart_load(const struct ledger_view *view, enum stream_direction direction,
                    const struct partner_id *partner, struct period period, struct arena *arena,
                    struct apart_of_half *out_apart)
{
    struct apart_row row;
    struct signed_message own;
    struct apart_of_half apart = {.line_count = 0};
    TRY(ledger_get_apart(view, direction, partner, period, &row));
    TRY(apart_half_decode(row.terms, &apart.half));
    TRY(signed_decode(row.own_signed, &own));
    apart.hash = hash_of(HASH_DOMAIN_APART, own.payload);
    TRY(load_lines(&apart, arena));
    *out_apart = apart;
    return ERR_OK;
}

enum err apart_signatures(const struct ledger_view *view, enum stream_direction direction,
                          const struct partner_id *partner, struct period period,
                          struct buffer out_signed[2])
{
    struct apart_row row;
    TRY(ledger_get_apart(view, direction, partner, period, &row));
    write_bytes(&out_signed[0], row.own_signed.at, row.own_signed.length);
    write_bytes(&out_signed[1], row.partner_signed.at, row.partner_signed.length);
    TRY(out_signed[0].err);
    return out_signed[1].err;
}
