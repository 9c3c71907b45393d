/* Every checkpointed row of every table, slice by slice (state.h says what slices are): no page is
 * kept from being used again for longer than the largest slice takes to read. Of tables other than
 * members a slice is the whole table; it can't be read in portions, since it is exact for one row
 * as long as nothing is written between two of them.
 *
 * Threads: any; checkpoints go on meanwhile.
 */
#ifndef STORE_SLICE_SCAN_H
#define STORE_SLICE_SCAN_H

#include "store/state.h"

/* As state_scan_all, but each slice is read in a transaction of its own, at the row that it is
 * exact for then; `out_rows` has them all. */
MUST_USE enum err state_scan_slices(struct state *state, struct slice_rows **out_rows,
                                    enum err (*visit)(void *context, uint64_t slice_row,
                                                      enum ledger_table table, struct slice key,
                                                      struct slice value),
                                    void *context);

#endif
