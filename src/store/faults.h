/* Faults on purpose, for tests and drills: a disk that refuses at a chosen commit. */
#ifndef STORE_FAULTS_H
#define STORE_FAULTS_H

#include "store/journal.h"
#include "store/state.h"

/* `before_commit` is called by each commit. 0 lets it happen; an errno makes it fail with that,
 * with nothing written. NULL never fails. */
struct store_faults {
    void *context;
    int (*before_commit)(void *context);
};

/* To be set before other threads use the file. */
void journal_file_set_faults(struct journal_file *file, struct store_faults faults);
/* In place of JOURNAL_TAIL_BATCH_BYTES; 0: every batch goes to LMDB at once. */
void journal_file_set_tail_bytes(struct journal_file *file, size_t bytes);
void state_set_faults(struct state *state, struct store_faults faults);
/* In place of LIMIT_CHECKPOINT_BYTES. */
void state_set_checkpoint_bytes(struct state *state, size_t bytes);
/* So many of the newest transactions stay in memory when they are checkpointed. */
void state_set_ids_kept(struct state *state, uint32_t count);

#endif
