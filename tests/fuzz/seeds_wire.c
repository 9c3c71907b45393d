/* seeds_wire FOLDER: messages between partners, alone, in envelopes, in batches, in RPC messages,
 * and a refusal's details. */
#include <stdio.h>
#include <string.h>

#include "clearing/dispute.h"
#include "rpc/details.h"
#include "samples.h"
#include "seeds.h"
#include "wire/reconcile.h"

static void write_samples(const char *folder)
{
    static const char *const targets[SAMPLE_COUNT] = {
        "entry",     "entry",   "head",    "receipt",   "hold",  "hold",      "hold",  "statement",
        "entry",     "hold",    NULL,      "holdings",  "entry", "receipt",   "hold",  "statement",
        "half_root", "payment", "payment", "statement", "apart", "statement", "entry", "hold"};
    static const enum purpose purposes[SAMPLE_COUNT] = {
        PURPOSE_CARD_BLOCK,       PURPOSE_MANDATE,          PURPOSE_CLEARING_BATCH,
        PURPOSE_CLEARING_RECEIPT, PURPOSE_HOLD_REQUEST,     PURPOSE_HOLD_GRANT,
        PURPOSE_HOLD_REFUSAL,     PURPOSE_STATEMENT,        PURPOSE_BACKUP,
        PURPOSE_MANDATE,          PURPOSE_STATEMENT,        PURPOSE_HOLDINGS,
        PURPOSE_CLEARING_BATCH,   PURPOSE_CLEARING_RECEIPT, PURPOSE_MOVE_ACCEPTANCE,
        PURPOSE_STATEMENT,        PURPOSE_HALF_ROOT,        PURPOSE_PAYMENT,
        PURPOSE_NETTING,          PURPOSE_STATEMENT,        PURPOSE_SET_APART,
        PURPOSE_STATEMENT,        PURPOSE_CLEARING_BATCH,   PURPOSE_BLOCK_OFFER};
    static const unsigned mandate = 9;
    static const unsigned acceptance = 14;
    static const unsigned offer = 23;
    for (unsigned i = 0; i < SAMPLE_COUNT; i++) {
        if (targets[i] == NULL) { /* a file, not a message */
            continue;
        }
        CLEANUP(buffer_fini) struct buffer bytes = {0};
        CLEANUP(buffer_fini) struct buffer envelope = {0};
        char name[32];
        snprintf(name, sizeof name, "sample-%u", i);
        ASSERT(samples[i].encode(&bytes) == ERR_OK);
        if (strcmp(targets[i], "hold") == 0) {
            unsigned choice = i == mandate ? 3 : i == acceptance ? 4 : i == offer ? 5 : i - 4;
            seed_write_choice(folder, "hold", name, choice, buffer_slice(&bytes));
        } else if (strcmp(targets[i], "payment") == 0) {
            seed_write_choice(folder, "payment", name, i - acceptance - 1, buffer_slice(&bytes));
        } else {
            seed_write(folder, targets[i], name, buffer_slice(&bytes));
        }
        struct signed_message message = {
            buffer_slice(&bytes), {{1, 2, 3}}, i % 3, purposes[i], {{4, 5, 6}}};
        ASSERT(signed_encode(&message, &envelope) == ERR_OK);
        seed_write(folder, "envelope", name, buffer_slice(&envelope));
    }
}

static void be_about_dispute(struct clearing_entry *entry)
{
    static const enum dispute_step steps[ENTRY_KIND_END] = {
        [ENTRY_DISPUTE_OPENED] = STEP_OPEN,        [ENTRY_DISPUTE_ANSWERED] = STEP_REJECT,
        [ENTRY_DISPUTE_ESCALATED] = STEP_ESCALATE, [ENTRY_DISPUTE_RULED] = STEP_MACHINE_DISMISSED,
        [ENTRY_BURN_ADJUSTMENT] = STEP_ADJUST,
    };
    bool opens = entry->kind == ENTRY_DISPUTE_OPENED;
    entry->card = (struct card_number){""};
    entry->subject = (struct uid){{0}};
    entry->points.minor = opens || entry->kind == ENTRY_BURN_ADJUSTMENT ? entry->points.minor : 0;
    entry->dispute = (struct dispute_part){.number = 7,
                                           .is_of_sender = !opens,
                                           .step = steps[entry->kind],
                                           .reason = opens ? DISPUTE_DOUBLED : 0,
                                           .note = "till 4"};
}

/* An entry of each kind, and without what it may go without. */
static struct clearing_entry entry_of(enum entry_kind kind, unsigned variant)
{
    bool is_mark = kind == ENTRY_PERIOD_MARK;
    bool is_moved = kind == ENTRY_CARD_MOVED || kind == ENTRY_MOVED_LOT;
    struct clearing_entry entry =
        kind == ENTRY_EARN || kind == ENTRY_MOVED_LOT ? sample_earn() : sample_return();
    entry.kind = kind;
    if (is_moved || entry_kind_is_card_news(kind)) {
        entry.subject = (struct uid){{0}};
        entry.points.minor = kind == ENTRY_MOVED_LOT ? entry.points.minor : 0;
    }
    if (is_moved) {
        entry.moved_to = (struct card_number){"6011000990139424"};
    }
    if (kind == ENTRY_MOVED_LOT) {
        entry.issuer = (struct partner_id){"bakery"};
    }
    if (kind == ENTRY_EARN) {
        entry.active_from.ms *= variant & 1;
        entry.expires_at.ms *= variant >> 1 & 1;
    } else if (kind == ENTRY_VOID || is_mark) {
        entry.points.minor = 0;
    }
    if (entry_kind_is_funding(kind)) {
        entry.card = (struct card_number){{0}};
        entry.promotion = entry_kind_is_promotion(kind) ? 1 : 0;
    }
    if (kind == ENTRY_BLOCK_BOUGHT || kind == ENTRY_BLOCK_ENDED) {
        entry.card = (struct card_number){{0}};
        entry.expires_at.ms = kind == ENTRY_BLOCK_BOUGHT ? 1799999999000 : 0;
        entry.refuses_when_empty = kind == ENTRY_BLOCK_BOUGHT && (variant & 1);
    }
    if (entry_kind_is_dispute(kind) || kind == ENTRY_BURN_ADJUSTMENT) {
        be_about_dispute(&entry);
    }
    if (is_mark) {
        entry.transaction_id = (struct uid){{0}};
        entry.card = (struct card_number){{0}};
        entry.subject = (struct uid){{0}};
        entry.tariff = 0;
    }
    return entry;
}

enum {
    KINDS_IN_TURN = 22
};

/* A mark behind which weeks follow, and a vote on a set of the third round. */
static void write_periods(const char *folder)
{
    CLEANUP(buffer_fini) struct buffer mark_bytes = {0};
    CLEANUP(buffer_fini) struct buffer vote_bytes = {0};
    struct clearing_entry mark = entry_of(ENTRY_PERIOD_MARK, 0);
    struct partner_id left_out[] = {{"bakery"}};
    struct netting_set vote = {.coalition = "demo",
                               .period = {2026049},
                               .number = netting_number(2, 1),
                               .is_against = true,
                               .left_out = left_out,
                               .left_out_count = 1};
    mark.next_period = period_at(PERIOD_WEEK, period_last_day(mark.period) + 1);
    ASSERT(wire_entry_encode(&mark, &mark_bytes) == ERR_OK);
    ASSERT(wire_netting_encode(&vote, &vote_bytes) == ERR_OK);
    seed_write(folder, "entry", "last-mark", buffer_slice(&mark_bytes));
    seed_write_choice(folder, "payment", "vote", 3, buffer_slice(&vote_bytes));
}

static void write_entries(const char *folder)
{
    for (unsigned kind = 1; kind < ENTRY_KIND_END; kind++) {
        unsigned variants = kind == ENTRY_EARN ? 4 : entry_kind_is_known(kind);
        for (unsigned variant = 0; variant < variants; variant++) {
            CLEANUP(buffer_fini) struct buffer bytes = {0};
            char name[64];
            struct clearing_entry entry = entry_of((enum entry_kind)kind, variant);
            ASSERT(wire_entry_encode(&entry, &bytes) == ERR_OK);
            snprintf(name, sizeof name, "%s-%u", entry_kind_name(entry.kind), variant);
            seed_write(folder, "entry", name, buffer_slice(&bytes));
        }
    }
}

/* The kinds in turn; the mark comes last. */
static enum entry_kind kind_in_turn(unsigned i)
{
    static const enum entry_kind after_mark[] = {
        ENTRY_CARD_BLOCK,        ENTRY_CARD_UNBLOCK,   ENTRY_CARD_MOVED,
        ENTRY_MOVED_LOT,         ENTRY_DISPUTE_OPENED, ENTRY_DISPUTE_ANSWERED,
        ENTRY_DISPUTE_ESCALATED, ENTRY_DISPUTE_RULED,  ENTRY_BURN_ADJUSTMENT,
        ENTRY_FUNDING,           ENTRY_FUNDING_RETURN, ENTRY_PROMOTION,
        ENTRY_PROMOTION_RETURN,  ENTRY_BLOCK_BOUGHT,   ENTRY_BLOCK_ENDED,
        ENTRY_PERIOD_MARK};
    unsigned turn = i % KINDS_IN_TURN;
    return turn + 1 < ENTRY_PERIOD_MARK ? (enum entry_kind)(turn + 1)
                                        : after_mark[turn + 1 - ENTRY_PERIOD_MARK];
}

/* A chain of `count` entries from number `first`, one of each kind in turn. */
static void write_batch(const char *folder, const char *name, unsigned twist, uint64_t first,
                        unsigned count)
{
    CLEANUP(buffer_fini) struct buffer batch = {0};
    struct hash previous = sample_hash(first == 1 ? 0 : 0x70);
    if (first == 1) {
        previous = (struct hash){{0}};
    }
    for (unsigned i = 0; i < count; i++) {
        CLEANUP(buffer_fini) struct buffer bytes = {0};
        struct clearing_entry entry = entry_of(kind_in_turn(i), i);
        entry.number = first + i;
        entry.previous_hash = previous;
        entry.period.code += i >= KINDS_IN_TURN ? 1 : 0;
        ASSERT(wire_entry_encode(&entry, &bytes) == ERR_OK && bytes.length < 256);
        previous = entry_hash(buffer_slice(&bytes));
        write_u8(&batch, (uint8_t)bytes.length);
        write_bytes(&batch, bytes.at, bytes.length);
    }
    seed_write_choice(folder, "stream", name, twist, buffer_slice(&batch));
}

static void write_batches(const char *folder)
{
    write_batch(folder, "first", 0, 1, 3);
    write_batch(folder, "follows", 32, 300, 11);
    write_batch(folder, "over-a-mark", 32, 300, 13);
    write_batch(folder, "repeat", 64, 300, 2);
    write_batch(folder, "gap", 0, 300, 1);
    write_batch(folder, "frozen", 128, 1, 1);
    for (unsigned twist = 1; twist <= 16; twist <<= 1) {
        char name[32];
        snprintf(name, sizeof name, "twist-%u", twist);
        write_batch(folder, name, 32 + twist, 300, 2);
    }
}

static void write_details(const char *folder)
{
    static const char *const reasons[] = {"", "INSUFFICIENT_POINTS", "CARD_UNKNOWN"};
    for (unsigned i = 0; i < 3; i++) {
        CLEANUP(buffer_fini) struct buffer bytes = {0};
        char name[32];
        struct rpc_status status = rpc_status_make(9, reasons[i], "It says %u.", i);
        details_encode(&status, &bytes);
        snprintf(name, sizeof name, "sample-%u", i);
        seed_write(folder, "details", name, buffer_slice(&bytes));
    }
}

static void write_message(const char *folder, const char *name, unsigned choice,
                          const ProtobufCMessage *message)
{
    static uint8_t bytes[65536];
    ASSERT(protobuf_c_message_get_packed_size(message) <= sizeof bytes);
    size_t length = protobuf_c_message_pack(message, bytes);
    seed_write_choice(folder, "reconcile", name, choice, slice_of(bytes, length));
}

/* What fuzz_reconcile takes apart, of a half with `leaves` entries. */
static void write_answers(const char *folder, const char *name, uint64_t leaves, size_t hashes)
{
    Talea__V1__CompareHalfResponse answer;
    talea__v1__compare_half_response__init(&answer);
    struct hash row[16];
    for (size_t i = 0; i < 16; i++) {
        uint64_t number = i + leaves;
        row[i] = tree_leaf(slice_of(&number, sizeof number));
    }
    answer.first_number = 1;
    answer.count = leaves;
    answer.hashes = (ProtobufCBinaryData){hashes * sizeof row[0], row[0].bytes};
    write_message(folder, name, 1, &answer.base);
}

static void write_comparisons(const char *folder)
{
    uint64_t numbers[] = {1, 7, 300};
    Talea__V1__CompareHalfRequest question;
    talea__v1__compare_half_request__init(&question);
    question.period = 202610;
    question.level = 2;
    question.n_indexes = 3;
    question.indexes = numbers;
    write_message(folder, "question", 0, &question.base);
    question.level = TREE_LEVELS;
    question.n_indexes = 1;
    write_message(folder, "root", 0, &question.base);
    write_answers(folder, "longer", 50, 16);
    write_answers(folder, "shorter", 12, 1);
    write_answers(folder, "empty", 0, 1);
    Talea__V1__ShowEntriesRequest show;
    talea__v1__show_entries_request__init(&show);
    show.n_numbers = 3;
    show.numbers = numbers;
    write_message(folder, "show", 2, &show.base);
    ProtobufCBinaryData entries[2] = {{4, (uint8_t *)"\010\007\022\000"}, {0, NULL}};
    Talea__V1__ShowEntriesResponse shown;
    talea__v1__show_entries_response__init(&shown);
    shown.n_entries = 2;
    shown.entries = entries;
    write_message(folder, "shown", 3, &shown.base);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    write_samples(argv[1]);
    write_entries(argv[1]);
    write_periods(argv[1]);
    write_batches(argv[1]);
    write_details(argv[1]);
    write_comparisons(argv[1]);
    return 0;
}
