#include "engine/writer.h"

#include <stdio.h>
#include <stdlib.h>

#include "wire/messages.h"

static enum err encode_entry(void *context, const struct clearing_entry *entry, struct buffer *out)
{
    (void)context;
    return wire_entry_encode(entry, out);
}

static void engine_free(struct engine *engine)
{
    queue_fini(&engine->queue);
    timekeeper_fini(&engine->timekeeper);
    state_writer_destroy(engine->tables);
    plan_fini(&engine->plan);
    buffer_fini(&engine->body);
    buffer_fini(&engine->scratch);
    buffer_fini(&engine->sealed);
    record_reader_fini(&engine->records);
    batch_builder_fini(&engine->builder);
    if (engine->terms.release != NULL) {
        engine->terms.release(engine->terms.context);
    }
    free(engine);
}

static void use_defaults(struct engine_options *options)
{
    if (options->queue_commands == 0) {
        options->queue_commands = LIMIT_QUEUE_COMMANDS;
    }
    if (options->memtable_bytes == 0) {
        options->memtable_bytes = LIMIT_MEMTABLE_BYTES;
    }
    if (options->checkpoint_every_ms == 0) {
        options->checkpoint_every_ms = 1000;
    }
}

static enum err start_threads(struct engine *engine)
{
    if (pthread_create(&engine->writer, NULL, writer_main, engine) != 0) {
        return ERR_RESOURCE;
    }
    if (pthread_create(&engine->timekeeper.thread, NULL, timekeeper_main, engine) != 0) {
        queue_close(&engine->queue);
        pthread_join(engine->writer, NULL);
        return ERR_RESOURCE;
    }
    return ERR_OK;
}

enum err engine_open(const struct engine_options *options, struct engine **out_engine,
                     struct note *note)
{
    struct engine *engine = calloc(1, sizeof *engine);
    if (engine == NULL) {
        return note_set(note, ERR_RESOURCE, "no memory for the engine");
    }
    engine->options = *options;
    engine->self = options->terms.roster->self;
    use_defaults(&engine->options);
    engine->ledger_terms.codec = (struct entry_codec){NULL, encode_entry};
    engine->ledger_terms.roster = options->terms.roster;
    engine->ledger_terms.refund_grace_ms = options->terms.refund_grace_ms;
    engine->ledger_terms.debt_limit = options->terms.debt_limit;
    queue_init(&engine->queue, engine->options.queue_commands);
    timekeeper_init(&engine->timekeeper);
    plan_init(&engine->plan);
    record_reader_init(&engine->records, &engine->options.journal);
    enum err err = state_writer_create(options->state, &engine->tables);
    if (err == ERR_OK) {
        engine->store = state_writer_port(engine->tables);
        engine->store.view.record = writer_record;
        engine->store.view.record_context = engine;
        err = engine_recover(engine, note);
    }
    if (err == ERR_OK) {
        err = start_threads(engine);
    }
    if (err != ERR_OK) {
        engine_free(engine);
        return err;
    }
    engine->terms = options->terms;
    *out_engine = engine;
    return ERR_OK;
}

void engine_close(struct engine *engine)
{
    if (engine == NULL) {
        return;
    }
    timekeeper_stop(&engine->timekeeper);
    pthread_join(engine->timekeeper.thread, NULL);
    queue_close(&engine->queue);
    pthread_join(engine->writer, NULL);
    if (state_checkpoint(engine->options.state) != ERR_OK) {
        engine_trouble(engine, "checkpoint-failed", "the next start rolls the journal forward");
    }
    engine_free(engine);
}

static struct submission *submission_create(enum submission_kind kind)
{
    struct submission *s = calloc(1, sizeof *s);
    if (s != NULL) {
        s->kind = kind;
    }
    return s;
}

static enum err submit(struct engine *engine, struct submission *s)
{
    enum err err = queue_put(&engine->queue, s);
    if (err != ERR_OK) {
        buffer_fini(&s->body);
        free(s);
    }
    return err;
}

/* The copy's slices point into its own canonical bytes. */
static enum err copy_command(struct submission *s, const struct command *command)
{
    s->body.limit = LIMIT_RECORD_BYTES / 2;
    command_encode(command, &s->body);
    if (s->body.err != ERR_OK) {
        return s->body.err;
    }
    TRY(command_decode(command->kind, buffer_slice(&s->body), &s->command));
    s->command.kind = command->kind;
    s->command.origin = command->origin;
    s->command.transaction_id = command->transaction_id;
    s->command.business_time = command->business_time;
    s->command.is_dated = command->is_dated;
    return ERR_OK;
}

enum err engine_submit(struct engine *engine, const struct command *command, engine_done *done,
                       void *context)
{
    struct submission *s = submission_create(SUBMISSION_COMMAND);
    if (s == NULL) {
        return ERR_RESOURCE;
    }
    s->done = done;
    s->context = context;
    enum err err = copy_command(s, command);
    if (err != ERR_OK) {
        buffer_fini(&s->body);
        free(s);
        return err;
    }
    return submit(engine, s);
}

/* Someone who waits for an outcome. */
struct waiter {
    pthread_mutex_t lock;
    pthread_cond_t is_done;
    bool has_outcome;
    struct outcome outcome;
};

static void waiter_done(void *context, const struct outcome *outcome)
{
    struct waiter *waiter = context;
    pthread_mutex_lock(&waiter->lock);
    waiter->outcome = *outcome;
    waiter->has_outcome = true;
    pthread_cond_signal(&waiter->is_done);
    pthread_mutex_unlock(&waiter->lock);
}

static void waiter_init(struct waiter *waiter)
{
    *waiter = (struct waiter){0};
    pthread_mutex_init(&waiter->lock, NULL);
    pthread_cond_init(&waiter->is_done, NULL);
}

static struct outcome waiter_finish(struct waiter *waiter, enum err submitted)
{
    pthread_mutex_lock(&waiter->lock);
    while (submitted == ERR_OK && !waiter->has_outcome) {
        pthread_cond_wait(&waiter->is_done, &waiter->lock);
    }
    struct outcome outcome = waiter->outcome;
    pthread_mutex_unlock(&waiter->lock);
    pthread_cond_destroy(&waiter->is_done);
    pthread_mutex_destroy(&waiter->lock);
    if (submitted != ERR_OK) {
        outcome.err = submitted;
    }
    return outcome;
}

struct outcome engine_execute(struct engine *engine, const struct command *command)
{
    struct waiter waiter;
    waiter_init(&waiter);
    return waiter_finish(&waiter, engine_submit(engine, command, waiter_done, &waiter));
}

/* Hands a submission that carries no command to the writer and waits. */
static enum err submit_and_wait(struct engine *engine, struct submission *s)
{
    struct waiter waiter;
    if (s == NULL) {
        return ERR_RESOURCE;
    }
    waiter_init(&waiter);
    s->done = waiter_done;
    s->context = &waiter;
    return waiter_finish(&waiter, submit(engine, s)).err;
}

void engine_take_batch(struct engine *engine, const struct incoming_batch *batch,
                       struct batch_outcome *out_outcome)
{
    struct submission *s = submission_create(SUBMISSION_BATCH);
    *out_outcome = (struct batch_outcome){0};
    if (s != NULL) {
        s->batch = batch;
        s->batch_outcome = out_outcome;
    }
    out_outcome->err = submit_and_wait(engine, s);
}

enum err engine_freeze(struct engine *engine, const struct partner_id *partner,
                       enum stream_direction direction, const char *reason, struct slice evidence)
{
    struct command command = {.kind = COMMAND_FREEZE_STREAM,
                              .origin = engine->self,
                              .business_time = clock_now(&engine->options.clock)};
    command.freeze.partner = *partner;
    command.freeze.direction = direction;
    command.freeze.evidence = evidence;
    snprintf(command.freeze.reason, sizeof command.freeze.reason, "%.*s",
             (int)sizeof command.freeze.reason - 1, reason);
    enum err err = engine_execute(engine, &command).err;
    engine_trouble(engine, err == ERR_OK ? "stream-frozen" : "stream-not-frozen", reason);
    return err;
}

enum err engine_take_receipt(struct engine *engine, const struct incoming_receipt *receipt,
                             size_t *out_refused, struct note *note)
{
    struct submission *s = submission_create(SUBMISSION_RECEIPT);
    if (s != NULL) {
        s->receipt = receipt;
        s->out_refused = out_refused;
        s->note = note;
    }
    enum err err = submit_and_wait(engine, s);
    if (err == ERR_DISAGREE) {
        /* Nothing more is sent to a partner whose receipt contradicts our half. */
        enum err frozen = engine_freeze(engine, &receipt->receiver, STREAM_OUT, note->text,
                                        receipt->receipt_signed);
        return frozen == ERR_OK ? err : frozen;
    }
    return err;
}

enum err engine_set_terms(struct engine *engine, const struct engine_terms *terms)
{
    struct submission *s = submission_create(SUBMISSION_TERMS);
    if (s != NULL) {
        s->terms = *terms;
    }
    enum err err = submit_and_wait(engine, s);
    if (err != ERR_OK && terms->release != NULL) {
        terms->release(terms->context);
    }
    return err;
}

enum err engine_checkpoint(struct engine *engine)
{
    return timekeeper_checkpoint(&engine->timekeeper);
}

struct engine_stats engine_stats(const struct engine *engine)
{
    const struct counters *c = &engine->counters;
    return (struct engine_stats){
        .journal_row = atomic_load(&c->journal_row),
        .checkpointed_row = state_checkpointed_row(engine->options.state),
        .commands = atomic_load(&c->commands),
        .refusals = atomic_load(&c->refusals),
        .repeats = atomic_load(&c->repeats),
        .batches = atomic_load(&c->batches),
        .batch_bytes = atomic_load(&c->batch_bytes),
        .commit_failures = atomic_load(&c->commit_failures),
        .queue_length = queue_length(&engine->queue),
    };
}

struct state *engine_state(const struct engine *engine)
{
    return engine->options.state;
}

const struct journal *engine_journal(const struct engine *engine)
{
    return &engine->options.journal;
}
