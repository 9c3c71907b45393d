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
#include <libxml/parser.h>
#include <libxml/xmlschemas.h>

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

/* ---- Names as people have them ---- */

static bool is_plain_text(const char *at, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        bool is_letter = (at[i] >= 'a' && at[i] <= 'z') || (at[i] >= 'A' && at[i] <= 'Z');
        if (!is_letter && (at[i] == '\0' || strchr("0123456789 /-?:().,'+", at[i]) == NULL)) {
            return false;
        }
    }
    return length > 0 && length <= 140;
}

/* The texts of an element, one after the other. */
static size_t next_text(const char **at, const char *element, const char **out_text)
{
    char open[32];
    snprintf(open, sizeof open, "<%s>", element);
    const char *begin = strstr(*at, open);
    if (begin == NULL) {
        return 0;
    }
    *out_text = begin + strlen(open);
    *at = strchr(*out_text, '<');
    return (size_t)(*at - *out_text);
}

/* By the ISO's schema, where TALEA_XSD names the folder that it lies in. */
static void check_schema(enum pain_version version, const struct buffer *made)
{
    const char *folder = getenv("TALEA_XSD");
    char path[512];
    snprintf(path, sizeof path, "%s/%s.xsd", folder == NULL ? "" : folder,
             version == PAIN_09 ? "pain.001.001.09" : "pain.001.001.03");
    if (folder == NULL || access(path, R_OK) != 0) {
        return;
    }
    xmlSchemaParserCtxtPtr parser = xmlSchemaNewParserCtxt(path);
    xmlSchemaPtr schema = xmlSchemaParse(parser);
    xmlSchemaValidCtxtPtr valid = xmlSchemaNewValidCtxt(schema);
    xmlDocPtr document = xmlReadMemory((const char *)made->at, (int)made->length, NULL, NULL, 0);
    assert_non_null(valid);
    assert_non_null(document);
    assert_int_equal(xmlSchemaValidateDoc(valid, document), 0);
    xmlFreeDoc(document);
    xmlSchemaFreeValidCtxt(valid);
    xmlSchemaFree(schema);
    xmlSchemaFreeParserCtxt(parser);
}

static const char *made_name(const struct pain_file *file, struct buffer *made, char *out_name)
{
    struct note note = {""};
    if (pain_write(file, made, &note) != ERR_OK) {
        fail_msg("%s: %s", file->payments[0].creditor.holder, note.text);
    }
    check_schema(file->version, made);
    write_u8(made, 0);
    const char *at = strstr((const char *)made->at, "<Cdtr>");
    const char *name = NULL;
    size_t length = next_text(&at, "Nm", &name);
    assert_true(is_plain_text(name, length));
    memcpy(out_name, name, length);
    out_name[length] = '\0';
    return out_name;
}

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *holder;
        const char *name;
    } cases[] = {
        {"Grocer & S\u00f6hne <GmbH>", "Grocer + Sohne .GmbH."},
        {"\u0416\u0430\u043d\u0430\u0440\u043c\u0430\u0439 \u0436\u04d9\u043d\u0435 "
         "\u0421\u0435\u0440\u0456\u043a\u0442\u0435\u0441\u0442\u0435\u0440 \u0416\u0428\u0421",
         "ZHANARMAI ZHANE SERIKTESTER ZHSHS"},
        {"\u041e\u041e\u041e \u00ab\u0429\u0451\u043b\u043a\u00bb", "OOO 'SHCHELK'"},
        {"\u049a\u04b1\u0440\u044b\u043b\u044b\u0441", "KURYLYS"},
        {"\u6771\u4eac", ".."},
        {"a_b\u2013c\u00a0d", "a-b-c d"},
        {"\"O'Neill\" #1", "'O'Neill' .1"},
        {"\u0429\u0429\u0429\u0429\u0429\u0429\u0429\u0429\u0429\u0429\u0429\u0429\u0429\u0429"
         "\u0429"
         "\u0429\u0429\u0429\u0429\u0429\u0429\u0429\u0429\u0429\u0429\u0429\u0429\u0429\u0429"
         "\u0429"
         "\u0429\u0429\u0429\u0429\u0429",
         NULL}, /* 35 letters become 140 */
    };
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        CLEANUP(buffer_fini) struct buffer made = {0};
        struct pain_file file = sample(i % 2 == 0 ? PAIN_09 : PAIN_03);
        char name[256];
        const char *expected = cases[i / 2].name;
        snprintf(payments[0].creditor.holder, sizeof payments[0].creditor.holder, "%s",
                 cases[i / 2].holder);
        made_name(&file, &made, name);
        if (expected != NULL) {
            assert_string_equal(name, expected);
        } else {
            assert_int_equal(strlen(name), 140);
        }
    }
}

/* As many as a file may have: counted, summed up, each under a reference of its own. */
static void test_a_thousand(void **state)
{
    (void)state;
    size_t count = LIMIT_PAYMENTS_PER_FILE;
    struct pain_payment *many = calloc(count + 1, sizeof *many);
    struct note note = {""};
    int64_t sum = 0;
    assert_non_null(many);
    for (size_t i = 0; i <= count; i++) {
        struct pain_file file = sample(PAIN_09);
        many[i] = file.payments[0];
        many[i].amount.minor = (int64_t)(i + 1) * 7919;
        snprintf(many[i].reference, sizeof many[i].reference, "T202610-%026zX", i);
        sum += i < count ? many[i].amount.minor : 0;
    }
    for (unsigned version = 0; version < 2; version++) {
        CLEANUP(buffer_fini) struct buffer made = {0};
        struct pain_file file = sample(version == 0 ? PAIN_09 : PAIN_03);
        char expected[64];
        const char *text;
        file.payments = many;
        file.payment_count = count;
        assert_int_equal(pain_write(&file, &made, &note), ERR_OK);
        check_schema(file.version, &made);
        write_u8(&made, 0);
        const char *at = (const char *)made.at;
        snprintf(expected, sizeof expected, "<CtrlSum>%lld.%02lld</CtrlSum>", (long long)sum / 100,
                 (long long)sum % 100);
        assert_non_null(strstr(at, expected));
        assert_non_null(strstr(at, "<NbOfTxs>1000</NbOfTxs>"));
        for (size_t i = 0; i < count; i++) {
            size_t length = next_text(&at, "EndToEndId", &text);
            assert_true(length > 0 && length <= 35);
            assert_memory_equal(text, many[i].reference, length);
        }
        assert_int_equal(next_text(&at, "EndToEndId", &text), 0);
    }
    struct pain_file file = sample(PAIN_09);
    file.payments = many;
    file.payment_count = count + 1;
    refused(file);
    file.payment_count = 2;
    memcpy(many[1].reference, many[0].reference, sizeof many[1].reference);
    refused(file);
    free(many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_golden),
                                       cmocka_unit_test(test_refused), cmocka_unit_test(test_names),
                                       cmocka_unit_test(test_a_thousand)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
