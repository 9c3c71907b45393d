/* bench_rpc_echo [seconds]: unary calls over mutual TLS with 64 outstanding, client and server in
 * one process, and one call alone. A line for each method. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/waiting.h"

#define OUTSTANDING 64

struct run {
    struct rpc_client *client;
    const char *method;
    int64_t until_us;
    pthread_mutex_t mutex;
    pthread_cond_t is_changed;
    unsigned outstanding;
    unsigned long finished;
};

static void begin(struct run *run);

static void next(void *context, const struct rpc_status *status, const ProtobufCMessage *reply)
{
    struct run *run = context;
    ASSERT(status->code == 0 && reply != NULL);
    pthread_mutex_lock(&run->mutex);
    run->finished++;
    bool is_over = clock_us() >= run->until_us;
    run->outstanding -= is_over ? 1 : 0;
    pthread_cond_signal(&run->is_changed);
    pthread_mutex_unlock(&run->mutex);
    if (!is_over) {
        begin(run);
    }
}

static void begin(struct run *run)
{
    Talea__Test__V1__SayRequest request;
    talea__test__v1__say_request__init(&request);
    char text[191];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    request.text = text;
    enum err err =
        rpc_client_call_async(run->client, ECHO_SERVICE, run->method, &request.base, 0, next, run);
    ASSERT(err == ERR_OK);
}

static void measure(struct fixture *f, const char *method, unsigned outstanding, int64_t seconds)
{
    struct run run = {.client = fixture_client(f, NULL),
                      .method = method,
                      .outstanding = outstanding,
                      .mutex = PTHREAD_MUTEX_INITIALIZER,
                      .is_changed = PTHREAD_COND_INITIALIZER};
    (void)fixture_say(run.client, method, "warm", CALL_MS);
    int64_t started = clock_us();
    run.until_us = started + seconds * 1000000;
    for (unsigned i = 0; i < outstanding; i++) {
        begin(&run);
    }
    pthread_mutex_lock(&run.mutex);
    while (run.outstanding > 0) {
        pthread_cond_wait(&run.is_changed, &run.mutex);
    }
    pthread_mutex_unlock(&run.mutex);
    unsigned long long rate =
        run.finished * 1000000ull / (unsigned long long)(clock_us() - started);
    printf("%-6s %3u outstanding %8llu calls/s\n", method, outstanding, rate);
    rpc_client_close(run.client);
}

int main(int argc, char **argv)
{
    void *state = NULL;
    int64_t seconds = argc > 1 ? strtol(argv[1], NULL, 10) : 3;
    (void)fixture_setup(&state);
    measure(state, "Say", 1, seconds);
    measure(state, "Say", OUTSTANDING, seconds);
    measure(state, "Work", OUTSTANDING, seconds);
    return fixture_teardown(&state);
}
