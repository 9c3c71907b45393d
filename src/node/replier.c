#include "node/replier.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "node/node.h"
#include "node/requests.h"

struct replier {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t has_work;
    struct reply *first;
    struct reply **last;
    bool is_stopping;
};

static void reply_free(struct reply *reply)
{
    free(reply->request);
    free(reply->sealed);
    free(reply);
}

static void send_one(struct reply *reply)
{
    const struct outcome *outcome = &reply->outcome;
    personal_enrolled(reply->node, slice_of(reply->sealed, reply->sealed_length), outcome);
    personal_end_erasure(reply->node, &reply->erasure, outcome);
    if (outcome->err != ERR_OK) {
        refuse_err(reply->call, outcome->err, NULL);
    } else {
        reply->send(reply);
    }
    reply_free(reply);
}

static struct reply *take_all(struct replier *replier)
{
    pthread_mutex_lock(&replier->lock);
    while (replier->first == NULL && !replier->is_stopping) {
        pthread_cond_wait(&replier->has_work, &replier->lock);
    }
    struct reply *list = replier->first;
    replier->first = NULL;
    replier->last = &replier->first;
    pthread_mutex_unlock(&replier->lock);
    return list;
}

static void *replier_main(void *context)
{
    struct replier *replier = context;
    struct reply *list;
    while ((list = take_all(replier)) != NULL) {
        while (list != NULL) {
            struct reply *next = list->next;
            send_one(list);
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
    pthread_cond_signal(&replier->has_work);
    pthread_mutex_unlock(&replier->lock);
    pthread_join(replier->thread, NULL);
    pthread_cond_destroy(&replier->has_work);
    pthread_mutex_destroy(&replier->lock);
    free(replier);
}

/* On the writer's thread. */
static void command_done(void *context, const struct outcome *outcome)
{
    struct reply *reply = context;
    struct replier *replier = reply->node->replier;
    reply->outcome = *outcome;
    reply->next = NULL;
    pthread_mutex_lock(&replier->lock);
    bool was_empty = replier->first == NULL;
    *replier->last = reply;
    replier->last = &reply->next;
    pthread_mutex_unlock(&replier->lock);
    if (was_empty) {
        pthread_cond_signal(&replier->has_work);
    }
}

/* The command, with its sealed bytes where they stay as long as the reply. */
static enum err keep_sealed(struct reply *reply, struct command *command)
{
    if (command->kind != COMMAND_ENROL || command->enrol.sealed.length == 0) {
        return ERR_OK;
    }
    reply->sealed = malloc(command->enrol.sealed.length);
    if (reply->sealed == NULL) {
        return ERR_RESOURCE;
    }
    memcpy(reply->sealed, command->enrol.sealed.at, command->enrol.sealed.length);
    reply->sealed_length = command->enrol.sealed.length;
    command->enrol.sealed.at = reply->sealed;
    return ERR_OK;
}

/* Nothing was submitted. */
static void take_back(struct reply *reply)
{
    const struct outcome refused = {.err = ERR_OK, .verdict = VERDICT_MEMBER_UNKNOWN};
    personal_enrolled(reply->node, slice_of(reply->sealed, reply->sealed_length), &refused);
    personal_end_erasure(reply->node, &reply->erasure, &refused);
}

void reply_after(struct node *node, struct rpc_call *call, const struct command *command,
                 struct hold_request *request, reply_fn *send)
{
    struct reply *reply = calloc(1, sizeof *reply);
    if (reply == NULL) {
        free(request);
        refuse_err(call, ERR_RESOURCE, NULL);
        return;
    }
    reply->node = node;
    reply->call = call;
    reply->send = send;
    reply->transaction = command->transaction_id;
    reply->request = request;
    struct command kept = *command;
    enum err err = keep_sealed(reply, &kept);
    if (err == ERR_OK && command->kind == COMMAND_ERASE_MEMBER) {
        err = personal_begin_erasure(node, &command->erase, &reply->erasure);
    }
    if (err == ERR_OK) {
        err = engine_submit(node->engine, &kept, command_done, reply);
    }
    if (err != ERR_OK) {
        take_back(reply);
        refuse_err(call, err, NULL);
        reply_free(reply);
    }
}
