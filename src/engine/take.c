/* Groups between partners: a partner's batch with our receipt for it, a partner's receipt for our
 * entries. Each applies whole or not at all. */
#include "engine/writer.h"
#include "base/mutant.h"

#include <inttypes.h>
#include <stdio.h>
#include "base/text.h"

#include "engine/evidence.h"
#include "wire/messages.h"

static struct command own_command(struct engine *engine, enum command_kind kind)
{
    return (struct command){
        .kind = kind, .origin = engine->terms.roster->self, .business_time = writer_now(engine)};
}

/* What a receipt says besides its totals, gathered while the entries are taken. */
struct receipt_draft {
    struct clearing_receipt receipt;
    struct receipt_refusal refused[LIMIT_CLEARING_BATCH];
    struct receipt_total totals[RECEIPT_TOTALS_MAX];
};

static enum err take_entries(struct engine *engine, const struct incoming_batch *batch,
                             struct receipt_draft *draft)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct command command = own_command(engine, COMMAND_TAKE_ENTRY);
        struct outcome outcome;
        writer_prefetch_entry(engine, &batch->sender, batch->entries, batch->count, i);
        command.origin = batch->sender;
        command.transaction_id = batch->entries[i].entry.transaction_id;
        command.business_time = batch->entries[i].entry.business_time;
        command.take_entry.sender = batch->sender;
        command.take_entry.entry = batch->entries[i].entry;
        command.take_entry.bytes = batch->entries[i].bytes;
        TRY(writer_step(engine, &command, &outcome));
        if (outcome.verdict != VERDICT_OK) {
            struct receipt_refusal *refusal = &draft->refused[draft->receipt.refused_count++];
            refusal->number = batch->entries[i].entry.number;
            TRY(text_copy(refusal->reason, sizeof refusal->reason,
                          verdict_describe(outcome.verdict)->name));
            refusal->moved_to = outcome.verdict == VERDICT_CARD_MOVED ? outcome.answer.card
                                                                      : (struct card_number){{0}};
        }
    }
    return ERR_OK;
}

/* Totals over all periods, by kind and tariff, without zeros. */
static enum err gather_totals(const struct engine *engine, enum stream_direction direction,
                              const struct partner_id *partner, struct receipt_total *out_totals,
                              size_t *out_count)
{
    const struct roster *roster = engine->terms.roster;
    size_t count = 0;
    for (int kind = ENTRY_EARN; kind < ENTRY_KIND_END; kind++) {
        for (size_t t = 0; t < roster->tariff_count; t++) {
            struct entry_total total;
            uint32_t tariff = roster->tariffs[t].id;
            TRY(ledger_get_total(&engine->store.view, direction, partner, (struct period){0},
                                 (enum entry_kind)kind, tariff, &total));
            if (total.count == 0) {
                continue;
            }
            if (count == RECEIPT_TOTALS_MAX) {
                return ERR_RESOURCE;
            }
            out_totals[count++] =
                (struct receipt_total){(enum entry_kind)kind, tariff, total.count, total.points};
        }
    }
    *out_count = count;
    return ERR_OK;
}

/* Encodes and signs the receipt, records it with the batch. */
static enum err give_receipt(struct engine *engine, const struct incoming_batch *batch,
                             const struct clearing_receipt *receipt, struct buffer *out_signed)
{
    struct command command = own_command(engine, COMMAND_TAKE_BATCH);
    struct outcome outcome;
    buffer_clear(&engine->scratch);
    TRY(wire_receipt_encode(receipt, &engine->scratch));
    struct slice payload = buffer_slice(&engine->scratch);
    buffer_clear(out_signed);
    TRY(signed_make(&engine->signer, engine->terms.roster->epoch, PURPOSE_CLEARING_RECEIPT, payload,
                    out_signed));
    command.take_batch = (struct command_take_batch){
        .sender = batch->sender,
        .held_receipt_number = batch->held_receipt_number,
        .head_signed = batch->head_signed,
        .receipt_signed = buffer_slice(out_signed),
        .receipt_hash = receipt_payload_hash(payload),
    };
    return writer_step(engine, &command, &outcome);
}

/* Takes nothing more from a partner that told two stories, and keeps the proof. */
static enum err freeze(struct engine *engine, const struct partner_id *partner,
                       enum stream_direction direction, const char *reason, struct slice evidence)
{
    struct command command = own_command(engine, COMMAND_FREEZE_STREAM);
    struct outcome outcome;
    command.freeze.partner = *partner;
    command.freeze.direction = direction;
    command.freeze.evidence = evidence;
    snprintf(command.freeze.reason, sizeof command.freeze.reason, "%s", reason);
    engine_trouble(engine, "stream-frozen", reason);
    return writer_step(engine, &command, &outcome);
}

static enum err freeze_fork(struct engine *engine, const struct incoming_batch *batch,
                            const char *reason)
{
    struct buffer evidence = {0};
    evidence_of_fork(engine, batch, reason, &evidence);
    enum err err = freeze(engine, &batch->sender, STREAM_IN, reason, buffer_slice(&evidence));
    buffer_fini(&evidence);
    return err;
}

enum err writer_take_batch(struct engine *engine, const struct incoming_batch *batch,
                           struct batch_outcome *out)
{
    const struct roster *roster = engine->terms.roster;
    struct receipt_draft draft = {0};
    struct stream stream;
    TRY(ledger_get_stream(&engine->store.view, roster, STREAM_IN, &batch->sender, &stream));
    out->judgement = stream_judge(&stream, &roster->self, &batch->head, batch->entries,
                                  batch->count, &out->problem);
    if (out->judgement == BATCH_FORK) {
        return freeze_fork(engine, batch, out->problem.text);
    }
    if (out->judgement != BATCH_TAKE) {
        return ERR_OK;
    }
    draft.receipt = (struct clearing_receipt){
        .sender = batch->sender,
        .receiver = roster->self,
        .receipt_number = stream.receipt_number + 1,
        .previous_receipt_hash = stream.receipt_hash,
        .first_number = batch->head.first_number,
        .last_number = batch->head.first_number + batch->count - 1,
        .last_hash = batch->head.last_hash,
        .refused = draft.refused,
        .totals = draft.totals,
    };
    TRY(take_entries(engine, batch, &draft));
    TRY(gather_totals(engine, STREAM_IN, &batch->sender, draft.totals, &draft.receipt.total_count));
    TRY(give_receipt(engine, batch, &draft.receipt, &out->receipt));
    out->refused = draft.receipt.refused_count;
    return ERR_OK;
}

static enum verdict verdict_of_entry(const struct clearing_receipt *receipt, uint64_t number,
                                     struct card_number *out_moved_to)
{
    *out_moved_to = (struct card_number){{0}};
    for (size_t i = 0; i < receipt->refused_count; i++) {
        enum verdict verdict = VERDICT_NOT_AGREED;
        if (receipt->refused[i].number != number || MUTANT(IGNORE_REFUSAL)) {
            continue;
        }
        /* A reason that this build does not know is a refusal all the same. */
        if (verdict_parse(receipt->refused[i].reason, &verdict) != ERR_OK ||
            verdict == VERDICT_OK) {
            verdict = VERDICT_NOT_AGREED;
        }
        *out_moved_to = receipt->refused[i].moved_to;
        return verdict;
    }
    return VERDICT_OK;
}

/* Does it follow on from the last receipt, and speak of the entries that it must speak of? */
static enum err check_receipt(const struct incoming_receipt *in, const struct stream *stream,
                              enum evidence_kind *out_kind, struct note *note)
{
    const struct clearing_receipt *receipt = in->receipt;
    if (stream->is_frozen) {
        return note_set(note, ERR_CONFLICT, "the stream to %s is frozen", in->receiver.text);
    }
    if (receipt->receipt_number == stream->receipt_number && receipt->receipt_number != 0 &&
        !hash_equal(&in->payload_hash, &stream->receipt_hash)) {
        *out_kind = EVIDENCE_TWO_RECEIPTS;
        return note_set(note, ERR_DISAGREE, "receipt %" PRIu64 " came before and said otherwise",
                        receipt->receipt_number);
    }
    if (receipt->receipt_number != stream->receipt_number + 1 ||
        receipt->first_number != stream->receipted_number + 1 ||
        receipt->last_number - stream->receipted_number != in->count) {
        return note_set(note, ERR_CONFLICT,
                        "receipt %" PRIu64 " for entries %" PRIu64 " to %" PRIu64
                        " does not follow receipt %" PRIu64 " for entries up to %" PRIu64,
                        receipt->receipt_number, receipt->first_number, receipt->last_number,
                        stream->receipt_number, stream->receipted_number);
    }
    if (!hash_equal(&receipt->previous_receipt_hash, &stream->receipt_hash)) {
        *out_kind = EVIDENCE_TWO_RECEIPTS;
        return note_set(note, ERR_DISAGREE, "receipt %" PRIu64 " names another receipt before it",
                        receipt->receipt_number);
    }
    if (!hash_equal(&receipt->last_hash, &in->last_hash)) {
        *out_kind = EVIDENCE_ANOTHER_ENTRY;
        return note_set(note, ERR_DISAGREE,
                        "receipt %" PRIu64 " has another hash for entry %" PRIu64,
                        receipt->receipt_number, receipt->last_number);
    }
    return ERR_OK;
}

/* After our own totals moved: are they the receiver's? */
static enum err compare_totals(const struct engine *engine, const struct incoming_receipt *in,
                               struct note *note)
{
    const struct clearing_receipt *receipt = in->receipt;
    struct receipt_total ours[RECEIPT_TOTALS_MAX];
    size_t count;
    TRY(gather_totals(engine, STREAM_OUT, &in->receiver, ours, &count));
    if (count != receipt->total_count) {
        return note_set(note, ERR_DISAGREE, "%s has %zu totals, we have %zu", in->receiver.text,
                        receipt->total_count, count);
    }
    for (size_t i = 0; i < count; i++) {
        const struct receipt_total *theirs = &receipt->totals[i];
        if (ours[i].kind != theirs->kind || ours[i].tariff != theirs->tariff ||
            ours[i].count != theirs->count || ours[i].points != theirs->points) {
            return note_set(note, ERR_DISAGREE,
                            "%s totals of tariff %u: ours %" PRIu64 " entries, %" PRId64
                            " points; %s's %" PRIu64 " entries, %" PRId64 " points",
                            entry_kind_name(ours[i].kind), ours[i].tariff, ours[i].count,
                            ours[i].points, in->receiver.text, theirs->count, theirs->points);
        }
    }
    return ERR_OK;
}

static struct receipted_entry receipted(const struct clearing_entry *entry, enum verdict verdict,
                                        const struct card_number *moved_to)
{
    return (struct receipted_entry){
        .number = entry->number,
        .kind = entry->kind,
        .tariff = entry->tariff,
        .points = entry->points,
        .period = entry->period,
        .transaction_id = entry->transaction_id,
        .subject = entry->subject,
        .card = entry->card,
        .disputed = entry->dispute.number,
        .is_dispute_of_sender = entry->dispute.is_of_sender,
        .step = entry->dispute.step,
        .verdict = verdict,
        .moved_to = *moved_to,
        .lot = {entry->issuer, entry->tariff, entry->active_from, entry->expires_at, 0},
    };
}

/* In parts that end behind each refusal, so that each reversal sees the one before, and behind each
 * block of points; a step of a dispute is one by itself. The last part keeps the receipt: a
 * thousand copies of it would not fit into a batch. */
static enum err take_parts(struct engine *engine, const struct incoming_receipt *in,
                           size_t *out_refused)
{
    struct receipted_entry part[LIMIT_CLEARING_BATCH];
    size_t length = 0;
    size_t refused = 0;
    for (size_t i = 0; i < in->count; i++) {
        struct card_number moved_to;
        enum verdict verdict = verdict_of_entry(in->receipt, in->entries[i].number, &moved_to);
        part[length++] = receipted(&in->entries[i], verdict, &moved_to);
        refused += verdict != VERDICT_OK;
        bool ends_part = verdict != VERDICT_OK || in->entries[i].dispute.number != 0 ||
                         in->entries[i].kind == ENTRY_BLOCK_BOUGHT ||
                         (i + 1 < in->count && in->entries[i + 1].dispute.number != 0);
        if (!ends_part && i + 1 < in->count && length < LIMIT_CLEARING_BATCH) {
            continue;
        }
        struct command command = own_command(engine, COMMAND_TAKE_RECEIPT);
        struct outcome outcome;
        command.take_receipt = (struct command_take_receipt){
            .receiver = in->receiver,
            .receipt_number = in->receipt->receipt_number,
            .receipt_hash = in->payload_hash,
            .last_number = in->entries[i].number,
            .receipt_signed = i + 1 == in->count ? in->receipt_signed : slice_of(NULL, 0),
            .entries = part,
            .entry_count = length,
        };
        TRY(writer_step(engine, &command, &outcome));
        length = 0;
    }
    *out_refused = refused;
    return ERR_OK;
}

/* The receipt that is kept, which the next one replaces. */
static enum err previous_receipt(struct engine *engine, const struct incoming_receipt *in,
                                 const struct stream *stream, struct buffer *out)
{
    struct ledger_key key;
    struct slice receipt;
    key_receipt(STREAM_OUT, &in->receiver, stream->receipt_number, &key);
    enum err err = view_get(&engine->store.view, TABLE_RECEIPT, &key, &receipt);
    if (err == ERR_OK) {
        write_bytes(out, receipt.at, receipt.length);
        return out->err;
    }
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err take_receipt(struct engine *engine, const struct incoming_receipt *in,
                             const struct stream *stream, size_t *out_refused,
                             enum evidence_kind *out_kind, struct note *note)
{
    TRY(check_receipt(in, stream, out_kind, note));
    TRY(take_parts(engine, in, out_refused));
    *out_kind = EVIDENCE_WRONG_TOTALS;
    return compare_totals(engine, in, note);
}

enum err writer_take_receipt(struct engine *engine, const struct incoming_receipt *in,
                             struct receipt_outcome *out)
{
    struct stream stream;
    struct buffer previous = {0};
    enum evidence_kind kind = EVIDENCE_CLAIM;
    TRY(ledger_get_stream(&engine->store.view, engine->terms.roster, STREAM_OUT, &in->receiver,
                          &stream));
    enum err err = previous_receipt(engine, in, &stream, &previous);
    if (err == ERR_OK) {
        err = take_receipt(engine, in, &stream, &out->refused, &kind, &out->note);
    }
    if (err == ERR_DISAGREE) {
        evidence_of_receipt(engine, in, kind, buffer_slice(&previous), out->note.text,
                            &out->evidence);
    }
    buffer_fini(&previous);
    return err;
}
