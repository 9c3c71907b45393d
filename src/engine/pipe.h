/* Journal batches on their way from the writer to the disk, in order: a ring of flights.
 *
 *   open (the writer fills it) -> sealed (the committer makes it durable) -> done -> open again
 *
 * When one can't be made durable the pipe is broken: it and all sealed behind it are done without
 * being made durable or answered. The writer waits until nothing is in flight, takes the tables
 * back, answers them, and mends the pipe.
 *
 * Threads: the writer and the committer. A flight is the committer's while it is sealed; its
 * builder may be read by the writer at any time.
 */
#ifndef ENGINE_PIPE_H
#define ENGINE_PIPE_H

#include <pthread.h>

#include "engine/queue.h"
#include "ledger/batch.h"

enum {
    PIPE_FLIGHTS = 4,
    FLIGHT_PARTS_MAX = LIMIT_BATCH_RECORDS
};

/* What of a submission is in a flight: the outcomes from `from` to below `to` of a batch of
 * commands, which may be split; of other submissions all. */
struct part {
    struct submission *submission;
    size_t from;
    size_t to;
    bool is_last; /* it is answered after this part */
};

struct flight {
    struct batch_builder builder;
    struct part *parts; /* room for FLIGHT_PARTS_MAX */
    size_t part_count;
    struct unix_ms time;
    uint64_t charter_epoch;
    struct signer signer; /* of that time */
    bool has_entries;
    int64_t first_due; /* no row that it puts into TABLE_DUE is due before it, ms */
};

struct pipe {
    pthread_mutex_t lock;
    pthread_cond_t is_sealed;
    pthread_cond_t is_done;
    struct flight flights[PIPE_FLIGHTS];
    uint64_t sealed_count; /* flights ever sealed; the open one has this number */
    uint64_t done_count;
    uint64_t broken_from; /* the first flight that was not made durable, while broken */
    enum err broken;      /* ERR_OK: the pipe is sound */
    bool is_awaited;      /* the writer wants a nudge when nothing is in flight */
    bool is_closing;
};

MUST_USE enum err pipe_init(struct pipe *pipe);
void pipe_fini(struct pipe *pipe);
struct flight *pipe_flight(struct pipe *pipe, uint64_t number);

/* The writer's. */
struct flight *pipe_open_flight(struct pipe *pipe);
/* Waits until there is room for one more open flight. The pipe's `broken`. */
enum err pipe_seal(struct pipe *pipe);
/* Is nothing in flight? If there is, and `wants_nudge`, the queue is nudged once there is not. */
bool pipe_is_idle(struct pipe *pipe, bool wants_nudge);
/* Waits until nothing is in flight. The pipe's `broken`. */
enum err pipe_drain(struct pipe *pipe);
enum err pipe_broken(struct pipe *pipe);
void pipe_mend(struct pipe *pipe);
void pipe_close(struct pipe *pipe);

/* The committer's. Waits for a sealed flight; NULL when closed. */
struct flight *pipe_next(struct pipe *pipe, enum err *out_broken);
/* The flight is done; anything but ERR_OK breaks the pipe. True: the writer wants a nudge. */
bool pipe_done(struct pipe *pipe, enum err result);

#endif
