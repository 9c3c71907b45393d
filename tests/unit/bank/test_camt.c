/* Bank statements: what is read of them, what is passed over and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bank/camt.h"

#define REFERENCE  "T202610-0123456789ABCDEF0123456789"
#define OPEN(kind) "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:" kind "\">"
#define STATEMENT(kind, entries)                                                                   \
    OPEN(kind)                                                                                     \
    "<BkToCstmrStmt><Stmt><Acct><Id><IBAN>DE89370400440532013000</IBAN></Id></Acct>" entries       \
    "</Stmt></BkToCstmrStmt></Document>"
#define HEAD(amount, side, status)                                                                 \
    "<Ntry><Amt Ccy=\"EUR\">" amount "</Amt><CdtDbtInd>" side "</CdtDbtInd><Sts>" status           \
    "</Sts><BookgDt><Dt>2026-11-20</Dt></BookgDt>"

struct seen {
    struct camt_booking rows[8];
    size_t count;
};

static enum err keep(void *context, const struct camt_booking *booking)
{
    struct seen *seen = context;
    assert_true(seen->count < 8);
    seen->rows[seen->count++] = *booking;
    return ERR_OK;
}

static struct seen read_ok(const char *text)
{
    struct seen seen = {.count = 0};
    struct note note = {""};
    enum err err = camt_read(slice_of(text, strlen(text)), keep, &seen, &note);
    if (err != ERR_OK) {
        fail_msg("%s", note.text);
    }
    return seen;
}

static void refused(const char *text, const char *why)
{
    struct seen seen = {.count = 0};
    struct note note = {""};
    assert_int_equal(camt_read(slice_of(text, strlen(text)), keep, &seen, &note), ERR_INPUT);
    if (strstr(note.text, why) == NULL) {
        fail_msg("\"%s\" is not about \"%s\"", note.text, why);
    }
}

static void test_single(void **state)
{
    (void)state;
    struct seen seen = read_ok(STATEMENT(
        "camt.053.001.02",
        HEAD("12.50", "CRDT", "BOOK") "<AcctSvcrRef>B1</AcctSvcrRef><NtryDtls><TxDtls><Refs>"
                                      "<EndToEndId>" REFERENCE
                                      "</EndToEndId></Refs></TxDtls></NtryDtls></Ntry>" HEAD(
                                          "1", "DBIT", "PDNG") "</Ntry>" HEAD("3", "DBIT",
                                                                              "BOOK") "</Ntry>"));
    assert_int_equal(seen.count, 2);
    assert_string_equal(seen.rows[0].reference, REFERENCE);
    assert_string_equal(seen.rows[0].bank_reference, "B1");
    assert_string_equal(seen.rows[0].amount, "12.50");
    assert_string_equal(seen.rows[0].currency, "EUR");
    assert_string_equal(seen.rows[0].account, "DE89370400440532013000");
    assert_true(seen.rows[0].is_credit);
    assert_false(seen.rows[0].is_reversal);
    assert_int_equal(seen.rows[0].booked_at.ms, INT64_C(1795132800000));
    assert_string_equal(seen.rows[1].reference, "");
    assert_false(seen.rows[1].is_credit);
    assert_int_equal(seen.rows[1].bank_reference[0], '#');
}

static void test_several_in_one_entry(void **state)
{
    (void)state;
    struct seen seen = read_ok(
        OPEN("camt.054.001.08") "<BkToCstmrDbtCdtNtfctn><Ntfctn><Ntry><Amt "
                                "Ccy=\"EUR\">30</Amt><CdtDbtInd>CRDT</CdtDbtInd>"
                                "<RvslInd>true</RvslInd><Sts><Cd>BOOK</Cd></"
                                "Sts><BookgDt><DtTm>2026-11-20T10:00:00+01:00"
                                "</DtTm></BookgDt><AcctSvcrRef>ALL</AcctSvcrRef><NtryDtls>"
                                "<TxDtls><Refs><EndToEndId>" REFERENCE
                                "</EndToEndId></Refs><Amt Ccy=\"EUR\">10</Amt>"
                                "<CdtDbtInd>CRDT</CdtDbtInd></TxDtls>"
                                "<TxDtls><Refs><AcctSvcrRef>OWN</AcctSvcrRef><EndToEndId>X</"
                                "EndToEndId></Refs><AmtDtls>"
                                "<TxAmt><Amt Ccy=\"USD\">20</Amt></TxAmt></AmtDtls></TxDtls>"
                                "</NtryDtls></Ntry></Ntfctn></BkToCstmrDbtCdtNtfctn></Document>");
    assert_int_equal(seen.count, 2);
    assert_string_equal(seen.rows[0].amount, "10");
    assert_string_equal(seen.rows[1].amount, "20");
    assert_string_equal(seen.rows[1].currency, "USD");
    assert_string_equal(seen.rows[1].bank_reference, "OWN");
    assert_int_equal(seen.rows[0].bank_reference[0], '#'); /* the entry's stands for both */
    assert_true(seen.rows[0].is_reversal && seen.rows[1].is_reversal);
    assert_string_equal(seen.rows[0].account, "");
}

#define ROW HEAD("5", "CRDT", "BOOK") "<AddtlNtryInf>" REFERENCE "</AddtlNtryInf></Ntry>\n"

/* The parser reads ahead by pieces that end anywhere. */
static void test_lines(void **state)
{
    (void)state;
    struct seen seen =
        read_ok(STATEMENT("camt.053.001.02", "\n" ROW ROW ROW "\n\n" ROW ROW ROW ROW));
    static const int lines[] = {2, 3, 4, 7, 8, 9, 10};
    assert_int_equal(seen.count, 7);
    for (size_t i = 0; i < seen.count; i++) {
        assert_int_equal(seen.rows[i].line, lines[i]);
    }
}

/* Alike in all but the day, or the bank's reference: they are two. */
static void test_references_tell_apart(void **state)
{
    (void)state;
    static const char form[] = OPEN("camt.053.001.02") "<BkToCstmrStmt><Stmt>" HEAD(
        "5", "CRDT",
        "BOOK") "<NtryDtls><TxDtls><Refs>%s<EndToEndId>" REFERENCE
                "</EndToEndId></Refs></TxDtls></NtryDtls></Ntry></Stmt></BkToCstmrStmt></Document>";
    char text[2048];
    snprintf(text, sizeof text, form, "");
    struct seen once = read_ok(text);
    struct seen again = read_ok(text);
    assert_string_equal(once.rows[0].bank_reference, again.rows[0].bank_reference);
    char *day = strstr(text, "11-20");
    memcpy(day, "11-21", 5);
    again = read_ok(text);
    assert_string_not_equal(once.rows[0].bank_reference, again.rows[0].bank_reference);
    snprintf(text, sizeof text, form, "<AcctSvcrRef>7</AcctSvcrRef>");
    again = read_ok(text);
    assert_string_equal(again.rows[0].bank_reference, "7");
}

static void test_refused(void **state)
{
    (void)state;
    refused("", "");
    refused("<html/>", "line 1: this is no camt");
    refused("<Document/>", "line 1: this is no camt");
    refused(OPEN("camt.052.001.08") "</Document>", "this is no camt");
    refused("<!DOCTYPE d [<!ENTITY a \"b\">]>" OPEN("camt.053.001.02") "</Document>",
            "document type");
    refused(OPEN("camt.053.001.02") "<BkToCstmrStmt>&lol;</BkToCstmrStmt></Document>", "line 1");
    refused(OPEN("camt.053.001.02") "\n<BkToCstmrStmt>\n</Document>", "line 3");
    refused(STATEMENT("camt.053.001.02", "\n\n" HEAD("x", "BOTH", "BOOK") "</Ntry>"),
            "line 3: an entry is neither");
    refused(STATEMENT("camt.053.001.02", "<Ntry><Sts>BOOK</Sts></Ntry>"), "has no amount");
    refused(STATEMENT("camt.053.001.02", "<Ntry><Amt>5</Amt></Ntry>"), "has no currency");
    refused(
        STATEMENT(
            "camt.053.001.02",
            HEAD("5", "CRDT",
                 "BOOK") "<NtryRef>"
                         "0123456789012345678901234567890123456789012345678901234567890123456789"
                         "</NtryRef></Ntry>"),
        "line 1: BkToCstmrStmt/Stmt/Ntry/NtryRef: a value is longer than it may be");
    char deep[16384];
    size_t length = (size_t)snprintf(deep, sizeof deep, "%s", OPEN("camt.053.001.02"));
    for (int i = 0; i < 1000; i++) {
        length += (size_t)snprintf(deep + length, sizeof deep - length, "<a>");
    }
    refused(deep, "too deep");
}

/* What must not be read takes no time either: a thousand million letters in a few lines. */
static void test_bomb(void **state)
{
    (void)state;
    char bomb[4096];
    size_t length = (size_t)snprintf(bomb, sizeof bomb, "<!DOCTYPE d [<!ENTITY a0 \"aaaaaaaaaa\">");
    for (int i = 1; i < 10; i++) {
        length += (size_t)snprintf(bomb + length, sizeof bomb - length, "<!ENTITY a%d \"", i);
        for (int k = 0; k < 10; k++) {
            length += (size_t)snprintf(bomb + length, sizeof bomb - length, "&a%d;", i - 1);
        }
        length += (size_t)snprintf(bomb + length, sizeof bomb - length, "\">");
    }
    snprintf(bomb + length, sizeof bomb - length, "%s",
             "]>" OPEN("camt.053.001.02") "<BkToCstmrStmt>&a9;</BkToCstmrStmt></Document>");
    refused(bomb, "line 1: ");
}

/* ---- What banks do ---- */

#define IN_ENTRY(refs) "<NtryDtls><TxDtls><Refs>" refs "</Refs></TxDtls></NtryDtls></Ntry>"
#define OURS           "<EndToEndId>" REFERENCE "</EndToEndId>"

static struct seen read_bytes(const void *bytes, size_t length, struct note *note)
{
    struct seen seen = {.count = 0};
    enum err err = camt_read(slice_of(bytes, length), keep, &seen, note);
    assert_true(err == ERR_OK || (err == ERR_INPUT && note->text[0] != '\0'));
    seen.count = err == ERR_OK ? seen.count : 8;
    return seen;
}

static void expect_one(const struct seen *seen, const char *name)
{
    if (seen->count != 1 || strcmp(seen->rows[0].reference, REFERENCE) != 0 ||
        strcmp(seen->rows[0].amount, "12.50") != 0) {
        fail_msg("%s: not the one booking that is in it", name);
    }
}

/* The same file, as different programs write it. */
static void test_encodings(void **state)
{
    (void)state;
    static const char plain[] =
        STATEMENT("camt.053.001.08", HEAD("12.50", "CRDT", "BOOK") IN_ENTRY(OURS));
    struct note note = {""};
    char text[4096];
    struct seen seen = read_bytes(plain, sizeof plain - 1, &note);
    expect_one(&seen, "plain");
    int length =
        snprintf(text, sizeof text, "\xef\xbb\xbf<?xml version=\"1.0\"?>\r\n%s\r\n", plain);
    seen = read_bytes(text, (size_t)length, &note);
    expect_one(&seen, "byte order mark and CRLF");
    length = snprintf(text, sizeof text,
                      "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><!-- M\xfcller -->%s", plain);
    seen = read_bytes(text, (size_t)length, &note);
    expect_one(&seen, "Latin 1");
    char wide[2 * sizeof plain + 2] = {(char)0xff, (char)0xfe};
    for (size_t i = 0; i + 1 < sizeof plain; i++) {
        wide[2 + 2 * i] = plain[i];
    }
    seen = read_bytes(wide, 2 * sizeof plain, &note);
    expect_one(&seen, "UTF-16");
    length = snprintf(text, sizeof text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>%.120s\xfc%s",
                      plain, plain + 120);
    assert_int_equal(read_bytes(text, (size_t)length, &note).count, 8);
    assert_non_null(strstr(note.text, "line 1: "));
    length = snprintf(text, sizeof text, "<?xml version=\"1.0\" encoding=\"KLINGON-1\"?>%s", plain);
    assert_int_equal(read_bytes(text, (size_t)length, &note).count, 8);
    assert_int_equal(read_bytes("\xff\xfe\x00\x00", 4, &note).count, 8);
}

static void test_prefixes(void **state)
{
    (void)state;
    struct seen seen = read_ok(
        "<ns2:Document xmlns:ns2=\"urn:iso:std:iso:20022:tech:xsd:camt.054.001.02\">"
        "<ns2:BkToCstmrDbtCdtNtfctn><ns2:Ntfctn><ns2:Ntry><ns2:Amt Ccy=\"EUR\">12.50</ns2:Amt>"
        "<ns2:CdtDbtInd>CRDT</ns2:CdtDbtInd><ns2:Sts>BOOK</ns2:Sts><ns2:BookgDt><ns2:Dt>2026-11-20"
        "</ns2:Dt></ns2:BookgDt><ns2:NtryDtls><ns2:TxDtls><ns2:Refs><ns2:EndToEndId>" REFERENCE
        "</ns2:EndToEndId></ns2:Refs></ns2:TxDtls></ns2:NtryDtls></ns2:Ntry></ns2:Ntfctn>"
        "</ns2:BkToCstmrDbtCdtNtfctn></ns2:Document>");
    expect_one(&seen, "prefixes");
}

/* A bank on the way dropped the end-to-end reference, or never had one. */
static void test_remittance(void **state)
{
    (void)state;
    static const struct {
        const char *refs;
        const char *text;
        const char *reference;
    } cases[] = {
        {"<EndToEndId>NOTPROVIDED</EndToEndId>", "Thanks! " REFERENCE " demo", REFERENCE},
        {"", REFERENCE, REFERENCE},
        {"", "TT" REFERENCE "T", REFERENCE},
        {"<EndToEndId>INV 4711</EndToEndId>", "TAX T2026", "INV 4711"},
        {"", "T202613-0123456789ABCDEF0123456789", ""},
        {"", REFERENCE "0", ""},
        {"", "T202610-0123456789ABCDEF012345678", ""},
        {"<EndToEndId>T202611-00000000000000000000000000</EndToEndId>", REFERENCE,
         "T202611-00000000000000000000000000"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[4096];
        snprintf(text, sizeof text,
                 OPEN("camt.053.001.02") "<BkToCstmrStmt><Stmt>" HEAD(
                     "12.50", "CRDT", "BOOK") "<NtryDtls><TxDtls><Refs>%s</Refs><RmtInf><Ustrd>%s"
                                              "</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry></Stmt>"
                                              "</BkToCstmrStmt></Document>",
                 cases[i].refs, cases[i].text);
        struct seen seen = read_ok(text);
        assert_int_equal(seen.count, 1);
        assert_string_equal(seen.rows[0].reference, cases[i].reference);
    }
}

/* A batch of others' payments without their amounts says nothing to us; one of ours has to. */
static void test_batch_booking(void **state)
{
    (void)state;
    struct seen seen = read_ok(
        STATEMENT("camt.053.001.02",
                  HEAD("30", "DBIT",
                       "BOOK") "<NtryDtls><Btch><NbOfTxs>2</NbOfTxs></Btch>"
                               "<TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs></TxDtls>"
                               "<TxDtls><Refs><EndToEndId>S2</EndToEndId></Refs></TxDtls>"
                               "</NtryDtls></Ntry>"));
    assert_int_equal(seen.count, 2);
    assert_string_equal(seen.rows[0].reference, "NOTPROVIDED");
    refused(STATEMENT("camt.053.001.02",
                      HEAD("30", "CRDT", "BOOK") "<NtryDtls><TxDtls><Refs>" OURS
                                                 "</Refs></TxDtls><TxDtls><Refs>" OURS
                                                 "</Refs></TxDtls></NtryDtls></Ntry>"),
            "does not say what each amounts to");
    /* The currency that was paid in is not what is booked. */
    seen = read_ok(STATEMENT(
        "camt.053.001.08",
        HEAD("12.50", "CRDT", "BOOK") "<NtryDtls><TxDtls><Refs>" OURS
                                      "</Refs><AmtDtls><InstdAmt><Amt Ccy=\"KZT\">6000</Amt>"
                                      "</InstdAmt><TxAmt><Amt Ccy=\"EUR\">12.50</Amt></TxAmt>"
                                      "</AmtDtls></TxDtls></NtryDtls></Ntry>"));
    expect_one(&seen, "foreign currency");
    assert_string_equal(seen.rows[0].currency, "EUR");
}

/* What one reads as 1 and another as 1000 is refused. */
static void test_values_in_pieces(void **state)
{
    (void)state;
    refused(STATEMENT("camt.053.001.02", HEAD("1<!-- -->000", "CRDT", "BOOK") IN_ENTRY(OURS)),
            "in pieces");
    refused(STATEMENT("camt.053.001.02", HEAD("1<?x y?>000", "CRDT", "BOOK") IN_ENTRY(OURS)),
            "in pieces");
    struct seen seen =
        read_ok(STATEMENT("camt.053.001.02", HEAD("<!-- -->12.50", "CRDT", "BOOK") IN_ENTRY(OURS)));
    expect_one(&seen, "a comment before it");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_single),          cmocka_unit_test(test_several_in_one_entry),
        cmocka_unit_test(test_lines),           cmocka_unit_test(test_references_tell_apart),
        cmocka_unit_test(test_refused),         cmocka_unit_test(test_bomb),
        cmocka_unit_test(test_encodings),       cmocka_unit_test(test_prefixes),
        cmocka_unit_test(test_remittance),      cmocka_unit_test(test_batch_booking),
        cmocka_unit_test(test_values_in_pieces)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
