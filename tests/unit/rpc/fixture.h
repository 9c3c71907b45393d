/* A server of echo.proto with certificates of its own, and clients for it. */
#ifndef TEST_FIXTURE_H
#define TEST_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdatomic.h>
#include <string.h>

#include "certificates.h"
#include "echo.h"
#include "rpc/client.h"
#include "rpc/server.h"

#define SERVER_NAME "node.acme.example"
#define TILL_URI    "URI:talea://sunrise/acme/till/lane-1"

struct fixture {
    struct authority authority;
    struct certificate server_certificate;
    struct certificate till;
    struct echo echo;
    atomic_uint_fast64_t generation;
    atomic_bool is_load_failing;
    atomic_bool is_refusing; /* accepts() says no */
    atomic_uint accept_count;
    pthread_mutex_t mutex; /* for what on_call tells */
    pthread_cond_t is_changed;
    unsigned call_count;
    int last_code;
    char last_method[128];
    atomic_bool is_log_heard;
    unsigned streams_max;
    unsigned workers;
    struct rpc_service service;
    struct rpc_server *server;
    char address[64];
};

/* Starts to serve on a free port of the loopback. */
int fixture_setup(void **state);
int fixture_teardown(void **state);
struct rpc_server_options fixture_options(struct fixture *fixture);
void fixture_start(struct fixture *fixture);

/* Until on_call was told of that many calls since the start; gives the last one's code. */
int fixture_wait_calls(struct fixture *fixture, unsigned count);

/* With the till's certificate unless one is given. */
struct rpc_client *fixture_client(struct fixture *fixture, const struct certificate *certificate);
/* A call of Say-like methods with this text; the reply's text must be the same on OK. */
struct rpc_status fixture_say(struct rpc_client *client, const char *method, const char *text,
                              int64_t timeout_ms);
/* echo.proto's service with one method whose request is a RawRequest. */
struct raw_service {
    ProtobufCServiceDescriptor service;
    ProtobufCMethodDescriptor method;
    unsigned index;
};
void raw_service_init(struct raw_service *raw, const char *service, const char *method);

#define CALL_MS 20000 /* far above what any call takes */

#endif
