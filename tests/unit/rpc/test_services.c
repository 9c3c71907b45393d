/* Health and reflection, as any gRPC tool sees them. */
#include "fixture.h"

#include "grpc/health/v1/health.pb-c.h"
#include "grpc/reflection/v1/reflection.pb-c.h"
#include "rpc/protowire.h"

#define HEALTH     (&grpc__health__v1__health__descriptor)
#define REFLECTION (&grpc__reflection__v1__server_reflection__descriptor)

typedef Grpc__Health__V1__HealthCheckRequest check_request;
typedef Grpc__Health__V1__HealthCheckResponse check_response;
typedef Grpc__Reflection__V1__ServerReflectionRequest reflection_request;
typedef Grpc__Reflection__V1__ServerReflectionResponse reflection_response;

enum {
    SERVING = 1,
    NOT_SERVING = 2,
    SERVICE_UNKNOWN = 3
};

/* The serving status, or minus the gRPC status. */
static int check(struct rpc_client *client, char *service)
{
    check_request request;
    grpc__health__v1__health_check_request__init(&request);
    ProtobufCMessage *reply;
    request.service = service;
    struct rpc_status status =
        rpc_client_call(client, HEALTH, "Check", &request.base, CALL_MS, &reply);
    if (status.code != 0) {
        return -status.code;
    }
    int serving = (int)((check_response *)reply)->status;
    protobuf_c_message_free_unpacked(reply, NULL);
    return serving;
}

static void health_is_checked(void **state)
{
    struct fixture *f = *state;
    struct rpc_client *client = fixture_client(f, NULL);
    char whole[] = "";
    char echo[] = "talea.test.v1.Echo";
    char other[] = "talea.test.v1.Other";
    assert_int_equal(check(client, whole), SERVING);
    assert_int_equal(check(client, echo), SERVING);
    assert_int_equal(check(client, other), -5);
    rpc_server_set_serving(f->server, false);
    assert_int_equal(check(client, whole), NOT_SERVING);
    assert_int_equal(check(client, echo), NOT_SERVING);
    rpc_client_close(client);
}

static struct rpc_client_stream *watch(struct rpc_client *client, char *service)
{
    check_request request;
    grpc__health__v1__health_check_request__init(&request);
    struct rpc_client_stream *stream = NULL;
    request.service = service;
    assert_int_equal(rpc_client_stream_open(client, HEALTH, "Watch", 0, &stream), ERR_OK);
    assert_int_equal(rpc_client_stream_send(stream, &request.base), ERR_OK);
    assert_int_equal(rpc_client_stream_half_close(stream), ERR_OK);
    return stream;
}

static int next_health(struct rpc_client_stream *stream)
{
    const ProtobufCMessage *message;
    assert_int_equal(rpc_client_stream_receive(stream, CALL_MS, &message), ERR_OK);
    return (int)((const check_response *)message)->status;
}

static void health_is_watched(void **state)
{
    struct fixture *f = *state;
    struct rpc_client *client = fixture_client(f, NULL);
    char whole[] = "";
    char other[] = "talea.test.v1.Other";
    struct rpc_client_stream *stream = watch(client, whole);
    struct rpc_client_stream *unknown = watch(client, other);
    assert_int_equal(next_health(stream), SERVING);
    assert_int_equal(next_health(unknown), SERVICE_UNKNOWN);
    rpc_server_set_serving(f->server, false);
    assert_int_equal(next_health(stream), NOT_SERVING);
    rpc_server_set_serving(f->server, true);
    assert_int_equal(next_health(stream), SERVING);
    assert_int_equal(rpc_client_stream_close(unknown).code, 1);

    rpc_server_stop(f->server, 3600000); /* a watch holds nothing up */
    f->server = NULL;
    const ProtobufCMessage *message;
    enum err err = rpc_client_stream_receive(stream, CALL_MS, &message);
    if (err == ERR_OK) {
        assert_int_equal(((const check_response *)message)->status, NOT_SERVING);
        err = rpc_client_stream_receive(stream, CALL_MS, &message);
    }
    assert_int_equal(err, ERR_UNAVAILABLE);
    assert_int_equal(rpc_client_stream_close(stream).code, 14);
    rpc_client_close(client);
}

static const reflection_response *ask(struct rpc_client_stream *stream, int what, char *text)
{
    reflection_request request;
    grpc__reflection__v1__server_reflection_request__init(&request);
    const ProtobufCMessage *message;
    request.message_request_case =
        (Grpc__Reflection__V1__ServerReflectionRequest__MessageRequestCase)what;
    request.file_by_filename = text; /* the same place in the union for every text */
    assert_int_equal(rpc_client_stream_send(stream, &request.base), ERR_OK);
    assert_int_equal(rpc_client_stream_receive(stream, CALL_MS, &message), ERR_OK);
    return (const reflection_response *)message;
}

/* Field 1 of a FileDescriptorProto is its name. */
static void assert_file(const reflection_response *response, const char *name)
{
    assert_int_equal(
        response->message_response_case,
        GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_FILE_DESCRIPTOR_RESPONSE);
    assert_int_equal(response->file_descriptor_response->n_file_descriptor_proto, 1);
    ProtobufCBinaryData file = response->file_descriptor_response->file_descriptor_proto[0];
    struct reader reader = reader_of(slice_of(file.data, file.len));
    struct wire_field field;
    assert_true(wire_next_field(&reader, &field));
    assert_int_equal(field.number, 1);
    assert_true(slice_equal(field.bytes, slice_of(name, strlen(name))));
}

static void reflection_tells(struct rpc_client *client, const ProtobufCServiceDescriptor *service)
{
    enum {
        FILE_BY_NAME = 3,
        BY_SYMBOL = 4,
        EXTENSIONS = 6,
        SERVICES = 7
    };
    struct rpc_client_stream *stream = NULL;
    assert_int_equal(
        rpc_client_stream_open(client, service, "ServerReflectionInfo", CALL_MS, &stream), ERR_OK);
    char text[][64] = {"",
                       "echo.proto",
                       "talea.test.v1.Echo",
                       "talea.test.v1.Echo.Say",
                       "talea.test.v1.SayReply",
                       "grpc.health.v1.HealthCheckResponse.ServingStatus",
                       "nothing.proto"};
    const reflection_response *response = ask(stream, SERVICES, text[0]);
    assert_int_equal(response->list_services_response->n_service, 4);
    assert_string_equal(response->list_services_response->service[0]->name, "talea.test.v1.Echo");
    assert_file(ask(stream, FILE_BY_NAME, text[1]), "echo.proto");
    assert_file(ask(stream, BY_SYMBOL, text[2]), "echo.proto");
    assert_file(ask(stream, BY_SYMBOL, text[3]), "echo.proto");
    assert_file(ask(stream, BY_SYMBOL, text[4]), "echo.proto");
    assert_file(ask(stream, BY_SYMBOL, text[5]), "grpc/health/v1/health.proto");
    assert_int_equal(ask(stream, FILE_BY_NAME, text[6])->error_response->error_code, 5);
    assert_int_equal(ask(stream, BY_SYMBOL, text[6])->error_response->error_code, 5);
    assert_int_equal(ask(stream, EXTENSIONS, text[4])->error_response->error_code, 12);
    assert_int_equal(rpc_client_stream_half_close(stream), ERR_OK);
    const ProtobufCMessage *message;
    assert_int_equal(rpc_client_stream_receive(stream, CALL_MS, &message), ERR_NOT_FOUND);
    assert_int_equal(rpc_client_stream_close(stream).code, 0);
}

static void reflection_serves_both_versions(void **state)
{
    struct fixture *f = *state;
    struct rpc_client *client = fixture_client(f, NULL);
    ProtobufCServiceDescriptor alpha = *REFLECTION;
    alpha.name = "grpc.reflection.v1alpha.ServerReflection";
    reflection_tells(client, REFLECTION);
    reflection_tells(client, &alpha);
    rpc_client_close(client);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(health_is_checked),
        TEST(health_is_watched),
        TEST(reflection_serves_both_versions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
