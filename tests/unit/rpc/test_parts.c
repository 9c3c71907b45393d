/* The parts below the server and the client, each by itself. */
#include "fixture.h"

#include "base/limits.h"
#include "rpc/catalogue.h"
#include "rpc/details.h"
#include "rpc/pool.h"
#include "rpc/protowire.h"
#include "talea_echo_proto_descriptor_set.h"

static void every_error_survives_the_wire(void **state)
{
    (void)state;
    for (enum err err = ERR_OK; err < ERR_COUNT; err++) {
        struct rpc_status status = rpc_status_of(err, NULL);
        assert_int_equal(status.code, err_describe(err)->grpc_status);
        assert_int_equal(rpc_status_err(&status), err);
    }
}

static void foreign_reasons_map_by_code(void **state)
{
    (void)state;
    struct rpc_status status = rpc_status_make(14, "GOING_AWAY", "x");
    assert_int_equal(rpc_status_err(&status), ERR_UNAVAILABLE);
    status.code = 2;
    assert_int_equal(rpc_status_err(&status), ERR_INTERNAL);
    status.code = 99;
    assert_int_equal(rpc_status_err(&status), ERR_INTERNAL);
}

static void notes_become_messages(void **state)
{
    struct note note = {"line 3: no such card"};
    (void)state;
    struct rpc_status status = rpc_status_of(ERR_INPUT, &note);
    assert_string_equal(status.message, "line 3: no such card");
    assert_string_equal(status.reason, "INVALID_INPUT");
    note.text[0] = '\0';
    assert_string_equal(rpc_status_of(ERR_INPUT, &note).message, "The request is malformed.");
}

static void long_texts_are_cut_between_characters(void **state)
{
    char text[2 * RPC_MESSAGE_MAX];
    (void)state;
    for (size_t i = 0; i + 2 < sizeof text; i += 2) {
        memcpy(text + i, "\xc3\xa9", 3);
    }
    struct rpc_status status = rpc_status_make(3, text, "x%s", text);
    assert_int_equal(strlen(status.message), RPC_MESSAGE_MAX - 1);
    status = rpc_status_make(3, text, "%s", text);
    assert_int_equal(strlen(status.message), RPC_MESSAGE_MAX - 2);
    assert_int_equal(strlen(status.reason), RPC_REASON_MAX - 2);
}

static void what_the_library_says_of_a_connection_is_shortened(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:7102: Failed to "
         "connect to remote host: Connection refused",
         "ipv4:127.0.0.1:7102: Connection refused"},
        {"failed to connect to all addresses; last error: UNAVAILABLE: ipv4:127.0.0.1:7104: Socket "
         "closed",
         "ipv4:127.0.0.1:7104: Socket closed"},
        {"failed to connect to all addresses; last error: ", ""},
        {"Failed to connect to remote host: x", "Failed to connect to remote host: x"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[RPC_MESSAGE_MAX];
        snprintf(text, sizeof text, "%s", cases[i][0]);
        rpc_message_shorten(text);
        assert_string_equal(text, cases[i][1]);
    }
}

/* The bytes that google.rpc.Status with one google.rpc.ErrorInfo has. */
static void details_have_the_known_bytes(void **state)
{
    static const char expected[] = "\x08\x09\x12\x02No\x1a\x3c"
                                   "\x0a\x28type.googleapis.com/google.rpc.ErrorInfo"
                                   "\x12\x10\x0a\x07REASONX\x12\x05talea";
    struct buffer bytes = {0};
    (void)state;
    struct rpc_status status = rpc_status_make(9, "REASONX", "No");
    details_encode(&status, &bytes);
    assert_int_equal(bytes.err, ERR_OK);
    assert_int_equal(bytes.length, sizeof expected - 1);
    assert_memory_equal(bytes.at, expected, sizeof expected - 1);
    struct rpc_status read = {.code = 9};
    details_decode(buffer_slice(&bytes), &read);
    assert_string_equal(read.reason, "REASONX");
    assert_string_equal(read.message, "No");
    for (size_t cut = 0; cut < bytes.length; cut++) {
        struct rpc_status partial = {.code = 9};
        details_decode(slice_of(bytes.at, cut), &partial); /* must not crash */
    }
    buffer_fini(&bytes);
}

static void details_say_when_to_ask_again(void **state)
{
    struct buffer bytes = {0};
    (void)state;
    struct rpc_status status = rpc_status_make(8, "RATE_CALLS", "Later");
    status.retry_after_ms = 250;
    details_encode(&status, &bytes);
    struct rpc_status read = {.code = 8};
    details_decode(buffer_slice(&bytes), &read);
    assert_string_equal(read.reason, "RATE_CALLS");
    assert_int_equal(read.retry_after_ms, 250);
    for (size_t cut = 0; cut < bytes.length; cut++) {
        struct rpc_status partial = {.code = 8};
        details_decode(slice_of(bytes.at, cut), &partial);
        assert_true(partial.retry_after_ms == 0 || partial.retry_after_ms == 250);
    }
    buffer_fini(&bytes);
}

static void wire_check_reads_all_types(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
        enum err expected;
    } cases[] = {
        {"", 0, ERR_OK},
        {"\x0a\x01x", 3, ERR_OK},
        {"\x10\x07", 2, ERR_OK},
        {"\x79\0\0\0\0\0\0\0\0", 9, ERR_OK}, /* unknown, 64 bits */
        {"\x7d\0\0\0\0", 5, ERR_OK},         /* unknown, 32 bits */
        {"\x7a\x02\xff\xff", 4, ERR_OK},     /* unknown bytes need not be text */
        {"\x0a\x02x", 3, ERR_INPUT},         /* too short */
        {"\x0a", 1, ERR_INPUT},
        {"\x02\x00", 2, ERR_INPUT}, /* number 0 */
        {"\x0b\x0c", 2, ERR_INPUT}, /* a group */
        {"\x0f", 1, ERR_INPUT},     /* no such wire type */
        {"\x7d\0\0\0", 4, ERR_INPUT},
        {"\x0a\x01\x80", 3, ERR_INPUT},
        {"\x1a\x03"
         "a\0b",
         5, ERR_INPUT},                         /* words */
        {"\x22\x03\x0a\x01\xff", 5, ERR_INPUT}, /* detail.text */
        {"\x22\x03\x0a\x02x", 5, ERR_INPUT},    /* detail is cut short inside */
        {"\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12, ERR_INPUT},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct slice bytes = slice_of(cases[i].bytes, cases[i].length);
        assert_int_equal(wire_check(&talea__test__v1__say_request__descriptor, bytes),
                         cases[i].expected);
    }
}

static void catalogue_knows_kinds_and_files(void **state)
{
    struct slice set =
        slice_of(talea_echo_proto_descriptor_set, talea_echo_proto_descriptor_set_length);
    struct slice sets[] = {set, set};
    struct catalogue *catalogue = NULL;
    struct slice file;
    struct slice same;
    enum call_kind kind;
    (void)state;
    assert_int_equal(catalogue_create(sets, 2, &catalogue, NULL), ERR_OK);
    static const struct {
        const char *name;
        enum call_kind kind;
    } methods[] = {{"talea.test.v1.Echo.Say", CALL_UNARY},
                   {"talea.test.v1.Echo.Collect", CALL_CLIENT_STREAM},
                   {"talea.test.v1.Echo.Repeat", CALL_SERVER_STREAM},
                   {"talea.test.v1.Echo.Chat", CALL_BIDI}};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(catalogue_find_method(catalogue, methods[i].name, &kind), ERR_OK);
        assert_int_equal(kind, methods[i].kind);
    }
    assert_int_equal(catalogue_find_method(catalogue, "talea.test.v1.Echo", &kind), ERR_NOT_FOUND);
    assert_int_equal(catalogue_find_symbol(catalogue, "talea.test.v1.Echo", &file), ERR_OK);
    assert_int_equal(catalogue_find_file(catalogue, "echo.proto", &same), ERR_OK);
    assert_true(slice_equal(file, same));
    assert_int_equal(catalogue_find_symbol(catalogue, "Echo", &file), ERR_NOT_FOUND);
    catalogue_destroy(catalogue);
    for (size_t cut = 0; cut < set.length; cut += 7) {
        struct slice part = {set.at, cut};
        if (catalogue_create(&part, 1, &catalogue, NULL) == ERR_OK) {
            catalogue_destroy(catalogue);
        }
    }
}

struct gate {
    pthread_mutex_t mutex;
    pthread_cond_t is_changed;
    unsigned running;
    unsigned finished;
    bool is_open;
};

static void pass_gate(void *context)
{
    struct gate *gate = context;
    pthread_mutex_lock(&gate->mutex);
    gate->running++;
    pthread_cond_broadcast(&gate->is_changed);
    while (!gate->is_open) {
        pthread_cond_wait(&gate->is_changed, &gate->mutex);
    }
    gate->finished++;
    pthread_mutex_unlock(&gate->mutex);
}

static void pool_is_bounded(void **state)
{
    struct gate gate = {.running = 0};
    struct pool pool;
    (void)state;
    pthread_mutex_init(&gate.mutex, NULL);
    pthread_cond_init(&gate.is_changed, NULL);
    assert_int_equal(pool_init(&pool, 2, 3), ERR_OK);
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(pool_submit(&pool, pass_gate, &gate), ERR_OK);
    }
    assert_int_equal(pool_submit(&pool, pass_gate, &gate), ERR_RESOURCE);
    pthread_mutex_lock(&gate.mutex);
    while (gate.running < 2) {
        pthread_cond_wait(&gate.is_changed, &gate.mutex);
    }
    assert_int_equal(gate.running, 2);
    gate.is_open = true;
    pthread_cond_broadcast(&gate.is_changed);
    pthread_mutex_unlock(&gate.mutex);
    pool_fini(&pool);
    assert_int_equal(gate.finished, 5);
    pthread_cond_destroy(&gate.is_changed);
    pthread_mutex_destroy(&gate.mutex);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_error_survives_the_wire),
        cmocka_unit_test(foreign_reasons_map_by_code),
        cmocka_unit_test(notes_become_messages),
        cmocka_unit_test(long_texts_are_cut_between_characters),
        cmocka_unit_test(what_the_library_says_of_a_connection_is_shortened),
        cmocka_unit_test(details_have_the_known_bytes),
        cmocka_unit_test(details_say_when_to_ask_again),
        cmocka_unit_test(wire_check_reads_all_types),
        cmocka_unit_test(catalogue_knows_kinds_and_files),
        cmocka_unit_test(pool_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
