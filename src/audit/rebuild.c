#include "audit/rebuild.h"

#include <inttypes.h>

#include "audit/rooms.h"
#include "ledger/apply.h"
#include "ledger/batch.h"

#define DIRTY_BYTES ((size_t)64 << 20) /* held in memory before they are written */
#define LAG_ROWS    UINT64_C(4000000)

/* An audit whose tables are the state itself. */
struct rebuild {
    struct audit audit; /* its place in the journal, and where it writes what it found */
    struct state_writer *writer;
    struct ledger_applier *applier;
};

static enum err apply_record(struct rebuild *rebuild, uint64_t row, const struct record *record)
{
    struct audit *audit = &rebuild->audit;
    struct note why = {""};
    if (record->row != row) {
        return audit_found(audit, row, "journal row numbers",
                           "the record in the place of row %" PRIu64 " says it is row %" PRIu64,
                           row, record->row);
    }
    enum err err = ledger_applier_apply(rebuild->applier, record, &why);
    return err == ERR_CORRUPT ? audit_found(audit, row, "journal record applies", "%s", why.text)
                              : err;
}

static enum err apply_records(struct rebuild *rebuild, const struct ahead_batch *batch)
{
    for (uint32_t i = 0; i < batch->record_count; i++) {
        TRY(apply_record(rebuild, batch->view.first_row + i, &batch->records[i]));
    }
    return batch->record_count < batch->view.count ? audit_undecoded(&rebuild->audit, batch)
                                                   : ERR_OK;
}

/* The batch is the state's; what is too much for memory is written. */
static enum err settle(struct rebuild *rebuild, uint64_t last_row)
{
    struct state *state = rebuild->audit.options->state;
    bool is_more = true;
    TRY(ledger_applier_flush(rebuild->applier));
    TRY(state_writer_seal(rebuild->writer, last_row));
    state_make_durable(state, last_row);
    while (is_more && state_dirty_bytes(state) > DIRTY_BYTES) {
        TRY(state_checkpoint_some(state, LAG_ROWS, DIRTY_BYTES, &is_more));
    }
    return ERR_OK;
}

static enum err take_batch(struct rebuild *rebuild, const struct ahead_batch *batch)
{
    struct audit *audit = &rebuild->audit;
    const struct audit_options *options = audit->options;
    TRY(apply_records(rebuild, batch));
    audit->next_row = batch->view.first_row + batch->view.count;
    TRY(settle(rebuild, audit->next_row - 1));
    return options->progress == NULL ||
                   options->progress(options->context, audit->next_row - 1, audit->end_row - 1)
               ? ERR_OK
               : ERR_CANCELLED;
}

static enum err take_journal(struct rebuild *rebuild)
{
    struct audit *audit = &rebuild->audit;
    const struct ahead_batch *batch;
    struct ahead *ahead;
    TRY(ahead_begin(audit->options, audit->end_row, &ahead));
    enum err err = ahead_next(ahead, &batch, audit->finding);
    while (err == ERR_OK && batch != NULL) {
        err = take_batch(rebuild, batch);
        if (err == ERR_OK) {
            err = ahead_next(ahead, &batch, audit->finding);
        }
    }
    ahead_end(ahead);
    return err;
}

static enum err run(struct rebuild *rebuild)
{
    struct audit *audit = &rebuild->audit;
    const struct journal *journal = &audit->options->journal;
    struct state *state = audit->options->state;
    struct ledger_store store;
    if (state_durable_row(state) != 0) {
        return note_set(&audit->finding->note, ERR_EXISTS, "the state is not empty");
    }
    TRY(journal->next_row(journal->context, &audit->end_row));
    TRY(state_writer_create(state, &rebuild->writer));
    store = state_writer_port(rebuild->writer);
    TRY(ledger_applier_create(&store, &rebuild->applier));
    TRY(take_journal(rebuild));
    return state_checkpoint(state);
}

enum err audit_rebuild(const struct audit_options *options, uint64_t *out_rows,
                       struct audit_finding *out_finding)
{
    struct audit_summary summary = {0};
    *out_finding = (struct audit_finding){0};
    struct rebuild rebuild = {.audit = {.options = options,
                                        .summary = &summary,
                                        .finding = out_finding,
                                        .next_row = 1,
                                        .batch_time = {INT64_MIN},
                                        .record_time = {INT64_MIN}}};
    enum err err = run(&rebuild);
    ledger_applier_destroy(rebuild.applier);
    state_writer_destroy(rebuild.writer);
    *out_rows = rebuild.audit.next_row - 1;
    return err;
}
