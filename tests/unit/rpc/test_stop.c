/* What happens to calls when the server stops, and when it comes back. */
#include "fixture.h"

#include <stdio.h>

static void *stop_server(void *context)
{
    struct fixture *f = context;
    rpc_server_stop(f->server, 60000);
    return NULL;
}

struct outcome {
    pthread_mutex_t mutex;
    pthread_cond_t is_changed;
    bool is_done;
    struct rpc_status status;
};

static void store_outcome(void *context, const struct rpc_status *status,
                          const ProtobufCMessage *reply)
{
    struct outcome *outcome = context;
    (void)reply;
    pthread_mutex_lock(&outcome->mutex);
    outcome->status = *status;
    outcome->is_done = true;
    pthread_cond_signal(&outcome->is_changed);
    pthread_mutex_unlock(&outcome->mutex);
}

static int wait_outcome(struct outcome *outcome)
{
    pthread_mutex_lock(&outcome->mutex);
    while (!outcome->is_done) {
        pthread_cond_wait(&outcome->is_changed, &outcome->mutex);
    }
    pthread_mutex_unlock(&outcome->mutex);
    return outcome->status.code;
}

static bool has_outcome(struct outcome *outcome)
{
    pthread_mutex_lock(&outcome->mutex);
    bool is_done = outcome->is_done;
    pthread_mutex_unlock(&outcome->mutex);
    return is_done;
}

static void begin_block(struct rpc_client *client, struct outcome *outcome)
{
    Talea__Test__V1__SayRequest request;
    talea__test__v1__say_request__init(&request);
    *outcome = (struct outcome){.is_done = false};
    pthread_mutex_init(&outcome->mutex, NULL);
    pthread_cond_init(&outcome->is_changed, NULL);
    assert_int_equal(rpc_client_call_async(client, ECHO_SERVICE, "Block", &request.base, 0,
                                           store_outcome, outcome),
                     ERR_OK);
}

static void drain_lets_calls_end(void **state)
{
    struct fixture *f = *state;
    struct rpc_client *client = fixture_client(f, NULL);
    struct outcome outcome;
    begin_block(client, &outcome);
    echo_wait_blocked(&f->echo, 1);
    pthread_t stopper;
    assert_int_equal(pthread_create(&stopper, NULL, stop_server, f), 0);
    while (fixture_say(client, "Say", "x", CALL_MS).code == 0) {
        /* until the stop has begun */
    }
    assert_false(has_outcome(&outcome));
    echo_release(&f->echo);
    assert_int_equal(wait_outcome(&outcome), 0);
    pthread_join(stopper, NULL);
    assert_int_equal(fixture_say(client, "Say", "x", CALL_MS).code, 14);
    rpc_client_close(client);
    f->server = NULL;
}

static void drain_ends_with_a_cancel(void **state)
{
    struct fixture *f = *state;
    struct rpc_client *client = fixture_client(f, NULL);
    struct outcome outcome;
    begin_block(client, &outcome);
    echo_wait_blocked(&f->echo, 1);
    rpc_server_stop(f->server, 50);
    f->server = NULL;
    int code = wait_outcome(&outcome);
    assert_true(code == 1 || code == 14);
    rpc_client_close(client);
}

static void idle_sessions_end_at_once(void **state)
{
    struct fixture *f = *state;
    struct rpc_client *client = fixture_client(f, NULL);
    struct rpc_client_stream *stream = NULL;
    const ProtobufCMessage *message;
    assert_int_equal(rpc_client_stream_open(client, ECHO_SERVICE, "Chat", 0, &stream), ERR_OK);
    echo_wait_streams(&f->echo, 1);
    rpc_server_stop(f->server, 3600000); /* would time out if the session were waited for */
    f->server = NULL;
    assert_int_equal(echo_last_receive(&f->echo), ERR_UNAVAILABLE);
    assert_int_equal(rpc_client_stream_receive(stream, CALL_MS, &message), ERR_UNAVAILABLE);
    assert_int_equal(rpc_client_stream_close(stream).code, 14);
    rpc_client_close(client);
}

static void uploads_may_end(void **state)
{
    struct fixture *f = *state;
    struct rpc_client *client = fixture_client(f, NULL);
    struct rpc_client_stream *stream = NULL;
    const ProtobufCMessage *message;
    Talea__Test__V1__SayRequest request;
    talea__test__v1__say_request__init(&request);
    request.count = 3;
    assert_int_equal(rpc_client_stream_open(client, ECHO_SERVICE, "Collect", 0, &stream), ERR_OK);
    echo_wait_streams(&f->echo, 1);
    pthread_t stopper;
    assert_int_equal(pthread_create(&stopper, NULL, stop_server, f), 0);
    while (fixture_say(client, "Say", "x", CALL_MS).code == 0) {
        /* until the stop has begun */
    }
    assert_int_equal(rpc_client_stream_send(stream, &request.base), ERR_OK);
    assert_int_equal(rpc_client_stream_half_close(stream), ERR_OK);
    assert_int_equal(rpc_client_stream_receive(stream, CALL_MS, &message), ERR_OK);
    assert_int_equal(((const Talea__Test__V1__SayReply *)message)->count, 3);
    assert_int_equal(rpc_client_stream_receive(stream, CALL_MS, &message), ERR_NOT_FOUND);
    assert_int_equal(rpc_client_stream_close(stream).code, 0);
    pthread_join(stopper, NULL);
    rpc_client_close(client);
    f->server = NULL;
}

static void client_connects_again(void **state)
{
    struct fixture *f = *state;
    struct rpc_client *client = fixture_client(f, NULL);
    assert_int_equal(fixture_say(client, "Say", "x", CALL_MS).code, 0);
    struct rpc_server_options options = fixture_options(f);
    rpc_server_stop(f->server, 0);
    assert_int_equal(fixture_say(client, "Say", "x", CALL_MS).code, 14);
    options.listen_address = f->address;
    assert_int_equal(rpc_server_start(&options, &f->service, 1, &f->server, NULL), ERR_OK);
    int64_t failures = 0;
    while (fixture_say(client, "Say", "x", CALL_MS).code != 0) {
        failures++;
    }
    print_message("connected again after %lld refused calls\n", (long long)failures);
    rpc_client_close(client);
}

static void stop_of_nothing_is_allowed(void **state)
{
    (void)state;
    rpc_server_stop(NULL, 0);
    rpc_client_close(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(drain_lets_calls_end),      TEST(drain_ends_with_a_cancel),
        TEST(idle_sessions_end_at_once), TEST(uploads_may_end),
        TEST(client_connects_again),     cmocka_unit_test(stop_of_nothing_is_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
