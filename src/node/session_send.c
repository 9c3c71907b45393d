/* What a session sends, and what it makes of the receipts. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "node/metrics.h"
#include "node/session.h"
#include "node/signed_message.h"
#include "talea/v1/peer.pb-c.h"
#include "wire/messages.h"

enum err session_load(struct session *session, uint64_t *out_last_number)
{
    struct ledger_view view = state_reader_view(session->reader);
    struct snapshot *snapshot = node_snapshot(session->node);
    struct stream stream;
    enum err err =
        ledger_get_stream(&view, &snapshot->roster, STREAM_OUT, &session->partner, &stream);
    snapshot_release(snapshot);
    TRY(err);
    if (stream.is_frozen) {
        return ERR_DISAGREE;
    }
    session->receipted_number = stream.receipted_number;
    session->receipt_number = stream.receipt_number;
    *out_last_number = stream.last_number;
    return ERR_OK;
}

/* The entries of one batch, copied out of the journal. */
struct draft {
    struct buffer bytes;
    size_t offsets[LIMIT_CLEARING_BATCH + 1];
    ProtobufCBinaryData fields[LIMIT_CLEARING_BATCH];
    struct batch_head head;
    struct sent_batch sent;
};

static enum err gather(struct session *session, uint64_t last_number, struct draft *draft)
{
    struct sent_batch *sent = &draft->sent;
    uint64_t number = session->sent_number + 1;
    uint64_t left = last_number - session->sent_number;
    size_t limit = left < LIMIT_CLEARING_BATCH ? (size_t)left : LIMIT_CLEARING_BATCH;
    sent->first_number = number;
    sent->entries = calloc(limit, sizeof *sent->entries);
    if (sent->entries == NULL) {
        return ERR_RESOURCE;
    }
    while (sent->count < limit && draft->bytes.length < LIMIT_CLEARING_BATCH_BYTES / 2) {
        struct outbox_entry entry;
        TRY(outbox_read(&session->outbox, &session->partner, number + sent->count, &entry));
        draft->offsets[sent->count] = draft->bytes.length;
        write_bytes(&draft->bytes, entry.bytes.at, entry.bytes.length);
        TRY(wire_entry_decode(entry.bytes, &sent->entries[sent->count], NULL));
        sent->last_hash = entry.hash;
        sent->count++;
        draft->offsets[sent->count] = draft->bytes.length;
    }
    return draft->bytes.err;
}

static enum err sign_head(struct session *session, struct draft *draft, struct buffer *payload,
                          struct signed_message *out_signed)
{
    struct node *node = session->node;
    struct signature signature;
    draft->head = (struct batch_head){
        .sender = node->config.partner,
        .receiver = session->partner,
        .first_number = draft->sent.first_number,
        .count = draft->sent.count,
        .previous_hash = draft->sent.entries[0].previous_hash,
        .last_hash = draft->sent.last_hash,
    };
    TRY(wire_head_encode(&draft->head, payload));
    struct snapshot *snapshot = node_snapshot(node);
    uint64_t epoch = snapshot->roster.epoch;
    snapshot_release(snapshot);
    TRY(node->signer.sign(node->signer.context, PURPOSE_CLEARING_BATCH, epoch,
                          buffer_slice(payload), &signature));
    *out_signed = (struct signed_message){buffer_slice(payload), node->signer.key_id, epoch,
                                          PURPOSE_CLEARING_BATCH, signature};
    return ERR_OK;
}

static enum err send_draft(struct session *session, struct rpc_client_stream *stream,
                           struct draft *draft, struct buffer *payload)
{
    Talea__V1__ClearRequest request;
    talea__v1__clear_request__init(&request);
    Talea__V1__Signed message;
    struct signed_message envelope;
    TRY(sign_head(session, draft, payload, &envelope));
    signed_to_message(&envelope, &message);
    for (uint32_t i = 0; i < draft->sent.count; i++) {
        draft->fields[i].data = draft->bytes.at + draft->offsets[i];
        draft->fields[i].len = draft->offsets[i + 1] - draft->offsets[i];
    }
    request.head = &message;
    request.n_entries = draft->sent.count;
    request.entries = draft->fields;
    request.held_receipt_number = session->receipt_number;
    return rpc_client_stream_send(stream, &request.base);
}

enum err session_send_batch(struct session *session, struct rpc_client_stream *stream,
                            uint64_t last_number, struct note *note)
{
    struct buffer payload = {0};
    struct draft *draft = calloc(1, sizeof *draft);
    if (draft == NULL) {
        return ERR_RESOURCE;
    }
    enum err err = gather(session, last_number, draft);
    if (err != ERR_OK) {
        note_set(note, err, "entry %" PRIu64 " can't be read from the journal",
                 session->sent_number + draft->sent.count + 1);
    } else {
        err = send_draft(session, stream, draft, &payload);
    }
    if (err == ERR_OK) {
        size_t slot = (session->window_first + session->window_count) % LIMIT_CLEARING_WINDOW;
        session->window[slot] = draft->sent;
        session->window_count++;
        session->sent_number += draft->sent.count;
        node_count_batch_out(session->node->counters, &session->partner, draft->sent.count);
    } else {
        free(draft->sent.entries);
    }
    buffer_fini(&payload);
    buffer_fini(&draft->bytes);
    free(draft);
    return err;
}

static void drop_first(struct session *session)
{
    free(session->window[session->window_first].entries);
    session->window[session->window_first] = (struct sent_batch){0};
    session->window_first = (session->window_first + 1) % LIMIT_CLEARING_WINDOW;
    session->window_count--;
}

void session_clear_window(struct session *session)
{
    while (session->window_count > 0) {
        drop_first(session);
    }
}

/* The entries a receipt answers: those of the oldest batch in the window or, after a restart, read
 * again. The caller frees the array when it is its own. */
static enum err receipted_entries(struct session *session, const struct clearing_receipt *receipt,
                                  struct sent_batch *out_batch, bool *out_is_own)
{
    uint64_t first = receipt->first_number;
    if (session->window_count > 0) {
        const struct sent_batch *oldest = &session->window[session->window_first];
        if (oldest->first_number == first && receipt->last_number - first + 1 == oldest->count) {
            *out_batch = *oldest;
            *out_is_own = false;
            return ERR_OK;
        }
    }
    uint64_t count = receipt->last_number - first + 1;
    if (first == 0 || receipt->last_number < first || count > LIMIT_CLEARING_BATCH) {
        return ERR_INPUT;
    }
    struct sent_batch batch = {.first_number = first, .count = (uint32_t)count};
    batch.entries = calloc(batch.count, sizeof *batch.entries);
    enum err err = batch.entries == NULL ? ERR_RESOURCE : ERR_OK;
    for (uint32_t i = 0; err == ERR_OK && i < batch.count; i++) {
        struct outbox_entry entry;
        err = outbox_read(&session->outbox, &session->partner, first + i, &entry);
        if (err == ERR_OK) {
            batch.last_hash = entry.hash;
            err = wire_entry_decode(entry.bytes, &batch.entries[i], NULL);
        }
    }
    if (err != ERR_OK) {
        free(batch.entries);
        return err;
    }
    *out_batch = batch;
    *out_is_own = true;
    return ERR_OK;
}

#define REFUSALS_LOGGED 16u

/* Before the entries are let go: what a partner refused, and that it was reversed here. */
static void log_refusals(struct session *session, const struct clearing_receipt *receipt,
                         const struct sent_batch *batch)
{
    struct log *log = &session->node->log;
    for (size_t i = 0; i < receipt->refused_count && i < REFUSALS_LOGGED; i++) {
        const struct receipt_refusal *refusal = &receipt->refused[i];
        uint64_t index = refusal->number - batch->first_number;
        if (index >= batch->count) {
            continue;
        }
        log_event(log, LOG_LEVEL_WARNING, "entry_reversed",
                  LOG_TEXT("partner", session->partner.text), LOG_INT("number", refusal->number),
                  LOG_TEXT("kind", entry_kind_name(batch->entries[index].kind)),
                  LOG_INT("points", batch->entries[index].points.minor),
                  LOG_UID("transaction", batch->entries[index].transaction_id),
                  LOG_TEXT("reason", refusal->reason));
    }
    if (receipt->refused_count > REFUSALS_LOGGED) {
        log_event(log, LOG_LEVEL_WARNING, "entries_reversed",
                  LOG_TEXT("partner", session->partner.text),
                  LOG_INT("count", receipt->refused_count));
    }
}

static enum err apply_receipt(struct session *session, const struct clearing_receipt *receipt,
                              const struct signed_message *envelope, struct note *note)
{
    struct sent_batch batch;
    bool is_own;
    size_t refused = 0;
    struct buffer bytes = {0};
    note_set(note, ERR_INPUT, "receipt %" PRIu64 " is about entries that were not sent",
             receipt->receipt_number);
    TRY(receipted_entries(session, receipt, &batch, &is_own));
    enum err err = signed_encode(envelope, &bytes);
    if (err == ERR_OK) {
        struct incoming_receipt incoming = {
            .receiver = session->partner,
            .receipt = receipt,
            .payload_hash = receipt_payload_hash(envelope->payload),
            .receipt_signed = buffer_slice(&bytes),
            .entries = batch.entries,
            .count = batch.count,
            .last_hash = batch.last_hash,
        };
        err = engine_take_receipt(session->node->engine, &incoming, &refused, note);
    }
    buffer_fini(&bytes);
    if (err == ERR_OK) {
        log_refusals(session, receipt, &batch);
    }
    if (is_own) {
        free(batch.entries);
    } else if (err == ERR_OK) {
        drop_first(session);
    }
    TRY(err);
    session->receipted_number = receipt->last_number;
    session->receipt_number = receipt->receipt_number;
    node_count_receipt(session->node->counters, &session->partner, batch.count, refused);
    return ERR_OK;
}

/* A receipt for more than this ledger ever wrote: the ledger is an older copy of itself. Writing on
 * would give one number to two entries, so nothing more is written for this partner. */
static enum err check_not_older(struct session *session, const struct clearing_receipt *receipt,
                                const struct signed_message *envelope, struct note *note)
{
    uint64_t last_number;
    struct buffer evidence = {0};
    TRY(session_load(session, &last_number));
    if (receipt->last_number <= last_number) {
        return ERR_OK;
    }
    note_set(note, ERR_DISAGREE,
             "%s holds our entries up to %" PRIu64 ", this ledger ends at %" PRIu64
             ": it is an older copy",
             session->partner.text, receipt->last_number, last_number);
    enum err err = signed_encode(envelope, &evidence);
    if (err == ERR_OK) {
        err = engine_freeze(session->node->engine, &session->partner, STREAM_OUT, note->text,
                            buffer_slice(&evidence));
    }
    buffer_fini(&evidence);
    return err == ERR_OK ? ERR_DISAGREE : err;
}

enum err session_take_receipt(struct session *session, const struct signed_message *envelope,
                              struct note *note)
{
    struct node *node = session->node;
    struct clearing_receipt receipt;
    struct arena arena;
    struct snapshot *snapshot = node_snapshot(node);
    enum err err = signed_by_partner(snapshot, envelope, PURPOSE_CLEARING_RECEIPT,
                                     &session->partner, node_now(node), note);
    snapshot_release(snapshot);
    TRY(err);
    arena_init(&arena, LIMIT_DECODED_BYTES);
    err = wire_receipt_decode(envelope->payload, &arena, &receipt, note);
    if (err == ERR_OK && (!partner_id_equal(&receipt.receiver, &session->partner) ||
                          !partner_id_equal(&receipt.sender, &node->config.partner))) {
        err = note_set(note, ERR_DENIED, "the receipt is of another stream");
    }
    if (err == ERR_OK) {
        err = check_not_older(session, &receipt, envelope, note);
    }
    if (err == ERR_OK) {
        err = apply_receipt(session, &receipt, envelope, note);
    }
    arena_fini(&arena);
    return err;
}
