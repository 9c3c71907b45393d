/* The one thread that owns the ledger: drains the queue, decides, applies, and hands journal
 * batches to the committer. While it has nothing to do, who waits for a command takes its place. */
#include "engine/writer.h"
#include "base/mutant.h"

#include <stdlib.h>
#include <string.h>

enum {
    GROUP_RECORDS_MAX = LIMIT_CLEARING_BATCH + 2, /* that a partner's batch or receipt makes */
    BATCH_BYTES_SOFT = LIMIT_BATCH_BYTES / 2,
    COMMANDS_PER_TICK = 64 /* that share one look at the clock */
};

void engine_trouble(const struct engine *engine, const char *what, const char *detail)
{
    if (engine->options.on_trouble != NULL) {
        engine->options.on_trouble(engine->options.hook_context, what, detail);
    }
}

enum err writer_record(void *context, uint64_t row, struct slice *out_bytes)
{
    struct engine *engine = context;
    for (size_t i = 0; i < PIPE_FLIGHTS; i++) {
        const struct batch_builder *builder = &engine->pipe.flights[i].builder;
        if (batch_builder_record(builder, row, out_bytes) == ERR_OK) {
            return ERR_OK;
        }
    }
    return record_reader_bytes(&engine->records, row, out_bytes);
}

struct unix_ms writer_now(struct engine *engine)
{
    struct unix_ms now = clock_now(&engine->options.clock);
    if (now.ms > engine->last_time.ms) {
        engine->last_time = now;
    }
    return engine->last_time;
}

/* One writer, so no other change comes between. */
static void count_up(atomic_uint_fast64_t *counter)
{
    uint_fast64_t value = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, value + 1, memory_order_relaxed);
}

/* Each field by itself: the table of ids is large and mostly unused. */
static void record_of_plan(struct engine *engine, const struct command *command,
                           const struct batch_builder *builder, struct record *out_record)
{
    struct plan *plan = &engine->plan;
    buffer_clear(&engine->body);
    engine->body.names = &plan->ids;
    command_encode(command, &engine->body);
    plan->answer.row = engine->next_row + builder->count;
    out_record->row = plan->answer.row;
    out_record->time = engine->last_time;
    out_record->kind = command->kind;
    out_record->verdict = plan->verdict;
    out_record->origin = command->origin;
    out_record->transaction_id = command->transaction_id;
    out_record->business_time = command->business_time;
    out_record->is_dated = command->is_dated;
    id_table_copy(&plan->ids, &out_record->ids);
    out_record->body = buffer_slice(&engine->body);
    out_record->answer = plan->answer;
    out_record->effect_count = plan->effect_count;
    out_record->effects = buffer_slice(&plan->effects);
}

static enum err keep(struct engine *engine, const struct command *command)
{
    struct flight *flight = pipe_open_flight(&engine->pipe);
    struct record record;
    record_of_plan(engine, command, &flight->builder, &record);
    TRY(engine->body.err);
    batch_add(&flight->builder, &record);
    if (flight->builder.records.err != ERR_OK || flight->builder.offsets.err != ERR_OK) {
        return ERR_RESOURCE;
    }
    engine->note.text[0] = '\0';
    enum err err =
        ledger_applier_apply_plan(engine->applier, &record, &engine->plan, &engine->note);
    if (err != ERR_OK && err != ERR_RESOURCE) {
        engine_trouble(engine, "apply-failed", engine->note.text);
    }
    flight->has_entries = flight->has_entries || engine->plan.has_entries;
    return err;
}

enum err writer_step(struct engine *engine, const struct command *command,
                     struct outcome *out_outcome)
{
    struct plan *plan = &engine->plan;
    bool is_repeat;
    TRY(ledger_decide(&engine->store.view, &engine->ledger_terms, command, engine->last_time, plan,
                      &is_repeat));
    bool is_kept = command_is_idempotent(command->kind) || plan->effect_count > 0;
    if (!is_repeat && is_kept) {
        TRY(keep(engine, command));
    }
    count_up(&engine->counters.commands);
    if (is_repeat) {
        count_up(&engine->counters.repeats);
    }
    if (plan->verdict != VERDICT_OK) {
        count_up(&engine->counters.refusals);
    }
    *out_outcome = (struct outcome){ERR_OK, plan->verdict, plan->answer, is_repeat};
    return ERR_OK;
}

/* Where a group began, so that it can leave no trace. */
struct mark {
    uint32_t count;
    bool has_entries;
};

static struct mark mark(struct engine *engine)
{
    const struct flight *flight = pipe_open_flight(&engine->pipe);
    engine->memo.count = 0;
    engine->writing->mark(engine->tables);
    ledger_applier_mark(engine->applier);
    return (struct mark){flight->builder.count, flight->has_entries};
}

static void undo(struct engine *engine, struct mark mark)
{
    struct flight *flight = pipe_open_flight(&engine->pipe);
    engine->memo.count = 0;
    engine->writing->undo_to_mark(engine->tables);
    ledger_applier_undo_to_mark(engine->applier);
    batch_cut(&flight->builder, mark.count);
    flight->has_entries = mark.has_entries;
}

static void open_flight(struct engine *engine)
{
    struct flight *flight = pipe_open_flight(&engine->pipe);
    batch_begin(&flight->builder, engine->next_row);
    flight->part_count = 0;
    flight->has_entries = false;
    flight->first_due = INT64_MAX;
}

/* Takes back all that is not durable, and tells those who wait for it. */
static void heal(struct engine *engine, enum err err)
{
    struct pipe *pipe = &engine->pipe;
    enum err broken = pipe_drain(pipe);
    struct flight *open = pipe_open_flight(pipe);
    engine->memo.count = 0;
    if (!MUTANT(SKIP_ROLLBACK)) {
        engine->writing->rollback(engine->tables);
    }
    ledger_applier_forget(engine->applier);
    engine->next_row = atomic_load(&engine->counters.journal_row) + 1;
    if (broken != ERR_OK) {
        for (uint64_t n = pipe->broken_from; n < pipe->sealed_count; n++) {
            struct flight *flight = pipe_flight(pipe, n);
            batch_begin(&flight->builder, engine->next_row); /* its rows never were */
        }
    }
    batch_begin(&open->builder, engine->next_row);
    for (uint64_t n = pipe->broken_from; broken != ERR_OK && n < pipe->sealed_count; n++) {
        flight_answer(pipe_flight(pipe, n), broken);
    }
    pipe_mend(pipe);
    flight_answer(open, broken != ERR_OK ? broken : err);
    open_flight(engine);
}

/* The open flight's rows are complete. */
static enum err seal_tables(struct engine *engine, struct flight *flight)
{
    if (flight->builder.count == 0) {
        engine->memo.count = 0;
        engine->writing->pass(engine->tables);
        return ERR_OK;
    }
    uint64_t last_row = engine->next_row + flight->builder.count - 1;
    TRY(ledger_applier_flush(engine->applier));
    engine->memo.count = 0;
    TRY(engine->writing->seal(engine->tables, last_row));
    flight->time = engine->last_time;
    flight->charter_epoch = engine->terms.roster->epoch;
    flight->signer = engine->signer;
    engine->next_row = last_row + 1;
    return ERR_OK;
}

/* The open flight leaves, and there is a new one. */
static void hand_over(struct engine *engine)
{
    struct flight *flight = pipe_open_flight(&engine->pipe);
    if (flight->part_count == 0) {
        return;
    }
    enum err err = seal_tables(engine, flight);
    if (err == ERR_OK) {
        err = pipe_seal(&engine->pipe);
    }
    if (err == ERR_OK && engine->options.is_driven) {
        (void)committer_round(engine);
        err = pipe_broken(&engine->pipe);
    }
    if (err != ERR_OK) { /* the open flight's place may be that of one that is not answered yet */
        heal(engine, err);
    } else {
        open_flight(engine);
    }
}

/* The writer commits itself; nothing is in flight. */
static void commit_here(struct engine *engine)
{
    struct flight *flight = pipe_open_flight(&engine->pipe);
    enum err err = seal_tables(engine, flight);
    if (err == ERR_OK) {
        err = committer_commit(engine, flight);
    }
    if (err != ERR_OK) {
        heal(engine, err);
        return;
    }
    flight_answer(flight, ERR_OK);
    open_flight(engine);
}

static bool is_full(const struct flight *flight)
{
    return flight->builder.count == LIMIT_BATCH_RECORDS ||
           flight->builder.records.length > BATCH_BYTES_SOFT ||
           flight->part_count == FLIGHT_PARTS_MAX;
}

/* There is room in the open flight for a part with so many records. */
static void make_room(struct engine *engine, size_t records)
{
    const struct flight *flight = pipe_open_flight(&engine->pipe);
    if (is_full(flight) || flight->builder.count + records > LIMIT_BATCH_RECORDS) {
        hand_over(engine);
    }
}

static void add_part(struct engine *engine, struct part part)
{
    struct flight *flight = pipe_open_flight(&engine->pipe);
    flight->parts[flight->part_count++] = part;
}

static void use_terms(struct engine *engine, const struct engine_terms *terms)
{
    if (engine->terms.release != NULL) {
        engine->terms.release(engine->terms.context);
    }
    engine->terms = *terms;
    engine->signer = terms->signer != NULL ? *terms->signer : engine->signer;
    engine->ledger_terms.roster = terms->roster;
    engine->ledger_terms.refund_grace_ms = terms->refund_grace_ms;
    engine->ledger_terms.debt_limit = terms->debt_limit;
    engine->ledger_terms.outbox_entries = terms->outbox_entries;
}

static enum err run_whole(struct engine *engine, struct submission *s)
{
    switch (s->kind) {
    case SUBMISSION_COMMAND:
        return writer_step(engine, &s->command, &s->outcome);
    case SUBMISSION_TAKE_BATCH:
        return writer_take_batch(engine, s->batch, s->batch_outcome);
    case SUBMISSION_TAKE_RECEIPT:
        return writer_take_receipt(engine, s->receipt, s->receipt_outcome);
    case SUBMISSION_TERMS:
        use_terms(engine, &s->terms);
        return ERR_OK;
    case SUBMISSION_COMMANDS:
        break;
    }
    return ERR_INTERNAL;
}

/* A submission that applies whole or leaves no trace. */
static void run_one(struct engine *engine, struct submission *s)
{
    make_room(engine, s->kind == SUBMISSION_COMMAND ? 1 : GROUP_RECORDS_MAX);
    struct mark before = mark(engine);
    enum err err = run_whole(engine, s);
    if (err != ERR_OK) {
        undo(engine, before);
        s->outcome.err = err;
    }
    add_part(engine, (struct part){.submission = s, .is_last = true});
}

/* All apply or none. */
static enum err run_linked(struct engine *engine, struct submission *s)
{
    for (size_t i = 0; i < s->count; i++) {
        writer_prefetch_ahead(engine, s->commands, s->count, i);
        TRY(writer_step(engine, &s->commands[i], &s->outcomes[i]));
        if (s->outcomes[i].verdict == VERDICT_OK) {
            continue;
        }
        for (size_t j = 0; j < s->count; j++) {
            if (j != i) {
                s->outcomes[j] = (struct outcome){.verdict = VERDICT_LINKED_REFUSED};
            }
        }
        s->outcomes[i].answer.row = s->outcomes[i].is_repeat ? s->outcomes[i].answer.row : 0;
        return ERR_CONFLICT;
    }
    return ERR_OK;
}

static void run_linked_commands(struct engine *engine, struct submission *s)
{
    make_room(engine, s->count);
    struct mark before = mark(engine);
    enum err err = run_linked(engine, s);
    if (err != ERR_OK) {
        undo(engine, before);
    }
    bool is_refused = err == ERR_CONFLICT;
    if (err != ERR_OK && !is_refused) {
        s->outcome.err = err;
        for (size_t i = 0; i < s->count; i++) {
            s->outcomes[i] = (struct outcome){.err = err};
        }
    }
    add_part(engine, (struct part){s, 0, s->count, true});
}

/* One of many that stand for themselves. */
static void run_command(struct engine *engine, struct submission *s, size_t i)
{
    struct mark before = mark(engine);
    writer_prefetch_ahead(engine, s->commands, s->count, i);
    enum err err = writer_step(engine, &s->commands[i], &s->outcomes[i]);
    if (err != ERR_OK) {
        undo(engine, before);
        s->outcomes[i] = (struct outcome){.err = err};
        s->outcome.err = s->outcome.err == ERR_OK ? err : s->outcome.err;
    }
}

/* Those from `from` on are not decided any more: what went before them could not be made durable.
 */
static void give_up(struct submission *s, size_t from)
{
    for (size_t i = from; i < s->count; i++) {
        s->outcomes[i] = (struct outcome){.err = s->outcome.err};
    }
    submission_answer(s);
}

/* The open flight is full: what is in it of the submission becomes a part. False: the flight could
 * not leave, and the submission has failed. */
static bool split(struct engine *engine, struct submission *s, size_t from, size_t to)
{
    enum err before = s->outcome.err;
    if (to > from) {
        add_part(engine, (struct part){s, from, to, false});
    }
    hand_over(engine);
    return s->outcome.err == before;
}

static void run_commands(struct engine *engine, struct submission *s)
{
    size_t from = 0;
    for (size_t i = 0; i < s->count; i++) {
        if (is_full(pipe_open_flight(&engine->pipe))) {
            if (!split(engine, s, from, i)) {
                give_up(s, i);
                return;
            }
            from = i;
        }
        if (i % COMMANDS_PER_TICK == 0) {
            (void)writer_now(engine);
        }
        run_command(engine, s, i);
    }
    add_part(engine, (struct part){s, from, s->count, true});
}

static bool is_recovery(const struct submission *s)
{
    return s->kind == SUBMISSION_TAKE_RECEIPT ||
           (s->kind == SUBMISSION_COMMANDS && command_is_recovery(&s->commands[0]));
}

static enum err may_write(const struct engine *engine, const struct submission *s)
{
    const struct engine_options *options = &engine->options;
    return options->may_write == NULL
               ? ERR_OK
               : options->may_write(options->may_write_context, is_recovery(s));
}

static void refuse(struct engine *engine, struct submission *s, enum err err)
{
    make_room(engine, 1);
    struct part part = {.submission = s, .to = s->count, .is_last = true};
    s->outcome.err = err;
    for (size_t i = 0; i < s->count; i++) {
        s->outcomes[i] = (struct outcome){.err = err};
    }
    add_part(engine, part);
}

static void run_submission(struct engine *engine, struct submission *s)
{
    enum err err = s->kind == SUBMISSION_TERMS ? ERR_OK : may_write(engine, s);
    if (err != ERR_OK) {
        refuse(engine, s, err);
    } else if (s->kind != SUBMISSION_COMMANDS) {
        run_one(engine, s);
    } else if (s->is_linked) {
        run_linked_commands(engine, s);
    } else {
        run_commands(engine, s);
    }
}

static void run_list(struct engine *engine, struct submission *list)
{
    for (struct submission *s = list; s != NULL && s->kind == SUBMISSION_COMMAND; s = s->next) {
        writer_prefetch(engine, &s->command);
    }
    (void)writer_now(engine);
    while (list != NULL) {
        struct submission *next = list->next;
        run_submission(engine, list);
        list = next;
    }
}

/* While something is in flight the open flight may fill up further; then it leaves. What was in
 * flight may have failed meanwhile: even a flight without records, of repeats, stands on it. What
 * is waited for leaves before the bulk that would fill it up. */
static void settle(struct engine *engine, bool is_waited_for)
{
    const struct flight *flight = pipe_open_flight(&engine->pipe);
    if (flight->part_count == 0) {
        return;
    }
    if (!pipe_is_idle(&engine->pipe, true)) {
        if (is_waited_for) {
            hand_over(engine);
        }
        return;
    }
    if (pipe_broken(&engine->pipe) != ERR_OK) {
        heal(engine, ERR_OK);
    } else if (flight->builder.count <= INLINE_RECORDS && queue_length(&engine->queue) == 0) {
        commit_here(engine);
    } else {
        hand_over(engine);
    }
}

void writer_begin(struct engine *engine)
{
    open_flight(engine);
}

static void run_round(struct engine *engine, struct submission *list, bool is_waited_for)
{
    const struct tables *tables = &engine->options.tables;
    if (pipe_broken(&engine->pipe) != ERR_OK) {
        heal(engine, ERR_OK);
    }
    run_list(engine, list);
    settle(engine, is_waited_for);
    if (tables->is_due(tables->context, engine->options.dirty_bytes)) {
        timekeeper_nudge(&engine->timekeeper);
    }
}

bool writer_round(struct engine *engine)
{
    struct taken taken;
    struct submission *list = queue_take(&engine->queue, &taken);
    run_round(engine, list, taken.is_waited_for);
    return taken.is_over;
}

bool writer_round_here(struct engine *engine, struct submission *submission)
{
    if (engine->options.is_driven || !queue_claim(&engine->queue)) {
        return false;
    }
    run_round(engine, submission, false);
    queue_release(&engine->queue);
    return true;
}

bool writer_has_work(struct engine *engine)
{
    return queue_length(&engine->queue) > 0;
}

void writer_end(struct engine *engine)
{
    hand_over(engine);
    if (pipe_drain(&engine->pipe) != ERR_OK) {
        heal(engine, ERR_OK);
    }
    pipe_close(&engine->pipe);
}

void writer_abandon(struct engine *engine)
{
    struct taken taken = {.is_over = false};
    flight_answer(pipe_open_flight(&engine->pipe), ERR_UNAVAILABLE);
    while (!taken.is_over) {
        struct submission *list = queue_take(&engine->queue, &taken);
        while (list != NULL) {
            struct submission *next = list->next;
            list->outcome.err = ERR_UNAVAILABLE;
            give_up(list, 0);
            list = next;
        }
    }
}

void *writer_main(void *context)
{
    struct engine *engine = context;
    (void)pthread_setname_np(pthread_self(), "writer");
    writer_begin(engine);
    while (!writer_round(engine)) {
    }
    writer_end(engine);
    return NULL;
}
