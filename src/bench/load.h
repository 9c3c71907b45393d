/* Load on an engine in this process: batches of commands, several of them in flight.
 *
 * One client thread, the caller's. It fills a batch while others are on their way, so that what is
 * measured is the ledger and not its client; the memory for all of it is taken beforehand. A
 * batch's latency is from its submission to its durable answer, each command of it having waited as
 * long.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include "bench/histogram.h"
#include "engine/engine.h"

#define LOAD_REPETITIONS_MAX 5u
#define LOAD_IN_FLIGHT_MAX   16u

/* Writes the next `count` commands over what stands there (zeroed at first; the same array comes
 * again and again). Gives how many operations were done beside them, without a command. */
typedef size_t load_fill(void *context, struct command *commands, size_t count);

struct load {
    struct engine *engine;
    load_fill *fill;
    void *context;
    size_t batch;       /* commands */
    unsigned in_flight; /* batches */
    uint64_t commands;  /* of one repetition; whole batches are sent */
    uint64_t ms_max;    /* of one repetition, which ends early then; 0: however long */
    unsigned repetitions;
    uint64_t per_second; /* commands offered; 0: as fast as it goes */
    bool is_part;        /* of something that goes on: no checkpoint before and after it */
};

struct load_result {
    uint64_t operations; /* of the median repetition; likewise the next */
    uint64_t ns;
    uint64_t bytes; /* written to disk for all repetitions, the state's checkpoint included, unless
                     * it is a part */
    uint64_t operations_all;
    uint64_t ns_all;
    uint64_t refused;         /* commands that the ledger answered with a refusal */
    uint64_t journal_bytes;   /* of the batches' records */
    struct histogram latency; /* of batches, in all repetitions */
};

/* Repetitions follow one another without a pause: what one leaves to be checkpointed burdens the
 * next. ERR_RESOURCE without memory, or what the engine answered. */
MUST_USE enum err load_run(const struct load *load, struct load_result *out_result,
                           struct note *note);

#endif
