#include "engine_node.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit.h"
#include "commands.h"
#include "ledger/batch.h"
#include "store/faults.h"
#include "wire/messages.h"
#include "wire/signed.h"

enum {
    CACHE_BYTES = 64 << 10
};

static struct unix_ms read_clock(void *context)
{
    struct engine_node *node = context;
    return (struct unix_ms){atomic_load(&node->now_ms)};
}

static int before_journal(void *context)
{
    struct engine_node *node = context;
    int failures = atomic_load(&node->journal_failures);
    while (failures > 0 &&
           !atomic_compare_exchange_weak(&node->journal_failures, &failures, failures - 1)) {
    }
    return failures > 0 ? EIO : 0;
}

static int before_state(void *context)
{
    struct engine_node *node = context;
    return atomic_load(&node->is_state_broken) ? EIO : 0;
}

static enum err open_node(struct engine_node *node, struct note *note)
{
    /* So little that rows leave the memory and come back from the file. */
    struct state_options tables = {
        .folder = node->folder, .mode = STATE_WRITE, .cache_bytes = CACHE_BYTES};
    TRY(journal_file_open(node->folder, JOURNAL_WRITE, &node->file, note));
    journal_file_set_faults(node->file, (struct store_faults){node, before_journal});
    TRY(state_open(&tables, &node->state, note));
    state_set_faults(node->state, (struct store_faults){node, before_state});
    struct engine_options options = {.journal = journal_file_port(node->file),
                                     .tables = state_tables(node->state),
                                     .signer = node->signer,
                                     .coalition = "model",
                                     .clock = {node, read_clock},
                                     .terms = {.roster = node->roster,
                                               .refund_grace_ms = node->refund_grace_ms,
                                               .debt_limit = {node->debt_limit},
                                               .outbox_entries = node->outbox_entries},
                                     .checkpoint_every_ms = 5};
    TRY(engine_open(&options, &node->engine, note));
    TRY(state_reader_create(node->state, &node->reader));
    node->view = state_reader_view(node->reader);
    return ERR_OK;
}

static void close_node(struct engine_node *node)
{
    state_reader_destroy(node->reader);
    engine_close(node->engine);
    state_close(node->state);
    journal_file_close(node->file);
    node->reader = NULL;
    node->engine = NULL;
    node->state = NULL;
    node->file = NULL;
}

enum err engine_node_begin(struct engine_node *node, const struct roster *roster,
                           int64_t refund_grace_ms, int64_t debt_limit, uint64_t outbox_entries,
                           struct unix_ms now, struct note *note)
{
    uint8_t seed[SIGNING_SEED_BYTES] = {5};
    *node = (struct engine_node){.roster = roster,
                                 .refund_grace_ms = refund_grace_ms,
                                 .debt_limit = debt_limit,
                                 .outbox_entries = outbox_entries};
    atomic_store(&node->now_ms, now.ms);
    (void)snprintf(node->folder, sizeof node->folder, "/tmp/talea-model-XXXXXX");
    if (mkdtemp(node->folder) == NULL) {
        return note_set(note, ERR_STORAGE, "no temporary folder");
    }
    signing_key_from_seed(seed, &node->key);
    TRY(key_signer_init(&node->key_signer, &node->key, "model", &node->signer));
    return open_node(node, note);
}

enum err engine_node_reopen(struct engine_node *node, enum reopening how, struct note *note)
{
    atomic_store(&node->is_state_broken, how != REOPEN_CLEAN);
    close_node(node);
    atomic_store(&node->is_state_broken, false);
    if (how == REOPEN_REBUILT) {
        TRY(state_discard(node->folder, note));
    }
    return open_node(node, note);
}

static enum err find_key(void *context, const struct key_id *id, struct unix_ms time,
                         struct public_key *out_key)
{
    const struct engine_node *node = context;
    (void)id;
    (void)time;
    *out_key = node->signer.public_key;
    return ERR_OK;
}

static enum err open_receipt(void *context, struct slice receipt_signed, struct arena *arena,
                             struct clearing_receipt *out_receipt)
{
    struct signed_message message;
    (void)context;
    TRY(signed_decode(receipt_signed, &message));
    return wire_receipt_decode(message.payload, arena, out_receipt, NULL);
}

enum err engine_node_audit(struct engine_node *node, struct note *note)
{
    struct audit_summary summary;
    struct audit_finding finding;
    struct audit_options options = {.journal = *engine_journal(node->engine),
                                    .state = node->state,
                                    .coalition = "model",
                                    .self = node->roster->self,
                                    .context = node,
                                    .find_key = find_key,
                                    .open_receipt = open_receipt};
    TRY(engine_checkpoint(node->engine)); /* all slices at one row */
    enum err err = audit_run(&options, &summary, &finding);
    return err == ERR_OK
               ? ERR_OK
               : note_set(note, err, "the audit, row %llu: %s: %.300s",
                          (unsigned long long)finding.row, finding.invariant, finding.note.text);
}

uint64_t engine_node_row(const struct engine_node *node)
{
    return engine_stats(node->engine).journal_row;
}

static enum err print_record(struct slice bytes)
{
    struct record record;
    struct command command;
    TRY(record_decode(bytes, &record));
    TRY(record_command(&record, &command));
    (void)printf("  row %" PRIu64 ", %s:", record.row, verdict_describe(record.verdict)->name);
    command_print(&command, record.time);
    return ERR_OK;
}

static enum err print_batch(void *context, uint64_t first_row, struct slice bytes)
{
    const uint64_t *row = context;
    struct batch_view batch;
    TRY(batch_open(bytes, &batch));
    for (uint32_t i = 0; i < batch.count; i++) {
        struct slice record;
        if (first_row + i > *row) {
            TRY(batch_record(&batch, i, &record));
            TRY(print_record(record));
        }
    }
    return ERR_OK;
}

void engine_node_print_behind(const struct engine_node *node, uint64_t row)
{
    const struct journal *journal = engine_journal(node->engine);
    enum err err = row < engine_node_row(node)
                       ? journal->replay(journal->context, row + 1, print_batch, &row)
                       : ERR_OK;
    if (err != ERR_OK) {
        (void)printf("  the journal can't be printed: %s\n", err_name(err));
    }
}

void engine_node_end(struct engine_node *node)
{
    static const char *const files[] = {"journal.mdb",  "journal.mdb-lock", "journal.lock",
                                        "journal.tail", "state.mdb",        "state.mdb-lock",
                                        "state.lock"};
    char path[160];
    close_node(node);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", node->folder, files[i]);
        (void)unlink(path);
    }
    (void)rmdir(node->folder);
    signing_key_fini(&node->key);
}
