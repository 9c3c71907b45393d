/* The journal port and its embedded adapter: batches of records, append-only, the truth.
 *
 * A batch is opaque here (ledger/batch.h); it is stored whole under the number of its first row.
 * The position of the next batch is that of the first row after the last one.
 *
 * Threads: one appends; any number read at the same time, each read in a transaction of its own
 * that ends before the call returns, so that no reader pins pages.
 */
#ifndef STORE_JOURNAL_H
#define STORE_JOURNAL_H

#include "base/bytes.h"

/* The port. `append` answers ERR_OK only when the batch is durable; ERR_CONFLICT when another batch
 * has that position (the race is lost); any other error means "unknown": ask for the same position
 * again. The batch that is already last, byte for byte, is answered ERR_OK: it was asked for again.
 * `fence` grows with each new owner of the journal; the embedded adapter ignores it. */
struct journal {
    void *context;
    enum err (*append)(void *context, uint64_t first_row, uint32_t count, struct slice batch,
                       uint64_t fence);
    /* Batches in order, from the one that holds `from_row` (0: from the oldest there is); none when
     * it is the next row. ERR_NOT_FOUND when it lies before the oldest batch or behind the next
     * row: a replay never skips. The slice lives during the visit, which may be long: it is a copy.
     * Stops at the visitor's first error and returns it. */
    enum err (*replay)(void *context, uint64_t from_row,
                       enum err (*visit)(void *visitor, uint64_t first_row, struct slice batch),
                       void *visitor);
    /* The batch that holds `row`, copied to `out`. ERR_NOT_FOUND beyond the end and
     * where it was trimmed. */
    enum err (*read)(void *context, uint64_t row, uint64_t *out_first_row, struct buffer *out);
    /* The batch that holds `row`, looked at where it is: the slice lives during the visit, which
     * must be quick and returns what this returns. Otherwise as `read`, without its copy. */
    enum err (*look)(void *context, uint64_t row,
                     enum err (*visit)(void *visitor, uint64_t first_row, struct slice batch),
                     void *visitor);
    /* Forgets batches that lie wholly before `row`, but never the last one, which gives the next
     * position. What was forgotten stays so when it stops half-way with an error. */
    enum err (*trim)(void *context, uint64_t row);
    /* The first row after the last durable batch: 1 when empty. */
    enum err (*next_row)(void *context, uint64_t *out_row);
};

struct journal_file;

enum journal_mode {
    JOURNAL_WRITE,    /* creates it when absent; takes the folder's lock, ERR_UNAVAILABLE if held */
    JOURNAL_READ_ONLY /* beside a running node */
};

/* Opens `folder`/journal.mdb (folder and file made when absent, modes 0700 and 0600; the parent of
 * the folder must exist). A process opens it once at most, in either mode, and not across a fork. A
 * file that is shorter than its own meta page says (torn or truncated) is ERR_CORRUPT with a note,
 * before LMDB maps it. A format version that this build does not know is ERR_UNSUPPORTED by name.
 */
MUST_USE enum err journal_file_open(const char *folder, enum journal_mode mode,
                                    struct journal_file **out_file, struct note *note);
void journal_file_close(struct journal_file *file);
/* The newest batches may be beside journal.mdb, in journal.tail, which belongs to it: after this
 * all are in LMDB. Closing does the same. Any thread. */
MUST_USE enum err journal_file_settle(struct journal_file *file);
struct journal journal_file_port(struct journal_file *file);
/* Bytes of the file in use, for metrics. */
uint64_t journal_file_bytes(const struct journal_file *file);

#endif
