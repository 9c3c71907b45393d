/* The writer's batches: mark and undo, seal, rollback. */
#include "store/state_writer.h"

#include <stdlib.h>

enum err state_writer_create(struct state *state, struct state_writer **out_writer)
{
    if (state->environment->mode == ENVIRONMENT_READ_ONLY) {
        return ERR_INPUT;
    }
    struct state_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL) {
        return ERR_RESOURCE;
    }
    writer->state = state;
    enum err err = environment_begin_read(state->environment, &writer->txn);
    if (err != ERR_OK) {
        free(writer);
        return err;
    }
    mdb_txn_reset(writer->txn);
    struct flight durable = state_durable(state);
    writer->epoch = durable.epoch + 1;
    writer->sealed_row = durable.row;
    *out_writer = writer;
    return ERR_OK;
}

void state_writer_destroy(struct state_writer *writer)
{
    if (writer == NULL) {
        return;
    }
    state_writer_rollback(writer);
    mdb_txn_abort(writer->txn);
    free(writer->undo);
    free(writer->stale);
    free(writer);
}

void writer_forget_undo(struct state_writer *writer)
{
    for (size_t i = 0; i < writer->undo_count; i++) {
        const struct undo *undo = &writer->undo[i];
        if (undo->before != NULL && !undo->is_version) {
            writer_free_row(writer, undo->before);
        }
    }
    writer->undo_count = 0;
}

void state_writer_mark(struct state_writer *writer)
{
    writer_forget_undo(writer);
}

static void drop_change(struct state_writer *writer, struct row *row, unsigned number)
{
    struct shard *shard = writer_shard(writer, number);
    shard_count_dirty(shard, row_table(row), 0, row_bytes(row));
    shard_drop_change(shard, atomic_load_explicit(&row->change, memory_order_relaxed));
}

/* `before` is the newest version again. A checkpoint may have let it go meanwhile: then LMDB has
 * it, and writing it there once more does no harm. */
static void unkeep_version(struct state_writer *writer, struct shard *shard,
                           const struct undo *undo)
{
    struct change *change =
        &shard->changes[atomic_load_explicit(&undo->before->change, memory_order_relaxed)];
    struct version *version = change->older;
    change->epoch = undo->epoch;
    if (!undo->is_version) {
        return;
    }
    if (version != NULL && version->row == undo->before) {
        change->older = version->older;
    } else {
        version = shard_rescue(shard, undo->before);
        ASSERT(version != NULL);
    }
    slab_give(&writer->state->slab, version, sizeof *version);
}

static void undo_one(struct state_writer *writer, const struct undo *undo)
{
    struct shard *shard = writer_shard(writer, undo->shard);
    shard_lock(shard);
    if (undo->before == NULL) {
        writer_take_out(writer, undo->row, undo->shard);
        drop_change(writer, undo->row, undo->shard);
    } else {
        writer_swap(writer, undo->row, undo->before, undo->shard);
        if (undo->had_change) {
            unkeep_version(writer, shard, undo);
        } else {
            drop_change(writer, undo->before, undo->shard);
        }
    }
    shard_unlock(shard);
    writer_free_row(writer, undo->row);
}

void state_writer_undo_to_mark(struct state_writer *writer)
{
    while (writer->undo_count > 0) {
        undo_one(writer, &writer->undo[--writer->undo_count]);
    }
}

enum err state_writer_seal(struct state_writer *writer, uint64_t last_row)
{
    struct state *state = writer->state;
    ASSERT(last_row >= writer->sealed_row);
    pthread_mutex_lock(&state->flight_mutex);
    bool is_full = state->flight_count == LIMIT_SEALED_BATCHES;
    if (!is_full) {
        unsigned at = (state->flight_first + state->flight_count++) % LIMIT_SEALED_BATCHES;
        state->flights[at] = (struct flight){writer->epoch, last_row};
    }
    pthread_mutex_unlock(&state->flight_mutex);
    if (is_full) {
        return ERR_RESOURCE;
    }
    writer->epoch++;
    writer->sealed_row = last_row;
    writer_forget_undo(writer);
    writer_clean(writer);
    return ERR_OK;
}

/* Back to the newest durable version, or out of the cache when LMDB has it. Under the lock. */
static void roll_back(struct state_writer *writer, unsigned number, uint32_t at,
                      uint64_t durable_epoch)
{
    struct shard *shard = writer_shard(writer, number);
    struct change *change = &shard->changes[at];
    struct row *newest = change->row;
    struct version *version = change->older;
    while (version != NULL && version->epoch > durable_epoch) {
        change->older = version->older;
        version->older = NULL;
        writer_free_versions(writer, version);
        version = change->older;
    }
    if (version == NULL) {
        writer_take_out(writer, newest, number);
        drop_change(writer, newest, number);
    } else {
        writer_swap(writer, newest, version->row, number);
        change->older = version->older;
        change->epoch = version->epoch;
        slab_give(&writer->state->slab, version, sizeof *version);
    }
    writer_free_row(writer, newest);
}

static void roll_shard_back(struct state_writer *writer, unsigned number, uint64_t durable_epoch)
{
    struct shard *shard = writer_shard(writer, number);
    shard_lock(shard);
    for (unsigned table = 0; table < TABLE_END; table++) {
        for (uint32_t at = shard->lists[table].head; at != 0;) {
            uint32_t next = shard->changes[at].next;
            if (shard->changes[at].epoch > durable_epoch) {
                roll_back(writer, number, at, durable_epoch);
            }
            at = next;
        }
    }
    shard_unlock(shard);
}

void state_writer_rollback(struct state_writer *writer)
{
    struct state *state = writer->state;
    writer_forget_undo(writer);
    atomic_store(&state->is_rolling_back, true);
    pthread_mutex_lock(&state->checkpoint_mutex); /* none is half-way through the changes */
    atomic_store(&state->is_rolling_back, false);
    pthread_mutex_lock(&state->flight_mutex);
    state->flight_count = 0;
    pthread_mutex_unlock(&state->flight_mutex);
    struct flight durable = state_durable(state);
    for (unsigned i = 0; i < SHARDS; i++) {
        roll_shard_back(writer, i, durable.epoch);
    }
    pthread_mutex_unlock(&state->checkpoint_mutex);
    writer->epoch++;
    writer->sealed_row = durable.row;
}
