/* A node that answers from a script: for the tests of what calls nodes. */
#ifndef TEST_FAKE_NODE_H
#define TEST_FAKE_NODE_H

#include <pthread.h>
#include <stdio.h>

#include "rpc/server.h"

#define FAKE_CARD "6100010000000013"

struct fake_node {
    char home[256]; /* a folder made by `talea init`; its charter is signed by it alone */
    char address[64];
    struct buffer chain;
    struct buffer key;
    struct buffer roots;
    struct rpc_server *server;
    struct rpc_service services[3];
    /* Under the mutex: handlers run on the server's threads. */
    pthread_mutex_t mutex;
    unsigned calls;
    char last_request[8192];   /* as JSON */
    struct rpc_status refusal; /* given to `refusals` unary calls of a till, after `passes` */
    unsigned passes;
    unsigned refusals;
    unsigned streamed;       /* messages taken by imports */
    unsigned ends_after;     /* an import ends with UNAVAILABLE after so many; 0 is never */
    bool is_differing;       /* periods, statements and the ledger's verification */
    struct buffer statement; /* a packed GetStatementResponse; empty: NOT_FOUND */
};

/* Makes the home below the temporary folder and serves on a free port of the loopback. */
int fake_node_setup(void **state);
int fake_node_teardown(void **state);
/* Stops to serve; the address stays. */
void fake_node_stop(struct fake_node *node);
/* Unary calls so far: a handler may still be at work for a caller that gave up. */
unsigned fake_node_calls(struct fake_node *node);
void fake_node_forget_calls(struct fake_node *node);
void fake_node_refuse(struct fake_node *node, int code, const char *reason, const char *message,
                      unsigned count);

struct outcome {
    int code;
    char *out;
    char *err;
};

/* Runs the command line as `talea --home HOME --address ADDRESS ...` in this process. `node` NULL:
 * just `talea ...`. */
struct outcome talea_run(struct fake_node *node, const char *const *arguments, size_t count);
#define TALEA(node, ...)                                                                           \
    talea_run(node, (const char *const[]){__VA_ARGS__},                                            \
              sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))
void outcome_fini(struct outcome *outcome);

#endif
