/* A node's side of the protocol, whatever its partner says: the input is a list of steps, one byte
 * each and the bytes that it takes, and in between the node's own till, its clock and a crash. */
#include <stdlib.h>
#include <string.h>

#include "clearing/dispute.h"
#include "fuzz.h"
#include "peer/exchange.h"
#include "peer/grant.h"
#include "protocol_node.h"
#include "wire/messages.h"

enum {
    STEPS_MAX = 64,
    ENTRIES_MAX = 6
};

/* What is put out of place in a message that is sound otherwise; bits of one byte. */
enum twist {
    TWIST_NUMBER = 1,
    TWIST_HASH = 2,
    TWIST_PURPOSE = 4,
    TWIST_SIGNATURE = 8,
    TWIST_PARTY = 16,
    TWIST_FIGURES = 32,
    TWIST_EPOCH = 64,
    TWIST_LAST = 128
};

struct run {
    struct protocol_node node;
    struct reader in;
    struct note note;
    struct arena arena;
};

/* The next byte; 0 behind the end. */
static unsigned next(struct run *run)
{
    return run->in.at < run->in.end ? read_u8(&run->in) : 0;
}

static struct slice next_bytes(struct run *run)
{
    size_t left = (size_t)(run->in.end - run->in.at);
    size_t length = next(run) * 4u;
    left = left > 0 ? left - 1 : 0;
    return read_slice(&run->in, length < left ? length : left);
}

static void twist_envelope(struct signed_message *message, unsigned twist)
{
    if (twist & TWIST_PURPOSE) {
        message->purpose = PURPOSE_STATEMENT_COUNTERSIGN;
    }
    if (twist & TWIST_SIGNATURE) {
        message->signature.bytes[0] ^= 1;
    }
    if (twist & TWIST_EPOCH) {
        message->charter_epoch = 99;
    }
}

/* ---- the partner's stream to us ---- */

static enum err keep_answer(void *context, const struct clear_response *response)
{
    struct run *run = context;
    if (response->receipt != NULL) {
        struct clearing_receipt receipt;
        arena_reset(&run->arena);
        ASSERT(response->receipt->purpose == PURPOSE_CLEARING_RECEIPT);
        ASSERT(wire_receipt_decode(response->receipt->payload, &run->arena, &receipt, NULL) ==
               ERR_OK);
        ASSERT(partner_id_equal(&receipt.receiver, &protocol_grocer));
        ASSERT(partner_id_equal(&receipt.sender, &protocol_fuel));
    }
    return ERR_OK;
}

/* ERR_OK goes on; anything else has ended the call. */
static void give(struct run *run, const struct clear_request *request)
{
    struct protocol_node *node = &run->node;
    struct peer_host host = protocol_host(node);
    struct answer_port port = {run, keep_answer};
    if (!node->is_open) {
        node->incoming.sender = protocol_fuel;
        node->incoming.is_resumed = false;
        node->is_open = true;
    }
    enum err err = request != NULL ? incoming_take(&node->incoming, &node->taking, &host, request,
                                                   &port, &run->note)
                                   : incoming_refuse(&node->incoming, &host, &port, &run->note);
    node->is_open = err == ERR_OK;
    ASSERT(err != ERR_CORRUPT && err != ERR_INTERNAL && err != ERR_STORAGE);
}

static void open_stream(struct run *run)
{
    struct clear_request opening = {.held_receipt_number = next(run) % 4};
    run->node.is_open = false;
    give(run, &opening);
}

/* Entries that follow on from where the node's ledger is. */
struct draft {
    struct buffer bytes[ENTRIES_MAX];
    struct slice slices[ENTRIES_MAX];
    struct clearing_entry first;
    struct hash last_hash;
    size_t count;
};

/* Of a dispute about one of the first entries of either stream, sound by itself. */
static struct clearing_entry draw_dispute(struct run *run)
{
    unsigned what = next(run);
    unsigned how = next(run);
    enum dispute_step step = (enum dispute_step)(STEP_OPEN + what % STEP_ADJUST);
    bool has_points = step == STEP_OPEN || step == STEP_ADJUST;
    struct clearing_entry entry = {
        .kind = step == STEP_ADJUST && (how & 1) ? ENTRY_BURN_ADJUSTMENT : dispute_step_kind(step),
        .business_time = run->node.now,
        .transaction_id = protocol_id(how),
        .points = points_of(has_points ? 1 + (int64_t)(how >> 1) : 0),
        .tariff = 1 + (what >> 6) % 3,
        .dispute = {.number = 1 + (how >> 3) % 16,
                    .is_of_sender = how & 2,
                    .step = step,
                    .reason = step == STEP_OPEN ? DISPUTE_OTHER : 0},
    };
    return entry;
}

static struct clearing_entry draw_entry(struct run *run)
{
    static const enum entry_kind kinds[] = {ENTRY_EARN,        ENTRY_CAPTURE,     ENTRY_VOID,
                                            ENTRY_EARN_RETURN, ENTRY_BURN_RETURN, ENTRY_ADJUSTMENT,
                                            ENTRY_PERIOD_MARK, ENTRY_EARN};
    unsigned what = next(run);
    unsigned how = next(run);
    if (what % 8 == 7 && (how & 0x40)) {
        return draw_dispute(run);
    }
    struct clearing_entry entry = {.kind = kinds[what % 8],
                                   .business_time = run->node.now,
                                   .transaction_id = protocol_id(how),
                                   .subject = protocol_id(how >> 3),
                                   .card = run->node.cards[(what >> 3) % PROTOCOL_CARDS],
                                   .points = points_of(1 + (int64_t)next(run) * (how & 1 ? 40 : 1)),
                                   .tariff = 1 + (what >> 6) % 3};
    if (entry.kind == ENTRY_VOID || entry.kind == ENTRY_PERIOD_MARK) {
        entry.points.minor = 0;
    }
    if (entry.kind == ENTRY_EARN) {
        entry.subject = (struct uid){{0}};
        entry.expires_at.ms = how & 2 ? run->node.now.ms + (1 + (how >> 2)) * DAY_MS : 0;
    } else if (entry.kind == ENTRY_PERIOD_MARK) {
        entry.card = (struct card_number){""};
        entry.subject = entry.transaction_id = (struct uid){{0}};
    }
    return entry;
}

static void draw_entries(struct run *run, struct draft *draft, unsigned twist)
{
    struct peer_host host = protocol_host(&run->node);
    struct stream stream;
    size_t count = 1 + next(run) % ENTRIES_MAX;
    ASSERT(ledger_get_stream(&host.view, host.roster, STREAM_IN, &protocol_fuel, &stream) ==
           ERR_OK);
    stream.last_number += twist & TWIST_NUMBER ? 1 : 0;
    stream.last_hash.bytes[0] ^= twist & TWIST_HASH ? 1 : 0;
    for (size_t i = 0; i < count; i++) {
        struct clearing_entry entry = draw_entry(run);
        entry.number = stream.last_number + 1;
        entry.previous_hash = stream.last_hash;
        entry.period = stream.period;
        if (wire_entry_encode(&entry, &draft->bytes[i]) != ERR_OK) {
            return;
        }
        draft->slices[i] = buffer_slice(&draft->bytes[i]);
        draft->last_hash = entry_hash(draft->slices[i]);
        draft->first = i == 0 ? entry : draft->first;
        draft->count = i + 1;
        stream_advance(&stream, &entry, &draft->last_hash, draft->slices[i].length);
    }
}

static void give_batch(struct run *run)
{
    struct draft draft = {.count = 0};
    struct buffer payload = {0};
    unsigned twist = next(run) & next(run); /* sound more often than not */
    draw_entries(run, &draft, twist);
    struct batch_head head = {.sender = protocol_fuel,
                              .receiver = protocol_grocer,
                              .first_number = draft.first.number,
                              .count = (uint32_t)draft.count,
                              .previous_hash = draft.first.previous_hash,
                              .last_hash = draft.last_hash};
    if (twist & TWIST_PARTY) {
        head.receiver = (struct partner_id){"hotel"};
    }
    head.count += twist & TWIST_FIGURES ? 1 : 0;
    head.last_hash.bytes[3] ^= twist & TWIST_LAST ? 1 : 0;
    if (draft.count > 0 && wire_head_encode(&head, &payload) == ERR_OK) {
        struct signed_message envelope =
            protocol_signed(&run->node, PURPOSE_CLEARING_BATCH, buffer_slice(&payload));
        twist_envelope(&envelope, twist);
        struct clear_request request = {&envelope, draft.slices, draft.count, next(run) % 8};
        give(run, &request);
    }
    buffer_fini(&payload);
    for (size_t i = 0; i < ENTRIES_MAX; i++) {
        buffer_fini(&draft.bytes[i]);
    }
}

/* Any bytes for head and entry, signed. */
static void give_noise(struct run *run)
{
    struct slice payload = next_bytes(run);
    struct slice entry = next_bytes(run);
    struct signed_message envelope = protocol_signed(&run->node, PURPOSE_CLEARING_BATCH, payload);
    struct clear_request request = {&envelope, &entry, 1, next(run)};
    if (payload.length % 7 == 6) {
        note_set(&run->note, ERR_INPUT, "it is malformed");
        give(run, NULL);
        return;
    }
    request.head = payload.length % 7 == 5 ? NULL : &envelope;
    give(run, &request);
}

/* ---- authorisations ---- */

static void take_hold(struct run *run, const struct signed_message *envelope)
{
    struct peer_host host = protocol_host(&run->node);
    struct hold_request request;
    struct command command;
    struct buffer evidence = {0};
    struct buffer answer = {0};
    enum err err = grant_take_request(&host, &protocol_fuel, envelope, DAY_MS, &request, &command,
                                      &evidence, &run->note);
    if (err == ERR_OK) {
        struct outcome outcome = engine_execute(run->node.engine, &command);
        ASSERT(outcome.err == ERR_OK);
        ASSERT(grant_answer(&host, &request, &outcome, &answer) == ERR_OK);
    } else {
        ASSERT(err == ERR_SIGNATURE || err == ERR_DENIED || err == ERR_INPUT);
    }
    buffer_fini(&evidence);
    buffer_fini(&answer);
}

static void ask_hold(struct run *run)
{
    unsigned twist = next(run) & next(run);
    unsigned what = next(run);
    struct buffer payload = {0};
    struct hold_request request = {.transaction_id = protocol_id(what),
                                   .redeemer = protocol_fuel,
                                   .home = protocol_grocer,
                                   .card = run->node.cards[(what >> 3) % PROTOCOL_CARDS],
                                   .points = points_of(1 + (int64_t)next(run) * 5),
                                   .requested = run->node.now,
                                   .capture_by = {run->node.now.ms + 3600000}};
    if (twist & TWIST_PARTY) {
        request.home = request.redeemer;
        request.redeemer = protocol_grocer;
    }
    if (twist & TWIST_FIGURES) {
        request.capture_by.ms = (int64_t)next(run) * (DAY_MS << 3);
    }
    if (wire_hold_request_encode(&request, &payload) == ERR_OK) {
        struct signed_message envelope =
            protocol_signed(&run->node, PURPOSE_HOLD_REQUEST, buffer_slice(&payload));
        twist_envelope(&envelope, twist);
        take_hold(run, &envelope);
    }
    buffer_fini(&payload);
}

static void ask_noise(struct run *run)
{
    struct signed_message envelope =
        protocol_signed(&run->node, PURPOSE_HOLD_REQUEST, next_bytes(run));
    take_hold(run, &envelope);
}

/* ---- our stream to the partner ---- */

static enum err keep_sent(void *context, const struct clear_request *request)
{
    struct run *run = context;
    struct protocol_node *node = &run->node;
    struct batch_head head;
    if (request->head == NULL) {
        node->sent_count = 0;
        return ERR_OK;
    }
    ASSERT(wire_head_decode(request->head->payload, &head, NULL) == ERR_OK);
    ASSERT(partner_id_equal(&head.sender, &protocol_grocer) && head.count == request->count);
    if (node->sent_count < PROTOCOL_SENT_KEPT) {
        node->sent[node->sent_count++].head = head;
    }
    return ERR_OK;
}

static void end_if_wrong(struct run *run, enum err err)
{
    ASSERT(err != ERR_CORRUPT && err != ERR_INTERNAL && err != ERR_STORAGE);
    if (err != ERR_OK) {
        outgoing_close(&run->node.outgoing);
        run->node.sent_count = 0;
    }
}

static void open_ours(struct run *run)
{
    struct peer_host host = protocol_host(&run->node);
    struct clear_port port = {run, keep_sent};
    struct clear_response ready = {NULL, ""};
    enum err err = outgoing_open(&run->node.outgoing, &host, &port, &run->note);
    if (err == ERR_OK) {
        err = outgoing_take(&run->node.outgoing, &host, &ready, &run->note);
    }
    end_if_wrong(run, err);
}

static void pump(struct run *run)
{
    struct peer_host host = protocol_host(&run->node);
    struct clear_port port = {run, keep_sent};
    end_if_wrong(run, outgoing_pump(&run->node.outgoing, &host, &port, &run->note));
}

static void take_receipt(struct run *run, const struct signed_message *envelope)
{
    struct peer_host host = protocol_host(&run->node);
    struct clear_response response = {envelope, ""};
    end_if_wrong(run, outgoing_take(&run->node.outgoing, &host, &response, &run->note));
}

/* The totals that the partner must have, which are the node's own with the batch. */
static void add_totals(struct run *run, const struct batch_head *head,
                       struct receipt_total totals[2], size_t *out_count)
{
    struct peer_host host = protocol_host(&run->node);
    struct entry_total before;
    ASSERT(ledger_get_total(&host.view, STREAM_OUT, &protocol_fuel, (struct period){0}, ENTRY_EARN,
                            1, &before) == ERR_OK);
    totals[0] = (struct receipt_total){ENTRY_EARN, 1, before.count + head->count,
                                       before.points + (int64_t)head->count * 10};
    *out_count = 1;
}

static void answer_batch(struct run *run)
{
    struct protocol_node *node = &run->node;
    unsigned twist = next(run) & next(run);
    struct peer_host host = protocol_host(node);
    struct stream stream;
    struct receipt_total totals[2];
    struct receipt_refusal refusal;
    struct buffer payload = {0};
    if (node->sent_count == 0) {
        return;
    }
    struct batch_head head = node->sent[0].head;
    ASSERT(ledger_get_stream(&host.view, host.roster, STREAM_OUT, &protocol_fuel, &stream) ==
           ERR_OK);
    struct clearing_receipt receipt = {
        .sender = protocol_grocer,
        .receiver = protocol_fuel,
        .receipt_number = stream.receipt_number + (twist & TWIST_NUMBER ? next(run) : 1),
        .previous_receipt_hash = stream.receipt_hash,
        .first_number = head.first_number,
        .last_number = head.first_number + head.count - 1 + (twist & TWIST_LAST ? next(run) : 0),
        .last_hash = head.last_hash,
        .totals = totals,
        .refused = &refusal,
        .refused_count = next(run) % 4 == 3};
    add_totals(run, &head, totals, &receipt.total_count);
    refusal = (struct receipt_refusal){head.first_number, "CARD_UNKNOWN", {""}};
    totals[0].count -= receipt.refused_count;
    totals[0].points -= (int64_t)receipt.refused_count * 10;
    receipt.total_count = totals[0].count == 0 ? 0 : 1;
    receipt.last_hash.bytes[1] ^= twist & TWIST_HASH ? 1 : 0;
    totals[0].points += twist & TWIST_FIGURES ? 1 : 0;
    if (wire_receipt_encode(&receipt, &payload) == ERR_OK) {
        struct signed_message envelope =
            protocol_signed(node, PURPOSE_CLEARING_RECEIPT, buffer_slice(&payload));
        twist_envelope(&envelope, twist);
        memmove(node->sent, node->sent + 1, --node->sent_count * sizeof node->sent[0]);
        take_receipt(run, &envelope);
    }
    buffer_fini(&payload);
}

static void answer_noise(struct run *run)
{
    struct signed_message envelope =
        protocol_signed(&run->node, PURPOSE_CLEARING_RECEIPT, next_bytes(run));
    take_receipt(run, &envelope);
}

/* ---- statements, the node's own till, its clock, its end ---- */

static void show_statement(struct run *run)
{
    struct peer_host host = protocol_host(&run->node);
    struct exchange exchange;
    struct signed_message envelope =
        protocol_signed(&run->node, PURPOSE_STATEMENT, next_bytes(run));
    exchange_init(&exchange, &protocol_fuel, (struct period){0});
    enum err err = exchange_answer(&exchange, &host, &envelope, &run->note);
    ASSERT(err != ERR_CORRUPT && err != ERR_INTERNAL && err != ERR_STORAGE);
    exchange_fini(&exchange);
}

static void use_till(struct run *run)
{
    unsigned what = next(run);
    struct command command = {.kind = COMMAND_EARN};
    command.earn = (struct command_earn){.card = run->node.cards[what % 2],
                                         .currency = "EUR",
                                         .is_fixed = true,
                                         .fixed_points = points_of(10)};
    if (what % 8 == 6) {
        command = (struct command){.kind = COMMAND_CLOSE_PERIOD};
        command.close_period.period = (struct period){202609 + (what >> 3) % 3};
    } else if (what % 8 == 7) {
        command = (struct command){.kind = COMMAND_BLOCK_CARD};
        command.card.card = run->node.cards[0];
    }
    ASSERT(protocol_tell(&run->node, &command).err == ERR_OK);
}

static void pass_time(struct run *run)
{
    run->node.now.ms += (int64_t)next(run) * 3600000;
    while (engine_keep_time(run->node.engine)) {
    }
}

static void crash(struct run *run)
{
    protocol_restart(&run->node, next(run) % 2 == 1);
    run->node.sent_count = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    static void (*const steps[])(struct run * run) = {
        open_stream, give_batch,     give_batch, give_batch, give_noise,   ask_hold,
        ask_hold,    ask_noise,      open_ours,  pump,       answer_batch, answer_noise,
        use_till,    show_statement, pass_time,  crash,
    };
    struct run *run = calloc(1, sizeof *run);
    ASSERT(run != NULL);
    run->in = reader_of(slice_of(at, length));
    arena_init(&run->arena, LIMIT_DECODED_BYTES);
    protocol_begin(&run->node);
    for (unsigned i = 0; i < STEPS_MAX && run->in.at < run->in.end; i++) {
        steps[next(run) % 16](run);
    }
    protocol_check(&run->node);
    protocol_end(&run->node);
    arena_fini(&run->arena);
    free(run);
    return 0;
}
