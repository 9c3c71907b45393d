#include "engine/pipe.h"

#include <stdlib.h>

enum err pipe_init(struct pipe *pipe)
{
    *pipe = (struct pipe){0};
    for (size_t i = 0; i < PIPE_FLIGHTS; i++) {
        pipe->flights[i].parts = calloc(FLIGHT_PARTS_MAX, sizeof pipe->flights[i].parts[0]);
        if (pipe->flights[i].parts == NULL) {
            while (i > 0) {
                free(pipe->flights[--i].parts);
            }
            return ERR_RESOURCE;
        }
    }
    pthread_mutex_init(&pipe->lock, NULL);
    pthread_cond_init(&pipe->is_sealed, NULL);
    pthread_cond_init(&pipe->is_done, NULL);
    return ERR_OK;
}

void pipe_fini(struct pipe *pipe)
{
    for (size_t i = 0; i < PIPE_FLIGHTS; i++) {
        batch_builder_fini(&pipe->flights[i].builder);
        free(pipe->flights[i].parts);
    }
    pthread_cond_destroy(&pipe->is_done);
    pthread_cond_destroy(&pipe->is_sealed);
    pthread_mutex_destroy(&pipe->lock);
}

struct flight *pipe_flight(struct pipe *pipe, uint64_t number)
{
    return &pipe->flights[number % PIPE_FLIGHTS];
}

struct flight *pipe_open_flight(struct pipe *pipe)
{
    return pipe_flight(pipe, pipe->sealed_count); /* changed by the writer alone */
}

enum err pipe_seal(struct pipe *pipe)
{
    pthread_mutex_lock(&pipe->lock);
    pipe->sealed_count++;
    pthread_cond_signal(&pipe->is_sealed);
    while (pipe->sealed_count - pipe->done_count >= PIPE_FLIGHTS) {
        pthread_cond_wait(&pipe->is_done, &pipe->lock);
    }
    enum err broken = pipe->broken;
    pthread_mutex_unlock(&pipe->lock);
    return broken;
}

bool pipe_is_idle(struct pipe *pipe, bool wants_nudge)
{
    pthread_mutex_lock(&pipe->lock);
    bool is_idle = pipe->sealed_count == pipe->done_count;
    pipe->is_awaited = !is_idle && wants_nudge;
    pthread_mutex_unlock(&pipe->lock);
    return is_idle;
}

enum err pipe_drain(struct pipe *pipe)
{
    pthread_mutex_lock(&pipe->lock);
    while (pipe->sealed_count != pipe->done_count) {
        pthread_cond_wait(&pipe->is_done, &pipe->lock);
    }
    enum err broken = pipe->broken;
    pthread_mutex_unlock(&pipe->lock);
    return broken;
}

enum err pipe_broken(struct pipe *pipe)
{
    pthread_mutex_lock(&pipe->lock);
    enum err broken = pipe->broken;
    pthread_mutex_unlock(&pipe->lock);
    return broken;
}

void pipe_mend(struct pipe *pipe)
{
    pthread_mutex_lock(&pipe->lock);
    ASSERT(pipe->sealed_count == pipe->done_count);
    pipe->broken = ERR_OK;
    pthread_mutex_unlock(&pipe->lock);
}

void pipe_close(struct pipe *pipe)
{
    pthread_mutex_lock(&pipe->lock);
    pipe->is_closing = true;
    pthread_cond_signal(&pipe->is_sealed);
    pthread_mutex_unlock(&pipe->lock);
}

struct flight *pipe_next(struct pipe *pipe, enum err *out_broken)
{
    pthread_mutex_lock(&pipe->lock);
    while (pipe->sealed_count == pipe->done_count && !pipe->is_closing) {
        pthread_cond_wait(&pipe->is_sealed, &pipe->lock);
    }
    struct flight *flight =
        pipe->sealed_count == pipe->done_count ? NULL : pipe_flight(pipe, pipe->done_count);
    *out_broken = pipe->broken;
    pthread_mutex_unlock(&pipe->lock);
    return flight;
}

bool pipe_done(struct pipe *pipe, enum err result)
{
    pthread_mutex_lock(&pipe->lock);
    if (result != ERR_OK && pipe->broken == ERR_OK) {
        pipe->broken = result;
        pipe->broken_from = pipe->done_count;
    }
    pipe->done_count++;
    bool is_idle = pipe->sealed_count == pipe->done_count;
    bool wants_nudge = result != ERR_OK || (is_idle && pipe->is_awaited);
    if (wants_nudge) {
        pipe->is_awaited = false;
    }
    pthread_cond_signal(&pipe->is_done);
    pthread_mutex_unlock(&pipe->lock);
    return wants_nudge;
}
