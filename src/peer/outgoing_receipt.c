/* What a partner's receipt means for our stream: applied, refused and reversed, or a contradiction
 * that freezes it. */
#include <inttypes.h>
#include <stdlib.h>

#include "peer/outgoing_parts.h"
#include "wire/messages.h"

enum {
    REVERSALS_TOLD = 16 /* one by one, of a receipt */
};

/* The entries a receipt answers: those of the oldest batch in the window or, after a restart, read
 * again. The caller frees the array when it is its own. */
static enum err receipted_entries(struct outgoing *outgoing, const struct clearing_receipt *receipt,
                                  struct sent_batch *out_batch, bool *out_is_own)
{
    uint64_t first = receipt->first_number;
    if (outgoing->window_count > 0) {
        const struct sent_batch *oldest = &outgoing->window[outgoing->window_first];
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
        err = outbox_read(&outgoing->outbox, &outgoing->partner, first + i, &entry);
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

/* Before the entries are let go. */
static void tell_reversals(const struct outgoing *outgoing, const struct peer_host *host,
                           const struct clearing_receipt *receipt, const struct sent_batch *batch)
{
    struct peer_event event = {.kind = PEER_ENTRY_REVERSED, .partner = outgoing->partner};
    for (size_t i = 0; i < receipt->refused_count && i < REVERSALS_TOLD; i++) {
        const struct receipt_refusal *refusal = &receipt->refused[i];
        uint64_t index = refusal->number - batch->first_number;
        if (index < batch->count) {
            event.entry = &batch->entries[index];
            event.reason = refusal->reason;
            peer_tell(host, &event);
        }
    }
    if (receipt->refused_count > REVERSALS_TOLD) {
        event = (struct peer_event){.kind = PEER_ENTRIES_REVERSED,
                                    .partner = outgoing->partner,
                                    .count = receipt->refused_count};
        peer_tell(host, &event);
    }
}

static enum err apply_entries(const struct outgoing *outgoing, const struct peer_host *host,
                              const struct clearing_receipt *receipt,
                              const struct signed_message *envelope, const struct sent_batch *batch,
                              struct note *note)
{
    struct buffer bytes = {0};
    size_t refused = 0;
    enum err err = signed_encode(envelope, &bytes);
    if (err == ERR_OK) {
        struct incoming_receipt incoming = {
            .receiver = outgoing->partner,
            .receipt = receipt,
            .payload_hash = receipt_payload_hash(envelope->payload),
            .receipt_signed = buffer_slice(&bytes),
            .entries = batch->entries,
            .count = batch->count,
            .last_hash = batch->last_hash,
        };
        err = engine_take_receipt(host->engine, &incoming, &refused, note);
    }
    buffer_fini(&bytes);
    TRY(err);
    tell_reversals(outgoing, host, receipt, batch);
    peer_tell(host, &(struct peer_event){.kind = PEER_RECEIPT_TAKEN,
                                         .partner = outgoing->partner,
                                         .count = batch->count,
                                         .refused = refused});
    return ERR_OK;
}

static enum err apply_receipt(struct outgoing *outgoing, const struct peer_host *host,
                              const struct clearing_receipt *receipt,
                              const struct signed_message *envelope, struct note *note)
{
    struct sent_batch batch;
    bool is_own;
    note_set(note, ERR_INPUT, "receipt %" PRIu64 " is about entries that were not sent",
             receipt->receipt_number);
    TRY(receipted_entries(outgoing, receipt, &batch, &is_own));
    enum err err = apply_entries(outgoing, host, receipt, envelope, &batch, note);
    if (is_own) {
        free(batch.entries);
    } else if (err == ERR_OK) {
        outgoing_drop_first(outgoing);
    }
    TRY(err);
    outgoing->receipted_number = receipt->last_number;
    outgoing->receipt_number = receipt->receipt_number;
    return ERR_OK;
}

/* A receipt for more than this ledger ever wrote: the ledger is an older copy of itself. Writing on
 * would give one number to two entries, so nothing more is written for this partner. */
static enum err check_not_older(struct outgoing *outgoing, const struct peer_host *host,
                                const struct clearing_receipt *receipt,
                                const struct signed_message *envelope, struct note *note)
{
    uint64_t last_number;
    struct buffer evidence = {0};
    TRY(outgoing_load(outgoing, host, &last_number));
    if (receipt->last_number <= last_number) {
        return ERR_OK;
    }
    note_set(note, ERR_DISAGREE,
             "%s holds our entries up to %" PRIu64 ", this ledger ends at %" PRIu64
             ": it is an older copy",
             outgoing->partner.text, receipt->last_number, last_number);
    enum err err = signed_encode(envelope, &evidence);
    if (err == ERR_OK) {
        err = engine_freeze(host->engine, &outgoing->partner, STREAM_OUT, note->text,
                            buffer_slice(&evidence));
    }
    buffer_fini(&evidence);
    return err == ERR_OK ? ERR_DISAGREE : err;
}

enum err outgoing_take_receipt(struct outgoing *outgoing, const struct peer_host *host,
                               const struct signed_message *envelope, struct note *note)
{
    struct clearing_receipt receipt;
    struct arena arena;
    TRY(peer_verify(host, envelope, PURPOSE_CLEARING_RECEIPT, &outgoing->partner, note));
    arena_init(&arena, LIMIT_DECODED_BYTES);
    enum err err = wire_receipt_decode(envelope->payload, &arena, &receipt, note);
    if (err == ERR_OK && (!partner_id_equal(&receipt.receiver, &outgoing->partner) ||
                          !partner_id_equal(&receipt.sender, &host->roster->self))) {
        err = note_set(note, ERR_DENIED, "the receipt is of another stream");
    }
    if (err == ERR_OK) {
        err = peer_check_place(host, envelope, &outgoing->partner, receipt.receipt_number, note);
    }
    if (err == ERR_OK) {
        err = check_not_older(outgoing, host, &receipt, envelope, note);
    }
    if (err == ERR_OK) {
        err = apply_receipt(outgoing, host, &receipt, envelope, note);
    }
    arena_fini(&arena);
    return err;
}
