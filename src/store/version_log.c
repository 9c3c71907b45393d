#include "store/version_log.h"

#include <stdlib.h>

#define WORD        sizeof(uint64_t)
#define CHUNK_BYTES (WORD << VERSION_CHUNK_SHIFT)
#define SPARES_MAX  64u

void version_log_fini(struct version_log *log)
{
    for (uint32_t i = 0; i < log->count; i++) {
        free(log->chunks[(log->first + i) % VERSION_CHUNKS]);
    }
    while (log->spare != NULL) {
        struct version_chunk *next = log->spare->next_spare;
        free(log->spare);
        log->spare = next;
    }
    free(log->chunks);
}

static void count(struct version_log *log, size_t plus, size_t minus)
{
    size_t now = atomic_load_explicit(&log->taken, memory_order_relaxed);
    atomic_store_explicit(&log->taken, now + plus - minus, memory_order_relaxed);
}

/* Room for entries of `bytes`; a large one has a chunk of its own. */
static struct version_chunk *take_chunk(struct version_log *log, size_t bytes)
{
    struct version_chunk *chunk = log->spare;
    size_t room = CHUNK_BYTES - WORD;
    if (bytes <= room && chunk != NULL) {
        log->spare = chunk->next_spare;
        log->spare_count--;
        return chunk;
    }
    room = bytes > room ? bytes : room;
    chunk = malloc(sizeof *chunk + WORD + room);
    if (chunk != NULL) {
        chunk->room = room;
        count(log, room, 0);
    }
    return chunk;
}

static struct version_chunk *add_chunk(struct version_log *log, size_t bytes)
{
    if (log->chunks == NULL) {
        log->chunks = calloc(VERSION_CHUNKS, sizeof(struct version_chunk *));
    }
    if (log->chunks == NULL || log->count == VERSION_CHUNKS) {
        return NULL;
    }
    struct version_chunk *chunk = take_chunk(log, bytes);
    if (chunk != NULL) {
        chunk->used = 0;
        log->chunks[(log->first + log->count++) % VERSION_CHUNKS] = chunk;
    }
    return chunk;
}

static struct version_chunk *last_chunk(const struct version_log *log)
{
    return log->count == 0 ? NULL : log->chunks[(log->first + log->count - 1) % VERSION_CHUNKS];
}

struct row *version_log_take(struct version_log *log, size_t size, uint64_t epoch,
                             uint32_t *out_number)
{
    size_t bytes = (size + WORD - 1) / WORD * WORD;
    struct version_chunk *chunk = last_chunk(log);
    if (chunk == NULL || chunk->room - chunk->used < bytes) {
        chunk = add_chunk(log, bytes);
        if (chunk == NULL) {
            return NULL;
        }
    }
    if (chunk->used == 0) {
        chunk->first_epoch = epoch;
    }
    size_t at = 1 + chunk->used / WORD;
    chunk->used += bytes;
    chunk->last_epoch = epoch;
    *out_number =
        ((log->first + log->count - 1) % VERSION_CHUNKS) << VERSION_CHUNK_SHIFT | (uint32_t)at;
    return (struct row *)&chunk->words[at];
}

bool version_log_is_stale(const struct version_log *log, uint64_t epoch)
{
    return log->count > 0 && log->chunks[log->first % VERSION_CHUNKS]->last_epoch <= epoch;
}

static void give_chunk(struct version_log *log, struct version_chunk *chunk)
{
    if (log->spare_count < SPARES_MAX && chunk->room == CHUNK_BYTES - WORD) {
        chunk->next_spare = log->spare;
        log->spare = chunk;
        log->spare_count++;
    } else {
        count(log, 0, chunk->room);
        free(chunk);
    }
}

void version_log_free(struct version_log *log, uint64_t epoch)
{
    while (version_log_is_stale(log, epoch)) {
        give_chunk(log, log->chunks[log->first % VERSION_CHUNKS]);
        log->first++;
        log->count--;
    }
}

struct version_mark version_log_mark(const struct version_log *log)
{
    const struct version_chunk *last = last_chunk(log);
    return (struct version_mark){log->first + log->count, last == NULL ? 0 : last->used};
}

static void cut_chunk(struct version_log *log)
{
    give_chunk(log, last_chunk(log));
    log->count--;
}

void version_log_cut(struct version_log *log, struct version_mark mark)
{
    while (log->first + log->count != mark.chunk) {
        ASSERT(log->count > 0);
        cut_chunk(log);
    }
    if (log->count > 0) {
        last_chunk(log)->used = mark.used;
    }
}

void version_log_cut_behind(struct version_log *log, uint64_t epoch)
{
    while (log->count > 0 && last_chunk(log)->first_epoch > epoch) {
        cut_chunk(log);
    }
}
