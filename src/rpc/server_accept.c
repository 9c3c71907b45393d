/* From a request slot to a running handler: everything that is asked before a handler sees a call,
 * in the order in which a refusal names it: the method, the caller's identity, the role, the load.
 */
#include <grpc/status.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/text.h"
#include "rpc/server_internal.h"

#define METHOD_SHOWN_MAX 200

/* Without memory even for a refusal the caller sees CANCELLED. */
static struct rpc_call *create_or_drop(struct rpc_server *server, struct method *method,
                                       grpc_call *core_call, gpr_timespec deadline)
{
    struct rpc_call *call = call_create(server, method, core_call, deadline);
    if (call == NULL) {
        grpc_call_cancel(core_call, NULL);
        grpc_call_unref(core_call);
        server_uncount_call(server);
    }
    return call;
}

void accept_refuse(struct rpc_server *server, struct method *method, grpc_call *core_call,
                   gpr_timespec deadline, const struct rpc_status *status)
{
    struct rpc_call *call = create_or_drop(server, method, core_call, deadline);
    if (call != NULL) {
        rpc_call_refuse(call, status);
    }
}

static struct rpc_status unknown_method(const grpc_slice *path)
{
    struct slice name = slice_of_grpc(path);
    if (name.length > METHOD_SHOWN_MAX || !text_is_printable(name)) {
        name = slice_of("That", 4);
    }
    return rpc_status_make(GRPC_STATUS_UNIMPLEMENTED, "UNKNOWN_METHOD",
                           "%.*s is no method of this server.", (int)name.length,
                           (const char *)name.at);
}

static struct rpc_status check_caller(struct rpc_server *server, const struct method *method,
                                      grpc_call *core_call, struct identity *out_identity)
{
    const char *refusal = callers_identify(&server->callers, core_call, out_identity);
    if (refusal != NULL) {
        return rpc_status_make(GRPC_STATUS_UNAUTHENTICATED, refusal,
                               "The certificate does not prove a talea:// identity.");
    }
    if ((method->handler->roles & (unsigned)out_identity->role) == 0) {
        return rpc_status_make(GRPC_STATUS_PERMISSION_DENIED, "ROLE_NOT_ALLOWED",
                               "The role %s may not call %s.", role_name(out_identity->role),
                               method->path);
    }
    const struct rpc_server_options *options = &server->options;
    struct rpc_status refused;
    if (options->admit != NULL &&
        !options->admit(options->admit_context, out_identity, method->path, &refused)) {
        return refused;
    }
    return rpc_status_ok();
}

static struct rpc_status check(struct rpc_server *server, const struct request_slot *taken,
                               size_t live, struct identity *out_identity)
{
    if (taken->method == NULL) {
        return unknown_method(&taken->details.method);
    }
    if (live > LIMIT_LIVE_CALLS) {
        return rpc_status_make(GRPC_STATUS_RESOURCE_EXHAUSTED, "TOO_MANY_CALLS",
                               "Too many calls are being served; ask again later.");
    }
    return check_caller(server, taken->method, taken->call, out_identity);
}

/* The call is counted. Takes the slot's call and payload. */
static void dispatch(struct rpc_server *server, struct request_slot *taken, size_t live)
{
    struct identity identity;
    struct method *method = taken->method;
    gpr_timespec deadline = method == NULL ? taken->details.deadline : taken->deadline;
    struct rpc_status status = check(server, taken, live, &identity);
    if (status.code != 0) {
        accept_refuse(server, method, taken->call, deadline, &status);
        return;
    }
    if (method->kind != CALL_UNARY) {
        stream_start(server, method, taken->call, deadline, &identity);
        return;
    }
    struct rpc_call *call = create_or_drop(server, method, taken->call, deadline);
    if (call != NULL) {
        call_run_unary(call, &identity, taken->payload);
        taken->payload = NULL;
    }
}

void accept_on_request(struct completion *completion, bool is_ok)
{
    struct request_slot *slot = completion->owner;
    struct request_slot taken = *slot;
    struct rpc_server *server = slot->server;
    if (is_ok) {
        slot->call = NULL;
        slot->payload = NULL;
        size_t live = server_count_call(server);
        accept_post(slot);
        dispatch(server, &taken, live);
    }
    if (taken.payload != NULL) {
        grpc_byte_buffer_destroy(taken.payload);
    }
    grpc_metadata_array_destroy(&taken.metadata);
    if (taken.method == NULL) {
        grpc_call_details_destroy(&taken.details);
    }
}

void accept_post(struct request_slot *slot)
{
    struct rpc_server *server = slot->server;
    grpc_call_error error;
    completion_arm(&slot->completion);
    grpc_metadata_array_init(&slot->metadata);
    if (slot->method == NULL) {
        grpc_call_details_init(&slot->details);
        error = grpc_server_request_call(server->core, &slot->call, &slot->details, &slot->metadata,
                                         server->queue, server->queue, &slot->completion);
    } else {
        error = grpc_server_request_registered_call(
            server->core, slot->method->registration, &slot->call, &slot->deadline, &slot->metadata,
            slot->method->kind == CALL_UNARY ? &slot->payload : NULL, server->queue, server->queue,
            &slot->completion);
    }
    ASSERT(error == GRPC_CALL_OK);
}
