/* A two-way stream with a window: many messages on their way, one answer for each, in order.
 *
 * The caller's thread sends; a thread of the pump's takes the answers, so that neither side waits
 * for the other with full hands. What a message is about stays in a job until its answer is there:
 * memory is the window's, however long the stream. Callbacks run under the pump's lock, which the
 * caller takes too where it touches what they touch.
 */
#ifndef CLI_PUMP_H
#define CLI_PUMP_H

#include <pthread.h>

#include "cli/cli.h"

#define PUMP_WINDOW 512u

struct pump {
    struct rpc_client_stream *stream;
    void *context; /* of the callbacks */
    /* An answer and the job it belongs to; ERR_* ends the stream. The job is freed after it. */
    enum err (*on_answer)(void *context, void *job, const ProtobufCMessage *answer);
    void (*free_job)(void *job);
    int64_t silence_ms; /* longest wait for an answer */
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t is_changed;
    void *jobs[PUMP_WINDOW]; /* a ring */
    size_t first;
    size_t count;
    bool is_ended;    /* no more answers come */
    bool is_silent;   /* because none came for too long */
    enum err failure; /* of on_answer */
};

/* Opens a stream of the BackOfficeService on the session's connection. The fields from `context` to
 * `silence_ms` are the caller's to fill first. */
MUST_USE enum err pump_open(struct pump *pump, struct cli *cli, const char *method);
/* Takes the job in any case. Waits while the window is full. ERR_UNAVAILABLE when the stream ended;
 * pump_close tells why. */
MUST_USE enum err pump_send(struct pump *pump, const ProtobufCMessage *message, void *job);
/* Waits for the answers to all that was sent, unless `is_aborted`, then ends. The jobs without an
 * answer are freed. How the call ended, or what on_answer gave. */
struct rpc_status pump_close(struct pump *pump, bool is_aborted);

static inline void pump_lock(struct pump *pump)
{
    pthread_mutex_lock(&pump->mutex);
}

static inline void pump_unlock(struct pump *pump)
{
    pthread_mutex_unlock(&pump->mutex);
}

#endif
