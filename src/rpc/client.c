#include "rpc/client.h"

#include <grpc/grpc_security.h>
#include <grpc/status.h>
#include <grpc/support/time.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "rpc/client_internal.h"
#include "rpc/runtime.h"

#define BACKOFF_MS_FIRST     100
#define BACKOFF_MS_MAX       2000
#define CONNECT_MS_MAX       5000 /* C core calls this its minimum backoff */
#define KEEPALIVE_TIME_MS    30000
#define KEEPALIVE_TIMEOUT_MS 10000
#define METHOD_PATH_MAX      256

static grpc_arg arg_integer(const char *key, int value)
{
    union {
        const char *borrowed; /* C core only reads it */
        char *key;
    } name = {key};
    return (grpc_arg){.type = GRPC_ARG_INTEGER, .key = name.key, .value.integer = value};
}

static grpc_arg arg_string(const char *key, const char *value)
{
    grpc_arg arg = arg_integer(key, 0);
    union {
        const char *borrowed;
        char *text;
    } text = {value};
    arg.type = GRPC_ARG_STRING;
    arg.value.string = text.text;
    return arg;
}

static enum err create_channel(struct rpc_client *client, const struct rpc_client_options *options)
{
    grpc_ssl_pem_key_cert_pair pair = {options->key, options->certificate_chain};
    grpc_channel_credentials *credentials =
        grpc_ssl_credentials_create_ex(options->trusted_roots, &pair, NULL, NULL);
    if (credentials == NULL) {
        return ERR_INPUT;
    }
    grpc_arg list[16];
    size_t count = 0;
    list[count++] = arg_integer(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, BACKOFF_MS_FIRST);
    list[count++] = arg_integer(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, BACKOFF_MS_MAX);
    list[count++] = arg_integer(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, CONNECT_MS_MAX);
    list[count++] = arg_integer(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, LIMIT_MESSAGE_BYTES);
    list[count++] = arg_integer(GRPC_ARG_MAX_SEND_MESSAGE_LENGTH, LIMIT_MESSAGE_BYTES);
    list[count++] = arg_integer(GRPC_ARG_KEEPALIVE_TIME_MS, KEEPALIVE_TIME_MS);
    list[count++] = arg_integer(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, KEEPALIVE_TIMEOUT_MS);
    list[count++] = arg_integer(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    list[count++] = arg_integer(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
    list[count++] = arg_integer(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    list[count++] =
        arg_integer(GRPC_COMPRESSION_CHANNEL_ENABLED_ALGORITHMS_BITSET, 1 << GRPC_COMPRESS_NONE);
    list[count++] = arg_integer(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
    list[count++] = arg_integer(GRPC_ARG_ENABLE_CHANNELZ, 0);
    if (options->server_dns_name != NULL) {
        list[count++] = arg_string(GRPC_SSL_TARGET_NAME_OVERRIDE_ARG, options->server_dns_name);
    }
    grpc_channel_args args = {count, list};
    client->channel = grpc_channel_create(options->address, credentials, &args);
    grpc_channel_credentials_release(credentials);
    return client->channel == NULL ? ERR_INPUT : ERR_OK;
}

static void *queue_thread(void *context)
{
    struct rpc_client *client = context;
    completion_loop(client->queue);
    return NULL;
}

static enum err start(struct rpc_client *client, const struct rpc_client_options *options,
                      struct note *note)
{
    if (create_channel(client, options) != ERR_OK) {
        return note_set(note, ERR_INPUT,
                        "no channel to %s: the certificate, the key or the trusted roots can't be "
                        "read",
                        options->address);
    }
    client->queue = grpc_completion_queue_create_for_next(NULL);
    if (pthread_create(&client->queue_thread, NULL, queue_thread, client) != 0) {
        grpc_completion_queue_shutdown(client->queue);
        grpc_completion_queue_destroy(client->queue);
        grpc_channel_destroy(client->channel);
        return note_set(note, ERR_RESOURCE, "no thread for the channel to %s", options->address);
    }
    return ERR_OK;
}

enum err rpc_client_open(const struct rpc_client_options *options, struct rpc_client **out_client,
                         struct note *note)
{
    struct rpc_client *client = calloc(1, sizeof *client);
    if (client == NULL) {
        return ERR_RESOURCE;
    }
    enum err err = runtime_acquire(note);
    if (err != ERR_OK) {
        free(client);
        return err;
    }
    pthread_mutex_init(&client->mutex, NULL);
    pthread_cond_init(&client->is_idle, NULL);
    err = start(client, options, note);
    if (err != ERR_OK) {
        pthread_cond_destroy(&client->is_idle);
        pthread_mutex_destroy(&client->mutex);
        runtime_release();
        free(client);
        return err;
    }
    *out_client = client;
    return ERR_OK;
}

void client_destroy(struct rpc_client *client)
{
    grpc_channel_destroy(client->channel);
    grpc_completion_queue_shutdown(client->queue);
    pthread_join(client->queue_thread, NULL);
    grpc_completion_queue_destroy(client->queue);
    pthread_cond_destroy(&client->is_idle);
    pthread_mutex_destroy(&client->mutex);
    runtime_release();
    free(client);
}

const ProtobufCMethodDescriptor *client_find_method(const ProtobufCServiceDescriptor *service,
                                                    const char *method)
{
    return protobuf_c_service_descriptor_get_method_by_name(service, method);
}

grpc_call *client_create_call(struct rpc_client *client, const ProtobufCServiceDescriptor *service,
                              const char *method, int64_t timeout_ms)
{
    char path[METHOD_PATH_MAX];
    int length = snprintf(path, sizeof path, "/%s/%s", service->name, method);
    ASSERT(length > 0 && length < METHOD_PATH_MAX);
    gpr_timespec deadline = gpr_inf_future(GPR_CLOCK_MONOTONIC);
    if (timeout_ms > 0) {
        deadline = gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                                gpr_time_from_millis(timeout_ms, GPR_TIMESPAN));
    }
    grpc_slice name = grpc_slice_from_copied_buffer(path, (size_t)length);
    grpc_call *call = grpc_channel_create_call(client->channel, NULL, GRPC_PROPAGATE_DEFAULTS,
                                               client->queue, name, NULL, deadline, NULL);
    grpc_slice_unref(name);
    return call;
}

void incoming_status_init(struct incoming_status *in)
{
    grpc_metadata_array_init(&in->trailers);
    in->code = GRPC_STATUS_UNKNOWN;
    in->text = grpc_empty_slice();
}

void incoming_status_fini(struct incoming_status *in)
{
    grpc_metadata_array_destroy(&in->trailers);
    grpc_slice_unref(in->text);
}

void incoming_status_add(struct incoming_status *in, grpc_op *ops, size_t *count)
{
    grpc_op *op = batch_add(ops, count, GRPC_OP_RECV_STATUS_ON_CLIENT);
    op->data.recv_status_on_client.trailing_metadata = &in->trailers;
    op->data.recv_status_on_client.status = &in->code;
    op->data.recv_status_on_client.status_details = &in->text;
}

struct rpc_status incoming_status_read(const struct incoming_status *in)
{
    if (in->code == GRPC_STATUS_OK) {
        return rpc_status_ok();
    }
    struct slice text = slice_of_grpc(&in->text);
    if (!text_is_printable(text)) {
        text.length = 0;
    }
    struct rpc_status status =
        rpc_status_make((int)in->code, "", "%.*s",
                        (int)(text.length > RPC_MESSAGE_MAX ? RPC_MESSAGE_MAX : text.length),
                        (const char *)text.at);
    rpc_message_shorten(status.message);
    for (size_t i = 0; i < in->trailers.count; i++) {
        if (grpc_slice_str_cmp(in->trailers.metadata[i].key, RPC_DETAILS_KEY) == 0) {
            details_decode(slice_of_grpc(&in->trailers.metadata[i].value), &status);
        }
    }
    if (status.reason[0] == '\0') {
        return rpc_status_make(status.code, rpc_code_name(status.code), "%s", status.message);
    }
    return status;
}
