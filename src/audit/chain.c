/* A journal's frames alone, in the words of a whole audit. */
#include "audit/chain.h"

#include "audit/rooms.h"

/* A journal that was trimmed begins with a batch whose predecessor nobody has. */
static void begin_at(struct audit *audit, uint64_t first_row, struct slice bytes)
{
    struct batch_view batch;
    if (audit->summary->batches == 0 && first_row != 1 && batch_open(bytes, &batch) == ERR_OK) {
        audit->next_row = first_row;
        audit->head = batch.previous;
    }
}

static enum err visit(void *context, uint64_t first_row, struct slice bytes)
{
    struct audit *audit = context;
    const struct audit_options *options = audit->options;
    struct batch_view batch;
    if (first_row >= audit->end_row) {
        return ERR_OK; /* written since */
    }
    begin_at(audit, first_row, bytes);
    TRY(audit_frame(audit, first_row, bytes, &batch));
    audit->next_row = first_row + batch.count;
    audit->head = batch.hash;
    audit->batch_time = batch.time;
    audit->summary->batches++;
    audit->summary->rows += batch.count;
    return options->progress == NULL ||
                   options->progress(options->context, audit->next_row - 1, audit->end_row - 1)
               ? ERR_OK
               : ERR_CANCELLED;
}

enum err audit_chain(const struct audit_options *options, struct audit_summary *out_summary,
                     struct audit_finding *out_finding)
{
    const struct journal *journal = &options->journal;
    *out_summary = (struct audit_summary){0};
    *out_finding = (struct audit_finding){0};
    struct audit audit = {.options = options,
                          .summary = out_summary,
                          .finding = out_finding,
                          .next_row = 1,
                          .batch_time = {INT64_MIN}};
    enum err err = journal->next_row(journal->context, &audit.end_row);
    if (err == ERR_OK) {
        err = journal->replay(journal->context, 0, visit, &audit);
    }
    return audit_frames_end(&audit, err);
}
