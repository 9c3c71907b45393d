/* Versions that nobody asks for any more go back to the slab. When a change keeps one, the writer
 * notes it, and looks again once that batch is durable: the version is still in the processor's
 * cache then, and its block is soon a row again. What a checkpoint lets go waits in its shard. */
#include <stdlib.h>

#include "store/state_writer.h"

#define STALE_FIRST 1024u /* a power of 2 */
#define STALE_AHEAD 8u    /* fetched before they are looked at */

static bool make_room(struct state_writer *writer)
{
    if (writer->stale_count < writer->stale_room) {
        return true;
    }
    size_t room = writer->stale_room == 0 ? STALE_FIRST : writer->stale_room * 2;
    struct stale *stale = malloc(room * sizeof stale[0]);
    if (stale == NULL) {
        return false;
    }
    for (size_t i = 0; i < writer->stale_count; i++) {
        stale[i] = writer->stale[(writer->stale_first + i) % writer->stale_room];
    }
    free(writer->stale);
    writer->stale = stale;
    writer->stale_first = 0;
    writer->stale_room = room;
    return true;
}

void writer_note_stale(struct state_writer *writer, unsigned shard, uint32_t change,
                       const struct version *version)
{
    if (make_room(writer)) {
        size_t at = (writer->stale_first + writer->stale_count++) % writer->stale_room;
        writer->stale[at] = (struct stale){writer->epoch, shard, change, version, version->row};
    }
}

/* The number may be free by now, or another row's: what is stale there may go as well. */
static void free_one(struct state_writer *writer, const struct stale *stale, uint64_t durable_epoch)
{
    struct shard *shard = writer_shard(writer, stale->shard);
    struct version *versions = NULL;
    shard_lock(shard);
    struct change *change = &shard->changes[stale->change];
    if (change->row != NULL && change->older != NULL) {
        versions = shard_take_stale(shard, change, durable_epoch);
    }
    shard_unlock(shard);
    writer_free_versions(writer, versions);
}

static void free_noted(struct state_writer *writer)
{
    uint64_t durable = atomic_load(&writer->state->durable_epoch);
    while (writer->stale_count > 0) {
        const struct stale *stale = &writer->stale[writer->stale_first];
        if (stale->epoch > durable) {
            break;
        }
        if (writer->stale_count > STALE_AHEAD) {
            const struct stale *ahead =
                &writer->stale[(writer->stale_first + STALE_AHEAD) % writer->stale_room];
            __builtin_prefetch(&writer_shard(writer, ahead->shard)->changes[ahead->change]);
            __builtin_prefetch(ahead->version, 1);
            __builtin_prefetch(ahead->row, 1);
        }
        free_one(writer, stale, durable);
        writer->stale_first = (writer->stale_first + 1) % writer->stale_room;
        writer->stale_count--;
    }
}

static void free_garbage(struct state_writer *writer)
{
    for (unsigned i = 0; i < SHARDS; i++) {
        struct shard *shard = writer_shard(writer, i);
        if (!atomic_load_explicit(&shard->has_garbage, memory_order_relaxed)) {
            continue;
        }
        shard_lock(shard);
        struct version *garbage = shard->garbage;
        shard->garbage = NULL;
        atomic_store_explicit(&shard->has_garbage, false, memory_order_relaxed);
        shard_unlock(shard);
        writer_free_versions(writer, garbage);
    }
}

void writer_free_stale(struct state_writer *writer)
{
    free_noted(writer);
    free_garbage(writer);
}
