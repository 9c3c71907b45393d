#include "bench/load.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/measure.h"

struct line;

/* A batch and its place in flight. */
struct lane {
    struct line *line;
    struct lane *next; /* in the list of those that are free */
    struct command *commands;
    struct outcome *outcomes;
    uint64_t submitted_ns;
    uint64_t answered_ns; /* 0: was not sent yet */
    enum err err;
};

struct line {
    const struct load *load;
    struct load_result *result;
    struct lane lanes[LOAD_IN_FLIGHT_MAX];
    struct lane *free; /* under the mutex */
    pthread_mutex_t mutex;
    pthread_cond_t is_freed;
};

static void on_answered(void *context, const struct outcome *outcome)
{
    struct lane *lane = context;
    struct line *line = lane->line;
    lane->answered_ns = measure_ns();
    lane->err = outcome->err;
    pthread_mutex_lock(&line->mutex);
    lane->next = line->free;
    line->free = lane;
    pthread_cond_signal(&line->is_freed);
    pthread_mutex_unlock(&line->mutex);
}

/* Looks at the answers of a lane that came back. */
static enum err settle_lane(struct line *line, struct lane *lane)
{
    if (lane->answered_ns == 0) {
        return ERR_OK;
    }
    histogram_record(&line->result->latency, lane->answered_ns - lane->submitted_ns);
    lane->answered_ns = 0;
    TRY(lane->err);
    for (size_t i = 0; i < line->load->batch; i++) {
        TRY(lane->outcomes[i].err);
        line->result->refused += lane->outcomes[i].verdict != VERDICT_OK ? 1u : 0u;
    }
    return ERR_OK;
}

static struct lane *take_lane(struct line *line)
{
    pthread_mutex_lock(&line->mutex);
    while (line->free == NULL) {
        pthread_cond_wait(&line->is_freed, &line->mutex);
    }
    struct lane *lane = line->free;
    line->free = lane->next;
    pthread_mutex_unlock(&line->mutex);
    return lane;
}

static enum err send_lane(struct line *line, struct lane *lane, uint64_t *operations)
{
    const struct load *load = line->load;
    *operations += load->batch + load->fill(load->context, lane->commands, load->batch);
    lane->submitted_ns = measure_ns();
    if (load->in_flight == 1) { /* it would be waited for next */
        struct outcome whole = {.err = engine_execute_batch(load->engine, lane->commands,
                                                            load->batch, false, lane->outcomes)};
        on_answered(lane, &whole);
        return ERR_OK;
    }
    return engine_submit_batch(load->engine, lane->commands, load->batch, false, lane->outcomes,
                               on_answered, lane);
}

/* Takes every lane back, and looks at their answers. */
static enum err drain(struct line *line)
{
    enum err first = ERR_OK;
    struct lane *all = NULL;
    for (unsigned i = 0; i < line->load->in_flight; i++) {
        struct lane *lane = take_lane(line);
        enum err err = settle_lane(line, lane);
        first = first == ERR_OK ? err : first;
        lane->next = all;
        all = lane;
    }
    line->free = all;
    return first;
}

/* When load is offered at a rate, each batch has its time. */
static void wait_for_turn(const struct load *load, uint64_t begun, uint64_t sent)
{
    if (load->per_second == 0) {
        return;
    }
    uint64_t due = begun + sent * 1000u / load->per_second * 1000000u +
                   sent * 1000u % load->per_second * 1000000u / load->per_second;
    struct timespec until = {(time_t)(due / 1000000000u), (long)(due % 1000000000u)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) != 0) {
    }
}

static bool is_over(const struct load *load, uint64_t begun)
{
    return load->ms_max > 0 && measure_ns() - begun >= load->ms_max * UINT64_C(1000000);
}

static enum err repeat_once(struct line *line, uint64_t *out_operations, uint64_t *out_ns)
{
    const struct load *load = line->load;
    uint64_t operations = 0;
    uint64_t begun = measure_ns();
    enum err err = ERR_OK;
    for (uint64_t sent = 0; sent < load->commands && err == ERR_OK; sent += load->batch) {
        if (sent > 0 && is_over(load, begun)) {
            break;
        }
        struct lane *lane = take_lane(line);
        err = settle_lane(line, lane);
        wait_for_turn(load, begun, sent);
        if (err == ERR_OK) {
            err = send_lane(line, lane, &operations);
        }
        if (err != ERR_OK) { /* it is not on its way */
            lane->next = line->free;
            line->free = lane;
        }
    }
    enum err drained = drain(line);
    *out_ns = measure_ns() - begun;
    *out_operations = operations;
    return err == ERR_OK ? drained : err;
}

static enum err make_lanes(struct line *line)
{
    const struct load *load = line->load;
    for (unsigned i = 0; i < load->in_flight; i++) {
        struct lane *lane = &line->lanes[i];
        lane->line = line;
        lane->commands = calloc(load->batch, sizeof *lane->commands);
        lane->outcomes = calloc(load->batch, sizeof *lane->outcomes);
        if (lane->commands == NULL || lane->outcomes == NULL) {
            return ERR_RESOURCE;
        }
        lane->next = line->free;
        line->free = lane;
    }
    return ERR_OK;
}

struct repetition {
    uint64_t operations;
    uint64_t ns;
};

static int compare_repetitions(const void *a, const void *b)
{
    const struct repetition *left = a;
    const struct repetition *right = b;
    uint64_t of_left = left->operations * right->ns;
    uint64_t of_right = right->operations * left->ns;
    return of_left < of_right ? -1 : of_left > of_right;
}

static enum err checkpoint(const struct load *load)
{
    return load->is_part ? ERR_OK : engine_checkpoint(load->engine);
}

static enum err repeat_all(struct line *line, struct note *note)
{
    const struct load *load = line->load;
    struct load_result *result = line->result;
    struct repetition all[LOAD_REPETITIONS_MAX];
    TRY(checkpoint(load)); /* what came before is not this load's to pay */
    uint64_t written = measure_written(0);
    uint64_t journal = engine_stats(load->engine).batch_bytes;
    for (unsigned i = 0; i < load->repetitions; i++) {
        enum err err = repeat_once(line, &all[i].operations, &all[i].ns);
        if (err != ERR_OK) {
            return note_set(note, err, "the ledger failed under load: %s",
                            err_describe(err)->sentence);
        }
        result->operations_all += all[i].operations;
        result->ns_all += all[i].ns;
    }
    result->journal_bytes = engine_stats(load->engine).batch_bytes - journal;
    TRY(checkpoint(load));
    result->bytes = measure_written(0) - written;
    qsort(all, load->repetitions, sizeof all[0], compare_repetitions);
    result->operations = all[load->repetitions / 2].operations;
    result->ns = all[load->repetitions / 2].ns;
    return ERR_OK;
}

enum err load_run(const struct load *load, struct load_result *out_result, struct note *note)
{
    struct line line = {.load = load, .result = out_result};
    ASSERT(load->in_flight <= LOAD_IN_FLIGHT_MAX && load->repetitions <= LOAD_REPETITIONS_MAX);
    memset(out_result, 0, sizeof *out_result);
    pthread_mutex_init(&line.mutex, NULL);
    pthread_cond_init(&line.is_freed, NULL);
    enum err err = make_lanes(&line);
    if (err == ERR_OK) {
        err = repeat_all(&line, note);
    }
    for (unsigned i = 0; i < load->in_flight; i++) {
        free(line.lanes[i].commands);
        free(line.lanes[i].outcomes);
    }
    pthread_cond_destroy(&line.is_freed);
    pthread_mutex_destroy(&line.mutex);
    return err;
}
