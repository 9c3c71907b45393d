/* What callers hand to the writer, and those who wait for what comes of it. */
#include <stdio.h>
#include <stdlib.h>

#include "base/patience.h"
#include "engine/evidence.h"
#include "engine/writer.h"

static struct submission *submission_create(enum submission_kind kind)
{
    struct submission *s = calloc(1, sizeof *s);
    if (s != NULL) {
        s->kind = kind;
    }
    return s;
}

/* Frees what the queue did not take. */
static enum err submitted(struct submission *s, enum err err)
{
    if (err != ERR_OK) {
        buffer_fini(&s->body);
        free(s);
    }
    return err;
}

static enum err submit(struct engine *engine, struct submission *s)
{
    return submitted(s, queue_put(&engine->queue, s));
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

static enum err make_command(const struct command *command, engine_done *done, void *context,
                             struct submission **out_submission)
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
    *out_submission = s;
    return ERR_OK;
}

enum err engine_submit(struct engine *engine, const struct command *command, engine_done *done,
                       void *context)
{
    struct submission *s;
    TRY(make_command(command, done, context, &s));
    return submit(engine, s);
}

enum err engine_hold(struct engine *engine, const struct command *command, engine_done *done,
                     void *context)
{
    struct submission *s;
    TRY(make_command(command, done, context, &s));
    return submitted(s, queue_hold(&engine->queue, s));
}

void engine_submit_held(struct engine *engine)
{
    queue_put_held(&engine->queue);
}

static enum err make_batch(const struct command *commands, size_t count, bool is_linked,
                           struct outcome *outcomes, engine_done *done, void *context,
                           struct submission **out_submission)
{
    if (count == 0 || count > LIMIT_BATCH_COMMANDS) {
        return ERR_INPUT;
    }
    struct submission *s = submission_create(SUBMISSION_COMMANDS);
    if (s == NULL) {
        return ERR_RESOURCE;
    }
    s->commands = commands;
    s->count = count;
    s->is_linked = is_linked;
    s->outcomes = outcomes;
    s->done = done;
    s->context = context;
    *out_submission = s;
    return ERR_OK;
}

enum err engine_submit_batch(struct engine *engine, const struct command *commands, size_t count,
                             bool is_linked, struct outcome *outcomes, engine_done *done,
                             void *context)
{
    struct submission *s;
    TRY(make_batch(commands, count, is_linked, outcomes, done, context, &s));
    return submit(engine, s);
}

/* Of one who waits: to wake the writer, and to be woken by it, may take as long as half a flush, so
 * what is short is done here while the writer has nothing to do. */
static enum err submit_or_run(struct engine *engine, struct submission *s)
{
    bool is_short = s->kind == SUBMISSION_COMMAND || s->count <= INLINE_RECORDS;
    return is_short && writer_round_here(engine, s) ? ERR_OK : submit(engine, s);
}

/* Someone who waits for an outcome. */
struct waiter {
    pthread_mutex_t lock;
    pthread_cond_t is_done;
    atomic_bool has_outcome;
    struct outcome outcome;
};

static void waiter_done(void *context, const struct outcome *outcome)
{
    struct waiter *waiter = context;
    pthread_mutex_lock(&waiter->lock);
    waiter->outcome = *outcome;
    atomic_store(&waiter->has_outcome, true);
    pthread_cond_signal(&waiter->is_done);
    pthread_mutex_unlock(&waiter->lock);
}

static void waiter_init(struct waiter *waiter)
{
    *waiter = (struct waiter){0};
    pthread_mutex_init(&waiter->lock, NULL);
    pthread_cond_init(&waiter->is_done, NULL);
}

static struct outcome waiter_finish(struct engine *engine, struct waiter *waiter,
                                    enum err submitted)
{
    if (submitted == ERR_OK && engine->options.is_driven) {
        engine_drive(engine);
    } else if (submitted == ERR_OK) {
        patience_wait(&waiter->has_outcome);
    }
    pthread_mutex_lock(&waiter->lock);
    while (submitted == ERR_OK && !atomic_load(&waiter->has_outcome)) {
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
    struct submission *s;
    waiter_init(&waiter);
    enum err err = make_command(command, waiter_done, &waiter, &s);
    return waiter_finish(engine, &waiter, err == ERR_OK ? submit_or_run(engine, s) : err);
}

enum err engine_execute_batch(struct engine *engine, const struct command *commands, size_t count,
                              bool is_linked, struct outcome *outcomes)
{
    struct waiter waiter;
    waiter_init(&waiter);
    struct submission *s;
    enum err err = make_batch(commands, count, is_linked, outcomes, waiter_done, &waiter, &s);
    return waiter_finish(engine, &waiter, err == ERR_OK ? submit_or_run(engine, s) : err).err;
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
    return waiter_finish(engine, &waiter, submit(engine, s)).err;
}

struct engine_ticket {
    struct waiter waiter;
    enum err submitted;
};

/* Takes the submission over; NULL stands for one that could not be made. */
static struct engine_ticket *submit_for_ticket(struct engine *engine, struct submission *s)
{
    struct engine_ticket *ticket = malloc(sizeof *ticket);
    if (ticket == NULL || s == NULL) {
        free(ticket);
        free(s);
        return NULL;
    }
    waiter_init(&ticket->waiter);
    s->done = waiter_done;
    s->context = &ticket->waiter;
    ticket->submitted = submit(engine, s);
    return ticket;
}

static enum err wait_for_ticket(struct engine *engine, struct engine_ticket *ticket)
{
    if (ticket == NULL) {
        return ERR_RESOURCE;
    }
    enum err err = waiter_finish(engine, &ticket->waiter, ticket->submitted).err;
    free(ticket);
    return err;
}

struct engine_ticket *engine_begin_take(struct engine *engine, const struct incoming_batch *batch,
                                        struct batch_outcome *out_outcome)
{
    struct submission *s = submission_create(SUBMISSION_TAKE_BATCH);
    *out_outcome = (struct batch_outcome){0};
    if (s != NULL) {
        s->batch = batch;
        s->batch_outcome = out_outcome;
    }
    return submit_for_ticket(engine, s);
}

void engine_end_take(struct engine *engine, struct engine_ticket *ticket,
                     struct batch_outcome *out_outcome)
{
    out_outcome->err = wait_for_ticket(engine, ticket);
}

void engine_take_batch(struct engine *engine, const struct incoming_batch *batch,
                       struct batch_outcome *out_outcome)
{
    engine_end_take(engine, engine_begin_take(engine, batch, out_outcome), out_outcome);
}

enum err engine_tell_cards(struct engine *engine)
{
    struct command command = {.kind = COMMAND_TELL_CARDS,
                              .origin = engine->self,
                              .business_time = clock_now(&engine->options.clock)};
    return engine_execute(engine, &command).err;
}

static enum err freeze_stream(struct engine *engine, const struct partner_id *partner,
                              enum stream_direction direction, const char *reason,
                              struct slice evidence)
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

enum err engine_freeze(struct engine *engine, const struct partner_id *partner,
                       enum stream_direction direction, const char *reason, struct slice said)
{
    struct buffer evidence = {0};
    evidence_of_claim(engine, partner, reason, said, clock_now(&engine->options.clock), &evidence);
    enum err err = freeze_stream(engine, partner, direction, reason, buffer_slice(&evidence));
    buffer_fini(&evidence);
    return err;
}

enum err engine_freeze_proven(struct engine *engine, const struct partner_id *partner,
                              enum stream_direction direction, enum evidence_kind kind,
                              const char *reason, struct slice first, struct slice second)
{
    struct buffer evidence = {0};
    evidence_of_two(engine, kind, partner, reason, first, second, clock_now(&engine->options.clock),
                    &evidence);
    enum err err = freeze_stream(engine, partner, direction, reason, buffer_slice(&evidence));
    buffer_fini(&evidence);
    return err;
}

struct engine_ticket *engine_begin_receipt(struct engine *engine,
                                           const struct incoming_receipt *receipt,
                                           struct receipt_outcome *out_outcome)
{
    struct submission *s = submission_create(SUBMISSION_TAKE_RECEIPT);
    *out_outcome = (struct receipt_outcome){0};
    if (s != NULL) {
        s->receipt = receipt;
        s->receipt_outcome = out_outcome;
    }
    return submit_for_ticket(engine, s);
}

void engine_end_receipt(struct engine *engine, struct engine_ticket *ticket,
                        const struct incoming_receipt *receipt, struct receipt_outcome *out_outcome)
{
    out_outcome->err = wait_for_ticket(engine, ticket);
    if (out_outcome->err == ERR_DISAGREE) {
        /* Nothing more is sent to a partner whose receipt contradicts our half. */
        enum err frozen =
            freeze_stream(engine, &receipt->receiver, STREAM_OUT, out_outcome->note.text,
                          buffer_slice(&out_outcome->evidence));
        out_outcome->err = frozen == ERR_OK ? ERR_DISAGREE : frozen;
    }
    buffer_fini(&out_outcome->evidence);
}

enum err engine_take_receipt(struct engine *engine, const struct incoming_receipt *receipt,
                             size_t *out_refused, struct note *note)
{
    struct receipt_outcome outcome;
    engine_end_receipt(engine, engine_begin_receipt(engine, receipt, &outcome), receipt, &outcome);
    *out_refused = outcome.refused;
    *note = outcome.note;
    return outcome.err;
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
