/* The engine's inside: shared by its own files only. */
#ifndef ENGINE_WRITER_H
#define ENGINE_WRITER_H

#include <stdatomic.h>

#include "engine/pipe.h"
#include "engine/record_reader.h"
#include "ledger/apply.h"

struct counters {
    atomic_uint_fast64_t journal_row;
    atomic_uint_fast64_t commands;
    atomic_uint_fast64_t refusals;
    atomic_uint_fast64_t repeats;
    atomic_uint_fast64_t batches;
    atomic_uint_fast64_t batch_bytes;
    atomic_uint_fast64_t commit_failures;
};

enum {
    DUE_ROWS_PER_ROUND = 4096,
    DUE_ROWS_AT_ONCE = 64 /* of them that the writer decides in one go */
};

/* A row of TABLE_DUE. */
struct due_row {
    struct unix_ms due;
    enum due_kind kind;
    struct partner_id redeemer;
    struct uid id;
};

struct due_list {
    struct unix_ms now;
    size_t count;
    struct due_row rows[DUE_ROWS_PER_ROUND];
    struct command commands[DUE_ROWS_AT_ONCE];
    struct outcome outcomes[DUE_ROWS_AT_ONCE];
};

struct timekeeper {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pthread_cond_t finished;
    uint64_t wanted; /* whole checkpoints asked for */
    uint64_t made;
    enum err last_result;
    bool is_nudged;
    bool is_stopping;
    /* No durable row of TABLE_DUE is due before it, ms. Who makes a batch durable lowers it
     * afterwards; the thread sets it before it looks, so that nothing in between is missed. */
    atomic_int_fast64_t first_due;
    struct due_list due; /* the thread's alone */
};

enum {
    MEMO_ROWS = 4,
    INLINE_RECORDS = 64 /* so many are committed at once, without the committer */
};

/* Members' rows that were decoded since the tables last changed: a decision reads them, and what it
 * planned is applied to them next. */
struct member_memo {
    size_t count;
    struct {
        struct uid id;
        struct member row;
    } rows[MEMO_ROWS];
};

struct engine {
    struct engine_options options;
    struct partner_id self;
    struct queue queue;
    struct pipe pipe;
    pthread_t writer;
    pthread_t committer;
    struct timekeeper timekeeper;
    struct counters counters;

    /* The writer's alone. */
    const struct tables_writer *writing; /* how its tables are changed */
    void *tables;
    struct ledger_store state; /* its port */
    struct member_memo memo;
    struct ledger_store store; /* the same, with the memo and the records */
    struct ledger_applier *applier;
    struct engine_terms terms;
    struct signer signer; /* the terms', or the one before them */
    struct ledger_terms ledger_terms;
    struct plan plan;
    struct buffer body;
    struct buffer scratch;
    struct record_reader records; /* for repeats of commands that are in the journal */
    struct note note;
    uint64_t next_row; /* of the open flight's first record */
    struct unix_ms last_time;

    /* The committer's; the writer's while nothing is in flight. */
    struct buffer sealed;
    struct hash head; /* of the last durable batch */
};

/* tables.c: `store`, and an applier on it. While recovering, rows that the state holds already are
 * left alone. */
MUST_USE enum err engine_use_tables(struct engine *engine, bool is_recovering);

/* recovery.c: state and head from the journal. */
MUST_USE enum err engine_recover(struct engine *engine, struct note *note);

/* writer.c */
void *writer_main(void *engine);
void writer_begin(struct engine *engine);
/* Waits for work or a nudge, decides what is queued, and lets what has to leave the open flight
 * leave. True: nothing will come any more. */
bool writer_round(struct engine *engine);
/* A round with this submission alone, on the thread of the caller, who takes the writer's place for
 * it. False, and nothing was done with it: the writer has work, or there is no place to take. */
MUST_USE bool writer_round_here(struct engine *engine, struct submission *submission);
/* Without waiting: does a round have something to do? */
bool writer_has_work(struct engine *engine);
/* What is open leaves; waits until all is done. */
void writer_end(struct engine *engine);
/* All that waits is answered ERR_UNAVAILABLE, and nothing is made durable. */
void writer_abandon(struct engine *engine);
/* Decides, records and applies one command within the open flight. After an error the flight holds
 * a part of it. */
MUST_USE enum err writer_step(struct engine *engine, const struct command *command,
                              struct outcome *out_outcome);
/* The view's `record`: of a flight or the journal. */
enum err writer_record(void *engine, uint64_t row, struct slice *out_bytes);
/* Reads the clock; the ledger's time never goes back, whatever the machine's clock does. */
struct unix_ms writer_now(struct engine *engine);
void engine_trouble(const struct engine *engine, const char *what, const char *detail);

/* prefetch.c: tells the state which rows the command will ask for. */
void writer_prefetch(struct engine *engine, const struct command *command);
/* While number `at` of many is about to be decided: the rows of those some way behind it. */
void writer_prefetch_ahead(struct engine *engine, const struct command *commands, size_t count,
                           size_t at);
/* The same for a partner's entries. */
void writer_prefetch_entry(struct engine *engine, const struct partner_id *sender,
                           const struct batch_entry *entries, size_t count, size_t at);

/* take.c: groups that apply as one. */
MUST_USE enum err writer_take_batch(struct engine *engine, const struct incoming_batch *batch,
                                    struct batch_outcome *out);
MUST_USE enum err writer_take_receipt(struct engine *engine, const struct incoming_receipt *receipt,
                                      struct receipt_outcome *out);

/* committer.c */
void *committer_main(void *engine);
/* Waits for a sealed flight and does what there is to do with it. False: there is none any more. */
bool committer_round(struct engine *engine);
MUST_USE enum err committer_commit(struct engine *engine, struct flight *flight);
/* Answers what is in the flight: as it was decided, or with the error. */
void flight_answer(struct flight *flight, enum err result);
/* Answers and frees. */
void submission_answer(struct submission *submission);

/* timekeeper.c */
void *timekeeper_main(void *engine);
void timekeeper_init(struct timekeeper *timekeeper);
void timekeeper_stop(struct timekeeper *timekeeper);
void timekeeper_fini(struct timekeeper *timekeeper);
/* Something durable will be due at this time. */
void timekeeper_expect(struct timekeeper *timekeeper, int64_t due_ms);
/* There is much that is not checkpointed. */
void timekeeper_nudge(struct timekeeper *timekeeper);
MUST_USE enum err timekeeper_checkpoint(struct engine *engine);
/* A round without a thread. True: there may be more that is due. */
bool timekeeper_round(struct engine *engine);

#endif
