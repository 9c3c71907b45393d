#include "telemetry/http.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/waiting.h"
#include "telemetry/http_builtin.h"

#define THREADS 2u

struct http_server {
    struct http_builtin builtin;
    const struct http_route *routes;
    size_t route_count;
    struct http_route own_routes[HTTP_BUILTIN_ROUTES];
    struct MHD_Daemon *daemon;
    int port;
    pthread_mutex_t lock;
    pthread_cond_t idle;
    unsigned in_flight; /* requests not yet answered; under the lock */
    bool is_stopping;   /* under the lock */
};

/* One request, from its first line to its last byte of answer. */
struct http_exchange {
    struct http_server *server;
    struct MHD_Connection *connection;
    struct buffer body;
    bool is_too_long;
};

const char *http_request_query(const struct http_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->exchange->connection, MHD_GET_ARGUMENT_KIND, name);
}

const char *http_request_header(const struct http_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->exchange->connection, MHD_HEADER_KIND, name);
}

void http_reply_text(struct http_reply *reply, unsigned status, const char *text)
{
    reply->status = status;
    write_bytes(&reply->body, text, strlen(text));
}

void http_reply_header(struct http_reply *reply, const char *name, const char *value)
{
    ASSERT(reply->header_count < HTTP_REPLY_HEADERS_MAX);
    struct http_header *header = &reply->headers[reply->header_count++];
    int length = snprintf(header->value, sizeof header->value, "%s", value);
    ASSERT(length >= 0 && (size_t)length < sizeof header->value);
    header->name = name;
}

static bool has_path(const struct http_route *route, const char *path)
{
    size_t length = strlen(route->path);
    bool is_folder = length > 1 && route->path[length - 1] == '/';
    return is_folder ? strncmp(route->path, path, length) == 0 : strcmp(route->path, path) == 0;
}

/* The route for this method; else notes the methods that the path has. */
static const struct http_route *find_route(const struct http_route *routes, size_t count,
                                           const struct http_request *request, char *allow,
                                           size_t room)
{
    for (size_t i = 0; i < count; i++) {
        if (!has_path(&routes[i], request->path)) {
            continue;
        }
        if (strcmp(routes[i].method, request->method) == 0) {
            return &routes[i];
        }
        size_t used = strlen(allow);
        bool is_get = strcmp(routes[i].method, "GET") == 0;
        snprintf(allow + used, room - used, "%s%s%s", used == 0 ? "" : ", ", routes[i].method,
                 is_get ? ", HEAD" : "");
    }
    return NULL;
}

static void handle(struct http_server *server, const struct http_request *request,
                   struct http_reply *reply)
{
    char allow[256] = "";
    const struct http_route *route =
        find_route(server->own_routes, HTTP_BUILTIN_ROUTES, request, allow, sizeof allow);
    if (route == NULL) {
        route = find_route(server->routes, server->route_count, request, allow, sizeof allow);
    }
    if (route != NULL) {
        route->handle(route->context, request, reply);
    } else if (allow[0] != '\0') {
        http_reply_header(reply, "Allow", allow);
        http_reply_text(reply, MHD_HTTP_METHOD_NOT_ALLOWED, "method not allowed\n");
    } else {
        http_reply_text(reply, MHD_HTTP_NOT_FOUND, "not found\n");
    }
}

static bool add_headers(struct MHD_Response *response, const struct http_reply *reply)
{
    bool is_good =
        MHD_add_response_header(response, "Content-Type", reply->content_type) == MHD_YES &&
        MHD_add_response_header(response, "Cache-Control", "no-store") == MHD_YES &&
        MHD_add_response_header(response, "X-Content-Type-Options", "nosniff") == MHD_YES;
    for (size_t i = 0; is_good && i < reply->header_count; i++) {
        is_good = MHD_add_response_header(response, reply->headers[i].name,
                                          reply->headers[i].value) == MHD_YES;
    }
    return is_good;
}

/* Queues the reply; the body's memory goes to the response. */
static enum MHD_Result answer(struct MHD_Connection *connection, struct http_reply *reply)
{
    if (reply->body.err != ERR_OK) {
        buffer_fini(&reply->body);
        http_reply_text(reply, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of room\n");
    }
    struct MHD_Response *response =
        MHD_create_response_from_buffer(reply->body.length, reply->body.at, MHD_RESPMEM_MUST_FREE);
    if (response == NULL) {
        buffer_fini(&reply->body);
        return MHD_NO;
    }
    enum MHD_Result result = add_headers(response, reply)
                                 ? MHD_queue_response(connection, reply->status, response)
                                 : MHD_NO;
    MHD_destroy_response(response);
    return result;
}

/* Opens the exchange, unless the server is about to stop. */
static struct http_exchange *open_exchange(struct http_server *server,
                                           struct MHD_Connection *connection)
{
    struct http_exchange *exchange = calloc(1, sizeof *exchange);
    if (exchange == NULL) {
        return NULL;
    }
    pthread_mutex_lock(&server->lock);
    bool is_stopping = server->is_stopping;
    server->in_flight += is_stopping ? 0 : 1;
    pthread_mutex_unlock(&server->lock);
    if (is_stopping) {
        free(exchange);
        return NULL;
    }
    exchange->server = server;
    exchange->connection = connection;
    exchange->body.limit = LIMIT_HTTP_BODY_BYTES;
    return exchange;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **state)
{
    (void)version;
    struct http_exchange *exchange = *state;
    if (exchange == NULL) {
        *state = open_exchange(context, connection);
        return *state == NULL ? MHD_NO : MHD_YES;
    }
    if (*upload_size > 0) {
        write_bytes(&exchange->body, upload, *upload_size);
        exchange->is_too_long = exchange->body.err != ERR_OK;
        *upload_size = 0;
        return MHD_YES;
    }
    struct http_reply reply = {.status = MHD_HTTP_OK, .content_type = "text/plain; charset=utf-8"};
    struct http_request request = {strcmp(method, "HEAD") == 0 ? "GET" : method, url,
                                   buffer_slice(&exchange->body), exchange};
    if (exchange->is_too_long) {
        http_reply_text(&reply, MHD_HTTP_CONTENT_TOO_LARGE, "the body is too long\n");
    } else {
        handle(context, &request, &reply);
    }
    return answer(connection, &reply);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode how)
{
    (void)connection;
    (void)how;
    struct http_server *server = context;
    struct http_exchange *exchange = *state;
    if (exchange == NULL) {
        return;
    }
    buffer_fini(&exchange->body);
    free(exchange);
    *state = NULL;
    pthread_mutex_lock(&server->lock);
    server->in_flight--;
    if (server->in_flight == 0) {
        pthread_cond_broadcast(&server->idle);
    }
    pthread_mutex_unlock(&server->lock);
}

static enum err try_bind(const struct addrinfo *at, int *out_file)
{
    int file =
        socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, at->ai_protocol);
    const int yes = 1;
    if (file < 0) {
        return ERR_UNAVAILABLE;
    }
    if (setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        bind(file, at->ai_addr, at->ai_addrlen) != 0 || listen(file, SOMAXCONN) != 0) {
        int failure = errno;
        close(file);
        errno = failure;
        return ERR_UNAVAILABLE;
    }
    *out_file = file;
    return ERR_OK;
}

static enum err open_listener(const struct address *listen_at, int *out_file, struct note *note)
{
    char where[ADDRESS_TEXT_MAX];
    char port[8];
    struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    address_format(listen_at, where);
    snprintf(port, sizeof port, "%u", listen_at->port);
    int failure = getaddrinfo(listen_at->host, port, &hints, &found);
    if (failure != 0) {
        return note_set(note, ERR_INPUT, "can't listen on %s: %s", where, gai_strerror(failure));
    }
    enum err err = ERR_UNAVAILABLE;
    for (const struct addrinfo *at = found; at != NULL && err != ERR_OK; at = at->ai_next) {
        err = try_bind(at, out_file);
    }
    int number = errno;
    freeaddrinfo(found);
    char text[128];
    return err == ERR_OK ? ERR_OK
                         : note_set(note, err, "can't listen on %s: %s", where,
                                    strerror_r(number, text, sizeof text));
}

static int port_of(int file)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    char port[8];
    if (getsockname(file, (struct sockaddr *)&address, &length) != 0 ||
        getnameinfo((const struct sockaddr *)&address, length, NULL, 0, port, sizeof port,
                    NI_NUMERICSERV) != 0) {
        return 0;
    }
    return (int)strtol(port, NULL, 10);
}

static struct MHD_Daemon *start_daemon(struct http_server *server, int listener)
{
    return MHD_start_daemon(
        MHD_USE_AUTO_INTERNAL_THREAD | MHD_USE_ITC, 0, NULL, NULL, on_request, server,
        MHD_OPTION_LISTEN_SOCKET, listener, MHD_OPTION_NOTIFY_COMPLETED, on_completed, server,
        MHD_OPTION_CONNECTION_LIMIT, LIMIT_HTTP_CONNECTIONS, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        LIMIT_HTTP_CONNECTIONS_PER_PEER, MHD_OPTION_CONNECTION_TIMEOUT, LIMIT_HTTP_TIMEOUT_S,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)LIMIT_HTTP_MEMORY_BYTES,
        MHD_OPTION_THREAD_POOL_SIZE, THREADS, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
}

static enum err init_waiting(struct http_server *server)
{
    pthread_condattr_t attributes;
    if (pthread_mutex_init(&server->lock, NULL) != 0) {
        return ERR_RESOURCE;
    }
    if (pthread_condattr_init(&attributes) == 0) {
        bool is_good = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
                       pthread_cond_init(&server->idle, &attributes) == 0;
        pthread_condattr_destroy(&attributes);
        if (is_good) {
            return ERR_OK;
        }
    }
    pthread_mutex_destroy(&server->lock);
    return ERR_RESOURCE;
}

static void free_server(struct http_server *server)
{
    pthread_cond_destroy(&server->idle);
    pthread_mutex_destroy(&server->lock);
    free(server);
}

enum err http_server_start(const struct http_options *options, struct http_server **out_server,
                           struct note *note)
{
    ASSERT(options->metrics != NULL && options->route_count <= LIMIT_HTTP_ROUTES);
    int listener = -1;
    TRY(open_listener(&options->listen, &listener, note));
    struct http_server *server = calloc(1, sizeof *server);
    if (server == NULL || init_waiting(server) != ERR_OK) {
        close(listener);
        free(server);
        return note_set(note, ERR_RESOURCE, "can't start the HTTP server: out of memory");
    }
    server->builtin = (struct http_builtin){options->metrics, options->check_readiness,
                                            options->readiness_context};
    http_builtin_routes(&server->builtin, server->own_routes);
    server->routes = options->routes;
    server->route_count = options->route_count;
    server->port = port_of(listener);
    server->daemon = start_daemon(server, listener);
    if (server->daemon == NULL) {
        close(listener);
        free_server(server);
        return note_set(note, ERR_RESOURCE, "can't start the HTTP server's threads");
    }
    *out_server = server;
    return ERR_OK;
}

int http_server_port(const struct http_server *server)
{
    return server->port;
}

static void wait_until_idle(struct http_server *server, int64_t drain_ms)
{
    struct timespec until = monotonic_after(drain_ms);
    pthread_mutex_lock(&server->lock);
    server->is_stopping = true;
    int waited = 0;
    while (server->in_flight > 0 && waited == 0) {
        waited = pthread_cond_timedwait(&server->idle, &server->lock, &until);
    }
    pthread_mutex_unlock(&server->lock);
}

void http_server_stop(struct http_server *server, int64_t drain_ms)
{
    if (server == NULL) {
        return;
    }
    int listener = MHD_quiesce_daemon(server->daemon);
    if (listener >= 0) {
        close(listener);
    }
    wait_until_idle(server, drain_ms);
    MHD_stop_daemon(server->daemon);
    free_server(server);
}
