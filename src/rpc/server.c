/* Start, stop and the bookkeeping of live calls. */
#include <grpc/support/time.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/limits.h"
#include "rpc/runtime.h"
#include "rpc/server_internal.h"

#define OWN_SERVICES         (1 + REFLECTION_SERVICES) /* health and reflection */
#define SLOTS_WANTED         32u                       /* of all unary methods together */
#define SLOTS_PER_METHOD_MAX 8u
#define SLOTS_UNKNOWN        4u /* calls of methods that don't exist */
#define HANDSHAKE_MS         10000
#define KEEPALIVE_TIME_MS    30000
#define KEEPALIVE_TIMEOUT_MS 10000
#define KEPT_BYTES           (32 << 20) /* free memory that each heap of malloc keeps, about */
#define TURN_COMPLETIONS     64u        /* of one turn, at most */
#define OWN_MAPPING_BYTES    (8 << 20)  /* from here on memory is mapped for itself */
#define PING_INTERVAL_MS_MIN 5000       /* a client that pings more often is cut off */

size_t server_count_call(struct rpc_server *server)
{
    pthread_mutex_lock(&server->mutex);
    size_t live = ++server->live_count;
    pthread_mutex_unlock(&server->mutex);
    return live;
}

void server_uncount_call(struct rpc_server *server)
{
    pthread_mutex_lock(&server->mutex);
    ASSERT(server->live_count > 0);
    server->live_count--;
    if (server->live_count == 0) {
        pthread_cond_broadcast(&server->is_changed);
    }
    pthread_mutex_unlock(&server->mutex);
}

void server_report_call(const struct rpc_server *server, const struct method *method, int code,
                        int64_t started_us)
{
    if (server->options.on_call != NULL) {
        /* The name of an unknown method is the caller's invention: it must not become a label. */
        const char *name = method == NULL ? "unknown" : method->path;
        server->options.on_call(server->options.on_call_context, name, code,
                                clock_us() - started_us);
    }
}

static const struct rpc_method *find_handler(const struct rpc_service *service, const char *name)
{
    for (size_t i = 0; i < service->method_count; i++) {
        if (strcmp(service->methods[i].name, name) == 0) {
            return &service->methods[i];
        }
    }
    return NULL;
}

static enum err add_method(struct rpc_server *server, const struct rpc_service *service,
                           const ProtobufCMethodDescriptor *descriptor, struct note *note)
{
    const struct rpc_method *handler = find_handler(service, descriptor->name);
    if (handler == NULL) {
        return ERR_OK; /* answered UNIMPLEMENTED */
    }
    struct method *method = &server->methods[server->method_count];
    *method = (struct method){.server = server,
                              .handler = handler,
                              .descriptor = descriptor,
                              .context = service->context};
    if (asprintf(&method->path, "/%s.%s", service->descriptor->name, descriptor->name) < 0) {
        method->path = NULL;
        return ERR_RESOURCE;
    }
    server->method_count++;
    if (catalogue_find_method(server->catalogue, method->path + 1, &method->kind) != ERR_OK) {
        return note_set(note, ERR_INPUT, "%s is not in the file descriptor set", method->path + 1);
    }
    *strrchr(method->path, '.') = '/';
    bool is_fit = method->kind == CALL_UNARY ? handler->unary != NULL : handler->stream != NULL;
    if (!is_fit) {
        return note_set(note, ERR_INPUT, "%s has a handler of the wrong kind", method->path);
    }
    return ERR_OK;
}

static enum err add_service(struct rpc_server *server, const struct rpc_service *service,
                            struct note *note)
{
    const ProtobufCServiceDescriptor *descriptor = service->descriptor;
    for (size_t i = 0; i < service->method_count; i++) {
        const char *name = service->methods[i].name;
        if (protobuf_c_service_descriptor_get_method_by_name(descriptor, name) == NULL) {
            return note_set(note, ERR_INPUT, "%s has no method %s", descriptor->name, name);
        }
    }
    for (unsigned i = 0; i < descriptor->n_methods; i++) {
        TRY(add_method(server, service, &descriptor->methods[i], note));
    }
    return ERR_OK;
}

/* The caller's services, health and reflection; the catalogue of all; the methods of all. */
static enum err build_dispatch(struct rpc_server *server, const struct rpc_service *services,
                               size_t service_count, struct note *note)
{
    struct slice sets[] = {server->options.file_descriptor_set, reflection_descriptor_set()};
    TRY(catalogue_create(sets, 2, &server->catalogue, note));
    server->service_count = service_count + OWN_SERVICES;
    server->services = calloc(server->service_count, sizeof *server->services);
    if (server->services == NULL) {
        return ERR_RESOURCE;
    }
    if (service_count > 0) {
        memcpy(server->services, services, service_count * sizeof *services);
    }
    server->services[service_count] = health_service(server);
    reflection_services(server, server->services + service_count + 1);
    size_t method_max = 0;
    for (size_t i = 0; i < server->service_count; i++) {
        method_max += server->services[i].descriptor->n_methods;
    }
    server->methods = calloc(method_max, sizeof *server->methods);
    if (server->methods == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < server->service_count; i++) {
        TRY(add_service(server, &server->services[i], note));
    }
    return ERR_OK;
}

static grpc_arg arg_integer(const char *key, int value)
{
    union {
        const char *borrowed; /* C core only reads it */
        char *key;
    } name = {key};
    return (grpc_arg){.type = GRPC_ARG_INTEGER, .key = name.key, .value.integer = value};
}

static enum err create_core(struct rpc_server *server)
{
    grpc_resource_quota *quota = grpc_resource_quota_create("talea");
    grpc_resource_quota_resize(quota, LIMIT_TRANSPORT_BYTES);
    char quota_key[] = GRPC_ARG_RESOURCE_QUOTA;
    grpc_arg list[] = {
        arg_integer(GRPC_ARG_ALLOW_REUSEPORT, 0),
        arg_integer(GRPC_ARG_MAX_CONCURRENT_STREAMS, LIMIT_CONCURRENT_STREAMS),
        arg_integer(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, LIMIT_MESSAGE_BYTES),
        arg_integer(GRPC_ARG_MAX_SEND_MESSAGE_LENGTH, LIMIT_MESSAGE_BYTES),
        arg_integer(GRPC_ARG_MAX_METADATA_SIZE, LIMIT_METADATA_BYTES),
        arg_integer(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, HANDSHAKE_MS),
        arg_integer(GRPC_ARG_KEEPALIVE_TIME_MS, KEEPALIVE_TIME_MS),
        arg_integer(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, KEEPALIVE_TIMEOUT_MS),
        arg_integer(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1),
        arg_integer(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, PING_INTERVAL_MS_MIN),
        /* A compressed message has no bound on what it becomes. */
        arg_integer(GRPC_COMPRESSION_CHANNEL_ENABLED_ALGORITHMS_BITSET, 1 << GRPC_COMPRESS_NONE),
        arg_integer(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0),
        arg_integer(GRPC_ARG_ENABLE_CHANNELZ, 0),
        {.type = GRPC_ARG_POINTER,
         .key = quota_key,
         .value.pointer = {quota, grpc_resource_quota_arg_vtable()}},
    };
    grpc_channel_args args = {sizeof list / sizeof list[0], list};
    server->core = grpc_server_create(&args, NULL);
    grpc_resource_quota_unref(quota);
    if (server->core == NULL) {
        return ERR_INTERNAL;
    }
    grpc_server_register_completion_queue(server->core, server->queue, NULL);
    for (size_t i = 0; i < server->method_count; i++) {
        struct method *method = &server->methods[i];
        method->registration = grpc_server_register_method(
            server->core, method->path, NULL,
            method->kind == CALL_UNARY ? GRPC_SRM_PAYLOAD_READ_INITIAL_BYTE_BUFFER
                                       : GRPC_SRM_PAYLOAD_NONE,
            0);
        if (method->registration == NULL) {
            return ERR_INTERNAL;
        }
    }
    return ERR_OK;
}

static enum err listen_on(struct rpc_server *server, struct note *note)
{
    const char *address = server->options.listen_address;
    grpc_server_credentials *credentials = server_credentials_create(server);
    if (credentials == NULL) {
        return note_set(note, ERR_INPUT, "the server's certificate can't be used");
    }
    server->port = grpc_server_add_http2_port(server->core, address, credentials);
    grpc_server_credentials_release(credentials);
    if (server->port <= 0) {
        return note_set(note, ERR_UNAVAILABLE,
                        "can't listen on %s: the address is taken or wrong, or the server's "
                        "certificate, key or trusted roots can't be read",
                        address);
    }
    grpc_server_start(server->core);
    return ERR_OK;
}

static void init_slot(struct rpc_server *server, struct method *method)
{
    struct request_slot *slot = &server->slots[server->slot_count++];
    slot->server = server;
    slot->method = method;
    slot->completion.run = accept_on_request;
    slot->completion.owner = slot;
    accept_post(slot);
}

static enum err post_slots(struct rpc_server *server)
{
    unsigned per_method = SLOTS_WANTED / (unsigned)server->method_count;
    per_method = per_method > SLOTS_PER_METHOD_MAX ? SLOTS_PER_METHOD_MAX : per_method;
    per_method = per_method == 0 ? 1 : per_method;
    server->slots =
        calloc(server->method_count * per_method + SLOTS_UNKNOWN, sizeof *server->slots);
    if (server->slots == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < server->method_count; i++) {
        for (unsigned k = 0; k < (server->methods[i].kind == CALL_UNARY ? per_method : 1); k++) {
            init_slot(server, &server->methods[i]);
        }
    }
    for (unsigned i = 0; i < SLOTS_UNKNOWN; i++) {
        init_slot(server, NULL);
    }
    return ERR_OK;
}

static void end_turn(const struct rpc_server *server)
{
    if (server->options.on_turn != NULL) {
        server->options.on_turn(server->options.on_turn_context);
    }
}

/* Completions until nothing is left to be done at once. */
static void *queue_thread(void *context)
{
    struct rpc_server *server = context;
    unsigned run = 0; /* in this turn */
    for (;;) {
        gpr_timespec until =
            run > 0 ? gpr_inf_past(GPR_CLOCK_REALTIME) : gpr_inf_future(GPR_CLOCK_REALTIME);
        grpc_event event = grpc_completion_queue_next(server->queue, until, NULL);
        if (event.type == GRPC_OP_COMPLETE) {
            completion_run(&event);
            run++;
        }
        if (event.type != GRPC_OP_COMPLETE || run == TURN_COMPLETIONS) {
            end_turn(server);
            run = 0;
        }
        if (event.type == GRPC_QUEUE_SHUTDOWN) {
            return NULL;
        }
    }
}

static void on_shut_down(struct completion *completion, bool is_ok)
{
    struct rpc_server *server = completion->owner;
    (void)is_ok;
    pthread_mutex_lock(&server->mutex);
    server->is_shut_down = true;
    pthread_cond_broadcast(&server->is_changed);
    pthread_mutex_unlock(&server->mutex);
}

static enum err start_threads(struct rpc_server *server)
{
    unsigned workers = server->options.workers == 0 ? 1 : server->options.workers;
    unsigned streams = server->options.streams_max == 0 ? 1 : server->options.streams_max;
    TRY(pool_init(&server->workers, workers, LIMIT_WORKER_QUEUE));
    TRY(pool_init(&server->streams, streams, 0));
    server->queue = grpc_completion_queue_create_for_next(NULL);
    if (pthread_create(&server->queue_thread, NULL, queue_thread, server) != 0) {
        grpc_completion_queue_shutdown(server->queue);
        grpc_completion_queue_destroy(server->queue);
        server->queue = NULL;
        return ERR_RESOURCE;
    }
    return ERR_OK;
}

/* A batch takes some megabytes and gives them back. Were they the system's again each time, it
 * would have to clear each page anew for the next batch. */
static void keep_freed_memory(void)
{
    (void)mallopt(M_MMAP_THRESHOLD, OWN_MAPPING_BYTES);
    (void)mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
}

static enum err start(struct rpc_server *server, const struct rpc_service *services,
                      size_t service_count, struct note *note)
{
    TRY(build_dispatch(server, services, service_count, note));
    TRY(start_threads(server));
    TRY(create_core(server));
    TRY(listen_on(server, note));
    return post_slots(server);
}

enum err rpc_server_start(const struct rpc_server_options *options,
                          const struct rpc_service *services, size_t service_count,
                          struct rpc_server **out_server, struct note *note)
{
    struct rpc_server *server = calloc(1, sizeof *server);
    if (server == NULL) {
        return ERR_RESOURCE;
    }
    enum err err = runtime_acquire(note);
    if (err != ERR_OK) {
        free(server);
        return err;
    }
    keep_freed_memory();
    server->options = *options;
    server->shut_down = (struct completion){.run = on_shut_down, .owner = server};
    pthread_mutex_init(&server->mutex, NULL);
    pthread_mutex_init(&server->resumed_lock, NULL);
    cond_init_monotonic(&server->is_changed);
    callers_init(&server->callers, &options->tls);
    if (options->on_log != NULL) {
        runtime_set_log(options->on_log, options->on_log_context);
    }
    err = start(server, services, service_count, note);
    if (err != ERR_OK) {
        rpc_server_stop(server, 0);
        return err;
    }
    *out_server = server;
    return ERR_OK;
}

int rpc_server_port(const struct rpc_server *server)
{
    return server->port;
}

void rpc_server_set_serving(struct rpc_server *server, bool is_serving)
{
    if (atomic_exchange(&server->is_serving, is_serving) != is_serving) {
        atomic_fetch_add(&server->health_version, 1);
        streams_wake(server);
    }
}

/* Waits until no call is live or, when that is wanted, until C core says that it is shut down. */
static void wait_drained(struct rpc_server *server, const struct timespec *until)
{
    pthread_mutex_lock(&server->mutex);
    while (server->live_count > 0 || (until == NULL && !server->is_shut_down)) {
        if (until == NULL) {
            pthread_cond_wait(&server->is_changed, &server->mutex);
        } else if (pthread_cond_timedwait(&server->is_changed, &server->mutex, until) != 0) {
            break;
        }
    }
    pthread_mutex_unlock(&server->mutex);
}

static void shut_down_core(struct rpc_server *server, int64_t drain_ms)
{
    struct timespec until = monotonic_after(drain_ms);
    rpc_server_set_serving(server, false);
    atomic_store(&server->is_draining, true);
    completion_arm(&server->shut_down);
    grpc_server_shutdown_and_notify(server->core, server->queue, &server->shut_down);
    streams_wake(server);
    wait_drained(server, &until);
    grpc_server_cancel_all_calls(server->core);
    wait_drained(server, NULL);
}

static void free_dispatch(struct rpc_server *server)
{
    for (size_t i = 0; i < server->method_count; i++) {
        free(server->methods[i].path);
    }
    free(server->methods);
    free(server->slots);
    free(server->services);
    catalogue_destroy(server->catalogue);
}

void rpc_server_stop(struct rpc_server *server, int64_t drain_ms)
{
    if (server == NULL) {
        return;
    }
    if (server->core != NULL) {
        shut_down_core(server, drain_ms);
    }
    if (server->workers.threads != NULL) {
        pool_fini(&server->workers);
    }
    if (server->streams.threads != NULL) {
        pool_fini(&server->streams);
    }
    if (server->queue != NULL) {
        grpc_completion_queue_shutdown(server->queue);
        pthread_join(server->queue_thread, NULL);
        callers_fini(&server->callers);
        if (server->core != NULL) {
            grpc_server_destroy(server->core);
        }
        grpc_completion_queue_destroy(server->queue);
    }
    free_dispatch(server);
    pthread_cond_destroy(&server->is_changed);
    pthread_mutex_destroy(&server->resumed_lock);
    pthread_mutex_destroy(&server->mutex);
    runtime_release();
    runtime_clear_log(server->options.on_log, server->options.on_log_context);
    free(server);
}
