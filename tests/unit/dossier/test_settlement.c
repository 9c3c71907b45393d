/* What was netted and what was paid, each file by itself: taken as it is, and refused with one
 * thing wrong. Whole dossiers are in tests/integration/audit_money.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dossier/dispute_audit.h"
#include "dossier/member_receipt.h"
#include "dossier/net_audit.h"
#include "dossier/payment_audit.h"
#include "samples.h"

static struct charter_chain chain;

static enum err audit_net(const struct buffer *bytes, struct netting_table *table,
                          struct arena *arena, struct audit_report *report)
{
    struct audit_place place = {report, "net", ""};
    struct hash sum;
    bool has_votes;
    const struct charter *charter = charter_chain_last(&chain);
    FILE *file = fmemopen(bytes->at, bytes->length, "rb");
    assert_non_null(file);
    assert_int_equal(net_table_make(&chain, (struct period){SAMPLE_PERIOD},
                                    &charter->partners[0].id, arena, table),
                     ERR_OK);
    enum err err = net_audit(file, &chain, &place, table, &has_votes, &sum);
    (void)fclose(file);
    assert_true(err != ERR_OK || has_votes == (bytes->at[10] == '2'));
    assert_int_equal(report->is_flawed, err == ERR_CORRUPT);
    return err;
}

static void test_net(void **state)
{
    (void)state;
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    CLEANUP(arena_fini) struct arena arena;
    struct audit_report report = {.is_flawed = false};
    struct netting_table table;
    arena_init(&arena, 1 << 20);
    sample_net(&chain, &bytes);
    assert_int_equal(audit_net(&bytes, &table, &arena, &report), ERR_OK);
    assert_true(netting_pair_of(&table, 1, 2)->is_there);
    assert_false(netting_pair_of(&table, 0, 1)->is_there);
    assert_true(table.words[0].is_commitment && table.words[1].is_commitment);
    assert_true(table.words[2].is_there && !table.words[2].is_commitment);
    assert_int_equal(report.counts.words, 3);
    assert_int_equal(report.counts.votes, 2);
    assert_true(netting_vote_of(&table, 0, 0)->is_there && netting_vote_of(&table, 0, 0)->is_for);
    assert_true(netting_vote_of(&table, 0, 1)->is_there && !netting_vote_of(&table, 0, 1)->is_for);
    assert_true(netting_voted_apart(&table, 0, 2) && !netting_voted_apart(&table, 0, 1));
    assert_int_equal(report.counts.netted_statements, 1);
}

/* Behind the sample's: what it says then, or why not. */
static enum err audit_votes(const struct sample_vote *vote, struct audit_flaw *out_flaw)
{
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    CLEANUP(arena_fini) struct arena arena;
    struct audit_report report = {.is_flawed = false};
    struct netting_table table;
    arena_init(&arena, 1 << 20);
    sample_net(&chain, &bytes);
    sample_votes(vote, 1, &bytes);
    enum err err = audit_net(&bytes, &table, &arena, &report);
    *out_flaw = report.flaw;
    return err;
}

static void test_votes(void **state)
{
    (void)state;
    static const struct {
        struct sample_vote vote;
        const char *what; /* NULL: nothing is wrong with it */
    } rows[] = {
        {{.member = 0, .set = 9}, NULL},
        {{.member = 0, .set = 7, .round = 1}, NULL}, /* of a round without a word of it here */
        {{.member = 2, .set = 7, .with_all = true}, NULL}, /* who proposed alone may have gone on */
        {{.member = 0, .set = 9, .is_against = true}, "the partner's vote, once in a round"},
        {{.member = 0, .set = 8}, "what the partner votes on, once in a round"},
        {{.member = 0, .set = 9, .round = NETTING_ROUNDS_MAX},
         "whose vote it is, and of which round"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct audit_flaw flaw;
        assert_int_equal(audit_votes(&rows[i].vote, &flaw),
                         rows[i].what == NULL ? ERR_OK : ERR_CORRUPT);
        assert_string_equal(flaw.what, rows[i].what == NULL ? "" : rows[i].what);
    }
}

/* It committed to one set and votes on another; or the file says that it has no votes. */
static void test_votes_that_can_not_be(void **state)
{
    (void)state;
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    CLEANUP(arena_fini) struct arena arena;
    struct netting_table tables[2];
    struct audit_report report = {.is_flawed = false};
    struct audit_place place = {&report, "net", ""};
    arena_init(&arena, 1 << 20);
    sample_net(&chain, &bytes);
    for (size_t i = 0; i < 2; i++) {
        struct audit_report clean = {.is_flawed = false};
        assert_int_equal(audit_net(&bytes, &tables[i], &arena, &clean), ERR_OK);
    }
    assert_int_equal(net_merge(&tables[0], &tables[1], &place), ERR_OK);
    netting_vote_of(&tables[0], 0, 1)->is_there = false;
    netting_vote_of(&tables[1], 0, 1)->set.bytes[0] = 8;
    assert_int_equal(net_merge(&tables[0], &tables[1], &place), ERR_CORRUPT);
    assert_string_equal(report.flaw.what, "what the partner votes on, as it committed to");
    assert_string_equal(report.flaw.stream, "the vote of grocer");
    struct audit_report older = {.is_flawed = false};
    bytes.at[10] = '1';
    assert_int_equal(audit_net(&bytes, &tables[0], &arena, &older), ERR_CORRUPT);
}

static void test_each_byte_of_a_net_counts(void **state)
{
    (void)state;
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    sample_net(&chain, &bytes);
    for (size_t i = 0; i < bytes.length; i++) {
        CLEANUP(arena_fini) struct arena arena;
        struct audit_report report = {.is_flawed = false};
        struct netting_table table;
        arena_init(&arena, 1 << 20);
        bytes.at[i] ^= 1;
        if (audit_net(&bytes, &table, &arena, &report) != ERR_CORRUPT) {
            fail_msg("byte %zu", i);
        }
        assert_true(report.flaw.what[0] != '\0' && report.flaw.file[0] != '\0');
        bytes.at[i] ^= 1;
    }
}

static enum err audit_payment_of(struct slice bytes, struct dossier_payment *out_payment,
                                 struct audit_report *report)
{
    CLEANUP(arena_fini) struct arena arena;
    struct audit_place place = {report, "payment", ""};
    arena_init(&arena, 1 << 20);
    enum err err = payment_audit(bytes, &chain, &charter_chain_last(&chain)->partners[0].id,
                                 (struct period){SAMPLE_PERIOD}, &place, &arena, out_payment);
    assert_int_equal(report->is_flawed, err == ERR_CORRUPT);
    return err;
}

static void test_payment(void **state)
{
    (void)state;
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    struct audit_report report = {.is_flawed = false};
    struct dossier_payment payment;
    sample_payment(&bytes);
    assert_int_equal(audit_payment_of(buffer_slice(&bytes), &payment, &report), ERR_OK);
    assert_string_equal(payment.terms.payment.debtor.text, "fuel");
    assert_int_equal(payment.terms.payment.amount.minor, 1200);
    assert_true(payment.debtor.counts && payment.creditor.counts);
    assert_int_equal(payment.creditor.figures.received.minor, 500);
    assert_int_equal(payment.booked.minor, 500);
    size_t signed_bytes = bytes.length - 16; /* the booking is the end of it, and nobody's word */
    for (size_t i = 0; i < signed_bytes; i++) {
        struct audit_report flawed = {.is_flawed = false};
        bytes.at[i] ^= 1;
        if (audit_payment_of(buffer_slice(&bytes), &payment, &flawed) != ERR_CORRUPT) {
            fail_msg("byte %zu of %zu", i, bytes.length);
        }
        bytes.at[i] ^= 1;
    }
}

static void test_receipt(void **state)
{
    (void)state;
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    struct member_receipt_proof proof;
    struct note note = {""};
    sample_receipt(&bytes);
    assert_int_equal(member_receipt_verify(buffer_slice(&bytes), &chain, &proof, &note), ERR_OK);
    assert_string_equal(proof.brand.text, "fuel");
    for (size_t i = 0; i < bytes.length; i++) {
        bytes.at[i] ^= 1;
        assert_int_not_equal(member_receipt_verify(buffer_slice(&bytes), &chain, &proof, &note),
                             ERR_OK);
        bytes.at[i] ^= 1;
    }
}

static enum err audit_evidence(struct slice bytes, struct dispute_proof *out_proof)
{
    CLEANUP(arena_fini) struct arena arena;
    struct audit_report report = {.is_flawed = false};
    struct audit_place place = {&report, "evidence", ""};
    struct note note = {""};
    arena_init(&arena, 1 << 20);
    enum err err = dispute_audit(bytes, &chain, 1, &place, &arena, out_proof, &note);
    assert_int_equal(report.is_flawed, err == ERR_CORRUPT);
    return err;
}

static void test_evidence(void **state)
{
    (void)state;
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    struct dispute_proof proof;
    sample_evidence(&bytes);
    assert_int_equal(audit_evidence(buffer_slice(&bytes), &proof), ERR_OK);
    assert_string_equal(proof.disputed.sender.text, "fuel");
    assert_int_equal(proof.promise, PROMISE_GRANT);
    assert_true(proof.is_covered);
    assert_int_equal(proof.line_count, 2);
    assert_int_equal(proof.state, DISPUTE_RULED);
    assert_int_equal(proof.outcome, RULING_DISMISSED);
    for (size_t i = 0; i < bytes.length; i++) {
        bytes.at[i] ^= 1;
        if (audit_evidence(buffer_slice(&bytes), &proof) != ERR_CORRUPT) {
            fail_msg("byte %zu of %zu", i, bytes.length);
        }
        bytes.at[i] ^= 1;
    }
}

static int begin(void **state)
{
    (void)state;
    sample_chain(&chain);
    return 0;
}

static int end(void **state)
{
    (void)state;
    charter_chain_fini(&chain);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_net),
                                       cmocka_unit_test(test_votes),
                                       cmocka_unit_test(test_votes_that_can_not_be),
                                       cmocka_unit_test(test_each_byte_of_a_net_counts),
                                       cmocka_unit_test(test_payment),
                                       cmocka_unit_test(test_receipt),
                                       cmocka_unit_test(test_evidence)};
    return cmocka_run_group_tests(tests, begin, end);
}
