#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "talea_echo_proto_descriptor_set.h"

static uint64_t generation(void *context)
{
    struct fixture *fixture = context;
    return atomic_load(&fixture->generation);
}

static enum err load(void *context, const char **out_certificate_chain, const char **out_key,
                     const char **out_trusted_roots)
{
    struct fixture *fixture = context;
    if (atomic_load(&fixture->is_load_failing)) {
        return ERR_CORRUPT;
    }
    *out_certificate_chain = fixture->server_certificate.pem;
    *out_key = fixture->server_certificate.key;
    *out_trusted_roots = fixture->authority.pem;
    return ERR_OK;
}

static bool accepts(void *context, const struct identity *identity, const char *chain_pem)
{
    struct fixture *fixture = context;
    static const char begin[] = "-----BEGIN CERTIFICATE-----";
    atomic_fetch_add(&fixture->accept_count, 1);
    return !atomic_load(&fixture->is_refusing) && strcmp(identity->coalition, "sunrise") == 0 &&
           strncmp(chain_pem, begin, strlen(begin)) == 0;
}

static void on_call(void *context, const char *full_method, int status_code, int64_t duration_us)
{
    struct fixture *fixture = context;
    ASSERT(duration_us >= 0 && full_method[0] != '\0');
    pthread_mutex_lock(&fixture->mutex);
    fixture->last_code = status_code;
    fixture->call_count++;
    snprintf(fixture->last_method, sizeof fixture->last_method, "%s", full_method);
    pthread_cond_broadcast(&fixture->is_changed);
    pthread_mutex_unlock(&fixture->mutex);
}

int fixture_wait_calls(struct fixture *fixture, unsigned count)
{
    pthread_mutex_lock(&fixture->mutex);
    while (fixture->call_count < count) {
        pthread_cond_wait(&fixture->is_changed, &fixture->mutex);
    }
    int code = fixture->last_code;
    pthread_mutex_unlock(&fixture->mutex);
    return code;
}

static void on_log(void *context, const char *line)
{
    struct fixture *fixture = context;
    ASSERT(line[0] != '\0');
    atomic_store(&fixture->is_log_heard, true);
}

struct rpc_server_options fixture_options(struct fixture *fixture)
{
    return (struct rpc_server_options){
        .listen_address = "127.0.0.1:0",
        .tls = {fixture, generation, load, accepts},
        .file_descriptor_set =
            slice_of(talea_echo_proto_descriptor_set, talea_echo_proto_descriptor_set_length),
        .workers = fixture->workers,
        .streams_max = fixture->streams_max,
        .on_turn = echo_end_turn,
        .on_turn_context = &fixture->echo,
        .on_call = on_call,
        .on_call_context = fixture,
        .on_log = on_log,
        .on_log_context = fixture,
    };
}

void fixture_start(struct fixture *fixture)
{
    struct rpc_server_options options = fixture_options(fixture);
    struct note note = {{0}};
    fixture->service = echo_service(&fixture->echo);
    if (rpc_server_start(&options, &fixture->service, 1, &fixture->server, &note) != ERR_OK) {
        fail_msg("%s", note.text);
    }
    rpc_server_set_serving(fixture->server, true);
    snprintf(fixture->address, sizeof fixture->address, "127.0.0.1:%d",
             rpc_server_port(fixture->server));
}

int fixture_setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    ASSERT(fixture != NULL);
    authority_init(&fixture->authority, "acme root");
    certificate_issue(&fixture->authority, "DNS:" SERVER_NAME ",URI:talea://sunrise/acme/node/n1",
                      DAY_S, &fixture->server_certificate);
    certificate_issue(&fixture->authority, TILL_URI, DAY_S, &fixture->till);
    pthread_mutex_init(&fixture->mutex, NULL);
    pthread_cond_init(&fixture->is_changed, NULL);
    echo_init(&fixture->echo);
    fixture->workers = 4;
    fixture->streams_max = 4;
    fixture_start(fixture);
    *state = fixture;
    return 0;
}

int fixture_teardown(void **state)
{
    struct fixture *fixture = *state;
    echo_release(&fixture->echo);
    rpc_server_stop(fixture->server, 0);
    echo_fini(&fixture->echo);
    pthread_cond_destroy(&fixture->is_changed);
    pthread_mutex_destroy(&fixture->mutex);
    certificate_fini(&fixture->till);
    certificate_fini(&fixture->server_certificate);
    authority_fini(&fixture->authority);
    free(fixture);
    return 0;
}

struct rpc_client *fixture_client(struct fixture *fixture, const struct certificate *certificate)
{
    const struct certificate *used = certificate == NULL ? &fixture->till : certificate;
    struct rpc_client *client = NULL;
    struct rpc_client_options options = {.address = fixture->address,
                                         .certificate_chain = used->pem,
                                         .key = used->key,
                                         .trusted_roots = fixture->authority.pem,
                                         .server_dns_name = SERVER_NAME};
    assert_int_equal(rpc_client_open(&options, &client, NULL), ERR_OK);
    return client;
}

struct rpc_status fixture_say(struct rpc_client *client, const char *method, const char *text,
                              int64_t timeout_ms)
{
    Talea__Test__V1__SayRequest request;
    talea__test__v1__say_request__init(&request);
    char copy[256];
    ProtobufCMessage *reply = NULL;
    snprintf(copy, sizeof copy, "%s", text);
    request.text = copy;
    request.count = 7;
    struct rpc_status status =
        rpc_client_call(client, ECHO_SERVICE, method, &request.base, timeout_ms, &reply);
    if (status.code == 0) {
        assert_non_null(reply);
        assert_string_equal(((Talea__Test__V1__SayReply *)reply)->text, text);
        protobuf_c_message_free_unpacked(reply, NULL);
    } else {
        assert_null(reply);
    }
    return status;
}

void raw_service_init(struct raw_service *raw, const char *service, const char *method)
{
    raw->index = 0;
    raw->method = (ProtobufCMethodDescriptor){method, &talea__test__v1__raw_request__descriptor,
                                              &talea__test__v1__say_reply__descriptor};
    raw->service = talea__test__v1__echo__descriptor;
    raw->service.name = service;
    raw->service.n_methods = 1;
    raw->service.methods = &raw->method;
    raw->service.method_indices_by_name = &raw->index;
}
