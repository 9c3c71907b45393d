#include "store/gather.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES (1u << 20)
#define ROWS_FIRST  1024u
#define ROWS_A_LOCK 32u /* copied while a shard is locked */
#define HEAD_BYTES  6u  /* value's length, is it deleted, key's length */

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
    dirty_chunks_free(gather->spares);
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

/* `value` is NULL for a deleted row. */
static enum err copy(struct gather *gather, enum ledger_table table, struct slice name,
                     const struct slice *value)
{
    struct state_key key = state_key_of(table, name);
    uint32_t length = value == NULL ? 0 : (uint32_t)value->length;
    TRY(make_room(gather));
    uint8_t *at = take(gather, HEAD_BYTES + key.length + length);
    if (at == NULL) {
        return ERR_RESOURCE;
    }
    gather->rows[gather->count] = (struct gathered){at, 0, gather->count};
    gather->count++;
    memcpy(at, &length, sizeof length);
    at[4] = value == NULL;
    at[5] = (uint8_t)key.length;
    memcpy(at + HEAD_BYTES, key.bytes, key.length);
    if (length > 0) {
        memcpy(at + HEAD_BYTES + key.length, value->at, length);
    }
    return ERR_OK;
}

static enum err copy_row(struct gather *gather, const struct row *row)
{
    struct slice value = row_value(row);
    return copy(gather, row_table(row), row_key(row), row_is_deleted(row) ? NULL : &value);
}

/* One that is not, but is there, may be the next. */
static bool is_wanted(struct gather *gather, const struct row *row)
{
    if (!gather->is_look || state_key_compare(row_key(row), gather->upto) < 0) {
        return true;
    }
    struct state_key key = state_key_of(row_table(row), row_key(row));
    bool is_next = !row_is_deleted(row) &&
                   (gather->next.length == 0 ||
                    state_key_compare(state_key_slice(&key), state_key_slice(&gather->next)) < 0);
    if (is_next) {
        gather->next = key;
    }
    return false;
}

/* Those of the window that LMDB has not got, up to a position. */
static enum err copy_ids(struct gather *gather, struct state *state, uint32_t end)
{
    const struct id_window *ids = &state->ids;
    enum err err = ERR_OK;
    for (uint32_t at = atomic_load(&state->ids_written); err == ERR_OK && at != end;) {
        spin_lock(&state->ids.lock);
        for (unsigned i = 0; i < ROWS_A_LOCK && at != end && err == ERR_OK; i++, at++) {
            uint8_t key[ID_KEY_BYTES];
            struct id_value text;
            const struct id_entry *entry = id_window_at(ids, at);
            id_window_key(ids, entry, key);
            id_entry_value(entry, &text);
            struct slice value = slice_of(text.bytes, text.length);
            err = copy(gather, TABLE_TRANSACTION, slice_of(key, sizeof key), &value);
        }
        spin_unlock(&state->ids.lock);
        spin_let_in(&state->ids.lock);
    }
    gather->id_count = gather->count;
    return err;
}

/* A list on its way through: rows before `kept` stay on it, those from `at` on are not looked at
 * yet. */
struct sieve {
    struct gather *gather;
    struct state *state;
    struct shard *shard;
    enum ledger_table table;
    uint64_t cut;
    struct dirty_list list;
    struct dirty_chunk *kept_chunk;
    size_t kept;
    struct dirty_chunk *chunk;
    size_t at;
};

static void keep(struct sieve *sieve, struct row *row)
{
    if (sieve->kept == DIRTY_CHUNK_ROWS) {
        sieve->kept_chunk->count = sieve->kept;
        sieve->kept_chunk = sieve->kept_chunk->next;
        sieve->kept = 0;
    }
    sieve->kept_chunk->rows[sieve->kept++] = row;
}

/* A named row: the version of the cut is copied, if there is one above what LMDB has. Its place on
 * the list is kept unless that is all. Under the lock. */
static enum err take_row(struct sieve *sieve, struct row *named)
{
    struct row *row = named;
    const struct row *version;
    while (row != NULL && row_is_gone(row)) {
        row = row_elsewhere(row);
    }
    if (row != NULL && shard_version(&sieve->state->log, row, sieve->cut, &version) == SIGHT_ROW) {
        TRY(is_wanted(sieve->gather, version) ? copy_row(sieve->gather, version) : ERR_OK);
    } else {
        version = NULL;
    }
    if (row != named) {
        shard_give_gone(sieve->shard, sieve->table, named);
    } else if (version == named && !sieve->gather->is_look) {
        shard_end_dirty(sieve->shard, named);
    } else {
        keep(sieve, named);
    }
    return ERR_OK;
}

static void fetch_rows(const struct sieve *sieve)
{
    for (size_t i = sieve->at; i < sieve->chunk->count && i < sieve->at + ROWS_A_LOCK; i++) {
        __builtin_prefetch(sieve->chunk->rows[i]);
    }
}

/* Some rows. Under the lock. */
static enum err take_some(struct sieve *sieve)
{
    enum err err = ERR_OK;
    for (unsigned i = 0; i < ROWS_A_LOCK && sieve->at < sieve->chunk->count && err == ERR_OK; i++) {
        err = take_row(sieve, sieve->chunk->rows[sieve->at]);
        sieve->at += err == ERR_OK;
    }
    return err;
}

/* What was not looked at moves up behind what is kept; the rest of the chunks is spare. */
static void close_sieve(struct sieve *sieve)
{
    while (sieve->chunk != NULL) {
        while (sieve->at < sieve->chunk->count) {
            keep(sieve, sieve->chunk->rows[sieve->at++]);
        }
        sieve->chunk = sieve->chunk->next;
        sieve->at = 0;
    }
    struct dirty_chunk *last = sieve->kept_chunk;
    struct dirty_chunk *spare = last->next;
    last->count = sieve->kept;
    last->next = NULL;
    sieve->list.last = last;
    while (spare != NULL) {
        struct dirty_chunk *next = spare->next;
        spare->next = sieve->gather->spares;
        sieve->gather->spares = spare;
        spare = next;
    }
    if (sieve->kept == 0 && sieve->list.first == last) {
        last->next = sieve->gather->spares;
        sieve->gather->spares = last;
        sieve->list = (struct dirty_list){0};
    }
}

/* Rows that come back have chunks of their own. From a list of c chunks those that were kept have
 * c + 1 - n at most, if n are enough for the others: one more than there were. */
static enum err add_spare(struct gather *gather)
{
    struct dirty_chunk *chunk = malloc(sizeof *chunk);
    if (chunk == NULL) {
        return ERR_RESOURCE;
    }
    chunk->next = gather->spares;
    gather->spares = chunk;
    return ERR_OK;
}

/* One list, through the sieve and back. */
static enum err gather_list(struct gather *gather, struct state *state, unsigned number,
                            enum ledger_table table, uint64_t cut)
{
    struct shard *shard = &state->shards[number];
    struct sieve sieve = {
        .gather = gather, .state = state, .shard = shard, .table = table, .cut = cut};
    shard_lock(shard);
    shard->is_being_written[table] = !gather->is_look;
    sieve.list = shard->dirty[table];
    shard->dirty[table] = (struct dirty_list){0};
    shard_unlock(shard);
    if (sieve.list.first == NULL) {
        return ERR_OK;
    }
    if (sieve.list.first_epoch < gather->first_epoch) {
        gather->first_epoch = sieve.list.first_epoch;
    }
    enum err err = gather->is_look ? ERR_OK : add_spare(gather);
    sieve.chunk = sieve.kept_chunk = sieve.list.first;
    while (sieve.chunk != NULL && err == ERR_OK) {
        fetch_rows(&sieve);
        shard_lock(shard);
        err = take_some(&sieve);
        shard_unlock(shard);
        spin_let_in(&shard->lock);
        if (err == ERR_OK && sieve.at >= sieve.chunk->count) {
            sieve.chunk = sieve.chunk->next;
            sieve.at = 0;
        }
    }
    shard_lock(shard);
    if (err == ERR_OK && !gather->is_look) {
        sieve.list.first_epoch = cut + 1;
    }
    close_sieve(&sieve);
    dirty_list_join(&shard->dirty[table], &sieve.list);
    shard_unlock(shard);
    return err;
}

static int compare_rows(const void *a, const void *b)
{
    const struct gathered *first = a;
    const struct gathered *second = b;
    if (first->front != second->front) {
        return first->front < second->front ? -1 : 1;
    }
    int order = state_key_compare(gathered_key(first), gathered_key(second));
    return order != 0 ? order : first->order < second->order ? -1 : 1;
}

/* Places in the keys, in their order, that tell them apart. */
struct fronts {
    size_t at[sizeof(uint64_t)];
    size_t count;
};

/* The first places where not all keys have the same byte. */
static struct fronts find_fronts(const struct gather *gather)
{
    struct fronts fronts = {.count = 0};
    uint8_t differs[STATE_KEY_MAX] = {0};
    struct slice first = gathered_key(&gather->rows[0]);
    size_t shortest = first.length;
    size_t longest = first.length;
    for (size_t i = 1; i < gather->count; i++) {
        struct slice key = gathered_key(&gather->rows[i]);
        longest = key.length > longest ? key.length : longest;
        shortest = key.length < shortest ? key.length : shortest;
        for (size_t at = 0; at < shortest; at++) {
            differs[at] |= key.at[at] ^ first.at[at];
        }
    }
    for (size_t at = 0; at < longest && fronts.count < sizeof(uint64_t); at++) {
        if (at >= shortest || differs[at] != 0) {
            fronts.at[fronts.count++] = at;
        }
    }
    return fronts;
}

/* What is not there counts as 0, so that fronts sort as keys or are equal. */
static void set_fronts(struct gather *gather)
{
    if (gather->count == 0) {
        return;
    }
    struct fronts fronts = find_fronts(gather);
    for (size_t i = 0; i < gather->count; i++) {
        struct slice key = gathered_key(&gather->rows[i]);
        uint64_t front = 0;
        for (size_t j = 0; j < fronts.count; j++) {
            front = front << 8 | (fronts.at[j] < key.length ? key.at[fronts.at[j]] : 0u);
        }
        gather->rows[i].front = front;
    }
}

static bool is_same_key(const struct gathered *a, const struct gathered *b)
{
    return a->front == b->front && state_key_compare(gathered_key(a), gathered_key(b)) == 0;
}

/* Transactions mostly are. */
static bool is_in_order(const struct gather *gather)
{
    for (size_t i = 1; i < gather->count; i++) {
        if (compare_rows(&gather->rows[i - 1], &gather->rows[i]) > 0) {
            return false;
        }
    }
    return true;
}

/* Of two with one key the later one is newer: a transaction's row comes before what stands in the
 * window, and one that moved was named twice. */
static void sort(struct gather *gather)
{
    size_t count = 0;
    set_fronts(gather);
    if (!is_in_order(gather)) {
        qsort(gather->rows, gather->count, sizeof gather->rows[0], compare_rows);
    }
    for (size_t i = 0; i < gather->count; i++) {
        bool is_same = count > 0 && is_same_key(&gather->rows[count - 1], &gather->rows[i]);
        count -= is_same;
        gather->rows[count++] = gather->rows[i];
    }
    gather->count = count;
}

/* All lists of a slice, as they are in the durable batch. */
static enum err gather_lists(struct gather *gather, struct state *state, unsigned slice,
                             struct flight *out_cut)
{
    struct slice_place place = slice_place_of(slice);
    enum err err = ERR_OK;
    gather->first_epoch = UINT64_MAX;
    atomic_store(&state->cut, CUT_PENDING);
    *out_cut = state_durable(state);
    atomic_store(&state->cut, out_cut->epoch);
    if (place.table == TABLE_TRANSACTION) {
        err = copy_ids(gather, state, out_cut->ids);
    }
    for (unsigned i = place.first_shard; i < place.end_shard && err == ERR_OK; i++) {
        err = gather_list(gather, state, i, place.table, out_cut->epoch);
    }
    atomic_store(&state->cut, CUT_NONE);
    return err;
}

enum err gather_slice(struct gather *gather, struct state *state, unsigned slice,
                      struct flight *out_cut)
{
    enum err err = gather_lists(gather, state, slice, out_cut);
    if (err != ERR_OK) {
        gather_give_back(gather, state, slice, 0);
        return err;
    }
    sort(gather);
    return ERR_OK;
}

enum err gather_look(struct gather *gather, struct state *state, enum ledger_table table,
                     struct slice upto)
{
    struct flight cut;
    ASSERT(table != TABLE_MEMBER && table != TABLE_TRANSACTION);
    gather->is_look = true;
    gather->upto = upto;
    TRY(gather_lists(gather, state, SLICES_OF_MEMBERS + (unsigned)table, &cut));
    sort(gather);
    return ERR_OK;
}

/* Back on a list, unless it is there already: on one of `lists`, of the shards from `first` on,
 * that is nobody else's yet. */
static void give_back(struct gather *gather, struct state *state, const struct gathered *gathered,
                      struct dirty_list *lists, unsigned first)
{
    enum ledger_table table;
    struct slice key;
    struct row_name name;
    struct row_place place;
    enum err err = state_key_parse(gathered_key(gathered), &table, &key);
    err = err == ERR_OK ? row_name_init(&name, state->seed, table, key) : err;
    ASSERT(err == ERR_OK);
    struct shard *shard = &state->shards[name.shard];
    shard_lock(shard);
    bool is_there = row_index_find(&shard->index, &name, &place);
    ASSERT(is_there);
    if (!row_is_dirty(row_at(place))) {
        shard_add_to(shard, &lists[name.shard - first], row_at(place), gather->first_epoch,
                     &gather->spares);
    }
    struct dirty_list *list = &shard->dirty[table];
    if (list->first_epoch > gather->first_epoch) {
        list->first_epoch = gather->first_epoch;
    }
    shard_unlock(shard);
}

void gather_give_back(struct gather *gather, struct state *state, unsigned slice, size_t from)
{
    struct slice_place place = slice_place_of(slice);
    struct dirty_list lists[SHARDS - MEMBER_SHARDS] = {{NULL, NULL, 0}};
    for (size_t i = from; i < gather->count; i++) {
        if (gather->rows[i].order >= gather->id_count) { /* those of the window are still there */
            give_back(gather, state, &gather->rows[i], lists, place.first_shard);
        }
    }
    for (unsigned i = place.first_shard; i < place.end_shard; i++) {
        struct shard *shard = &state->shards[i];
        shard_lock(shard);
        /* In front: a block that a row left meanwhile is named before the one where it is. */
        dirty_list_join(&shard->dirty[place.table], &lists[i - place.first_shard]);
        shard->is_being_written[place.table] = false;
        shard_unlock(shard);
    }
}
