/* What happens by itself: checkpoints, and lots and holds that fall due. */
#include "engine/writer.h"

#include <errno.h>
#include <time.h>

#define DUE_ROWS_PER_ROUND 256u

void timekeeper_init(struct timekeeper *timekeeper)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&timekeeper->lock, NULL);
    pthread_cond_init(&timekeeper->wake, &monotonic);
    pthread_cond_init(&timekeeper->finished, NULL);
    pthread_condattr_destroy(&monotonic);
}

void timekeeper_fini(struct timekeeper *timekeeper)
{
    pthread_cond_destroy(&timekeeper->finished);
    pthread_cond_destroy(&timekeeper->wake);
    pthread_mutex_destroy(&timekeeper->lock);
}

void timekeeper_nudge(struct timekeeper *timekeeper)
{
    pthread_mutex_lock(&timekeeper->lock);
    if (timekeeper->wanted == timekeeper->made) {
        timekeeper->wanted++;
        pthread_cond_signal(&timekeeper->wake);
    }
    pthread_mutex_unlock(&timekeeper->lock);
}

void timekeeper_stop(struct timekeeper *timekeeper)
{
    pthread_mutex_lock(&timekeeper->lock);
    timekeeper->is_stopping = true;
    pthread_cond_signal(&timekeeper->wake);
    pthread_mutex_unlock(&timekeeper->lock);
}

/* The one under way may have begun too early for the caller: wait for one that begins after now. */
enum err timekeeper_checkpoint(struct timekeeper *timekeeper)
{
    pthread_mutex_lock(&timekeeper->lock);
    uint64_t ticket = ++timekeeper->wanted;
    pthread_cond_signal(&timekeeper->wake);
    while (timekeeper->made < ticket && !timekeeper->is_stopping) {
        pthread_cond_wait(&timekeeper->finished, &timekeeper->lock);
    }
    enum err result = timekeeper->made >= ticket ? timekeeper->last_result : ERR_UNAVAILABLE;
    pthread_mutex_unlock(&timekeeper->lock);
    return result;
}

static struct timespec after_ms(int64_t ms)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += (time_t)(ms / 1000);
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

/* Waits for a request or the interval's end. False when stopping. */
static bool wait_for_round(struct engine *engine, uint64_t *out_ticket)
{
    struct timekeeper *timekeeper = &engine->timekeeper;
    struct timespec until = after_ms(engine->options.checkpoint_every_ms);
    pthread_mutex_lock(&timekeeper->lock);
    while (timekeeper->wanted == timekeeper->made && !timekeeper->is_stopping) {
        if (pthread_cond_timedwait(&timekeeper->wake, &timekeeper->lock, &until) == ETIMEDOUT) {
            break;
        }
    }
    *out_ticket = timekeeper->wanted;
    bool goes_on = !timekeeper->is_stopping;
    pthread_mutex_unlock(&timekeeper->lock);
    return goes_on;
}

static void finish_round(struct timekeeper *timekeeper, uint64_t ticket, enum err result)
{
    pthread_mutex_lock(&timekeeper->lock);
    timekeeper->made = ticket;
    timekeeper->last_result = result;
    pthread_cond_broadcast(&timekeeper->finished);
    pthread_mutex_unlock(&timekeeper->lock);
}

struct due_list {
    struct unix_ms now;
    struct command commands[DUE_ROWS_PER_ROUND];
    size_t count;
};

/* ERR_NOT_FOUND ends the scan. */
static enum err gather_due(void *context, struct slice key, struct slice value)
{
    (void)value;
    struct due_list *list = context;
    struct command command = {0};
    enum due_kind kind;
    TRY(key_due_parse(key, &command.due.due, &kind, &command.due.redeemer, &command.due.id));
    if (command.due.due.ms > list->now.ms || list->count == DUE_ROWS_PER_ROUND) {
        return ERR_NOT_FOUND;
    }
    command.kind = kind == DUE_HOLD ? COMMAND_EXPIRE_HOLD : COMMAND_SETTLE_MEMBER;
    command.business_time = command.due.due;
    list->commands[list->count++] = command;
    return ERR_OK;
}

/* A slice of what is due; more of it in the next round. */
static bool run_due(struct engine *engine)
{
    struct due_list *list = &(struct due_list){.now = clock_now(&engine->options.clock)};
    enum err err = state_scan(engine->options.state, TABLE_DUE, slice_of(NULL, 0),
                              slice_of(NULL, 0), gather_due, list);
    size_t done = 0;
    for (size_t i = 0; i < list->count; i++) {
        list->commands[i].origin = engine->self;
        enum err failed = engine_execute(engine, &list->commands[i]).err;
        done += failed == ERR_OK;
        err = failed != ERR_OK ? failed : err; /* one that fails does not hold up the others */
    }
    if (err != ERR_OK && err != ERR_UNAVAILABLE) {
        engine_trouble(engine, "due-failed", err_describe(err)->sentence);
    }
    return done == DUE_ROWS_PER_ROUND;
}

static enum err checkpoint(struct engine *engine)
{
    if (state_dirty_bytes(engine->options.state) == 0) {
        return ERR_OK;
    }
    enum err err = state_checkpoint(engine->options.state);
    if (err != ERR_OK) {
        engine_trouble(engine, "checkpoint-failed", err_describe(err)->sentence);
    }
    return err;
}

void *timekeeper_main(void *context)
{
    struct engine *engine = context;
    uint64_t ticket;
    while (wait_for_round(engine, &ticket)) {
        finish_round(&engine->timekeeper, ticket, checkpoint(engine));
        if (run_due(engine)) {
            timekeeper_nudge(&engine->timekeeper);
        }
    }
    pthread_cond_broadcast(&engine->timekeeper.finished);
    return NULL;
}
