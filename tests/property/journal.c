#include "journal.h"

#include "audit/audit.h"

void run_journal_init(struct run_journal *journal)
{
    uint8_t seed[SIGNING_SEED_BYTES] = {3};
    *journal = (struct run_journal){0};
    signing_key_from_seed(seed, &journal->key);
    run_journal_begin(journal);
}

void run_journal_fini(struct run_journal *journal)
{
    batch_builder_fini(&journal->builder);
    buffer_fini(&journal->batch);
    signing_key_fini(&journal->key);
}

void run_journal_begin(struct run_journal *journal)
{
    batch_begin(&journal->builder, 1);
    buffer_clear(&journal->batch);
}

void run_journal_add(struct run_journal *journal, const struct record *record)
{
    batch_add(&journal->builder, record);
    journal->time = record->time;
}

static enum err replay(void *context, uint64_t from_row,
                       enum err (*visit)(void *visitor, uint64_t first_row, struct slice batch),
                       void *visitor)
{
    const struct run_journal *journal = context;
    (void)from_row;
    return visit(visitor, 1, buffer_slice(&journal->batch));
}

static enum err next_row(void *context, uint64_t *out_row)
{
    const struct run_journal *journal = context;
    *out_row = 1 + journal->builder.count;
    return ERR_OK;
}

static enum err find_key(void *context, const struct key_id *id, struct unix_ms time,
                         struct public_key *out_key)
{
    const struct run_journal *journal = context;
    (void)id;
    (void)time;
    *out_key = journal->key.public_key;
    return ERR_OK;
}

enum err run_journal_audit(struct run_journal *journal, const struct partner_id *self,
                           struct note *note)
{
    struct key_signer key_signer;
    struct signer signer;
    struct hash head = {{0}};
    struct audit_summary summary;
    struct audit_finding finding;
    if (journal->builder.count == 0) {
        return ERR_OK;
    }
    TRY(key_signer_init(&key_signer, &journal->key, "model", &signer));
    TRY(batch_seal(&journal->builder, &signer, 1, journal->time, &head, &journal->batch, &head));
    struct audit_options options = {
        .journal = {.context = journal, .replay = replay, .next_row = next_row},
        .coalition = "model",
        .self = *self,
        .context = journal,
        .find_key = find_key};
    enum err err = audit_run(&options, &summary, &finding);
    return err == ERR_OK
               ? ERR_OK
               : note_set(note, err, "the audit, row %llu: %s: %.300s",
                          (unsigned long long)finding.row, finding.invariant, finding.note.text);
}
