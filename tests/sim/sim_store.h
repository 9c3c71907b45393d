/* What a node's machine keeps: a journal and tables, on the simulated disk, or in LMDB files as a
 * node has them. Files are never torn here: what the journal was not asked to keep is what is lost.
 */
#ifndef SIM_STORE_H
#define SIM_STORE_H

#include "sim_disk.h"
#include "sim_tables.h"
#include "store/state.h"

#define SIM_FOLDER_MAX 512

struct sim_store {
    struct sim_disk disk;
    struct sim_tables *tables; /* NULL: in files */
    char folder[SIM_FOLDER_MAX];
    struct journal_file *file;
    struct state *state;
    struct state_reader *reader;
    bool is_failing; /* checkpoints do */
};

/* `folder` NULL: simulated. */
void sim_store_init(struct sim_store *store, const char *folder, unsigned index);
void sim_store_fini(struct sim_store *store);
/* The machine starts. */
MUST_USE enum err sim_store_open(struct sim_store *store, struct note *note);
/* It has stopped: what was not written down is lost. */
void sim_store_close(struct sim_store *store);
/* While stopped: the journal ends after so many batches, and there are no tables. */
void sim_store_restore(struct sim_store *store, size_t batches);
/* While stopped: of the tables nothing is left. */
void sim_store_wipe(struct sim_store *store);

struct tables sim_store_tables(struct sim_store *store);
struct ledger_view sim_store_view(struct sim_store *store);
/* Some slices are written down, as luck has it. */
void sim_store_write_down(struct sim_store *store, struct sim_random *luck);
void sim_store_fail(struct sim_store *store, bool is_failing);

/* Another one after each change. */
uint64_t sim_store_mark(const struct sim_store *store);
/* The same for the same rows; may take long. */
uint64_t sim_store_sum(struct sim_store *store);
void sim_store_each(struct sim_store *store, enum ledger_table table,
                    void (*visit)(void *context, struct slice key, struct slice value),
                    void *context);

#endif
