/* Answers calls after their commands are durable; packing and sending must not hold up the writer.
 * A single command's answer is sent by the thread that takes calls. What takes longer, as a batch's
 * answers do or keys that go to the disk, has a thread here.
 */
#ifndef NODE_REPLIER_H
#define NODE_REPLIER_H

#include "engine/engine.h"
#include "node/personal.h"
#include "rpc/server.h"

struct node;
struct replier;

/* Something that the replier's thread does once; embedded in what it is about. */
struct errand {
    struct errand *next;
    void (*run)(struct errand *errand); /* may free it */
};

struct reply;

/* Turns an outcome into an answer on `reply->call`; frees nothing. */
typedef void reply_fn(struct reply *reply);

/* One call that waits for its command; in the call's own memory. */
struct reply {
    struct errand errand;
    struct node *node;
    struct rpc_call *call;
    reply_fn *send;
    struct outcome outcome;
    struct uid transaction;           /* the command's */
    struct hold_request *request;     /* of a partner's authorisation; freed after the reply */
    struct slice sealed;              /* of an enrolment: in the call's memory */
    struct personal_erasure *erasure; /* of an erasure, likewise; NULL for all else */
    reply_fn *failed;                 /* NULL, or who hears that the ledger could not take it */
    void *about;                      /* of theirs, in the call's memory */
};

MUST_USE enum err replier_start(struct replier **out_replier);
/* Answers what is queued, then ends. NULL is allowed. */
void replier_stop(struct replier *replier);

/* Any thread, also the engine's; quick. In the order in which they are put. */
void replier_put(struct replier *replier, struct errand *errand);

/* Submits the command; its outcome reaches `send`. When it can't be submitted the call is refused
 * at once. `request` is taken over; may be NULL. An enrolment's sealed bytes are copied. */
void reply_after(struct node *node, struct rpc_call *call, const struct command *command,
                 struct hold_request *request, reply_fn *send);
/* The same. When the ledger can't take the command, `failed` is told before the call is refused; a
 * command that is refused reaches `send`, as above. */
void reply_after_or(struct node *node, struct rpc_call *call, const struct command *command,
                    reply_fn *send, reply_fn *failed, void *about);

#endif
