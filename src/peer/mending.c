#include "peer/mending.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "peer/pair.h"
#include "wire/messages.h"

const char *mend_action_name(enum mend_action action)
{
    switch (action) {
    case MEND_KEEP:
        return "keep";
    case MEND_RECOVER:
        return "recover";
    case MEND_FREEZE:
        return "freeze";
    case MEND_DISPUTE:
        return "dispute";
    case MEND_WAIT:
        return "wait";
    case MEND_SET_APART:
        return "set-apart";
    }
    return "unknown";
}

/* ---- Our own half ---- */

enum err mending_check_pair(const struct peer_host *host, const struct partner_id *partner,
                            struct period period, struct half_check out_checks[2],
                            struct note *note)
{
    TRY(half_check(host, partner, STREAM_OUT, period, &out_checks[0], note));
    return half_check(host, partner, STREAM_IN, period, &out_checks[1], note);
}

static enum err differs_from_signed(const struct peer_host *host, const struct partner_id *partner,
                                    struct period period, struct slice own_signed,
                                    bool *out_differs)
{
    struct signed_message own;
    struct pair_statement said;
    struct pair_statement now;
    struct note note;
    CLEANUP(arena_fini) struct arena arena;
    arena_init(&arena, LIMIT_DECODED_BYTES);
    TRY(signed_decode(own_signed, &own));
    TRY(wire_statement_decode(own.payload, &arena, &said, NULL));
    TRY(pair_statement_compute(&host->view, host->charter, host->roster, partner, period, &arena,
                               &now, &note));
    *out_differs = !statement_equal(&now, &said, &note);
    return ERR_OK;
}

enum err mending_is_due(const struct peer_host *host, const struct partner_id *partner,
                        struct period period, bool *out_is_due)
{
    struct pair_row row = {0};
    *out_is_due = false;
    enum err err = pair_row_load(&host->view, partner, period, &row);
    if (err == ERR_OK && row.pair.own_signed.length > 0) {
        err = differs_from_signed(host, partner, period, row.pair.own_signed, out_is_due);
    }
    pair_row_fini(&row);
    return err;
}

/* ---- What the signatures decide ---- */

/* Two heads of one stream that can't both be honest? */
static bool are_two_batches(const struct mend_case *mend)
{
    struct batch_head ours;
    struct batch_head theirs;
    return mend->ours != NULL && mend->theirs != NULL && mend->ours->head != NULL &&
           mend->theirs->head != NULL &&
           wire_head_decode(mend->ours->head->payload, &ours, NULL) == ERR_OK &&
           wire_head_decode(mend->theirs->head->payload, &theirs, NULL) == ERR_OK &&
           heads_contradict(&ours, &theirs);
}

static enum err freeze_for_batches(const struct peer_host *host, const struct mend_case *mend,
                                   const char *reason)
{
    const struct half_view *half = &mend->comparison->half;
    CLEANUP(buffer_fini) struct buffer ours = {0};
    CLEANUP(buffer_fini) struct buffer theirs = {0};
    TRY(signed_encode(mend->ours->head, &ours));
    TRY(signed_encode(mend->theirs->head, &theirs));
    return engine_freeze_proven(host->engine, &half->partner, half->direction, EVIDENCE_TWO_BATCHES,
                                reason, buffer_slice(&ours), buffer_slice(&theirs));
}

/* The partner's word on its half, or what it holds of us. */
static enum err freeze_for_claim(const struct peer_host *host, const struct mend_case *mend,
                                 const char *reason)
{
    const struct half_view *half = &mend->comparison->half;
    return engine_freeze(host->engine, &half->partner, half->direction, reason,
                         buffer_slice(&mend->comparison->claim));
}

static enum err freeze(const struct peer_host *host, const struct mend_case *mend,
                       struct note *note)
{
    const struct half_view *half = &mend->comparison->half;
    bool is_out = half->direction == STREAM_OUT;
    struct stream stream;
    TRY(ledger_get_stream(&host->view, host->roster, half->direction, &half->partner, &stream));
    if (mend->ruling == RULING_BOTH) {
        note_set(note, ERR_DISAGREE, "two entries %" PRIu64 " of %s's stream to %s are signed",
                 mend->pair->number, is_out ? host->roster->self.text : half->partner.text,
                 is_out ? half->partner.text : host->roster->self.text);
    } else {
        note_set(note, ERR_DISAGREE,
                 "this ledger has another entry %" PRIu64 " %s %s than it signed for",
                 mend->pair->number, is_out ? "to" : "from", half->partner.text);
    }
    if (stream.is_frozen) {
        return ERR_OK;
    }
    bool is_proof = mend->ruling == RULING_BOTH && !is_out && are_two_batches(mend);
    return is_proof ? freeze_for_batches(host, mend, note->text)
                    : freeze_for_claim(host, mend, note->text);
}

/* Does the partner hold more of us than is here? */
static enum err is_behind(const struct peer_host *host, const struct mend_case *mend,
                          bool *out_is_behind)
{
    const struct half_view *half = &mend->comparison->half;
    struct stream stream;
    TRY(ledger_get_stream(&host->view, host->roster, half->direction, &half->partner, &stream));
    *out_is_behind = !mend->pair->has_ours && mend->pair->number > stream.last_number;
    return ERR_OK;
}

/* ---- What they don't ---- */

/* The ledger knows a dispute by its entry; the id only keeps two tellings apart. */
static struct uid dispute_id(const struct peer_host *host, const struct mend_case *mend)
{
    CLEANUP(buffer_fini) struct buffer said = {0};
    const struct half_view *half = &mend->comparison->half;
    write_bytes(&said, half->partner.text, sizeof half->partner.text);
    write_u8(&said, (uint8_t)half->direction);
    write_varint(&said, mend->pair->number);
    struct hash hash = hash_of("talea.v1.mending.dispute", buffer_slice(&said));
    return uid_v8(host->now.ms, hash.bytes);
}

static struct command opening(const struct peer_host *host, const struct mend_case *mend)
{
    const struct half_view *half = &mend->comparison->half;
    const struct entry_pair *pair = mend->pair;
    bool is_too_much = pair->has_theirs && mend->kind == DIFFERENCE_BODY &&
                       pair->ours.kind == pair->theirs.kind &&
                       pair->ours.points.minor > pair->theirs.points.minor &&
                       uid_equal(&pair->ours.transaction_id, &pair->theirs.transaction_id);
    struct command command = {.kind = COMMAND_OPEN_DISPUTE,
                              .origin = host->roster->self,
                              .transaction_id = dispute_id(host, mend),
                              .business_time = host->now};
    command.dispute = (struct command_dispute){
        .partner = half->partner,
        .direction = half->direction,
        .number = pair->number,
        .points = is_too_much ? points_of(pair->ours.points.minor - pair->theirs.points.minor)
                              : points_of(0),
        .reason = is_too_much                              ? DISPUTE_AMOUNT_WRONG
                  : half->direction == STREAM_OUT          ? DISPUTE_REFUSED_WRONGLY
                  : mend->kind == DIFFERENCE_MISSING_THERE ? DISPUTE_PURCHASE_UNKNOWN
                                                           : DISPUTE_OTHER,
    };
    snprintf(command.dispute.note, sizeof command.dispute.note, "the halves differ: %s",
             difference_kind_name(mend->kind));
    return command;
}

static enum err dispute(const struct peer_host *host, const struct mend_case *mend,
                        enum mend_action *out_action, struct note *note)
{
    struct command command = opening(host, mend);
    *out_action = MEND_WAIT;
    if (!mend->pair->has_ours) {
        note_set(note, ERR_OK, "entry %" PRIu64 " is not here, and is not signed for",
                 mend->pair->number);
        return ERR_OK;
    }
    struct outcome outcome = engine_execute(host->engine, &command);
    TRY(outcome.err);
    bool is_open = outcome.verdict == VERDICT_OK || outcome.verdict == VERDICT_DISPUTE_EXISTS;
    *out_action = is_open ? MEND_DISPUTE : MEND_WAIT;
    note_set(note, ERR_OK, "a dispute about entry %" PRIu64 ": %s", mend->pair->number,
             is_open ? "open" : verdict_describe(outcome.verdict)->name);
    return ERR_OK;
}

static enum err is_settled(const struct peer_host *host, const struct mend_case *mend,
                           bool *out_is_settled)
{
    const struct half_view *half = &mend->comparison->half;
    struct pair_row row = {0};
    enum err err = pair_row_load(&host->view, &half->partner, half->period, &row);
    *out_is_settled = err == ERR_OK && row.pair.state == PAIR_MATCHED;
    pair_row_fini(&row);
    return err;
}

/* Nothing is done about it here: the whole of what differs is set apart together. */
static enum err set_apart(const struct peer_host *host, const struct mend_case *mend,
                          enum mend_action *out_action, struct note *note)
{
    const struct half_view *half = &mend->comparison->half;
    struct half ended;
    enum err err =
        ledger_get_half(&host->view, half->direction, &half->partner, half->period, &ended);
    TRY(err == ERR_NOT_FOUND ? ERR_OK : err);
    *out_action = err == ERR_OK ? MEND_SET_APART : MEND_WAIT;
    note_set(note, ERR_OK, "entry %" PRIu64 " is not signed for: it is set apart%s",
             mend->pair->number, err == ERR_OK ? "" : " once the period has ended");
    return ERR_OK;
}

static enum err end_undecided(const struct peer_host *host, const struct mend_case *mend,
                              enum mend_action *out_action, struct note *note)
{
    bool is_over;
    TRY(is_settled(host, mend, &is_over));
    return is_over ? dispute(host, mend, out_action, note)
                   : set_apart(host, mend, out_action, note);
}

enum err mending_act(const struct peer_host *host, const struct mend_case *mend,
                     enum mend_action *out_action, struct note *note)
{
    bool behind;
    note->text[0] = '\0';
    switch (mend->ruling) {
    case RULING_OURS:
        *out_action = MEND_KEEP;
        return ERR_OK;
    case RULING_THEIRS:
        TRY(is_behind(host, mend, &behind));
        *out_action = behind ? MEND_RECOVER : MEND_FREEZE;
        return behind ? ERR_OK : freeze(host, mend, note);
    case RULING_BOTH:
        *out_action = MEND_FREEZE;
        return freeze(host, mend, note);
    case RULING_OPEN:
        return end_undecided(host, mend, out_action, note);
    }
    return ERR_INTERNAL;
}
