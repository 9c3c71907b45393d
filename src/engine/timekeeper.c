/* What happens by itself: checkpoints, and lots and holds that fall due. */
#include "base/mutant.h"
#include "base/waiting.h"
#include "engine/writer.h"

#include <errno.h>
#include <time.h>

void timekeeper_init(struct timekeeper *timekeeper)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&timekeeper->lock, NULL);
    pthread_cond_init(&timekeeper->wake, &monotonic);
    pthread_cond_init(&timekeeper->finished, NULL);
    pthread_condattr_destroy(&monotonic);
    atomic_store(&timekeeper->first_due, MUTANT(FORGET_DUE_AT_RESTART) ? INT64_MAX : 0);
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
    if (!timekeeper->is_nudged) {
        timekeeper->is_nudged = true;
        pthread_cond_signal(&timekeeper->wake);
    }
    pthread_mutex_unlock(&timekeeper->lock);
}

void timekeeper_expect(struct timekeeper *timekeeper, int64_t due_ms)
{
    int_fast64_t first = atomic_load(&timekeeper->first_due);
    while (due_ms < first &&
           !atomic_compare_exchange_weak(&timekeeper->first_due, &first, due_ms)) {
    }
}

void timekeeper_stop(struct timekeeper *timekeeper)
{
    pthread_mutex_lock(&timekeeper->lock);
    timekeeper->is_stopping = true;
    pthread_cond_signal(&timekeeper->wake);
    pthread_mutex_unlock(&timekeeper->lock);
}

/* The one under way may have begun too early for the caller: wait for one that begins after now. */
static enum err await_checkpoint(struct timekeeper *timekeeper)
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

/* Waits for a request or the interval's end. False when stopping. */
static bool wait_for_round(struct engine *engine, uint64_t *out_ticket, bool *out_is_wanted)
{
    struct timekeeper *timekeeper = &engine->timekeeper;
    struct timespec until = monotonic_after(engine->options.checkpoint_every_ms);
    pthread_mutex_lock(&timekeeper->lock);
    while (timekeeper->wanted == timekeeper->made && !timekeeper->is_nudged &&
           !timekeeper->is_stopping) {
        if (pthread_cond_timedwait(&timekeeper->wake, &timekeeper->lock, &until) == ETIMEDOUT) {
            break;
        }
    }
    *out_ticket = timekeeper->wanted;
    *out_is_wanted = timekeeper->wanted != timekeeper->made;
    timekeeper->is_nudged = false;
    bool goes_on = !timekeeper->is_stopping;
    pthread_mutex_unlock(&timekeeper->lock);
    return goes_on;
}

static bool is_stopping(struct timekeeper *timekeeper)
{
    pthread_mutex_lock(&timekeeper->lock);
    bool is_stopping = timekeeper->is_stopping;
    pthread_mutex_unlock(&timekeeper->lock);
    return is_stopping;
}

static void finish_round(struct timekeeper *timekeeper, uint64_t ticket, enum err result)
{
    pthread_mutex_lock(&timekeeper->lock);
    timekeeper->made = ticket;
    timekeeper->last_result = result;
    pthread_cond_broadcast(&timekeeper->finished);
    pthread_mutex_unlock(&timekeeper->lock);
}

/* ERR_NOT_FOUND ends the scan. */
static enum err gather_due(void *context, struct slice key, struct slice value)
{
    (void)value;
    struct due_list *list = context;
    if (list->count == DUE_ROWS_PER_ROUND) {
        return ERR_NOT_FOUND;
    }
    struct due_row *row = &list->rows[list->count++];
    return key_due_parse(key, &row->due, &row->kind, &row->redeemer, &row->id);
}

/* What is due, soonest first, and when there will be something if that is all. */
static enum err find_due(struct engine *engine, struct due_list *list, int64_t *out_next_ms)
{
    const struct tables *tables = &engine->options.tables;
    uint8_t upto[sizeof(uint64_t)];
    struct ledger_key next;
    list->count = 0;
    put_u64_be(upto, (uint64_t)list->now.ms + 1);
    TRY(tables->scan_durable(tables->context, TABLE_DUE, slice_of(upto, sizeof upto), &next,
                             gather_due, list));
    *out_next_ms = next.length < sizeof(uint64_t) ? INT64_MAX : (int64_t)get_u64_be(next.bytes);
    return ERR_OK;
}

static enum command_kind kind_of(enum due_kind kind)
{
    switch (kind) {
    case DUE_HOLD:
        return COMMAND_EXPIRE_HOLD;
    case DUE_CARD_NEWS:
        return COMMAND_TELL_CARDS;
    case DUE_DISPUTE:
        return COMMAND_DISPUTE_DUE;
    case DUE_FUNDING:
        return COMMAND_TELL_FUNDING;
    case DUE_EARNS:
        return COMMAND_SEND_EARNS;
    case DUE_BLOCK:
        return COMMAND_BLOCK_DUE;
    case DUE_QUOTE:
        return COMMAND_RESERVE;
    case DUE_MEMBER:
        break;
    }
    return COMMAND_SETTLE_MEMBER;
}

static struct command command_of(const struct engine *engine, const struct due_row *row)
{
    struct command command = {
        .kind = kind_of(row->kind), .origin = engine->self, .business_time = row->due};
    if (row->kind == DUE_QUOTE) {
        command.reserve =
            (struct command_reserve){.step = RESERVE_EXPIRE, .quote = row->id, .until = row->due};
    } else {
        command.due =
            (struct command_due){.due = row->due, .redeemer = row->redeemer, .id = row->id};
    }
    return command;
}

/* In pieces so small that a till's command between two of them hardly waits. */
static enum err run_list(struct engine *engine, struct due_list *list)
{
    for (size_t at = 0; at < list->count;) {
        size_t count = 0;
        for (; count < DUE_ROWS_AT_ONCE && at < list->count; at++) {
            list->commands[count++] = command_of(engine, &list->rows[at]);
        }
        TRY(engine_execute_batch(engine, list->commands, count, false, list->outcomes));
    }
    return ERR_OK;
}

/* Some of what is due. True: there may be more of it. */
static bool run_due(struct engine *engine, struct due_list *list)
{
    struct timekeeper *timekeeper = &engine->timekeeper;
    int64_t next_ms = INT64_MAX;
    list->now = clock_now(&engine->options.clock);
    if (atomic_load(&timekeeper->first_due) > list->now.ms) {
        return false;
    }
    atomic_store(&timekeeper->first_due, INT64_MAX);
    enum err err = find_due(engine, list, &next_ms);
    if (err == ERR_OK) {
        err = run_list(engine, list);
    }
    if (err != ERR_OK && err != ERR_UNAVAILABLE) {
        engine_trouble(engine, "due-failed", err_describe(err)->sentence);
    }
    /* What was found may still be there: it is looked for once more. */
    timekeeper_expect(timekeeper, err != ERR_OK || list->count > 0 ? 0 : next_ms);
    return err == ERR_OK && list->count == DUE_ROWS_PER_ROUND;
}

/* Slice by slice, until the checkpoint is as close behind as it must be. */
static enum err checkpoint_some(struct engine *engine)
{
    const struct engine_options *options = &engine->options;
    const struct tables *tables = &options->tables;
    bool is_more = true;
    enum err err = ERR_OK;
    while (err == ERR_OK && is_more && !is_stopping(&engine->timekeeper)) {
        err = tables->checkpoint_some(tables->context, options->lag_rows, options->dirty_bytes,
                                      &is_more);
    }
    return err;
}

static enum err checkpoint(struct engine *engine, bool is_wanted)
{
    const struct tables *tables = &engine->options.tables;
    enum err err = is_wanted ? tables->checkpoint(tables->context) : checkpoint_some(engine);
    if (err != ERR_OK) {
        engine_trouble(engine, "checkpoint-failed", err_describe(err)->sentence);
    }
    return err;
}

enum err timekeeper_checkpoint(struct engine *engine)
{
    return engine->options.is_driven ? checkpoint(engine, true)
                                     : await_checkpoint(&engine->timekeeper);
}

bool timekeeper_round(struct engine *engine)
{
    (void)checkpoint(engine, false); /* trouble is told where it comes up */
    return run_due(engine, &engine->timekeeper.due);
}

void *timekeeper_main(void *context)
{
    struct engine *engine = context;
    struct timekeeper *timekeeper = &engine->timekeeper;
    uint64_t ticket;
    bool is_wanted;
    (void)pthread_setname_np(pthread_self(), "timekeeper");
    while (wait_for_round(engine, &ticket, &is_wanted)) {
        enum err made = checkpoint(engine, is_wanted);
        if (is_wanted) {
            finish_round(timekeeper, ticket, made);
        }
        if (run_due(engine, &timekeeper->due)) {
            timekeeper_nudge(timekeeper);
        }
    }
    pthread_cond_broadcast(&timekeeper->finished);
    return NULL;
}
