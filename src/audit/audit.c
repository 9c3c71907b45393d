#include "audit/audit.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "audit/rooms.h"
#include "ledger/apply.h"
#include "ledger/batch.h"

enum err audit_found(struct audit *audit, uint64_t row, const char *invariant, const char *format,
                     ...)
{
    struct audit_finding *finding = audit->finding;
    if (finding->invariant[0] != '\0') {
        return ERR_CORRUPT;
    }
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(finding->note.text, sizeof finding->note.text, format, arguments);
    va_end(arguments);
    (void)snprintf(finding->invariant, sizeof finding->invariant, "%s", invariant);
    finding->row = row;
    return ERR_CORRUPT;
}

/* The frame, its bytes, its place. */
static enum err check_place(struct audit *audit, uint64_t first_row, struct slice bytes,
                            struct batch_view *out_batch)
{
    struct note why = {{0}};
    uint64_t bad_row = first_row;
    enum err err = batch_open(bytes, out_batch);
    if (err != ERR_OK || out_batch->first_row != first_row) {
        return audit_found(audit, first_row, "journal batch frame",
                           "the batch stored at row %" PRIu64 " %s", first_row,
                           err == ERR_OK            ? "is another one"
                           : err == ERR_UNSUPPORTED ? "is of an unknown version"
                                                    : "is damaged");
    }
    if (batch_check(out_batch, &bad_row, &why) != ERR_OK) {
        return audit_found(audit, bad_row, "journal hash", "%s", why.text);
    }
    if (first_row != audit->next_row) {
        return audit_found(audit, audit->next_row, "journal continuity",
                           "row %" PRIu64 " was to come, the next batch begins with row %" PRIu64,
                           audit->next_row, first_row);
    }
    if (!hash_equal(&out_batch->previous, &audit->head)) {
        return audit_found(audit, first_row, "journal hash chain",
                           "the batch at row %" PRIu64 " follows on from another one than the "
                           "batch before it",
                           first_row);
    }
    if (out_batch->time.ms < audit->batch_time.ms) {
        return audit_found(audit, first_row, "journal time",
                           "the batch at row %" PRIu64 " is older than the one before it",
                           first_row);
    }
    return ERR_OK;
}

static enum err check_signature(struct audit *audit, const struct batch_view *batch)
{
    const struct audit_options *options = audit->options;
    char id[KEY_ID_TEXT_MAX];
    struct public_key key;
    struct signing_scope scope = {options->coalition, PURPOSE_JOURNAL_HEAD, batch->charter_epoch};
    enum err err = options->find_key(options->context, &batch->key_id, batch->time, &key);
    if (err == ERR_NOT_FOUND) {
        return audit_found(audit, batch->first_row, "journal signature",
                           "the batch at row %" PRIu64 " is signed by the unknown key %s",
                           batch->first_row, key_id_format(&batch->key_id, id));
    }
    TRY(err);
    struct key_id found = key_id_of(&key);
    err = key_id_equal(&found, &batch->key_id)
              ? signing_verify(&key, &scope, slice_of(batch->hash.bytes, sizeof batch->hash.bytes),
                               &batch->signature)
              : ERR_SIGNATURE;
    if (err == ERR_SIGNATURE) {
        return audit_found(audit, batch->first_row, "journal signature",
                           "the signature of the batch at row %" PRIu64 " is not that of key %s",
                           batch->first_row, key_id_format(&batch->key_id, id));
    }
    return err;
}

enum err audit_frame(struct audit *audit, uint64_t first_row, struct slice bytes,
                     struct batch_view *out_batch)
{
    TRY(check_place(audit, first_row, bytes, out_batch));
    return audit->options->find_key == NULL ? ERR_OK : check_signature(audit, out_batch);
}

enum err audit_frames_end(struct audit *audit, enum err err)
{
    if (err == ERR_CORRUPT || err == ERR_NOT_FOUND) {
        return audit_found(audit, audit->next_row, "journal storage",
                           "the journal can't be read from row %" PRIu64 " on", audit->next_row);
    }
    if (err != ERR_OK) {
        return err == ERR_CANCELLED
                   ? err
                   : note_set(&audit->finding->note, err,
                              "the journal can't be read from row %" PRIu64 " on", audit->next_row);
    }
    if (audit->next_row < audit->end_row) {
        return audit_found(audit, audit->next_row, "journal continuity",
                           "the journal's rows from %" PRIu64 " to %" PRIu64 " are missing",
                           audit->next_row, audit->end_row - 1);
    }
    return ERR_OK;
}

/* The journal row that changed what the row of a table is about last; 0 when it has none. */
static uint64_t last_row_of(const struct audit *audit, enum ledger_table table,
                            const struct ledger_key *key)
{
    struct member member;
    struct slice value;
    if (table == TABLE_MEMBER && view_get(&audit->store.view, table, key, &value) == ERR_OK &&
        member_decode(value, &member) == ERR_OK) {
        return member.last_row;
    }
    const struct sums *sums = table == TABLE_ACCOUNT ? &audit->accounts : &audit->totals;
    const struct sum *sum = table == TABLE_ACCOUNT || table == TABLE_TOTAL
                                ? sums_find(sums, slice_of(key->bytes, key->length))
                                : NULL;
    return sum == NULL ? 0 : sum->last_row;
}

static enum err found_difference(struct audit *audit, uint64_t at_row,
                                 const struct snapshot_difference *difference)
{
    static const char invariant[] = "invariant 6: stored state follows from the journal";
    char key[2 * LEDGER_KEY_MAX + 1];
    char last[64] = "";
    if (difference->key.length == 0) {
        return audit_found(audit, 0, invariant, "%s (at row %" PRIu64 ")", difference->what,
                           at_row);
    }
    uint64_t row = last_row_of(audit, difference->table, &difference->key);
    if (row == 0) {
        row = audit_last_change(audit, difference->table, &difference->key, at_row);
    }
    if (row != 0) {
        (void)snprintf(last, sizeof last, "; its last journal row is %" PRIu64, row);
    }
    return audit_found(audit, row, invariant, "%s: table %s, key %s, at row %" PRIu64 "%s",
                       difference->what, ledger_table_name(difference->table),
                       hex_format(difference->key.bytes, difference->key.length, key), at_row,
                       last);
}

/* Each part of the stored state whose row the derived tables are at. */
static enum err compare_state(struct audit *audit, uint64_t row)
{
    struct snapshot *snapshot = &audit->snapshot;
    struct snapshot_difference difference;
    while (audit->options->state != NULL && snapshot_next_row(snapshot) == row) {
        TRY(snapshot_compare(snapshot, audit->options->state, audit->derived, &difference));
        if (difference.is_found) {
            return found_difference(audit, row, &difference);
        }
        audit->summary->has_state = snapshot_next_row(snapshot) == UINT64_MAX;
        audit->summary->state_row = row;
        audit->summary->state_rows = snapshot->count;
    }
    return ERR_OK;
}

enum err audit_undecoded(struct audit *audit, const struct ahead_batch *batch)
{
    struct slice record;
    uint64_t row = batch->view.first_row + batch->record_count;
    return batch_record(&batch->view, batch->record_count, &record) != ERR_OK
               ? audit_found(audit, row, "journal batch frame",
                             "row %" PRIu64 " has no place in its batch", row)
               : audit_found(audit, row, "journal record", "row %" PRIu64 " is malformed", row);
}

static enum err walk_records(struct audit *audit, const struct ahead_batch *batch)
{
    for (uint32_t i = 0; i < batch->record_count; i++) {
        uint64_t row = batch->view.first_row + i;
        expected_fetch(&batch->expected, audit->derived, &audit->accounts, i);
        TRY(audit_record(audit, row, &batch->records[i]));
        audit->next_row = row + 1;
        audit->summary->rows++;
        TRY(compare_state(audit, row));
    }
    return batch->record_count < batch->view.count ? audit_undecoded(audit, batch) : ERR_OK;
}

static enum err walk_batch(struct audit *audit, const struct ahead_batch *batch)
{
    const struct audit_options *options = audit->options;
    audit->batch_time = batch->view.time;
    TRY(walk_records(audit, batch));
    audit->summary->batches++;
    if (options->progress != NULL &&
        !options->progress(options->context, audit->summary->rows, audit->end_row - 1)) {
        return ERR_CANCELLED;
    }
    return ERR_OK;
}

static enum err walk_journal(struct audit *audit)
{
    const struct ahead_batch *batch;
    struct ahead *ahead;
    TRY(ahead_begin(audit->options, audit->end_row, &ahead));
    enum err err = ahead_next(ahead, &batch, audit->finding);
    while (err == ERR_OK && batch != NULL) {
        err = walk_batch(audit, batch);
        if (err == ERR_OK) {
            err = ahead_next(ahead, &batch, audit->finding);
        }
    }
    ahead_end(ahead);
    return err;
}

/* The state first: what the journal gets meanwhile lies behind it. */
static enum err begin(struct audit *audit)
{
    const struct audit_options *options = audit->options;
    const struct journal *journal = &options->journal;
    if (options->state != NULL) {
        enum err err = snapshot_take(options->state, &audit->snapshot);
        if (err == ERR_CORRUPT) {
            return audit_found(audit, 0, "state storage", "the stored state can't be read");
        }
        if (err != ERR_OK) {
            return note_set(&audit->finding->note, err, "the stored state can't be read");
        }
    }
    enum err err = journal->next_row(journal->context, &audit->end_row);
    if (err != ERR_OK) {
        return note_set(&audit->finding->note, err, "the journal's end can't be read");
    }
    uint64_t stored_row = snapshot_last_row(&audit->snapshot);
    if (stored_row >= audit->end_row) {
        return audit_found(audit, audit->end_row, "journal continuity",
                           "the state holds row %" PRIu64
                           ", but the journal ends before row %" PRIu64,
                           stored_row, audit->end_row);
    }
    TRY(derived_create(&audit->derived));
    audit->store = derived_port(audit->derived);
    return compare_state(audit, 0);
}

static enum err run(struct audit *audit)
{
    TRY(begin(audit));
    TRY(walk_journal(audit));
    TRY(audit_outcome(audit));
    return audit_personal(audit);
}

enum err audit_run(const struct audit_options *options, struct audit_summary *out_summary,
                   struct audit_finding *out_finding)
{
    *out_summary = (struct audit_summary){0};
    *out_finding = (struct audit_finding){0};
    struct audit audit = {.options = options,
                          .summary = out_summary,
                          .finding = out_finding,
                          .next_row = 1,
                          .batch_time = {INT64_MIN},
                          .record_time = {INT64_MIN}};
    arena_init(&audit.arena, LIMIT_DECODED_BYTES);
    enum err err = run(&audit);
    snapshot_fini(&audit.snapshot);
    derived_destroy(audit.derived);
    sums_fini(&audit.accounts);
    sums_fini(&audit.totals);
    pair_walk_fini(&audit.pairs);
    buffer_fini(&audit.scratch);
    arena_fini(&audit.arena);
    free(audit.streams);
    return err;
}
