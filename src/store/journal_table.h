/* Batches in an LMDB transaction, by a cursor on the journal's table: one row for each batch.
 *
 *   key    the batch's first row, 8 bytes big-endian (the format row sorts before them all)
 *   value  the number of its rows, 4 bytes little-endian | the batch
 */
#ifndef STORE_JOURNAL_TABLE_H
#define STORE_JOURNAL_TABLE_H

#include "store/environment.h"

/* The bytes are whose it is: LMDB's, until the transaction ends. */
struct stored_batch {
    uint64_t first_row;
    uint64_t next_row;
    struct slice bytes;
};

/* The first batch that begins at `row` or behind it. */
MUST_USE enum err cursor_seek(MDB_cursor *cursor, uint64_t row, struct stored_batch *out_batch);
/* The batch that holds `row`. ERR_NOT_FOUND before the oldest and behind the last; ERR_CORRUPT for
 * a hole between two. */
MUST_USE enum err cursor_find(MDB_cursor *cursor, uint64_t row, struct stored_batch *out_batch);
/* `*out_batch` is the last one; when there is none its first row is 0, and 1 the next one. */
MUST_USE enum err cursor_last(MDB_cursor *cursor, struct stored_batch *out_batch);
/* Behind all others. */
MUST_USE enum err cursor_append(MDB_cursor *cursor, uint64_t first_row, uint32_t count,
                                struct slice batch);

#endif
