#include "echo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef Talea__Test__V1__SayRequest say_request;
typedef Talea__Test__V1__SayReply say_reply;

#define ANY_ROLE UINT32_MAX

void echo_init(struct echo *echo)
{
    *echo = (struct echo){.last_receive = ERR_OK};
    pthread_mutex_init(&echo->mutex, NULL);
    pthread_cond_init(&echo->is_changed, NULL);
}

void echo_fini(struct echo *echo)
{
    pthread_cond_destroy(&echo->is_changed);
    pthread_mutex_destroy(&echo->mutex);
}

static void wait_count(struct echo *echo, const unsigned *counter, unsigned count)
{
    pthread_mutex_lock(&echo->mutex);
    while (*counter != count) {
        pthread_cond_wait(&echo->is_changed, &echo->mutex);
    }
    pthread_mutex_unlock(&echo->mutex);
}

void echo_wait_blocked(struct echo *echo, unsigned count)
{
    wait_count(echo, &echo->blocked, count);
}

void echo_wait_streams(struct echo *echo, unsigned count)
{
    wait_count(echo, &echo->streams, count);
}

static struct echo snapshot(struct echo *echo)
{
    pthread_mutex_lock(&echo->mutex);
    struct echo copy = *echo;
    pthread_mutex_unlock(&echo->mutex);
    return copy;
}

struct identity echo_last_caller(struct echo *echo)
{
    return snapshot(echo).last_caller;
}

int64_t echo_last_time_left_ms(struct echo *echo)
{
    return snapshot(echo).last_time_left_ms;
}

pthread_t echo_last_thread(struct echo *echo)
{
    return snapshot(echo).last_thread;
}

unsigned echo_turns(struct echo *echo)
{
    return snapshot(echo).turns;
}

void echo_wait_lingered(struct echo *echo, char *out_text)
{
    pthread_mutex_lock(&echo->mutex);
    while (echo->lingered[0] == '\0') {
        pthread_cond_wait(&echo->is_changed, &echo->mutex);
    }
    memcpy(out_text, echo->lingered, sizeof echo->lingered);
    pthread_mutex_unlock(&echo->mutex);
}

enum err echo_last_receive(struct echo *echo)
{
    return snapshot(echo).last_receive;
}

void echo_release(struct echo *echo)
{
    pthread_mutex_lock(&echo->mutex);
    echo->is_released = true;
    pthread_cond_broadcast(&echo->is_changed);
    pthread_mutex_unlock(&echo->mutex);
}

static void say(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct echo *echo = context;
    const say_request *request = (const say_request *)message;
    say_reply reply;
    talea__test__v1__say_reply__init(&reply);
    reply.text = request->text;
    reply.count = request->count;
    pthread_mutex_lock(&echo->mutex);
    echo->last_caller = *rpc_call_identity(call);
    echo->last_time_left_ms = rpc_call_time_left_ms(call);
    echo->last_thread = pthread_self();
    pthread_mutex_unlock(&echo->mutex);
    rpc_call_reply(call, &reply.base);
}

/* Looks for the cancel every few milliseconds: nothing else would wake it. */
static void block(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct echo *echo = context;
    pthread_mutex_lock(&echo->mutex);
    echo->blocked++;
    pthread_cond_broadcast(&echo->is_changed);
    while (!echo->is_released && !rpc_call_is_cancelled(call)) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 5000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&echo->is_changed, &echo->mutex, &until);
    }
    echo->blocked--;
    pthread_cond_broadcast(&echo->is_changed);
    pthread_mutex_unlock(&echo->mutex);
    say(context, call, message);
}

struct resumption {
    struct echo *echo;
    struct rpc_call *call;
    const ProtobufCMessage *message;
};

static void say_resumed(void *context)
{
    const struct resumption *resumption = context;
    say(resumption->echo, resumption->call, resumption->message);
}

static void resume(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct resumption *resumption = arena_alloc(rpc_call_arena(call), sizeof *resumption);
    ASSERT(resumption != NULL);
    *resumption = (struct resumption){context, call, message};
    rpc_call_resume(call, say_resumed, resumption);
}

struct gathered {
    struct gathered *next;
    struct rpc_call *call;
    const ProtobufCMessage *message;
};

static void gather(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct echo *echo = context;
    struct gathered *gathered = arena_alloc(rpc_call_arena(call), sizeof *gathered);
    ASSERT(gathered != NULL && rpc_call_is_in_turn(call));
    pthread_mutex_lock(&echo->mutex);
    *gathered = (struct gathered){echo->gathered, call, message};
    echo->gathered = gathered;
    pthread_mutex_unlock(&echo->mutex);
}

void echo_end_turn(void *context)
{
    struct echo *echo = context;
    pthread_mutex_lock(&echo->mutex);
    struct gathered *list = echo->gathered;
    echo->gathered = NULL;
    echo->turns += list != NULL ? 1u : 0u;
    pthread_mutex_unlock(&echo->mutex);
    while (list != NULL) {
        struct gathered *next = list->next; /* the list is in the calls' own memory */
        say(echo, list->call, list->message);
        list = next;
    }
}

static void work(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    ASSERT(!rpc_call_is_in_turn(call));
    say(context, call, message);
}

static void refuse(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    (void)context;
    (void)message;
    struct rpc_status status = rpc_status_make(9, "INSUFFICIENT_POINTS",
                                               "The balance is 12 and 20 were asked: caf\xc3\xa9.");
    rpc_call_refuse(call, &status);
}

/* Looks at what is the call's when its answer is out and it is released. */
static void linger(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    struct echo *echo = context;
    char *kept = arena_alloc(rpc_call_arena(call), sizeof echo->lingered);
    ASSERT(kept != NULL);
    (void)snprintf(kept, sizeof echo->lingered, "%s", ((const say_request *)message)->text);
    refuse(context, call, message);
    pthread_mutex_lock(&echo->mutex);
    while (!echo->is_released) {
        pthread_cond_wait(&echo->is_changed, &echo->mutex);
    }
    (void)snprintf(echo->lingered, sizeof echo->lingered, "%s", kept);
    pthread_cond_broadcast(&echo->is_changed);
    pthread_mutex_unlock(&echo->mutex);
}

static void inflate(void *context, struct rpc_call *call, const ProtobufCMessage *message)
{
    const say_request *request = (const say_request *)message;
    say_reply reply;
    talea__test__v1__say_reply__init(&reply);
    (void)context;
    reply.text = calloc(1, (size_t)request->count + 1);
    ASSERT(reply.text != NULL);
    memset(reply.text, 'x', request->count);
    rpc_call_reply(call, &reply.base);
    free(reply.text);
}

static void enter(struct echo *echo)
{
    pthread_mutex_lock(&echo->mutex);
    echo->streams++;
    pthread_cond_broadcast(&echo->is_changed);
    pthread_mutex_unlock(&echo->mutex);
}

static void leave(struct echo *echo, enum err err)
{
    pthread_mutex_lock(&echo->mutex);
    echo->last_receive = err;
    echo->streams--;
    pthread_cond_broadcast(&echo->is_changed);
    pthread_mutex_unlock(&echo->mutex);
}

static struct rpc_status collect(void *context, struct rpc_stream *stream)
{
    const ProtobufCMessage *message;
    say_reply reply;
    talea__test__v1__say_reply__init(&reply);
    enum err err;
    enter(context);
    while ((err = rpc_stream_receive(stream, &message)) == ERR_OK) {
        reply.count += ((const say_request *)message)->count;
    }
    leave(context, err);
    if (err == ERR_NOT_FOUND) {
        err = rpc_stream_send(stream, &reply.base);
    }
    return rpc_status_of(err, NULL);
}

static struct rpc_status repeat(void *context, struct rpc_stream *stream)
{
    const ProtobufCMessage *message;
    (void)context;
    enum err err = rpc_stream_receive(stream, &message);
    if (err != ERR_OK) {
        return rpc_status_of(err, NULL);
    }
    const say_request *request = (const say_request *)message;
    say_reply reply;
    talea__test__v1__say_reply__init(&reply);
    reply.text = request->text;
    for (; err == ERR_OK && reply.count < request->count; reply.count++) {
        err = rpc_stream_send(stream, &reply.base);
    }
    return rpc_status_of(err, NULL);
}

static struct rpc_status chat(void *context, struct rpc_stream *stream)
{
    const ProtobufCMessage *message;
    enum err err;
    enter(context);
    while ((err = rpc_stream_receive(stream, &message)) == ERR_OK) {
        say_reply reply;
        talea__test__v1__say_reply__init(&reply);
        reply.text = ((const say_request *)message)->text;
        err = rpc_stream_send(stream, &reply.base);
        if (err != ERR_OK) {
            break;
        }
    }
    leave(context, err);
    return err == ERR_NOT_FOUND ? rpc_status_ok() : rpc_status_of(err, NULL);
}

/* Ends the call while a receive is still posted. */
static struct rpc_status leave_early(void *context, struct rpc_stream *stream)
{
    const ProtobufCMessage *message;
    (void)context;
    enum err err = rpc_stream_receive(stream, &message);
    if (err == ERR_OK) {
        err = rpc_stream_receive_timed(stream, 1, &message);
    }
    return err == ERR_DEADLINE ? rpc_status_make(9, "HAD_ENOUGH", "One is enough.")
                               : rpc_status_of(err, NULL);
}

struct rpc_service echo_service(struct echo *echo)
{
    static const struct rpc_method methods[] = {
        {"Say", ANY_ROLE, RPC_INLINE, say, NULL},
        {"Work", ANY_ROLE, RPC_WORKER, work, NULL},
        {"Block", ANY_ROLE, RPC_WORKER, block, NULL},
        {"Resume", ANY_ROLE, RPC_WORKER, resume, NULL},
        {"Gather", ANY_ROLE, RPC_INLINE, gather, NULL},
        {"Refuse", ANY_ROLE, RPC_INLINE, refuse, NULL},
        {"Linger", ANY_ROLE, RPC_WORKER, linger, NULL},
        {"Inflate", ANY_ROLE, RPC_INLINE, inflate, NULL},
        {"Administer", ROLE_ADMIN, RPC_INLINE, say, NULL},
        {"Collect", ANY_ROLE, RPC_INLINE, NULL, collect},
        {"Repeat", ANY_ROLE, RPC_INLINE, NULL, repeat},
        {"Chat", ANY_ROLE, RPC_INLINE, NULL, chat},
        {"Leave", ANY_ROLE, RPC_INLINE, NULL, leave_early},
    };
    return (struct rpc_service){ECHO_SERVICE, methods, sizeof methods / sizeof methods[0], echo};
}
