/* Where a shard's rows are: buckets of one cache line, each with seven places.
 *
 * A row is in its bucket of the hash or, when that was full, in the next one with room; `overflow`
 * of each full bucket that it went past counts it, so that a look-up stops at a bucket that nothing
 * went past, and a row that leaves needs no other to move.
 *
 * One thread changes it, under the shard's lock; that thread may look without the lock, others only
 * with it.
 */
#ifndef STORE_ROW_INDEX_H
#define STORE_ROW_INDEX_H

#include "store/pages.h"
#include "store/row.h"

#define BUCKET_PLACES 7u

struct row_bucket {
    /* Read as one word together with `overflow`. 0: free. Else 7 bits of the hash, and PLACE_USED:
     * looked at since the clock went by. */
    _Atomic uint8_t tags[BUCKET_PLACES];
    uint8_t overflow; /* 255: that many or more, for ever */
    struct row *rows[BUCKET_PLACES];
};

#define PLACE_USED 0x80u

/* Zero-initialised is empty and valid. */
struct row_index {
    struct row_bucket *buckets;
    size_t bucket_count;
    size_t row_count;
};

struct row_place {
    struct row_bucket *bucket;
    unsigned at;
};

/* False when there is none. */
bool row_index_find(const struct row_index *index, const struct row_name *name,
                    struct row_place *out_place);
/* Is there room for another row without growing? */
bool row_index_is_full(const struct row_index *index);
/* Are nearly all places empty? */
bool row_index_is_sparse(const struct row_index *index);
/* More buckets (one part in `divisor`), or (0) as many as its rows need, filled, beside the old
 * ones. ERR_RESOURCE without memory. `seed` as in row_name_init. */
MUST_USE enum err row_index_resize(const struct row_index *index, unsigned divisor, uint64_t seed,
                                   struct pages *pages, struct row_index *out_index);
void row_index_fini(struct row_index *index, struct pages *pages);
/* The name is not there yet, and there is room. */
void row_index_insert(struct row_index *index, uint64_t hash, struct row *row);
void row_index_remove(struct row_index *index, uint64_t hash, struct row_place place);
/* The bucket where a row of this hash would be at first. NULL in an empty index. */
struct row_bucket *row_index_home(const struct row_index *index, uint64_t hash);
uint8_t row_index_tag(uint64_t hash);

/* Which of the bucket's places have this tag: the top bit of byte i for place i. */
static inline uint64_t row_bucket_places(const struct row_bucket *bucket, uint8_t tag)
{
    const uint64_t low = UINT64_C(0x007f7f7f7f7f7f7f);
    const uint64_t each = UINT64_C(0x0001010101010101);
    uint64_t tags = __atomic_load_n((const uint64_t *)(const void *)bucket, __ATOMIC_RELAXED);
    uint64_t differs = ((tags & low) ^ tag * each) + low; /* no byte carries into the next one */
    return ~differs & UINT64_C(0x0080808080808080);
}

static inline unsigned row_bucket_first(uint64_t places)
{
    return (unsigned)__builtin_ctzll(places) / 8;
}
size_t row_index_bytes(const struct row_index *index);

static inline struct row *row_at(struct row_place place)
{
    return place.bucket->rows[place.at];
}

#endif
