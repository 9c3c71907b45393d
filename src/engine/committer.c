/* Makes flights durable, in order, and answers them. On its own thread, or on the writer's when
 * nothing is in flight. */
#include "engine/writer.h"
#include "base/mutant.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    COMMITTER_NICENESS = -10
};

/* Did the journal take the batch although it reported a failure? */
static bool is_durable_after_all(const struct engine *engine, const struct flight *flight)
{
    const struct journal *journal = &engine->options.journal;
    uint64_t next_row = 0;
    return journal->next_row(journal->context, &next_row) == ERR_OK &&
           next_row == flight->builder.first_row + flight->builder.count;
}

static enum err append(struct engine *engine, struct flight *flight, struct hash *out_head)
{
    const struct journal *journal = &engine->options.journal;
    if (MUTANT(ANSWER_BEFORE_DURABLE)) {
        flight_answer(flight, ERR_OK);
    }
    buffer_clear(&engine->sealed);
    TRY(batch_seal(&flight->builder, &flight->signer, flight->charter_epoch, flight->time,
                   &engine->head, &engine->sealed, out_head));
    enum err err = journal->append(journal->context, flight->builder.first_row,
                                   flight->builder.count, buffer_slice(&engine->sealed), 0);
    return err != ERR_OK && is_durable_after_all(engine, flight) ? ERR_OK : err;
}

enum err committer_commit(struct engine *engine, struct flight *flight)
{
    const struct engine_options *options = &engine->options;
    struct hash head;
    if (flight->builder.count == 0) {
        return ERR_OK;
    }
    enum err err = append(engine, flight, &head);
    if (err != ERR_OK) {
        atomic_fetch_add(&engine->counters.commit_failures, 1);
        engine_trouble(engine, "commit-failed", err_describe(err)->sentence);
        return err;
    }
    uint64_t last_row = flight->builder.first_row + flight->builder.count - 1;
    engine->head = head;
    options->tables.make_durable(options->tables.context, last_row);
    timekeeper_expect(&engine->timekeeper, flight->first_due);
    atomic_store(&engine->counters.journal_row, last_row);
    atomic_fetch_add(&engine->counters.batches, 1);
    atomic_fetch_add(&engine->counters.batch_bytes, engine->sealed.length);
    if (options->on_commit != NULL) {
        options->on_commit(options->hook_context, last_row, flight->has_entries);
    }
    return ERR_OK;
}

void submission_answer(struct submission *s)
{
    if (s->batch_outcome != NULL) {
        s->batch_outcome->err = s->outcome.err;
    }
    struct outcome outcome = s->outcome;
    engine_done *done = s->done;
    void *context = s->context;
    buffer_fini(&s->body);
    free(s);
    if (done != NULL) {
        done(context, &outcome);
    }
}

/* Of a part that failed each outcome says so; terms hold all the same. */
static void part_fail(const struct part *part, enum err err)
{
    struct submission *s = part->submission;
    if (s->kind == SUBMISSION_TERMS) {
        return;
    }
    if (s->outcome.err == ERR_OK) {
        s->outcome.err = err;
    }
    for (size_t i = part->from; i < part->to; i++) {
        s->outcomes[i] = (struct outcome){.err = err};
    }
}

void flight_answer(struct flight *flight, enum err result)
{
    size_t count = flight->part_count;
    flight->part_count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct part *part = &flight->parts[i];
        if (result != ERR_OK) {
            part_fail(part, result);
        }
        if (part->is_last) {
            submission_answer(part->submission);
        }
    }
}

bool committer_round(struct engine *engine)
{
    enum err broken;
    struct flight *flight = pipe_next(&engine->pipe, &broken);
    if (flight == NULL) {
        return false;
    }
    enum err result = broken != ERR_OK ? broken : committer_commit(engine, flight);
    if (result == ERR_OK) {
        flight_answer(flight, ERR_OK);
    }
    if (pipe_done(&engine->pipe, result)) {
        queue_nudge(&engine->queue);
    }
    return true;
}

void *committer_main(void *context)
{
    struct engine *engine = context;
    (void)pthread_setname_np(pthread_self(), "committer");
    /* Everybody waits for this thread. Without the privilege it stays as it is. */
    (void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), COMMITTER_NICENESS);
    while (committer_round(engine)) {
    }
    return NULL;
}
