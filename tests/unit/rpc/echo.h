/* The handlers of echo.proto. */
#ifndef TEST_ECHO_H
#define TEST_ECHO_H

#include <pthread.h>

#include "echo.pb-c.h"
#include "rpc/server.h"

#define ECHO_SERVICE (&talea__test__v1__echo__descriptor)

/* What the handlers show to a test, and what a test tells them. */
struct echo {
    pthread_mutex_t mutex;
    pthread_cond_t is_changed;
    unsigned blocked;      /* calls of Block that wait now */
    bool is_released;      /* they may answer */
    unsigned streams;      /* streaming handlers that run now */
    enum err last_receive; /* how the last streaming handler's receiving ended */
    struct identity last_caller;
    int64_t last_time_left_ms;
    pthread_t last_thread;     /* that replied to Say, Work, Resume or Gather */
    struct gathered *gathered; /* calls of Gather in this turn */
    unsigned turns;            /* that had any */
    char lingered[8];          /* what Linger saw after its answer */
};

void echo_init(struct echo *echo);
void echo_fini(struct echo *echo);
struct rpc_service echo_service(struct echo *echo);
/* Answers what was gathered in the turn. */
void echo_end_turn(void *echo);
/* Wait until it is so; the test's own time limit ends what never comes. */
void echo_wait_blocked(struct echo *echo, unsigned count);
void echo_wait_streams(struct echo *echo, unsigned count);
/* What the last call of Say or Work saw, and how the last streaming handler's receiving ended. */
struct identity echo_last_caller(struct echo *echo);
int64_t echo_last_time_left_ms(struct echo *echo);
pthread_t echo_last_thread(struct echo *echo);
unsigned echo_turns(struct echo *echo);
/* Waits for Linger, and copies what it saw: as long as `lingered`. */
void echo_wait_lingered(struct echo *echo, char *out_text);
enum err echo_last_receive(struct echo *echo);
void echo_release(struct echo *echo);

#endif
