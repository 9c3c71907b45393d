/* Returns: how they are marked, netted, matched; and rejects files, parts and ids. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "receipts/hash.h"
#include "receipts/rejects.h"

#define COLUMNS                                                                                    \
    "columns:\n"                                                                                   \
    "  receipt: {column: r}\n"                                                                     \
    "  time: {column: t}\n"                                                                        \
    "  customer: {column: c}\n"                                                                    \
    "  product: {column: p}\n"                                                                     \
    "  quantity: {column: q}\n"                                                                    \
    "  amount: {column: u}\n"                                                                      \
    "  currency: {value: EUR}\n"
#define TIME "time: {formats: [\"%Y-%m-%d\"]}\n"
#define HEAD "r,t,c,p,q,u\n"
#define DAY  "2026-03-01"
#define AT   " 2026-03-01T00:00:00.000Z store  customer "

static void expect(const char *yaml, const char *csv, const char *log)
{
    struct outcome outcome = harness_read(yaml, csv);
    outcome_expect(&outcome, log);
}

static void test_negative(void **state)
{
    (void)state;
    static const char csv[] = HEAD "1," DAY ",7,a,-2,-3\n2," DAY ",7,a,1,-3\n3," DAY ",7,a,0,-1\n";
    expect(COLUMNS TIME, csv,
           "RETURN 1" AT "7 EUR 300 rows 2\n  2: a x 2e-0 = 300\n"
           "REJECT 3: quantity 1 and amount have different signs: 2," DAY ",7,a,1,-3\n"
           "RETURN 3" AT "7 EUR 100 rows 4\n  4: a x 0e-0 = 100\n");
    expect(
        "returns: {negative: false}\n" COLUMNS TIME, csv,
        "REJECT 2: negative quantity -2 and nothing says that it is a return: 1," DAY ",7,a,-2,-3\n"
        "REJECT 3: quantity 1 and amount have different signs: 2," DAY ",7,a,1,-3\n"
        "REJECT 4: negative amount -1 and nothing says that it is a return: 3," DAY ",7,a,0,-1\n");
}

static void test_marks(void **state)
{
    (void)state;
    expect("returns: {prefix: C}\n" COLUMNS TIME, HEAD "C1," DAY ",7,a,2,3\n1," DAY ",7,a,1,1\n",
           "RETURN C1" AT "7 EUR 300 rows 2\n  2: a x 2e-0 = 300\n"
           "SALE 1" AT "7 EUR 100 rows 3\n  3: a x 1e-0 = 100\n");
    expect("returns: {values: [R, S], match: [receipt]}\n" COLUMNS
           "  kind: {column: k}\n  original: {column: o}\n" TIME,
           "r,t,c,p,q,u,k,o\n1," DAY ",,a,2,-3,R,77\n2," DAY ",,a,2,3,S,\n3," DAY ",7,a,2,3,V,\n",
           "RETURN 1" AT " EUR 300 rows 2\n  2: a x 2e-0 = 300 of 77\n"
           "REJECT 3: a return without the number of its receipt: 2," DAY ",,a,2,3,S,\n"
           "SALE 3" AT "7 EUR 300 rows 4\n  4: a x 2e-0 = 300\n");
}

static void test_declared_sales(void **state)
{
    (void)state;
    static const char csv[] = "r,t,c,p,q,u,k\n1," DAY ",7,a,2,3,R\n2," DAY ",7,a,2,3,V\n3," DAY
                              ",7,a,2,3,v\nC4," DAY ",7,a,2,3,\nC5," DAY ",7,a,2,3,V\n";
    expect("sales: {values: [V, W]}\nreturns: {values: [R], prefix: C}\n" COLUMNS
           "  kind: {column: k}\n" TIME,
           csv,
           "RETURN 1" AT "7 EUR 300 rows 2\n  2: a x 2e-0 = 300\n"
           "SALE 2" AT "7 EUR 300 rows 3\n  3: a x 2e-0 = 300\n"
           "REJECT 4: kind \"v\" is neither a sale's nor a return's: 3," DAY ",7,a,2,3,v\n"
           "REJECT 5: kind \"\" is neither a sale's nor a return's: C4," DAY ",7,a,2,3,\n"
           "RETURN C5" AT "7 EUR 300 rows 6\n  6: a x 2e-0 = 300\n");
    expect("sales: {values: [V]}\n" COLUMNS "  kind: {column: k}\n" TIME,
           "r,t,c,p,q,u,k\n1," DAY ",7,a,2,3,R\n2," DAY ",7,a,-2,-3,V\n",
           "REJECT 2: kind \"R\" is neither a sale's nor a return's: 1," DAY ",7,a,2,3,R\n"
           "RETURN 2" AT "7 EUR 300 rows 3\n  3: a x 2e-0 = 300\n");
}

static void test_returns_only(void **state)
{
    (void)state;
    expect("rows: receipts\nreceipt_from: [store, date, product]\ncolumns:\n"
           "  time: {column: t}\n  store: {column: s}\n  product: {column: p}\n"
           "  quantity: {column: q}\n" TIME
           "returns: {rows_are: returns, match: [store, product, date], unique: true}\n",
           "t,s,p,q\n" DAY ",6,a,2\n" DAY ",,a,2\n",
           "REJECT 3: no store: 2026-03-01,,a,2\n"
           "RETURN 6/2026-03-01/a 2026-03-01T00:00:00.000Z store 6 customer  rows 2\n"
           "  2: a x 2e-0\n");
}

static void test_netting(void **state)
{
    (void)state;
    expect(COLUMNS TIME,
           HEAD "1," DAY ",7,a,3,9\n1," DAY ",7,b,2,4\n1," DAY ",7,a,-1,-3\n1," DAY
                ",7,c,-2,-2\n1," DAY ",7,d,1,5\n1," DAY ",7,d,-1,-5\n1," DAY ",7,e,1,5\n1," DAY
                ",7,e,-1.5,-4\n1," DAY ",7,f,1,1\n1," DAY ",7,f,-2,-2\n",
           "SALE 1" AT "7 EUR 1500 rows 2 3 4 6 7 8\n"
           "  2: a x 2e-0 = 600\n  3: b x 2e-0 = 400\n  6: d x 0e-0 = 0\n  8: e x 1e-0 = 500\n"
           "RETURN 1" AT "7 EUR 700 rows 5 9 10 11\n"
           "  5: c x 2e-0 = 200\n  9: e x 15e-1 = 400 of 1\n  10: f x 1e-0 = 100\n");
}

/* Rows of one receipt, more than one part holds. */
static void test_parts(void **state)
{
    (void)state;
    struct buffer csv = {.length = 0};
    write_bytes(&csv, HEAD, strlen(HEAD));
    for (unsigned i = 0; i < 2 * LIMIT_RECEIPT_LINES + 5; i++) {
        static const char row[] = "1," DAY ",7,a,1,1\n";
        write_bytes(&csv, row, sizeof row - 1);
    }
    struct mapping *mapping = harness_mapping(COLUMNS TIME);
    const struct receipts_options options = {.points_decimals = 0};
    struct outcome outcome = harness_read_bytes(mapping, buffer_slice(&csv), &options);
    assert_int_equal(outcome.err, ERR_OK);
    assert_int_equal(outcome.tally.sales, 3);
    assert_int_equal(outcome.tally.rows_sale, 2 * LIMIT_RECEIPT_LINES + 5);
    assert_int_equal(outcome.sale_total, (2 * LIMIT_RECEIPT_LINES + 5) * 100);
    write_u8(&outcome.log, 0);
    assert_non_null(strstr((const char *)outcome.log.at, "SALE 1 part 1002 2026"));
    assert_non_null(strstr((const char *)outcome.log.at, "SALE 1 part 2002 2026"));
    outcome_fini(&outcome);
    mapping_destroy(mapping);
    buffer_fini(&csv);
}

/* Rejects what was rejected, and all of receipt 2. */
struct rejecter {
    struct rejects rejects;
    const struct mapping *mapping;
    FILE *file;
};

static enum err write_columns(void *context, struct slice columns, struct note *note)
{
    struct rejecter *rejecter = context;
    (void)note;
    return rejects_init(&rejecter->rejects, rejecter->file, rejecter->mapping, columns);
}

static enum err write_receipt(void *context, const struct receipt *receipt, struct note *note)
{
    struct rejecter *rejecter = context;
    (void)note;
    return strcmp(receipt->reference, "2") == 0
               ? rejects_write_receipt(&rejecter->rejects, receipt, "card is \"unknown\", sorry")
               : ERR_OK;
}

static enum err write_reject(void *context, const struct receipt_row *row, const char *reason,
                             struct note *note)
{
    struct rejecter *rejecter = context;
    (void)note;
    return rejects_write_row(&rejecter->rejects, row, reason);
}

static void check_rejects(const char *yaml, const char *csv, const char *file, const char *log)
{
    char *text = NULL;
    size_t length = 0;
    struct note note = {""};
    struct source *source;
    struct receipts_tally tally;
    const struct receipts_options options = {.points_decimals = 0};
    struct mapping *mapping = harness_mapping(yaml);
    struct rejecter rejecter = {.mapping = mapping, .file = open_memstream(&text, &length)};
    const struct receipts_sink sink = {.context = &rejecter,
                                       .on_columns = write_columns,
                                       .on_receipt = write_receipt,
                                       .on_reject = write_reject};
    assert_int_equal(source_of_memory(slice_of(csv, strlen(csv)), "f", &source, &note), ERR_OK);
    assert_int_equal(receipts_read(source, mapping, &options, &sink, &tally, &note), ERR_OK);
    source_close(source);
    fclose(rejecter.file);
    rejects_fini(&rejecter.rejects);
    assert_string_equal(text, file);
    struct outcome outcome = harness_read_bytes(mapping, slice_of(text, length), &options);
    outcome_expect(&outcome, log);
    mapping_destroy(mapping);
    free(text);
}

static void test_rejects_file(void **state)
{
    (void)state;
    check_rejects(COLUMNS TIME,
                  HEAD "1," DAY ",7,a,1,1\n1," DAY ",7,\"b\n,\",x,1\n2," DAY ",7,c,1,1\n2," DAY
                       ",7,d,1,1\n",
                  "row,reason,r,t,c,p,q,u\n"
                  "3,\"quantity \"\"x\"\" is not a number\",1," DAY ",7,\"b\n,\",x,1\n"
                  "4 part 0,\"card is \"\"unknown\"\", sorry\",2," DAY ",7,c,1,1\n"
                  "5 part 0,\"card is \"\"unknown\"\", sorry\",2," DAY ",7,d,1,1\n",
                  "REJECT 3: quantity \"x\" is not a number: 1," DAY ",7,\"b\n,\",x,1\n"
                  "SALE 2" AT "7 EUR 200 rows 4 5\n  4: c x 1e-0 = 100\n  5: d x 1e-0 = 100\n");
    static const char by_number[] =
        "format: {header: false, quote: none}\ncolumns:\n  receipt: {column: 1}\n"
        "  time: {column: 2}\n  customer: {column: 3}\n  amount: {column: 4}\n"
        "  currency: {value: EUR}\n" TIME;
    check_rejects(by_number, "1," DAY ",7,x\n2," DAY ",7,1\n",
                  "row,reason,columns\n1,amount \"x\" is not a number,1," DAY ",7,x\n"
                  "2 part 0,card is \"unknown\"? sorry,2," DAY ",7,1\n",
                  "REJECT 1: amount \"x\" is not a number: 1," DAY ",7,x\n"
                  "SALE 2" AT "7 EUR 100 rows 2\n  2:  x 1e-0 = 100\n");
}

/* Repaired rows are parts of their own, by the number of the row they were. */
static void test_repaired(void **state)
{
    (void)state;
    expect(COLUMNS TIME,
           "row,reason,r,t,c,p,q,u\n17,bad,1," DAY ",7,a,1,1\n18,bad,1," DAY ",7,b,1,1\n"
           "40 part 0,bad,1," DAY ",7,c,1,1\nx,bad,1," DAY ",7,c,1,1\n",
           "SALE 1 part 17" AT "7 EUR 200 rows 17 18\n  17: a x 1e-0 = 100\n  18: b x 1e-0 = 100\n"
           "REJECT 5: its first column is not the number of a row: 1," DAY ",7,c,1,1\n"
           "SALE 1" AT "7 EUR 100 rows 40\n  40: c x 1e-0 = 100\n");
}

static void test_transaction_id(void **state)
{
    (void)state;
    struct partner_id partner;
    struct partner_id other;
    char text[UID_TEXT_MAX];
    assert_int_equal(partner_id_parse("grocer", &partner), ERR_OK);
    assert_int_equal(partner_id_parse("pharmacy", &other), ERR_OK);
    struct receipt receipt = {.reference = "4711", .time = {1772323200000}};
    struct uid first = receipt_transaction_id(&partner, &receipt);
    struct uid again = receipt_transaction_id(&partner, &receipt);
    assert_true(uid_equal(&first, &again));
    assert_string_equal(uid_format(&first, text), "019ca6b1-dc00-8cd3-85ea-a7714721831a");
    struct uid id = receipt_transaction_id(&other, &receipt);
    assert_false(uid_equal(&first, &id));
    receipt.part = 17;
    id = receipt_transaction_id(&partner, &receipt);
    assert_false(uid_equal(&first, &id));
    receipt.part = 0;
    receipt.kind = RECEIPT_RETURN;
    id = receipt_transaction_id(&partner, &receipt);
    assert_false(uid_equal(&first, &id));
    receipt.kind = RECEIPT_SALE;
    receipt.reference = "471";
    id = receipt_transaction_id(&partner, &receipt);
    assert_false(uid_equal(&first, &id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_negative),       cmocka_unit_test(test_marks),
        cmocka_unit_test(test_declared_sales), cmocka_unit_test(test_returns_only),
        cmocka_unit_test(test_netting),        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_rejects_file),   cmocka_unit_test(test_repaired),
        cmocka_unit_test(test_transaction_id),
    };
    return cmocka_run_group_tests_name("receipts_returns", tests, NULL, NULL);
}
