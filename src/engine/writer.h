/* The engine's inside: shared by its own files only. */
#ifndef ENGINE_WRITER_H
#define ENGINE_WRITER_H

#include <stdatomic.h>

#include "engine/queue.h"
#include "engine/record_reader.h"
#include "ledger/apply.h"
#include "ledger/batch.h"

struct counters {
    atomic_uint_fast64_t journal_row;
    atomic_uint_fast64_t commands;
    atomic_uint_fast64_t refusals;
    atomic_uint_fast64_t repeats;
    atomic_uint_fast64_t batches;
    atomic_uint_fast64_t batch_bytes;
    atomic_uint_fast64_t commit_failures;
};

struct timekeeper {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pthread_cond_t finished;
    uint64_t wanted; /* checkpoints asked for */
    uint64_t made;
    enum err last_result;
    bool is_stopping;
};

struct engine {
    struct engine_options options;
    struct partner_id self;
    struct queue queue;
    pthread_t writer;
    struct timekeeper timekeeper;
    struct counters counters;

    /* The writer's alone. */
    struct state_writer *tables;
    struct ledger_store store;
    struct engine_terms terms;
    struct ledger_terms ledger_terms;
    struct plan plan;
    struct buffer body;
    struct buffer scratch;
    struct record_reader records; /* for repeats of commands that are in the journal */
    struct batch_builder builder;
    struct buffer sealed;
    struct hash head; /* of the last durable batch */
    uint64_t next_row;
    struct unix_ms last_time;
    bool has_entries;
};

/* recovery.c: state and head from the journal. */
MUST_USE enum err engine_recover(struct engine *engine, struct note *note);

/* writer.c */
void *writer_main(void *engine);
/* Decides, records and applies one command within the open batch; `body` is its canonical bytes. */
MUST_USE enum err writer_step(struct engine *engine, const struct command *command,
                              struct slice body, struct outcome *out_outcome);
/* The same for a command that the engine made itself. */
MUST_USE enum err writer_step_own(struct engine *engine, const struct command *command,
                                  struct outcome *out_outcome);
/* The view's `record`: of the open batch or the journal. */
enum err writer_record(void *engine, uint64_t row, struct slice *out_bytes);
struct unix_ms writer_now(struct engine *engine);
void engine_trouble(const struct engine *engine, const char *what, const char *detail);

/* take.c: groups that apply as one. */
MUST_USE enum err writer_take_batch(struct engine *engine, const struct incoming_batch *batch,
                                    struct batch_outcome *out);
MUST_USE enum err writer_take_receipt(struct engine *engine, const struct incoming_receipt *receipt,
                                      size_t *out_refused, struct note *note);

/* timekeeper.c */
void *timekeeper_main(void *engine);
void timekeeper_init(struct timekeeper *timekeeper);
void timekeeper_stop(struct timekeeper *timekeeper);
void timekeeper_fini(struct timekeeper *timekeeper);
void timekeeper_nudge(struct timekeeper *timekeeper);
MUST_USE enum err timekeeper_checkpoint(struct timekeeper *timekeeper);

#endif
