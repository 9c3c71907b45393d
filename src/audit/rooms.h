/* What the parts of an audit share. Internal to the module. */
#ifndef AUDIT_ROOMS_H
#define AUDIT_ROOMS_H

#include "audit/ahead.h"
#include "audit/audit.h"
#include "audit/pair_walk.h"
#include "audit/snapshot.h"
#include "audit/sums.h"
#include "ledger/batch.h"

/* One stream as its entries tell it, without the ledger's own rows. */
struct stream_fold {
    enum stream_direction direction;
    struct partner_id partner;
    uint64_t last_number;
    struct hash last_hash;
    struct period period;
    uint64_t bytes;
    uint64_t total_lines; /* kinds and tariffs of which entries were applied */
    uint64_t last_row;
};

struct audit {
    const struct audit_options *options;
    struct audit_summary *summary;
    struct audit_finding *finding;
    struct derived *derived;
    struct ledger_store store; /* its port */
    struct snapshot snapshot;
    struct sums accounts; /* debit, credit; of members one by one, and together */
    struct sums totals;   /* count, points */
    struct stream_fold *streams;
    size_t stream_count;
    size_t stream_capacity;
    struct pair_walk pairs;
    uint64_t next_row;
    uint64_t end_row; /* the first row that is not looked at any more */
    bool is_done;
    struct hash head;
    struct unix_ms batch_time; /* of the batch at hand, and of the one before it */
    struct unix_ms record_time;
    bool is_corrected; /* the record at hand may carry out a dispute's outcome */
    bool is_forced;    /* the record at hand takes what our own receipt says was taken before */
    struct buffer scratch;
    struct arena arena; /* of the receipt at hand */
};

/* Writes the finding, unless there is one already; always ERR_CORRUPT. */
enum err audit_found(struct audit *audit, uint64_t row, const char *invariant, const char *format,
                     ...) PRINTF_LIKE(4, 5);

/* Checks a batch's frame, hashes, signature, and that it follows on from the one before. */
MUST_USE enum err audit_frame(struct audit *audit, uint64_t first_row, struct slice bytes,
                              struct batch_view *out_batch);
/* How reading the frames ended: what it says when they can't all be read. */
enum err audit_frames_end(struct audit *audit, enum err err);
/* What is wrong with the batch's first record that could not be decoded; always ERR_CORRUPT. */
enum err audit_undecoded(struct audit *audit, const struct ahead_batch *batch);
/* Checks one record, sums it up, and applies it to the derived tables. */
MUST_USE enum err audit_record(struct audit *audit, uint64_t row, const struct record *record);
/* Checks a row of TABLE_RECEIPT, whose record's totals before it are summed up. */
MUST_USE enum err audit_receipt(struct audit *audit, uint64_t row, const struct effect_row *effect);
/* Direction and partner from a stream's key. */
bool audit_stream_key(struct slice key, enum stream_direction *out_direction,
                      struct partner_id *out_partner);
/* NULL when the journal has no entry of it. */
const struct stream_fold *audit_stream(const struct audit *audit, enum stream_direction direction,
                                       const struct partner_id *partner);
/* The journal row up to `at_row` that wrote this row of a table last; 0 when there is none. Rows of
 * members, accounts and totals are not written by name: they say it themselves. */
uint64_t audit_last_change(const struct audit *audit, enum ledger_table table,
                           const struct ledger_key *key, uint64_t at_row);
/* What is wrong with a hold by itself; NULL when it is sound. */
const char *audit_hold_problem(const struct hold *hold);
/* Between the row a home's hold had (NULL: none) and the one it gets, by a capture under a mandate.
 */
MUST_USE enum err audit_stood_in(struct audit *audit, uint64_t row, const struct hold *before,
                                 const struct hold *after);
/* Checks a row of TABLE_MANDATE that a record writes. */
MUST_USE enum err audit_mandate(struct audit *audit, uint64_t row, const struct effect_row *effect);
/* Sums up what home holds were captured under mandates, and compares the mandates with it. */
MUST_USE enum err audit_count_stood_in(struct sums *sums, const struct hold *hold);
MUST_USE enum err audit_mandate_used(struct audit *audit, const struct sums *sums,
                                     struct slice value);
/* Sums up what blocks that were sold have left, and what disputes changed of it, and compares it
 * with the buyers' entries. */
MUST_USE enum err audit_count_block(struct audit *audit, struct sums *sums, struct slice value);
MUST_USE enum err audit_count_corrected(struct audit *audit, struct sums *sums, struct slice key,
                                        struct slice value);
MUST_USE enum err audit_blocks(struct audit *audit, const struct sums *sums);
/* Opens the personal data of all members that there are in the end. */
MUST_USE enum err audit_personal(struct audit *audit);
/* What must hold of the tables when all records are applied; fills the summary's sums. */
MUST_USE enum err audit_outcome(struct audit *audit);

#endif
