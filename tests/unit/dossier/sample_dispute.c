/* What is signed of a disputed entry, each entry in a batch of its own. */
#include "samples.h"

#include "talea/v1/back_office.pb-c.h"
#include "wire/fields.h"
#include "wire/messages.h"
#include "wire/signed_message.h"

#define MADE_AT INT64_C(1790000000000)
#define FUEL    0u
#define GROCER  1u

/* An envelope with all that its message points into. */
struct envelope {
    struct buffer bytes;
    struct signed_message room;
    Talea__V1__Signed message;
};

struct batch {
    struct buffer entry;
    ProtobufCBinaryData entry_bytes;
    struct envelope head;
    struct envelope receipt;
};

static struct partner_id name_of(unsigned member)
{
    struct partner_id id;
    ASSERT(partner_id_parse(member == FUEL ? "fuel" : "grocer", &id) == ERR_OK);
    return id;
}

static void seal(unsigned member, enum purpose purpose, struct buffer *payload,
                 struct envelope *out)
{
    sample_sign(member, purpose, payload, &out->bytes);
    ASSERT(signed_decode(buffer_slice(&out->bytes), &out->room) == ERR_OK);
    signed_to_message(&out->room, &out->message);
    buffer_fini(payload);
}

/* The entry alone, and the other side's receipt for it. */
static void make_batch(unsigned sender, const struct clearing_entry *entry, struct batch *out)
{
    unsigned receiver = sender == FUEL ? GROCER : FUEL;
    struct receipt_total total = {entry->kind, entry->tariff, 1, entry->points.minor};
    struct buffer payload = {0};
    struct buffer answer = {0};
    *out = (struct batch){.entry = {0}};
    ASSERT(wire_entry_encode(entry, &out->entry) == ERR_OK);
    out->entry_bytes = binary_of(out->entry.at, out->entry.length);
    struct hash hash = entry_hash(buffer_slice(&out->entry));
    struct batch_head head = {
        name_of(sender), name_of(receiver), entry->number, 1, entry->previous_hash, hash};
    struct clearing_receipt receipt = {.sender = head.sender,
                                       .receiver = head.receiver,
                                       .receipt_number = entry->number,
                                       .first_number = entry->number,
                                       .last_number = entry->number,
                                       .last_hash = hash,
                                       .totals = &total,
                                       .total_count = 1};
    ASSERT(wire_head_encode(&head, &payload) == ERR_OK);
    seal(sender, PURPOSE_CLEARING_BATCH, &payload, &out->head);
    ASSERT(wire_receipt_encode(&receipt, &answer) == ERR_OK);
    seal(receiver, PURPOSE_CLEARING_RECEIPT, &answer, &out->receipt);
}

static void end_batch(struct batch *batch)
{
    buffer_fini(&batch->entry);
    buffer_fini(&batch->head.bytes);
    buffer_fini(&batch->receipt.bytes);
}

static struct clearing_entry capture_of_fuel(void)
{
    struct clearing_entry capture = {.number = 1,
                                     .period = {SAMPLE_PERIOD},
                                     .business_time = {MADE_AT + 1},
                                     .transaction_id = {{1}},
                                     .kind = ENTRY_CAPTURE,
                                     .points = {90},
                                     .tariff = 1,
                                     .subject = {{2}}};
    ASSERT(card_number_parse("6100020000000012", &capture.card) == ERR_OK);
    return capture;
}

static void make_grant(const struct clearing_entry *capture, struct envelope *out)
{
    struct buffer payload = {0};
    struct hold_grant grant = {.hold = capture->subject,
                               .redeemer = name_of(FUEL),
                               .home = name_of(GROCER),
                               .card = capture->card,
                               .points = {100},
                               .capture_by = {MADE_AT + 10},
                               .deliver_by = {MADE_AT + 20}};
    ASSERT(wire_hold_grant_encode(&grant, &payload) == ERR_OK);
    seal(GROCER, PURPOSE_HOLD_GRANT, &payload, out);
}

/* Grocer's clock is behind fuel's. */
static void make_steps(const struct batch *capture, struct batch out[2])
{
    struct clearing_entry opened = {
        .number = 1,
        .period = {SAMPLE_PERIOD},
        .business_time = {MADE_AT + 90},
        .transaction_id = {{3}},
        .kind = ENTRY_DISPUTE_OPENED,
        .points = {90},
        .tariff = 1,
        .dispute = {.number = 1, .step = STEP_OPEN, .reason = DISPUTE_NOT_GRANTED, .note = "why?"}};
    struct clearing_entry ruled = {
        .number = 2,
        .previous_hash = entry_hash(buffer_slice(&capture->entry)),
        .period = {SAMPLE_PERIOD},
        .business_time = {MADE_AT + 50},
        .transaction_id = {{3}},
        .kind = ENTRY_DISPUTE_RULED,
        .tariff = 1,
        .dispute = {.number = 1, .is_of_sender = true, .step = STEP_MACHINE_DISMISSED}};
    make_batch(GROCER, &opened, &out[0]);
    make_batch(FUEL, &ruled, &out[1]);
}

static void show_line(struct batch *batch, uint64_t number, Talea__V1__DisputeLineEvidence *out)
{
    talea__v1__dispute_line_evidence__init(out);
    out->number = number;
    out->head = &batch->head.message;
    out->receipt = &batch->receipt.message;
    out->entries = &batch->entry_bytes;
    out->n_entries = 1;
}

void sample_evidence(struct buffer *out)
{
    struct clearing_entry entry = capture_of_fuel();
    struct batch capture;
    struct batch steps[2];
    struct envelope grant = {.bytes = {0}};
    Talea__V1__Signed *grants[] = {&grant.message};
    Talea__V1__DisputeLineEvidence shown[2];
    Talea__V1__DisputeLineEvidence *lines[] = {&shown[0], &shown[1]};
    Talea__V1__GetDisputeEvidenceResponse message;
    make_batch(FUEL, &entry, &capture);
    make_grant(&entry, &grant);
    make_steps(&capture, steps);
    show_line(&steps[0], 1, &shown[0]);
    show_line(&steps[1], 2, &shown[1]);
    talea__v1__get_dispute_evidence_response__init(&message);
    message.head = &capture.head.message;
    message.receipt = &capture.receipt.message;
    message.entries = &capture.entry_bytes;
    message.n_entries = 1;
    message.grants = grants;
    message.n_grants = 1;
    message.lines = lines;
    message.n_lines = 2;
    ASSERT(fields_pack(&message.base, out) == ERR_OK);
    end_batch(&capture);
    end_batch(&steps[0]);
    end_batch(&steps[1]);
    buffer_fini(&grant.bytes);
}
