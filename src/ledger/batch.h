/* A journal batch: the records of one commit, chained to the batch before and signed.
 *
 *   magic "TALEAJ" u48 | version u16 | first row u64 | count u32 | records' bytes u32 |
 *   time i64 | charter epoch u64 | previous hash 32 | key id 8 |
 *   table: count x (offset u32, checksum u64) | records | hash 32 | signature 64
 *
 * The checksum is the record's XXH3-64 (base/checksum.h), so that one flipped byte is found in its
 * row. The hash, which is the proof, covers everything before it; the signature (purpose
 * JOURNAL_HEAD) covers the hash.
 */
#ifndef LEDGER_BATCH_H
#define LEDGER_BATCH_H

#include "crypto/signing.h"
#include "ledger/record.h"

struct batch_builder {
    struct buffer records;
    struct buffer offsets; /* 4 bytes each */
    uint64_t first_row;
    uint32_t count;
};

void batch_begin(struct batch_builder *builder, uint64_t first_row);
/* `record->row` must be the next. A record beyond LIMIT_RECORD_BYTES or LIMIT_EFFECTS_PER_RECORD
 * could not be read again: the builder sticks to ERR_RESOURCE, as it does beyond
 * LIMIT_BATCH_RECORDS. */
void batch_add(struct batch_builder *builder, const struct record *record);
void batch_builder_fini(struct batch_builder *builder);
/* The bytes of a row that was added, until the next change of the builder. ERR_NOT_FOUND when it is
 * not there. */
MUST_USE enum err batch_builder_record(const struct batch_builder *builder, uint64_t row,
                                       struct slice *out_record);
/* Takes the newest records away again until `count` are left. */
void batch_cut(struct batch_builder *builder, uint32_t count);
/* Closes and signs. `*out_hash` is the previous hash of the next batch. */
MUST_USE enum err batch_seal(struct batch_builder *builder, const struct signer *signer,
                             uint64_t charter_epoch, struct unix_ms time,
                             const struct hash *previous, struct buffer *out,
                             struct hash *out_hash);

struct batch_view {
    uint64_t first_row;
    uint32_t count;
    struct unix_ms time;
    uint64_t charter_epoch;
    struct hash previous;
    struct key_id key_id;
    struct hash hash;
    struct signature signature;
    struct slice table;
    struct slice records;
    struct slice covered; /* what the hash covers */
};

/* Reads the frame; checks lengths only. */
MUST_USE enum err batch_open(struct slice bytes, struct batch_view *out_batch);
/* Checks the hash; on ERR_CORRUPT `*out_bad_row` is the first row whose own checksum fails, or the
 * batch's first row when only its frame is damaged. */
MUST_USE enum err batch_check(const struct batch_view *batch, uint64_t *out_bad_row,
                              struct note *note);
/* The bytes of row first_row + index. */
MUST_USE enum err batch_record(const struct batch_view *batch, uint32_t index,
                               struct slice *out_record);
/* The same, with its checksum checked: for a record that is read without its batch's hash. */
MUST_USE enum err batch_record_sound(const struct batch_view *batch, uint32_t index,
                                     struct slice *out_record);

#endif
