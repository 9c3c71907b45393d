/* A small HTTP/1.1 server on a port of its own, by libmicrohttpd.
 *
 *   /metrics   the registry, for Prometheus
 *   /healthz   200 while the process lives
 *   /readyz    200, or 503 with the reasons: {"ready":false,"reasons":["..."]}
 *
 * More routes come from a table; anything else is 404, another method 405. It speaks plain HTTP and
 * knows no callers: bind it to loopback or to a network of operators.
 *
 * Threads: two threads of libmicrohttpd's own run all handlers, which must be thread-safe and
 * quick. Start and stop are called by one thread. The caller blocks signals before the start.
 */
#ifndef TELEMETRY_HTTP_H
#define TELEMETRY_HTTP_H

#include "base/address.h"
#include "base/bytes.h"
#include "telemetry/metrics.h"

struct http_server;
struct http_exchange;

/* What was asked. Lives until the handler returns. */
struct http_request {
    const char *method; /* "GET", also for HEAD */
    const char *path;   /* decoded, without the query */
    struct slice body;  /* at most LIMIT_HTTP_BODY_BYTES */
    const struct http_exchange *exchange;
};

/* NULL when it isn't there. */
const char *http_request_query(const struct http_request *request, const char *name);
const char *http_request_header(const struct http_request *request, const char *name);

#define HTTP_REPLY_HEADERS_MAX 8

struct http_header {
    const char *name;
    char value[256];
};

/* Starts as 200, text/plain, empty. The server frees the body. */
struct http_reply {
    unsigned status;
    const char *content_type; /* constant */
    struct buffer body;
    struct http_header headers[HTTP_REPLY_HEADERS_MAX];
    size_t header_count;
};

void http_reply_text(struct http_reply *reply, unsigned status, const char *text);
/* `name` is constant, the value is copied; past HTTP_REPLY_HEADERS_MAX or 255 bytes it is an
 * assertion. Already there on every reply: Cache-Control: no-store, X-Content-Type-Options. */
void http_reply_header(struct http_reply *reply, const char *name, const char *value);

/* A body that failed to grow (reply->body.err) is answered as 500. */
typedef void http_handler(void *context, const struct http_request *request,
                          struct http_reply *reply);

struct http_route {
    const char *method; /* "GET" (which serves HEAD too), "POST", ... */
    const char *path;   /* "/console"; with a final slash it serves all below it: "/console/" */
    http_handler *handle;
    void *context;
};

#define READINESS_REASONS_MAX 8

struct readiness {
    char reasons[READINESS_REASONS_MAX][128];
    size_t count; /* 0 is ready; more than there is room for are counted only */
};

void readiness_add(struct readiness *readiness, const char *format, ...) PRINTF_LIKE(2, 3);

struct http_options {
    struct address listen;   /* port 0: the system picks one */
    struct metrics *metrics; /* borrowed until the stop */
    /* Adds what keeps the node from serving; NULL is always ready. Any thread. */
    void (*check_readiness)(void *context, struct readiness *readiness);
    void *readiness_context;
    const struct http_route *routes; /* borrowed until the stop; first match wins */
    size_t route_count;              /* at most LIMIT_HTTP_ROUTES */
};

/* ERR_INPUT: the address has no meaning here; ERR_UNAVAILABLE: it is taken or not ours;
 * ERR_RESOURCE. */
MUST_USE enum err http_server_start(const struct http_options *options,
                                    struct http_server **out_server, struct note *note);
int http_server_port(const struct http_server *server);
/* Stops listening, lets requests in flight end for at most `drain_ms`, closes all, joins, frees.
 * NULL is allowed. */
void http_server_stop(struct http_server *server, int64_t drain_ms);

#endif
