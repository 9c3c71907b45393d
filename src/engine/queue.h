/* What waits for the writer: a bounded queue of submissions. Many put, one takes; while there is
 * nothing to take, another may claim the taker's place for a moment.
 *
 * It has two lanes, each in its order. Somebody waits at a till for a single command; batches, a
 * partner's entries above all, have more work in them and nobody at their end. A single command
 * waits for one turn of the others at most, and they for one turn of single ones. What is short
 * goes along in one turn.
 */
#ifndef ENGINE_QUEUE_H
#define ENGINE_QUEUE_H

#include <pthread.h>
#include <stdatomic.h>

#include "engine/engine.h"

enum submission_kind {
    SUBMISSION_COMMAND,
    SUBMISSION_COMMANDS,
    SUBMISSION_TAKE_BATCH,
    SUBMISSION_TAKE_RECEIPT,
    SUBMISSION_TERMS
};

/* A submission is owned by whoever holds it: the submitter, the queue, the writer, the pipe. */
struct submission {
    struct submission *next;
    enum submission_kind kind;
    engine_done *done;
    void *context;
    struct outcome outcome; /* of COMMANDS only its err counts */
    struct command command; /* of COMMAND; slices point into `body` */
    struct buffer body;     /* its canonical bytes */
    /* Of COMMANDS; the submitter's. */
    const struct command *commands;
    size_t count;
    bool is_linked;
    struct outcome *outcomes;
    /* Of the others; the submitter waits, so these stay. */
    const struct incoming_batch *batch;
    struct batch_outcome *batch_outcome;
    const struct incoming_receipt *receipt;
    struct receipt_outcome *receipt_outcome;
    struct engine_terms terms;
};

enum {
    QUEUE_HELD_MAX = 32,   /* commands that are held */
    QUEUE_BULK_WORK = 256, /* records of one turn of the bulk lane, or one submission */
    QUEUE_LONG_WORK = 64   /* more than anybody should wait for at a till */
};

enum lane_kind {
    LANE_PROMPT, /* single commands, new terms */
    LANE_BULK,   /* all else */
    LANE_COUNT
};

struct lane {
    struct submission *first;
    struct submission *last;
    size_t work; /* records that it may make */
};

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t has_work;
    struct lane lanes[LANE_COUNT];
    struct lane held; /* single commands that are put together */
    bool is_turn_of_bulk;
    size_t length; /* in commands, without those that are held */
    size_t capacity;
    bool is_nudged;
    bool is_closed;
    bool is_taken;          /* who takes is at work; so at first, until it asks for work */
    bool is_claimed;        /* somebody else is, in its place */
    atomic_bool is_calling; /* there is something to wake up for */
};

void queue_init(struct queue *queue, size_t capacity);
void queue_fini(struct queue *queue);
/* ERR_RESOURCE when full (new terms are let in all the same), ERR_UNAVAILABLE when closed; the
 * submission stays the caller's then. A batch is let in when there is room for one command. */
MUST_USE enum err queue_put(struct queue *queue, struct submission *submission);
/* The same for a single command, which waits for others that come now: they are put together by
 * queue_put_held, or when there are QUEUE_HELD_MAX. */
MUST_USE enum err queue_hold(struct queue *queue, struct submission *submission);
void queue_put_held(struct queue *queue);
/* What was taken. */
struct taken {
    bool is_over;       /* nothing, and nothing will come any more */
    bool is_waited_for; /* single commands, while there is long work to do behind them */
};

/* Waits for work or a nudge; takes one turn of a lane (a linked list). NULL when there is nothing.
 */
struct submission *queue_take(struct queue *queue, struct taken *out_taken);
/* Takes the taker's place when nothing waits and nobody is at work: it gets nothing, not even the
 * end, until the release. Does not wait. */
MUST_USE bool queue_claim(struct queue *queue);
void queue_release(struct queue *queue);
/* Ends a wait, or the next one. */
void queue_nudge(struct queue *queue);
void queue_close(struct queue *queue);
size_t queue_length(const struct queue *queue);

#endif
