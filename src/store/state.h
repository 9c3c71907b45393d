/* The ledger's tables in memory and on disk: what follows from the journal.
 *
 *   writer changes rows in place -> seal (a batch has its rows) -> journal durable -> make_durable
 *   (readers see it) -> checkpoint (LMDB has it, slice by slice)
 *
 * The rows in memory are a write-back cache over LMDB, one table for writer and readers. The first
 * change of a row in a batch keeps the value before it, so that readers go on seeing what is
 * durable, a batch that was refused can be taken back, and a checkpoint writes each row as it was
 * at the checkpoint's own journal row while the writer goes on.
 *
 * Slices. LMDB's rows are written down in slices: 64 of members, by member_slot(id) / 16, and one
 * for each other table. Each slice is exact for a journal row of its own, which is stored in the
 * same LMDB transaction; never ahead of the durable row at that time. A slice that is too big for
 * one transaction is written in key order in several, and until the last of them its keys up to
 * some point are exact for a later row than the rest: `has_applied` and `slice_rows_at` know.
 * In LMDB a member's key is table, slot (2 bytes, big-endian), id, so that a slice is one range of
 * keys: members are in order of slot and id, the rows of each other table in order of key.
 *
 * Memory: the rows (13 bytes before key and value, rounded up to 8; a member's is 64 at least), 11
 * to 16 bytes of index for each member and up to 24 for other rows; 8 bytes for each row that is
 * not yet checkpointed; 36 to 52 for each transaction that is not, or is one of the newest 65,536;
 * a copy of each row that was changed while a batch is on its way or a checkpoint copies a slice;
 * fences for look-ups of ids that are not there (4 KiB for each table and origin). `cache_bytes`
 * bounds rows and index: at each seal some rows beyond it that are checkpointed leave, those of one
 * use first. Rows that are not checkpointed stay, so a checkpointer that falls behind makes it
 * grow; what is empty goes back to the system, but for a stock of huge pages for what comes next:
 * 16 MiB that are kept ready once there are rows, 32 MiB at most. A checkpoint under way adds the
 * bytes of one slice's dirty rows and one transaction's pages.
 *
 * Threads: one writer, the only one that changes the tables' structure; one committer that calls
 * state_make_durable (may be the writer); one checkpointer at a time (others wait); any number of
 * readers, each with a view of its own. Nobody waits for the disk of another, except for a row
 * that is not in memory. `state_durable_row` and the figures may be asked by anyone.
 */
#ifndef STORE_STATE_H
#define STORE_STATE_H

#include "store/tables.h"

struct state;

enum state_mode {
    STATE_WRITE,
    STATE_READ_ONLY /* beside a running node: only checkpointed rows */
};

struct state_options {
    const char *folder;
    enum state_mode mode;
    size_t cache_bytes; /* bound of the rows in memory; 0: LIMIT_CACHE_BYTES */
};

/* Opens `folder`/state.mdb. Same rules and refusals as journal_file_open; a file of another format
 * is ERR_UNSUPPORTED, and what to do is state_discard and a replay of the whole journal. */
MUST_USE enum err state_open(const struct state_options *options, struct state **out_state,
                             struct note *note);
void state_close(struct state *state); /* without a checkpoint; NULL is allowed */
/* Removes `folder`/state.mdb, durably, so that it can be rebuilt from the journal. No such file is
 * ERR_OK. ERR_UNAVAILABLE while a process has it open for writing. */
MUST_USE enum err state_discard(const char *folder, struct note *note);

/* The last journal row that readers see. After opening: state_checkpointed_row. */
uint64_t state_durable_row(const struct state *state);
/* The row that every slice holds; 0 when empty. READ_ONLY: as the file says now. */
uint64_t state_checkpointed_row(const struct state *state);
/* The last row that any slice held when the state was opened: a journal that ends before it is an
 * older copy. */
uint64_t state_newest_row(const struct state *state);
/* The first journal row that a recovery must look at: that row + 1. */
uint64_t state_replay_from(const struct state *state);
/* Bytes of rows (keys and values) that are not checkpointed. */
size_t state_dirty_bytes(const struct state *state);
/* Bytes of memory that rows, index and versions take. There is a stock of empty pages besides
 * (page_stock.h), of 32 MiB at most. */
size_t state_memory_bytes(const struct state *state);

/* The writer; one at a time. ERR_INPUT for a state that is READ_ONLY. What was not sealed or made
 * durable when it is destroyed is rolled back. */
struct state_writer;
MUST_USE enum err state_writer_create(struct state *state, struct state_writer **out_writer);
void state_writer_destroy(struct state_writer *writer);
/* The tables as the writer has left them. A value is borrowed until the next put, del or call of
 * the functions below (a transaction's until the next get). put may be given what get returned.
 * Its errors leave no trace: ERR_INPUT for a table, key (a member's is 16 bytes) or value that
 * can't be, ERR_RESOURCE without memory.
 * has_applied: does LMDB as it was opened hold this row with the effects of journal row `row`
 * already? Then a recovery must leave it alone. Always false for rows that are new since.
 * `record` of the view is NULL: the journal is somebody else's. */
struct ledger_store state_writer_port(struct state_writer *writer);
/* Tells that this row will be asked for soon: best some ten to thirty calls ahead of the get. It
 * changes nothing and reads no disk. */
void state_writer_prefetch(struct state_writer *writer, enum ledger_table table, struct slice key);
/* Marks the tables as they are now, so that what follows can be undone without losing what went
 * before: for a group of records that must apply together or not at all. An undo keeps the mark.
 * A seal or a rollback marks as well. */
void state_writer_mark(struct state_writer *writer);
void state_writer_undo_to_mark(struct state_writer *writer);
/* What was written since the seal before belongs to journal rows up to `last_row` (never below the
 * one before). Readers don't see it yet. Also the moment at which rows leave the cache.
 * ERR_RESOURCE, with nothing sealed, when LIMIT_SEALED_BATCHES are sealed and not durable. */
MUST_USE enum err state_writer_seal(struct state_writer *writer, uint64_t last_row);
/* Nothing was written since the seal before, or it was undone: what a seal lets go of goes,
 * versions and rows that were only looked at. */
void state_writer_pass(struct state_writer *writer);
/* The journal holds all rows up to `last_row`: readers see every batch that was sealed with a row
 * up to it. A reader may see some rows of a batch before others; once state_durable_row says
 * `last_row` it sees them all. Never fails. Gets memory ready for the writer's next rows. */
void state_make_durable(struct state *state, uint64_t last_row);
/* Forgets all that is not durable, sealed or not. Never fails, takes no memory. Not while
 * state_make_durable runs. */
void state_writer_rollback(struct state_writer *writer);

/* A reader's view over durable rows. Each view has its own buffer for the borrowed value and is
 * used by one thread at a time. */
struct state_reader;
MUST_USE enum err state_reader_create(struct state *state, struct state_reader **out_reader);
/* One over other tables, as a test has them: they outlive it, and a value is borrowed as theirs is.
 */
MUST_USE enum err state_reader_over(const struct ledger_view *view,
                                    struct state_reader **out_reader);
void state_reader_destroy(struct state_reader *reader);
struct ledger_view state_reader_view(struct state_reader *reader);

/* Brings every slice to the durable row at its start. Nothing is lost when it fails: what was not
 * written stays in memory, and the next checkpoint takes it along. Blocks writer and readers only
 * while it copies some rows of a shard. ERR_INPUT for a state that is READ_ONLY. */
MUST_USE enum err state_checkpoint(struct state *state);
/* Brings one slice, the one that is most due, to the durable row: the fullest, when rows that are
 * not checkpointed take more than `max_dirty_bytes` in all, or the one that lags furthest, when
 * that is more than `max_lag_rows` journal rows; in turns when there are both. Slices with nothing
 * to write move along with it. `*out_is_more`: another one is due. Each LMDB transaction holds at
 * most LIMIT_CHECKPOINT_BYTES of rows (one row at least). Gets memory ready that the writer will
 * want. */
MUST_USE enum err state_checkpoint_some(struct state *state, uint64_t max_lag_rows,
                                        size_t max_dirty_bytes, bool *out_is_more);
/* Would state_checkpoint_some with this bound find too many bytes to write, or memory to get ready
 * for the writer? Cheap. */
bool state_is_due(const struct state *state, size_t max_dirty_bytes);
/* Brings one table to the durable row: for what state_scan must see soon. Not TABLE_MEMBER. */
MUST_USE enum err state_checkpoint_table(struct state *state, enum ledger_table table);

/* Rows of one table whose keys begin with `prefix`, from `from` on (in key order, `from` included),
 * as of each slice's last checkpoint. Members come in order of slot and id: `prefix` is empty, and
 * `from` is empty or an id. Stops at the visitor's first error other than ERR_OK and returns it,
 * except that ERR_NOT_FOUND from the visitor ends the scan with ERR_OK. The visitor must be quick.
 */
MUST_USE enum err state_scan(struct state *state, enum ledger_table table, struct slice prefix,
                             struct slice from,
                             enum err (*visit)(void *context, struct slice key, struct slice value),
                             void *context);

/* Rows of one table with keys below `upto`, in key order, as they are in the durable batch, whether
 * or not they were checkpointed; nothing is written. Neither TABLE_MEMBER nor TABLE_TRANSACTION.
 * Unless the visitor ends it, `*out_next` is the first key from `upto` on (length 0: none), or one
 * before that, which was there lately. Visitor and errors as for state_scan; ERR_INPUT also if
 * `upto` is empty (nothing is below it), or the state is READ_ONLY. Holds up checkpoints, and the
 * writer while it copies some rows. Costs a look at each of the table's rows that are not
 * checkpointed. */
MUST_USE enum err state_scan_durable(
    struct state *state, enum ledger_table table, struct slice upto, struct ledger_key *out_next,
    enum err (*visit)(void *context, struct slice key, struct slice value), void *context);

/* What an engine uses of it. The state must outlive the port. */
struct tables state_tables(struct state *state);

/* The journal rows that a snapshot's slices are exact for. */
struct slice_rows;
/* Of the slice (the part of it) with this key. */
uint64_t slice_rows_at(const struct slice_rows *rows, enum ledger_table table, struct slice key);
uint64_t slice_rows_lowest(const struct slice_rows *rows);
/* All of them once, lowest first; gives how many there are. */
#define SLICE_ROWS_MAX 2048u
size_t slice_rows_list(const struct slice_rows *rows, uint64_t out_rows[SLICE_ROWS_MAX]);
uint64_t slice_rows_highest(const struct slice_rows *rows);
void slice_rows_destroy(struct slice_rows *rows);

/* Every row of every table in one snapshot, each with the row that its slice is exact for.
 * `out_rows` may be NULL; else it is the caller's to destroy, on ERR_OK only. Any result of the
 * visitor but ERR_OK ends the scan and is returned. */
MUST_USE enum err state_scan_all(struct state *state, struct slice_rows **out_rows,
                                 enum err (*visit)(void *context, uint64_t slice_row,
                                                   enum ledger_table table, struct slice key,
                                                   struct slice value),
                                 void *context);

#endif
