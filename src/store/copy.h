/* Compact copies of the store's files while they are in use: for backups.
 *
 * A copy is a new file of the same name in another folder, flushed, and opened like the original.
 * The writer goes on meanwhile. The journal is read in pieces and the state slice by slice, each in
 * a transaction of its own, so that no page is pinned for longer than one of them takes; each slice
 * of the copy is exact for a row of its own, as in the original. The archive is one snapshot, since
 * its rows point at each other: it pins the archive's pages while it is copied, and only imports
 * write there.
 *
 * Threads: any; one copy of a file at a time.
 */
#ifndef STORE_COPY_H
#define STORE_COPY_H

#include "store/archive.h"
#include "store/journal.h"
#include "store/state.h"

/* After each piece, with the bytes copied since the last call; false cancels. */
struct copy_watch {
    void *context;
    bool (*step)(void *context, uint64_t bytes); /* may be NULL */
};

/* `folder` exists and holds no file of that name. ERR_EXISTS, ERR_STORAGE, ERR_CANCELLED, and what
 * reading says, each with a note; what was written so far stays. */

/* Whole batches, up to the last one that is durable when it begins. `*out_format` is the version of
 * what is stored in the file; likewise below. */
MUST_USE enum err journal_copy(struct journal_file *file, const char *folder,
                               const struct copy_watch *watch, uint32_t *out_format,
                               struct note *note);
MUST_USE enum err state_copy(const struct state *state, const char *folder,
                             const struct copy_watch *watch, uint32_t *out_format,
                             struct note *note);
MUST_USE enum err archive_copy(const struct archive *archive, const char *folder,
                               const struct copy_watch *watch, uint32_t *out_format,
                               struct note *note);

#endif
