/* A partner's clearing stream: each batch is verified, applied and durable before its receipt goes
 * back. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/metrics.h"
#include "node/node.h"
#include "node/services.h"
#include "node/signed_message.h"
#include "talea/v1/peer.pb-c.h"
#include "wire/messages.h"

/* One call of one partner. */
struct clearing {
    struct node *node;
    struct rpc_stream *stream;
    struct partner_id sender;
    struct batch_entry entries[LIMIT_CLEARING_BATCH];
};

static enum err send_response(struct clearing *clearing, struct slice receipt, const char *problem)
{
    Talea__V1__ClearResponse response;
    talea__v1__clear_response__init(&response);
    Talea__V1__Signed message;
    struct signed_message envelope;
    if (receipt.length > 0) {
        TRY(signed_decode(receipt, &envelope));
        signed_to_message(&envelope, &message);
        response.receipt = &message;
    }
    response.problem = (char *)(uintptr_t)problem;
    return rpc_stream_send(clearing->stream, &response.base);
}

/* The latest receipt, by whose signature the sender learns that its ledger is an older copy. */
static enum err send_latest(struct clearing *clearing, const struct ledger_view *view,
                            const struct stream *stream, uint64_t epoch)
{
    struct ledger_key key;
    struct slice receipt;
    struct buffer renewed = {0};
    key_receipt(STREAM_IN, &clearing->sender, stream->receipt_number, &key);
    enum err err = view_get(view, TABLE_RECEIPT, &key, &receipt);
    if (err == ERR_OK) {
        err = signed_renew(&clearing->node->signer, epoch, receipt, &renewed);
    }
    if (err == ERR_OK) {
        err = send_response(clearing, buffer_slice(&renewed), "");
    }
    buffer_fini(&renewed);
    return err;
}

/* The receipts after the one the sender holds, then the empty message: ready. */
static enum err resume(struct clearing *clearing, uint64_t held)
{
    struct node *node = clearing->node;
    struct state_reader *reader;
    struct stream stream;
    struct buffer renewed = {0};
    TRY(readers_take(node->readers, &reader));
    struct ledger_view view = state_reader_view(reader);
    struct snapshot *snapshot = node_snapshot(node);
    enum err err =
        ledger_get_stream(&view, &snapshot->roster, STREAM_IN, &clearing->sender, &stream);
    uint64_t epoch = snapshot->roster.epoch;
    snapshot_release(snapshot);
    for (uint64_t number = held; err == ERR_OK && number < stream.receipt_number;) {
        struct ledger_key key;
        struct slice receipt;
        key_receipt(STREAM_IN, &clearing->sender, ++number, &key);
        err = view_get(&view, TABLE_RECEIPT, &key, &receipt);
        buffer_clear(&renewed);
        err = err == ERR_OK ? signed_renew(&node->signer, epoch, receipt, &renewed) : err;
        err = err == ERR_OK ? send_response(clearing, buffer_slice(&renewed), "") : err;
    }
    bool is_sender_older = err == ERR_NOT_FOUND; /* receipts are kept until the sender has them */
    if (is_sender_older) {
        err = send_latest(clearing, &view, &stream, epoch);
    }
    buffer_fini(&renewed);
    readers_give(node->readers, reader);
    TRY(err);
    if (is_sender_older || held > stream.receipt_number) {
        char problem[160];
        snprintf(problem, sizeof problem,
                 "you hold receipt %" PRIu64 ", the last one here is %" PRIu64
                 ": %s ledger is an older copy",
                 held, stream.receipt_number, is_sender_older ? "your" : "this");
        log_event(&node->log, LOG_LEVEL_WARNING, "older_copy",
                  LOG_TEXT("partner", clearing->sender.text), LOG_TEXT("detail", problem));
        TRY(send_response(clearing, slice_of(NULL, 0), problem));
        return ERR_DISAGREE;
    }
    return send_response(clearing, slice_of(NULL, 0), "");
}

static enum err decode_entries(struct clearing *clearing, const Talea__V1__ClearRequest *request,
                               struct note *note)
{
    if (request->n_entries == 0 || request->n_entries > LIMIT_CLEARING_BATCH) {
        return note_set(note, ERR_INPUT, "a batch has 1 to %u entries, not %zu",
                        LIMIT_CLEARING_BATCH, request->n_entries);
    }
    for (size_t i = 0; i < request->n_entries; i++) {
        struct batch_entry *entry = &clearing->entries[i];
        entry->bytes = slice_of(request->entries[i].data, request->entries[i].len);
        if (entry->bytes.length > LIMIT_CLEARING_ENTRY_BYTES) {
            return note_set(note, ERR_INPUT, "entry %zu of the batch has %zu bytes", i + 1,
                            entry->bytes.length);
        }
        TRY(wire_entry_decode(entry->bytes, &entry->entry, note));
        entry->hash = entry_hash(entry->bytes);
    }
    return ERR_OK;
}

/* Signature first, then the head, then the entries. */
static enum err verify_batch(struct clearing *clearing, const Talea__V1__ClearRequest *request,
                             struct signed_message *envelope, struct batch_head *head,
                             struct note *note)
{
    struct node *node = clearing->node;
    note_set(note, ERR_INPUT, "the head's envelope is malformed");
    TRY(signed_of_message(request->head, envelope));
    struct snapshot *snapshot = node_snapshot(node);
    enum err err = signed_by_partner(snapshot, envelope, PURPOSE_CLEARING_BATCH, &clearing->sender,
                                     node_now(node), note);
    snapshot_release(snapshot);
    TRY(err);
    TRY(wire_head_decode(envelope->payload, head, note));
    if (!partner_id_equal(&head->sender, &clearing->sender)) {
        return note_set(note, ERR_DENIED, "the batch is %s's, the caller is %s", head->sender.text,
                        clearing->sender.text);
    }
    return decode_entries(clearing, request, note);
}

/* Answers one batch. ERR_OK goes on; anything else ends the call, the problem is already sent. */
static enum err take_batch(struct clearing *clearing, const Talea__V1__ClearRequest *request)
{
    struct node *node = clearing->node;
    struct signed_message envelope;
    struct incoming_batch batch = {.sender = clearing->sender, .entries = clearing->entries};
    struct batch_outcome outcome = {0};
    struct buffer evidence = {0};
    struct note note;
    enum err err = verify_batch(clearing, request, &envelope, &batch.head, &note);
    if (err == ERR_OK) {
        err = signed_encode(&envelope, &evidence);
    }
    if (err == ERR_OK) {
        batch.count = request->n_entries;
        batch.head_signed = buffer_slice(&evidence);
        batch.held_receipt_number = request->held_receipt_number;
        batch.charter_epoch = envelope.charter_epoch;
        engine_take_batch(node->engine, &batch, &outcome);
        err = outcome.err;
        note = outcome.problem;
    }
    buffer_fini(&evidence);
    if (err == ERR_OK && outcome.judgement == BATCH_TAKE) {
        node_count_batch_in(node->counters, &clearing->sender, batch.count, outcome.refused);
        err = send_response(clearing, buffer_slice(&outcome.receipt), "");
    } else {
        const char *what = err != ERR_OK ? err_name(err) : batch_judgement_name(outcome.judgement);
        node_count_batch_refused(node->counters, &clearing->sender);
        log_event(&node->log, LOG_LEVEL_WARNING, "batch_refused",
                  LOG_TEXT("partner", clearing->sender.text), LOG_TEXT("reason", what),
                  LOG_TEXT("detail", note.text));
        char problem[640];
        snprintf(problem, sizeof problem, "%s: %s", what, note.text);
        enum err sent = send_response(clearing, slice_of(NULL, 0), problem);
        err = sent == ERR_OK ? ERR_CONFLICT : sent;
    }
    buffer_fini(&outcome.receipt);
    return err;
}

static enum err serve(struct clearing *clearing)
{
    const ProtobufCMessage *message;
    TRY(rpc_stream_receive(clearing->stream, &message));
    const Talea__V1__ClearRequest *opening = (const Talea__V1__ClearRequest *)(const void *)message;
    TRY(resume(clearing, opening->held_receipt_number));
    for (;;) {
        TRY(rpc_stream_receive(clearing->stream, &message));
        TRY(take_batch(clearing, (const Talea__V1__ClearRequest *)(const void *)message));
    }
}

struct rpc_status peer_clear(void *context, struct rpc_stream *stream)
{
    struct node *node = context;
    struct clearing *clearing = calloc(1, sizeof *clearing);
    struct note note = {"the stream ended after a problem"};
    if (clearing == NULL) {
        return rpc_status_of(ERR_RESOURCE, NULL);
    }
    if (partner_id_equal(&rpc_stream_identity(stream)->partner, &node->config.partner)) {
        free(clearing);
        return rpc_status_make(7, "PERMISSION_DENIED", "A node does not clear with itself.");
    }
    clearing->node = node;
    clearing->stream = stream;
    clearing->sender = rpc_stream_identity(stream)->partner;
    enum err err = serve(clearing);
    free(clearing);
    return err == ERR_NOT_FOUND ? rpc_status_ok() : rpc_status_of(err, &note);
}
