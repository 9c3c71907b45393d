/* From the journal to a state that is as new: every batch after the checkpoint is checked, chained
 * and applied again. */
#include "engine/writer.h"

#include <inttypes.h>

struct recovery {
    struct engine *engine;
    struct note *note;
    uint64_t applied_row; /* all of the state holds the rows up to here */
    uint64_t expected_row;
    bool has_head;
};

static enum err apply_row(struct recovery *recovery, struct slice bytes, uint64_t row)
{
    struct record record;
    enum err err = record_decode(bytes, &record);
    if (err != ERR_OK || record.row != row) {
        return note_set(recovery->note, ERR_CORRUPT, "journal row %" PRIu64 " can't be read", row);
    }
    return ledger_applier_apply(recovery->engine->applier, &record, recovery->note);
}

static enum err check_frame(struct recovery *recovery, uint64_t first_row, struct slice bytes,
                            struct batch_view *out_batch)
{
    struct engine *engine = recovery->engine;
    uint64_t bad_row;
    if (batch_open(bytes, out_batch) != ERR_OK || out_batch->first_row != first_row ||
        first_row > recovery->expected_row) {
        return note_set(recovery->note, ERR_CORRUPT,
                        "journal: the batch at row %" PRIu64 " can't be read", first_row);
    }
    TRY(batch_check(out_batch, &bad_row, recovery->note));
    if (recovery->has_head && !hash_equal(&out_batch->previous, &engine->head)) {
        return note_set(recovery->note, ERR_CORRUPT,
                        "journal: the batch at row %" PRIu64 " does not follow the one before",
                        first_row);
    }
    return ERR_OK;
}

/* Readers may see what was rolled forward, and the checkpoint follows as in a running node. */
static enum err publish(struct engine *engine, uint64_t last_row)
{
    const struct engine_options *options = &engine->options;
    const struct tables *tables = &options->tables;
    bool is_more = true;
    TRY(ledger_applier_flush(engine->applier));
    engine->memo.count = 0;
    TRY(engine->writing->seal(engine->tables, last_row));
    tables->make_durable(tables->context, last_row);
    while (is_more && tables->dirty_bytes(tables->context) > options->dirty_bytes) {
        TRY(tables->checkpoint_some(tables->context, options->lag_rows, options->dirty_bytes,
                                    &is_more));
    }
    return ERR_OK;
}

static enum err recover_batch(void *context, uint64_t first_row, struct slice bytes)
{
    struct recovery *recovery = context;
    struct engine *engine = recovery->engine;
    struct batch_view batch;
    TRY(check_frame(recovery, first_row, bytes, &batch));
    for (uint32_t i = 0; i < batch.count; i++) {
        uint64_t row = batch.first_row + i;
        struct slice record;
        if (row <= recovery->applied_row) {
            continue;
        }
        TRY(batch_record(&batch, i, &record));
        TRY(apply_row(recovery, record, row));
    }
    uint64_t last_row = batch.first_row + batch.count - 1;
    if (last_row > recovery->applied_row) {
        TRY(publish(engine, last_row));
        recovery->applied_row = last_row;
    }
    engine->head = batch.hash;
    engine->last_time = batch.time;
    recovery->has_head = true;
    recovery->expected_row = last_row + 1;
    return ERR_OK;
}

enum err engine_recover(struct engine *engine, struct note *note)
{
    const struct journal *journal = &engine->options.journal;
    const struct tables *tables = &engine->options.tables;
    uint64_t applied = tables->replay_from(tables->context) - 1;
    uint64_t next_row;
    TRY(journal->next_row(journal->context, &next_row));
    uint64_t newest = tables->newest_row(tables->context);
    if (newest >= next_row) {
        return note_set(note, ERR_CORRUPT,
                        "the state holds row %" PRIu64 " but the journal ends before row %" PRIu64
                        ": the journal is an older copy",
                        newest, next_row);
    }
    /* From the batch of the last applied row on, for its hash. */
    struct recovery recovery = {engine, note, applied, applied == 0 ? 1 : applied, applied == 0};
    if (next_row > 1) {
        enum err err =
            journal->replay(journal->context, recovery.expected_row, recover_batch, &recovery);
        if (err == ERR_NOT_FOUND) { /* between the state's row and the journal's last */
            return note_set(note, ERR_CORRUPT, "journal: rows from %" PRIu64 " on can't be read",
                            recovery.expected_row);
        }
        TRY(err);
        if (recovery.expected_row != next_row) {
            return note_set(note, ERR_CORRUPT, "journal: rows from %" PRIu64 " are missing",
                            recovery.expected_row);
        }
    }
    engine->next_row = next_row;
    atomic_store(&engine->counters.journal_row, next_row - 1);
    return ERR_OK;
}
