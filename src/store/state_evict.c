/* What leaves the cache: a clock goes over the buckets, and a row that LMDB has as it is goes when
 * nobody looked at it since the clock went by before. First the tables other than members, whose
 * rows are mostly of one use; then members. */
#include "store/state_writer.h"

#define ROWS_PER_ROUND 16384u /* looked at, of each kind, at one seal */
#define POOR_YIELD     16u    /* of looked at for one that leaves */
#define ROUNDS_OF_REST 16u
#define BUCKETS_AHEAD  2u

struct clock {
    struct state_writer *writer;
    unsigned first; /* shards first to end - 1 */
    unsigned end;
    unsigned *shard; /* where it is, counted from `first` */
    size_t *bucket;
    size_t target; /* bytes of rows to come down to */
    size_t looked_at;
    size_t gone;
};

static size_t live_bytes(const struct state *state)
{
    return atomic_load_explicit(&state->slab.live, memory_order_relaxed) +
           atomic_load_explicit(&state->table_bytes, memory_order_relaxed);
}

static void fetch_bucket(const struct row_index *index, size_t at)
{
    for (unsigned i = 0; at < index->bucket_count && i < BUCKET_PLACES; i++) {
        __builtin_prefetch(index->buckets[at].rows[i]);
    }
}

/* A change that a checkpoint ended is seen as 0 with all that the checkpoint did before. */
static bool is_clean(const struct row *row)
{
    return atomic_load_explicit(&row->change, memory_order_acquire) == 0;
}

static void look_at_bucket(struct clock *clock, struct shard *shard, struct row_bucket *bucket)
{
    uint64_t seed = clock->writer->state->seed;
    for (unsigned at = 0; at < BUCKET_PLACES; at++) {
        unsigned tag = atomic_load_explicit(&bucket->tags[at], memory_order_relaxed);
        struct row *row = bucket->rows[at];
        if (tag == 0) {
            continue;
        }
        clock->looked_at++;
        if ((tag & PLACE_USED) != 0) {
            atomic_store_explicit(&bucket->tags[at], (uint8_t)(tag & ~PLACE_USED),
                                  memory_order_relaxed);
        } else if (is_clean(row)) {
            pthread_mutex_lock(&shard->lock);
            row_index_remove(&shard->index, row_hash(row, seed), (struct row_place){bucket, at});
            pthread_mutex_unlock(&shard->lock);
            writer_free_row(clock->writer, row);
            clock->gone++;
        }
    }
}

static void turn(struct clock *clock)
{
    unsigned shards = clock->end - clock->first;
    unsigned empty = 0;
    while (live_bytes(clock->writer->state) > clock->target && clock->looked_at < ROWS_PER_ROUND &&
           empty <= shards) {
        struct shard *shard = writer_shard(clock->writer, clock->first + *clock->shard);
        if (*clock->bucket >= shard->index.bucket_count) {
            *clock->shard = (*clock->shard + 1) % shards;
            *clock->bucket = 0;
            empty++;
            continue;
        }
        fetch_bucket(&shard->index, *clock->bucket + BUCKETS_AHEAD);
        look_at_bucket(clock, shard, &shard->index.buckets[(*clock->bucket)++]);
    }
}

static struct clock clock_of(struct state_writer *writer, unsigned kind, size_t target)
{
    return (struct clock){.writer = writer,
                          .first = kind == 0 ? 0 : MEMBER_SHARDS,
                          .end = kind == 0 ? MEMBER_SHARDS : SHARDS,
                          .shard = &writer->hand_shard[kind],
                          .bucket = &writer->hand_bucket[kind],
                          .target = target};
}

static void evict(struct state_writer *writer, size_t target)
{
    if (live_bytes(writer->state) <= target) {
        return;
    }
    struct clock others = clock_of(writer, 1, target);
    struct clock members = clock_of(writer, 0, target);
    if (writer->others_rest > 0) {
        writer->others_rest--;
    } else {
        turn(&others);
        bool is_poor = others.gone * POOR_YIELD < others.looked_at;
        writer->others_rest = is_poor ? ROUNDS_OF_REST : 0;
    }
    turn(&members);
}

void writer_clean(struct state_writer *writer)
{
    writer_free_stale(writer);
    evict(writer, writer->state->cache_bytes);
}
