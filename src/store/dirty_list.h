/* The rows of a table in a shard that LMDB has not got as they are: each is named once, in the
 * order in which they were changed first. A checkpoint takes the list whole; a row that moves to
 * another block is named anew, and its old block is ROW_GONE.
 *
 * Under the shard's lock.
 */
#ifndef STORE_DIRTY_LIST_H
#define STORE_DIRTY_LIST_H

#include "store/row.h"

#define DIRTY_CHUNK_ROWS 126u

struct dirty_chunk {
    struct dirty_chunk *next;
    size_t count;
    struct row *rows[DIRTY_CHUNK_ROWS];
};

/* Zero-initialised is empty and valid. Chunks need not be full. */
struct dirty_list {
    struct dirty_chunk *first;
    struct dirty_chunk *last;
    uint64_t first_epoch; /* of a list with chunks: LMDB has all that was changed before this one */
};

/* Names a row. A chunk that is needed for it is taken from `*spare` (never NULL then). */
void dirty_list_add(struct dirty_list *list, struct row *row, uint64_t epoch,
                    struct dirty_chunk **spare);
/* Puts the chunks of `front` before those of `list`; `front` is empty afterwards. */
void dirty_list_join(struct dirty_list *list, struct dirty_list *front);
/* Frees the chunks. */
void dirty_list_fini(struct dirty_list *list);
void dirty_chunks_free(struct dirty_chunk *chunks);

/* Has LMDB all of it up to this epoch? */
static inline bool dirty_list_is_clean(const struct dirty_list *list, uint64_t epoch)
{
    return list->first == NULL || list->first_epoch > epoch;
}

#endif
