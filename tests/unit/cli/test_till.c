#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fake_node.h"

#define ID "0199a000-0000-7000-8000-000000000001"

static void expect(struct outcome outcome, int code, const char *out, const char *err)
{
    if (err != NULL && strcmp(outcome.err, err) != 0) {
        fail_msg("stderr is \"%s\"", outcome.err);
    }
    if (out != NULL) {
        assert_string_equal(outcome.out, out);
    }
    if (outcome.code != code) {
        fail_msg("ended with %d: %s", outcome.code, outcome.err);
    }
    outcome_fini(&outcome);
}

static void test_earn(void **state)
{
    struct fake_node *node = *state;
    expect(TALEA(node, "earn", "6100 0100 0000 0013", "12.50", "--receipt", "4711",
                 "--transaction-id", ID),
           0,
           "earned     1.2 Sparks\n"
           "home       fuel\n"
           "sale       " ID "\n",
           "");
    assert_string_equal(node->last_request,
                        "{\"transaction_id\":\"" ID "\",\"card\":\"6100010000000013\","
                        "\"amount_minor\":1250,\"currency\":\"\",\"receipt\":\"4711\","
                        "\"business_unix_ms\":0,\"fixed_points\":0,\"promotion\":0,"
                        "\"lines\":[],\"store\":\"\",\"channel\":\"\","
                        "\"paid_in_points_minor\":0,\"codes\":[],\"till\":\"\",\"cashier\":\"\"}");
    expect(TALEA(node, "earn", FAKE_CARD, "12", "--currency", "JPY", "--json", "--points", "3.5",
                 "--time", "2026-10-03T17:04:05Z", "--transaction-id", ID),
           0,
           "{\n  \"sale_id\": \"" ID "\",\n  \"earned_points\": 0,\n  \"home\": \"fuel\",\n"
           "  \"balance\": null,\n  \"journal_row\": \"18446744073709551615\",\n"
           "  \"discount_minor\": 0,\n  \"awards\": [],\n  \"programme_version\": 0,\n"
           "  \"codes\": [],\n  \"items\": [],\n  \"alert_id\": \"\"\n}\n",
           "");
    assert_non_null(strstr(node->last_request, "\"amount_minor\":12,\"currency\":\"JPY\""));
    assert_non_null(strstr(node->last_request, "\"fixed_points\":35"));
    assert_non_null(strstr(node->last_request, "\"business_unix_ms\":1791047045000"));
}

static void test_bad_input(void **state)
{
    struct fake_node *node = *state;
    expect(TALEA(node, "earn", "6100010000000014", "1"), 2, "",
           "talea earn: \"6100010000000014\" is no card number (INVALID_INPUT); `talea card check` "
           "says more\n");
    expect(TALEA(node, "earn", FAKE_CARD, "1.234"), 2, "",
           "talea earn: AMOUNT: \"1.234\" is not a number above 0 with at most 2 decimals "
           "(INVALID_INPUT)\n");
    expect(TALEA(node, "earn", FAKE_CARD, "0"), 2, "", NULL);
    expect(TALEA(node, "earn", FAKE_CARD), 2, "",
           "talea earn: AMOUNT or --line is missing (USAGE); see --help\n");
    expect(TALEA(node, "earn", FAKE_CARD, "1", "2"), 2, "",
           "talea earn: can't use the argument 2 (USAGE); see --help\n");
    expect(TALEA(node, "earn", FAKE_CARD, "1", "--transaction-id", "x"), 2, "",
           "talea earn: --transaction-id: \"x\" is no UUID (INVALID_INPUT); `talea uuid` makes "
           "one\n");
    expect(TALEA(node, "balance"), 2, "", NULL);
    expect(TALEA(node, "balance", FAKE_CARD, "--as", "node"), 2, "", NULL);
    expect(TALEA(node, "balance", FAKE_CARD, "--timeout", "0"), 2, "", NULL);
    assert_int_equal(fake_node_calls(node), 0);
}

/* Said before anything is asked of a node. */
static void test_wrong_words_ask_nobody(void **state)
{
    struct fake_node *node = *state;
    expect(TALEA(node, "history", FAKE_CARD, "--from", "2026-12-01", "--to", "2026-11-01"), 2, "",
           "talea history: --to: \"2026-11-01\" is not after --from (INVALID_INPUT)\n");
    expect(TALEA(node, "books", "--from", "2026-13"), 2, "",
           "talea books: --from: \"2026-13\" is no time (INVALID_INPUT); write 2026-10-03 or "
           "2026-10-03T17:04:05Z\n");
    expect(TALEA(node, "books", "liability", "--at", "soon"), 2, "",
           "talea books liability: --at: \"soon\" is no time (INVALID_INPUT); write 2026-10-03 or "
           "2026-10-03T17:04:05Z\n");
    expect(TALEA(node, "dispute", "show", "fuel", "18446744073709551616"), 2, "",
           "talea dispute show: \"18446744073709551616\" is no number of an entry "
           "(INVALID_INPUT); `talea transaction show` has it, and statement show --csv\n");
    expect(TALEA(node, "audit", "dispute", "file", "-1"), 2, "",
           "talea audit dispute: \"-1\" is no number of an entry (INVALID_INPUT)\n");
    expect(TALEA(node, "dispute", "open", "fuel", "1", "--reason", "BAD"), 2, "",
           "talea dispute open: --reason: \"BAD\" is none (INVALID_INPUT); AMOUNT_WRONG, "
           "PURCHASE_UNKNOWN, DOUBLED, GOODS_RETURNED, NOT_GRANTED, NOT_RETURNED, REFUSED_WRONGLY "
           "or OTHER\n");
    expect(TALEA(node, "statement", "show", "fuel", "2026-10", "--language", "de"), 2, "",
           "talea statement show: --language: \"de\" is none (INVALID_INPUT); en, ru, kk\n");
    assert_int_equal(fake_node_calls(node), 0);
}

/* A number below 0 is an argument, not options; what stands before it is its sign. */
static void test_numbers_below_zero(void **state)
{
    struct fake_node *node = *state;
    expect(TALEA(node, "earn", FAKE_CARD, "-4.00"), 2, "",
           "talea earn: AMOUNT: \"-4.00\" is not a number above 0 with at most 2 decimals "
           "(INVALID_INPUT)\n");
    expect(TALEA(node, "burn", "-5", "--within", "60", FAKE_CARD), 2, "",
           "talea burn: \"-5\" is no card number (INVALID_INPUT); `talea card check` says more\n");
    expect(TALEA(node, "return", "burn", ID, "-.5"), 2, "",
           "talea return burn: POINTS: \"-.5\" is not a number above 0 with at most 1 decimals "
           "(INVALID_INPUT)\n");
    expect(TALEA(node, "burn", "capture", ID, "--points", "-5"), 2, "",
           "talea burn capture: --points: \"-5\" is not a number above 0 with at most 1 decimals "
           "(INVALID_INPUT)\n");
    expect(TALEA(node, "burn", "capture", ID, "-x"), 2, "", NULL);
    assert_int_equal(fake_node_calls(node), 0);
}

/* A node names fields of the API; who typed the command knows its options and arguments. */
static void test_refusals_name_options(void **state)
{
    struct fake_node *node = *state;
    static const char *const said[][2] = {
        {"business_unix_ms is before 1970.", "--time is before 1970"},
        {"receipt has more than 64 bytes.", "--receipt has more than 64 bytes"},
        {"A receipt has no card.", "A receipt has no card"},
        {"card is wrong, or transaction_id.", "CARD is wrong, or --transaction-id"},
        {"hold_id is not a UUID.", "hold_id is not a UUID"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        char line[160];
        snprintf(line, sizeof line, "talea earn: %s (INVALID_TIME)\n", said[i][1]);
        fake_node_refuse(node, 3, "INVALID_TIME", said[i][0], 1);
        expect(TALEA(node, "earn", FAKE_CARD, "1"), 2, "", line);
    }
    fake_node_refuse(node, 3, "INVALID_ID", "hold_id is not a UUID.", 1);
    expect(TALEA(node, "burn", "void", ID), 2, "",
           "talea burn void: HOLD is not a UUID (INVALID_ID)\n");
}

static void test_refused(void **state)
{
    struct fake_node *node = *state;
    fake_node_refuse(node, 9, "INSUFFICIENT_POINTS", "The member has fewer points.", 1);
    expect(TALEA(node, "burn", FAKE_CARD, "5"), 1, "",
           "talea burn: The member has fewer points (INSUFFICIENT_POINTS)\n");
    assert_int_equal(fake_node_calls(node), 1);
    expect(TALEA(node, "status", "--as", "till"), 1, "",
           "talea status: The role till may not call /talea.v1.AdminService/GetStatus "
           "(ROLE_NOT_ALLOWED); "
           "try another --as\n");
}

static void test_repeats(void **state)
{
    struct fake_node *node = *state;
    fake_node_refuse(node, 14, "UNAVAILABLE", "The node starts.", 2);
    expect(TALEA(node, "earn", FAKE_CARD, "1", "--transaction-id", ID), 0, NULL, "");
    assert_int_equal(fake_node_calls(node), 3);
    fake_node_refuse(node, 14, "HOME_UNREACHABLE", "fuel can't be asked now.", 1000);
    expect(TALEA(node, "burn", FAKE_CARD, "1", "--transaction-id", ID), 3, "",
           "talea burn: fuel can't be asked now (HOME_UNREACHABLE); nothing was taken: try again "
           "later, with --transaction-id " ID "\n");
    fake_node_refuse(node, 14, "UNAVAILABLE", "The node starts.", 1000);
    struct outcome outcome = TALEA(node, "earn", FAKE_CARD, "1", "--transaction-id", ID);
    assert_int_equal(outcome.code, 3);
    assert_non_null(strstr(outcome.err, "repeat with --transaction-id " ID "\n"));
    outcome_fini(&outcome);
}

static void test_burn(void **state)
{
    struct fake_node *node = *state;
    expect(TALEA(node, "burn", FAKE_CARD, "50", "--transaction-id", ID), 0,
           "captured   50.0 Sparks\nleft       2.0\n", "");
    assert_int_equal(fake_node_calls(node), 2);
    char capture[sizeof node->last_request];
    memcpy(capture, node->last_request, sizeof capture);
    assert_non_null(strstr(capture, "\"hold_id\":\"" ID "\",\"points\":0}"));
    expect(TALEA(node, "burn", FAKE_CARD, "50", "--transaction-id", ID), 0, NULL, "");
    assert_string_equal(node->last_request, capture); /* the same ids again */
    expect(
        TALEA(node, "burn", "authorise", FAKE_CARD, "50", "--within", "60", "--transaction-id", ID),
        0,
        "hold       " ID "\nheld       50.0 Sparks\nhome       fuel\n"
        "capture by 2026-11-01 00:00:00 UTC\ndeliver by 2026-11-02 00:00:00 UTC\n",
        "");
    assert_non_null(strstr(node->last_request, "\"capture_within_seconds\":60"));
    expect(TALEA(node, "burn", "capture", ID, "--points", "50"), 0, NULL, "");
    assert_non_null(strstr(node->last_request, "\"points\":500"));
    expect(TALEA(node, "burn", "void", ID), 0, "voided     50.0 Sparks\n", "");
    expect(TALEA(node, "return", "purchase", ID, "4"), 0,
           "taken back 4.0 Sparks\nas debt    0.3\nlost       0.2\n", "");
    assert_non_null(strstr(node->last_request, "\"amount_minor\":400"));
    expect(TALEA(node, "return", "burn", ID, "30"), 0, "given back 30.0 Sparks\n", "");
}

static void test_refused_capture(void **state)
{
    struct fake_node *node = *state;
    fake_node_refuse(node, 9, "HOLD_ENDED", "This hold was captured.", 1);
    expect(TALEA(node, "burn", "capture", ID), 1, "",
           "talea burn capture: This hold was captured (HOLD_ENDED)\n");
    assert_int_equal(fake_node_calls(node), 1);
}

/* Hold, refused capture, void: the shopper has the points back. Once more with the same id, it is
 * the same void. */
static void test_refused_capture_gives_the_hold_back(void **state)
{
    struct fake_node *node = *state;
    char first[sizeof node->last_request];
    for (unsigned i = 0; i < 2; i++) {
        fake_node_forget_calls(node);
        node->passes = 1;
        fake_node_refuse(node, 9, "STREAM_FULL", "Too much is owed.", 1);
        expect(TALEA(node, "burn", FAKE_CARD, "50", "--transaction-id", ID), 1, "",
               "talea burn: Too much is owed (STREAM_FULL)\n");
        assert_int_equal(fake_node_calls(node), 3);
        assert_non_null(strstr(node->last_request, "\"hold_id\":\"" ID "\"}")); /* no points */
        assert_null(strstr(node->last_request, "\"transaction_id\":\"" ID "\""));
        if (i == 0) {
            memcpy(first, node->last_request, sizeof first);
        }
    }
    assert_string_equal(node->last_request, first);
}

/* Nobody knows whether the points were taken: giving the hold back would race with it. */
static void test_unanswered_capture_keeps_the_hold(void **state)
{
    struct fake_node *node = *state;
    node->passes = 1;
    fake_node_refuse(node, 14, "UNAVAILABLE", "gone", 1000);
    struct outcome outcome =
        TALEA(node, "burn", FAKE_CARD, "50", "--transaction-id", ID, "--timeout", "1");
    assert_int_equal(outcome.code, 3);
    assert_non_null(strstr(outcome.err, "--transaction-id " ID));
    assert_non_null(strstr(node->last_request, "\"points\":"));
    outcome_fini(&outcome);
}

static void test_members(void **state)
{
    struct fake_node *node = *state;
    expect(TALEA(node, "member", "add", "--reference", "C-1", "--name", "Desk"), 0,
           "member     0199a000-0000-7000-8000-0000000000aa\ncard       " FAKE_CARD "\n", "");
    assert_non_null(strstr(node->last_request, "\"reference\":\"C-1\",\"display_name\":\"Desk\""));
    expect(TALEA(node, "member", "list"), 0,
           "member                                reference  name  card  available\n"
           "0199a000-0000-7000-8000-0000000000aa  C-1        \xe5\xba\x97\xe8\x88\x97              "
           "  -\n"
           "0199a000-0000-7000-8000-0000000000aa             x                   -\n",
           "");
    expect(TALEA(node, "member", "show", "--reference", "C-1"), 0,
           "member     0199a000-0000-7000-8000-0000000000aa\nreference  C-1\nname       \n"
           "enrolled   2026-11-01 00:00:00 UTC\navailable  123.4 Sparks\npending    0.0\n"
           "held       0.0\ndebt       0.0\n\ncard              state\n" FAKE_CARD "  blocked\n",
           "");
    assert_string_equal(node->last_request, "{\"member\":{\"reference\":\"C-1\"}}");
    expect(TALEA(node, "card", "issue", FAKE_CARD), 0, "card       6100010000000021\n", "");
    expect(TALEA(node, "card", "block", FAKE_CARD), 0, "blocked    " FAKE_CARD "\n", "");
    expect(TALEA(node, "card", "check", FAKE_CARD), 0,
           "card       " FAKE_CARD "\nhome       grocer\n", "");
    expect(TALEA(node, "card", "check", "61000100"), 1, "", NULL);
    expect(TALEA(node, "balance", FAKE_CARD), 0,
           "member     0199a000-0000-7000-8000-0000000000aa\navailable  123.4 Sparks\n"
           "pending    0.0\nheld       5.0\ndebt       0.0\n\n"
           "issuer  tariff   free  held  active from UTC  expires UTC\n"
           "fuel    1       123.4   5.0  -                2026-11-01 00:00:00\n"
           "fuel    1       123.4   5.0  -                after 6 idle months\n",
           "");
    expect(TALEA(node, "balance", FAKE_CARD, "--at", "1970-01-01"), 0, NULL, "");
    assert_non_null(strstr(node->last_request, "\"as_of_unix_ms\":1"));
    expect(TALEA(node, "history", FAKE_CARD, "--limit", "7"), 0,
           "time UTC             what  where  available  pending  held  debt  reference  "
           "transaction\n"
           "2026-11-01 00:00:00  earn  fuel         1.5      0.0   0.0   0.0  K\xc3\xa4se-1     "
           "0199a000-0000-7000-8000-0000000000aa\n"
           "more: --page next\n",
           "");
    assert_non_null(strstr(node->last_request, "\"page_size\":7"));
    expect(
        TALEA(node, "history", FAKE_CARD, "--kind", "hold-expired"), 0,
        "time UTC             what          where  available  pending  held  debt  reference  "
        "transaction\n"
        "2026-11-01 00:00:00  hold-expired  fuel         1.5      0.0   0.0   0.0  K\xc3\xa4se-1 "
        "    0199a000-0000-7000-8000-0000000000aa\n"
        "more: --page next\n",
        "");
    assert_non_null(strstr(node->last_request, "HISTORY_KIND_HOLD_EXPIRED"));
}

static void test_office(void **state)
{
    struct fake_node *node = *state;
    expect(TALEA(node, "report"), 0,
           "account     partner  period   debit  credit  balance\n"
           "receivable  fuel     2026-10  100.0    25.0     75.0\n\n"
           "members    3\navailable  0.0 Sparks\npending    0.0\nheld       0.0\ndebt       0.0\n"
           "journal    0 rows\n",
           "");
    static const char periods[] =
        "period   partner  state  since UTC            sent  received  points owed  money owed  "
        "reference  waits for\n"
        "2026-10  fuel     open   2026-11-01 00:00:00    10         0       -123.4   -1.23 USD  "
        "T202610-1  waits\n";
    expect(TALEA(node, "period", "list", "2026-10"), 0, periods, "");
    node->is_differing = true;
    expect(TALEA(node, "period", "list"), 1, NULL, "");
    expect(TALEA(node, "period", "close", "2026-10"), 0, "closed 2026-10 towards fuel\n", "");
    expect(TALEA(node, "period", "close", "October"), 2, "", NULL);
    expect(TALEA(node, "period", "close", "2999-01"), 1, "",
           "talea period close: 2999-01 has not begun, and what is closed can't be opened again "
           "(PERIOD_NOT_BEGUN); --early, if it is meant\n");
    expect(TALEA(node, "period", "close", "2999-01", "--early"), 0, "closed 2999-01 towards fuel\n",
           "");
}

static void test_node(void **state)
{
    struct fake_node *node = *state;
    expect(TALEA(node, "peer", "list"), 0,
           "partner  address         since UTC      sent  receipted  received  problem\n"
           "fuel     127.0.0.1:7102  not connected    12         11         7  can't connect\n",
           "");
    expect(TALEA(node, "verify"), 0,
           "clean: 200 rows\n\n"
           "1 debits equal credits, lots equal balances     0 postings, 0 members\n"
           "2 issued less spent, expired, owed: outstanding 0 members\n"
           "3 streams and their totals follow from entries  0 entries\n"
           "4 a hold ends exactly once                      0 holds\n"
           "5 no row is missing, no command applied twice   200 commands\n"
           "6 every stored row follows from the journal     700 rows of tables\n\n"
           "journal       200 rows in 20 signed batches\n"
           "commands      190 done, 10 refused\n"
           "postings      0\nentries       0 sent, 0 received\nmembers       0\n"
           "holds         0\n"
           "stored state  the same at row 180, 700 rows of tables\n"
           "vault         there is none to try its keys\n\n"
           "issued        500.5\nredeemed      0.0\nexpired       0.0\nadjusted      0.0\n"
           "receivable    0.0\npayable       0.0\nsuspense      0.0\n"
           "outstanding   -0.7 Sparks\n",
           "");
    expect(TALEA(node, "verify", "--charter", "x.talea"), 2, "",
           "talea verify: --charter goes with --data: a node goes by its own charter (USAGE); see "
           "--help\n");
    node->is_differing = true;
    expect(
        TALEA(node, "verify"), 4, "",
        "talea verify: row 17: debits and credits differ (DATA_CORRUPT); keep the data folder as "
        "it is\n");
    struct outcome outcome = TALEA(node, "verify", "--json");
    assert_int_equal(outcome.code, 4);
    assert_non_null(strstr(outcome.out, "\"first_bad_row\": 17"));
    assert_non_null(strstr(outcome.out, "\"issued_points\": 5005"));
    outcome_fini(&outcome);
    outcome = TALEA(node, "status");
    assert_non_null(strstr(outcome.out, "node       grocer of demo, talead 0.1.0\n"));
    outcome_fini(&outcome);
    fake_node_stop(node);
    outcome = TALEA(node, "status");
    assert_int_equal(outcome.code, 3);
    outcome_fini(&outcome);
}

#define WITH_NODE(test) cmocka_unit_test_setup_teardown(test, fake_node_setup, fake_node_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_NODE(test_earn),
        WITH_NODE(test_bad_input),
        WITH_NODE(test_wrong_words_ask_nobody),
        WITH_NODE(test_numbers_below_zero),
        WITH_NODE(test_refusals_name_options),
        WITH_NODE(test_refused),
        WITH_NODE(test_repeats),
        WITH_NODE(test_burn),
        WITH_NODE(test_refused_capture),
        WITH_NODE(test_refused_capture_gives_the_hold_back),
        WITH_NODE(test_unanswered_capture_keeps_the_hold),
        WITH_NODE(test_members),
        WITH_NODE(test_office),
        WITH_NODE(test_node),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
