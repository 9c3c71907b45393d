#include "cli/pump.h"

#include <talea/v1/back_office.pb-c.h>

#include "cli/session.h"

static void *oldest_job(struct pump *pump)
{
    return pump->count == 0 ? NULL : pump->jobs[pump->first];
}

static void drop_oldest(struct pump *pump)
{
    pump->free_job(pump->jobs[pump->first]);
    pump->first = (pump->first + 1) % PUMP_WINDOW;
    pump->count--;
}

/* True to go on. */
static bool take_answer(struct pump *pump, enum err err, const ProtobufCMessage *answer)
{
    void *job = oldest_job(pump);
    if (err == ERR_DEADLINE) {
        pump->is_silent = job != NULL;
        return job == NULL;
    }
    if (err != ERR_OK) {
        return false;
    }
    if (job == NULL) {
        pump->failure = ERR_INTERNAL; /* an answer to nothing */
        return false;
    }
    pump->failure = pump->on_answer(pump->context, job, answer);
    drop_oldest(pump);
    pthread_cond_signal(&pump->is_changed);
    return pump->failure == ERR_OK;
}

static void *receive(void *argument)
{
    struct pump *pump = argument;
    for (bool is_on = true; is_on;) {
        const ProtobufCMessage *answer = NULL;
        enum err err = rpc_client_stream_receive(pump->stream, pump->silence_ms, &answer);
        pump_lock(pump);
        is_on = take_answer(pump, err, answer);
        if (!is_on) {
            pump->is_ended = true;
            pthread_cond_signal(&pump->is_changed);
        }
        bool is_broken = pump->is_silent || pump->failure != ERR_OK;
        pump_unlock(pump);
        if (is_broken) {
            rpc_client_stream_cancel(pump->stream);
        }
    }
    return NULL;
}

enum err pump_open(struct pump *pump, struct cli *cli, const char *method)
{
    TRY(rpc_client_stream_open(cli->client, &talea__v1__back_office_service__descriptor, method, 0,
                               &pump->stream));
    pump->first = 0;
    pump->count = 0;
    pump->is_ended = false;
    pump->is_silent = false;
    pump->failure = ERR_OK;
    pthread_mutex_init(&pump->mutex, NULL);
    pthread_cond_init(&pump->is_changed, NULL);
    if (pthread_create(&pump->thread, NULL, receive, pump) != 0) {
        struct rpc_status ignored = rpc_client_stream_close(pump->stream);
        (void)ignored;
        pthread_mutex_destroy(&pump->mutex);
        pthread_cond_destroy(&pump->is_changed);
        return ERR_RESOURCE;
    }
    return ERR_OK;
}

enum err pump_send(struct pump *pump, const ProtobufCMessage *message, void *job)
{
    pump_lock(pump);
    while (pump->count == PUMP_WINDOW && !pump->is_ended) {
        pthread_cond_wait(&pump->is_changed, &pump->mutex);
    }
    bool is_ended = pump->is_ended;
    if (!is_ended) {
        pump->jobs[(pump->first + pump->count) % PUMP_WINDOW] = job;
        pump->count++;
    }
    pump_unlock(pump);
    if (is_ended) {
        pump->free_job(job);
        return ERR_UNAVAILABLE;
    }
    return rpc_client_stream_send(pump->stream, message);
}

struct rpc_status pump_close(struct pump *pump, bool is_aborted)
{
    if (is_aborted || rpc_client_stream_half_close(pump->stream) != ERR_OK) {
        rpc_client_stream_cancel(pump->stream);
    }
    pthread_join(pump->thread, NULL);
    struct rpc_status status = rpc_client_stream_close(pump->stream);
    bool has_left = pump->count > 0;
    while (pump->count > 0) {
        drop_oldest(pump);
    }
    pthread_mutex_destroy(&pump->mutex);
    pthread_cond_destroy(&pump->is_changed);
    if (pump->failure != ERR_OK) {
        return rpc_status_of(pump->failure, NULL);
    }
    if (pump->is_silent) {
        return rpc_status_make(4, "DEADLINE_EXCEEDED", "No answer for %lld s.",
                               (long long)pump->silence_ms / 1000);
    }
    if (status.code == 0 && has_left) {
        return rpc_status_make(13, "INTERNAL", "The node answered less than it was asked.");
    }
    return status;
}
