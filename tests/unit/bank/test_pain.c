/* Payment files byte for byte, and what can't be written into one. TALEA_GOLDEN_OUT=FOLDER writes
 * the golden files anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "bank/pain.h"
#include "base/file.h"

static struct pain_payment payments[2];

static struct pain_file sample(enum pain_version version)
{
    payments[0] = (struct pain_payment){
        .creditor = {"GB29NWBK60161331926819", "NWBKGB2L", "Grocer & Söhne <GmbH>"},
        .amount = {123456},
        .reference = "T202610-0123456789ABCDEF0123456789",
        .text = "demo 2026-10 fuel to grocer"};
    payments[1] = (struct pain_payment){.creditor = {"KZ86125KZT5004100100", "", "Žižka-Hôtel"},
                                        .amount = {7},
                                        .reference = "T202610-FEDCBA9876543210FEDCBA9876",
                                        .text = "demo 2026-10 fuel to hotel"};
    return (struct pain_file){.version = version,
                              .message_id = "0199a00000007000800000000000000a",
                              .created_at = {INT64_C(1795000000000)},
                              .execute_on = {INT64_C(1795100000000)},
                              .debtor = {"DE89370400440532013000", "COBADEFFXXX", "Fuel"},
                              .currency = "EUR",
                              .currency_decimals = 2,
                              .payments = payments,
                              .payment_count = 2};
}

static void check_golden(enum pain_version version, const char *name)
{
    char path[512];
    struct note note = {""};
    CLEANUP(buffer_fini) struct buffer made = {0};
    CLEANUP(buffer_fini) struct buffer golden = {0};
    struct pain_file file = sample(version);
    const char *out = getenv("TALEA_GOLDEN_OUT");
    assert_int_equal(pain_write(&file, &made, &note), ERR_OK);
    snprintf(path, sizeof path, "%s/%s.xml", out == NULL ? GOLDEN_FOLDER : out, name);
    if (out != NULL) {
        (void)unlink(path);
        assert_int_equal(file_create(path, FILE_PUBLIC, buffer_slice(&made), &note), ERR_OK);
    }
    assert_int_equal(file_read(path, FILE_PUBLIC, 1u << 20, &golden, &note), ERR_OK);
    assert_true(slice_equal(buffer_slice(&made), buffer_slice(&golden)));
}

static void test_golden(void **state)
{
    (void)state;
    check_golden(PAIN_09, "pain.001.001.09");
    check_golden(PAIN_03, "pain.001.001.03");
}

static void refused(struct pain_file file)
{
    CLEANUP(buffer_fini) struct buffer made = {0};
    struct note note = {""};
    assert_int_equal(pain_write(&file, &made, &note), ERR_INPUT);
    assert_true(note.text[0] != '\0');
    assert_int_equal(made.length, 0);
}

static void test_refused(void **state)
{
    (void)state;
    struct pain_file file = sample(PAIN_09);
    file.payment_count = 0;
    refused(file);
    file = sample(PAIN_09);
    file.debtor.iban[4] = '0';
    refused(file);
    file = sample(PAIN_09);
    payments[1].amount.minor = 0;
    refused(file);
    file = sample(PAIN_09);
    payments[0].creditor.iban[0] = '\0';
    refused(file);
    file = sample(PAIN_09);
    payments[0].reference[0] = 'X';
    refused(file);
    CLEANUP(buffer_fini) struct buffer made = {0};
    file = sample(PAIN_09);
    payments[0].amount.minor = INT64_MAX;
    assert_int_equal(pain_write(&file, &made, NULL), ERR_RANGE);
    enum pain_version version;
    assert_int_equal(pain_version_parse("pain.001.001.03", &version), ERR_OK);
    assert_int_equal(version, PAIN_03);
    assert_int_equal(pain_version_parse("pain.001.001.3", &version), ERR_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_golden),
                                       cmocka_unit_test(test_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
