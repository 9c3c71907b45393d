#include "node/replier.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/patience.h"
#include "node/node.h"
#include "node/requests.h"

struct replier {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t has_work;
    struct errand *first;
    struct errand **last;
    bool is_stopping;
    atomic_bool is_calling; /* there is something to wake up for */
};

/* All that is queued, in order; NULL at the end. */
static struct errand *take_all(struct replier *replier)
{
    patience_wait(&replier->is_calling);
    pthread_mutex_lock(&replier->lock);
    while (replier->first == NULL && !replier->is_stopping) {
        pthread_cond_wait(&replier->has_work, &replier->lock);
    }
    struct errand *list = replier->first;
    replier->first = NULL;
    replier->last = &replier->first;
    atomic_store(&replier->is_calling, replier->is_stopping);
    pthread_mutex_unlock(&replier->lock);
    return list;
}

static void *replier_main(void *context)
{
    struct replier *replier = context;
    struct errand *list;
    while ((list = take_all(replier)) != NULL) {
        while (list != NULL) {
            struct errand *next = list->next;
            list->run(list);
            list = next;
        }
    }
    return NULL;
}

enum err replier_start(struct replier **out_replier)
{
    struct replier *replier = calloc(1, sizeof *replier);
    if (replier == NULL) {
        return ERR_RESOURCE;
    }
    replier->last = &replier->first;
    pthread_mutex_init(&replier->lock, NULL);
    pthread_cond_init(&replier->has_work, NULL);
    if (pthread_create(&replier->thread, NULL, replier_main, replier) != 0) {
        free(replier);
        return ERR_RESOURCE;
    }
    *out_replier = replier;
    return ERR_OK;
}

void replier_stop(struct replier *replier)
{
    if (replier == NULL) {
        return;
    }
    pthread_mutex_lock(&replier->lock);
    replier->is_stopping = true;
    atomic_store(&replier->is_calling, true);
    pthread_cond_signal(&replier->has_work);
    pthread_mutex_unlock(&replier->lock);
    pthread_join(replier->thread, NULL);
    pthread_cond_destroy(&replier->has_work);
    pthread_mutex_destroy(&replier->lock);
    free(replier);
}

void replier_put(struct replier *replier, struct errand *errand)
{
    errand->next = NULL;
    pthread_mutex_lock(&replier->lock);
    bool was_empty = replier->first == NULL;
    *replier->last = errand;
    replier->last = &errand->next;
    atomic_store(&replier->is_calling, true);
    pthread_mutex_unlock(&replier->lock);
    if (was_empty) {
        pthread_cond_signal(&replier->has_work);
    }
}

/* What happens to keys is settled before anybody is told. */
static void settle_personal(struct reply *reply, const struct outcome *outcome)
{
    if (reply->sealed.length > 0) {
        personal_enrolled(reply->node, reply->sealed, outcome);
    }
    if (reply->erasure != NULL) {
        personal_end_erasure(reply->node, reply->erasure, outcome);
    }
}

static void tell_failed(struct reply *reply)
{
    if (reply->failed != NULL) {
        reply->failed(reply);
    }
}

/* The engine does not write now: for whom the ledger has not back yet what was lost with an older
 * copy, or since it closes. */
static void refuse_outcome(struct rpc_call *call, enum err err)
{
    struct note note = {""};
    if (err == ERR_UNAVAILABLE) {
        note_set(&note, err,
                 "Not now: this node was restored and first gets back what partners hold of it, or "
                 "it stops. The same may be told again.");
    }
    refuse_err(call, err, note.text[0] == '\0' ? NULL : &note);
}

/* With the answer the call may be gone, and the reply with it. */
static void send_reply(void *context)
{
    struct reply *reply = context;
    struct hold_request *request = reply->request;
    settle_personal(reply, &reply->outcome);
    if (reply->outcome.err != ERR_OK) {
        tell_failed(reply);
        refuse_outcome(reply->call, reply->outcome.err);
    } else {
        reply->send(reply);
    }
    free(request);
}

static void run_reply(struct errand *errand)
{
    send_reply(errand); /* the reply's first field */
}

/* On the engine's thread. Two threads that send on one connection get in each other's way: the one
 * that takes calls answers them, too, unless there are keys to be written to the disk first. */
static void command_done(void *context, const struct outcome *outcome)
{
    struct reply *reply = context;
    reply->outcome = *outcome;
    if (reply->sealed.length > 0 || reply->erasure != NULL) {
        replier_put(reply->node->replier, &reply->errand);
    } else {
        rpc_call_resume(reply->call, send_reply, reply);
    }
}

static enum err begin_erasure(struct reply *reply, const struct command *command)
{
    struct personal_erasure *erasure = arena_alloc(rpc_call_arena(reply->call), sizeof *erasure);
    if (erasure == NULL) {
        return ERR_RESOURCE;
    }
    TRY(personal_begin_erasure(reply->node, &command->erase, erasure));
    reply->erasure = erasure;
    return ERR_OK;
}

/* An enrolment's sealed bytes stay as long as the call. */
static enum err submit(struct reply *reply, const struct command *command)
{
    struct engine *engine = reply->node->engine;
    if (command->kind == COMMAND_ERASE_MEMBER) {
        TRY(begin_erasure(reply, command));
    }
    if (command->kind != COMMAND_ENROL || command->enrol.sealed.length == 0) {
        return rpc_call_is_in_turn(reply->call)
                   ? engine_hold(engine, command, command_done, reply)
                   : engine_submit(engine, command, command_done, reply);
    }
    struct command kept = *command;
    struct slice *sealed = &kept.enrol.sealed;
    uint8_t *copy = arena_alloc(rpc_call_arena(reply->call), sealed->length);
    if (copy == NULL) {
        return ERR_RESOURCE;
    }
    memcpy(copy, sealed->at, sealed->length);
    sealed->at = copy;
    reply->sealed = *sealed;
    return engine_submit(engine, &kept, command_done, reply);
}

/* Nothing was submitted. */
static void take_back(struct reply *reply)
{
    const struct outcome refused = {.err = ERR_OK, .verdict = VERDICT_MEMBER_UNKNOWN};
    settle_personal(reply, &refused);
}

static void run(const struct reply *said, const struct command *command)
{
    struct rpc_call *call = said->call;
    struct reply room = *said;
    struct reply *reply = arena_alloc(rpc_call_arena(call), sizeof *reply);
    enum err err = ERR_RESOURCE;
    room.errand.run = run_reply;
    room.transaction = command->transaction_id;
    if (reply != NULL) {
        *reply = room;
        err = submit(reply, command);
    }
    if (err != ERR_OK) {
        take_back(reply != NULL ? reply : &room);
        tell_failed(&room);
        refuse_err(call, err, NULL);
        free(room.request);
    }
}

void reply_after(struct node *node, struct rpc_call *call, const struct command *command,
                 struct hold_request *request, reply_fn *send)
{
    const struct reply said = {.node = node, .call = call, .send = send, .request = request};
    run(&said, command);
}

void reply_after_or(struct node *node, struct rpc_call *call, const struct command *command,
                    reply_fn *send, reply_fn *failed, void *about)
{
    const struct reply said = {
        .node = node, .call = call, .send = send, .failed = failed, .about = about};
    run(&said, command);
}
