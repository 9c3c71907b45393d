#include "store/row_index.h"

#define BUCKETS_FIRST  8u
#define BUCKETS_SPARSE 1024u
#define SPARSE         16u /* of so many places one is taken */
#define OVERFLOW_MAX   255u
#define AHEAD          2u /* buckets whose rows are fetched ahead while growing */

struct row_bucket *row_index_home(const struct row_index *index, uint64_t hash)
{
    if (index->bucket_count == 0) {
        return NULL;
    }
    return &index->buckets[(hash >> 32) * index->bucket_count >> 32];
}

uint8_t row_index_tag(uint64_t hash)
{
    unsigned bits = hash & 0x7f;
    return (uint8_t)(bits == 0x7f ? 1 : bits + 1); /* from 1 to 0x7f */
}

static struct row_bucket *next_bucket(const struct row_index *index, struct row_bucket *bucket)
{
    return bucket + 1 == index->buckets + index->bucket_count ? index->buckets : bucket + 1;
}

static unsigned tag_at(const struct row_bucket *bucket, unsigned at)
{
    return atomic_load_explicit(&bucket->tags[at], memory_order_relaxed) & ~PLACE_USED;
}

bool row_index_find(const struct row_index *index, const struct row_name *name,
                    struct row_place *out_place)
{
    struct row_bucket *bucket = row_index_home(index, name->hash);
    uint8_t tag = row_index_tag(name->hash);
    for (size_t i = 0; i < index->bucket_count; i++) {
        for (uint64_t at = row_bucket_places(bucket, tag); at != 0; at &= at - 1) {
            if (row_is(bucket->rows[row_bucket_first(at)], name)) {
                *out_place = (struct row_place){bucket, row_bucket_first(at)};
                return true;
            }
        }
        if (bucket->overflow == 0) {
            return false;
        }
        bucket = next_bucket(index, bucket);
    }
    return false;
}

/* Four fifths of the places. */
bool row_index_is_full(const struct row_index *index)
{
    return index->row_count >= index->bucket_count * BUCKET_PLACES * 4 / 5;
}

void row_index_insert(struct row_index *index, uint64_t hash, struct row *row)
{
    struct row_bucket *bucket = row_index_home(index, hash);
    for (;;) {
        uint64_t free = row_bucket_places(bucket, 0);
        if (free != 0) {
            unsigned at = row_bucket_first(free);
            bucket->rows[at] = row;
            atomic_store_explicit(&bucket->tags[at], row_index_tag(hash), memory_order_relaxed);
            index->row_count++;
            return;
        }
        bucket->overflow = (uint8_t)(bucket->overflow + (bucket->overflow < OVERFLOW_MAX));
        bucket = next_bucket(index, bucket);
    }
}

void row_index_remove(struct row_index *index, uint64_t hash, struct row_place place)
{
    struct row_bucket *bucket = row_index_home(index, hash);
    for (; bucket != place.bucket; bucket = next_bucket(index, bucket)) {
        bucket->overflow = (uint8_t)(bucket->overflow - (bucket->overflow < OVERFLOW_MAX));
    }
    atomic_store_explicit(&bucket->tags[place.at], 0, memory_order_relaxed);
    bucket->rows[place.at] = NULL;
    index->row_count--;
}

static void fetch_ahead(const struct row_index *index, size_t at)
{
    for (unsigned i = 0; at < index->bucket_count && i < BUCKET_PLACES; i++) {
        __builtin_prefetch(index->buckets[at].rows[i]);
    }
}

bool row_index_is_sparse(const struct row_index *index)
{
    return index->bucket_count > BUCKETS_SPARSE &&
           index->row_count < index->bucket_count * BUCKET_PLACES / SPARSE;
}

enum err row_index_resize(const struct row_index *index, unsigned divisor, uint64_t seed,
                          struct pages *pages, struct row_index *out_index)
{
    size_t more = divisor == 0 ? 0 : index->bucket_count + index->bucket_count / divisor;
    size_t count = (divisor == 0 ? index->row_count / (BUCKET_PLACES / 2) : more) + BUCKETS_FIRST;
    struct row_index grown = {.bucket_count = count};
    grown.buckets = pages_take(pages, count * sizeof(struct row_bucket));
    if (grown.buckets == NULL) {
        return ERR_RESOURCE;
    }
    memset((void *)grown.buckets, 0, count * sizeof(struct row_bucket));
    for (size_t i = 0; i < index->bucket_count; i++) {
        fetch_ahead(index, i + AHEAD);
        const struct row_bucket *bucket = &index->buckets[i];
        for (unsigned at = 0; at < BUCKET_PLACES; at++) {
            if (tag_at(bucket, at) != 0) {
                row_index_insert(&grown, row_hash(bucket->rows[at], seed), bucket->rows[at]);
            }
        }
    }
    *out_index = grown;
    return ERR_OK;
}

void row_index_fini(struct row_index *index, struct pages *pages)
{
    pages_give(pages, index->buckets, row_index_bytes(index));
}

size_t row_index_bytes(const struct row_index *index)
{
    return index->bucket_count * sizeof(struct row_bucket);
}
