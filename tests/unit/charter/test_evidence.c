/* What proves that a partner told two stories, and what does not. Fuel lies to grocer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "charter/evidence_proof.h"
#include "coalition.h"
#include "wire/messages.h"
#include "wire/signed.h"

struct scene {
    struct coalition coalition;
    struct charter *charter;
    struct arena arena;
    struct evidence evidence;
    struct buffer statements[2];
    struct buffer entries[2];
    struct slice entry_bytes[2];
    struct note note;
};

static void begin(struct scene *s, enum evidence_kind kind)
{
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    *s = (struct scene){.note = {""}};
    coalition_begin(&s->coalition);
    assert_int_equal(coalition_charter(&s->coalition, &bytes, &s->note), ERR_OK);
    assert_int_equal(charter_open(buffer_slice(&bytes), &s->charter, &s->note), ERR_OK);
    arena_init(&s->arena, LIMIT_DECODED_BYTES);
    s->evidence = (struct evidence){.kind = kind,
                                    .partner = s->coalition.members[0].id,
                                    .witness = s->coalition.members[1].id,
                                    .found = {1},
                                    .coalition = "demo",
                                    .entries = s->entry_bytes};
}

static void end(struct scene *s)
{
    charter_close(s->charter);
    arena_fini(&s->arena);
    coalition_end(&s->coalition);
    for (int i = 0; i < 2; i++) {
        buffer_fini(&s->statements[i]);
        buffer_fini(&s->entries[i]);
    }
}

/* Adds a payload as signed by the online key of a member. */
static void state(struct scene *s, unsigned member, enum purpose purpose,
                  const struct buffer *payload)
{
    struct signing_key key = key_of((uint8_t)(101 + member));
    struct key_signer keys;
    struct signer signer;
    struct buffer *out = &s->statements[s->evidence.statement_count];
    assert_int_equal(key_signer_init(&keys, &key, "demo", &signer), ERR_OK);
    buffer_clear(out);
    assert_int_equal(signed_make(&signer, 1, purpose, buffer_slice(payload), out), ERR_OK);
    s->evidence.statements[s->evidence.statement_count++] = buffer_slice(out);
}

static void state_head(struct scene *s, unsigned member, uint64_t first, uint32_t count,
                       uint8_t previous, uint8_t last)
{
    CLEANUP(buffer_fini) struct buffer payload = {0};
    struct batch_head head = {.sender = s->coalition.members[member].id,
                              .receiver = s->coalition.members[1 - member].id,
                              .first_number = first,
                              .count = count};
    memset(head.previous_hash.bytes, previous, sizeof head.previous_hash.bytes);
    memset(head.last_hash.bytes, last, sizeof head.last_hash.bytes);
    assert_int_equal(wire_head_encode(&head, &payload), ERR_OK);
    state(s, member, PURPOSE_CLEARING_BATCH, &payload);
}

/* Fuel's receipt for grocer's entries, each an earn of 10 points. */
static struct clearing_receipt receipt_of(const struct scene *s, uint64_t number, uint64_t last,
                                          struct receipt_total *total)
{
    return (struct clearing_receipt){.sender = s->coalition.members[1].id,
                                     .receiver = s->coalition.members[0].id,
                                     .receipt_number = number,
                                     .first_number = last,
                                     .last_number = last,
                                     .totals = total,
                                     .total_count = 1};
}

static struct hash state_receipt(struct scene *s, const struct clearing_receipt *receipt)
{
    CLEANUP(buffer_fini) struct buffer payload = {0};
    assert_int_equal(wire_receipt_encode(receipt, &payload), ERR_OK);
    state(s, 0, PURPOSE_CLEARING_RECEIPT, &payload);
    return receipt_payload_hash(buffer_slice(&payload));
}

/* Through the file's bytes. */
static bool proves(struct scene *s)
{
    CLEANUP(buffer_fini) struct buffer file = {0};
    struct evidence decoded;
    bool result;
    assert_int_equal(wire_evidence_encode(&s->evidence, &file), ERR_OK);
    assert_int_equal(wire_evidence_decode(buffer_slice(&file), &s->arena, &decoded, &s->note),
                     ERR_OK);
    struct charter_chain chain = {&s->charter, 1};
    enum err err = evidence_prove(&decoded, &chain, &s->arena, &result, &s->note);
    if (err != ERR_OK) {
        fail_msg("%s: %s", err_name(err), s->note.text);
    }
    assert_string_not_equal(s->note.text, "");
    return result;
}

static enum err refused(struct scene *s)
{
    bool result;
    struct charter_chain chain = {&s->charter, 1};
    return evidence_prove(&s->evidence, &chain, &s->arena, &result, &s->note);
}

static void test_two_batches(void **unused)
{
    static const struct {
        uint64_t first;
        uint32_t count;
        uint8_t previous;
        uint8_t last;
        bool is_fork;
    } others[] = {
        {3, 2, 7, 8, false},                     /* the same again */
        {3, 2, 7, 9, true},                      /* another last entry */
        {4, 1, 5, 9, true},  {5, 3, 9, 1, true}, /* follows on from another */
        {5, 3, 8, 1, false}, {3, 2, 6, 8, true}, /* came after another */
        {9, 1, 1, 2, false},
    };
    (void)unused;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct scene s;
        begin(&s, EVIDENCE_TWO_BATCHES);
        state_head(&s, 0, 3, 2, 7, 8);
        state_head(&s, 0, others[i].first, others[i].count, others[i].previous, others[i].last);
        assert_int_equal(proves(&s), others[i].is_fork);
        end(&s);
    }
}

static void test_two_receipts(void **unused)
{
    struct scene s;
    struct receipt_total total = {ENTRY_EARN, 1, 1, 10};
    (void)unused;
    begin(&s, EVIDENCE_TWO_RECEIPTS);
    struct clearing_receipt receipt = receipt_of(&s, 4, 9, &total);
    struct hash hash = state_receipt(&s, &receipt);
    (void)state_receipt(&s, &receipt);
    assert_false(proves(&s));
    s.evidence.statement_count = 1;
    total.points = 11;
    (void)state_receipt(&s, &receipt);
    assert_true(proves(&s)); /* under one number */
    s.evidence.statement_count = 1;
    receipt.receipt_number = 5;
    receipt.previous_receipt_hash = hash;
    (void)state_receipt(&s, &receipt);
    assert_false(proves(&s));
    s.evidence.statement_count = 1;
    receipt.previous_receipt_hash.bytes[3] ^= 1;
    (void)state_receipt(&s, &receipt);
    assert_true(proves(&s)); /* after another one than there is */
    end(&s);
}

static struct hash add_entry(struct scene *s, uint64_t number, const struct hash *previous)
{
    struct buffer *bytes = &s->entries[s->evidence.entry_count];
    struct clearing_entry entry = {.number = number,
                                   .previous_hash = *previous,
                                   .period = {202610},
                                   .business_time = {1790000000123},
                                   .kind = ENTRY_EARN,
                                   .points = {10},
                                   .tariff = 1};
    memset(entry.transaction_id.bytes, 5, sizeof entry.transaction_id.bytes);
    assert_int_equal(card_number_parse("7001000000000426", &entry.card), ERR_OK);
    assert_int_equal(wire_entry_encode(&entry, bytes), ERR_OK);
    s->entry_bytes[s->evidence.entry_count++] = buffer_slice(bytes);
    return entry_hash(buffer_slice(bytes));
}

static void test_wrong_totals(void **unused)
{
    struct scene s;
    static const struct hash none = {{0}};
    struct receipt_total total = {ENTRY_EARN, 1, 1, 10};
    (void)unused;
    begin(&s, EVIDENCE_WRONG_TOTALS);
    struct hash first = add_entry(&s, 1, &none);
    struct clearing_receipt receipt = receipt_of(&s, 1, 1, &total);
    receipt.last_hash = first;
    struct hash before = state_receipt(&s, &receipt); /* the first alone */
    assert_false(proves(&s));
    s.evidence.entry_count = 0;
    buffer_clear(&s.entries[0]);
    receipt.receipt_number = 2;
    receipt.previous_receipt_hash = before;
    receipt.first_number = receipt.last_number = 2;
    receipt.last_hash = add_entry(&s, 2, &first);
    total = (struct receipt_total){ENTRY_EARN, 1, 2, 20};
    (void)state_receipt(&s, &receipt);
    assert_false(proves(&s));
    s.evidence.statement_count = 1;
    total.points = 15;
    (void)state_receipt(&s, &receipt);
    assert_true(proves(&s));
    struct receipt_refusal refusal = {2, "CARD_UNKNOWN", {""}};
    receipt.refused = &refusal;
    receipt.refused_count = 1;
    total = (struct receipt_total){ENTRY_EARN, 1, 1, 10};
    s.evidence.statement_count = 1;
    (void)state_receipt(&s, &receipt);
    assert_false(proves(&s)); /* refused, and so not in the totals */
    s.evidence.entry_count = 0;
    assert_int_equal(refused(&s), ERR_INPUT); /* these are not all entries */
    end(&s);
}

static void test_another_entry(void **unused)
{
    struct scene s;
    struct receipt_total total = {ENTRY_EARN, 1, 1, 10};
    (void)unused;
    for (uint8_t last = 8; last < 10; last++) {
        begin(&s, EVIDENCE_ANOTHER_ENTRY);
        struct clearing_receipt receipt = receipt_of(&s, 4, 9, &total);
        memset(receipt.last_hash.bytes, 8, sizeof receipt.last_hash.bytes);
        (void)state_receipt(&s, &receipt);
        state_head(&s, 1, 8, 2, 7, last);
        assert_int_equal(proves(&s), last == 9);
        end(&s);
    }
}

static void test_a_claim_proves_nothing(void **unused)
{
    struct scene s;
    (void)unused;
    begin(&s, EVIDENCE_CLAIM);
    state_head(&s, 0, 3, 2, 7, 8);
    assert_false(proves(&s));
    end(&s);
}

static void test_what_is_no_evidence(void **unused)
{
    struct scene s;
    (void)unused;
    begin(&s, EVIDENCE_TWO_BATCHES);
    state_head(&s, 0, 3, 2, 7, 8);
    assert_int_equal(refused(&s), ERR_INPUT); /* one story alone */
    state_head(&s, 1, 3, 2, 7, 9);
    assert_int_equal(refused(&s), ERR_SIGNATURE); /* the other one told it */
    s.evidence.statement_count = 1;
    state_head(&s, 0, 3, 2, 7, 9);
    assert_true(proves(&s));
    s.evidence.partner = s.coalition.members[2].id;
    assert_int_equal(refused(&s), ERR_SIGNATURE); /* somebody else is accused */
    s.evidence.partner = s.coalition.members[0].id;
    s.evidence.kind = EVIDENCE_TWO_RECEIPTS;
    assert_int_equal(refused(&s), ERR_SIGNATURE); /* signed for another purpose */
    s.evidence.kind = EVIDENCE_TWO_BATCHES;
    s.statements[1].at[20] ^= 1;
    assert_true(refused(&s) != ERR_OK); /* forged */
    s.statements[1].at[20] ^= 1;
    memcpy(s.evidence.coalition, "other", 6);
    assert_int_equal(refused(&s), ERR_INPUT);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_batches),
        cmocka_unit_test(test_two_receipts),
        cmocka_unit_test(test_wrong_totals),
        cmocka_unit_test(test_another_entry),
        cmocka_unit_test(test_a_claim_proves_nothing),
        cmocka_unit_test(test_what_is_no_evidence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
