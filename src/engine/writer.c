/* The one thread that owns the ledger: drains the queue, decides, makes one journal batch durable,
 * publishes, answers all. */
#include "engine/writer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* A group may add this many records to a batch that has room for one more submission. */
#define GROUP_RECORDS_MAX  (LIMIT_CLEARING_BATCH + 2u)
#define BATCH_RECORDS_SOFT (LIMIT_BATCH_RECORDS - GROUP_RECORDS_MAX)
#define BATCH_BYTES_SOFT   (LIMIT_BATCH_BYTES / 2u)

void engine_trouble(const struct engine *engine, const char *what, const char *detail)
{
    if (engine->options.on_trouble != NULL) {
        engine->options.on_trouble(engine->options.hook_context, what, detail);
    }
}

enum err writer_record(void *context, uint64_t row, struct slice *out_bytes)
{
    struct engine *engine = context;
    if (row >= engine->next_row) {
        return batch_builder_record(&engine->builder, row, out_bytes);
    }
    return record_reader_bytes(&engine->records, row, out_bytes);
}

/* The ledger's time never goes back, whatever the machine's clock does. */
struct unix_ms writer_now(struct engine *engine)
{
    struct unix_ms now = clock_now(&engine->options.clock);
    if (now.ms > engine->last_time.ms) {
        engine->last_time = now;
    }
    return engine->last_time;
}

static void record_of_plan(struct engine *engine, const struct command *command, struct slice body,
                           struct unix_ms now, struct record *out_record)
{
    struct plan *plan = &engine->plan;
    plan->answer.row = engine->next_row + engine->builder.count;
    *out_record = (struct record){
        .row = plan->answer.row,
        .time = now,
        .kind = command->kind,
        .verdict = plan->verdict,
        .origin = command->origin,
        .transaction_id = command->transaction_id,
        .business_time = command->business_time,
        .is_dated = command->is_dated,
        .body = body,
        .answer = plan->answer,
        .effect_count = plan->effect_count,
        .effects = buffer_slice(&plan->effects),
    };
}

enum err writer_step(struct engine *engine, const struct command *command, struct slice body,
                     struct outcome *out_outcome)
{
    struct unix_ms now = writer_now(engine);
    struct plan *plan = &engine->plan;
    struct record record;
    struct note note = {""};
    bool is_repeat;
    TRY(ledger_decide(&engine->store.view, &engine->ledger_terms, command, now, plan, &is_repeat));
    bool is_kept = command_is_idempotent(command->kind) || plan->effect_count > 0;
    if (!is_repeat && is_kept) {
        record_of_plan(engine, command, body, now, &record);
        batch_add(&engine->builder, &record);
        if (engine->builder.records.err != ERR_OK || engine->builder.table.err != ERR_OK) {
            return ERR_RESOURCE;
        }
        enum err err = ledger_apply(&engine->store, &record, &note);
        if (err != ERR_OK) {
            engine_trouble(engine, "apply-failed", note.text);
            return err;
        }
        engine->has_entries = engine->has_entries || plan->has_entries;
    }
    atomic_fetch_add(&engine->counters.commands, 1);
    atomic_fetch_add(&engine->counters.repeats, is_repeat ? 1 : 0);
    atomic_fetch_add(&engine->counters.refusals, plan->verdict != VERDICT_OK ? 1 : 0);
    *out_outcome = (struct outcome){ERR_OK, plan->verdict, plan->answer, is_repeat};
    return ERR_OK;
}

enum err writer_step_own(struct engine *engine, const struct command *command,
                         struct outcome *out_outcome)
{
    buffer_clear(&engine->body);
    command_encode(command, &engine->body);
    if (engine->body.err != ERR_OK) {
        return engine->body.err;
    }
    return writer_step(engine, command, buffer_slice(&engine->body), out_outcome);
}

static void use_terms(struct engine *engine, const struct engine_terms *terms)
{
    if (engine->terms.release != NULL) {
        engine->terms.release(engine->terms.context);
    }
    engine->terms = *terms;
    engine->ledger_terms.roster = terms->roster;
    engine->ledger_terms.refund_grace_ms = terms->refund_grace_ms;
    engine->ledger_terms.debt_limit = terms->debt_limit;
}

static enum err run_submission(struct engine *engine, struct submission *s)
{
    switch (s->kind) {
    case SUBMISSION_COMMAND:
        return writer_step(engine, &s->command, buffer_slice(&s->body), &s->outcome);
    case SUBMISSION_BATCH:
        return writer_take_batch(engine, s->batch, s->batch_outcome);
    case SUBMISSION_RECEIPT:
        return writer_take_receipt(engine, s->receipt, s->out_refused, s->note);
    case SUBMISSION_TERMS:
        use_terms(engine, &s->terms);
        return ERR_OK;
    }
    return ERR_INTERNAL;
}

/* A submission applies whole or leaves no trace. */
static void decide_one(struct engine *engine, struct submission *s)
{
    struct batch_builder before = engine->builder;
    state_writer_mark(engine->tables);
    enum err err = run_submission(engine, s);
    if (err != ERR_OK) {
        state_writer_undo_to_mark(engine->tables);
        engine->builder.count = before.count;
        engine->builder.records.length = before.records.length;
        engine->builder.records.err = ERR_OK;
        engine->builder.table.length = before.table.length;
        engine->builder.table.err = ERR_OK;
    }
    s->outcome.err = err;
}

/* Did the journal take the batch although it reported a failure? */
static bool is_durable_after_all(const struct engine *engine)
{
    const struct journal *journal = &engine->options.journal;
    uint64_t next_row = 0;
    return journal->next_row(journal->context, &next_row) == ERR_OK &&
           next_row == engine->next_row + engine->builder.count;
}

static enum err append(struct engine *engine, struct hash *out_head)
{
    const struct journal *journal = &engine->options.journal;
    buffer_clear(&engine->sealed);
    uint64_t epoch = engine->terms.roster->epoch;
    TRY(batch_seal(&engine->builder, &engine->options.signer, epoch, engine->last_time,
                   &engine->head, &engine->sealed, out_head));
    enum err err = journal->append(journal->context, engine->next_row, engine->builder.count,
                                   buffer_slice(&engine->sealed), 0);
    return err != ERR_OK && is_durable_after_all(engine) ? ERR_OK : err;
}

static enum err commit(struct engine *engine)
{
    struct hash head;
    if (engine->builder.count == 0) {
        return ERR_OK;
    }
    uint64_t last_row = engine->next_row + engine->builder.count - 1;
    enum err err = state_writer_seal(engine->tables, last_row);
    if (err == ERR_OK) {
        err = append(engine, &head);
    }
    if (err != ERR_OK) {
        atomic_fetch_add(&engine->counters.commit_failures, 1);
        engine_trouble(engine, "commit-failed", err_describe(err)->sentence);
        state_writer_rollback(engine->tables);
        return err;
    }
    state_make_durable(engine->options.state, last_row);
    engine->head = head;
    engine->next_row = last_row + 1;
    atomic_store(&engine->counters.journal_row, last_row);
    atomic_fetch_add(&engine->counters.batches, 1);
    atomic_fetch_add(&engine->counters.batch_bytes, engine->sealed.length);
    return ERR_OK;
}

static void answer_one(struct submission *s, enum err commit_result)
{
    if (s->outcome.err == ERR_OK && s->kind != SUBMISSION_TERMS) { /* terms hold all the same */
        s->outcome.err = commit_result;
    }
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

static bool batch_is_full(const struct engine *engine)
{
    return engine->builder.count >= BATCH_RECORDS_SOFT ||
           engine->builder.records.length >= BATCH_BYTES_SOFT;
}

/* One journal batch from the front of the list; what did not fit is returned. */
static struct submission *run_batch(struct engine *engine, struct submission *list)
{
    batch_begin(&engine->builder, engine->next_row);
    engine->has_entries = false;
    struct submission *rest = list;
    while (rest != NULL && !batch_is_full(engine)) {
        decide_one(engine, rest);
        rest = rest->next;
    }
    enum err result = commit(engine);
    if (result == ERR_OK && engine->builder.count > 0 && engine->options.on_commit != NULL) {
        engine->options.on_commit(engine->options.hook_context, engine->next_row - 1,
                                  engine->has_entries);
    }
    while (list != rest) {
        struct submission *next = list->next;
        answer_one(list, result);
        list = next;
    }
    return rest;
}

void *writer_main(void *context)
{
    struct engine *engine = context;
    struct submission *list;
    while ((list = queue_take(&engine->queue, LIMIT_BATCH_RECORDS)) != NULL) {
        while (list != NULL) {
            list = run_batch(engine, list);
        }
        if (state_dirty_bytes(engine->options.state) > engine->options.memtable_bytes) {
            timekeeper_nudge(&engine->timekeeper);
        }
    }
    return NULL;
}
