/* Rows as they were before they were changed, in the order of the changes: what readers see until a
 * batch is durable, what a checkpoint copies that began before, what an undo or a rollback puts
 * back.
 *
 * Memory is taken and given back in chunks, the oldest first: a batch that changes thousands of
 * rows costs a copy of each, one behind the other, and nothing to clean up.
 *
 * A number names an entry. It stays good until the entry's epoch is let go.
 *
 * Threads: one writer; who holds the lock of an entry's shard may read it.
 */
#ifndef STORE_VERSION_LOG_H
#define STORE_VERSION_LOG_H

#include "store/row.h"

#define VERSION_CHUNK_SHIFT 15u /* a chunk's bytes, counted by 8 */
#define VERSION_CHUNKS      (1u << 17)

struct version_chunk {
    uint64_t first_epoch; /* of its entries */
    uint64_t last_epoch;
    size_t used;
    size_t room;
    struct version_chunk *next_spare;
    uint64_t words[]; /* the first is unused, so that no entry has number 0 */
};

struct version_mark {
    uint32_t chunk; /* counts up, like `first` */
    size_t used;
};

/* Zero-initialised is empty and valid. */
struct version_log {
    struct version_chunk **chunks; /* a ring */
    uint32_t first;                /* counts up; modulo the ring's size */
    uint32_t count;
    struct version_chunk *spare;
    unsigned spare_count;
    atomic_size_t taken; /* bytes of memory; may be read by anyone */
};

void version_log_fini(struct version_log *log);
/* Where the log ends. */
struct version_mark version_log_mark(const struct version_log *log);
/* Takes back what came behind a mark, which was set since the last that was let go; nobody goes
 * back to it any more. */
void version_log_cut(struct version_log *log, struct version_mark mark);
/* The same of all batches behind this one, but for what shares a chunk with others. */
void version_log_cut_behind(struct version_log *log, uint64_t epoch);
/* Room for a row's bytes that batch `epoch` (no lower than those before) changes. NULL without
 * memory. */
struct row *version_log_take(struct version_log *log, size_t size, uint64_t epoch,
                             uint32_t *out_number);
/* Is there a chunk whose entries are all of epochs up to this one? */
bool version_log_is_stale(const struct version_log *log, uint64_t epoch);
/* Lets those chunks go; nobody reads them any more. */
void version_log_free(struct version_log *log, uint64_t epoch);

static inline struct row *version_log_at(const struct version_log *log, uint32_t number)
{
    struct version_chunk *chunk = log->chunks[number >> VERSION_CHUNK_SHIFT];
    return (struct row *)&chunk->words[number & ((1u << VERSION_CHUNK_SHIFT) - 1)];
}

#endif
