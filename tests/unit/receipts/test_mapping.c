/* Mappings that can't be, each with the line that says so; and those of cluster/maps. */
#include <stdio.h>
#include <string.h>

#include "harness.h"

#define GOOD                                                                                       \
    "columns:\n"                                                                                   \
    "  receipt: {column: r}\n"                                                                     \
    "  time: {column: t}\n"                                                                        \
    "  customer: {column: c}\n"                                                                    \
    "  amount: {column: a}\n"                                                                      \
    "  currency: {value: EUR}\n"                                                                   \
    "time:\n"                                                                                      \
    "  formats: [\"%Y-%m-%d\"]\n"

static void test_defaults(void **state)
{
    (void)state;
    struct mapping *mapping = harness_mapping(GOOD);
    assert_int_equal(mapping->delimiter, ',');
    assert_int_equal(mapping->quote, '"');
    assert_true(mapping->has_header && mapping->is_lines && mapping->is_grouped);
    assert_true(mapping->is_exact && mapping->is_negative_return);
    assert_false(mapping->is_repeat_rejected || mapping->is_returns_only);
    assert_int_equal(mapping->money_decimals, 2);
    assert_int_equal(mapping->match_count, 1);
    assert_int_equal(mapping->match[0], MATCH_CUSTOMER);
    mapping_destroy(mapping);
}

static void test_refused_by_schema(void **state)
{
    (void)state;
    harness_refuse_mapping("", "map.yaml: line 1: the mapping is empty");
    harness_refuse_mapping("columns:\n  recept: {column: a}\n",
                           "map.yaml: line 2: columns: Unexpected key: recept");
    harness_refuse_mapping("columns:\n  receipt: a\n",
                           "map.yaml: line 2: columns.receipt: Expecting MAPPING, got event: "
                           "SCALAR; write {column: NAME} or {value: TEXT}");
    harness_refuse_mapping("columns:\n  receipt: {column: a}\n",
                           "map.yaml: line 1: Missing required mapping field: time");
    harness_refuse_mapping(GOOD "rows: both\n", "map.yaml: line 9: rows: Invalid ENUM value: both");
    harness_refuse_mapping(GOOD "returns:\n  unique: true\n  match: [customer, till]\n",
                           "map.yaml: line 11: returns.match: Invalid ENUM value: till");
    harness_refuse_mapping(GOOD "money: {decimals: x}\n",
                           "map.yaml: line 9: money.decimals: Invalid uint64_t value: 'x'");
    harness_refuse_mapping(
        "columns:\n  receipt: {column: a\ntime: x\n",
        "map.yaml: line 2: columns.receipt.column: libyaml: did not find expected ',' "
        "or '}'");
}

static void test_refused_by_sense(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *sentence;
    } rows[] = {
        {GOOD "format:\n  delimiter: ab\n",
         "map.yaml: line 10: format.delimiter: write one character, or tab"},
        {GOOD "format: {quote: \",\"}\n",
         "map.yaml: line 9: format.quote: write one character, or none"},
        {GOOD "format: {header: false}\n", "map.yaml: line 2: columns.receipt: without a header "
                                           "row a column is a number from 1 to 512"},
        {GOOD "receipt_from: [customer]\n",
         "map.yaml: line 9: receipt_from: say either columns.receipt or receipt_from"},
        {GOOD "number: {point: \",\", group: \",\"}\n",
         "map.yaml: line 9: number.group: write \",\", \".\", \" \" or \"'\", not the point"},
        {GOOD "money: {rounding: nearest}\n", "map.yaml: line 9: money.rounding: write exact, "
                                              "down, up, half_up or half_even"},
        {GOOD "money: {decimals: 7}\n", "map.yaml: line 9: money.decimals: at most 6"},
        {GOOD "returns: {values: [R]}\n", "map.yaml: line 9: returns.values: needs columns.kind"},
        {GOOD "sales: {values: [V]}\n", "map.yaml: line 9: sales.values: needs columns.kind"},
        {"returns: {values: [R]}\nsales: {values: [V, R]}\n"
         "time: {formats: [\"%Y-%m-%d\"]}\ncolumns:\n  receipt: {column: r}\n"
         "  time: {column: t}\n  kind: {column: k}\n",
         "map.yaml: line 2: sales.values: names a value that returns.values names"},
        {"returns: {rows_are: returns}\nsales: {values: [V]}\n"
         "time: {formats: [\"%Y-%m-%d\"]}\ncolumns:\n  receipt: {column: r}\n"
         "  time: {column: t}\n  kind: {column: k}\n",
         "map.yaml: line 2: sales.values: returns.rows_are says that there are no sales"},
        {GOOD "returns:\n  match: [receipt]\n",
         "map.yaml: line 10: returns.match: receipt needs columns.original"},
        {GOOD "returns: {match: [store]}\n",
         "map.yaml: line 9: returns.match: names a column that columns doesn't map"},
        {GOOD "exclude:\n  product: [a]\n",
         "map.yaml: line 10: exclude.product: columns doesn't map it"},
        {GOOD "  offset: 5h\n", "map.yaml: line 9: time.offset: write \"+05:30\" or minutes"},
        {"columns:\n  receipt: {column: r, value: x}\n"
         "  time: {column: t}\ntime: {formats: [a]}\n",
         "map.yaml: line 2: columns.receipt: write either column or value"},
        {"columns:\n  receipt: {column: r}\ntime: {formats: [\"%Y-%m\"]}\n",
         "map.yaml: line 3: time.formats: a format has %Y or %y, %m or %b, %d, and of the rest "
         "only %H %I %p %M %S %f %z %%"},
        {"columns:\n  receipt: {column: r}\ntime: {formats: [\"%Y-%m-%d\"]}\n",
         "map.yaml: line 1: columns: map either time or date"},
        {"time: {formats: [\"%Y-%m-%d\"]}\ncolumns:\n  receipt: {column: r}\n"
         "  time: {column: t}\n  customer: {column: c}\n",
         "map.yaml: line 2: columns: map unit_price, amount or points"},
        {"time: {formats: [\"%Y-%m-%d\"]}\ncolumns:\n  receipt: {column: r}\n"
         "  time: {column: t}\n  customer: {column: c}\n  amount: {column: a}\n",
         "map.yaml: line 2: columns: amounts need a currency: {value: EUR} or {column: NAME}"},
        {"time: {formats: [\"%Y-%m-%d\"]}\ncolumns:\n  receipt: {column: r}\n"
         "  time: {column: t}\n  amount: {column: a}\n  promotion: {value: 7}\n",
         "map.yaml: line 6: columns.promotion: pays for columns.points"},
        {"time: {formats: [\"%Y-%m-%d\"]}\ncolumns:\n  receipt: {column: r}\n"
         "  time: {column: t}\n  points: {column: a}\n",
         "map.yaml: line 2: columns: map card or customer"},
        {"time: {formats: [\"%Y-%m-%d\"]}\ncolumns:\n  receipt: {column: r}\n"
         "  time: {column: t}\n  amount: {column: a}\n  currency: {value: euro}\n",
         "map.yaml: line 6: columns.currency: write three capital letters (ISO 4217)"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        harness_refuse_mapping(rows[i].text, rows[i].sentence);
    }
}

static void test_files(void **state)
{
    (void)state;
    static const char *const names[] = {"example", "foodmart", "foodmart-returns",
                                        "global-electronics", "online-retail"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[512];
        struct mapping *mapping = NULL;
        struct note note = {""};
        (void)snprintf(path, sizeof path, "%s/cluster/maps/%s.yaml", TALEA_SOURCE_DIR, names[i]);
        if (mapping_load(path, &mapping, &note) != ERR_OK) {
            fail_msg("%s", note.text);
        }
        mapping_destroy(mapping);
    }
    struct mapping *mapping = NULL;
    struct note note = {""};
    assert_int_equal(mapping_load("/nowhere/map.yaml", &mapping, &note), ERR_NOT_FOUND);
    assert_string_equal(note.text, "/nowhere/map.yaml: No such file or directory");
}

/* The example's own file. */
static void test_example(void **state)
{
    (void)state;
    char path[512];
    struct mapping *mapping = NULL;
    struct note note = {""};
    static const char csv[] =
        "Bon;Pos;Datum;Uhrzeit;Filiale;Karte;Artikel;Gruppe;Menge;Betrag;Waehrung;Punkte;"
        "Aktion;Art;Urbon\n"
        "4711;1;03.10.2026;17:04;F12;4539 1488 0343 "
        "6467;8005;\xc4pfel;1,5;\"1.299,00\";EUR;12,99;7;V;"
        "\n";
    (void)snprintf(path, sizeof path, "%s/cluster/maps/example.yaml", TALEA_SOURCE_DIR);
    assert_int_equal(mapping_load(path, &mapping, &note), ERR_OK);
    const struct receipts_options options = {.points_decimals = 2};
    struct outcome outcome = harness_read_bytes(mapping, slice_of(csv, sizeof csv - 1), &options);
    mapping_destroy(mapping);
    outcome_expect(&outcome, "SALE 4711 2026-10-03T16:04:00.000Z store 12 customer  card "
                             "4539148803436467 EUR 129900 promotion 7 rows 2\n"
                             "  2: 8005 (\xc3\x84pfel) #1 x 15e-1 = 129900 1299p\n");
}

/* Damaged mappings are read or refused with a note that names a line. */
static void test_damaged(void **state)
{
    (void)state;
    static const char bytes[] = " \n:{}[]\",'#&*-|>a1\t\xff";
    uint32_t random = 1;
    for (unsigned i = 0; i < 3000; i++) {
        char text[] = GOOD "returns: {prefix: C, match: [customer]}\nexclude:\n  card: [a]\n"
                           "number: {point: \",\"}\nmoney: {decimals: 2, rounding: up}\n";
        for (unsigned n = 0; n < 1 + i % 4; n++) {
            random = random * 1664525u + 1013904223u;
            text[(random >> 8) % (sizeof text - 1)] = bytes[(random >> 3) % (sizeof bytes - 1)];
        }
        struct mapping *mapping = NULL;
        struct note note = {""};
        if (mapping_parse(text, sizeof text - 1, "map.yaml", &mapping, &note) != ERR_OK &&
            strncmp(note.text, "map.yaml: line ", 15) != 0) {
            fail_msg("%s\n%s", note.text, text);
        }
        mapping_destroy(mapping);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),         cmocka_unit_test(test_refused_by_schema),
        cmocka_unit_test(test_refused_by_sense), cmocka_unit_test(test_files),
        cmocka_unit_test(test_example),          cmocka_unit_test(test_damaged),
    };
    return cmocka_run_group_tests_name("receipts_mapping", tests, NULL, NULL);
}
