/* Streaming calls of the three kinds. */
#include "base/limits.h"
#include "fixture.h"

#include <stdio.h>

typedef Talea__Test__V1__SayRequest say_request;
typedef Talea__Test__V1__SayReply say_reply;

static struct rpc_client_stream *open_stream(struct rpc_client *client, const char *method,
                                             int64_t timeout_ms)
{
    struct rpc_client_stream *stream = NULL;
    assert_int_equal(rpc_client_stream_open(client, ECHO_SERVICE, method, timeout_ms, &stream),
                     ERR_OK);
    return stream;
}

static enum err send_text(struct rpc_client_stream *stream, const char *text, unsigned count)
{
    say_request request;
    talea__test__v1__say_request__init(&request);
    char copy[128];
    snprintf(copy, sizeof copy, "%s", text);
    request.text = copy;
    request.count = count;
    return rpc_client_stream_send(stream, &request.base);
}

static const say_reply *receive(struct rpc_client_stream *stream)
{
    const ProtobufCMessage *message = NULL;
    assert_int_equal(rpc_client_stream_receive(stream, CALL_MS, &message), ERR_OK);
    return (const say_reply *)message;
}

static void client_stream_collects(void **state)
{
    struct rpc_client *client = fixture_client(*state, NULL);
    struct rpc_client_stream *stream = open_stream(client, "Collect", CALL_MS);
    for (unsigned i = 1; i <= 100; i++) {
        assert_int_equal(send_text(stream, "", i), ERR_OK);
    }
    assert_int_equal(rpc_client_stream_half_close(stream), ERR_OK);
    assert_int_equal(receive(stream)->count, 5050);
    const ProtobufCMessage *message;
    assert_int_equal(rpc_client_stream_receive(stream, CALL_MS, &message), ERR_NOT_FOUND);
    assert_int_equal(rpc_client_stream_receive(stream, CALL_MS, &message), ERR_NOT_FOUND);
    assert_int_equal(rpc_client_stream_close(stream).code, 0);
    rpc_client_close(client);
}

static void server_stream_repeats(void **state)
{
    struct rpc_client *client = fixture_client(*state, NULL);
    struct rpc_client_stream *stream = open_stream(client, "Repeat", 0);
    assert_int_equal(send_text(stream, "again", 300), ERR_OK);
    assert_int_equal(rpc_client_stream_half_close(stream), ERR_OK);
    for (unsigned i = 0; i < 300; i++) {
        const say_reply *reply = receive(stream);
        assert_int_equal(reply->count, i);
        assert_string_equal(reply->text, "again");
    }
    const ProtobufCMessage *message;
    assert_int_equal(rpc_client_stream_receive(stream, 0, &message), ERR_NOT_FOUND);
    assert_int_equal(rpc_client_stream_close(stream).code, 0);
    rpc_client_close(client);
}

/* The service has read one request, answered and ended before it was asked to the end. */
static void what_ended_early_is_read_all_the_same(void **state)
{
    struct rpc_client *client = fixture_client(*state, NULL);
    struct rpc_client_stream *stream = open_stream(client, "Repeat", CALL_MS);
    const ProtobufCMessage *message;
    say_request request;
    talea__test__v1__say_request__init(&request);
    assert_int_equal(send_text(stream, "early", 1), ERR_OK);
    assert_string_equal(receive(stream)->text, "early");
    assert_int_equal(rpc_client_stream_receive(stream, CALL_MS, &message), ERR_NOT_FOUND);
    assert_int_equal(rpc_client_stream_half_close(stream), ERR_UNAVAILABLE);
    assert_int_equal(rpc_client_stream_ask(stream, &request.base), ERR_OK);
    assert_int_equal(rpc_client_stream_receive(stream, CALL_MS, &message), ERR_NOT_FOUND);
    assert_int_equal(rpc_client_stream_close(stream).code, 0);
    rpc_client_close(client);
}

static void bidi_stream_chats(void **state)
{
    struct fixture *f = *state;
    struct rpc_client *client = fixture_client(f, NULL);
    struct rpc_client_stream *stream = open_stream(client, "Chat", CALL_MS);
    for (unsigned i = 0; i < 200; i++) {
        char text[32];
        snprintf(text, sizeof text, "line %u", i);
        assert_int_equal(send_text(stream, text, 0), ERR_OK);
        assert_string_equal(receive(stream)->text, text);
    }
    assert_int_equal(rpc_client_stream_half_close(stream), ERR_OK);
    const ProtobufCMessage *message;
    assert_int_equal(rpc_client_stream_receive(stream, CALL_MS, &message), ERR_NOT_FOUND);
    assert_int_equal(rpc_client_stream_close(stream).code, 0);
    assert_int_equal(fixture_wait_calls(f, 1), 0);
    rpc_client_close(client);
}

static void timed_receive_keeps_the_read(void **state)
{
    struct rpc_client *client = fixture_client(*state, NULL);
    struct rpc_client_stream *stream = open_stream(client, "Chat", CALL_MS);
    const ProtobufCMessage *message;
    assert_int_equal(rpc_client_stream_receive(stream, 10, &message), ERR_DEADLINE);
    assert_int_equal(rpc_client_stream_receive(stream, 10, &message), ERR_DEADLINE);
    assert_int_equal(send_text(stream, "late", 0), ERR_OK);
    assert_string_equal(receive(stream)->text, "late");
    rpc_client_stream_cancel(stream);
    assert_int_equal(rpc_client_stream_receive(stream, CALL_MS, &message), ERR_UNAVAILABLE);
    assert_int_equal(send_text(stream, "gone", 0), ERR_UNAVAILABLE);
    assert_int_equal(rpc_client_stream_half_close(stream), ERR_UNAVAILABLE);
    assert_int_equal(rpc_client_stream_close(stream).code, 1);
    rpc_client_close(client);
}

static void cancel_wakes_the_handler(void **state)
{
    struct fixture *f = *state;
    static const char *const methods[] = {"Chat", "Collect"};
    struct rpc_client *client = fixture_client(f, NULL);
    for (size_t i = 0; i < 2; i++) {
        struct rpc_client_stream *stream = open_stream(client, methods[i], 0);
        echo_wait_streams(&f->echo, 1);
        assert_int_equal(rpc_client_stream_close(stream).code, 1);
        echo_wait_streams(&f->echo, 0);
        assert_int_equal(echo_last_receive(&f->echo), ERR_CANCELLED);
        assert_int_equal(fixture_wait_calls(f, (unsigned)i + 1), 1);
    }
    rpc_client_close(client);
}

static void cancel_ends_an_endless_server_stream(void **state)
{
    struct fixture *f = *state;
    struct rpc_client *client = fixture_client(f, NULL);
    struct rpc_client_stream *stream = open_stream(client, "Repeat", 0);
    assert_int_equal(send_text(stream, "on and on", UINT32_MAX), ERR_OK);
    assert_int_equal(receive(stream)->count, 0);
    assert_int_equal(rpc_client_stream_close(stream).code, 1);
    assert_int_equal(fixture_wait_calls(f, 1), 1);
    rpc_client_close(client);
}

static void deadline_ends_a_stream(void **state)
{
    struct fixture *f = *state;
    struct rpc_client *client = fixture_client(f, NULL);
    struct rpc_client_stream *stream = open_stream(client, "Chat", 200);
    const ProtobufCMessage *message;
    assert_int_equal(rpc_client_stream_receive(stream, 0, &message), ERR_UNAVAILABLE);
    struct rpc_status status = rpc_client_stream_close(stream);
    assert_int_equal(status.code, 4);
    echo_wait_streams(&f->echo, 0);
    rpc_client_close(client);
}

static void handler_may_leave_early(void **state)
{
    struct rpc_client *client = fixture_client(*state, NULL);
    for (unsigned i = 0; i < 20; i++) {
        struct rpc_client_stream *stream = open_stream(client, "Leave", 0);
        const ProtobufCMessage *message;
        assert_int_equal(send_text(stream, "one", 0), ERR_OK);
        assert_int_equal(rpc_client_stream_receive(stream, CALL_MS, &message), ERR_UNAVAILABLE);
        struct rpc_status status = rpc_client_stream_close(stream);
        assert_int_equal(status.code, 9);
        assert_string_equal(status.reason, "HAD_ENOUGH");
    }
    rpc_client_close(client);
}

static void too_many_streams_are_refused(void **state)
{
    struct fixture *f = *state;
    struct rpc_client *client = fixture_client(f, NULL);
    struct rpc_client_stream *streams[4];
    for (unsigned i = 0; i < f->streams_max; i++) {
        streams[i] = open_stream(client, "Chat", 0);
    }
    echo_wait_streams(&f->echo, f->streams_max);
    struct rpc_client_stream *extra = open_stream(client, "Chat", CALL_MS);
    const ProtobufCMessage *message;
    assert_int_equal(rpc_client_stream_receive(extra, CALL_MS, &message), ERR_UNAVAILABLE);
    struct rpc_status status = rpc_client_stream_close(extra);
    assert_int_equal(status.code, 8);
    assert_string_equal(status.reason, "TOO_MANY_STREAMS");
    for (unsigned i = 0; i < f->streams_max; i++) {
        (void)rpc_client_stream_close(streams[i]);
    }
    rpc_client_close(client);
}

/* The threads are for all: what one partner's node opens must not keep the others out. */
static void a_partner_can_not_take_every_stream(void **state)
{
    struct fixture *f = *state;
    struct certificate certificates[2];
    struct rpc_client *clients[2];
    struct rpc_client_stream *streams[LIMIT_STREAMS_PER_PEER];
    const ProtobufCMessage *message;
    rpc_server_stop(f->server, 0);
    f->streams_max = LIMIT_STREAMS_PER_PEER + 4;
    fixture_start(f);
    certificate_issue(&f->authority, "URI:talea://sunrise/bakery/node/n1", DAY_S, &certificates[0]);
    certificate_issue(&f->authority, "URI:talea://sunrise/cinema/node/n1", DAY_S, &certificates[1]);
    for (size_t i = 0; i < 2; i++) {
        clients[i] = fixture_client(f, &certificates[i]);
    }
    for (unsigned i = 0; i < LIMIT_STREAMS_PER_PEER; i++) {
        streams[i] = open_stream(clients[0], "Chat", 0);
    }
    echo_wait_streams(&f->echo, LIMIT_STREAMS_PER_PEER);
    struct rpc_client_stream *extra = open_stream(clients[0], "Chat", CALL_MS);
    assert_int_equal(rpc_client_stream_receive(extra, CALL_MS, &message), ERR_UNAVAILABLE);
    assert_string_equal(rpc_client_stream_close(extra).reason, "TOO_MANY_STREAMS");
    struct rpc_client_stream *other = open_stream(clients[1], "Chat", CALL_MS);
    echo_wait_streams(&f->echo, LIMIT_STREAMS_PER_PEER + 1);
    (void)rpc_client_stream_close(other);
    for (unsigned i = 0; i < LIMIT_STREAMS_PER_PEER; i++) {
        (void)rpc_client_stream_close(streams[i]);
    }
    for (size_t i = 0; i < 2; i++) {
        rpc_client_close(clients[i]);
        certificate_fini(&certificates[i]);
    }
}

static void malformed_message_ends_the_stream(void **state)
{
    struct fixture *f = *state;
    struct rpc_client *client = fixture_client(f, NULL);
    struct raw_service raw;
    struct rpc_client_stream *stream = NULL;
    uint8_t invalid[] = {0xff};
    Talea__Test__V1__RawRequest request;
    talea__test__v1__raw_request__init(&request);
    request.text = (ProtobufCBinaryData){sizeof invalid, invalid};
    raw_service_init(&raw, "talea.test.v1.Echo", "Chat");
    assert_int_equal(rpc_client_stream_open(client, &raw.service, "Chat", CALL_MS, &stream),
                     ERR_OK);
    assert_int_equal(rpc_client_stream_send(stream, &request.base), ERR_OK);
    const ProtobufCMessage *message;
    assert_int_equal(rpc_client_stream_receive(stream, CALL_MS, &message), ERR_UNAVAILABLE);
    assert_int_equal(rpc_client_stream_close(stream).code, 3);
    rpc_client_close(client);
}

static void unknown_method_is_not_opened(void **state)
{
    struct rpc_client *client = fixture_client(*state, NULL);
    struct rpc_client_stream *stream = NULL;
    assert_int_equal(rpc_client_stream_open(client, ECHO_SERVICE, "Nothing", 0, &stream),
                     ERR_UNSUPPORTED);
    assert_null(stream);
    rpc_client_close(client);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(client_stream_collects),
        TEST(server_stream_repeats),
        TEST(what_ended_early_is_read_all_the_same),
        TEST(bidi_stream_chats),
        TEST(timed_receive_keeps_the_read),
        TEST(cancel_wakes_the_handler),
        TEST(cancel_ends_an_endless_server_stream),
        TEST(deadline_ends_a_stream),
        TEST(handler_may_leave_early),
        TEST(too_many_streams_are_refused),
        TEST(a_partner_can_not_take_every_stream),
        TEST(malformed_message_ends_the_stream),
        TEST(unknown_method_is_not_opened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
