/* The routes that every node has; for http.c only. */
#ifndef TELEMETRY_HTTP_BUILTIN_H
#define TELEMETRY_HTTP_BUILTIN_H

#include "telemetry/http.h"

#define HTTP_BUILTIN_ROUTES 3

struct http_builtin {
    struct metrics *metrics;
    void (*check_readiness)(void *context, struct readiness *readiness);
    void *readiness_context;
};

/* The routes point at `builtin`, which must outlive them. */
void http_builtin_routes(struct http_builtin *builtin,
                         struct http_route out_routes[HTTP_BUILTIN_ROUTES]);

#endif
