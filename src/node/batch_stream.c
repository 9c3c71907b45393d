/* ExecuteStream: batch after batch. The handler's thread reads and submits; a thread beside it
 * answers in order. While LIMIT_BATCH_WINDOW batches are under way nothing is read, and so the
 * transport's window closes: a caller that does not take its answers can't send more.
 */
#include <pthread.h>
#include <stdlib.h>

#include "node/batch.h"
#include "node/services.h"

#define LOOK_UP_MS 200

struct batch_stream {
    struct node *node;
    struct rpc_stream *stream;
    pthread_mutex_t lock;
    pthread_cond_t is_changed;
    /* Batch n is in room n % LIMIT_BATCH_WINDOW from its reading to its answer. */
    struct batch_room *rooms[LIMIT_BATCH_WINDOW];
    uint64_t begun;
    uint64_t answered;
    bool is_at_end; /* no more batches come */
    enum err err;   /* the first thing that went wrong with a batch or its answer */
};

/* On the engine's thread, or on the reader's. */
static void batch_done(void *context, const struct outcome *outcome)
{
    struct batch_room *room = context;
    struct batch_stream *batches = room->stream;
    pthread_mutex_lock(&batches->lock);
    room->err = outcome->err;
    room->is_done = true;
    pthread_cond_broadcast(&batches->is_changed);
    pthread_mutex_unlock(&batches->lock);
}

/* The oldest batch that is not answered, when it is done; NULL at the end. */
static struct batch_room *wait_done(struct batch_stream *batches)
{
    pthread_mutex_lock(&batches->lock);
    struct batch_room *room = NULL;
    while (room == NULL && !(batches->is_at_end && batches->answered == batches->begun)) {
        struct batch_room *oldest = batches->rooms[batches->answered % LIMIT_BATCH_WINDOW];
        if (batches->answered < batches->begun && oldest->is_done) {
            room = oldest;
        } else {
            pthread_cond_wait(&batches->is_changed, &batches->lock);
        }
    }
    pthread_mutex_unlock(&batches->lock);
    return room;
}

static enum err send_answer(struct batch_stream *batches, struct batch_room *room)
{
    Talea__V1__ExecuteStreamResponse response;
    talea__v1__execute_stream_response__init(&response);
    TRY(room->err);
    response.answers = batch_answer(room);
    response.n_answers = room->count;
    return rpc_stream_send(batches->stream, &response.base);
}

/* After a failure it only waits for what is under way: a later answer would be taken for an earlier
 * one's. */
static void *answer_all(void *context)
{
    struct batch_stream *batches = context;
    enum err err = ERR_OK;
    for (struct batch_room *room; (room = wait_done(batches)) != NULL;) {
        err = err == ERR_OK ? send_answer(batches, room) : err;
        pthread_mutex_lock(&batches->lock);
        batches->err = err;
        batches->answered++;
        pthread_cond_broadcast(&batches->is_changed);
        pthread_mutex_unlock(&batches->lock);
    }
    return NULL;
}

/* The next message. Looks up now and then: when an answer failed, no message may ever come. */
static enum err receive(struct batch_stream *batches, const ProtobufCMessage **out_message)
{
    for (;;) {
        enum err err = rpc_stream_receive_timed(batches->stream, LOOK_UP_MS, out_message);
        if (err != ERR_DEADLINE) {
            return err;
        }
        pthread_mutex_lock(&batches->lock);
        err = batches->err;
        pthread_mutex_unlock(&batches->lock);
        TRY(err);
    }
}

/* A free room, when the window is open; what went wrong before otherwise. */
static enum err wait_room(struct batch_stream *batches, struct batch_room **out_room)
{
    pthread_mutex_lock(&batches->lock);
    while (batches->begun - batches->answered == LIMIT_BATCH_WINDOW && batches->err == ERR_OK) {
        pthread_cond_wait(&batches->is_changed, &batches->lock);
    }
    enum err err = batches->err;
    pthread_mutex_unlock(&batches->lock);
    TRY(err);
    struct batch_room **room = &batches->rooms[batches->begun % LIMIT_BATCH_WINDOW];
    if (*room == NULL) {
        *room = batch_room_create(batches->node);
    }
    if (*room == NULL) {
        return ERR_RESOURCE;
    }
    (*room)->stream = batches;
    (*room)->is_done = false;
    *out_room = *room;
    return ERR_OK;
}

static void set_begun(struct batch_stream *batches, uint64_t begun)
{
    pthread_mutex_lock(&batches->lock);
    batches->begun = begun;
    pthread_cond_broadcast(&batches->is_changed);
    pthread_mutex_unlock(&batches->lock);
}

/* The ledger's queue may be full of this stream's own batches: then it is asked again when one of
 * them is done. */
static enum err submit(struct batch_stream *batches, struct batch_room *room)
{
    uint64_t number = batches->begun;
    for (;;) {
        uint64_t answered;
        set_begun(batches, number + 1);
        enum err err = batch_submit(room, batch_done, room);
        if (err == ERR_OK) {
            return ERR_OK;
        }
        set_begun(batches, number);
        pthread_mutex_lock(&batches->lock);
        answered = batches->answered;
        while (err == ERR_RESOURCE && batches->answered == answered && answered < number) {
            pthread_cond_wait(&batches->is_changed, &batches->lock);
        }
        bool has_moved = batches->answered > answered;
        pthread_mutex_unlock(&batches->lock);
        if (!has_moved) {
            return err;
        }
    }
}

/* ERR_NOT_FOUND when the caller has sent everything. */
static enum err read_all(struct batch_stream *batches, struct rpc_status *out_refusal)
{
    for (;;) {
        struct batch_room *room;
        const ProtobufCMessage *message;
        TRY(wait_room(batches, &room));
        TRY(receive(batches, &message));
        const Talea__V1__ExecuteStreamRequest *request =
            (const Talea__V1__ExecuteStreamRequest *)(const void *)message;
        struct batch_said said = {request->commands, request->n_commands, request->is_linked != 0};
        if (!batch_fits(&said)) {
            *out_refusal = batch_refusal(&said);
            return ERR_INPUT;
        }
        batch_read(room, rpc_stream_identity(batches->stream), &said);
        TRY(submit(batches, room));
    }
}

static struct rpc_status run(struct batch_stream *batches)
{
    pthread_t answerer;
    struct rpc_status refusal = rpc_status_ok();
    if (pthread_create(&answerer, NULL, answer_all, batches) != 0) {
        return rpc_status_of(ERR_RESOURCE, NULL);
    }
    enum err err = read_all(batches, &refusal);
    pthread_mutex_lock(&batches->lock);
    batches->is_at_end = true;
    pthread_cond_broadcast(&batches->is_changed);
    pthread_mutex_unlock(&batches->lock);
    pthread_join(answerer, NULL);
    if (refusal.code != 0) {
        return refusal;
    }
    err = batches->err != ERR_OK ? batches->err : err;
    return err == ERR_NOT_FOUND ? rpc_status_ok() : rpc_status_of(err, NULL);
}

struct rpc_status ledger_execute_stream(void *context, struct rpc_stream *stream)
{
    struct node *node = context;
    struct batch_stream batches = {.node = node, .stream = stream};
    if (!batch_rooms_begin_stream(node->batches)) {
        return rpc_status_make(8, "TOO_MANY_STREAMS", "Too many streams of batches are open.");
    }
    pthread_mutex_init(&batches.lock, NULL);
    pthread_cond_init(&batches.is_changed, NULL);
    struct rpc_status status = run(&batches);
    for (size_t i = 0; i < LIMIT_BATCH_WINDOW; i++) {
        batch_room_destroy(batches.rooms[i]);
    }
    pthread_cond_destroy(&batches.is_changed);
    pthread_mutex_destroy(&batches.lock);
    batch_rooms_end_stream(node->batches);
    return status;
}
