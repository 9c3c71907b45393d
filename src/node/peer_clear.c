/* A partner's clearing stream over RPC. */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "node/charter_exchange.h"
#include "node/partner_host.h"
#include "node/peer_guard.h"
#include "node/services.h"
#include "peer/incoming.h"

#define PACE_STEP_MS    20
#define RECEIVE_STEP_MS 500
#define TAKINGS         8u /* one is verified, some wait, some are written to the disk together */

/* One call of one partner. The call's own thread receives and begins, another ends and answers. */
struct clearing {
    struct node *node;
    struct rpc_stream *stream;
    bool has_begun; /* the opening came */
    struct incoming incoming;
    struct clear_request_room request_room;
    struct clear_response_room response_room;
    struct taking takings[TAKINGS];

    pthread_t answerer;
    pthread_mutex_t lock;
    pthread_cond_t is_changed;
    uint64_t begun_count;
    uint64_t ended_count;
    bool is_closing;
    enum err failed; /* what ended the call on the answering side */
    struct note note;
};

static enum err send_answer(void *context, const struct clear_response *response)
{
    struct clearing *clearing = context;
    Talea__V1__ClearResponse message;
    clear_response_to_message(response, &clearing->response_room, &message);
    return rpc_stream_send_timed(clearing->stream, LIMIT_PEER_SEND_MS, &message.base);
}

/* ---- The answering thread ---- */

/* False when there will be nothing more. */
static bool next_begun(struct clearing *clearing, struct taking **out_taking)
{
    pthread_mutex_lock(&clearing->lock);
    while (clearing->ended_count == clearing->begun_count && !clearing->is_closing) {
        pthread_cond_wait(&clearing->is_changed, &clearing->lock);
    }
    bool is_there = clearing->ended_count < clearing->begun_count;
    *out_taking = &clearing->takings[clearing->ended_count % TAKINGS];
    pthread_mutex_unlock(&clearing->lock);
    return is_there;
}

static void end_taking(struct clearing *clearing, struct taking *taking)
{
    struct answer_port port = {clearing, send_answer};
    struct partner_host host;
    struct note note = {""};
    enum err err = clearing->failed; /* this thread's own, but for the lock */
    partner_host_begin(clearing->node, (struct ledger_view){0}, &host);
    if (err == ERR_OK) {
        err = incoming_end(&clearing->incoming, taking, &host.host, &port, &note);
    } else {
        incoming_drop(taking, &host.host);
    }
    partner_host_end(&host);
    pthread_mutex_lock(&clearing->lock);
    if (clearing->failed == ERR_OK && err != ERR_OK) {
        clearing->failed = err;
        clearing->note = note;
    }
    clearing->ended_count++;
    pthread_cond_broadcast(&clearing->is_changed);
    pthread_mutex_unlock(&clearing->lock);
}

static void *answer(void *context)
{
    struct clearing *clearing = context;
    struct taking *taking;
    (void)pthread_setname_np(pthread_self(), "receipts");
    while (next_begun(clearing, &taking)) {
        end_taking(clearing, taking);
    }
    return NULL;
}

/* ---- The call's thread ---- */

/* Waits until no more than so many are on their way. */
static enum err wait_for(struct clearing *clearing, uint64_t count, struct note *note)
{
    pthread_mutex_lock(&clearing->lock);
    while (clearing->failed == ERR_OK && clearing->begun_count - clearing->ended_count > count) {
        pthread_cond_wait(&clearing->is_changed, &clearing->lock);
    }
    enum err err = clearing->failed;
    if (err != ERR_OK) {
        *note = clearing->note;
    }
    pthread_mutex_unlock(&clearing->lock);
    return err;
}

static void begin_taking(struct clearing *clearing, const struct peer_host *host,
                         const struct clear_request *request)
{
    incoming_begin(&clearing->incoming, &clearing->takings[clearing->begun_count % TAKINGS], host,
                   request);
    pthread_mutex_lock(&clearing->lock);
    clearing->begun_count++;
    pthread_cond_broadcast(&clearing->is_changed);
    pthread_mutex_unlock(&clearing->lock);
}

/* What is answered here is not to overtake the answers to what came before. */
static enum err answer_here(struct clearing *clearing, const struct peer_host *host,
                            const struct clear_request *request, struct note *note)
{
    struct answer_port port = {clearing, send_answer};
    struct note before;
    TRY(wait_for(clearing, 0, &before));
    return request == NULL ? incoming_refuse(&clearing->incoming, host, &port, note)
                           : incoming_open(&clearing->incoming, host, request, &port, note);
}

static enum err take_message(struct clearing *clearing, const Talea__V1__ClearRequest *message,
                             struct note *note)
{
    struct clear_request request;
    struct partner_host host;
    enum err err = clear_request_of_message(message, &clearing->request_room, &request, note);
    if (err == ERR_OK && request.head != NULL) {
        charter_catch_up(clearing->node, &clearing->incoming.sender, request.head->charter_epoch);
    }
    TRY(partner_host_open(clearing->node, &host));
    if (err != ERR_OK) {
        err = answer_here(clearing, &host.host, NULL, note);
    } else if (!clearing->incoming.is_resumed) {
        err = answer_here(clearing, &host.host, &request, note);
    } else {
        begin_taking(clearing, &host.host, &request);
    }
    partner_host_end(&host);
    return err;
}

/* A sender of more than its rate waits, and with it what it sends: the transport holds it back. */
static enum err pace(struct clearing *clearing, size_t entries)
{
    const struct timespec step = {.tv_nsec = PACE_STEP_MS * 1000000};
    int64_t left_ms =
        peer_guard_pace(clearing->node->peer_guard, &clearing->incoming.sender, entries);
    while (left_ms > 0) {
        if (rpc_stream_is_cancelled(clearing->stream) || rpc_stream_is_draining(clearing->stream)) {
            return ERR_CANCELLED;
        }
        nanosleep(&step, NULL);
        left_ms -= PACE_STEP_MS;
    }
    return ERR_OK;
}

/* ERR_DEADLINE for an opening that does not come. */
static enum err receive(struct clearing *clearing, const Talea__V1__ClearRequest **out_message,
                        struct note *note)
{
    const ProtobufCMessage *message;
    int64_t step_ms = clearing->has_begun ? RECEIVE_STEP_MS : LIMIT_OPENING_MS;
    enum err err;
    do {
        TRY(wait_for(clearing, TAKINGS - 1, note));
        err = rpc_stream_receive_timed(clearing->stream, step_ms, &message);
    } while (err == ERR_DEADLINE && clearing->has_begun);
    TRY(err);
    clearing->has_begun = true;
    *out_message = (const Talea__V1__ClearRequest *)(const void *)message;
    return ERR_OK;
}

static enum err serve(struct clearing *clearing, struct note *note)
{
    for (;;) {
        const Talea__V1__ClearRequest *message;
        TRY(receive(clearing, &message, note));
        TRY(take_message(clearing, message, note));
        TRY(pace(clearing, message->n_entries));
    }
}

/* The answering thread ends what was begun, and itself. */
static enum err serve_all(struct clearing *clearing, struct note *note)
{
    if (pthread_create(&clearing->answerer, NULL, answer, clearing) != 0) {
        return ERR_RESOURCE;
    }
    enum err err = serve(clearing, note);
    pthread_mutex_lock(&clearing->lock);
    clearing->is_closing = true;
    pthread_cond_broadcast(&clearing->is_changed);
    pthread_mutex_unlock(&clearing->lock);
    pthread_join(clearing->answerer, NULL);
    if (clearing->failed != ERR_OK) {
        err = clearing->failed;
        *note = clearing->note;
    }
    return err;
}

/* What ended the call and was told to nobody yet. */
static void count_end(struct clearing *clearing, enum err err, const struct note *note)
{
    const struct partner_id *sender = &clearing->incoming.sender;
    struct peer_guard *guard = clearing->node->peer_guard;
    if (err == ERR_DEADLINE) {
        bool is_silent = !clearing->has_begun;
        peer_guard_refused(guard, sender, is_silent ? "SILENT_STREAM" : "NEVER_READS",
                           is_silent ? "a stream was opened and nothing came"
                                     : "our answers are not taken");
    } else if (err == ERR_INPUT || err == ERR_RESOURCE) {
        peer_guard_refused(guard, sender, err == ERR_INPUT ? "MALFORMED" : "TOO_LARGE",
                           note->text[0] != '\0' ? note->text : err_describe(err)->sentence);
    }
}

static void clearing_free(struct clearing *clearing)
{
    for (size_t i = 0; i < TAKINGS; i++) {
        taking_fini(&clearing->takings[i]);
    }
    pthread_cond_destroy(&clearing->is_changed);
    pthread_mutex_destroy(&clearing->lock);
    free(clearing);
}

struct rpc_status peer_clear(void *context, struct rpc_stream *stream)
{
    struct node *node = context;
    struct note note = {""};
    if (partner_id_equal(&rpc_stream_identity(stream)->partner, &node->config.partner)) {
        return rpc_status_make(7, "PERMISSION_DENIED", "A node does not clear with itself.");
    }
    struct clearing *clearing = calloc(1, sizeof *clearing);
    if (clearing == NULL) {
        return rpc_status_of(ERR_RESOURCE, NULL);
    }
    pthread_mutex_init(&clearing->lock, NULL);
    pthread_cond_init(&clearing->is_changed, NULL);
    clearing->node = node;
    clearing->stream = stream;
    clearing->incoming.sender = rpc_stream_identity(stream)->partner;
    enum err err = serve_all(clearing, &note);
    count_end(clearing, err, &note);
    clearing_free(clearing);
    return err == ERR_NOT_FOUND ? rpc_status_ok() : rpc_status_of(err, &note);
}
