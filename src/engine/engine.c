#include "engine/writer.h"

#include <stdlib.h>

#include "wire/messages.h"

static enum err encode_entry(void *context, const struct clearing_entry *entry, struct buffer *out)
{
    (void)context;
    return wire_entry_encode(entry, out);
}

static enum err decode_entry(void *context, struct slice bytes, struct clearing_entry *out_entry)
{
    (void)context;
    return wire_entry_decode(bytes, out_entry, NULL);
}

static void engine_free(struct engine *engine)
{
    pipe_fini(&engine->pipe);
    queue_fini(&engine->queue);
    timekeeper_fini(&engine->timekeeper);
    ledger_applier_destroy(engine->applier);
    if (engine->tables != NULL) {
        engine->writing->close(engine->tables);
    }
    plan_fini(&engine->plan);
    buffer_fini(&engine->body);
    buffer_fini(&engine->scratch);
    buffer_fini(&engine->sealed);
    record_reader_fini(&engine->records);
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
    if (options->dirty_bytes == 0) {
        options->dirty_bytes = LIMIT_MEMTABLE_BYTES;
    }
    if (options->lag_rows == 0) {
        options->lag_rows = LIMIT_LAG_ROWS;
    }
    if (options->checkpoint_every_ms == 0) {
        options->checkpoint_every_ms = 1000;
    }
}

static enum err start_threads(struct engine *engine)
{
    if (engine->options.is_driven) {
        writer_begin(engine);
        return ERR_OK;
    }
    if (pthread_create(&engine->committer, NULL, committer_main, engine) != 0) {
        return ERR_RESOURCE;
    }
    if (pthread_create(&engine->writer, NULL, writer_main, engine) != 0) {
        pipe_close(&engine->pipe);
        pthread_join(engine->committer, NULL);
        return ERR_RESOURCE;
    }
    if (pthread_create(&engine->timekeeper.thread, NULL, timekeeper_main, engine) != 0) {
        queue_close(&engine->queue);
        pthread_join(engine->writer, NULL);
        pthread_join(engine->committer, NULL);
        return ERR_RESOURCE;
    }
    return ERR_OK;
}

static enum err open_tables(struct engine *engine, struct note *note)
{
    const struct tables *tables = &engine->options.tables;
    engine->writing = tables->writer;
    TRY(tables->open_writer(tables->context, &engine->tables));
    TRY(engine_use_tables(engine, true));
    TRY(engine_recover(engine, note));
    return engine_use_tables(engine, false);
}

static struct engine *engine_create(const struct engine_options *options)
{
    struct engine *engine = calloc(1, sizeof *engine);
    if (engine == NULL || pipe_init(&engine->pipe) != ERR_OK) {
        free(engine);
        return NULL;
    }
    engine->options = *options;
    engine->self = options->terms.roster->self;
    engine->signer = options->terms.signer != NULL ? *options->terms.signer : options->signer;
    use_defaults(&engine->options);
    engine->ledger_terms.codec = (struct entry_codec){NULL, encode_entry, decode_entry};
    engine->ledger_terms.roster = options->terms.roster;
    engine->ledger_terms.refund_grace_ms = options->terms.refund_grace_ms;
    engine->ledger_terms.debt_limit = options->terms.debt_limit;
    engine->ledger_terms.outbox_entries = options->terms.outbox_entries;
    queue_init(&engine->queue, engine->options.queue_commands);
    timekeeper_init(&engine->timekeeper);
    plan_init(&engine->plan);
    record_reader_init(&engine->records, &engine->options.journal);
    return engine;
}

enum err engine_open(const struct engine_options *options, struct engine **out_engine,
                     struct note *note)
{
    struct engine *engine = engine_create(options);
    if (engine == NULL) {
        return note_set(note, ERR_RESOURCE, "no memory for the engine");
    }
    enum err err = open_tables(engine, note);
    if (err == ERR_OK) {
        engine->terms = options->terms;
        err = start_threads(engine);
    }
    if (err != ERR_OK) {
        engine->terms.release = NULL; /* they stay the caller's */
        engine_free(engine);
        return err;
    }
    *out_engine = engine;
    return ERR_OK;
}

static void stop_threads(struct engine *engine)
{
    timekeeper_stop(&engine->timekeeper);
    pthread_join(engine->timekeeper.thread, NULL);
    queue_close(&engine->queue);
    pthread_join(engine->writer, NULL);
    pthread_join(engine->committer, NULL);
}

void engine_close(struct engine *engine)
{
    if (engine == NULL) {
        return;
    }
    const struct tables *tables = &engine->options.tables;
    if (engine->options.is_driven) {
        queue_close(&engine->queue);
        engine_drive(engine);
        writer_end(engine);
    } else {
        stop_threads(engine);
    }
    if (tables->checkpoint(tables->context) != ERR_OK) {
        engine_trouble(engine, "checkpoint-failed", "the next start rolls the journal forward");
    }
    engine_free(engine);
}

void engine_abandon(struct engine *engine)
{
    if (engine == NULL) {
        return;
    }
    ASSERT(engine->options.is_driven);
    queue_close(&engine->queue);
    writer_abandon(engine);
    engine_free(engine);
}

enum err engine_checkpoint(struct engine *engine)
{
    return timekeeper_checkpoint(engine);
}

void engine_drive(struct engine *engine)
{
    ASSERT(engine->options.is_driven);
    while (writer_has_work(engine)) {
        (void)writer_round(engine);
    }
}

bool engine_keep_time(struct engine *engine)
{
    ASSERT(engine->options.is_driven);
    return timekeeper_round(engine);
}

struct engine_stats engine_stats(const struct engine *engine)
{
    const struct counters *c = &engine->counters;
    return (struct engine_stats){
        .journal_row = atomic_load(&c->journal_row),
        .checkpointed_row = engine->options.tables.checkpointed_row(engine->options.tables.context),
        .commands = atomic_load(&c->commands),
        .refusals = atomic_load(&c->refusals),
        .repeats = atomic_load(&c->repeats),
        .batches = atomic_load(&c->batches),
        .batch_bytes = atomic_load(&c->batch_bytes),
        .commit_failures = atomic_load(&c->commit_failures),
        .queue_length = queue_length(&engine->queue),
    };
}

const struct tables *engine_tables(const struct engine *engine)
{
    return &engine->options.tables;
}

const struct journal *engine_journal(const struct engine *engine)
{
    return &engine->options.journal;
}
