/* The engine: one writer with group commit around the functional core.
 *
 *   submit -> bounded queue -> WRITER: decide, apply in place, fill a journal batch
 *          -> sealed batches, a few in flight -> COMMITTER: hash, sign, make durable, answer all
 *          -> TIMEKEEPER: checkpoint slices; lots and holds that fall due
 *
 * Nobody is answered before the journal has the batch, and readers see only what is durable, though
 * the writer goes on deciding meanwhile. A repeat of a command that is in flight is answered no
 * sooner than the command. When the journal refuses a batch, it and all behind it are taken back,
 * everybody in them is told so, and nothing has changed.
 *
 * Threads: these three, and who waits for a short command while the writer has nothing to do: it
 * takes the writer's place meanwhile. Any thread may submit; `done` and the hooks run on one of
 * these and must not block. A driven engine has none, and one thread at a time calls it.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "base/arena.h"
#include "base/clock.h"
#include "clearing/evidence.h"
#include "clearing/receipt.h"
#include "crypto/signing.h"
#include "ledger/decide.h"
#include "store/journal.h"
#include "store/tables.h"
#include "wire/signed.h"

struct engine;

/* What the ledger decides by; replaced as a whole when charter or settings change. The roster must
 * outlive its use: it is released through `release` once the writer has moved on. */
struct engine_terms {
    const struct roster *roster;
    int64_t refund_grace_ms;
    struct points debt_limit; /* INT64_MAX: none */
    uint64_t outbox_entries;  /* that may wait for one partner; 0: any number */
    /* Of receipts and the journal's batches from now on; its context must live as long as the
     * engine. NULL: the one before goes on. */
    const struct signer *signer;
    void *context;
    void (*release)(void *context); /* may be NULL */
};

struct engine_options {
    struct journal journal;
    struct tables tables;
    struct signer signer; /* unless the terms have another */
    char coalition[32];
    struct clock_port clock;
    struct engine_terms terms;
    size_t queue_commands; /* a batch counts as its commands; 0: LIMIT_QUEUE_COMMANDS */
    /* How far the checkpoint may lie behind: bytes of rows in memory that are not written, and rows
     * of the journal that a start would have to roll forward. */
    size_t dirty_bytes;          /* 0: LIMIT_MEMTABLE_BYTES */
    uint64_t lag_rows;           /* 0: LIMIT_LAG_ROWS */
    int64_t checkpoint_every_ms; /* it is looked at least this often; 0: 1,000 */
    /* Asked before new work is decided, on the writer's thread: anything but ERR_OK is the
     * outcome's error of what was submitted (ERR_RESOURCE: the disk is full but for a reserve).
     * `is_recovery`: it is what a partner holds of this ledger and was lost here, or a receipt.
     * Must be quick. May be NULL: always. */
    enum err (*may_write)(void *context, bool is_recovery);
    void *may_write_context;
    /* After each commit, one at a time and in order: something for partners may have come. On an
     * engine thread; may be NULL. */
    void (*on_commit)(void *context, uint64_t last_row, bool has_entries);
    /* Something that an operator must know: a commit that failed, a stream that was frozen. */
    void (*on_trouble)(void *context, const char *what, const char *detail);
    void *hook_context;
    /* No thread is started: one thread, the caller's, does all of it within its calls. What is
     * submitted waits for engine_drive; the functions that wait drive by themselves. What is due by
     * the clock waits for engine_keep_time. For simulations. */
    bool is_driven;
};

struct engine_stats {
    uint64_t journal_row; /* last durable */
    uint64_t checkpointed_row;
    uint64_t commands; /* decided since start */
    uint64_t refusals;
    uint64_t repeats;
    uint64_t batches;
    uint64_t batch_bytes;
    uint64_t commit_failures;
    uint64_t queue_length; /* waiting for the writer */
};

/* Rolls the state forward from the journal, checking every batch on the way, and starts the
 * threads. ERR_CORRUPT with a note that names the row when the journal is damaged. */
MUST_USE enum err engine_open(const struct engine_options *options, struct engine **out_engine,
                              struct note *note);
/* Finishes what is queued, writes a checkpoint, joins the threads. NULL is allowed. */
void engine_close(struct engine *engine);
/* Of a driven engine: as if its process ended here. Nothing more is decided, made durable or
 * checkpointed; what was not answered is answered ERR_UNAVAILABLE. NULL is allowed. */
void engine_abandon(struct engine *engine);

struct outcome {
    enum err err; /* ERR_OK: the verdict is durable; else nothing is known to have changed */
    enum verdict verdict;
    struct answer answer;
    bool is_repeat;
};
typedef void engine_done(void *context, const struct outcome *outcome);

/* Copies the command. ERR_RESOURCE when the queue is full, ERR_UNAVAILABLE when closing; then
 * `done` is not called. */
MUST_USE enum err engine_submit(struct engine *engine, const struct command *command,
                                engine_done *done, void *context);
/* The same, but others that come now may go along: the command waits for engine_submit_held, or
 * until some more wait with it. A flush for each costs more than the commands do. */
MUST_USE enum err engine_hold(struct engine *engine, const struct command *command,
                              engine_done *done, void *context);
/* No more come now. Quick when nothing is held; any thread. */
void engine_submit_held(struct engine *engine);
/* Many commands at once. `commands` and `outcomes` (`count` of them, 1 to LIMIT_BATCH_COMMANDS) are
 * the caller's and stay until `done`, which is called once, with outcome.err of the whole: ERR_OK
 * when each command has its own outcome, else the first error; outcomes[i].err says which of them
 * it hit. Nothing is copied. Commands are decided in order, and see what those before them did.
 *
 * is_linked: all apply or none. At the first refusal every other command gets
 * VERDICT_LINKED_REFUSED, and nothing is journaled: the same ids may come again. A repeat that was
 * VERDICT_OK counts as such. Without it each command stands for itself, and what does not fit into
 * one journal batch is split over several.
 *
 * Errors as engine_submit, and ERR_INPUT for a count out of bounds; then `done` is not called. */
MUST_USE enum err engine_submit_batch(struct engine *engine, const struct command *commands,
                                      size_t count, bool is_linked, struct outcome *outcomes,
                                      engine_done *done, void *context);
/* Submits and waits: outcome.err of the whole. */
MUST_USE enum err engine_execute_batch(struct engine *engine, const struct command *commands,
                                       size_t count, bool is_linked, struct outcome *outcomes);
/* Submits and waits. */
struct outcome engine_execute(struct engine *engine, const struct command *command);

/* A partner's batch, verified as far as signatures go. All borrowed for the call, which waits. */
struct incoming_batch {
    struct partner_id sender;
    struct batch_head head;
    const struct batch_entry *entries;
    size_t count;
    struct slice head_signed;
    uint64_t held_receipt_number;
    uint64_t charter_epoch;
};

struct batch_outcome {
    enum err err;
    enum batch_judgement judgement;
    struct note problem;   /* unless BATCH_TAKE */
    struct buffer receipt; /* Signed; of BATCH_TAKE. The caller frees it */
    size_t refused;
};
void engine_take_batch(struct engine *engine, const struct incoming_batch *batch,
                       struct batch_outcome *out_outcome);
/* The same in two steps, so that the next batch can be prepared and handed over meanwhile; batches
 * are judged in the order in which they were begun. `batch` and `out_outcome` stay the caller's
 * until the end, which waits. */
struct engine_ticket;
/* NULL when there is no memory; the end says so then. */
struct engine_ticket *engine_begin_take(struct engine *engine, const struct incoming_batch *batch,
                                        struct batch_outcome *out_outcome);
void engine_end_take(struct engine *engine, struct engine_ticket *ticket,
                     struct batch_outcome *out_outcome);

/* A partner's receipt for our entries, its signature verified; `entries` are our own entries from
 * the stream's receipted_number + 1 to receipt->last_number with the hash of the last. Waits.
 * ERR_CONFLICT when it does not follow on (ask for what lies between), ERR_DISAGREE when its totals
 * or hash are not ours: the stream is frozen then, and the note says why. */
struct incoming_receipt {
    struct partner_id receiver;
    const struct clearing_receipt *receipt;
    struct hash payload_hash;
    struct slice receipt_signed;
    const struct clearing_entry *entries;
    size_t count;
    struct hash last_hash;
};
MUST_USE enum err engine_take_receipt(struct engine *engine, const struct incoming_receipt *receipt,
                                      size_t *out_refused, struct note *note);
/* The same in two steps, as with batches. */
struct receipt_outcome {
    enum err err;
    size_t refused;
    struct note note;       /* what is wrong with it */
    struct buffer evidence; /* of a contradiction; the engine's own */
};
struct engine_ticket *engine_begin_receipt(struct engine *engine,
                                           const struct incoming_receipt *receipt,
                                           struct receipt_outcome *out_outcome);
void engine_end_receipt(struct engine *engine, struct engine_ticket *ticket,
                        const struct incoming_receipt *receipt,
                        struct receipt_outcome *out_outcome);

/* Tells partners what became of our cards and they were not told yet: those that joined since,
 * those whose streams were frozen. A large rest follows by itself. Waits. */
MUST_USE enum err engine_tell_cards(struct engine *engine);

/* Takes or sends nothing more on a partner's stream; the reason goes into the journal, and what the
 * partner said (Signed bytes) into its evidence, as a claim. */
MUST_USE enum err engine_freeze(struct engine *engine, const struct partner_id *partner,
                                enum stream_direction direction, const char *reason,
                                struct slice said);

/* The same for two Signed messages that contradict each other, as proof of this kind
 * (clearing/evidence.h). */
MUST_USE enum err engine_freeze_proven(struct engine *engine, const struct partner_id *partner,
                                       enum stream_direction direction, enum evidence_kind kind,
                                       const char *reason, struct slice first, struct slice second);

/* Takes effect for the next command that is decided, whether or not that is made durable. On
 * ERR_RESOURCE (no memory) and ERR_UNAVAILABLE (closing) the old terms stay, and the new ones are
 * released. */
MUST_USE enum err engine_set_terms(struct engine *engine, const struct engine_terms *terms);
/* Checkpoints now and waits: what was answered before is then in state_scan. */
MUST_USE enum err engine_checkpoint(struct engine *engine);

/* Of a driven engine. Decides, makes durable and answers what is queued, also what is submitted
 * meanwhile. */
void engine_drive(struct engine *engine);
/* One round of what happens by itself: checkpoints that are due, then lots and holds whose time has
 * come by the clock. True: there may be more. */
bool engine_keep_time(struct engine *engine);
struct engine_stats engine_stats(const struct engine *engine);
const struct tables *engine_tables(const struct engine *engine);
const struct journal *engine_journal(const struct engine *engine);

#endif
