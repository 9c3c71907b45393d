#include "store/gather.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES (1u << 20)
#define ROWS_FIRST  1024u
#define ROWS_A_LOCK 128u /* copied while a shard is locked */
#define HEAD_BYTES  6u   /* value's length, is it deleted, key's length */

struct gather_chunk {
    struct gather_chunk *next;
    uint8_t bytes[];
};

struct slice_place slice_place_of(unsigned slice)
{
    return slice < SLICES_OF_MEMBERS
               ? (struct slice_place){slice, slice + 1, TABLE_MEMBER}
               : (struct slice_place){MEMBER_SHARDS, SHARDS,
                                      (enum ledger_table)(slice - SLICES_OF_MEMBERS)};
}

void gather_fini(struct gather *gather)
{
    while (gather->chunks != NULL) {
        struct gather_chunk *next = gather->chunks->next;
        free(gather->chunks);
        gather->chunks = next;
    }
    free(gather->rows);
    *gather = (struct gather){0};
}

struct slice gathered_key(const struct gathered *row)
{
    return slice_of(row->at + HEAD_BYTES, row->at[5]);
}

bool gathered_is_deleted(const struct gathered *row)
{
    return row->at[4] != 0;
}

struct slice gathered_value(const struct gathered *row)
{
    uint32_t length;
    memcpy(&length, row->at, sizeof length);
    return slice_of(row->at + HEAD_BYTES + row->at[5], length);
}

static uint8_t *take(struct gather *gather, size_t size)
{
    if (size > gather->free_bytes) {
        size_t bytes = size > CHUNK_BYTES ? size : CHUNK_BYTES;
        struct gather_chunk *chunk = malloc(sizeof *chunk + bytes);
        if (chunk == NULL) {
            return NULL;
        }
        chunk->next = gather->chunks;
        gather->chunks = chunk;
        gather->free = chunk->bytes;
        gather->free_bytes = bytes;
    }
    uint8_t *at = gather->free;
    gather->free += size;
    gather->free_bytes -= size;
    return at;
}

static enum err make_room(struct gather *gather)
{
    if (gather->count < gather->room) {
        return ERR_OK;
    }
    size_t room = gather->room == 0 ? ROWS_FIRST : gather->room * 2;
    struct gathered *rows = realloc(gather->rows, room * sizeof rows[0]);
    if (rows == NULL) {
        return ERR_RESOURCE;
    }
    gather->rows = rows;
    gather->room = room;
    return ERR_OK;
}

static enum err copy_row(struct gather *gather, const struct row *row, unsigned shard,
                         uint32_t change)
{
    struct state_key key = state_key_of(row_table(row), row_key(row));
    struct slice value = row_value(row);
    uint32_t length = (uint32_t)value.length;
    TRY(make_room(gather));
    uint8_t *at = take(gather, HEAD_BYTES + key.length + value.length);
    if (at == NULL) {
        return ERR_RESOURCE;
    }
    gather->rows[gather->count++] = (struct gathered){at, shard, change};
    memcpy(at, &length, sizeof length);
    at[4] = row_is_deleted(row);
    at[5] = (uint8_t)key.length;
    memcpy(at + HEAD_BYTES, key.bytes, key.length);
    if (length > 0) {
        memcpy(at + HEAD_BYTES + key.length, value.at, length);
    }
    return ERR_OK;
}

/* The rows of these changes into the processor's cache, all at once. */
static void fetch_rows(const struct shard *shard, uint32_t at, uint64_t cut)
{
    for (unsigned i = 0; i < ROWS_A_LOCK && at != 0 && shard->changes[at].first_epoch <= cut; i++) {
        __builtin_prefetch(shard->changes[at].row);
        at = shard->changes[at].next;
    }
}

/* Some of a table's changes behind number `*cursor`, which moves on; 0 at the end. Under the lock.
 * An entry of the cut's front part stays in its place until the checkpoint itself takes it out. */
static enum err copy_some(struct gather *gather, const struct shard *shard, unsigned number,
                          enum ledger_table table, uint64_t cut, uint32_t *cursor)
{
    uint32_t at = *cursor == 0 ? shard->lists[table].head : shard->changes[*cursor].next;
    fetch_rows(shard, at, cut);
    for (unsigned i = 0; at != 0 && shard->changes[at].first_epoch <= cut; i++) {
        const struct row *row;
        if (i == ROWS_A_LOCK) {
            return ERR_OK;
        }
        if (shard_version(shard, shard->changes[at].row, cut, &row) == SIGHT_ROW) {
            TRY(copy_row(gather, row, number, at));
        }
        *cursor = at;
        at = shard->changes[at].next;
    }
    *cursor = 0;
    return ERR_OK;
}

static int compare_rows(const void *a, const void *b)
{
    return state_key_compare(gathered_key(a), gathered_key(b));
}

enum err gather_slice(struct gather *gather, struct state *state, unsigned slice, uint64_t cut)
{
    struct slice_place place = slice_place_of(slice);
    for (unsigned i = place.first_shard; i < place.end_shard; i++) {
        struct shard *shard = &state->shards[i];
        uint32_t cursor = 0;
        do {
            shard_lock(shard);
            enum err err = copy_some(gather, shard, i, place.table, cut, &cursor);
            shard_unlock(shard);
            TRY(err);
        } while (cursor != 0);
    }
    if (gather->count > 0) {
        qsort(gather->rows, gather->count, sizeof gather->rows[0], compare_rows);
    }
    return ERR_OK;
}
