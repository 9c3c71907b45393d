/* What a partner's receipt means for our stream: applied, refused and reversed, or a contradiction
 * that freezes it. */
#include <inttypes.h>
#include <stdlib.h>

#include "peer/outgoing_parts.h"
#include "wire/messages.h"

enum {
    REVERSALS_TOLD = 16 /* one by one, of a receipt */
};

static enum err take_again(void *context, const struct outbox_entry *entry)
{
    struct sent_batch *batch = context;
    batch->last_hash = entry->hash;
    return wire_entry_decode(entry->bytes, &batch->entries[entry->number - batch->first_number],
                             NULL);
}

size_t outgoing_takings_in_window(const struct outgoing *outgoing)
{
    size_t count = 0;
    for (size_t i = 0; i < outgoing->takings_count; i++) {
        size_t slot = (outgoing->takings_first + i) % LIMIT_RECEIPTS_TOGETHER;
        count += outgoing->takings[slot].is_in_window ? 1 : 0;
    }
    return count;
}

/* The oldest batch of the window whose receipt did not come yet; NULL when there is none. */
static const struct sent_batch *expected_batch(const struct outgoing *outgoing)
{
    size_t before = outgoing_takings_in_window(outgoing);
    return before == outgoing->window_count
               ? NULL
               : &outgoing->window[(outgoing->window_first + before) % LIMIT_CLEARING_WINDOW];
}

/* The entries a receipt answers: those of the oldest batch in the window or, after a restart, read
 * again. */
static enum err receipted_entries(struct outgoing *outgoing, struct receipt_taking *taking)
{
    const struct clearing_receipt *receipt = &taking->receipt;
    const struct sent_batch *expected = expected_batch(outgoing);
    uint64_t first = receipt->first_number;
    uint64_t count = receipt->last_number - first + 1;
    taking->is_in_window =
        expected != NULL && expected->first_number == first && expected->count == count;
    if (taking->is_in_window) {
        taking->batch = *expected;
        return ERR_OK;
    }
    if (first == 0 || receipt->last_number < first || count > LIMIT_CLEARING_BATCH) {
        return ERR_INPUT;
    }
    taking->batch = (struct sent_batch){.first_number = first, .count = (uint32_t)count};
    taking->batch.entries = calloc(count, sizeof *taking->batch.entries);
    if (taking->batch.entries == NULL) {
        return ERR_RESOURCE;
    }
    return outbox_read_many(&outgoing->outbox, &outgoing->partner, first, count, take_again,
                            &taking->batch);
}

/* Before the entries are let go. */
static void tell_reversals(const struct peer_host *host, const struct receipt_taking *taking)
{
    const struct clearing_receipt *receipt = &taking->receipt;
    const struct sent_batch *batch = &taking->batch;
    struct peer_event event = {.kind = PEER_ENTRY_REVERSED, .partner = receipt->receiver};
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
                                    .partner = receipt->receiver,
                                    .count = receipt->refused_count};
        peer_tell(host, &event);
    }
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

static enum err read_receipt(struct outgoing *outgoing, const struct peer_host *host,
                             const struct signed_message *envelope, struct receipt_taking *taking,
                             struct note *note)
{
    struct clearing_receipt *receipt = &taking->receipt;
    TRY(peer_verify(host, envelope, PURPOSE_CLEARING_RECEIPT, &outgoing->partner, note));
    TRY(wire_receipt_decode(envelope->payload, &taking->arena, receipt, note));
    if (!partner_id_equal(&receipt->receiver, &outgoing->partner) ||
        !partner_id_equal(&receipt->sender, &host->roster->self)) {
        return note_set(note, ERR_DENIED, "the receipt is of another stream");
    }
    TRY(peer_check_place(host, envelope, &outgoing->partner, receipt->receipt_number, note));
    TRY(check_not_older(outgoing, host, receipt, envelope, note));
    enum err err = receipted_entries(outgoing, taking);
    return err == ERR_OK
               ? signed_encode(envelope, &taking->receipt_signed)
               : note_set(note, err, "receipt %" PRIu64 " is about entries that were not sent",
                          receipt->receipt_number);
}

/* The room may be used again. */
static void clear_taking(struct receipt_taking *taking)
{
    if (!taking->is_in_window) {
        free(taking->batch.entries);
    }
    taking->is_in_window = false;
    taking->batch = (struct sent_batch){0};
    arena_reset(&taking->arena);
    buffer_clear(&taking->receipt_signed);
}

/* Waits. */
static struct receipt_taking *end_oldest(struct outgoing *outgoing)
{
    struct receipt_taking *taking = &outgoing->takings[outgoing->takings_first];
    engine_end_receipt(taking->engine, taking->ticket, &taking->incoming, &taking->outcome);
    outgoing->takings_first = (outgoing->takings_first + 1) % LIMIT_RECEIPTS_TOGETHER;
    outgoing->takings_count--;
    return taking;
}

static enum err finish_oldest(struct outgoing *outgoing, const struct peer_host *host,
                              struct note *note)
{
    struct receipt_taking *taking = end_oldest(outgoing);
    enum err err = taking->outcome.err;
    if (err == ERR_OK) {
        tell_reversals(host, taking);
        peer_tell(host, &(struct peer_event){.kind = PEER_RECEIPT_TAKEN,
                                             .partner = outgoing->partner,
                                             .count = taking->batch.count,
                                             .refused = taking->outcome.refused});
        outgoing->receipted_number = taking->receipt.last_number;
        outgoing->receipt_number = taking->receipt.receipt_number;
        if (taking->is_in_window) {
            outgoing_drop_first(outgoing);
        }
    } else {
        *note = taking->outcome.note;
    }
    clear_taking(taking);
    return err;
}

enum err outgoing_end_takes(struct outgoing *outgoing, const struct peer_host *host,
                            struct note *note)
{
    while (outgoing->takings_count > 0) {
        TRY(finish_oldest(outgoing, host, note));
    }
    return ERR_OK;
}

void outgoing_drop_takings(struct outgoing *outgoing)
{
    while (outgoing->takings_count > 0) {
        clear_taking(end_oldest(outgoing));
    }
}

void outgoing_takings_fini(struct outgoing *outgoing)
{
    for (size_t i = 0; i < LIMIT_RECEIPTS_TOGETHER; i++) {
        arena_fini(&outgoing->takings[i].arena);
        buffer_fini(&outgoing->takings[i].receipt_signed);
    }
}

enum err outgoing_begin_receipt(struct outgoing *outgoing, const struct peer_host *host,
                                const struct signed_message *envelope, struct note *note)
{
    if (outgoing->takings_count == LIMIT_RECEIPTS_TOGETHER) {
        TRY(finish_oldest(outgoing, host, note));
    }
    size_t slot = (outgoing->takings_first + outgoing->takings_count) % LIMIT_RECEIPTS_TOGETHER;
    struct receipt_taking *taking = &outgoing->takings[slot];
    enum err err = read_receipt(outgoing, host, envelope, taking, note);
    if (err != ERR_OK) {
        clear_taking(taking);
        return err;
    }
    taking->engine = host->engine;
    taking->incoming = (struct incoming_receipt){
        .receiver = outgoing->partner,
        .receipt = &taking->receipt,
        .payload_hash = receipt_payload_hash(envelope->payload),
        .receipt_signed = buffer_slice(&taking->receipt_signed),
        .entries = taking->batch.entries,
        .count = taking->batch.count,
        .last_hash = taking->batch.last_hash,
    };
    taking->ticket = engine_begin_receipt(host->engine, &taking->incoming, &taking->outcome);
    outgoing->takings_count++;
    return ERR_OK;
}
