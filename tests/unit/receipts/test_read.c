/* Each option of a mapping, and what rows of each kind become. */
#include <stdio.h>
#include <string.h>

#include "harness.h"

#define COLUMNS                                                                                    \
    "columns:\n"                                                                                   \
    "  receipt: {column: r}\n"                                                                     \
    "  time: {column: t}\n"                                                                        \
    "  customer: {column: c}\n"                                                                    \
    "  product: {column: p}\n"                                                                     \
    "  quantity: {column: q}\n"                                                                    \
    "  unit_price: {column: u}\n"                                                                  \
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

static void test_lines(void **state)
{
    (void)state;
    expect(COLUMNS TIME,
           HEAD "1,2026-03-01,7,a,2,1.50\n1,2026-03-01,7,b,1,0\n2,2026-03-01,8,a,1,3\n",
           "SALE 1" AT "7 EUR 300 rows 2 3\n  2: a x 2e-0 = 300\n  3: b x 1e-0 = 0\n"
           "SALE 2" AT "8 EUR 300 rows 4\n  4: a x 1e-0 = 300\n");
}

static void test_line_ends(void **state)
{
    (void)state;
    static const char log[] = "SALE 1" AT "7 EUR 100 rows 2\n  2: a x 1e-0 = 100\n"
                              "SALE 2" AT "7 EUR 200 rows 3\n  3: b x 1e-0 = 200\n";
    expect(COLUMNS TIME, "\xef\xbb\xbf" HEAD "1,2026-03-01,7,a,1,1\n2,2026-03-01,7,b,1,2", log);
    expect(COLUMNS TIME, "r,t,c,p,q,u\r\n1,2026-03-01,7,a,1,1\r\n\r\n2,2026-03-01,7,b,1,2\r\n\r\n",
           log);
}

static void test_quoted(void **state)
{
    (void)state;
    expect(COLUMNS TIME,
           HEAD "1,2026-03-01,7,\"a,\"\"b\"\"\",1,1\n1,2026-03-01,7,\"c\nd\",x,1\n"
                "1,2026-03-01,7,12\" z,1,1\n",
           "REJECT 3: quantity \"x\" is not a number: 1,2026-03-01,7,\"c\nd\",x,1\n"
           "SALE 1" AT "7 EUR 200 rows 2 4\n  2: a,\"b\" x 1e-0 = 100\n  4: 12\" z x 1e-0 = 100\n");
    expect("format: {quote: none, delimiter: tab}\n" COLUMNS TIME,
           "r\tt\tc\tp\tq\tu\n1\t2026-03-01\t7\t\"a\t1\t1\n",
           "SALE 1" AT "7 EUR 100 rows 2\n  2: \"a x 1e-0 = 100\n");
    expect(COLUMNS TIME, HEAD "1,2026-03-01,7,a,1,1\n1,2026-03-01,7,\"a,1,1\n2,2026\n",
           "REJECT 3: a quote is opened and never closed: 1,2026-03-01,7,\"a,1,1\n2,2026\n\"\n"
           "SALE 1" AT "7 EUR 100 rows 2\n  2: a x 1e-0 = 100\n");
}

static void test_rejects_rows(void **state)
{
    (void)state;
    static const struct {
        const char *row;
        const char *reason;
    } rows[] = {
        {"1,2026-03-01,7,a,1", "5 fields where the first row has 6"},
        {"1,2026-03-01,7,a\xff,1,1", "field 4 is not UTF-8 text"},
        {"1,2026-03-01,7,a\x01,1,1", "field 4 is not UTF-8 text"},
        {",2026-03-01,7,a,1,1", "no receipt number"},
        {"1,,7,a,1,1", "no date"},
        {"1,2026-02-29,7,a,1,1", "date \"2026-02-29\" is in none of the mapping's formats"},
        {"1,1968-02-29,7,a,1,1", "date \"1968-02-29\" is before 1970"},
        {"1,2026-03-01,,a,1,1", "no card or customer"},
        {"1,2026-03-01,7,a,,1", "no quantity"},
        {"1,2026-03-01,7,a,1e3,1", "quantity \"1e3\" is not a number"},
        {"1,2026-03-01,7,a,1,", "no unit_price"},
        {"1,2026-03-01,7,a,1,-11.50", "negative unit price -11.50"},
        {"1,2026-03-01,7,a,3,0.333", "quantity x unit price has more than 2 decimals"},
        {"1,2026-03-01,7,a,1,1.2345678901234567890",
         "unit_price 1.2345678901234567890 has too many "
         "digits"},
        {"1,2026-03-01,7,a,100000000000000000,100000000000000000",
         "quantity x unit price is out of range"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char csv[256];
        char log[512];
        (void)snprintf(csv, sizeof csv, HEAD "%s\n", rows[i].row);
        (void)snprintf(log, sizeof log, "REJECT 2: %s: %s\n", rows[i].reason, rows[i].row);
        expect(COLUMNS TIME, csv, log);
    }
}

static void test_too_long(void **state)
{
    (void)state;
    char csv[512];
    char log[512];
    char number[66];
    memset(number, '9', 65);
    number[65] = '\0';
    (void)snprintf(csv, sizeof csv, HEAD "%s," DAY ",7,a,1,1\n1," DAY ",%s,a,1,1\n", number,
                   number);
    (void)snprintf(log, sizeof log,
                   "REJECT 2: the receipt's number is longer than 64 bytes: %s," DAY ",7,a,1,1\n"
                   "REJECT 3: the customer is longer than 64 bytes: 1," DAY ",%s,a,1,1\n",
                   number, number);
    expect(COLUMNS TIME, csv, log);
}

static void test_rounding(void **state)
{
    (void)state;
    expect("money: {decimals: 2, rounding: half_even}\n" COLUMNS TIME,
           HEAD "1," DAY ",7,a,1.5,0.15\n1," DAY ",7,b,0.5,0.03\n",
           "SALE 1" AT "7 EUR 24 rows 2 3\n  2: a x 15e-1 = 22\n  3: b x 5e-1 = 2\n");
    expect("money: {decimals: 0}\n" COLUMNS TIME, HEAD "1," DAY ",7,a,2,0.5\n",
           "SALE 1" AT "7 EUR 1 rows 2\n  2: a x 2e-0 = 1\n");
}

static void test_numbers(void **state)
{
    (void)state;
    expect("format: {delimiter: \";\"}\nnumber: {point: \",\", group: \".\"}\n" COLUMNS TIME,
           "r;t;c;p;q;u\n1;" DAY ";7;a;1;1.234,50\n",
           "SALE 1" AT "7 EUR 123450 rows 2\n  2: a x 1e-0 = 123450\n");
    expect("format: {delimiter: \";\"}\nnumber: {group: \",\"}\n" COLUMNS TIME,
           "r;t;c;p;q;u\n1;" DAY ";7;a;1;1,50\n1;" DAY ";7;a;1;12,34,567.5\n",
           "REJECT 2: unit_price \"1,50\" is not a number: 1;" DAY ";7;a;1;1,50\n"
           "SALE 1" AT "7 EUR 123456750 rows 3\n  3: a x 1e-0 = 123456750\n");
}

static void test_latin1(void **state)
{
    (void)state;
    expect("format: {encoding: latin-1}\n" COLUMNS TIME,
           HEAD "1," DAY ",7,K\xe4se,1,1\n1," DAY ",7,a\x93,1,1\n",
           "REJECT 3: field 4 is not Latin-1 text: 1," DAY ",7,a\x93,1,1\n"
           "SALE 1" AT "7 EUR 100 rows 2\n  2: K\xc3\xa4se x 1e-0 = 100\n");
}

static void test_by_number(void **state)
{
    (void)state;
    static const char yaml[] = "format: {header: false}\ncolumns:\n  receipt: {column: 1}\n"
                               "  time: {column: 2}\n  customer: {column: 4}\n"
                               "  amount: {column: 3}\n  currency: {value: EUR}\n" TIME;
    expect(yaml, "1," DAY ",2.50,7\n1," DAY ",1,7,x\n",
           "REJECT 2: 5 fields where the first row has 4: 1," DAY ",1,7,x\n"
           "SALE 1" AT "7 EUR 250 rows 1\n  1:  x 1e-0 = 250\n");
    struct outcome outcome = harness_read(yaml, "1,2,3\n");
    assert_int_equal(outcome.err, ERR_INPUT);
    assert_string_equal(outcome.note.text, "map.yaml: columns.customer names 4, which is not in "
                                           "file.csv, which has 3 columns");
    outcome_fini(&outcome);
}

static void test_missing_columns(void **state)
{
    (void)state;
    struct outcome outcome = harness_read(COLUMNS TIME, "r,t,who,p,q,u\n1,2,3,4,5,6\n");
    assert_int_equal(outcome.err, ERR_INPUT);
    assert_string_equal(outcome.note.text,
                        "map.yaml: columns.customer names c, which is not in file.csv; its "
                        "columns are r, t, who, p, q, u");
    assert_int_equal(outcome.tally.rows, 0);
    outcome_fini(&outcome);
    outcome = harness_read(COLUMNS TIME, "r,t,c,p,q,u,c\n");
    assert_string_equal(outcome.note.text,
                        "map.yaml: columns.customer names c, which is twice in file.csv; its "
                        "columns are r, t, c, p, q, u, c");
    outcome_fini(&outcome);
    outcome = harness_read(COLUMNS TIME, "");
    assert_string_equal(outcome.note.text, "file.csv: the file is empty");
    outcome_fini(&outcome);
    outcome = harness_read(COLUMNS TIME, "\xff\xfer\0,\0");
    assert_int_equal(outcome.err, ERR_INPUT);
    outcome_fini(&outcome);
}

static void test_came_before(void **state)
{
    (void)state;
    static const char csv[] =
        HEAD "1," DAY ",7,a,1,1\n2," DAY ",7,a,1,1\n1," DAY ",7,b,1,2\n1," DAY ",7,c,1,2\n";
    expect(COLUMNS TIME, csv,
           "SALE 1" AT "7 EUR 100 rows 2\n  2: a x 1e-0 = 100\n"
           "SALE 2" AT "7 EUR 100 rows 3\n  3: a x 1e-0 = 100\n"
           "REJECT 4: receipt 1 came before, at row 2: 1," DAY ",7,b,1,2\n"
           "REJECT 5: receipt 1 came before, at row 2: 1," DAY ",7,c,1,2\n");
    expect("grouped: false\n" COLUMNS TIME, csv,
           "SALE 1" AT "7 EUR 500 rows 2 4 5\n  2: a x 1e-0 = 100\n  4: b x 1e-0 = 200\n"
           "  5: c x 1e-0 = 200\n"
           "SALE 2" AT "7 EUR 100 rows 3\n  3: a x 1e-0 = 100\n");
}

static void test_time_order(void **state)
{
    (void)state;
    expect("grouped: false\n" COLUMNS TIME,
           HEAD "9,2026-03-02,7,a,1,1\n8,1970-01-01,7,a,1,1\n7,2026-03-01,7,a,1,1\n"
                "9,2026-03-01,7,b,1,1\n",
           "SALE 8 1970-01-01T00:00:00.000Z store  customer 7 EUR 100 rows 3\n"
           "  3: a x 1e-0 = 100\n"
           "SALE 7" AT "7 EUR 100 rows 4\n  4: a x 1e-0 = 100\n"
           "SALE 9 2026-03-02T00:00:00.000Z store  customer 7 EUR 200 rows 2 5\n"
           "  2: a x 1e-0 = 100\n  5: b x 1e-0 = 100\n");
}

static void test_whole_receipts(void **state)
{
    (void)state;
    static const char csv[] = HEAD "1," DAY ",7,a,1,1\n1," DAY ",7,a,1,1\n1," DAY ",7,b,1,1\n";
    static const char log[] = "SALE 1" AT "7 EUR 100 rows 2\n  2: a x 1e-0 = 100\n"
                              "REJECT 3: receipt 1 came before, at row 2: 1," DAY ",7,a,1,1\n"
                              "REJECT 4: receipt 1 came before, at row 2: 1," DAY ",7,b,1,1\n";
    expect("rows: receipts\n" COLUMNS TIME, csv, log);
    expect("rows: receipts\ngrouped: false\n" COLUMNS TIME, csv, log);
}

static void test_repeats(void **state)
{
    (void)state;
    static const char csv[] = HEAD "1," DAY ",7,a,1,1\n1," DAY ",7,a,1,1\n";
    expect(COLUMNS TIME, csv,
           "SALE 1" AT "7 EUR 200 rows 2 3\n  2: a x 1e-0 = 100\n  3: a x 1e-0 = 100\n");
    expect("repeated: reject\n" COLUMNS TIME, csv,
           "REJECT 3: repeats row 2: 1," DAY ",7,a,1,1\n"
           "SALE 1" AT "7 EUR 100 rows 2\n  2: a x 1e-0 = 100\n");
    expect(COLUMNS "  line: {column: n}\n" TIME,
           "r,t,c,p,q,u,n\n1," DAY ",7,a,1,1,1\n1," DAY ",7,b,1,x,2\n1," DAY ",7,b,1,1,2\n"
           "1," DAY ",7,c,9,9,1\n1," DAY ",7,c,9,9,\n2," DAY ",7,c,1,1,1\n",
           "REJECT 3: unit_price \"x\" is not a number: 1," DAY ",7,b,1,x,2\n"
           "REJECT 5: line 1 repeats row 2: 1," DAY ",7,c,9,9,1\n"
           "REJECT 6: no line number: 1," DAY ",7,c,9,9,\n"
           "SALE 1" AT "7 EUR 200 rows 2 4\n  2: a #1 x 1e-0 = 100\n  4: b #2 x 1e-0 = 100\n"
           "SALE 2" AT "7 EUR 100 rows 7\n  7: c #1 x 1e-0 = 100\n");
}

static void test_composite(void **state)
{
    (void)state;
    expect("receipt_from: [customer, store, date]\ngrouped: false\ncolumns:\n"
           "  time: {column: t}\n  customer: {column: c}\n  store: {column: s}\n"
           "  amount: {column: a}\n  currency: {value: EUR}\n"
           "time: {formats: [\"%Y-%m-%d %H:%M\"], offset: \"+02:00\"}\n",
           "t,c,s,a\n2026-03-02 00:30,7,x/y,1\n2026-03-01 23:30,7,x/y,2\n2026-03-02 09:00,7,x/y,4\n"
           "2026-03-02 09:00,7,,4\n",
           "REJECT 5: no store: 2026-03-02 09:00,7,,4\n"
           "SALE 7/x%2Fy/2026-03-01 2026-03-01T21:30:00.000Z store x/y customer 7 EUR 200 rows 3\n"
           "  3:  x 1e-0 = 200\n"
           "SALE 7/x%2Fy/2026-03-02 2026-03-01T22:30:00.000Z store x/y customer 7 EUR 500 "
           "rows 2 4\n  2:  x 1e-0 = 100\n  4:  x 1e-0 = 400\n");
}

static void test_disagreement(void **state)
{
    (void)state;
    expect(COLUMNS TIME, HEAD "1," DAY ",7,a,1,1\n1," DAY ",8,b,1,1\n",
           "REJECT 3: customer 8 where the receipt (row 2) has 7: 1," DAY ",8,b,1,1\n"
           "SALE 1" AT "7 EUR 100 rows 2\n  2: a x 1e-0 = 100\n");
}

static void test_exclude(void **state)
{
    (void)state;
    expect("exclude: {product: [POST, \"BANK CHARGES\"]}\n" COLUMNS TIME,
           HEAD "1," DAY ",7,POST,1,1\n1," DAY ",7,BANK CHARGES,1,1\n",
           "REJECT 2: excluded product POST: 1," DAY ",7,POST,1,1\n"
           "REJECT 3: excluded product BANK CHARGES: 1," DAY ",7,BANK CHARGES,1,1\n");
}

static void test_clean(void **state)
{
    (void)state;
    expect("columns:\n  receipt: {column: r}\n  time: {column: t}\n"
           "  customer: {column: c, drop_suffix: \".0\"}\n  amount: {column: a, drop_prefix: $}\n"
           "  currency: {column: k}\n" TIME,
           "r,t,c,a,k\n1," DAY ",17850.0,$2.50,GBP\n1," DAY ",17850.0,1,gbp\n1," DAY
           ",17850,1,USD\n",
           "REJECT 3: \"gbp\" is not a currency (three capital letters): 1," DAY ",17850.0,1,gbp\n"
           "REJECT 4: currency USD where the receipt (row 2) has GBP: 1," DAY ",17850,1,USD\n"
           "SALE 1" AT "17850 GBP 250 rows 2\n  2:  x 1e-0 = 250\n");
}

static void test_promotions(void **state)
{
    (void)state;
    static const char yaml[] =
        "columns:\n  receipt: {column: r}\n  time: {column: t}\n  card: {column: c}\n"
        "  points: {column: p}\n  promotion: {column: x}\n" TIME;
    expect(yaml,
           "r,t,c,p,x\n1," DAY ",4539148803436467,5,7\n1," DAY ",4539148803436467,2,7\n1," DAY
           ",4539148803436467,2,\n2," DAY ",4539148803436467,1,\n3," DAY
           ",4539148803436467,1,0\n3," DAY ",4539148803436467,1,4294967296\n3," DAY
           ",4539148803436467,1,-7\n4," DAY ",4539148803436467,-1,7\n",
           "REJECT 4: promotion 0 where the receipt (row 2) has 7: 1," DAY ",4539148803436467,2,\n"
           "SALE 1" AT " card 4539148803436467 promotion 7 rows 2 3\n  2:  x 1e-0 500p\n"
           "  3:  x 1e-0 200p\n"
           "SALE 2" AT " card 4539148803436467 rows 5\n  5:  x 1e-0 100p\n"
           "REJECT 6: \"0\" is no number of a promotion: 3," DAY ",4539148803436467,1,0\n"
           "REJECT 7: \"4294967296\" is no number of a promotion: 3," DAY
           ",4539148803436467,1,4294967296\n"
           "REJECT 8: \"-7\" is no number of a promotion: 3," DAY ",4539148803436467,1,-7\n"
           "RETURN 4" AT " card 4539148803436467 rows 9\n  9:  x 1e-0 100p\n");
}

static void test_codes(void **state)
{
    (void)state;
    static const char yaml[] =
        "columns:\n  receipt: {column: r}\n  time: {column: t}\n  card: {column: c}\n"
        "  amount: {column: a}\n  currency: {value: USD}\n  codes: {column: x}\n" TIME;
    expect(yaml,
           "r,t,c,a,x\n1," DAY ",4539148803436467,5,A B;A\n1," DAY ",4539148803436467,2, C \n1," DAY
           ",4539148803436467,2,d e f g h i j k l m n o p q\n1," DAY
           ",4539148803436467,-2,B\n2," DAY ",4539148803436467,1,\n3," DAY
           ",4539148803436467,1,1 2 3 4 5 6 7 8 9 0 a b c d e f g\n",
           "REJECT 4: more than 16 codes are shown with the receipt: 1," DAY
           ",4539148803436467,2,d e f g h i j k l m n o p q\n"
           "SALE 1" AT " card 4539148803436467 USD 700 code A code B code C rows 2 3\n"
           "  2:  x 1e-0 = 500\n  3:  x 1e-0 = 200\n"
           "RETURN 1" AT " card 4539148803436467 USD 200 rows 5\n  5:  x 1e-0 = 200\n"
           "SALE 2" AT " card 4539148803436467 USD 100 rows 6\n  6:  x 1e-0 = 100\n"
           "REJECT 7: more than 16 codes: 3," DAY
           ",4539148803436467,1,1 2 3 4 5 6 7 8 9 0 a b c d e f g\n");
}

static void test_points(void **state)
{
    (void)state;
    static const char yaml[] =
        "rows: receipts\ncolumns:\n  receipt: {column: r}\n  time: {column: t}\n"
        "  card: {column: c}\n  points: {column: p}\n" TIME;
    expect(yaml,
           "r,t,c,p\n1," DAY ",4539148803436467,12.5\n2," DAY ",4539148803436467,1.234\n3," DAY
           ",4539148803436468,1\n4," DAY ",4539148803436467,-3\n",
           "SALE 1" AT " card 4539148803436467 rows 2\n  2:  x 1e-0 1250p\n"
           "REJECT 3: points 1.234 have more than 2 decimals: 2," DAY ",4539148803436467,1.234\n"
           "REJECT 4: \"4539148803436468\" is not a card number: 3," DAY ",4539148803436468,1\n"
           "RETURN 4" AT " card 4539148803436467 rows 5\n  5:  x 1e-0 300p\n");
}

static void test_clock(void **state)
{
    (void)state;
    expect("columns:\n  receipt: {column: r}\n  date: {column: d}\n  clock: {column: k}\n"
           "  customer: {column: c}\n  amount: {column: a}\n  currency: {value: EUR}\n"
           "time: {formats: [\"%d.%m.%Y %H:%M:%S\", \"%m/%d/%y %I:%M %p\"], offset: 300}\n",
           "r,d,k,c,a\n1,24.12.2026,18:05:09,7,1\n2,3/9/26,12:30 am,7,1\n",
           "SALE 1 2026-12-24T13:05:09.000Z store  customer 7 EUR 100 rows 2\n"
           "  2:  x 1e-0 = 100\n"
           "SALE 2 2026-03-08T19:30:00.000Z store  customer 7 EUR 100 rows 3\n"
           "  3:  x 1e-0 = 100\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),          cmocka_unit_test(test_line_ends),
        cmocka_unit_test(test_quoted),         cmocka_unit_test(test_rejects_rows),
        cmocka_unit_test(test_too_long),       cmocka_unit_test(test_rounding),
        cmocka_unit_test(test_numbers),        cmocka_unit_test(test_latin1),
        cmocka_unit_test(test_by_number),      cmocka_unit_test(test_missing_columns),
        cmocka_unit_test(test_came_before),    cmocka_unit_test(test_time_order),
        cmocka_unit_test(test_whole_receipts), cmocka_unit_test(test_repeats),
        cmocka_unit_test(test_composite),      cmocka_unit_test(test_disagreement),
        cmocka_unit_test(test_exclude),        cmocka_unit_test(test_clean),
        cmocka_unit_test(test_promotions),     cmocka_unit_test(test_codes),
        cmocka_unit_test(test_points),         cmocka_unit_test(test_clock),
    };
    return cmocka_run_group_tests_name("receipts_read", tests, NULL, NULL);
}
