/* Server reflection: which services there are and the files that define them. v1alpha has the same
 * messages as v1 under another package, so one handler serves both. We define no extensions. */
#include <grpc/status.h>
#include <stdlib.h>

#include "grpc/reflection/v1/reflection.pb-c.h"
#include "grpc/reflection/v1alpha/reflection.pb-c.h"
#include "rpc/server_internal.h"
#include "talea_grpc_proto_descriptor_set.h"

#define ANY_ROLE UINT32_MAX

typedef Grpc__Reflection__V1__ServerReflectionRequest reflection_request;
typedef Grpc__Reflection__V1__ServerReflectionResponse reflection_response;
typedef Grpc__Reflection__V1__ServiceResponse service_response;

struct slice reflection_descriptor_set(void)
{
    return slice_of(talea_grpc_proto_descriptor_set, talea_grpc_proto_descriptor_set_length);
}

static enum err send_services(const struct rpc_server *server, struct rpc_stream *stream,
                              reflection_response *response)
{
    size_t count = server->service_count;
    Grpc__Reflection__V1__ListServiceResponse list;
    grpc__reflection__v1__list_service_response__init(&list);
    service_response *services = calloc(count, sizeof *services);
    service_response **pointers = calloc(count, sizeof *pointers);
    enum err err = ERR_RESOURCE;
    if (services != NULL && pointers != NULL) {
        for (size_t i = 0; i < count; i++) {
            grpc__reflection__v1__service_response__init(&services[i]);
            union {
                const char *borrowed; /* packing only reads it */
                char *name;
            } name = {server->services[i].descriptor->name};
            services[i].name = name.name;
            pointers[i] = &services[i];
        }
        list.n_service = count;
        list.service = pointers;
        response->message_response_case =
            GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_LIST_SERVICES_RESPONSE;
        response->list_services_response = &list;
        err = rpc_stream_send(stream, &response->base);
    }
    free(services);
    free(pointers);
    return err;
}

static enum err send_file(struct rpc_stream *stream, reflection_response *response,
                          struct slice file)
{
    union {
        const uint8_t *borrowed; /* packing only reads it */
        uint8_t *at;
    } bytes = {file.at};
    ProtobufCBinaryData packed = {file.length, bytes.at};
    Grpc__Reflection__V1__FileDescriptorResponse files;
    grpc__reflection__v1__file_descriptor_response__init(&files);
    files.n_file_descriptor_proto = 1;
    files.file_descriptor_proto = &packed;
    response->message_response_case =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_FILE_DESCRIPTOR_RESPONSE;
    response->file_descriptor_response = &files;
    return rpc_stream_send(stream, &response->base);
}

static enum err send_error(struct rpc_stream *stream, reflection_response *response, int code)
{
    char not_found[] = "There is no such file or symbol.";
    char unimplemented[] = "There are no extensions.";
    Grpc__Reflection__V1__ErrorResponse error;
    grpc__reflection__v1__error_response__init(&error);
    error.error_code = code;
    error.error_message = code == GRPC_STATUS_NOT_FOUND ? not_found : unimplemented;
    response->message_response_case =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_ERROR_RESPONSE;
    response->error_response = &error;
    return rpc_stream_send(stream, &response->base);
}

static enum err answer(const struct rpc_server *server, struct rpc_stream *stream,
                       reflection_request *request)
{
    struct slice file;
    enum err found;
    reflection_response response;
    grpc__reflection__v1__server_reflection_response__init(&response);
    response.valid_host = request->host;
    response.original_request = request;
    switch ((int)request->message_request_case) {
    case GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_LIST_SERVICES:
        return send_services(server, stream, &response);
    case GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_BY_FILENAME:
        found = catalogue_find_file(server->catalogue, request->file_by_filename, &file);
        break;
    case GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_CONTAINING_SYMBOL:
        found = catalogue_find_symbol(server->catalogue, request->file_containing_symbol, &file);
        break;
    default:
        return send_error(stream, &response, GRPC_STATUS_UNIMPLEMENTED);
    }
    return found == ERR_OK ? send_file(stream, &response, file)
                           : send_error(stream, &response, GRPC_STATUS_NOT_FOUND);
}

static struct rpc_status reflect(void *context, struct rpc_stream *stream)
{
    const struct rpc_server *server = context;
    const ProtobufCMessage *message;
    enum err err;
    while ((err = rpc_stream_receive(stream, &message)) == ERR_OK) {
        union {
            const ProtobufCMessage *borrowed; /* packing only reads it */
            reflection_request *request;
        } request = {message};
        err = answer(server, stream, request.request);
        if (err != ERR_OK) {
            break;
        }
    }
    return err == ERR_NOT_FOUND ? rpc_status_ok() : rpc_status_of(err, NULL);
}

void reflection_services(struct rpc_server *server,
                         struct rpc_service out_services[REFLECTION_SERVICES])
{
    static const struct rpc_method methods[] = {
        {.name = "ServerReflectionInfo", .roles = ANY_ROLE, .stream = reflect},
    };
    /* v1alpha's name over v1's messages. */
    static const ProtobufCMethodDescriptor alpha_methods[] = {
        {"ServerReflectionInfo", &grpc__reflection__v1__server_reflection_request__descriptor,
         &grpc__reflection__v1__server_reflection_response__descriptor},
    };
    static const unsigned alpha_indices[] = {0};
    static const ProtobufCServiceDescriptor alpha = {PROTOBUF_C__SERVICE_DESCRIPTOR_MAGIC,
                                                     "grpc.reflection.v1alpha.ServerReflection",
                                                     "ServerReflection",
                                                     "Grpc__Reflection__V1alpha__ServerReflection",
                                                     "grpc.reflection.v1alpha",
                                                     1,
                                                     alpha_methods,
                                                     alpha_indices};
    out_services[0] = (struct rpc_service){&grpc__reflection__v1__server_reflection__descriptor,
                                           methods, 1, server};
    out_services[1] = (struct rpc_service){&alpha, methods, 1, server};
}
