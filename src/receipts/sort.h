/* Sorting more records than fit into memory: sorted runs in an unlinked temporary file, merged.
 *
 * Memory is bounded by what sorter_create is told (plus one buffer for each run while merging); the
 * temporary file is as large as what was added, twice that while runs are merged in several passes.
 */
#ifndef RECEIPTS_SORT_H
#define RECEIPTS_SORT_H

#include "base/bytes.h"

struct sorter;

typedef enum err sorter_on_record(void *context, struct slice key, struct slice record,
                                  struct note *note);

/* `folder` NULL: $TMPDIR, or /var/tmp. */
MUST_USE enum err sorter_create(size_t memory_bytes, const char *folder, struct sorter **out_sorter,
                                struct note *note);
void sorter_destroy(struct sorter *sorter);

/* Copies both. Keys are compared as bytes, a shorter one first; equal keys come in no special
 * order. ERR_STORAGE, ERR_RESOURCE. */
MUST_USE enum err sorter_add(struct sorter *sorter, struct slice key, struct slice record,
                             struct note *note);

/* Gives all records in order, once; what the callback returns but ERR_OK ends it with that. */
MUST_USE enum err sorter_finish(struct sorter *sorter, sorter_on_record *on_record, void *context,
                                struct note *note);

#endif
