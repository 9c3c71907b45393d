#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <talea/talea.h>

#include "fake_node.h"

#define ID      "0199a000-0000-7000-8000-000000000001"
#define THREADS 4
#define CALLS   25

static struct talea_client *connect_as(const struct fake_node *node, const char *role)
{
    char certificate[320];
    char key[320];
    struct talea_client *client = NULL;
    struct talea_error error;
    snprintf(certificate, sizeof certificate, "%s/tls/%s.pem", node->home, role);
    snprintf(key, sizeof key, "%s/tls/%s.key", node->home, role);
    struct talea_options options = {.address = node->address,
                                    .coalition = "demo",
                                    .partner = "grocer",
                                    .certificate = certificate,
                                    .key = key,
                                    .ca = (const char *)node->roots.at}; /* a text */
    if (talea_connect(&options, &client, &error) != TALEA_OK) {
        fail_msg("%s", error.message);
    }
    return client;
}

static void test_till(void **state)
{
    struct fake_node *node = *state;
    struct talea_client *client = connect_as(node, "till");
    struct talea_error error = {0, "", ""};
    struct talea_earn earn = {.transaction_id = ID,
                              .card = FAKE_CARD,
                              .amount_minor = 1250,
                              .currency = "USD",
                              .receipt = "4711",
                              .business_unix_ms = 5};
    struct talea_earned earned;
    assert_int_equal(talea_earn(client, &earn, 5000, &earned, &error), TALEA_OK);
    assert_string_equal(earned.sale_id, ID);
    assert_int_equal(earned.points, 12);
    assert_string_equal(earned.home, "fuel");
    assert_int_equal(earned.is_home, 0);
    assert_string_equal(node->last_request,
                        "{\"transaction_id\":\"" ID "\",\"card\":\"" FAKE_CARD
                        "\",\"amount_minor\":1250,\"currency\":\"USD\",\"receipt\":\"4711\","
                        "\"business_unix_ms\":5,\"fixed_points\":0,\"promotion\":0,"
                        "\"lines\":[],\"store\":\"\",\"channel\":\"\","
                        "\"paid_in_points_minor\":0,\"codes\":[],\"till\":\"\",\"cashier\":\"\"}");
    struct talea_authorise authorise = {.transaction_id = ID, .card = FAKE_CARD, .points = 500};
    struct talea_hold hold;
    assert_int_equal(talea_authorise_burn(client, &authorise, 5000, &hold, &error), TALEA_OK);
    assert_string_equal(hold.hold_id, ID);
    assert_int_equal(hold.held_points, 500);
    struct talea_captured captured;
    assert_int_equal(talea_capture_burn(client, ID, ID, 0, 5000, &captured, &error), TALEA_OK);
    assert_int_equal(captured.left_points, 20);
    int64_t points;
    assert_int_equal(talea_void_burn(client, ID, ID, 5000, &points, &error), TALEA_OK);
    assert_int_equal(points, 500);
    assert_int_equal(talea_return_burn(client, ID, ID, 0, NULL, 5000, &points, &error), TALEA_OK);
    assert_int_equal(points, 300);
    struct talea_return_purchase back = {.transaction_id = ID, .sale_id = ID};
    struct talea_purchase_returned returned;
    assert_int_equal(talea_return_purchase(client, &back, 5000, &returned, &error), TALEA_OK);
    assert_int_equal(returned.debt_points, 3);
    talea_disconnect(client);
}

/* Lines and codes go out, what became of them comes back. */
static void test_quotes(void **state)
{
    struct fake_node *node = *state;
    struct talea_client *client = connect_as(node, "till");
    struct talea_error error = {0, "", ""};
    const struct talea_line lines[] = {{"17", "bread", NULL, 2000, 450},
                                       {.product = "18", .amount_minor = 800}};
    const char *codes[] = {"SPRING"};
    struct talea_earn basket = {.transaction_id = ID,
                                .card = FAKE_CARD,
                                .lines = lines,
                                .line_count = 2,
                                .codes = codes,
                                .code_count = 1,
                                .store = "7",
                                .paid_in_points_minor = 100};
    struct talea_quoted quoted;
    int64_t discounts[2];
    assert_int_equal(talea_quote(client, &basket, 5000, &quoted, discounts, &error), TALEA_OK);
    assert_string_equal(node->last_request,
                        "{\"purchase\":{\"transaction_id\":\"" ID "\",\"card\":\"" FAKE_CARD
                        "\",\"amount_minor\":0,\"currency\":\"\",\"receipt\":\"\","
                        "\"business_unix_ms\":0,\"fixed_points\":0,\"promotion\":0,\"lines\":["
                        "{\"product\":\"17\",\"category\":\"bread\",\"brand\":\"\","
                        "\"quantity_milli\":2000,\"amount_minor\":450},"
                        "{\"product\":\"18\",\"category\":\"\",\"brand\":\"\","
                        "\"quantity_milli\":0,\"amount_minor\":800}],\"store\":\"7\","
                        "\"channel\":\"\",\"paid_in_points_minor\":100,\"codes\":[\"SPRING\"],"
                        "\"till\":\"\",\"cashier\":\"\"}}");
    assert_string_equal(quoted.quote_id, ID);
    assert_int_equal(quoted.to_pay_minor, 1220);
    assert_int_equal(discounts[0], 30);
    assert_int_equal(discounts[1], 0);
    assert_int_equal(quoted.code_count, 1);
    assert_string_equal(quoted.codes[0].code, "SPRING");
    assert_string_equal(quoted.codes[0].rule, "spring");
    assert_int_equal(quoted.codes[0].is_taken, 1);
    struct talea_earned earned;
    assert_int_equal(talea_confirm(client, ID, ID, "4711", 5000, &earned, &error), TALEA_OK);
    assert_int_equal(earned.discount_minor, 30);
    assert_int_equal(earned.given_code_count, 2);
    assert_string_equal(earned.given_codes[1], "N-2");
    assert_int_equal(talea_release(client, ID, 5000, &error), TALEA_OK);
    basket.line_count = TALEA_LINES_MAX + 1;
    assert_int_equal(talea_quote(client, &basket, 5000, &quoted, NULL, &error),
                     TALEA_INVALID_ARGUMENT);
    talea_disconnect(client);
}

static void test_members(void **state)
{
    struct fake_node *node = *state;
    struct talea_client *client = connect_as(node, "back-office");
    struct talea_error error = {0, "", ""};
    struct talea_enrol enrol = {.transaction_id = ID, .reference = "C-1"};
    struct talea_enrolled enrolled;
    assert_int_equal(talea_enrol(client, &enrol, 5000, &enrolled, &error), TALEA_OK);
    assert_string_equal(enrolled.card, FAKE_CARD);
    struct talea_selector selector = {.card = FAKE_CARD};
    struct talea_balance balance;
    assert_int_equal(talea_get_balance(client, &selector, 5000, &balance, &error), TALEA_OK);
    assert_int_equal(balance.available_points, 1234);
    assert_int_equal(balance.lot_count, 2);
    assert_string_equal(balance.lots[0].issuer, "fuel");
    talea_balance_free(&balance);
    struct talea_history history;
    assert_int_equal(talea_list_history(client, &selector, 7, NULL, 5000, &history, &error),
                     TALEA_OK);
    assert_int_equal(history.row_count, 1);
    assert_int_equal(history.rows[0].kind, TALEA_HISTORY_EARN);
    assert_string_equal(history.next_page, "next");
    talea_history_free(&history);
    char card[TALEA_CARD_SIZE];
    assert_int_equal(talea_issue_card(client, ID, &selector, 5000, card, &error), TALEA_OK);
    assert_string_equal(card, "6100010000000021");
    assert_int_equal(talea_block_card(client, ID, card, 5000, NULL), TALEA_OK);
    struct talea_member member;
    assert_int_equal(talea_get_member(client, &selector, 5000, &member, &error), TALEA_OK);
    assert_int_equal(member.card_count, 1);
    assert_int_equal(member.cards[0].is_blocked, 1);
    assert_int_equal(member.balance.available_points, 1234);
    talea_member_free(&member);
    struct talea_report report;
    assert_int_equal(talea_get_report(client, 5000, &report, &error), TALEA_OK);
    assert_int_equal(report.account_count, 1);
    assert_string_equal(report.accounts[0].partner, "fuel");
    talea_report_free(&report);
    selector.reference = "C-1";
    assert_int_equal(talea_get_balance(client, &selector, 5000, &balance, &error),
                     TALEA_INVALID_ARGUMENT);
    talea_disconnect(client);
}

static void test_errors(void **state)
{
    struct fake_node *node = *state;
    struct talea_client *client = connect_as(node, "till");
    struct talea_error error = {0, "", ""};
    int64_t points = 7;
    fake_node_refuse(node, 9, "HOLD_ENDED", "This hold was captured.", 1);
    assert_int_equal(talea_void_burn(client, ID, ID, 5000, &points, &error),
                     TALEA_FAILED_PRECONDITION);
    assert_string_equal(error.reason, "HOLD_ENDED");
    assert_string_equal(error.message, "This hold was captured.");
    assert_int_equal(points, 7);
    assert_int_equal(fake_node_calls(node), 1);
    struct talea_report report;
    assert_int_equal(talea_get_report(client, 5000, &report, &error), TALEA_PERMISSION_DENIED);
    assert_int_equal(talea_void_burn(client, ID, ID, 0, &points, &error), TALEA_INVALID_ARGUMENT);
    talea_disconnect(client);

    struct talea_options options = {.address = "127.0.0.1:1"};
    assert_int_equal(talea_connect(&options, &client, &error), TALEA_INVALID_ARGUMENT);
    assert_string_equal(error.message, "the option partner is no partner's id");
}

/* The time may end while a repeat is under way. */
static void assert_out_of_time(int code, int reason)
{
    if (code != TALEA_DEADLINE_EXCEEDED) {
        assert_int_equal(code, reason);
    }
}

static void test_repeats_with_the_same_id(void **state)
{
    struct fake_node *node = *state;
    struct talea_client *client = connect_as(node, "till");
    struct talea_error error = {0, "", ""};
    int64_t points;
    fake_node_refuse(node, 14, "UNAVAILABLE", "The node starts.", 2);
    assert_int_equal(talea_void_burn(client, ID, ID, 10000, &points, &error), TALEA_OK);
    assert_int_equal(fake_node_calls(node), 3);
    assert_non_null(strstr(node->last_request, ID));
    fake_node_refuse(node, 1, "CANCELLED", "The node stops.", 1000000);
    assert_out_of_time(talea_void_burn(client, ID, ID, 1000, &points, &error), TALEA_CANCELLED);
    assert_in_range(fake_node_calls(node), 5, 20);
    talea_disconnect(client);
    fake_node_stop(node);
    client = connect_as(node, "till");
    assert_out_of_time(talea_void_burn(client, ID, ID, 1000, &points, &error), TALEA_UNAVAILABLE);
    talea_disconnect(client);
}

static void *call_often(void *argument)
{
    struct talea_client *client = argument;
    uintptr_t done = 0;
    for (int i = 0; i < CALLS; i++) {
        struct talea_selector selector = {.card = FAKE_CARD};
        struct talea_balance balance;
        if (talea_get_balance(client, &selector, 10000, &balance, NULL) == TALEA_OK) {
            done++;
            talea_balance_free(&balance);
        }
    }
    return (void *)done;
}

static void test_threads(void **state)
{
    struct fake_node *node = *state;
    struct talea_client *client = connect_as(node, "till");
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, call_often, client), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *done;
        assert_int_equal(pthread_join(threads[i], &done), 0);
        assert_int_equal((uintptr_t)done, CALLS);
    }
    talea_disconnect(client);
}

static void test_uuid(void **state)
{
    (void)state;
    char a[TALEA_UUID_SIZE];
    char b[TALEA_UUID_SIZE];
    talea_uuid_v7(a);
    talea_uuid_v7(b);
    assert_int_equal(strlen(a), 36);
    assert_int_equal(a[14], '7');
    assert_string_not_equal(a, b);
}

#define WITH_NODE(test) cmocka_unit_test_setup_teardown(test, fake_node_setup, fake_node_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_NODE(test_till),
        WITH_NODE(test_quotes),
        WITH_NODE(test_members),
        WITH_NODE(test_errors),
        WITH_NODE(test_repeats_with_the_same_id),
        WITH_NODE(test_threads),
        cmocka_unit_test(test_uuid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
