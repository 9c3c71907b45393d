/* Values that no decoder takes. Each is packed by the generated code, so that it is well-formed
 * protobuf, and differs from a sound message in one field. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "samples.h"
#include "talea/v1/peer.pb-c.h"
#include "talea/v1/settlement.pb-c.h"
#include "wire/fields.h"

/* Unpacks a sample for a change, packs it again and looks at what the decoder says. */
static void *opened(const ProtobufCMessageDescriptor *type, unsigned sample)
{
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    sample_bytes(samples[sample].golden, &bytes);
    void *m = protobuf_c_message_unpack(type, NULL, bytes.length, bytes.at);
    assert_non_null(m);
    return m;
}

static void expect(void *message, unsigned sample, const char *expected)
{
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    CLEANUP(buffer_fini) struct buffer again = {0};
    struct note note = {{0}};
    assert_int_equal(fields_pack(message, &bytes), ERR_OK);
    enum err err = samples[sample].again(buffer_slice(&bytes), &again, &note);
    if (expected == NULL) {
        if (err != ERR_OK) {
            fail_msg("%s", note.text);
        }
    } else {
        assert_int_equal(err, ERR_INPUT);
        if (strstr(note.text, expected) == NULL) {
            fail_msg("'%s' does not say '%s'", note.text, expected);
        }
    }
}

/* `change` happens to the message `m`; what it held is put back, so that all can be freed. */
#define REFUSED(type, descriptor, sample, change, expected)                                        \
    do {                                                                                           \
        type *m = opened(&descriptor, sample);                                                     \
        type untouched = *m;                                                                       \
        change;                                                                                    \
        expect(m, sample, expected);                                                               \
        *m = untouched;                                                                            \
        protobuf_c_message_free_unpacked(&m->base, NULL);                                          \
    } while (0)

static char blank_card[] = "7001 0000 0000 0426";
static char wrong_card[] = "7001000000000427";
static char upper_partner[] = "Fuel";
static char grocer[] = "grocer";
static char nothing[] = "";
static uint8_t zeros[64];

#define ENTRY(change, expected)                                                                    \
    REFUSED(Talea__V1__ClearingEntry, talea__v1__clearing_entry__descriptor, 1, change, expected)

static void test_entries(void **state)
{
    (void)state;
    ENTRY((void)0, NULL);
    ENTRY(m->number = 0, "numbers begin with 1");
    ENTRY(m->previous_hash.len = 31, "previous_hash has not the right length");
    ENTRY(m->previous_hash.len = 0, "previous_hash has not the right length");
    ENTRY(m->period = 202613, "period is no month");
    ENTRY(m->period = 0, "period is no month");
    ENTRY(m->business_unix_ms = -1, "business_unix_ms is not a time");
    ENTRY(m->business_unix_ms = 253402300800000, "business_unix_ms is not a time");
    ENTRY(m->transaction_id.len = 15, "transaction_id has not the right length");
    ENTRY(m->transaction_id = binary_of(zeros, 16), "transaction id");
    ENTRY(m->kind = 0, "kind is unknown");
    ENTRY(m->kind = (Talea__V1__EntryKind)ENTRY_KIND_END, "kind is unknown");
    ENTRY(m->moved_to = "123", "moved_to is not a card number");
    ENTRY(m->moved_to = "6011000990139424", "have a new card");
    ENTRY(m->issuer = "fuel", "only moved lots have an issuer");
    ENTRY(m->kind = (Talea__V1__EntryKind)-1, "kind is unknown");
    ENTRY(m->card = blank_card, "card is not a card number");
    ENTRY(m->card = wrong_card, "card is not a card number");
    ENTRY(m->card = nothing, "card number");
    ENTRY(m->points = -5, "points are not positive");
    ENTRY(m->points = LIMIT_POINTS_PER_COMMAND + 1, "points are more");
    ENTRY(m->subject_id.len = 0, "what it is about");
    ENTRY(m->subject_id.len = 17 - 2, "subject_id has not the right length");
    ENTRY(m->subject_id = binary_of(zeros, 16), "subject_id is an empty id written in full");
    ENTRY(m->active_from_unix_ms = -1, "active_from_unix_ms is not a time");
    ENTRY(m->expires_at_unix_ms = 1, "only earns");
}

#define HEAD(change, expected)                                                                     \
    REFUSED(Talea__V1__BatchHead, talea__v1__batch_head__descriptor, 2, change, expected)

static void test_heads(void **state)
{
    (void)state;
    HEAD((void)0, NULL);
    HEAD(m->sender = upper_partner, "sender is not a partner's id");
    HEAD(m->receiver = nothing, "receiver is not a partner's id");
    HEAD(m->sender = grocer, "parties are one and the same");
    HEAD(m->first_number = 0, "first_number is 0");
    HEAD(m->first_number = UINT64_MAX, "first_number is too large");
    HEAD(m->count = 0, "count is 0");
    HEAD(m->count = LIMIT_CLEARING_BATCH + 1, "more than a batch may hold");
    HEAD(m->last_hash.len = 16, "last_hash has not the right length");
    HEAD(m->previous_hash.len = 0, "previous_hash has not the right length");
}

#define RECEIPT(change, expected)                                                                  \
    REFUSED(Talea__V1__ClearingReceipt, talea__v1__clearing_receipt__descriptor, 3, change,        \
            expected)

static void test_receipts(void **state)
{
    (void)state;
    RECEIPT((void)0, NULL);
    RECEIPT(m->receiver = upper_partner, "receiver is not a partner's id");
    RECEIPT(m->receipt_number = 0, "receipt_number is 0");
    RECEIPT(m->first_number = 305, "lies before first_number");
    RECEIPT(m->first_number = 0, "not both 0");
    RECEIPT(m->first_number = 302, "not among the entries it answers");
    RECEIPT(m->last_number = 303, "not among the entries it answers");
    RECEIPT(m->refused[1]->number = 301, "not in order");
    RECEIPT(m->refused[0]->reason[0] = 'c', "reason has another length or other characters");
    RECEIPT(m->totals[0]->kind = (Talea__V1__EntryKind)ENTRY_KIND_END, "kind that is not known");
    RECEIPT(m->totals[0]->count = 0, "of no entry");
    RECEIPT(m->totals[1]->points = -1, "negative points");
    RECEIPT(m->totals[1]->tariff = 1, "not sorted");
    RECEIPT(m->totals[1]->kind = 7, "not sorted");
}

static void test_receipt_before_any_batch(void **state)
{
    (void)state;
    struct clearing_receipt receipt = {.sender = sample_partner("fuel"),
                                       .receiver = sample_partner("grocer")};
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    CLEANUP(buffer_fini) struct buffer again = {0};
    assert_int_equal(wire_receipt_encode(&receipt, &bytes), ERR_OK);
    assert_int_equal(samples[3].again(buffer_slice(&bytes), &again, NULL), ERR_OK);
    assert_true(slice_equal(buffer_slice(&bytes), buffer_slice(&again)));
}

#define REQUEST(change, expected)                                                                  \
    REFUSED(Talea__V1__HoldRequest, talea__v1__hold_request__descriptor, 4, change, expected)
#define GRANT(change, expected)                                                                    \
    REFUSED(Talea__V1__HoldGrant, talea__v1__hold_grant__descriptor, 5, change, expected)
#define REFUSAL(change, expected)                                                                  \
    REFUSED(Talea__V1__HoldRefusal, talea__v1__hold_refusal__descriptor, 6, change, expected)

static void test_authorisations(void **state)
{
    (void)state;
    static char long_reason[] = "A234567890123456789012345678901234567890";
    REQUEST((void)0, NULL);
    REQUEST(m->transaction_id = binary_of(zeros, 16), "transaction_id is empty");
    REQUEST(m->transaction_id.len = 0, "transaction_id has not the right length");
    REQUEST(m->redeemer = grocer, "parties are one and the same");
    REQUEST(m->card = wrong_card, "card is not a card number");
    REQUEST(m->card = nothing, "card is not a card number");
    REQUEST(m->points = 0, "points are 0");
    REQUEST(m->points = -1, "points are negative");
    REQUEST(m->requested_unix_ms = -1, "requested_unix_ms is not a time");
    REQUEST(m->capture_by_unix_ms = 0, "capture_by_unix_ms is 0");
    GRANT((void)0, NULL);
    GRANT(m->hold_id.len = 4, "hold_id has not the right length");
    GRANT(m->home = upper_partner, "home is not a partner's id");
    GRANT(m->points = INT64_MIN, "points are negative");
    GRANT(m->deliver_by_unix_ms = m->capture_by_unix_ms, "is not after capture_by_unix_ms");
    REFUSAL((void)0, NULL);
    REFUSAL(m->hold_id = binary_of(zeros, 16), "hold_id is empty");
    REFUSAL(m->reason = nothing, "reason has another length");
    REFUSAL(m->reason = long_reason, "reason has another length");
    REFUSAL(m->reason = upper_partner, "reason has another length or other characters");
}

#define STATEMENT(change, expected)                                                                \
    REFUSED(Talea__V1__PairStatement, talea__v1__pair_statement__descriptor, 7, change, expected)

/* Lines of fees and taxes put into the second half. */
struct statement_charges {
    Talea__V1__HalfCharge rows[2];
    Talea__V1__HalfCharge *lines[2];
};

static void charge(Talea__V1__PairStatement *m, struct statement_charges *charges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        talea__v1__half_charge__init(&charges->rows[i]);
        charges->rows[i].fee_minor = 1;
        charges->lines[i] = &charges->rows[i];
    }
    m->halves[1]->charges = charges->lines;
    m->halves[1]->n_charges = count;
}

#define CHARGED(count, change, expected)                                                           \
    do {                                                                                           \
        struct statement_charges c;                                                                \
        Talea__V1__PairStatement *m = opened(&talea__v1__pair_statement__descriptor, 7);           \
        charge(m, &c, count);                                                                      \
        change;                                                                                    \
        expect(m, 7, expected);                                                                    \
        charge(m, &c, 0);                                                                          \
        m->halves[1]->charges = NULL;                                                              \
        protobuf_c_message_free_unpacked(&m->base, NULL);                                          \
    } while (0)

static void test_statements(void **state)
{
    (void)state;
    STATEMENT((void)0, NULL);
    STATEMENT(m->coalition[0] = 'D', "coalition has another length or other characters");
    STATEMENT(m->coalition[0] = '0', "coalition does not begin with a letter");
    STATEMENT(m->coalition = nothing, "coalition has another length");
    STATEMENT(m->charter_epoch = 0, "charter_epoch is 0");
    STATEMENT(m->period = 202600, "period is not a month");
    STATEMENT(m->n_halves = 1, "halves are not two");
    STATEMENT(m->n_halves = 0, "halves are not two");
    CHARGED(1, c.rows[0].fee_minor = 0, "charges are of nothing");
    CHARGED(1, c.rows[0].tax_code = upper_partner, "charges have no tax code and rate");
    CHARGED(1, c.rows[0].tax_rate_ppm = 1000001, "charges have no tax code and rate");
    CHARGED(2, (void)0, "charges are not sorted by tax code, rate and side");
    CHARGED(2, c.rows[1].is_by_sender = true, NULL);
    STATEMENT(m->halves[0]->sender[0] = 'g', "not the two directions of a pair");
    STATEMENT(m->halves[0]->last_hash.len = 31, "last_hash has not the right length");
    STATEMENT(m->halves[1]->first_number = 8, "lies behind last_number");
    STATEMENT(m->halves[1]->totals[0]->count = 0, "of no entry");
    STATEMENT(m->debtor = nothing, "not owed by one of the pair");
    STATEMENT(m->creditor = m->debtor, "not owed by one of the pair");
    STATEMENT(m->net_minor = 0, "not owed by one of the pair");
    STATEMENT(m->net_minor = -1270, "not owed by one of the pair");
    STATEMENT(m->currency[0] = 'e', "currency has another length or other characters");
    STATEMENT(m->currency[2] = '\0', "currency is not of three letters");
}

/* What a decoder refuses, the encoder does not write. */
static void test_encoders_refuse_as_well(void **state)
{
    (void)state;
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    struct clearing_entry entry = sample_earn();
    entry.business_time.ms = INT64_MAX;
    assert_int_equal(wire_entry_encode(&entry, &bytes), ERR_INPUT);
    struct batch_head head = sample_head();
    head.count = 0;
    assert_int_equal(wire_head_encode(&head, &bytes), ERR_INPUT);
    struct hold_request request = sample_request();
    request.points.minor = 0;
    assert_int_equal(wire_hold_request_encode(&request, &bytes), ERR_INPUT);
    struct hold_grant grant = sample_grant();
    grant.deliver_by.ms = 1;
    assert_int_equal(wire_hold_grant_encode(&grant, &bytes), ERR_INPUT);
    struct hold_refusal refusal = sample_refusal();
    refusal.reason[0] = '\0';
    assert_int_equal(wire_hold_refusal_encode(&refusal, &bytes), ERR_INPUT);
    struct clearing_receipt receipt = sample_receipt();
    receipt.totals++;
    receipt.total_count = 3 - 1;
    receipt.receipt_number = 0;
    assert_int_equal(wire_receipt_encode(&receipt, &bytes), ERR_INPUT);
    struct pair_statement statement = sample_statement();
    statement.currency[0] = ' ';
    assert_int_equal(wire_statement_encode(&statement, &bytes), ERR_INPUT);
    assert_int_equal(bytes.length, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_entries),
        cmocka_unit_test(test_heads),
        cmocka_unit_test(test_receipts),
        cmocka_unit_test(test_receipt_before_any_batch),
        cmocka_unit_test(test_authorisations),
        cmocka_unit_test(test_statements),
        cmocka_unit_test(test_encoders_refuse_as_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
