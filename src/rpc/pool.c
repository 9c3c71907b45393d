#include "rpc/pool.h"

#include <stdlib.h>

enum err pool_init(struct pool *pool, unsigned thread_max, size_t job_max)
{
    ASSERT(thread_max > 0);
    struct pool_job *jobs = calloc(job_max + thread_max, sizeof *jobs);
    pthread_t *threads = calloc(thread_max, sizeof *threads);
    if (jobs == NULL || threads == NULL) {
        free(jobs);
        free(threads);
        return ERR_RESOURCE;
    }
    *pool = (struct pool){
        .threads = threads, .thread_max = thread_max, .jobs = jobs, .job_max = job_max};
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->is_changed, NULL);
    return ERR_OK;
}

static void *pool_thread(void *context)
{
    struct pool *pool = context;
    pthread_mutex_lock(&pool->mutex);
    for (;;) {
        while (pool->job_count == 0 && !pool->is_closing) {
            pthread_cond_wait(&pool->is_changed, &pool->mutex);
        }
        if (pool->job_count == 0) {
            break;
        }
        struct pool_job job = pool->jobs[pool->job_first];
        pool->job_first = (pool->job_first + 1) % (pool->job_max + pool->thread_max);
        pool->job_count--;
        pool->busy_count++;
        pthread_mutex_unlock(&pool->mutex);
        job.run(job.argument);
        pthread_mutex_lock(&pool->mutex);
        pool->busy_count--;
    }
    pthread_mutex_unlock(&pool->mutex);
    return NULL;
}

static size_t free_threads(const struct pool *pool)
{
    return pool->thread_count - pool->busy_count;
}

/* One more thread, when the jobs need it and there may be one. */
static void pool_grow(struct pool *pool)
{
    if (pool->job_count < free_threads(pool) || pool->thread_count == pool->thread_max) {
        return;
    }
    if (pthread_create(&pool->threads[pool->thread_count], NULL, pool_thread, pool) == 0) {
        pool->thread_count++;
    }
}

enum err pool_submit(struct pool *pool, pool_run *run, void *argument)
{
    pthread_mutex_lock(&pool->mutex);
    pool_grow(pool);
    if (pool->is_closing || pool->job_count >= pool->job_max + free_threads(pool)) {
        pthread_mutex_unlock(&pool->mutex);
        return ERR_RESOURCE;
    }
    size_t ring = pool->job_max + pool->thread_max;
    pool->jobs[(pool->job_first + pool->job_count) % ring] = (struct pool_job){run, argument};
    pool->job_count++;
    pthread_cond_signal(&pool->is_changed);
    pthread_mutex_unlock(&pool->mutex);
    return ERR_OK;
}

void pool_fini(struct pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    pool->is_closing = true;
    pthread_cond_broadcast(&pool->is_changed);
    pthread_mutex_unlock(&pool->mutex);
    for (unsigned i = 0; i < pool->thread_count; i++) {
        pthread_join(pool->threads[i], NULL);
    }
    pthread_cond_destroy(&pool->is_changed);
    pthread_mutex_destroy(&pool->mutex);
    free(pool->threads);
    free(pool->jobs);
}
