/* The records of one run as a journal of one batch, and its audit: what the ledger does must also
 * pass the examination that a node's operator runs. */
#ifndef PROPERTY_JOURNAL_H
#define PROPERTY_JOURNAL_H

#include "crypto/signing.h"
#include "ledger/batch.h"

struct run_journal {
    struct batch_builder builder;
    struct buffer batch;
    struct signing_key key;
    struct unix_ms time; /* of the last record */
};

void run_journal_init(struct run_journal *journal);
void run_journal_fini(struct run_journal *journal);
void run_journal_begin(struct run_journal *journal);
void run_journal_add(struct run_journal *journal, const struct record *record);
/* Seals what was added and audits it. On ERR_CORRUPT the note says what was found. */
MUST_USE enum err run_journal_audit(struct run_journal *journal, const struct partner_id *self,
                                    struct note *note);

#endif
