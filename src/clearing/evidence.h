/* What a partner signed that contradicts itself, as plain values and pure checks.
 *
 * Who holds two Signed messages that can't both be honest can show them to anybody: nothing else is
 * needed but the charter's keys. Signatures are checked by whoever decodes the messages.
 */
#ifndef CLEARING_EVIDENCE_H
#define CLEARING_EVIDENCE_H

#include "base/limits.h"
#include "clearing/receipt.h"

/* Numbers are those of talea.v1.EvidenceKind. */
enum evidence_kind {
    EVIDENCE_TWO_BATCHES = 1,
    EVIDENCE_TWO_RECEIPTS = 2,
    EVIDENCE_WRONG_TOTALS = 3,
    EVIDENCE_ANOTHER_ENTRY = 4,
    EVIDENCE_CLAIM = 5,
    EVIDENCE_TWO_STATEMENTS = 6,
    EVIDENCE_TWO_NETS = 7,
    EVIDENCE_KIND_END
};

/* "two-batches", ...; "unknown" for none. */
const char *evidence_kind_name(enum evidence_kind kind);

#define EVIDENCE_STATEMENTS_MAX 2u
#define EVIDENCE_REASON_MAX     256 /* bytes, with the final NUL */

struct evidence {
    enum evidence_kind kind;
    struct partner_id partner; /* who said it */
    struct partner_id witness; /* whose node found it */
    struct unix_ms found;
    char coalition[LIMIT_COALITION_BYTES + 1];
    char reason[EVIDENCE_REASON_MAX];
    struct slice statements[EVIDENCE_STATEMENTS_MAX]; /* Signed; borrowed */
    size_t statement_count;
    const struct slice *entries; /* borrowed */
    size_t entry_count;
};

/* Do two heads of one stream name different hashes for one entry? */
bool heads_contradict(const struct batch_head *a, const struct batch_head *b);
/* Do two receipts of one stream stand under one number, or name the one before otherwise than it
 * is? The hashes are those of their payloads. */
bool receipts_contradict(const struct clearing_receipt *a, const struct hash *hash_a,
                         const struct clearing_receipt *b, const struct hash *hash_b);
/* Does the receipt acknowledge another entry than the sender's head has under the number? */
bool receipt_contradicts_head(const struct clearing_receipt *receipt,
                              const struct batch_head *head);
/* Do the totals of `after` not follow from those of `before` (NULL: `after` is the first) and the
 * entries between? ERR_INPUT when these are not the receipts' entries, so that nothing follows; the
 * note says why. */
MUST_USE enum err totals_contradict(const struct clearing_receipt *before,
                                    const struct hash *hash_before,
                                    const struct clearing_receipt *after,
                                    const struct batch_entry *entries, size_t count,
                                    bool *out_contradict, struct note *note);

#endif
