#include "engine/evidence.h"

#include <stdio.h>
#include <stdlib.h>

#include "engine/writer.h"
#include "wire/messages.h"

static struct evidence begin(const struct engine *engine, enum evidence_kind kind,
                             const struct partner_id *partner, const char *reason,
                             struct unix_ms now)
{
    struct evidence evidence = {
        .kind = kind, .partner = *partner, .witness = engine->self, .found = now};
    snprintf(evidence.coalition, sizeof evidence.coalition, "%s", engine->options.coalition);
    snprintf(evidence.reason, sizeof evidence.reason, "%s", reason);
    return evidence;
}

static void add(struct evidence *evidence, struct slice said)
{
    if (said.length > 0) {
        evidence->statements[evidence->statement_count++] = said;
    }
}

/* False, and nothing, when it can't be written or is longer than what is kept. */
static bool finish(const struct evidence *evidence, struct buffer *out)
{
    buffer_clear(out);
    bool is_made =
        wire_evidence_encode(evidence, out) == ERR_OK && out->length <= LIMIT_EVIDENCE_BYTES;
    if (!is_made) {
        buffer_clear(out);
    }
    return is_made;
}

void evidence_of_claim(const struct engine *engine, const struct partner_id *partner,
                       const char *reason, struct slice said, struct unix_ms now,
                       struct buffer *out)
{
    struct evidence evidence = begin(engine, EVIDENCE_CLAIM, partner, reason, now);
    add(&evidence, said);
    (void)finish(&evidence, out);
}

void evidence_of_two(const struct engine *engine, enum evidence_kind kind,
                     const struct partner_id *partner, const char *reason, struct slice first,
                     struct slice second, struct unix_ms now, struct buffer *out)
{
    struct evidence evidence = begin(engine, kind, partner, reason, now);
    add(&evidence, first);
    add(&evidence, second);
    if (evidence.statement_count < 2 || !finish(&evidence, out)) {
        evidence_of_claim(engine, partner, reason, second, now, out);
    }
}

void evidence_of_fork(struct engine *engine, const struct incoming_batch *batch, const char *reason,
                      struct buffer *out)
{
    struct ledger_key key;
    struct slice taken;
    struct unix_ms now = writer_now(engine);
    struct evidence evidence = begin(engine, EVIDENCE_TWO_BATCHES, &batch->sender, reason, now);
    key_evidence(&batch->sender, 0, &key);
    bool has_taken = view_get(&engine->store.view, TABLE_EVIDENCE, &key, &taken) == ERR_OK;
    if (has_taken) {
        add(&evidence, taken);
        add(&evidence, batch->head_signed);
    }
    if (evidence.statement_count < 2 || !finish(&evidence, out)) {
        evidence_of_claim(engine, &batch->sender, reason, batch->head_signed, now, out);
    }
}

/* Our entries as they travelled, for which the receipt's totals are wrong. */
struct entry_bytes {
    struct buffer bytes;
    struct slice entries[LIMIT_CLEARING_BATCH];
};

static enum err encode_entries(const struct incoming_receipt *in, struct entry_bytes *out)
{
    size_t ends[LIMIT_CLEARING_BATCH];
    for (size_t i = 0; i < in->count; i++) {
        TRY(wire_entry_encode(&in->entries[i], &out->bytes));
        ends[i] = out->bytes.length;
    }
    for (size_t i = 0; i < in->count; i++) {
        size_t start = i == 0 ? 0 : ends[i - 1];
        out->entries[i] = slice_of(out->bytes.at + start, ends[i] - start);
    }
    return out->bytes.err;
}

static bool finish_totals(struct evidence *evidence, const struct incoming_receipt *in,
                          struct buffer *out)
{
    struct entry_bytes *entries = calloc(1, sizeof *entries);
    bool is_made = entries != NULL && in->count <= LIMIT_CLEARING_BATCH &&
                   encode_entries(in, entries) == ERR_OK;
    if (is_made) {
        evidence->entries = entries->entries;
        evidence->entry_count = in->count;
        is_made = finish(evidence, out);
    }
    if (entries != NULL) {
        buffer_fini(&entries->bytes);
        free(entries);
    }
    return is_made;
}

/* The head of the batch that the receipt answers, signed once more. */
static enum err sign_own_head(struct engine *engine, const struct incoming_receipt *in,
                              struct buffer *out)
{
    struct buffer payload = {0};
    struct batch_head head = {.sender = engine->self,
                              .receiver = in->receiver,
                              .first_number = in->entries[0].number,
                              .count = (uint32_t)in->count,
                              .previous_hash = in->entries[0].previous_hash,
                              .last_hash = in->last_hash};
    enum err err = wire_head_encode(&head, &payload);
    if (err == ERR_OK) {
        err = signed_make(&engine->signer, engine->terms.roster->epoch, PURPOSE_CLEARING_BATCH,
                          buffer_slice(&payload), out);
    }
    buffer_fini(&payload);
    return err;
}

static bool finish_entry(struct engine *engine, struct evidence *evidence,
                         const struct incoming_receipt *in, struct buffer *out)
{
    struct buffer head = {0};
    bool is_made = in->count > 0 && sign_own_head(engine, in, &head) == ERR_OK;
    if (is_made) {
        add(evidence, in->receipt_signed);
        add(evidence, buffer_slice(&head));
        is_made = finish(evidence, out);
    }
    buffer_fini(&head);
    return is_made;
}

void evidence_of_receipt(struct engine *engine, const struct incoming_receipt *in,
                         enum evidence_kind kind, struct slice previous, const char *reason,
                         struct buffer *out)
{
    struct unix_ms now = writer_now(engine);
    struct evidence evidence = begin(engine, kind, &in->receiver, reason, now);
    bool is_made = false;
    if (kind == EVIDENCE_ANOTHER_ENTRY) {
        is_made = finish_entry(engine, &evidence, in, out);
    } else {
        add(&evidence, previous);
        add(&evidence, in->receipt_signed);
        is_made = kind == EVIDENCE_WRONG_TOTALS ? finish_totals(&evidence, in, out)
                                                : finish(&evidence, out);
    }
    if (!is_made) {
        evidence_of_claim(engine, &in->receiver, reason, in->receipt_signed, now, out);
    }
}
