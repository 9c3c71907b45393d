/* The process that answers calls: a node, or the echo. One runs at a time, or a pair of nodes. */
#ifndef BENCH_SERVING_H
#define BENCH_SERVING_H

#include <sys/types.h>

#include "bench/home.h"
#include "rpc/client.h"

struct bench;

struct serving {
    bool is_echo;
    pid_t pid;
    const char *role; /* of the client's certificate: "till", "back-office" */
    struct rpc_client *client;
};

/* Starts it, on the home of the medium ledger, unless it is what runs; stops what else does. The
 * serving belongs to the bench. */
MUST_USE enum err serving_of(struct bench *bench, bool is_echo, struct serving **out_serving);
/* Has the serving's client be one with this role. There is one at a time: C core's pollers share
 * what comes in, and one that has nothing to do would only wake up the other. */
MUST_USE enum err serving_as(struct bench *bench, const char *role);
/* A clean stop, of a pair of nodes as well; nothing when none runs. */
void serving_stop(struct bench *bench);

/* A client with the certificate of a role of this home: "till", "back-office". */
MUST_USE enum err serving_connect(const struct home *home, const char *role,
                                  struct rpc_client **out_client, struct note *note);

#endif
