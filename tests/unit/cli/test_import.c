#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/file.h"
#include "cli/import_tally.h"
#include "fake_node.h"

static const char map[] = "columns:\n"
                          "  receipt: {column: r}\n"
                          "  time: {column: t}\n"
                          "  customer: {column: c}\n"
                          "  product: {column: p}\n"
                          "  quantity: {column: q}\n"
                          "  amount: {column: a}\n"
                          "  currency: {value: USD}\n"
                          "time: {formats: [\"%Y-%m-%d\"]}\n"
                          "returns: {prefix: R, match: [customer, product]}\n";

static const char receipts[] = "r,t,c,p,q,a\n"
                               "1,2026-03-01,7,apple,1,3.00\n"
                               "1,2026-03-01,7,pear,2.5,4.00\n"
                               "bad,2026-03-01,8,apple,1,3.00\n"
                               "2,2026-03-01,,apple,1,3.00\n"
                               "3,2026-03-01,7,apple,x,3.00\n"
                               "R4,2026-03-02,7,apple,-1,-3.00\n"
                               "R4,2026-03-02,7,plum,-1,-3.00\n";

static char *path_of(const struct fake_node *node, const char *name, char out[320])
{
    snprintf(out, 320, "%s/%s", node->home, name);
    return out;
}

static void write_file(const struct fake_node *node, const char *name, const char *text,
                       char out_path[320])
{
    assert_int_equal(
        file_create(path_of(node, name, out_path), FILE_PUBLIC, slice_of(text, strlen(text)), NULL),
        ERR_OK);
}

static void expect_file(const char *path, const char *text)
{
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    assert_int_equal(file_read(path, FILE_PUBLIC, 1u << 20, &bytes, NULL), ERR_OK);
    write_u8(&bytes, 0);
    assert_string_equal((const char *)bytes.at, text);
}

static void expect_line(const char *path, const char *line)
{
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    assert_int_equal(file_read(path, FILE_PUBLIC, 1u << 20, &bytes, NULL), ERR_OK);
    write_u8(&bytes, 0);
    if (strstr((const char *)bytes.at, line) == NULL) {
        fail_msg("not in %s", (const char *)bytes.at);
    }
}

static void expect_lines(const char *path, unsigned count)
{
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    unsigned found = 0;
    assert_int_equal(file_read(path, FILE_PUBLIC, 1u << 20, &bytes, NULL), ERR_OK);
    for (size_t i = 0; i < bytes.length; i++) {
        found += bytes.at[i] == '\n';
    }
    assert_int_equal(found, count);
}

static void test_receipts(void **state)
{
    struct fake_node *node = *state;
    char yaml[320];
    char csv[320];
    char rejects[320];
    write_file(node, "map.yaml", map, yaml);
    write_file(node, "r.csv", receipts, csv);
    path_of(node, "rejects.csv", rejects);
    struct outcome outcome =
        TALEA(node, "import", "receipts", "--map", yaml, csv, "--rejects", rejects);
    char said[512];
    snprintf(
        said, sizeof said,
        "talea import receipts: 4 of 7 rows were rejected (ROWS_REJECTED); they are in %s, with "
        "the reasons\n",
        rejects);
    assert_string_equal(outcome.err, said);
    assert_string_equal(outcome.out, "rows       7 = 2 imported + 1 returned + 4 rejected\n"
                                     "receipts   1 sales, 1 returns; 0 of them were in before\n"
                                     "points     2.0 given, 0.7 taken\n"
                                     "\n"
                                     "home    receipts  given  taken\n"
                                     "grocer         2    2.0    0.7\n"
                                     "\n"
                                     "rows  rejected because\n"
                                     "   1  CARD_UNKNOWN\n"
                                     "   1  NO_SALE_FOUND\n"
                                     "   1  no card or customer\n"
                                     "   1  quantity ... is not a number\n");
    assert_int_equal(outcome.code, 1);
    outcome_fini(&outcome);
    /* In the order in which their fate was known. */
    expect_lines(rejects, 5);
    expect_line(rejects, "row,reason,r,t,c,p,q,a\n");
    expect_line(rejects, "4 part 0,CARD_UNKNOWN: No such card.,bad,2026-03-01,8,apple,1,3.00\n");
    expect_line(rejects,
                "8,NO_SALE_FOUND: No sale has so much of it left.,R4,2026-03-02,7,plum,-1,-3.00\n");
    /* Repaired, or not: the file goes through the same mapping again. */
    outcome = TALEA(node, "import", "receipts", "--map", yaml, rejects);
    assert_int_equal(outcome.code, 1);
    assert_non_null(strstr(outcome.out, "rows       4 = "));
    outcome_fini(&outcome);
}

/* Another brand's mapping may fit a row or two. */
static void test_most_are_rejected(void **state)
{
    struct fake_node *node = *state;
    char yaml[320];
    char csv[320];
    write_file(node, "map.yaml", map, yaml);
    write_file(node, "r.csv",
               "r,t,c,p,q,a\n"
               "1,2026-03-01,7,apple,1,3.00\n"
               "2,2026-03-01,7,apple,x,3.00\n3,2026-03-01,7,apple,x,3.00\n"
               "4,2026-03-01,7,apple,x,3.00\n5,2026-03-01,7,apple,x,3.00\n"
               "6,2026-03-01,7,apple,x,3.00\n7,2026-03-01,7,apple,x,3.00\n"
               "8,2026-03-01,7,apple,x,3.00\n9,2026-03-01,7,apple,x,3.00\n",
               csv);
    struct outcome outcome = TALEA(node, "import", "receipts", "--map", yaml, csv);
    assert_int_equal(outcome.code, 1);
    assert_string_equal(outcome.err, "talea import receipts: 8 of 9 rows were rejected "
                                     "(ROWS_REJECTED); is it the mapping of this file?\n");
    outcome_fini(&outcome);
    write_file(node, "few.csv",
               "r,t,c,p,q,a\n1,2026-03-01,7,apple,1,3.00\n2,2026-03-01,7,apple,x,3.00\n", csv);
    outcome = TALEA(node, "import", "receipts", "--map", yaml, csv);
    assert_int_equal(outcome.code, 1);
    assert_non_null(strstr(outcome.err, "1 of 2 rows were rejected (ROWS_REJECTED); --rejects FILE "
                                        "writes them"));
    outcome_fini(&outcome);
    write_file(node, "none.csv", "r,t,c,p,q,a\n3,2026-03-01,7,apple,x,3.00\n", csv);
    outcome = TALEA(node, "import", "receipts", "--map", yaml, csv);
    assert_int_equal(outcome.code, 1);
    assert_non_null(strstr(outcome.out, "rows       1 = "));
    assert_string_equal(outcome.err, "talea import receipts: all 1 rows were rejected "
                                     "(NOTHING_IMPORTED); is it the mapping of this file?\n");
    outcome_fini(&outcome);
}

/* A second try with the same words must not stumble over the first. */
static void test_failed_start_leaves_no_rejects(void **state)
{
    struct fake_node *node = *state;
    char yaml[320];
    char csv[320];
    char rejects[320];
    write_file(node, "map.yaml", map, yaml);
    write_file(node, "r.csv", "r,t,c\n1,2,3\n", csv);
    path_of(node, "rejects.csv", rejects);
    for (unsigned i = 0; i < 2; i++) {
        struct outcome outcome =
            TALEA(node, "import", "receipts", "--map", yaml, csv, "--rejects", rejects);
        assert_int_equal(outcome.code, 2);
        assert_null(strstr(outcome.err, "File exists"));
        outcome_fini(&outcome);
        assert_int_not_equal(access(rejects, F_OK), 0);
    }
}

static void test_other_contents(void **state)
{
    struct fake_node *node = *state;
    char yaml[320];
    char csv[320];
    write_file(node, "map.yaml", map, yaml);
    write_file(node, "r.csv", "r,t,c,p,q,a\nother,2026-03-01,7,apple,1,3.00\n", csv);
    char rejects[320];
    path_of(node, "rejects.csv", rejects);
    struct outcome outcome =
        TALEA(node, "import", "receipts", "--map", yaml, csv, "--rejects", rejects);
    assert_non_null(strstr(outcome.out, "   1  TRANSACTION_ID_REUSED\n"));
    expect_line(rejects, "2 part 0,TRANSACTION_ID_REUSED: was imported before with other "
                         "contents,other,2026-03-01,7,apple,1,3.00\n");
    outcome_fini(&outcome);
}

/* Numbers are put together; the digits of words are not numbers. */
static void test_reasons(void **state)
{
    (void)state;
    static const struct {
        const char *reason;
        const char *general;
    } cases[] = {
        {"bytes that are not UTF-8", "bytes that are not UTF-8"},
        {"row 17: -2.50 of 1,000 pieces", "row N: N of N pieces"},
        {"from 2026-03-01 to 17:04", "from N to N"},
        {"code A-12 or 3M or x_1 or v1.2", "code A-12 or 3M or x_1 or v1.2"},
        {"\"7\" is 3.", "... is N."},
        {"- 5", "- N"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct import_tally *tally = calloc(1, sizeof *tally);
        assert_non_null(tally);
        tally_reject(tally, cases[i].reason, 1);
        assert_string_equal(tally->reasons[0].reason, cases[i].general);
        free(tally);
    }
}

static void test_dry_run(void **state)
{
    struct fake_node *node = *state;
    char yaml[320];
    char csv[320];
    write_file(node, "map.yaml", map, yaml);
    write_file(node, "r.csv", receipts, csv);
    struct outcome outcome =
        TALEA(node, "import", "receipts", "--map", yaml, csv, "--dry-run", "--json");
    assert_int_equal(outcome.code, 1);
    assert_non_null(strstr(outcome.out, "\"rows\": 7,\n  \"rows_imported\": 3,\n"
                                        "  \"rows_returned\": 2,\n  \"rows_rejected\": 2,"));
    assert_int_equal(node->streamed, 0);
    outcome_fini(&outcome);
}

/* More than a window, each row accounted for. */
static void test_many(void **state)
{
    struct fake_node *node = *state;
    char yaml[320];
    char csv[320];
    struct buffer text = {0};
    write_bytes(&text, "r,t,c,p,q,a\n", 12);
    for (int i = 0; i < 3000; i++) {
        char row[64];
        int length = snprintf(row, sizeof row, "%d,2026-03-01,7,apple,1,3.00\n", i);
        write_bytes(&text, row, (size_t)length);
    }
    write_u8(&text, 0);
    write_file(node, "map.yaml", map, yaml);
    write_file(node, "r.csv", (const char *)text.at, csv);
    buffer_fini(&text);
    struct outcome outcome = TALEA(node, "import", "receipts", "--map", yaml, csv);
    assert_int_equal(outcome.code, 0);
    assert_non_null(strstr(outcome.out, "rows       3000 = 3000 imported + 0 returned + 0 rej"));
    outcome_fini(&outcome);
    node->ends_after = node->streamed + 1000;
    outcome = TALEA(node, "import", "receipts", "--map", yaml, csv);
    assert_int_equal(outcome.code, 3);
    assert_non_null(strstr(outcome.out, "rows       1000 = 1000 imported"));
    assert_non_null(strstr(outcome.err, "(UNAVAILABLE)"));
    outcome_fini(&outcome);
}

static void test_bad_files(void **state)
{
    struct fake_node *node = *state;
    char yaml[320];
    char csv[320];
    write_file(node, "map.yaml", map, yaml);
    write_file(node, "r.csv", "r,t,c\n1,2,3\n", csv);
    struct outcome outcome = TALEA(node, "import", "receipts", "--map", yaml, csv);
    assert_int_equal(outcome.code, 2);
    assert_non_null(strstr(outcome.err, "(INVALID_INPUT)"));
    outcome_fini(&outcome);
    outcome = TALEA(node, "import", "receipts", "--map", yaml, "/nowhere.csv");
    assert_int_equal(outcome.code, 2);
    outcome_fini(&outcome);
    outcome = TALEA(node, "import", "receipts", csv);
    assert_string_equal(outcome.err,
                        "talea import receipts: --map is missing (USAGE); see --help\n");
    outcome_fini(&outcome);
}

static void test_members(void **state)
{
    struct fake_node *node = *state;
    char csv[320];
    char cards[320];
    write_file(node, "m.csv", "name,reference\nx,C-1\ny,\"C,2\"\nz,bad\n,C-3\nnobody,\n", csv);
    path_of(node, "cards.csv", cards);
    struct outcome outcome = TALEA(node, "member", "import", csv, "--cards", cards);
    assert_int_equal(outcome.code, 1);
    assert_string_equal(outcome.out, "rows 5 = 3 members + 2 rejected\n");
    assert_non_null(strstr(outcome.err, "m.csv:4: REFERENCE_EXISTS\n"));
    assert_non_null(strstr(outcome.err, "m.csv:6: the reference is not 1 to 64 bytes"));
    assert_non_null(strstr(outcome.err, "talea member import: 2 of 5 rows were rejected "
                                        "(ROWS_REJECTED); each is named above\n"));
    outcome_fini(&outcome);
    expect_file(cards, "reference,card\n"
                       "C-1,6100010000000013\n"
                       "\"C,2\",6100010000000021\n"
                       "bad,\n"
                       "C-3,6100010000000039\n");
}

#define WITH_NODE(test) cmocka_unit_test_setup_teardown(test, fake_node_setup, fake_node_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_NODE(test_failed_start_leaves_no_rejects),
        WITH_NODE(test_other_contents),
        cmocka_unit_test(test_reasons),
        WITH_NODE(test_receipts),
        WITH_NODE(test_most_are_rejected),
        WITH_NODE(test_dry_run),
        WITH_NODE(test_many),
        WITH_NODE(test_bad_files),
        WITH_NODE(test_members),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
