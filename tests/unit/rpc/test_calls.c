/* Unary calls, and what is refused before a handler sees it. */
#include "fixture.h"

#include <stdlib.h>

static void unary_echoes(void **state)
{
    struct fixture *f = *state;
    struct rpc_client *client = fixture_client(f, NULL);
    assert_int_equal(fixture_say(client, "Say", "hello", CALL_MS).code, 0);
    assert_int_equal(fixture_say(client, "Work", "", 0).code, 0);
    struct identity caller = echo_last_caller(&f->echo);
    assert_string_equal(caller.name, "lane-1");
    assert_string_equal(caller.partner.text, "acme");
    assert_int_equal(caller.role, ROLE_TILL);
    rpc_client_close(client);
}

static void call_is_resumed_where_inline_handlers_run(void **state)
{
    struct fixture *f = *state;
    struct rpc_client *client = fixture_client(f, NULL);
    assert_int_equal(fixture_say(client, "Say", "here", CALL_MS).code, 0);
    pthread_t queue = echo_last_thread(&f->echo);
    assert_int_equal(fixture_say(client, "Work", "there", CALL_MS).code, 0);
    assert_false(pthread_equal(echo_last_thread(&f->echo), queue));
    assert_int_equal(fixture_say(client, "Resume", "here", CALL_MS).code, 0);
    assert_true(pthread_equal(echo_last_thread(&f->echo), queue));
    rpc_client_close(client);
}

static void call_lives_until_its_handler_returns(void **state)
{
    struct fixture *f = *state;
    struct rpc_client *client = fixture_client(f, NULL);
    char seen[sizeof f->echo.lingered];
    assert_int_equal(fixture_say(client, "Linger", "still", CALL_MS).code, 9);
    /* The thread that ends calls has gone on to the next one. */
    assert_int_equal(fixture_say(client, "Say", "next", CALL_MS).code, 0);
    echo_release(&f->echo);
    echo_wait_lingered(&f->echo, seen);
    assert_string_equal(seen, "still");
    rpc_client_close(client);
}

/* Alone, a call has a turn for itself. */
static void what_a_turn_gathers_is_done_at_its_end(void **state)
{
    struct fixture *f = *state;
    struct rpc_client *client = fixture_client(f, NULL);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(fixture_say(client, "Gather", "one", CALL_MS).code, 0);
        assert_int_equal(echo_turns(&f->echo), i + 1);
    }
    rpc_client_close(client);
}

static void deadline_reaches_the_handler(void **state)
{
    struct fixture *f = *state;
    struct rpc_client *client = fixture_client(f, NULL);
    assert_int_equal(fixture_say(client, "Say", "x", 0).code, 0);
    assert_true(echo_last_time_left_ms(&f->echo) == INT64_MAX);
    assert_int_equal(fixture_say(client, "Say", "x", CALL_MS).code, 0);
    /* The header that carries it has few digits and is rounded up. */
    assert_in_range(echo_last_time_left_ms(&f->echo), 1, CALL_MS + CALL_MS / 100);
    rpc_client_close(client);
}

static void deadline_ends_the_call_and_cancels_the_handler(void **state)
{
    struct fixture *f = *state;
    struct rpc_client *client = fixture_client(f, NULL);
    struct rpc_status status = fixture_say(client, "Block", "x", 200);
    assert_int_equal(status.code, 4);
    assert_string_equal(status.reason, "DEADLINE_EXCEEDED");
    assert_int_equal(rpc_status_err(&status), ERR_DEADLINE);
    echo_wait_blocked(&f->echo, 0);
    rpc_client_close(client);
}

static void store_status(void *context, const struct rpc_status *status,
                         const ProtobufCMessage *reply)
{
    struct rpc_status *stored = context;
    assert_null(reply);
    *stored = *status;
}

static void close_cancels_calls_in_flight(void **state)
{
    struct fixture *f = *state;
    struct rpc_client *client = fixture_client(f, NULL);
    Talea__Test__V1__SayRequest request;
    talea__test__v1__say_request__init(&request);
    struct rpc_status status = {0};
    assert_int_equal(rpc_client_call_async(client, ECHO_SERVICE, "Block", &request.base, 0,
                                           store_status, &status),
                     ERR_OK);
    echo_wait_blocked(&f->echo, 1);
    rpc_client_close(client);
    assert_int_equal(status.code, 1);
    echo_wait_blocked(&f->echo, 0);
}

static void refusal_carries_its_reason(void **state)
{
    struct fixture *f = *state;
    struct rpc_client *client = fixture_client(f, NULL);
    struct rpc_status status = fixture_say(client, "Refuse", "x", CALL_MS);
    assert_int_equal(status.code, 9);
    assert_string_equal(status.reason, "INSUFFICIENT_POINTS");
    assert_string_equal(status.message, "The balance is 12 and 20 were asked: caf\xc3\xa9.");
    rpc_client_close(client);
    assert_int_equal(fixture_wait_calls(f, 1), 9);
    assert_string_equal(f->last_method, "/talea.test.v1.Echo/Refuse");
}

static void wrong_role_is_denied(void **state)
{
    struct fixture *f = *state;
    struct rpc_client *till = fixture_client(f, NULL);
    struct rpc_status status = fixture_say(till, "Administer", "x", CALL_MS);
    assert_int_equal(status.code, 7);
    assert_string_equal(status.reason, "ROLE_NOT_ALLOWED");
    assert_non_null(strstr(status.message, "till"));
    rpc_client_close(till);

    struct certificate admin;
    certificate_issue(&f->authority, "URI:talea://sunrise/acme/admin/ops", DAY_S, &admin);
    struct rpc_client *client = fixture_client(f, &admin);
    assert_int_equal(fixture_say(client, "Administer", "x", CALL_MS).code, 0);
    rpc_client_close(client);
    certificate_fini(&admin);
}

static void unknown_methods_are_unimplemented(void **state)
{
    struct fixture *f = *state;
    struct rpc_client *client = fixture_client(f, NULL);
    Talea__Test__V1__RawRequest request;
    talea__test__v1__raw_request__init(&request);
    static const char *const names[][2] = {{"talea.test.v1.Echo", "Missing"},
                                           {"talea.test.v1.Echo", "Nothing"},
                                           {"talea.test.v1.Nothing", "Say"}};
    for (size_t i = 0; i < 3; i++) {
        struct raw_service raw;
        ProtobufCMessage *reply;
        raw_service_init(&raw, names[i][0], names[i][1]);
        struct rpc_status status =
            rpc_client_call(client, &raw.service, names[i][1], &request.base, CALL_MS, &reply);
        assert_int_equal(status.code, 12);
        assert_string_equal(status.reason, "UNKNOWN_METHOD");
        assert_non_null(strstr(status.message, names[i][1]));
        assert_int_equal(fixture_wait_calls(f, (unsigned)i + 1), 12);
        assert_string_equal(f->last_method, "unknown");
    }
    rpc_client_close(client);
}

static struct rpc_status send_raw(struct rpc_client *client,
                                  const Talea__Test__V1__RawRequest *request)
{
    struct raw_service raw;
    ProtobufCMessage *reply = NULL;
    raw_service_init(&raw, "talea.test.v1.Echo", "Say");
    struct rpc_status status =
        rpc_client_call(client, &raw.service, "Say", &request->base, CALL_MS, &reply);
    if (reply != NULL) {
        protobuf_c_message_free_unpacked(reply, NULL);
    }
    return status;
}

static void malformed_messages_are_refused(void **state)
{
    struct fixture *f = *state;
    struct rpc_client *client = fixture_client(f, NULL);
    uint8_t invalid[] = {'a', 0xc0, 0xaf};
    uint8_t with_nul[] = {'a', 0, 'b'};
    Talea__Test__V1__RawDetail detail;
    talea__test__v1__raw_detail__init(&detail);
    Talea__Test__V1__RawRequest requests[4];
    for (size_t i = 0; i < 4; i++) {
        talea__test__v1__raw_request__init(&requests[i]);
    }
    requests[0].text = (ProtobufCBinaryData){sizeof invalid, invalid};
    requests[1].text = (ProtobufCBinaryData){sizeof with_nul, with_nul};
    requests[2].count = (ProtobufCBinaryData){sizeof invalid, invalid}; /* not a varint */
    requests[3].detail = &detail;
    detail.text = (ProtobufCBinaryData){sizeof with_nul, with_nul};
    for (size_t i = 0; i < 4; i++) {
        struct rpc_status status = send_raw(client, &requests[i]);
        assert_int_equal(status.code, 3);
        assert_string_equal(status.reason, "MALFORMED_MESSAGE");
        assert_non_null(strstr(status.message, "talea.test.v1.SayRequest"));
    }
    assert_int_equal(fixture_say(client, "Say", "still there", CALL_MS).code, 0);
    rpc_client_close(client);
}

/* Two bytes on the wire become a pointer and an allocation each. */
static void message_that_grows_too_large_is_refused(void **state)
{
    enum {
        WORDS = 1000000
    };
    struct fixture *f = *state;
    struct rpc_client *client = fixture_client(f, NULL);
    Talea__Test__V1__RawRequest request;
    talea__test__v1__raw_request__init(&request);
    request.n_words = WORDS;
    request.words = calloc(WORDS, sizeof *request.words);
    assert_non_null(request.words);
    struct rpc_status status = send_raw(client, &request);
    free(request.words);
    assert_int_equal(status.code, 8);
    assert_string_equal(status.reason, "MESSAGE_TOO_LARGE");
    rpc_client_close(client);
}

static void oversized_messages_are_refused(void **state)
{
    enum {
        BYTES = 5u << 20
    };
    struct fixture *f = *state;
    struct rpc_client *client = fixture_client(f, NULL);
    Talea__Test__V1__SayRequest request;
    talea__test__v1__say_request__init(&request);
    ProtobufCMessage *reply;
    request.count = BYTES;
    struct rpc_status status =
        rpc_client_call(client, ECHO_SERVICE, "Inflate", &request.base, CALL_MS, &reply);
    assert_int_equal(status.code, 8);
    assert_string_equal(status.reason, "MESSAGE_TOO_LARGE");
    request.text = calloc(1, BYTES + 1);
    assert_non_null(request.text);
    memset(request.text, 'x', BYTES);
    status = rpc_client_call(client, ECHO_SERVICE, "Say", &request.base, CALL_MS, &reply);
    free(request.text);
    assert_int_equal(status.code, 8);
    assert_string_equal(status.reason, "MESSAGE_TOO_LARGE");
    rpc_client_close(client);
}

static void large_messages_pass(void **state)
{
    struct fixture *f = *state;
    struct rpc_client *client = fixture_client(f, NULL);
    Talea__Test__V1__SayRequest request;
    talea__test__v1__say_request__init(&request);
    ProtobufCMessage *reply = NULL;
    request.count = 4000000;
    struct rpc_status status =
        rpc_client_call(client, ECHO_SERVICE, "Inflate", &request.base, CALL_MS, &reply);
    assert_int_equal(status.code, 0);
    assert_int_equal(strlen(((Talea__Test__V1__SayReply *)reply)->text), 4000000);
    protobuf_c_message_free_unpacked(reply, NULL);
    rpc_client_close(client);
}

/* Four workers block; the queue takes 1,024 more; the next is told to come later. */
static void full_queue_is_refused(void **state)
{
    struct fixture *f = *state;
    struct rpc_client *client = fixture_client(f, NULL);
    struct rpc_client *other = fixture_client(f, NULL);
    struct rpc_client *third = fixture_client(f, NULL);
    Talea__Test__V1__SayRequest request;
    talea__test__v1__say_request__init(&request);
    struct rpc_status ignored[1200];
    for (size_t i = 0; i < 4 + 1024; i++) {
        /* 512 at most on one connection */
        struct rpc_client *used = i < 500 ? client : i < 1000 ? other : third;
        assert_int_equal(rpc_client_call_async(used, ECHO_SERVICE, "Block", &request.base, 0,
                                               store_status, &ignored[i]),
                         ERR_OK);
    }
    struct rpc_status status;
    do { /* the others may still be on their way */
        status = fixture_say(third, "Block", "x", 1000);
    } while (status.code == 4);
    assert_int_equal(status.code, 8);
    assert_string_equal(status.reason, "QUEUE_FULL");
    assert_int_equal(fixture_say(third, "Say", "inline still works", CALL_MS).code, 0);
    rpc_client_close(client);
    rpc_client_close(other);
    rpc_client_close(third);
}

struct load {
    pthread_mutex_t mutex;
    pthread_cond_t is_changed;
    unsigned outstanding;
    unsigned succeeded;
};

static void count_reply(void *context, const struct rpc_status *status,
                        const ProtobufCMessage *reply)
{
    struct load *load = context;
    pthread_mutex_lock(&load->mutex);
    load->outstanding--;
    load->succeeded += status->code == 0 && reply != NULL ? 1 : 0;
    pthread_cond_signal(&load->is_changed);
    pthread_mutex_unlock(&load->mutex);
}

static void many_outstanding_calls(void **state)
{
    static const char *const methods[] = {"Say", "Work", "Resume", "Gather"};
    struct fixture *f = *state;
    struct rpc_client *client = fixture_client(f, NULL);
    Talea__Test__V1__SayRequest request;
    talea__test__v1__say_request__init(&request);
    struct load load = {.outstanding = 0};
    pthread_mutex_init(&load.mutex, NULL);
    pthread_cond_init(&load.is_changed, NULL);
    for (unsigned i = 0; i < 2000; i++) {
        pthread_mutex_lock(&load.mutex);
        while (load.outstanding == 64) {
            pthread_cond_wait(&load.is_changed, &load.mutex);
        }
        load.outstanding++;
        pthread_mutex_unlock(&load.mutex);
        assert_int_equal(rpc_client_call_async(client, ECHO_SERVICE, methods[i % 4], &request.base,
                                               CALL_MS, count_reply, &load),
                         ERR_OK);
    }
    pthread_mutex_lock(&load.mutex);
    while (load.outstanding > 0) {
        pthread_cond_wait(&load.is_changed, &load.mutex);
    }
    pthread_mutex_unlock(&load.mutex);
    assert_int_equal(load.succeeded, 2000);
    assert_in_range(echo_turns(&f->echo), 2000 / 4 / 64, 2000 / 4);
    assert_int_equal(atomic_load(&f->accept_count), 1); /* asked once for the connection */
    rpc_client_close(client);
    pthread_cond_destroy(&load.is_changed);
    pthread_mutex_destroy(&load.mutex);
}

static void wrong_request_type_is_not_sent(void **state)
{
    struct fixture *f = *state;
    struct rpc_client *client = fixture_client(f, NULL);
    Talea__Test__V1__SayReply wrong;
    talea__test__v1__say_reply__init(&wrong);
    ProtobufCMessage *reply;
    struct rpc_status status =
        rpc_client_call(client, ECHO_SERVICE, "Say", &wrong.base, CALL_MS, &reply);
    assert_int_equal(status.code, 12);
    rpc_client_close(client);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(unary_echoes),
        TEST(call_is_resumed_where_inline_handlers_run),
        TEST(call_lives_until_its_handler_returns),
        TEST(what_a_turn_gathers_is_done_at_its_end),
        TEST(deadline_reaches_the_handler),
        TEST(deadline_ends_the_call_and_cancels_the_handler),
        TEST(close_cancels_calls_in_flight),
        TEST(refusal_carries_its_reason),
        TEST(wrong_role_is_denied),
        TEST(unknown_methods_are_unimplemented),
        TEST(malformed_messages_are_refused),
        TEST(message_that_grows_too_large_is_refused),
        TEST(oversized_messages_are_refused),
        TEST(large_messages_pass),
        TEST(full_queue_is_refused),
        TEST(many_outstanding_calls),
        TEST(wrong_request_type_is_not_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
