/* What waits for the writer: a bounded queue of submissions. Many put, one takes. */
#ifndef ENGINE_QUEUE_H
#define ENGINE_QUEUE_H

#include <pthread.h>

#include "engine/engine.h"

enum submission_kind {
    SUBMISSION_COMMAND,
    SUBMISSION_BATCH,
    SUBMISSION_RECEIPT,
    SUBMISSION_TERMS
};

/* A submission is owned by whoever holds it: the submitter, the queue, the writer. */
struct submission {
    struct submission *next;
    enum submission_kind kind;
    struct command command; /* of COMMAND; slices point into `body` */
    struct buffer body;     /* its canonical bytes */
    engine_done *done;
    void *context;
    struct outcome outcome;
    const struct incoming_batch *batch; /* the submitter waits, so these stay */
    struct batch_outcome *batch_outcome;
    const struct incoming_receipt *receipt;
    size_t *out_refused;
    struct note *note;
    struct engine_terms terms;
};

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t has_work;
    struct submission *first;
    struct submission *last;
    size_t length;
    size_t capacity;
    bool is_closed;
};

void queue_init(struct queue *queue, size_t capacity);
void queue_fini(struct queue *queue);
/* ERR_RESOURCE when full (new terms are let in all the same), ERR_UNAVAILABLE when closed; the
 * submission stays the caller's then. */
MUST_USE enum err queue_put(struct queue *queue, struct submission *submission);
/* Waits for work, takes at most `limit` (a linked list). NULL when closed and empty. */
struct submission *queue_take(struct queue *queue, size_t limit);
void queue_close(struct queue *queue);
size_t queue_length(const struct queue *queue);

#endif
