/* Threads that run what they are given, started when first needed and kept until the end.
 *
 * Thread rule: pool_submit from any thread; init and fini from one.
 */
#ifndef RPC_POOL_H
#define RPC_POOL_H

#include <pthread.h>

#include "base/error.h"

typedef void pool_run(void *argument);

struct pool_job {
    pool_run *run;
    void *argument;
};

struct pool {
    pthread_mutex_t mutex;
    pthread_cond_t is_changed;
    pthread_t *threads;
    unsigned thread_count;
    unsigned thread_max;
    unsigned busy_count;   /* threads that run a job */
    struct pool_job *jobs; /* a ring of job_max + thread_max */
    size_t job_first;
    size_t job_count;
    size_t job_max; /* how many may wait for a thread */
    bool is_closing;
};

/* With job_max 0 a job is taken only when a thread can run it now. */
MUST_USE enum err pool_init(struct pool *pool, unsigned thread_max, size_t job_max);
/* ERR_RESOURCE when all threads are busy and the queue is full; then nothing runs. */
MUST_USE enum err pool_submit(struct pool *pool, pool_run *run, void *argument);
/* Runs what still waits, joins every thread, frees. */
void pool_fini(struct pool *pool);

#endif
