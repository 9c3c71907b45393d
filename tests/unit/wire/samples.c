#include "samples.h"

#include <string.h>

#include "wire/reconcile.h"
#include "wire/recover.h"

void sample_bytes(const char *golden, struct buffer *out)
{
    size_t length = strlen(golden) / 2;
    buffer_clear(out);
    uint8_t *at = write_reserve(out, length);
    ASSERT(at != NULL && hex_parse(golden, at, length) == ERR_OK);
}

struct partner_id sample_partner(const char *text)
{
    struct partner_id id;
    ASSERT(partner_id_parse(text, &id) == ERR_OK);
    return id;
}

struct card_number sample_card(void)
{
    struct card_number card;
    ASSERT(card_number_parse("7001000000000426", &card) == ERR_OK);
    return card;
}

struct hash sample_hash(uint8_t first)
{
    struct hash hash;
    for (unsigned i = 0; i < sizeof hash.bytes; i++) {
        hash.bytes[i] = (uint8_t)(first + i);
    }
    return hash;
}

struct uid sample_uid(uint8_t first)
{
    struct uid uid;
    for (unsigned i = 0; i < sizeof uid.bytes; i++) {
        uid.bytes[i] = (uint8_t)(first + i);
    }
    return uid;
}

struct clearing_entry sample_earn(void)
{
    return (struct clearing_entry){.number = 1,
                                   .period = {202610},
                                   .business_time = {1790000000123},
                                   .transaction_id = sample_uid(0xa0),
                                   .kind = ENTRY_EARN,
                                   .card = sample_card(),
                                   .points = {1250},
                                   .tariff = 3,
                                   .active_from = {1791000000000},
                                   .expires_at = {1820000000000}};
}

struct clearing_entry sample_return(void)
{
    struct clearing_entry entry = sample_earn();
    entry.number = 7;
    entry.previous_hash = sample_hash(0);
    entry.kind = ENTRY_EARN_RETURN;
    entry.subject = sample_uid(0xb0);
    entry.active_from.ms = 0;
    entry.expires_at.ms = 0;
    return entry;
}

struct batch_head sample_head(void)
{
    return (struct batch_head){.sender = sample_partner("fuel"),
                               .receiver = sample_partner("grocer"),
                               .first_number = 300,
                               .count = 5,
                               .previous_hash = sample_hash(0),
                               .last_hash = sample_hash(0x40)};
}

struct hold_request sample_request(void)
{
    return (struct hold_request){.transaction_id = sample_uid(0xa0),
                                 .redeemer = sample_partner("fuel"),
                                 .home = sample_partner("grocer"),
                                 .card = sample_card(),
                                 .points = {500},
                                 .requested = {1790000000123},
                                 .capture_by = {1790000600123}};
}

struct hold_grant sample_grant(void)
{
    return (struct hold_grant){.hold = sample_uid(0xa0),
                               .redeemer = sample_partner("fuel"),
                               .home = sample_partner("grocer"),
                               .card = sample_card(),
                               .points = {500},
                               .capture_by = {1790000600123},
                               .deliver_by = {1790600000000}};
}

struct hold_refusal sample_refusal(void)
{
    return (struct hold_refusal){.hold = sample_uid(0xa0),
                                 .redeemer = sample_partner("fuel"),
                                 .home = sample_partner("grocer"),
                                 .reason = "INSUFFICIENT_POINTS"};
}

struct clearing_receipt sample_receipt(void)
{
    static struct receipt_refusal refused[] = {{301, "CARD_UNKNOWN", {""}},
                                               {304, "CARD_BLOCKED", {""}}};
    static struct receipt_total totals[] = {
        {ENTRY_EARN, 1, 250, 100000}, {ENTRY_EARN, 2, 3, 70}, {ENTRY_VOID, 0, 1, 0}};
    return (struct clearing_receipt){.sender = sample_partner("fuel"),
                                     .receiver = sample_partner("grocer"),
                                     .receipt_number = 9,
                                     .previous_receipt_hash = sample_hash(0),
                                     .first_number = 300,
                                     .last_number = 304,
                                     .last_hash = sample_hash(0x40),
                                     .refused = refused,
                                     .refused_count = 2,
                                     .totals = totals,
                                     .total_count = 3};
}

struct clearing_entry sample_stand_in(void)
{
    struct clearing_entry entry = sample_return();
    entry.kind = ENTRY_CAPTURE;
    entry.mandate = sample_uid(0xc0);
    return entry;
}

struct mandate sample_mandate(void)
{
    return (struct mandate){.id = sample_uid(0xc0),
                            .home = sample_partner("grocer"),
                            .redeemer = sample_partner("fuel"),
                            .floor = {500},
                            .daily_cap = {20000},
                            .valid_from = {1790000000123},
                            .valid_until = {1790086400123}};
}

static struct clearing_entry sample_moved_lot(void)
{
    struct clearing_entry entry = sample_earn();
    entry.kind = ENTRY_MOVED_LOT;
    entry.moved_to = (struct card_number){"6011000990139424"};
    entry.issuer = sample_partner("grocer");
    return entry;
}

static struct clearing_receipt sample_moved_receipt(void)
{
    static struct receipt_refusal refused[] = {{300, "CARD_MOVED", {"6011000990139424"}}};
    struct clearing_receipt receipt = sample_receipt();
    receipt.refused = refused;
    receipt.refused_count = 1;
    receipt.total_count = 0;
    return receipt;
}

static struct move_acceptance sample_acceptance(void)
{
    return (struct move_acceptance){.old_home = sample_partner("fuel"),
                                    .new_home = sample_partner("grocer"),
                                    .card = sample_card(),
                                    .new_card = {"6011000990139424"},
                                    .valid_until = {1790600000000}};
}

struct pair_statement sample_statement(void)
{
    static struct receipt_total fuel[] = {{ENTRY_EARN, 1, 40, 100000}};
    static struct receipt_total grocer[] = {{ENTRY_CAPTURE, 1, 2, 30000}};
    struct partner_id a = sample_partner("fuel");
    struct partner_id b = sample_partner("grocer");
    return (struct pair_statement){.coalition = "demo",
                                   .charter_epoch = 3,
                                   .period = {202610},
                                   .halves = {{.sender = a,
                                               .receiver = b,
                                               .first_number = 1,
                                               .last_number = 90,
                                               .last_hash = sample_hash(0),
                                               .totals = fuel,
                                               .total_count = 1,
                                               .owed = {1000}},
                                              {.sender = b,
                                               .receiver = a,
                                               .first_number = 5,
                                               .last_number = 7,
                                               .last_hash = sample_hash(0x40),
                                               .totals = grocer,
                                               .total_count = 1,
                                               .owed = {-270}}},
                                   .debtor = a,
                                   .creditor = b,
                                   .net = {1270},
                                   .currency = "EUR"};
}

struct evidence sample_evidence(void)
{
    static const struct slice entries[] = {{(const uint8_t *)"entry 7", 7}};
    return (struct evidence){.coalition = "demo",
                             .kind = EVIDENCE_WRONG_TOTALS,
                             .partner = sample_partner("fuel"),
                             .witness = sample_partner("grocer"),
                             .found = {1790000000123},
                             .reason = "its totals are wrong",
                             .statements = {slice_of("receipt 1", 9), slice_of("receipt 2", 9)},
                             .statement_count = 2,
                             .entries = entries,
                             .entry_count = 1};
}

#define SAMPLE_FUNCTIONS(name, type, value)                                                        \
    static enum err name##_sample(struct buffer *out)                                              \
    {                                                                                              \
        struct type sample = value();                                                              \
        return wire_##name##_encode(&sample, out);                                                 \
    }

#define SAMPLE_ENTRY(name, value)                                                                  \
    static enum err name##_sample(struct buffer *out)                                              \
    {                                                                                              \
        struct clearing_entry sample = value();                                                    \
        return wire_entry_encode(&sample, out);                                                    \
    }

#define SAMPLE_AGAIN(name, type)                                                                   \
    static enum err name##_again(struct slice bytes, struct buffer *out, struct note *note)        \
    {                                                                                              \
        struct type decoded;                                                                       \
        TRY(wire_##name##_decode(bytes, &decoded, note));                                          \
        return wire_##name##_encode(&decoded, out);                                                \
    }

#define SAMPLE_AGAIN_IN_ARENA(name, type)                                                          \
    static enum err name##_again(struct slice bytes, struct buffer *out, struct note *note)        \
    {                                                                                              \
        CLEANUP(arena_fini) struct arena arena;                                                    \
        arena_init(&arena, LIMIT_DECODED_BYTES);                                                   \
        struct type decoded;                                                                       \
        TRY(wire_##name##_decode(bytes, &arena, &decoded, note));                                  \
        return wire_##name##_encode(&decoded, out);                                                \
    }

SAMPLE_FUNCTIONS(entry, clearing_entry, sample_earn)
SAMPLE_AGAIN(entry, clearing_entry)
SAMPLE_FUNCTIONS(head, batch_head, sample_head)
SAMPLE_AGAIN(head, batch_head)
SAMPLE_FUNCTIONS(hold_request, hold_request, sample_request)
SAMPLE_AGAIN(hold_request, hold_request)
SAMPLE_FUNCTIONS(hold_grant, hold_grant, sample_grant)
SAMPLE_AGAIN(hold_grant, hold_grant)
SAMPLE_FUNCTIONS(hold_refusal, hold_refusal, sample_refusal)
SAMPLE_AGAIN(hold_refusal, hold_refusal)
SAMPLE_FUNCTIONS(mandate, mandate, sample_mandate)
SAMPLE_AGAIN(mandate, mandate)
static struct block_terms sample_block(void)
{
    return (struct block_terms){.id = sample_uid(0xd0),
                                .seller = sample_partner("grocer"),
                                .buyer = sample_partner("fuel"),
                                .points = {100000},
                                .tariff = 7,
                                .offered_until = {1790000000123},
                                .valid_from = {1780000000000},
                                .valid_until = {1799999999000},
                                .refuses_when_empty = true};
}

static struct clearing_entry sample_block_bought(void)
{
    struct block_terms terms = sample_block();
    struct clearing_entry entry = block_entry(&terms);
    struct clearing_entry earn = sample_earn();
    entry.number = earn.number;
    entry.previous_hash = earn.previous_hash;
    entry.period = earn.period;
    entry.business_time = earn.business_time;
    entry.transaction_id = earn.transaction_id;
    return entry;
}
SAMPLE_FUNCTIONS(block, block_terms, sample_block)
SAMPLE_AGAIN(block, block_terms)

SAMPLE_ENTRY(block_bought, sample_block_bought)
SAMPLE_FUNCTIONS(receipt, clearing_receipt, sample_receipt)
SAMPLE_AGAIN_IN_ARENA(receipt, clearing_receipt)
SAMPLE_FUNCTIONS(move_acceptance, move_acceptance, sample_acceptance)
SAMPLE_AGAIN(move_acceptance, move_acceptance)
SAMPLE_FUNCTIONS(statement, pair_statement, sample_statement)
SAMPLE_AGAIN_IN_ARENA(statement, pair_statement)

/* Its entries, as they travel. */
static struct apart_half sample_apart(void)
{
    static uint8_t room[2][LIMIT_CLEARING_ENTRY_BYTES];
    struct apart_half half = {.coalition = "demo",
                              .period = {202610},
                              .sender = sample_partner("fuel"),
                              .receiver = sample_partner("grocer"),
                              .first_number = 1,
                              .last_number = 9,
                              .last_hash = sample_hash(0x20),
                              .receipt_number = 3,
                              .receipt_hash = sample_hash(0x40),
                              .root = sample_hash(0x60),
                              .count = 8,
                              .sent_count = 1,
                              .received_count = 1,
                              .received_refused = 1};
    for (unsigned i = 0; i < 2; i++) {
        struct buffer bytes = {.at = room[i], .capacity = sizeof room[i], .limit = sizeof room[i]};
        struct clearing_entry entry = sample_earn();
        entry.points.minor += i;
        ASSERT(wire_entry_encode(&entry, &bytes) == ERR_OK);
        *(i == 0 ? half.sent : half.received) = buffer_slice(&bytes);
    }
    return half;
}

SAMPLE_FUNCTIONS(apart, apart_half, sample_apart)
SAMPLE_AGAIN_IN_ARENA(apart, apart_half)

static struct payment_notice sample_notice(void)
{
    struct payment_notice notice = {.coalition = "demo",
                                    .period = {202610},
                                    .figures = {{1000}, {700}, {300}, {0}},
                                    .number = 3,
                                    .heard = 2};
    struct payment payment = {sample_partner("fuel"), sample_partner("grocer"), {1000}};
    obligation_of_payment(&payment, "demo", notice.period, "EUR", &notice.terms);
    return notice;
}

static struct netting_set sample_set(void)
{
    static struct partner_id left_out[2] = {{"fuel"}, {"hotel"}};
    return (struct netting_set){.coalition = "demo",
                                .period = {202610},
                                .number = 2,
                                .left_out = left_out,
                                .left_out_count = 2,
                                .set = sample_hash(0x40)};
}

SAMPLE_FUNCTIONS(payment, payment_notice, sample_notice)
SAMPLE_AGAIN(payment, payment_notice)
SAMPLE_FUNCTIONS(netting, netting_set, sample_set)
SAMPLE_AGAIN_IN_ARENA(netting, netting_set)
SAMPLE_FUNCTIONS(evidence, evidence, sample_evidence)
SAMPLE_AGAIN_IN_ARENA(evidence, evidence)

SAMPLE_ENTRY(return, sample_return)

static enum err holdings_sample(struct buffer *out)
{
    struct holdings holdings = {.holder = sample_partner("grocer"),
                                .owner = sample_partner("fuel"),
                                .said = {1790000000123},
                                .entry_number = 304,
                                .entry_hash = sample_hash(0x40),
                                .given_receipt_number = 9,
                                .held_receipt_number = 7,
                                .held_receipt_hash = sample_hash(0x20)};
    return wire_holdings_encode(&holdings, out);
}

static enum err holdings_again(struct slice bytes, struct buffer *out, struct note *note)
{
    struct holdings holdings;
    TRY(wire_holdings_decode(bytes, &holdings, note));
    return wire_holdings_encode(&holdings, out);
}

static enum err half_root_sample(struct buffer *out)
{
    struct half_root root = {.holder = sample_partner("grocer"),
                             .sender = sample_partner("fuel"),
                             .receiver = sample_partner("grocer"),
                             .period = {202610},
                             .first_number = 5,
                             .count = 300,
                             .root = sample_hash(0x60),
                             .said = {1790000000123}};
    return wire_half_root_encode(&root, out);
}

static enum err half_root_again(struct slice bytes, struct buffer *out, struct note *note)
{
    struct half_root root;
    TRY(wire_half_root_decode(bytes, &root, note));
    return wire_half_root_encode(&root, out);
}

static enum err charged_sample(struct buffer *out)
{
    struct half_charge fuel[] = {
        {.fee = {15}},
        {.tax_code = "S", .tax_rate_ppm = 120000, .taxed = {250}, .fee = {250}, .tax = {30}}};
    struct half_charge grocer[] = {{.tax_code = "S",
                                    .tax_rate_ppm = 120000,
                                    .is_by_sender = true,
                                    .taxed = {-270},
                                    .tax = {-32}}};
    struct pair_statement statement = sample_statement();
    statement.halves[0].charges = fuel;
    statement.halves[0].charge_count = 2;
    statement.halves[0].owed = money_of(1000 + 15 + 250 + 30);
    statement.halves[1].charges = grocer;
    statement.halves[1].charge_count = 1;
    statement.halves[1].owed = money_of(-270 + 32);
    statement.net = money_of(1295 + 238);
    return wire_statement_encode(&statement, out);
}

static enum err rooted_sample(struct buffer *out)
{
    struct pair_statement statement = sample_statement();
    statement.halves[0].root = sample_hash(0x60);
    statement.halves[1].root = sample_hash(0x80);
    return wire_statement_encode(&statement, out);
}

SAMPLE_ENTRY(stand_in, sample_stand_in)

static enum err apart_statement_sample(struct buffer *out)
{
    static struct receipt_total waiting[1] = {{ENTRY_EARN, 1, 2, 70}};
    struct pair_statement statement = sample_statement();
    statement.halves[0].apart = waiting;
    statement.halves[0].apart_count = 1;
    statement.halves[0].apart_hash = sample_hash(0x20);
    return wire_statement_encode(&statement, out);
}

SAMPLE_ENTRY(moved_lot, sample_moved_lot)

static enum err moved_receipt_sample(struct buffer *out)
{
    struct clearing_receipt receipt = sample_moved_receipt();
    return wire_receipt_encode(&receipt, out);
}

const struct sample samples[SAMPLE_COUNT] = {
    {"an earn",
     "08011220000000000000000000000000000000000000000000000000000000000000000018f2ae0c"
     "20fbd8c1a28c342a10a0a1a2a3a4a5a6a7a8a9aaabacadaeaf30013a103730303130303030303030"
     "303034323640e20948035880ecacff8f346080b0d083fc34",
     entry_sample, true, entry_again},
    {"an earn's return",
     "08071220000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f18f2ae0c"
     "20fbd8c1a28c342a10a0a1a2a3a4a5a6a7a8a9aaabacadaeaf30043a103730303130303030303030"
     "303034323640e20948035210b0b1b2b3b4b5b6b7b8b9babbbcbdbebf",
     return_sample, false, entry_again},
    {"a batch's head",
     "0a046675656c120667726f63657218ac0220052a20000102030405060708090a0b0c0d0e0f101112"
     "131415161718191a1b1c1d1e1f3220404142434445464748494a4b4c4d4e4f505152535455565758"
     "595a5b5c5d5e5f",
     head_sample, false, head_again},
    {"a receipt",
     "0a046675656c120667726f63657218092220000102030405060708090a0b0c0d0e0f101112131415"
     "161718191a1b1c1d1e1f28ac0230b0023a20404142434445464748494a4b4c4d4e4f505152535455"
     "565758595a5b5c5d5e5f421108ad02120c434152445f554e4b4e4f574e421108b002120c43415244"
     "5f424c4f434b45444a0b0801100118fa0120a08d064a0808011002180320464a0408031801",
     receipt_sample, true, receipt_again},
    {"a hold's request",
     "0a10a0a1a2a3a4a5a6a7a8a9aaabacadaeaf12046675656c1a0667726f6365722210373030313030"
     "3030303030303034323628f40330fbd8c1a28c3438bba8e6a28c34",
     hold_request_sample, false, hold_request_again},
    {"a hold's grant",
     "0a10a0a1a2a3a4a5a6a7a8a9aaabacadaeaf12046675656c1a0667726f6365722210373030313030"
     "3030303030303034323628f40330bba8e6a28c343880e4cec08e34",
     hold_grant_sample, false, hold_grant_again},
    {"a hold's refusal",
     "0a10a0a1a2a3a4a5a6a7a8a9aaabacadaeaf12046675656c1a0667726f6365722213494e53554646"
     "494349454e545f504f494e5453",
     hold_refusal_sample, false, hold_refusal_again},
    {"a statement",
     "0a0464656d6f100318f2ae0c22430a046675656c120667726f6365721801205a2a20000102030405"
     "060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f320a08011001182820a08d0638e8"
     "07224b0a0667726f63657212046675656c180520072a20404142434445464748494a4b4c4d4e4f50"
     "5152535455565758595a5b5c5d5e5f320a08021001180220b0ea0138f2fdffffffffffffff012a04"
     "6675656c320667726f63657238f6094203455552",
     statement_sample, false, statement_again},
    {"a capture under a mandate",
     "08071220000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f18f2ae0c"
     "20fbd8c1a28c342a10a0a1a2a3a4a5a6a7a8a9aaabacadaeaf30023a103730303130303030303030"
     "303034323640e20948035210b0b1b2b3b4b5b6b7b8b9babbbcbdbebf6a10c0c1c2c3c4c5c6c7c8c9"
     "cacbcccdcecf",
     stand_in_sample, true, entry_again},
    {"a mandate",
     "0a10c0c1c2c3c4c5c6c7c8c9cacbcccdcecf120667726f6365721a046675656c20f40328a09c0130"
     "fbd8c1a28c3438fb90dbcb8c34",
     mandate_sample, false, mandate_again},
    {"evidence",
     "0a0464656d6f10031a046675656c220667726f63657228fbd8c1a28c34321469747320746f74616c"
     "73206172652077726f6e673a097265636569707420313a097265636569707420324207656e747279"
     "2037",
     evidence_sample, true, evidence_again},
    {"holdings",
     "0a0667726f63657212046675656c18fbd8c1a28c3420b0022a20404142434445464748494a4b4c4d"
     "4e4f505152535455565758595a5b5c5d5e5f300938074220202122232425262728292a2b2c2d2e2f"
     "303132333435363738393a3b3c3d3e3f",
     holdings_sample, false, holdings_again},
    {"a moved lot",
     "08011220000000000000000000000000000000000000000000000000000000000000000018f2ae0c"
     "20fbd8c1a28c342a10a0a1a2a3a4a5a6a7a8a9aaabacadaeaf300b3a103730303130303030303030"
     "303034323640e20948035880ecacff8f346080b0d083fc3472103630313130303039393031333934"
     "32347a0667726f636572",
     moved_lot_sample, true, entry_again},
    {"a receipt that says where a card moved",
     "0a046675656c120667726f63657218092220000102030405060708090a0b0c0d0e0f101112131415"
     "161718191a1b1c1d1e1f28ac0230b0023a20404142434445464748494a4b4c4d4e4f505152535455"
     "565758595a5b5c5d5e5f422108ac02120a434152445f4d4f5645441a103630313130303039393031"
     "3339343234",
     moved_receipt_sample, true, receipt_again},
    {"a move's acceptance",
     "0a046675656c120667726f6365721a10373030313030303030303030303432362210363031313030"
     "303939303133393432342880e4cec08e34",
     move_acceptance_sample, false, move_acceptance_again},
    {"a statement with roots",
     "0a0464656d6f100318f2ae0c22650a046675656c120667726f6365721801205a2a20000102030405"
     "060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f320a08011001182820a08d0638e8"
     "074220606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f226d0a0667"
     "726f63657212046675656c180520072a20404142434445464748494a4b4c4d4e4f50515253545556"
     "5758595a5b5c5d5e5f320a08021001180220b0ea0138f2fdffffffffffffff014220808182838485"
     "868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f2a046675656c320667726f636572"
     "38f6094203455552",
     rooted_sample, true, statement_again},
    {"a half's root",
     "0a0667726f63657212046675656c1a0667726f63657220f2ae0c280530ac023a2060616263646566"
     "6768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f40fbd8c1a28c34",
     half_root_sample, true, half_root_again},
    {"a notice about a payment",
     "0a0464656d6f10f2ae0c1a046675656c220667726f63657228e80732034555523a22543230323631"
     "302d413632344235374131443931303844424335343445413545304140014803500258e80760bc05"
     "68ac02",
     payment_sample, true, payment_again},
    {"what a partner would net",
     "0a0464656d6f10f2ae0c180222046675656c2205686f74656c2a20404142434445464748494a4b4c"
     "4d4e4f505152535455565758595a5b5c5d5e5f",
     netting_sample, false, netting_again},
    {"a statement with fees and taxes",
     "0a0464656d6f100318f2ae0c22580a046675656c120667726f6365721801205a2a20000102030405"
     "060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f320a08011001182820a08d06388f"
     "0a4a02280f4a0f0a015310c0a90720fa0128fa01301e226c0a0667726f63657212046675656c1805"
     "20072a20404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f320a0802"
     "1001180220b0ea013892feffffffffffffff014a1f0a015310c0a907180120f2fdffffffffffffff"
     "0130e0ffffffffffffffff012a046675656c320667726f63657238fd0b4203455552",
     charged_sample, false, statement_again},
    {"what is set apart",
     "0a0464656d6f10f2ae0c1a046675656c220667726f636572280130093a2020212223242526272829"
     "2a2b2c2d2e2f303132333435363738393a3b3c3d3e3f40034a20404142434445464748494a4b4c4d"
     "4e4f505152535455565758595a5b5c5d5e5f5220606162636465666768696a6b6c6d6e6f70717273"
     "7475767778797a7b7c7d7e7f58086268080112200000000000000000000000000000000000000000"
     "00000000000000000000000018f2ae0c20fbd8c1a28c342a10a0a1a2a3a4a5a6a7a8a9aaabacadae"
     "af30013a103730303130303030303030303034323640e20948035880ecacff8f346080b0d083fc34"
     "6a6808011220000000000000000000000000000000000000000000000000000000000000000018f2"
     "ae0c20fbd8c1a28c342a10a0a1a2a3a4a5a6a7a8a9aaabacadaeaf30013a10373030313030303030"
     "3030303034323640e30948035880ecacff8f346080b0d083fc347801",
     apart_sample, true, apart_again},
    {"a statement with what is set apart",
     "0a0464656d6f100318f2ae0c226f0a046675656c120667726f6365721801205a2a20000102030405"
     "060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f320a08011001182820a08d0638e8"
     "076a0808011001180220467220202122232425262728292a2b2c2d2e2f303132333435363738393a"
     "3b3c3d3e3f224b0a0667726f63657212046675656c180520072a20404142434445464748494a4b4c"
     "4d4e4f505152535455565758595a5b5c5d5e5f320a08021001180220b0ea0138f2fdffffffffffff"
     "ff012a046675656c320667726f63657238f6094203455552",
     apart_statement_sample, true, statement_again},
    {"a block of points that is bought",
     "08011220000000000000000000000000000000000000000000000000000000000000000018f2ae0c"
     "20fbd8c1a28c342a10a0a1a2a3a4a5a6a7a8a9aaabacadaeaf301540a08d0648075210d0d1d2d3d4"
     "d5d6d7d8d9dadbdcdddedf5880909282e733609898f1c2b134a80101",
     block_bought_sample, true, entry_again},
    {"an offer of a block of points",
     "0a10d0d1d2d3d4d5d6d7d8d9dadbdcdddedf120667726f6365721a046675656c20a08d06280730fb"
     "d8c1a28c343880909282e733409898f1c2b1344801",
     block_sample, true, block_again},
};
