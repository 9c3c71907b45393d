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
    state_writer_mark(writer);
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
    dirty_chunks_free(writer->spare);
    free(writer->undo);
    free(writer);
}

void state_writer_mark(struct state_writer *writer)
{
    writer->undo_count = 0;
    writer->log_mark = version_log_mark(&writer->state->log);
}

/* What was changed stays dirty: a checkpoint may have failed to write the value before. */
static void undo_one(struct state_writer *writer, const struct undo *undo)
{
    struct shard *shard = writer_shard(writer, undo->shard);
    if (undo->is_id) {
        id_window_cut(&writer->state->ids, writer->state->ids.end - 1, writer->state->seed);
        return;
    }
    const struct row *image = version_log_at(&writer->state->log, undo->image);
    shard_lock(shard);
    struct row_place place = writer_place(writer, image, undo->shard);
    if (undo->is_new) {
        writer_drop_row(writer, place, undo->shard);
    } else {
        writer_restore_row(writer, row_at(place), image, undo->shard);
    }
    shard_unlock(shard);
}

void state_writer_undo_to_mark(struct state_writer *writer)
{
    while (writer->undo_count > 0) {
        undo_one(writer, &writer->undo[--writer->undo_count]);
    }
    /* Each of these rows was locked since: whoever looked at what it had been has left. */
    version_log_cut(&writer->state->log, writer->log_mark);
}

enum err state_writer_seal(struct state_writer *writer, uint64_t last_row)
{
    struct state *state = writer->state;
    ASSERT(last_row >= writer->sealed_row);
    pthread_mutex_lock(&state->flight_mutex);
    bool is_full = state->flight_count == LIMIT_SEALED_BATCHES;
    if (!is_full) {
        unsigned at = (state->flight_first + state->flight_count++) % LIMIT_SEALED_BATCHES;
        state->flights[at] = (struct flight){writer->epoch, last_row, state->ids.end};
    }
    pthread_mutex_unlock(&state->flight_mutex);
    if (is_full) {
        return ERR_RESOURCE;
    }
    writer->epoch++;
    writer->sealed_row = last_row;
    writer_clean(writer);
    state_writer_mark(writer);
    return ERR_OK;
}

void state_writer_pass(struct state_writer *writer)
{
    writer_clean(writer);
    state_writer_mark(writer);
}

/* Back to the newest durable version, or out of the table when LMDB has it. Under the lock. */
static void roll_back(struct state_writer *writer, unsigned number, struct row *row,
                      uint64_t durable_epoch)
{
    const struct row *version;
    if (shard_version(&writer->state->log, row, durable_epoch, &version) == SIGHT_BELOW) {
        writer_drop_row(writer, writer_place(writer, row, number), number);
    } else {
        writer_restore_row(writer, row, version, number);
    }
}

static void roll_list_back(struct state_writer *writer, unsigned number,
                           const struct dirty_list *list, uint64_t durable_epoch)
{
    for (struct dirty_chunk *chunk = list->first; chunk != NULL; chunk = chunk->next) {
        for (size_t i = 0; i < chunk->count; i++) {
            struct row *row = chunk->rows[i];
            if (!row_is_gone(row) && epoch_is_after(row->epoch, (uint32_t)durable_epoch)) {
                roll_back(writer, number, row, durable_epoch);
            }
        }
    }
}

static void roll_shard_back(struct state_writer *writer, unsigned number, uint64_t durable_epoch)
{
    struct shard *shard = writer_shard(writer, number);
    shard_lock(shard);
    for (unsigned table = 0; table < TABLE_END; table++) {
        roll_list_back(writer, number, &shard->dirty[table], durable_epoch);
    }
    shard_unlock(shard);
}

void state_writer_rollback(struct state_writer *writer)
{
    struct state *state = writer->state;
    atomic_store(&state->is_rolling_back, true);
    pthread_mutex_lock(&state->checkpoint_mutex); /* none is half-way through the changes */
    atomic_store(&state->is_rolling_back, false);
    pthread_mutex_lock(&state->flight_mutex);
    state->flight_count = 0;
    pthread_mutex_unlock(&state->flight_mutex);
    struct flight durable = state_durable(state);
    id_window_cut(&state->ids, durable.ids, state->seed);
    for (unsigned i = 0; i < SHARDS; i++) {
        roll_shard_back(writer, i, durable.epoch);
    }
    version_log_cut_behind(&state->log, durable.epoch);
    pthread_mutex_unlock(&state->checkpoint_mutex);
    writer->epoch++;
    writer->sealed_row = durable.row;
    state_writer_mark(writer);
}
