/* A session's life: connect, learn what the partner holds, send what it lacks, take its receipts;
 * again after every failure.
 *
 *   waiting -> opening -> resuming -> streaming -> waiting ...
 */
#include "node/session.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "node/signed_message.h"
#include "talea/v1/peer.pb-c.h"

#define IDLE_POLL_MS     100
#define RECEIPT_WAIT_MS  50
#define SETTLE_EVERY_MS  500
#define RECONNECT_MS_MAX 5000

static struct timespec deadline_after(int64_t ms)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += (time_t)(ms / 1000);
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

static int64_t monotonic_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

bool session_wait(struct session *session, int64_t ms)
{
    struct timespec until = deadline_after(ms);
    pthread_mutex_lock(&session->lock);
    while (session->wakes == session->wakes_seen && !session->is_stopping) {
        if (pthread_cond_timedwait(&session->wake, &session->lock, &until) == ETIMEDOUT) {
            break;
        }
    }
    session->wakes_seen = session->wakes;
    bool goes_on = !session->is_stopping;
    pthread_mutex_unlock(&session->lock);
    return goes_on;
}

bool session_is_stopping(struct session *session)
{
    pthread_mutex_lock(&session->lock);
    bool is_stopping = session->is_stopping;
    pthread_mutex_unlock(&session->lock);
    return is_stopping;
}

void session_report(struct session *session, bool is_connected, const char *problem)
{
    pthread_mutex_lock(&session->lock);
    struct peer_report *report = &session->report;
    bool has_changed = report->is_connected != is_connected;
    if (is_connected && !report->is_connected) {
        report->connected_since = node_now(session->node);
    }
    report->is_connected = is_connected;
    snprintf(report->problem, sizeof report->problem, "%s", problem);
    pthread_mutex_unlock(&session->lock);
    if (has_changed) {
        log_event(&session->node->log, is_connected ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING,
                  is_connected ? "peer_connected" : "peer_disconnected",
                  LOG_TEXT("partner", session->partner.text), LOG_TEXT("detail", problem));
    }
}

/* Takes one message of the partner. `*out_is_ready` tells of the empty one. */
static enum err receive_one(struct session *session, struct rpc_client_stream *stream,
                            int64_t timeout_ms, bool *out_is_ready, struct note *note)
{
    const ProtobufCMessage *message;
    struct signed_message envelope;
    TRY(rpc_client_stream_receive(stream, timeout_ms, &message));
    const Talea__V1__ClearResponse *response =
        (const Talea__V1__ClearResponse *)(const void *)message;
    if (response->problem[0] != '\0') {
        return note_set(note, ERR_CONFLICT, "%s answers: %.200s", session->partner.text,
                        response->problem);
    }
    if (response->receipt == NULL) {
        *out_is_ready = true;
        return ERR_OK;
    }
    note_set(note, ERR_INPUT, "the receipt's envelope is malformed");
    TRY(signed_of_message(response->receipt, &envelope));
    TRY(session_take_receipt(session, &envelope, note));
    note->text[0] = '\0'; /* what a later failure says must be its own */
    return ERR_OK;
}

static enum err resume(struct session *session, struct rpc_client_stream *stream, struct note *note)
{
    Talea__V1__ClearRequest opening = TALEA__V1__CLEAR_REQUEST__INIT;
    bool is_ready = false;
    opening.held_receipt_number = session->receipt_number;
    TRY(rpc_client_stream_send(stream, &opening.base));
    while (!is_ready) {
        TRY(receive_one(session, stream, 10000, &is_ready, note));
    }
    session->sent_number = session->receipted_number;
    return ERR_OK;
}

/* Sends while there is something and the window has room; takes receipts meanwhile. */
static enum err pump(struct session *session, struct rpc_client_stream *stream, struct note *note)
{
    bool unused = false;
    uint64_t last_number;
    TRY(session_load(session, &last_number));
    while (session->sent_number < last_number && session->window_count < LIMIT_CLEARING_WINDOW) {
        TRY(session_send_batch(session, stream, last_number, note));
    }
    int64_t wait_ms = session->window_count > 0 ? RECEIPT_WAIT_MS : 1;
    enum err err = receive_one(session, stream, wait_ms, &unused, note);
    return err == ERR_DEADLINE ? ERR_OK : err;
}

static enum err stream_entries(struct session *session, struct rpc_client_stream *stream,
                               struct note *note)
{
    int64_t settle_at = 0;
    TRY(session_load(session, &(uint64_t){0}));
    TRY(resume(session, stream, note));
    session_report(session, true, "");
    for (;;) {
        TRY(pump(session, stream, note));
        if (monotonic_ms() >= settle_at) {
            session_settle(session);
            settle_at = monotonic_ms() + SETTLE_EVERY_MS;
        }
        if (session->window_count == 0 && !session_wait(session, IDLE_POLL_MS)) {
            return ERR_CANCELLED;
        }
        if (session_is_stopping(session)) {
            return ERR_CANCELLED;
        }
    }
}

static void use_stream(struct session *session, struct rpc_client_stream *stream)
{
    pthread_mutex_lock(&session->lock);
    session->stream = stream;
    if (stream != NULL && session->is_stopping) {
        rpc_client_stream_cancel(stream);
    }
    pthread_mutex_unlock(&session->lock);
}

/* One connection, from its opening to its end. True when it got as far as streaming. */
static bool connect_once(struct session *session)
{
    struct rpc_client *client;
    struct rpc_client_stream *stream;
    struct note note = {""};
    enum err err = session_channel(session, &client, &note);
    if (err == ERR_OK) {
        err = rpc_client_stream_open(client, &talea__v1__peer_service__descriptor, "Clear", 0,
                                     &stream);
    }
    if (err != ERR_OK) {
        session_report(session, false,
                       note.text[0] != '\0' ? note.text : err_describe(err)->sentence);
        return false;
    }
    use_stream(session, stream);
    err = stream_entries(session, stream, &note);
    use_stream(session, NULL);
    struct rpc_status status = rpc_client_stream_close(stream);
    session_clear_window(session);
    bool was_connected = session->report.is_connected;
    char problem[256];
    snprintf(problem, sizeof problem, "%s: %.200s", err_name(err),
             note.text[0] != '\0' ? note.text : status.message);
    session_report(session, false, problem);
    return was_connected;
}

void *session_main(void *context)
{
    struct session *session = context;
    int64_t pause_ms = session->node->config.peers_reconnect_ms;
    while (!session_is_stopping(session)) {
        if (connect_once(session)) {
            pause_ms = session->node->config.peers_reconnect_ms;
        }
        struct timespec until = deadline_after(pause_ms);
        pthread_mutex_lock(&session->lock);
        while (!session->is_stopping &&
               pthread_cond_timedwait(&session->wake, &session->lock, &until) != ETIMEDOUT) {
        }
        pthread_mutex_unlock(&session->lock);
        pause_ms = pause_ms * 2 < RECONNECT_MS_MAX ? pause_ms * 2 : RECONNECT_MS_MAX;
    }
    return NULL;
}
