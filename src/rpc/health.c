/* grpc.health.v1: Check and Watch, for the whole server ("") and for each service by name. */
#include <grpc/status.h>
#include <string.h>

#include "grpc/health/v1/health.pb-c.h"
#include "rpc/server_internal.h"

#define ANY_ROLE UINT32_MAX /* whoever proved an identity */

typedef Grpc__Health__V1__HealthCheckRequest check_request;
typedef Grpc__Health__V1__HealthCheckResponse check_response;

static bool is_known(const struct rpc_server *server, const char *name)
{
    for (size_t i = 0; i < server->service_count; i++) {
        if (strcmp(server->services[i].descriptor->name, name) == 0) {
            return true;
        }
    }
    return name[0] == '\0';
}

static check_response current(const struct rpc_server *server, bool is_named_known)
{
    check_response response;
    grpc__health__v1__health_check_response__init(&response);
    response.status = !is_named_known
                          ? GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVICE_UNKNOWN
                      : atomic_load(&server->is_serving)
                          ? GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING
                          : GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__NOT_SERVING;
    return response;
}

static void check(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    const struct rpc_server *server = context;
    const check_request *request = (const check_request *)message;
    if (!is_known(server, request->service)) {
        struct rpc_status unknown = rpc_status_make(GRPC_STATUS_NOT_FOUND, "UNKNOWN_SERVICE",
                                                    "There is no service of that name.");
        rpc_call_refuse(call, &unknown);
        return;
    }
    check_response response = current(server, true);
    rpc_call_reply(call, &response.base);
}

static struct rpc_status watch(void *context, struct rpc_stream *stream)
{
    struct rpc_server *server = context;
    const ProtobufCMessage *message;
    enum err err = rpc_stream_receive(stream, &message);
    if (err != ERR_OK) {
        return rpc_status_of(err, NULL);
    }
    bool is_named_known = is_known(server, ((const check_request *)message)->service);
    while (err == ERR_OK) {
        unsigned version = atomic_load(&server->health_version);
        check_response response = current(server, is_named_known);
        err = rpc_stream_send(stream, &response.base);
        if (err == ERR_OK) {
            err = stream_wait_health(stream, version);
        }
    }
    return rpc_status_of(err, NULL);
}

struct rpc_service health_service(struct rpc_server *server)
{
    static const struct rpc_method methods[] = {
        {.name = "Check", .roles = ANY_ROLE, .placement = RPC_INLINE, .unary = check},
        {.name = "Watch", .roles = ANY_ROLE, .stream = watch},
    };
    return (struct rpc_service){&grpc__health__v1__health__descriptor, methods, 2, server};
}
