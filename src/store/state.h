/* The ledger's tables on disk and in memory: what follows from the journal.
 *
 *   overlay (private to the writer, one batch) -> active memtable -> frozen memtable -> LMDB
 *
 * The writer applies a batch to an overlay. When the journal has the batch, the overlay is
 * published into the active memtable, and only then readers see it. A checkpoint freezes the
 * memtable, writes it to LMDB in key order in one synced transaction together with the number of
 * the last row it contains, and drops it. At start the journal is rolled forward from that number.
 *
 * Threads: one writer (overlay, publish); one checkpointer; any number of readers. A reader copies
 * one row under a shard's lock or reads it from an LMDB snapshot that ends with the call: the
 * writer never waits for a reader's transaction.
 */
#ifndef STORE_STATE_H
#define STORE_STATE_H

#include "ledger/view.h"

struct state;
struct overlay;

enum state_mode {
    STATE_WRITE,
    STATE_READ_ONLY /* beside a running node: only checkpointed rows */
};

/* Opens `folder`/state.mdb. Same rules and refusals as journal_file_open. */
MUST_USE enum err state_open(const char *folder, enum state_mode mode, struct state **out_state,
                             struct note *note);
void state_close(struct state *state); /* without a checkpoint */

/* The last journal row whose effects the LMDB tables hold; 0 when empty. */
uint64_t state_checkpointed_row(const struct state *state);
/* The last row published to readers. */
uint64_t state_published_row(const struct state *state);
/* Bytes of rows not yet checkpointed. */
size_t state_memtable_bytes(const struct state *state);

/* A reader's view over published rows. Each view has its own buffer for the borrowed value and is
 * used by one thread at a time. */
struct state_reader;
MUST_USE enum err state_reader_create(struct state *state, struct state_reader **out_reader);
void state_reader_destroy(struct state_reader *reader);
struct ledger_view state_reader_view(struct state_reader *reader);

/* The writer's overlay over the published rows. */
MUST_USE enum err overlay_create(struct state *state, struct overlay **out_overlay);
void overlay_destroy(struct overlay *overlay);
struct ledger_store overlay_port(struct overlay *overlay);
/* Marks the state of the overlay, so that what follows can be undone without losing what went
 * before: for a group of records that must apply together or not at all. An undo keeps the mark. An
 * overlay that is new, cleared or published is marked as empty. */
void overlay_mark(struct overlay *overlay);
void overlay_undo_to_mark(struct overlay *overlay);
/* Forgets all. */
void overlay_clear(struct overlay *overlay);
/* Makes all of it visible, as of journal row `last_row` (never below the one before), and clears
 * the overlay. A reader may see some rows of the batch before others; once state_published_row says
 * `last_row` it sees them all. Needs no memory
 * that was not taken before, so it cannot fail. */
void overlay_publish(struct overlay *overlay, uint64_t last_row);

/* Writes what is published to LMDB, synced. Nothing is lost when it fails: the frozen rows stay in
 * memory and the next checkpoint takes them along. Blocks neither the writer nor readers for longer
 * than the swap of two pointers. */
MUST_USE enum err state_checkpoint(struct state *state);

/* Rows of one table whose keys begin with `prefix`, from `from` on (in key order, `from` included),
 * as of the last checkpoint. Stops at the visitor's first error other than ERR_OK and returns it,
 * except that ERR_NOT_FOUND from the visitor ends the scan with ERR_OK. The visitor must be quick.
 */
MUST_USE enum err state_scan(struct state *state, enum ledger_table table, struct slice prefix,
                             struct slice from,
                             enum err (*visit)(void *context, struct slice key, struct slice value),
                             void *context);
/* Every row of every table as of the last checkpoint in one snapshot, and the row it is exact for.
 */
MUST_USE enum err state_scan_all(struct state *state, uint64_t *out_checkpointed_row,
                                 enum err (*visit)(void *context, enum ledger_table table,
                                                   struct slice key, struct slice value),
                                 void *context);

#endif
