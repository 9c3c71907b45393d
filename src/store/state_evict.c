/* What leaves the cache: a clock goes over the buckets, here and there, and a row that LMDB has as
 * it is goes when nobody looked at it since the clock went by before. Rows of one use leave when
 * they are many, whatever room there is: they would only make the others slower. Other tables have
 * a part of the cache, since a block that was theirs can't become a member's. Beyond the cache's
 * bound they go first, then members.
 *
 * Here and there, since a hand that goes from one bucket to the next leaves a stretch of empty ones
 * behind it, and before it one where more rows have come than there are places: they spill over
 * hundreds of buckets, through which each look-up goes. */
#include "store/state_writer.h"

/* Rows that are looked at, of each kind, at one seal: some, some more for each that came since the
 * last seal, and never so many that the writer's callers notice. */
#define LOOKS_ALWAYS   512u
#define LOOKS_EACH     2u
#define LOOKS_MOST     16384u
#define POOR_YIELD     16u /* of looked at for one that leaves */
#define ONCE_YIELD     8u  /* the same of rows of one use: they need only not pile up */
#define ROUNDS_OF_REST 8u
#define ROWS_AHEAD     2u                   /* buckets whose rows are fetched */
#define BUCKETS_AHEAD  8u                   /* buckets that are fetched */
#define HAND_STEP      UINT64_C(2654435761) /* a prime: each bucket has its turn */
#define ONCE_KEPT      65536u               /* rows */
#define OTHERS_PART    8u  /* of the cache that rows of other tables may take, by the count of */
#define OTHERS_BYTES   64u /* so many bytes each: what a card takes */

#define AGE_EACH (1u << 6) /* batches from one bucket to the next: 2^30 see 2^24 buckets */
#define AGE_MAX  (1u << 30)

struct clock {
    struct state_writer *writer;
    unsigned first; /* shards first to end - 1 */
    unsigned end;
    unsigned *shard; /* where it is, counted from `first` */
    size_t *bucket;
    size_t target; /* bytes of rows to come down to */
    size_t rows;   /* and rows of this kind */
    size_t looks;  /* rows to look at, at most */
    size_t looked_at;
    size_t gone;
};

static size_t live_bytes(const struct state *state)
{
    return atomic_load_explicit(&state->slabs[0].live, memory_order_relaxed) +
           atomic_load_explicit(&state->slabs[1].live, memory_order_relaxed) +
           atomic_load_explicit(&state->slabs[2].live, memory_order_relaxed) +
           atomic_load_explicit(&state->table_bytes, memory_order_relaxed);
}

/* The bucket where the hand is in so many steps from the first. */
static struct row_bucket *bucket_at(const struct row_index *index, size_t steps)
{
    return &index->buckets[steps * HAND_STEP % index->bucket_count];
}

static void fetch_ahead(const struct row_index *index, size_t steps)
{
    const struct row_bucket *next = bucket_at(index, steps + ROWS_AHEAD);
    __builtin_prefetch(bucket_at(index, steps + BUCKETS_AHEAD));
    for (unsigned i = 0; i < BUCKET_PLACES; i++) {
        __builtin_prefetch(next->rows[i]);
    }
}

/* A transaction's row that stands in the window as it was before. */
static bool hides_an_id(const struct state *state, const struct row *row)
{
    struct id_value value;
    return row_table(row) == TABLE_TRANSACTION &&
           id_window_find(&state->ids, row_hash(row, state->seed), row_key(row), state->ids.end,
                          &value);
}

/* LMDB has it as it is, and nobody is at it. */
static bool take_out_clean(struct clock *clock, struct shard *shard, struct row_place place)
{
    struct row *row = row_at(place);
    if (hides_an_id(clock->writer->state, row)) {
        return false;
    }
    shard_lock(shard);
    bool is_clean = !row_is_dirty(row) && !shard->is_being_written[row_table(row)];
    if (is_clean) {
        row_index_remove(&shard->index, row_hash(row, clock->writer->state->seed), place);
    }
    shard_unlock(shard);
    return is_clean;
}

static void look_at_bucket(struct clock *clock, unsigned number, struct row_bucket *bucket)
{
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
        } else if (!row_is_dirty(row) && take_out_clean(clock, writer_shard(clock->writer, number),
                                                        (struct row_place){bucket, at})) {
            clock->writer->state->id_rows -= row_table(row) == TABLE_TRANSACTION;
            writer_free_row(clock->writer, row, number);
            clock->gone++;
        }
    }
}

static size_t rows_of(const struct clock *clock)
{
    size_t rows = 0;
    for (unsigned i = clock->first; i < clock->end; i++) {
        rows += writer_shard(clock->writer, i)->index.row_count;
    }
    return rows;
}

static bool is_enough(const struct clock *clock, size_t rows)
{
    return live_bytes(clock->writer->state) <= clock->target && rows - clock->gone <= clock->rows;
}

static void turn(struct clock *clock)
{
    unsigned shards = clock->end - clock->first;
    unsigned empty = 0;
    size_t rows = rows_of(clock);
    while (!is_enough(clock, rows) && clock->looked_at < clock->looks && empty <= shards) {
        unsigned number = clock->first + *clock->shard;
        struct shard *shard = writer_shard(clock->writer, number);
        if (*clock->bucket >= shard->index.bucket_count) {
            *clock->shard = (*clock->shard + 1) % shards;
            *clock->bucket = 0;
            empty++;
            continue;
        }
        fetch_ahead(&shard->index, *clock->bucket);
        look_at_bucket(clock, number, bucket_at(&shard->index, (*clock->bucket)++));
    }
}

enum {
    KIND_MEMBER,
    KIND_ONCE,
    KIND_OTHER
};

static size_t looks_of(const struct state_writer *writer)
{
    size_t looks = LOOKS_ALWAYS + LOOKS_EACH * writer->touched;
    return looks < LOOKS_MOST ? looks : LOOKS_MOST;
}

static struct clock clock_of(struct state_writer *writer, unsigned kind, size_t target)
{
    static const unsigned first[] = {0, MEMBER_SHARDS, MEMBER_SHARDS + ONCE_SHARDS, SHARDS};
    size_t others = writer->state->cache_bytes / OTHERS_PART / OTHERS_BYTES;
    return (struct clock){.writer = writer,
                          .first = first[kind],
                          .end = first[kind + 1],
                          .shard = &writer->hand_shard[kind],
                          .bucket = &writer->hand_bucket[kind],
                          .target = target,
                          .rows = kind == KIND_ONCE    ? ONCE_KEPT
                                  : kind == KIND_OTHER ? others
                                                       : SIZE_MAX,
                          .looks = looks_of(writer)};
}

/* A clock that found little rests for a while: most rows are not as LMDB has them. */
static void turn_or_rest(struct clock *clock, unsigned poor_yield, unsigned *rest)
{
    if (*rest > 0) {
        (*rest)--;
        return;
    }
    turn(clock);
    *rest = clock->gone * poor_yield < clock->looked_at ? ROUNDS_OF_REST : 0;
}

static void evict(struct state_writer *writer, size_t target)
{
    struct clock once = clock_of(writer, KIND_ONCE, target);
    struct clock others = clock_of(writer, KIND_OTHER, target);
    struct clock members = clock_of(writer, KIND_MEMBER, target);
    turn_or_rest(&once, ONCE_YIELD, &writer->once_rest);
    turn_or_rest(&others, POOR_YIELD, &writer->others_rest);
    turn(&members);
}

/* Whoever looked at versions before has left. */
static void pass_all_locks(struct state *state)
{
    for (unsigned i = 0; i < SHARDS; i++) {
        shard_lock(&state->shards[i]);
        shard_unlock(&state->shards[i]);
    }
}

/* state_rooms.h says why in this order. */
static void free_versions(struct state *state)
{
    uint64_t floor = atomic_load(&state->durable_epoch);
    uint64_t cut = atomic_load(&state->cut);
    floor = cut < floor ? cut : floor;
    if (version_log_is_stale(&state->log, floor)) {
        pass_all_locks(state);
        version_log_free(&state->log, floor);
    }
}

/* As many as a clock may look at. */
static void free_gone(struct state_writer *writer)
{
    size_t left = looks_of(writer);
    for (unsigned i = 0; i < SHARDS && left > 0; i++) {
        struct shard *shard = writer_shard(writer, i);
        if (!atomic_load_explicit(&shard->has_gone, memory_order_relaxed)) {
            continue;
        }
        shard_lock(shard);
        struct row *row;
        for (; left > 0 && (row = shard_take_gone(shard)) != NULL; left--) {
            writer_free_row(writer, row, i);
        }
        shard_unlock(shard);
    }
}

/* Rows keep the lower half of an epoch. Long before it comes round, a hand has been at each of them
 * and has brought the old ones nearer. */
static void age_some(struct state_writer *writer)
{
    struct shard *shard = writer_shard(writer, writer->age_shard);
    if (writer->epoch % AGE_EACH != 0) {
        return;
    }
    if (writer->age_bucket >= shard->index.bucket_count) {
        writer->age_shard = (writer->age_shard + 1) % SHARDS;
        writer->age_bucket = 0;
        return;
    }
    struct row_bucket *bucket = &shard->index.buckets[writer->age_bucket++];
    uint32_t oldest = (uint32_t)writer->epoch - AGE_MAX;
    shard_lock(shard);
    for (unsigned at = 0; at < BUCKET_PLACES; at++) {
        bool is_there = atomic_load_explicit(&bucket->tags[at], memory_order_relaxed) != 0;
        if (is_there && epoch_is_after(oldest, bucket->rows[at]->epoch)) {
            bucket->rows[at]->epoch = oldest;
        }
    }
    shard_unlock(shard);
}

/* The newest that LMDB has stay for a while: what is told twice is mostly told again soon. */
static void drop_ids(struct state *state)
{
    uint32_t written = atomic_load(&state->ids_written);
    uint32_t count = written - state->ids.first;
    if (count > state->ids_kept && count <= state->ids.end - state->ids.first) {
        id_window_drop(&state->ids, written - state->ids_kept);
    }
}

/* What grew while many rows could not leave. One at a time. */
static void shrink_some(struct state_writer *writer)
{
    unsigned number = MEMBER_SHARDS + (unsigned)(writer->epoch % (SHARDS - MEMBER_SHARDS));
    if (row_index_is_sparse(&writer_shard(writer, number)->index)) {
        enum err err = writer_resize_index(writer, number, 0);
        (void)err; /* without memory it stays as it is */
    }
}

void writer_clean(struct state_writer *writer)
{
    shrink_some(writer);
    drop_ids(writer->state);
    free_versions(writer->state);
    free_gone(writer);
    age_some(writer);
    evict(writer, writer->state->cache_bytes);
    writer->touched = 0;
}
