#include "peer/incoming.h"
#include "base/mutant.h"

#include <inttypes.h>
#include <stdio.h>

#include "wire/messages.h"

static enum err send_receipt(const struct answer_port *port, struct slice receipt)
{
    struct signed_message envelope;
    struct clear_response response = {&envelope, ""};
    TRY(signed_decode(receipt, &envelope));
    return port->send(port->context, &response);
}

static enum err send_problem(const struct answer_port *port, const char *problem)
{
    struct clear_response response = {NULL, problem};
    return port->send(port->context, &response);
}

/* One receipt that was given before, signed by the key of today. ERR_NOT_FOUND when it is not kept
 * any more. */
static enum err send_kept(const struct incoming *incoming, const struct peer_host *host,
                          const struct answer_port *port, uint64_t number)
{
    struct ledger_key key;
    struct slice receipt;
    struct buffer renewed = {0};
    key_receipt(STREAM_IN, &incoming->sender, number, &key);
    enum err err = view_get(&host->view, TABLE_RECEIPT, &key, &receipt);
    if (err == ERR_OK) {
        err = peer_renew(host, receipt, &renewed);
    }
    if (err == ERR_OK) {
        err = send_receipt(port, buffer_slice(&renewed));
    }
    buffer_fini(&renewed);
    return err;
}

/* The sender holds a receipt that was not given by this ledger, or lacks one that it had. */
static enum err refuse_older_copy(const struct incoming *incoming, const struct peer_host *host,
                                  const struct answer_port *port, uint64_t held, uint64_t last,
                                  bool is_sender_older)
{
    char problem[160];
    snprintf(problem, sizeof problem,
             "you hold receipt %" PRIu64 ", the last one here is %" PRIu64
             ": %s ledger is an older copy",
             held, last, is_sender_older ? "your" : "this");
    peer_tell(host, &(struct peer_event){
                        .kind = PEER_OLDER_COPY, .partner = incoming->sender, .detail = problem});
    TRY(send_problem(port, problem));
    return ERR_DISAGREE;
}

/* The receipts after the one the sender holds, then the empty message: ready. */
static enum err resume(struct incoming *incoming, const struct peer_host *host, uint64_t held,
                       const struct answer_port *port)
{
    struct stream stream;
    TRY(ledger_get_stream(&host->view, host->roster, STREAM_IN, &incoming->sender, &stream));
    if (stream.is_recovering) {
        TRY(send_problem(port, "wait: this ledger was restored and recovers first"));
        return ERR_UNAVAILABLE;
    }
    enum err err = ERR_OK;
    for (uint64_t number = held; err == ERR_OK && number < stream.receipt_number;) {
        err = send_kept(incoming, host, port, ++number);
    }
    bool is_sender_older = err == ERR_NOT_FOUND; /* receipts are kept until the sender has them */
    if (is_sender_older) { /* by the latest one's signature it learns that it is */
        err = send_kept(incoming, host, port, stream.receipt_number);
    }
    TRY(err);
    if (is_sender_older || held > stream.receipt_number) {
        return refuse_older_copy(incoming, host, port, held, stream.receipt_number,
                                 is_sender_older);
    }
    incoming->is_resumed = true;
    return send_problem(port, ""); /* none: ready */
}

static enum err decode_entries(struct taking *taking, const struct clear_request *request,
                               struct note *note)
{
    if (request->count == 0 || request->count > LIMIT_CLEARING_BATCH) {
        return note_set(note, ERR_INPUT, "a batch has 1 to %u entries, not %zu",
                        LIMIT_CLEARING_BATCH, request->count);
    }
    for (size_t i = 0; i < request->count; i++) {
        struct batch_entry *entry = &taking->entries[i];
        struct slice bytes = request->entries[i];
        if (bytes.length > LIMIT_CLEARING_ENTRY_BYTES) {
            return note_set(note, ERR_INPUT, "entry %zu of the batch has %zu bytes", i + 1,
                            bytes.length);
        }
        TRY(wire_entry_decode(bytes, &entry->entry, note));
        entry->hash = entry_hash(bytes);
        write_bytes(&taking->bytes, bytes.at, bytes.length);
    }
    return taking->bytes.err;
}

/* The message they came in may go. */
static void own_entries(struct taking *taking, const struct clear_request *request)
{
    size_t offset = 0;
    for (size_t i = 0; i < request->count; i++) {
        size_t length = request->entries[i].length;
        taking->entries[i].bytes = slice_of(taking->bytes.at + offset, length);
        offset += length;
    }
}

/* The signature before anything is parsed. */
static enum err verify_batch(const struct incoming *incoming, struct taking *taking,
                             const struct peer_host *host, const struct clear_request *request,
                             struct note *note)
{
    struct batch_head *head = &taking->batch.head;
    if (request->head == NULL) {
        return note_set(note, ERR_INPUT, "the batch has no head");
    }
    TRY(peer_verify(host, request->head, PURPOSE_CLEARING_BATCH, &incoming->sender, note));
    TRY(wire_head_decode(request->head->payload, head, note));
    if (!partner_id_equal(&head->sender, &incoming->sender)) {
        return note_set(note, ERR_DENIED, "the batch is %s's, the caller is %s", head->sender.text,
                        incoming->sender.text);
    }
    TRY(peer_check_place(host, request->head, &incoming->sender,
                         head->first_number + head->count - 1, note));
    TRY(decode_entries(taking, request, note));
    own_entries(taking, request);
    return ERR_OK;
}

/* Receipts are kept until the sender says that it has them. One that never does would have us keep
 * ever more. */
static enum err check_behind(const struct incoming *incoming, const struct peer_host *host,
                             const struct clear_request *request, struct note *note)
{
    struct stream stream;
    uint64_t held = request->held_receipt_number;
    TRY(ledger_get_stream(&host->view, host->roster, STREAM_IN, &incoming->sender, &stream));
    if (stream.receipt_number <= LIMIT_RECEIPTS_BEHIND ||
        held >= stream.receipt_number - LIMIT_RECEIPTS_BEHIND) {
        return ERR_OK;
    }
    return note_set(note, ERR_CONFLICT,
                    "you hold receipt %" PRIu64 ", the last one here is %" PRIu64
                    ": take them before you send more",
                    held, stream.receipt_number);
}

static enum err prepare(const struct incoming *incoming, struct taking *taking,
                        const struct peer_host *host, const struct clear_request *request,
                        struct note *note)
{
    taking->batch = (struct incoming_batch){
        .sender = incoming->sender,
        .entries = taking->entries,
        .count = request->count,
        .held_receipt_number = request->held_receipt_number,
    };
    TRY(check_behind(incoming, host, request, note));
    TRY(verify_batch(incoming, taking, host, request, note));
    TRY(signed_encode(request->head, &taking->head_signed));
    taking->batch.charter_epoch = request->head->charter_epoch;
    taking->batch.head_signed = buffer_slice(&taking->head_signed);
    return ERR_OK;
}

void incoming_begin(const struct incoming *incoming, struct taking *taking,
                    const struct peer_host *host, const struct clear_request *request)
{
    buffer_clear(&taking->bytes);
    buffer_clear(&taking->head_signed);
    taking->note.text[0] = '\0';
    taking->ticket = NULL;
    taking->outcome = (struct batch_outcome){0};
    taking->err = prepare(incoming, taking, host, request, &taking->note);
    if (taking->err == ERR_OK) {
        taking->ticket = engine_begin_take(host->engine, &taking->batch, &taking->outcome);
    }
}

/* The taking's note says what was wrong. */
static enum err finish(struct taking *taking, const struct peer_host *host)
{
    if (taking->err != ERR_OK) {
        return taking->err;
    }
    engine_end_take(host->engine, taking->ticket, &taking->outcome);
    taking->ticket = NULL;
    taking->note = taking->outcome.problem;
    return taking->outcome.err;
}

void incoming_drop(struct taking *taking, const struct peer_host *host)
{
    enum err err = finish(taking, host);
    (void)err; /* nobody asks any more */
    buffer_fini(&taking->outcome.receipt);
}

void taking_fini(struct taking *taking)
{
    ASSERT(taking->ticket == NULL);
    buffer_fini(&taking->bytes);
    buffer_fini(&taking->head_signed);
}

static enum err refuse_batch(const struct incoming *incoming, const struct peer_host *host,
                             const struct answer_port *port, const char *what,
                             const struct note *note)
{
    char problem[640];
    peer_tell(host, &(struct peer_event){.kind = PEER_BATCH_REFUSED,
                                         .partner = incoming->sender,
                                         .reason = what,
                                         .detail = note->text});
    snprintf(problem, sizeof problem, "%s: %s", what, note->text);
    TRY(send_problem(port, problem));
    return ERR_CONFLICT;
}

enum err incoming_end(const struct incoming *incoming, struct taking *taking,
                      const struct peer_host *host, const struct answer_port *port,
                      struct note *note)
{
    struct batch_outcome *outcome = &taking->outcome;
    enum err err = finish(taking, host);
    *note = taking->note;
    if (MUTANT(SEND_BEFORE_STORING) && outcome->receipt.length > 0) {
        err = ERR_OK;
    }
    if (err == ERR_OK && outcome->judgement == BATCH_TAKE) {
        peer_tell(host, &(struct peer_event){.kind = PEER_BATCH_TAKEN,
                                             .partner = incoming->sender,
                                             .count = taking->batch.count,
                                             .refused = outcome->refused});
        err = send_receipt(port, buffer_slice(&outcome->receipt));
    } else {
        const char *what = err != ERR_OK ? err_name(err) : batch_judgement_name(outcome->judgement);
        err = refuse_batch(incoming, host, port, what, note);
    }
    buffer_fini(&outcome->receipt);
    return err;
}

enum err incoming_open(struct incoming *incoming, const struct peer_host *host,
                       const struct clear_request *request, const struct answer_port *port,
                       struct note *note)
{
    note->text[0] = '\0';
    return resume(incoming, host, request->held_receipt_number, port);
}

enum err incoming_take(struct incoming *incoming, struct taking *taking,
                       const struct peer_host *host, const struct clear_request *request,
                       const struct answer_port *port, struct note *note)
{
    if (!incoming->is_resumed) {
        return incoming_open(incoming, host, request, port, note);
    }
    incoming_begin(incoming, taking, host, request);
    return incoming_end(incoming, taking, host, port, note);
}

enum err incoming_refuse(struct incoming *incoming, const struct peer_host *host,
                         const struct answer_port *port, const struct note *note)
{
    return refuse_batch(incoming, host, port, err_name(ERR_INPUT), note);
}
