#include "peer/outgoing.h"
#include "base/mutant.h"

#include <inttypes.h>
#include <stdlib.h>

#include "peer/outgoing_parts.h"
#include "wire/messages.h"

void outgoing_init(struct outgoing *outgoing, const struct partner_id *partner,
                   const struct journal *journal)
{
    *outgoing = (struct outgoing){.partner = *partner};
    for (size_t i = 0; i < LIMIT_RECEIPTS_TOGETHER; i++) {
        arena_init(&outgoing->takings[i].arena, LIMIT_DECODED_BYTES);
    }
    outbox_reader_init(&outgoing->outbox, journal, (struct ledger_view){0});
}

void outgoing_fini(struct outgoing *outgoing)
{
    outgoing_close(outgoing);
    outgoing_takings_fini(outgoing);
    outbox_reader_fini(&outgoing->outbox);
}

bool outgoing_is_ready(const struct outgoing *outgoing)
{
    return outgoing->is_ready;
}

bool outgoing_expects_receipt(const struct outgoing *outgoing)
{
    return outgoing->window_count > outgoing_takings_in_window(outgoing);
}

bool outgoing_is_waiting(const struct outgoing *outgoing)
{
    return outgoing->window_count > 0;
}

void outgoing_share(struct outgoing *outgoing, bool is_shared)
{
    outgoing->is_shared = is_shared;
}

enum err outgoing_load(struct outgoing *outgoing, const struct peer_host *host,
                       uint64_t *out_last_number)
{
    struct stream stream;
    outgoing->outbox.view = host->view;
    TRY(ledger_get_stream(&host->view, host->roster, STREAM_OUT, &outgoing->partner, &stream));
    if (stream.is_frozen) {
        return ERR_DISAGREE;
    }
    if (stream.is_recovering && !MUTANT(SEND_BEFORE_RECOVERY)) {
        return ERR_UNAVAILABLE;
    }
    outgoing->receipted_number = stream.receipted_number;
    outgoing->receipt_number = stream.receipt_number;
    *out_last_number = stream.last_number;
    return ERR_OK;
}

/* The entries of one batch, copied out of the journal. */
struct draft {
    struct buffer bytes;
    size_t offsets[LIMIT_CLEARING_BATCH + 1];
    struct slice entries[LIMIT_CLEARING_BATCH];
    struct sent_batch sent;
    bool is_full;
};

/* Ends the reading where the batch is long enough. */
static enum err add_entry(void *context, const struct outbox_entry *entry)
{
    struct draft *draft = context;
    struct sent_batch *sent = &draft->sent;
    draft->is_full = draft->bytes.length >= LIMIT_CLEARING_BATCH_BYTES / 2;
    if (draft->is_full) {
        return ERR_CANCELLED;
    }
    draft->offsets[sent->count] = draft->bytes.length;
    write_bytes(&draft->bytes, entry->bytes.at, entry->bytes.length);
    TRY(wire_entry_decode(entry->bytes, &sent->entries[sent->count], NULL));
    sent->last_hash = entry->hash;
    sent->count++;
    draft->offsets[sent->count] = draft->bytes.length;
    return ERR_OK;
}

static enum err gather(struct outgoing *outgoing, uint64_t last_number, struct draft *draft)
{
    struct sent_batch *sent = &draft->sent;
    uint64_t left = last_number - outgoing->sent_number;
    size_t most = outgoing->is_shared ? LIMIT_CLEARING_SHARE : LIMIT_CLEARING_BATCH;
    size_t limit = left < most ? (size_t)left : most;
    sent->first_number = outgoing->sent_number + 1;
    sent->entries = calloc(limit, sizeof *sent->entries);
    if (sent->entries == NULL) {
        return ERR_RESOURCE;
    }
    enum err err = outbox_read_many(&outgoing->outbox, &outgoing->partner, sent->first_number,
                                    limit, add_entry, draft);
    return err == ERR_OK || draft->is_full ? draft->bytes.err : err;
}

static enum err sign_head(const struct outgoing *outgoing, const struct peer_host *host,
                          const struct draft *draft, struct buffer *payload,
                          struct signed_message *out_signed)
{
    struct signature signature;
    const struct signer *signer = host->signer;
    struct batch_head head = {
        .sender = host->roster->self,
        .receiver = outgoing->partner,
        .first_number = draft->sent.first_number,
        .count = draft->sent.count,
        .previous_hash = draft->sent.entries[0].previous_hash,
        .last_hash = draft->sent.last_hash,
    };
    uint64_t epoch = host->roster->epoch;
    TRY(wire_head_encode(&head, payload));
    TRY(signer->sign(signer->context, PURPOSE_CLEARING_BATCH, epoch, buffer_slice(payload),
                     &signature));
    *out_signed = (struct signed_message){buffer_slice(payload), signer->key_id, epoch,
                                          PURPOSE_CLEARING_BATCH, signature};
    return ERR_OK;
}

static enum err send_draft(const struct outgoing *outgoing, const struct peer_host *host,
                           const struct clear_port *port, struct draft *draft)
{
    struct buffer payload = {0};
    struct signed_message head;
    enum err err = sign_head(outgoing, host, draft, &payload, &head);
    if (MUTANT(SIGN_REENCODED)) {
        draft->sent.entries[0].business_time.ms -= draft->sent.entries[0].business_time.ms % 1000;
        buffer_clear(&draft->bytes);
        for (uint32_t i = 0; i < draft->sent.count; i++) {
            TRY(wire_entry_encode(&draft->sent.entries[i], &draft->bytes));
            draft->offsets[i + 1] = draft->bytes.length;
        }
    }
    for (uint32_t i = 0; i < draft->sent.count; i++) {
        draft->entries[i] = slice_of(draft->bytes.at + draft->offsets[i],
                                     draft->offsets[i + 1] - draft->offsets[i]);
    }
    if (err == ERR_OK) {
        struct clear_request request = {&head, draft->entries, draft->sent.count,
                                        outgoing->receipt_number};
        err = port->send(port->context, &request);
    }
    buffer_fini(&payload);
    return err;
}

static void put_into_window(struct outgoing *outgoing, const struct sent_batch *sent)
{
    size_t slot = (outgoing->window_first + outgoing->window_count) % LIMIT_CLEARING_WINDOW;
    outgoing->window[slot] = *sent;
    outgoing->window_count++;
    outgoing->sent_number += sent->count;
}

static enum err send_batch(struct outgoing *outgoing, const struct peer_host *host,
                           const struct clear_port *port, uint64_t last_number, struct note *note)
{
    struct draft *draft = calloc(1, sizeof *draft);
    if (draft == NULL) {
        return ERR_RESOURCE;
    }
    enum err err = gather(outgoing, last_number, draft);
    if (err != ERR_OK) {
        note_set(note, err, "entry %" PRIu64 " can't be read from the journal",
                 outgoing->sent_number + draft->sent.count + 1);
    } else {
        err = send_draft(outgoing, host, port, draft);
    }
    if (err == ERR_OK) {
        put_into_window(outgoing, &draft->sent);
        peer_tell(host, &(struct peer_event){.kind = PEER_BATCH_SENT,
                                             .partner = outgoing->partner,
                                             .count = draft->sent.count});
    } else {
        free(draft->sent.entries);
    }
    buffer_fini(&draft->bytes);
    free(draft);
    return err;
}

void outgoing_drop_first(struct outgoing *outgoing)
{
    free(outgoing->window[outgoing->window_first].entries);
    outgoing->window[outgoing->window_first] = (struct sent_batch){0};
    outgoing->window_first = (outgoing->window_first + 1) % LIMIT_CLEARING_WINDOW;
    outgoing->window_count--;
}

void outgoing_close(struct outgoing *outgoing)
{
    outgoing->is_ready = false;
    outgoing_drop_takings(outgoing);
    while (outgoing->window_count > 0) {
        outgoing_drop_first(outgoing);
    }
}

enum err outgoing_open(struct outgoing *outgoing, const struct peer_host *host,
                       const struct clear_port *port, struct note *note)
{
    uint64_t last_number;
    outgoing_close(outgoing);
    enum err err = outgoing_load(outgoing, host, &last_number);
    if (err != ERR_OK) {
        const char *what = err == ERR_DISAGREE      ? "is frozen"
                           : err == ERR_UNAVAILABLE ? "waits until what was lost is back"
                                                    : "can't be read";
        return note_set(note, err, "our stream to %s %s", outgoing->partner.text, what);
    }
    struct clear_request opening = {.held_receipt_number = outgoing->receipt_number};
    return port->send(port->context, &opening);
}

enum err outgoing_begin_take(struct outgoing *outgoing, const struct peer_host *host,
                             const struct clear_response *response, struct note *note)
{
    if (response->problem[0] != '\0') {
        return note_set(note, ERR_CONFLICT, "%s answers: %.200s", outgoing->partner.text,
                        response->problem);
    }
    if (response->receipt != NULL) {
        return outgoing_begin_receipt(outgoing, host, response->receipt, note);
    }
    TRY(outgoing_end_takes(outgoing, host, note));
    if (!outgoing->is_ready) {
        outgoing->is_ready = true;
        if (!MUTANT(NO_REWIND)) {
            outgoing->sent_number = outgoing->receipted_number;
        }
        /* What can't be recorded now, as when the disk is full, is told when a stream begins again
         * or a card changes; the stream is of use without. */
        enum err told = MUTANT(SKIP_NEWCOMER) ? ERR_OK : engine_tell_cards(host->engine);
        (void)told;
    }
    return ERR_OK;
}

enum err outgoing_take(struct outgoing *outgoing, const struct peer_host *host,
                       const struct clear_response *response, struct note *note)
{
    TRY(outgoing_begin_take(outgoing, host, response, note));
    return outgoing_end_takes(outgoing, host, note);
}

static bool has_room(const struct outgoing *outgoing)
{
    return outgoing->window_count < LIMIT_CLEARING_WINDOW &&
           outgoing->sent_number - outgoing->receipted_number < LIMIT_CLEARING_WAITING;
}

enum err outgoing_pump(struct outgoing *outgoing, const struct peer_host *host,
                       const struct clear_port *port, struct note *note)
{
    uint64_t last_number;
    if (!outgoing->is_ready) {
        return ERR_OK;
    }
    TRY(outgoing_load(outgoing, host, &last_number));
    while (outgoing->sent_number < last_number && has_room(outgoing)) {
        TRY(send_batch(outgoing, host, port, last_number, note));
    }
    return ERR_OK;
}
