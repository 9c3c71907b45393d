/* Proves that everything follows from the journal: while the node runs, or offline.
 *
 * The journal is read from its first row. Each batch must be whole, chained to the one before and
 * signed by a known key; each record must be well-formed and next in row and time. The tables are
 * derived again in memory by applying each record, the postings and totals are summed up a second
 * time on their own, each receipt must have the totals there are at its number, what is between two
 * brands must follow from the entries of their streams, and at the end all must agree and the
 * ledger's invariants hold. When there is a vault, each member's personal data must open by its
 * key. When there is a stored state, it is compared with the derived one bit for bit at the row it
 * is exact for.
 *
 * What it can't see: rows cut off at the journal's end, unless the state is newer or a partner
 * holds a receipt for them.
 *
 * A second thread reads the journal ahead: it checks frames, hashes and signatures and decodes the
 * records, while this one sums up and applies those before. What is found is the same each time.
 *
 * Memory grows with the tables (all of them are derived), by 32 bytes for each own entry without a
 * receipt and, where a state is compared, by up to 120 bytes for each of its rows. Threads: any
 * one, and find_key is called on the second; the journal and the state may be in use meanwhile, and
 * no read transaction lasts longer than one batch of the journal or one slice of the state.
 */
#ifndef AUDIT_AUDIT_H
#define AUDIT_AUDIT_H

#include "base/arena.h"
#include "clearing/receipt.h"
#include "crypto/signing.h"
#include "ledger/record.h"
#include "store/journal.h"
#include "store/state.h"
#include "store/vault.h"

struct audit_options {
    struct journal journal;
    struct state *state;   /* NULL: the journal alone */
    struct vault *vault;   /* NULL: whether personal data can be read is not looked at */
    const char *coalition; /* the signatures' */
    struct partner_id self;
    void *context; /* of the callbacks */
    /* The public key with this id that the node might sign with at `time`; ERR_NOT_FOUND when there
     * is none. Any other error ends the audit with it. */
    enum err (*find_key)(void *context, const struct key_id *id, struct unix_ms time,
                         struct public_key *out_key);
    /* A clearing entry from its bytes as they travel; any error is a finding. NULL: what is inside
     * own outgoing entries (link, kind, period) is not looked at. */
    enum err (*decode_entry)(void *context, struct slice bytes, struct clearing_entry *out_entry);
    /* A receipt from its bytes as they are kept, by the key it names, its arrays in the arena; any
     * error but ERR_RESOURCE is a finding. NULL: receipts are not looked at. */
    enum err (*open_receipt)(void *context, struct slice receipt_signed, struct arena *arena,
                             struct clearing_receipt *out_receipt);
    /* After each batch; false cancels. May be NULL. */
    bool (*progress)(void *context, uint64_t rows_done, uint64_t rows_total);
};

#define AUDIT_INVARIANT_MAX 64 /* bytes, with the final NUL */

struct audit_finding {
    uint64_t row; /* the first bad journal row; 0: none is known, or nothing was found */
    char invariant[AUDIT_INVARIANT_MAX]; /* which one is broken: "journal hash chain" */
    struct note note;                    /* what and where, for a person */
};

#define AUDIT_WARNING_MAX 512 /* bytes, with the final NUL */

struct audit_summary {
    uint64_t rows; /* of the journal, checked */
    uint64_t batches;
    uint64_t commands_ok;
    uint64_t commands_refused;
    uint64_t postings;
    uint64_t entries;          /* sent to partners */
    uint64_t entries_received; /* taken from partners */
    uint64_t members;
    uint64_t holds;
    uint64_t table_rows; /* derived, at the journal's end */
    bool has_state;      /* a stored state was compared */
    uint64_t state_row;  /* the journal row at which */
    uint64_t state_rows; /* how many rows it has */
    bool has_vault;      /* the vault's keys were tried */
    uint64_t keys;       /* members whose personal data opened */
    /* What is worth a look and breaks nothing: keys that no member has, members without one. Empty:
     * nothing is. */
    char warning[AUDIT_WARNING_MAX];
    int64_t issued; /* net of what was taken back, points; likewise the next */
    int64_t redeemed;
    int64_t expired;
    int64_t adjusted;
    int64_t receivable; /* from partners, net */
    int64_t payable;
    int64_t suspense;
    int64_t outstanding; /* of all members, net of their debts */
};

/* ERR_OK: clean. ERR_CORRUPT: `out_finding` says what is wrong first. ERR_CANCELLED by the progress
 * callback. Others are the storage's, with a note in the finding where there is something to say.
 * Both outputs are written on every result; the summary counts what was reached. A journal that
 * does not begin at row 1 is a finding: what was trimmed can't be derived. */
MUST_USE enum err audit_run(const struct audit_options *options, struct audit_summary *out_summary,
                            struct audit_finding *out_finding);

#endif
