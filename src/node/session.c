/* A session's life: connect, learn what the partner holds, send what it lacks, take its receipts;
 * again after every failure.
 *
 *   waiting -> opening -> resuming -> streaming -> waiting ...
 */
#include "node/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/waiting.h"
#include "node/charter_exchange.h"
#include "node/partner_host.h"
#include "node/recover.h"
#include "talea/v1/peer.pb-c.h"

#define IDLE_POLL_MS       100
#define RECEIPT_WAIT_MS    50
#define READY_WAIT_MS      10000
#define SETTLE_EVERY_MS    500
#define RECONNECT_MS_MAX   5000
#define CHARTER_EVERY_MS   30000
#define RECONCILE_EVERY_MS 300000 /* the open period, entry by entry */
#define ASKED_LATELY_MS    1000   /* tills that ask come in crowds */

int64_t session_clock_ms(void)
{
    return clock_ms();
}

bool session_wait(struct session *session, int64_t ms)
{
    struct timespec until = monotonic_after(ms);
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
    session->is_suspect = session->is_suspect && !is_connected;
    snprintf(report->problem, sizeof report->problem, "%s", problem);
    pthread_mutex_unlock(&session->lock);
    if (has_changed) {
        log_event(&session->node->log, is_connected ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING,
                  is_connected ? "peer_connected" : "peer_disconnected",
                  LOG_TEXT("partner", session->partner.text), LOG_TEXT("detail", problem));
    }
}

/* The connection of one opening: where our requests go. */
struct connection {
    struct session *session;
    struct rpc_client_stream *stream;
    struct clear_request_room request_room;
    struct clear_response_room response_room;
};

static enum err send_request(void *context, const struct clear_request *request)
{
    struct connection *connection = context;
    Talea__V1__ClearRequest message;
    clear_request_to_message(request, &connection->request_room, &message);
    return rpc_client_stream_send(connection->stream, &message.base);
}

/* A step of the outgoing stream needs the node as its host. */
static void host_begin(const struct connection *connection, struct partner_host *out_host)
{
    struct session *session = connection->session;
    partner_host_begin(session->node, state_reader_view(session->reader), out_host);
}

/* Takes one message of the partner. */
static enum err receive_one(struct connection *connection, int64_t timeout_ms, struct note *note)
{
    const ProtobufCMessage *message;
    struct clear_response response;
    struct partner_host host;
    TRY(rpc_client_stream_receive(connection->stream, timeout_ms, &message));
    TRY(clear_response_of_message((const Talea__V1__ClearResponse *)(const void *)message,
                                  &connection->response_room, &response, note));
    if (response.receipt != NULL) {
        charter_catch_up(connection->session->node, &connection->session->partner,
                         response.receipt->charter_epoch);
    }
    host_begin(connection, &host);
    enum err err = outgoing_begin_take(&connection->session->outgoing, &host.host, &response, note);
    partner_host_end(&host);
    return err;
}

static enum err resume(struct connection *connection, struct note *note)
{
    struct outgoing *outgoing = &connection->session->outgoing;
    struct clear_port port = {connection, send_request};
    struct partner_host host;
    host_begin(connection, &host);
    enum err err = outgoing_open(outgoing, &host.host, &port, note);
    partner_host_end(&host);
    while (err == ERR_OK && !outgoing_is_ready(outgoing)) {
        err = receive_one(connection, READY_WAIT_MS, note);
    }
    return err;
}

/* Those that come at about the same time share a flush of the disk. */
static enum err take_receipts(struct connection *connection, struct note *note)
{
    struct outgoing *outgoing = &connection->session->outgoing;
    struct partner_host host;
    enum err err =
        receive_one(connection, outgoing_is_waiting(outgoing) ? RECEIPT_WAIT_MS : 1, note);
    for (unsigned i = 1;
         err == ERR_OK && i < LIMIT_RECEIPTS_TOGETHER && outgoing_expects_receipt(outgoing); i++) {
        err = receive_one(connection, 1, note);
    }
    if (err == ERR_OK || err == ERR_DEADLINE) {
        host_begin(connection, &host);
        err = outgoing_end_takes(outgoing, &host.host, note);
        partner_host_end(&host);
    }
    return err;
}

static bool is_asked_for_holds(struct session *session)
{
    int64_t asked_at_ms = atomic_load_explicit(&session->hold_asked_at_ms, memory_order_relaxed);
    return asked_at_ms > 0 && session_clock_ms() - asked_at_ms < ASKED_LATELY_MS;
}

/* Sends while there is something and the window has room; takes receipts meanwhile. */
static enum err pump(struct connection *connection, struct note *note)
{
    struct outgoing *outgoing = &connection->session->outgoing;
    struct clear_port port = {connection, send_request};
    struct partner_host host;
    outgoing_share(outgoing, is_asked_for_holds(connection->session));
    host_begin(connection, &host);
    enum err err = outgoing_pump(outgoing, &host.host, &port, note);
    partner_host_end(&host);
    TRY(err);
    return take_receipts(connection, note);
}

static enum err stream_entries(struct connection *connection, struct note *note)
{
    struct session *session = connection->session;
    int64_t settle_at = 0;
    int64_t mandates_at = 0;
    int64_t offers_at = 0;
    int64_t reconcile_at = session_clock_ms() + session->node->config.peers_reconnect_ms;
    int64_t charter_at = session_clock_ms() + CHARTER_EVERY_MS;
    TRY(resume(connection, note));
    session_report(session, true, "");
    for (;;) {
        TRY(pump(connection, note));
        if (session_clock_ms() >= settle_at) {
            session_settle(session);
            settle_at = session_clock_ms() + SETTLE_EVERY_MS;
            if (session_is_over(session)) {
                return ERR_NOT_FOUND;
            }
        }
        if (session_clock_ms() >= reconcile_at) {
            session_reconcile_open(session);
            session_watch_closed(session);
            reconcile_at = session_clock_ms() + RECONCILE_EVERY_MS;
        }
        if (session_clock_ms() >= mandates_at) {
            mandates_at = session_clock_ms() + session_fetch_mandates(session);
        }
        if (session_clock_ms() >= offers_at) {
            offers_at = session_clock_ms() + session_fetch_offers(session);
        }
        session_exchange_charter(session, session_clock_ms() >= charter_at);
        charter_at =
            session_clock_ms() >= charter_at ? session_clock_ms() + CHARTER_EVERY_MS : charter_at;
        if (!outgoing_is_waiting(&session->outgoing) && !session_wait(session, IDLE_POLL_MS)) {
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

static enum err open_stream(struct session *session, struct rpc_client_stream **out_stream,
                            struct note *note)
{
    struct rpc_client *client;
    TRY(session_channel(session, &client, note)); /* the charter may have brought another address */
    return rpc_client_stream_open(client, &talea__v1__peer_service__descriptor, "Clear", 0,
                                  out_stream);
}

/* The charter first: what the partner says of anything else is signed under the one in force there.
 */
static enum err prepare(struct session *session, struct note *note)
{
    struct rpc_client *client;
    if (session_channel(session, &client, note) == ERR_OK) {
        session_exchange_charter(session, true);
    }
    return session_recover(session, note);
}

/* From the opening to the end of the call. The note says why it ended. */
static enum err run_stream(struct session *session, struct rpc_client_stream *stream,
                           struct note *note)
{
    struct connection *connection = calloc(1, sizeof *connection);
    enum err err = ERR_RESOURCE;
    if (connection != NULL) {
        *connection = (struct connection){.session = session, .stream = stream};
        use_stream(session, stream);
        err = stream_entries(connection, note);
        use_stream(session, NULL);
    }
    outgoing_close(&session->outgoing);
    free(connection);
    return err;
}

/* One connection, from its opening to its end. True when it was of some use: one that ends at once,
 * again and again, is tried ever less often. */
static bool connect_once(struct session *session)
{
    int64_t started_ms = session_clock_ms();
    struct rpc_client_stream *stream;
    struct note note = {""};
    enum err err = prepare(session, &note);
    if (err == ERR_OK) {
        err = open_stream(session, &stream, &note);
    }
    if (err != ERR_OK) {
        session_report(session, false,
                       note.text[0] != '\0' ? note.text : err_describe(err)->sentence);
        return false;
    }
    err = run_stream(session, stream, &note);
    struct rpc_status status = rpc_client_stream_close(stream);
    bool was_connected = session->report.is_connected;
    char problem[256];
    snprintf(problem, sizeof problem, "%s: %.200s", err_name(err),
             note.text[0] != '\0' ? note.text : status.message);
    session_report(session, false, problem);
    bool is_reached = err != ERR_UNAVAILABLE && err != ERR_DEADLINE && err != ERR_CANCELLED;
    if (!was_connected &&
        is_reached) { /* frozen, perhaps: what has ended is settled all the same */
        session_settle(session);
        session_watch_closed(session);
    }
    return was_connected && session_clock_ms() - started_ms >= RECONNECT_MS_MAX;
}

static bool is_partner(const struct session *session)
{
    struct snapshot *snapshot = node_snapshot(session->node);
    bool is = charter_partner_find(snapshot->charter, &session->partner) != NULL;
    snapshot_release(snapshot);
    return is;
}

static void end(struct session *session)
{
    bool is_over = session_is_over(session);
    session_report(session, false, is_over ? "left, and all is settled" : "not a partner any more");
    if (is_over || !is_partner(session)) { /* else the node stops, and the gate stays as it is */
        recovery_gate_leave(&session->node->recovery_gate, &session->tried_round);
    }
    pthread_mutex_lock(&session->lock);
    session->report.is_over = true;
    session->has_ended = true;
    pthread_mutex_unlock(&session->lock);
    if (is_over) {
        log_event(&session->node->log, LOG_LEVEL_INFO, "partner_settled",
                  LOG_TEXT("partner", session->partner.text));
    }
}

void *session_main(void *context)
{
    struct session *session = context;
    int64_t pause_ms = session->node->config.peers_reconnect_ms;
    while (!session_is_stopping(session) && !session_is_over(session)) {
        if (connect_once(session)) {
            pause_ms = session->node->config.peers_reconnect_ms;
        }
        struct timespec until = monotonic_after(pause_ms);
        pthread_mutex_lock(&session->lock);
        while (!session->is_stopping &&
               pthread_cond_timedwait(&session->wake, &session->lock, &until) != ETIMEDOUT) {
        }
        pthread_mutex_unlock(&session->lock);
        pause_ms = pause_ms * 2 < RECONNECT_MS_MAX ? pause_ms * 2 : RECONNECT_MS_MAX;
    }
    end(session);
    return NULL;
}
