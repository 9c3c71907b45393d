/* A stream's file: its bytes, what is proven of it, and what damage does to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dossier/stream_audit.h"
#include "samples.h"

/* Of the sample's file: another one is another format. */
#define GOLDEN_BYTES 1017
#define GOLDEN_SUM   "a25153e6caf3e05cb34eb5a3488cce4d43a992b0d7c203e8af384994513719e4"

struct bench {
    struct charter_chain chain;
    struct buffer good;
};

static int begin(void **state)
{
    static struct bench bench;
    bench = (struct bench){.good = {0}};
    sample_chain(&bench.chain);
    sample_stream(NULL, &bench.good);
    *state = &bench;
    return 0;
}

static int end(void **state)
{
    struct bench *bench = *state;
    charter_chain_fini(&bench->chain);
    buffer_fini(&bench->good);
    return 0;
}

static enum err audit(const struct bench *bench, struct slice bytes, struct audit_report *report,
                      struct stream_summary *summary, struct arena *arena)
{
    uint8_t none = 0;
    struct audit_place place = {report, "file", ""};
    FILE *file = fmemopen(bytes.length == 0 ? &none : (void *)(uintptr_t)bytes.at,
                          bytes.length == 0 ? 1 : bytes.length, "rb");
    assert_non_null(file);
    if (bytes.length == 0) {
        (void)getc(file);
    }
    memset(report, 0, sizeof *report);
    enum err err = stream_audit(file, &bench->chain, &place, arena, summary);
    (void)fclose(file);
    return err;
}

/* Nothing but a flaw, that names what was expected and found. */
static const struct audit_flaw *expect_flaw(const struct bench *bench, struct slice bytes)
{
    static struct audit_report report;
    struct stream_summary summary;
    CLEANUP(arena_fini) struct arena arena;
    arena_init(&arena, 1 << 20);
    assert_int_equal(audit(bench, bytes, &report, &summary, &arena), ERR_CORRUPT);
    assert_true(report.is_flawed);
    assert_true(report.flaw.what[0] != '\0' && report.flaw.found[0] != '\0');
    assert_string_not_equal(report.flaw.expected, report.flaw.found);
    return &report.flaw;
}

static void test_golden(void **state)
{
    const struct bench *bench = *state;
    char text[HASH_TEXT_MAX];
    struct hasher hasher;
    hasher_init_file(&hasher);
    hasher_add(&hasher, buffer_slice(&bench->good));
    struct hash sum = hasher_finish(&hasher);
    assert_int_equal(bench->good.length, GOLDEN_BYTES);
    assert_string_equal(hash_format(&sum, text), GOLDEN_SUM);
}

static void test_clean(void **state)
{
    const struct bench *bench = *state;
    struct audit_report report;
    struct stream_summary summary;
    CLEANUP(arena_fini) struct arena arena;
    arena_init(&arena, 1 << 20);
    enum err err = audit(bench, buffer_slice(&bench->good), &report, &summary, &arena);
    if (err != ERR_OK) {
        fail_msg("%s: %s, not %s", report.flaw.what, report.flaw.found, report.flaw.expected);
    }
    assert_true(summary.is_ended);
    assert_string_equal(summary.head.sender.text, "fuel");
    assert_int_equal(summary.head.period.code, SAMPLE_PERIOD);
    assert_int_equal(summary.total_count, 2);
    assert_int_equal(summary.totals[0].points, 200);
    assert_int_equal(report.counts.entries, SAMPLE_ENTRIES);
    assert_int_equal(report.counts.receipts, 2);
    assert_int_equal(report.counts.batches, 2);
    assert_int_equal(report.counts.signatures, 4);
    assert_false(report.is_flawed);
}

static void test_every_bit_counts(void **state)
{
    const struct bench *bench = *state;
    CLEANUP(buffer_fini) struct buffer bad = {0};
    for (size_t i = 0; i < bench->good.length; i++) {
        buffer_clear(&bad);
        write_bytes(&bad, bench->good.at, bench->good.length);
        bad.at[i] ^= (uint8_t)(1u << (i % 8));
        (void)expect_flaw(bench, buffer_slice(&bad));
    }
}

static void test_every_end_counts(void **state)
{
    const struct bench *bench = *state;
    for (size_t length = 0; length < bench->good.length; length++) {
        (void)expect_flaw(bench, slice_of(bench->good.at, length));
    }
}

static void test_more_than_there_is(void **state)
{
    const struct bench *bench = *state;
    CLEANUP(buffer_fini) struct buffer bad = {0};
    write_bytes(&bad, bench->good.at, bench->good.length);
    write_varint(&bad, UINT64_C(1) << 33);
    assert_non_null(strstr(expect_flaw(bench, buffer_slice(&bad))->found, "8589934592 bytes"));
    bad.length = bench->good.length;
    write_varint(&bad, 0);
    assert_non_null(strstr(expect_flaw(bench, buffer_slice(&bad))->found, "0 bytes"));
}

static void expect_fault(const struct bench *bench, struct sample_fault fault, uint64_t number,
                         const char *what)
{
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    sample_stream(&fault, &bytes);
    const struct audit_flaw *flaw = expect_flaw(bench, buffer_slice(&bytes));
    assert_int_equal(flaw->number, number);
    assert_string_equal(flaw->stream, "fuel to grocer");
    if (strstr(flaw->what, what) == NULL) {
        fail_msg("'%s' does not say '%s'", flaw->what, what);
    }
}

/* What is signed, and wrong all the same. */
static void test_signed_faults(void **state)
{
    const struct bench *bench = *state;
    expect_fault(bench, (struct sample_fault){.total_more = 1}, 3, "totals of earn, tariff 1");
    expect_fault(bench, (struct sample_fault){.receipt_epoch = 2}, 3, "the receipt");
    expect_fault(bench, (struct sample_fault){.mark_period = 202610}, 3, "period of the entry");
    expect_fault(bench, (struct sample_fault){.receipt_signer = 2}, 1, "the receipt");
    expect_fault(bench, (struct sample_fault){.other_before = true}, 3, "receipt before");
    expect_fault(bench, (struct sample_fault){.other_head = true}, 2, "as its sender signed it");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_clean),
        cmocka_unit_test(test_every_bit_counts),
        cmocka_unit_test(test_every_end_counts),
        cmocka_unit_test(test_more_than_there_is),
        cmocka_unit_test(test_signed_faults),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
