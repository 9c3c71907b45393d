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

static enum err apply_record(struct rebuild *rebuild, uint64_t row, struct slice bytes)
{
    struct audit *audit = &rebuild->audit;
    struct record record;
    struct note why = {""};
    if (record_decode(bytes, &record) != ERR_OK) {
        return audit_found(audit, row, "journal record", "row %" PRIu64 " is malformed", row);
    }
    if (record.row != row) {
        return audit_found(audit, row, "journal row numbers",
                           "the record in the place of row %" PRIu64 " says it is row %" PRIu64,
                           row, record.row);
    }
    enum err err = ledger_applier_apply(rebuild->applier, &record, &why);
    return err == ERR_CORRUPT ? audit_found(audit, row, "journal record applies", "%s", why.text)
                              : err;
}

static enum err apply_records(struct rebuild *rebuild, const struct batch_view *batch)
{
    struct audit *audit = &rebuild->audit;
    for (uint32_t i = 0; i < batch->count; i++) {
        uint64_t row = batch->first_row + i;
        struct slice record;
        if (batch_record(batch, i, &record) != ERR_OK) {
            return audit_found(audit, row, "journal batch frame",
                               "row %" PRIu64 " has no place in its batch", row);
        }
        TRY(apply_record(rebuild, row, record));
    }
    return ERR_OK;
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

static enum err take_batch(void *context, uint64_t first_row, struct slice bytes)
{
    struct rebuild *rebuild = context;
    struct audit *audit = &rebuild->audit;
    const struct audit_options *options = audit->options;
    struct batch_view batch;
    TRY(audit_frame(audit, first_row, bytes, &batch));
    audit->batch_time = batch.time;
    TRY(apply_records(rebuild, &batch));
    audit->head = batch.hash;
    audit->next_row = first_row + batch.count;
    TRY(settle(rebuild, audit->next_row - 1));
    return options->progress == NULL ||
                   options->progress(options->context, audit->next_row - 1, audit->end_row - 1)
               ? ERR_OK
               : ERR_CANCELLED;
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
    enum err err = journal->replay(journal->context, 0, take_batch, rebuild);
    if (err == ERR_CORRUPT || err == ERR_NOT_FOUND) {
        return audit_found(audit, audit->next_row, "journal storage",
                           "the journal can't be read from row %" PRIu64 " on", audit->next_row);
    }
    TRY(err);
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
