/* The ledger's tables in memory, with images of them on a simulated disk that lag behind.
 *
 * Each row has the value that the writer left, and the value that the last checkpoint of its slice
 * wrote down. A crash puts every row back to its image. Slices are exact for a journal row of their
 * own, as those of the real state are, so that a recovery meets tables of different ages.
 */
#ifndef SIM_TABLES_H
#define SIM_TABLES_H

#include "sim_random.h"
#include "store/tables.h"

#define SIM_MEMBER_SLICES 4u
#define SIM_SLICES        (TABLE_END + SIM_MEMBER_SLICES)

struct sim_tables;

struct sim_tables *sim_tables_create(void);
void sim_tables_destroy(struct sim_tables *tables);
struct tables sim_tables_port(struct sim_tables *tables);
/* Of what the writer left; that is what is durable whenever the engine is not at work. */
struct ledger_view sim_tables_view(struct sim_tables *tables);

/* All rows are as their images are. */
void sim_tables_crash(struct sim_tables *tables);
/* There is no image any more: everything has to come from the journal. */
void sim_tables_wipe(struct sim_tables *tables);
/* Writes one slice down, as it is durable. */
void sim_tables_checkpoint_slice(struct sim_tables *tables, unsigned slice);
/* While set, every checkpoint fails. */
void sim_tables_fail(struct sim_tables *tables, bool is_failing);

/* A sum over all rows that is the same for the same rows. */
uint64_t sim_tables_sum(const struct sim_tables *tables);

/* Every row of a table, in no order. */
void sim_tables_each(const struct sim_tables *tables, enum ledger_table table,
                     void (*visit)(void *context, struct slice key, struct slice value),
                     void *context);

#endif
