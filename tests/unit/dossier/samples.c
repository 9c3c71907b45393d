#include "samples.h"

#include <string.h>

#include "dossier/member_receipt.h"
#include "dossier/net_audit.h"
#include "dossier/stream_file.h"
#include "talea/v1/back_office.pb-c.h"
#include "talea/v1/dossier.pb-c.h"
#include "wire/fields.h"
#include "wire/messages.h"
#include "wire/signed_message.h"

#define MADE_AT INT64_C(1790000000000)
#define FUEL    0u
#define GROCER  1u
#define HOTEL   2u

void sample_chain(struct charter_chain *out_chain)
{
    struct coalition coalition;
    struct note note = {{0}};
    struct charter *charter;
    struct buffer bytes = {0};
    *out_chain = (struct charter_chain){NULL, 0};
    coalition_begin(&coalition);
    ASSERT(coalition_charter(&coalition, &bytes, &note) == ERR_OK);
    for (unsigned i = 0; i < MEMBERS; i++) {
        struct buffer more = {0};
        const struct member *member = &coalition.members[i];
        ASSERT(charter_sign(buffer_slice(&bytes), &member->root, &member->id, &more, &note) ==
               ERR_OK);
        buffer_fini(&bytes);
        bytes = more;
    }
    ASSERT(charter_open(buffer_slice(&bytes), &charter, &note) == ERR_OK);
    buffer_fini(&bytes);
    ASSERT(charter_chain_add(out_chain, charter) == ERR_OK);
    coalition_end(&coalition);
}

static struct partner_id partner(const char *text)
{
    struct partner_id id;
    ASSERT(partner_id_parse(text, &id) == ERR_OK);
    return id;
}

static void sign(unsigned member, enum purpose purpose, uint64_t epoch,
                 const struct buffer *payload, struct buffer *out)
{
    struct key_signer key_signer;
    struct signer signer;
    struct signing_key key = key_of((uint8_t)(101 + member));
    ASSERT(key_signer_init(&key_signer, &key, "demo", &signer) == ERR_OK);
    ASSERT(signed_make(&signer, epoch, purpose, buffer_slice(payload), out) == ERR_OK);
}

void sample_sign(unsigned member, enum purpose purpose, const struct buffer *payload,
                 struct buffer *out)
{
    sign(member, purpose, 1, payload, out);
}

/* The file as it grows. */
struct making {
    const struct sample_fault *fault;
    struct buffer *out;
    uint64_t number;
    struct hash hash;
    uint64_t receipt_number;
    struct hash receipt_hash;
    struct receipt_total totals[2];
};

static void put(struct making *making, const ProtobufCMessage *message)
{
    struct buffer bytes = {0};
    ASSERT(fields_pack(message, &bytes) == ERR_OK);
    write_block(making->out, buffer_slice(&bytes));
    buffer_fini(&bytes);
}

static void make_entry(struct making *making, enum entry_kind kind, struct buffer *out)
{
    bool is_mark = kind == ENTRY_PERIOD_MARK;
    uint32_t mark_period = making->fault->mark_period;
    struct clearing_entry entry = {
        .number = ++making->number,
        .previous_hash = making->hash,
        .period = {is_mark && mark_period != 0 ? mark_period : SAMPLE_PERIOD},
        .business_time = {MADE_AT + 1},
        .kind = kind,
        .tariff = is_mark ? 0 : 1};
    memset(entry.transaction_id.bytes, (int)making->number, sizeof entry.transaction_id.bytes);
    if (!is_mark) {
        ASSERT(card_number_parse("7002000000000425", &entry.card) == ERR_OK);
        entry.points = (struct points){100};
        entry.subject.bytes[0] = making->fault->draws;
    }
    ASSERT(wire_entry_encode(&entry, out) == ERR_OK);
    making->hash = entry_hash(buffer_slice(out));
}

static void make_head(struct making *making, uint64_t first, struct hash previous,
                      struct buffer *out)
{
    struct buffer payload = {0};
    struct batch_head head = {partner("fuel"), partner("grocer"),
                              first,           (uint32_t)(making->number - first + 1),
                              previous,        making->hash};
    head.last_hash.bytes[0] ^= making->fault->other_head;
    ASSERT(wire_head_encode(&head, &payload) == ERR_OK);
    sign(FUEL, PURPOSE_CLEARING_BATCH, 1, &payload, out);
    buffer_fini(&payload);
}

static void make_receipt(struct making *making, uint64_t first, size_t total_count,
                         struct buffer *out)
{
    struct buffer payload = {0};
    const struct sample_fault *fault = making->fault;
    bool is_last = making->receipt_number == 1;
    making->totals[0].points = 200 + (is_last ? fault->total_more : 0);
    struct clearing_receipt receipt = {.sender = partner("fuel"),
                                       .receiver = partner("grocer"),
                                       .receipt_number = ++making->receipt_number,
                                       .previous_receipt_hash = making->receipt_hash,
                                       .first_number = first,
                                       .last_number = making->number,
                                       .last_hash = making->hash,
                                       .totals = making->totals,
                                       .total_count = total_count};
    receipt.previous_receipt_hash.bytes[0] ^= is_last && fault->other_before;
    ASSERT(wire_receipt_encode(&receipt, &payload) == ERR_OK);
    making->receipt_hash = receipt_payload_hash(buffer_slice(&payload));
    sign(fault->receipt_signer != 0 ? fault->receipt_signer : GROCER, PURPOSE_CLEARING_RECEIPT,
         is_last && fault->receipt_epoch != 0 ? fault->receipt_epoch : 1, &payload, out);
    buffer_fini(&payload);
}

static void put_run(struct making *making, const enum entry_kind *kinds, size_t count,
                    size_t total_count)
{
    struct buffer parts[4] = {{0}, {0}, {0}, {0}};
    ProtobufCBinaryData entries[2];
    Talea__V1__DossierRun run;
    uint64_t first = making->number + 1;
    struct hash previous = making->hash;
    for (size_t i = 0; i < count; i++) {
        make_entry(making, kinds[i], &parts[i]);
        entries[i] = binary_of(parts[i].at, parts[i].length);
    }
    make_head(making, first, previous, &parts[2]);
    make_receipt(making, first, total_count, &parts[3]);
    talea__v1__dossier_run__init(&run);
    run.head = binary_of(parts[2].at, parts[2].length);
    run.receipt = binary_of(parts[3].at, parts[3].length);
    run.n_entries = count;
    run.entries = entries;
    put(making, &run.base);
    for (size_t i = 0; i < 4; i++) {
        buffer_fini(&parts[i]);
    }
}

void sample_stream(const struct sample_fault *fault, struct buffer *out)
{
    static const struct sample_fault none = {0};
    static const enum entry_kind earns[] = {ENTRY_EARN, ENTRY_EARN};
    static const enum entry_kind mark[] = {ENTRY_PERIOD_MARK};
    struct partner_id names[2] = {partner("fuel"), partner("grocer")};
    struct making making = {.fault = fault == NULL ? &none : fault,
                            .out = out,
                            .totals = {{ENTRY_EARN, 1, 2, 200}, {ENTRY_PERIOD_MARK, 0, 1, 0}}};
    Talea__V1__DossierStream head;
    talea__v1__dossier_stream__init(&head);
    head.holder = names[1].text;
    head.sender = names[0].text;
    head.receiver = names[1].text;
    head.period = SAMPLE_PERIOD;
    head.first_number = 1;
    head.last_number = SAMPLE_ENTRIES;
    write_bytes(out, STREAM_FILE_FORMAT, sizeof STREAM_FILE_FORMAT - 1);
    put(&making, &head.base);
    put_run(&making, earns, 2, 1);
    put_run(&making, mark, 1, 2);
    ASSERT(out->err == ERR_OK);
}

/* ---- The net, a payment, a receipt ---- */

static void put_net(struct buffer *out, const Talea__V1__DossierNet *net)
{
    struct buffer bytes = {0};
    ASSERT(fields_pack(&net->base, &bytes) == ERR_OK);
    write_block(out, buffer_slice(&bytes));
    buffer_fini(&bytes);
}

static void put_agreed(const struct charter_chain *chain, struct pair_statement *out_statement,
                       struct buffer *out)
{
    struct note note = {{0}};
    struct roster roster;
    struct arena arena;
    struct buffer parts[3] = {{0}, {0}, {0}};
    struct statement_half halves[2] = {{.sender = partner("grocer"),
                                        .receiver = partner("hotel"),
                                        .first_number = 1,
                                        .last_number = 1},
                                       {.sender = partner("hotel"),
                                        .receiver = partner("grocer"),
                                        .first_number = 1,
                                        .last_number = 1}};
    const struct charter *charter = charter_chain_last(chain);
    Talea__V1__DossierNet net;
    talea__v1__dossier_net__init(&net);
    arena_init(&arena, 1 << 20);
    ASSERT(charter_roster(charter, &halves[0].sender, &roster, &note) == ERR_OK);
    ASSERT(statement_make(&roster, charter->coalition, charter->currency,
                          (struct period){SAMPLE_PERIOD}, halves, &arena, out_statement) == ERR_OK);
    out_statement->charter_epoch = charter->epoch;
    ASSERT(wire_statement_encode(out_statement, &parts[0]) == ERR_OK);
    sign(GROCER, PURPOSE_STATEMENT, 1, &parts[0], &parts[1]);
    sign(HOTEL, PURPOSE_STATEMENT_COUNTERSIGN, 1, &parts[0], &parts[2]);
    net.statement = binary_of(parts[1].at, parts[1].length);
    net.countersignature = binary_of(parts[2].at, parts[2].length);
    put_net(out, &net);
    for (unsigned i = 0; i < 3; i++) {
        buffer_fini(&parts[i]);
    }
    charter_roster_fini(&roster);
    arena_fini(&arena);
}

static const char *const names[] = {"fuel", "grocer", "hotel"};

static void put_word(unsigned member, const struct netting_set *set, struct buffer *out)
{
    struct buffer payload = {0};
    struct buffer word = {0};
    struct partner_id id = partner(names[member]);
    Talea__V1__DossierNet net;
    talea__v1__dossier_net__init(&net);
    ASSERT(wire_netting_encode(set, &payload) == ERR_OK);
    sign(member, member == HOTEL ? PURPOSE_NETTING_SET : PURPOSE_NETTING, 1, &payload, &word);
    net.partner = id.text;
    net.word = binary_of(word.at, word.length);
    put_net(out, &net);
    buffer_fini(&payload);
    buffer_fini(&word);
}

static void put_vote(unsigned member, const struct netting_set *set, struct buffer *out)
{
    struct buffer payload = {0};
    struct buffer vote = {0};
    struct partner_id id = partner(names[member]);
    Talea__V1__DossierNet net;
    talea__v1__dossier_net__init(&net);
    ASSERT(wire_netting_encode(set, &payload) == ERR_OK);
    sign(member, PURPOSE_NETTING_VOTE, 1, &payload, &vote);
    net.partner = id.text;
    net.vote = binary_of(vote.at, vote.length);
    put_net(out, &net);
    buffer_fini(&payload);
    buffer_fini(&vote);
}

void sample_votes(const struct sample_vote *votes, size_t count, struct buffer *out)
{
    struct partner_id left_out = partner("hotel");
    for (size_t i = 0; i < count; i++) {
        struct netting_set set = {.coalition = "demo",
                                  .period = {SAMPLE_PERIOD},
                                  .number = netting_number(votes[i].round, 1),
                                  .is_against = votes[i].is_against,
                                  .left_out = &left_out,
                                  .left_out_count = votes[i].with_all ? 0 : 1,
                                  .set = {{votes[i].set}}};
        put_vote(votes[i].member, &set, out);
    }
}

void sample_net(const struct charter_chain *chain, struct buffer *out)
{
    struct pair_statement statement;
    struct partner_id left_out = partner("hotel");
    struct netting_set set = {
        .coalition = "demo", .period = {SAMPLE_PERIOD}, .number = 2, .set = {{9}}};
    write_bytes(out, NET_FILE_FORMAT, strlen(NET_FILE_FORMAT));
    put_agreed(chain, &statement, out);
    put_word(HOTEL, &set, out);
    set.left_out = &left_out;
    set.left_out_count = 1;
    put_word(FUEL, &set, out);
    put_word(GROCER, &set, out);
    sample_votes((const struct sample_vote[]){{.member = FUEL, .set = 9},
                                              {.member = GROCER, .set = 9, .is_against = true}},
                 2, out);
}

static void sign_notice(unsigned member, const struct payment_notice *notice, struct buffer *out)
{
    struct buffer payload = {0};
    ASSERT(wire_payment_encode(notice, &payload) == ERR_OK);
    sign(member, PURPOSE_PAYMENT, 1, &payload, out);
    buffer_fini(&payload);
}

void sample_payment(struct buffer *out)
{
    struct buffer parts[2] = {{0}, {0}};
    struct payment payment = {partner("fuel"), partner("grocer"), {1200}};
    struct payment_notice notice = {.coalition = "demo",
                                    .period = {SAMPLE_PERIOD},
                                    .figures = {{1200}, {500}, {500}, {0}},
                                    .number = 2,
                                    .heard = 1};
    Talea__V1__DossierPayment message;
    Talea__V1__DossierBooking booking;
    Talea__V1__DossierBooking *bookings[] = {&booking};
    char reference[] = "OUT1";
    obligation_of_payment(&payment, "demo", notice.period, "EUR", &notice.terms);
    sign_notice(FUEL, &notice, &parts[0]);
    sign_notice(GROCER, &notice, &parts[1]);
    talea__v1__dossier_payment__init(&message);
    talea__v1__dossier_booking__init(&booking);
    booking.bank_reference = reference;
    booking.amount_minor = 500;
    booking.booked_unix_ms = MADE_AT;
    message.own_notice = binary_of(parts[0].at, parts[0].length);
    message.partner_notice = binary_of(parts[1].at, parts[1].length);
    message.bookings = bookings;
    message.n_bookings = 1;
    ASSERT(fields_pack(&message.base, out) == ERR_OK);
    buffer_fini(&parts[0]);
    buffer_fini(&parts[1]);
}

void sample_receipt(struct buffer *out)
{
    struct key_signer key_signer;
    struct signer signer;
    struct signing_key key = key_of((uint8_t)(101 + FUEL));
    struct member_receipt receipt = {.coalition = "demo",
                                     .brand = partner("fuel"),
                                     .transaction_id = "0199a000-0000-7000-8000-000000000001",
                                     .kind = "earn",
                                     .time = {MADE_AT},
                                     .card = "6100010000000013",
                                     .points = 12,
                                     .has_balance = true,
                                     .balance = 112};
    ASSERT(key_signer_init(&key_signer, &key, "demo", &signer) == ERR_OK);
    ASSERT(member_receipt_sign(&receipt, &signer, 1, out) == ERR_OK);
}
