#include "telemetry/http_builtin.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"

void readiness_add(struct readiness *readiness, const char *format, ...)
{
    if (readiness->count < READINESS_REASONS_MAX) {
        char text[sizeof readiness->reasons[0]];
        va_list args;
        va_start(args, format);
        vsnprintf(text, sizeof text, format, args);
        va_end(args);
        text_clean(readiness->reasons[readiness->count], sizeof text, slice_of(text, strlen(text)));
    }
    readiness->count++;
}

static void serve_metrics(void *context, const struct http_request *request,
                          struct http_reply *reply)
{
    (void)request;
    const struct http_builtin *builtin = context;
    reply->content_type = METRICS_CONTENT_TYPE;
    reply->body.limit = LIMIT_METRICS_PAGE_BYTES;
    if (metrics_render(builtin->metrics, &reply->body) != ERR_OK) {
        buffer_fini(&reply->body);
        reply->content_type = "text/plain; charset=utf-8";
        http_reply_text(reply, 500, "the page is too long\n");
    }
}

static void serve_health(void *context, const struct http_request *request,
                         struct http_reply *reply)
{
    (void)context;
    (void)request;
    http_reply_text(reply, 200, "ok\n");
}

static int take_json(const char *text, size_t length, void *context)
{
    write_bytes(context, text, length);
    return 0;
}

static int write_readiness(const struct readiness *readiness, struct buffer *body)
{
    json_t *reasons = json_array();
    json_t *object = json_object();
    int failed = json_object_set_new(object, "ready", json_boolean(readiness->count == 0));
    for (size_t i = 0; i < readiness->count && i < READINESS_REASONS_MAX; i++) {
        failed |= json_array_append_new(reasons, json_string(readiness->reasons[i]));
    }
    failed |= json_object_set_new(object, "reasons", reasons);
    failed |= failed != 0 ? -1 : json_dump_callback(object, take_json, body, JSON_COMPACT);
    json_decref(object);
    write_bytes(body, "\n", 1);
    return failed;
}

static void serve_readiness(void *context, const struct http_request *request,
                            struct http_reply *reply)
{
    (void)request;
    const struct http_builtin *builtin = context;
    struct readiness readiness = {{{0}}, 0};
    if (builtin->check_readiness != NULL) {
        builtin->check_readiness(builtin->readiness_context, &readiness);
    }
    reply->status = readiness.count == 0 ? 200 : 503;
    reply->content_type = "application/json";
    if (write_readiness(&readiness, &reply->body) != 0) {
        buffer_clear(&reply->body);
        reply->content_type = "text/plain; charset=utf-8";
        http_reply_text(reply, 500, "out of memory\n");
    }
}

void http_builtin_routes(struct http_builtin *builtin,
                         struct http_route out_routes[HTTP_BUILTIN_ROUTES])
{
    out_routes[0] = (struct http_route){"GET", "/metrics", serve_metrics, builtin};
    out_routes[1] = (struct http_route){"GET", "/healthz", serve_health, builtin};
    out_routes[2] = (struct http_route){"GET", "/readyz", serve_readiness, builtin};
}
