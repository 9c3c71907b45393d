#include "store/id_window.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "store/pages.h"

#define ROW_BITS    48u
#define RING_FIRST  16u
#define HEADS_EACH  4u /* heads for each place: most are of none */
#define CHUNK_BYTES (ID_CHUNK_COUNT * sizeof(struct id_entry))

static void count(struct id_window *window, size_t plus, size_t minus)
{
    size_t now = atomic_load_explicit(&window->taken, memory_order_relaxed);
    atomic_store_explicit(&window->taken, now + plus - minus, memory_order_relaxed);
}

static struct id_entry **chunk_of(const struct id_window *window, uint32_t position)
{
    return &window->chunks[position / ID_CHUNK_COUNT % window->ring];
}

struct id_entry *id_window_at(const struct id_window *window, uint32_t position)
{
    return &(*chunk_of(window, position))[position % ID_CHUNK_COUNT];
}

static uint32_t *head_of(const struct id_window *window, uint64_t hash)
{
    return &window->heads[(hash >> 32) & (window->head_count - 1)];
}

/* Looked up all over the place, so in huge pages. */
static size_t head_bytes(const struct id_window *window)
{
    return window->head_count * sizeof window->heads[0];
}

void id_window_fini(struct id_window *window)
{
    for (uint32_t i = 0; i < window->ring; i++) {
        free(window->chunks[i]);
    }
    free(window->chunks);
    pages_give_whole(window->heads, head_bytes(window));
    free(window->spare);
}

void id_entry_value(const struct id_entry *entry, struct id_value *out_value)
{
    uint64_t row = entry->row_and_origin & ((UINT64_C(1) << ROW_BITS) - 1);
    out_value->length = 0;
    for (; row >= 0x80; row >>= 7) {
        out_value->bytes[out_value->length++] = (uint8_t)(row | 0x80);
    }
    out_value->bytes[out_value->length++] = (uint8_t)row;
}

void id_window_key(const struct id_window *window, const struct id_entry *entry,
                   uint8_t out_key[ID_KEY_BYTES])
{
    memcpy(out_key, window->origins[entry->row_and_origin >> ROW_BITS], 16);
    memcpy(out_key + 16, entry->id, 16);
}

/* ID_ORIGINS when there is no room for one more. */
static unsigned origin_of(struct id_window *window, const uint8_t *origin)
{
    for (unsigned i = 0; i < window->origin_count; i++) {
        if (memcmp(window->origins[i], origin, 16) == 0) {
            return i;
        }
    }
    if (window->origin_count == ID_ORIGINS) {
        return ID_ORIGINS;
    }
    memcpy(window->origins[window->origin_count], origin, 16);
    return window->origin_count++;
}

/* The row of a value that is as id_entry_value makes it. */
static bool parse_value(struct slice value, uint64_t *out_row)
{
    struct reader in = reader_of(value);
    *out_row = read_varint(&in);
    return reader_finish(&in) == ERR_OK && *out_row >> ROW_BITS == 0;
}

static uint64_t hash_at(const struct id_window *window, uint32_t position, uint64_t seed)
{
    uint8_t key[ID_KEY_BYTES];
    struct row_name name;
    id_window_key(window, id_window_at(window, position), key);
    enum err err = row_name_init(&name, seed, TABLE_TRANSACTION, slice_of(key, sizeof key));
    ASSERT(err == ERR_OK);
    return name.hash;
}

static void link_entry(struct id_window *window, uint32_t position, uint64_t hash)
{
    uint32_t *head = head_of(window, hash);
    id_window_at(window, position)->next = *head;
    *head = position;
}

/* Twice as many chunks and heads, whose entries are linked by the caller. */
static bool grow(struct id_window *window)
{
    uint32_t ring = window->ring == 0 ? RING_FIRST : window->ring * 2;
    uint32_t head_count = ring * ID_CHUNK_COUNT * HEADS_EACH;
    struct id_entry **chunks = calloc(ring, sizeof(struct id_entry *));
    size_t bytes = head_count * sizeof window->heads[0];
    uint32_t *heads = pages_take_whole(bytes);
    if (chunks == NULL || heads == NULL) {
        free(chunks);
        pages_give_whole(heads, bytes);
        return false;
    }
    for (uint32_t i = 0; i < head_count; i++) {
        heads[i] = window->first - 1; /* of none that is there */
    }
    for (uint32_t i = 0; i < window->ring; i++) {
        uint32_t number = window->first / ID_CHUNK_COUNT + i;
        chunks[number % ring] = window->chunks[number % window->ring];
    }
    count(window, ring * sizeof(struct id_entry *) + bytes,
          window->ring * sizeof(struct id_entry *) + head_bytes(window));
    free(window->chunks);
    pages_give_whole(window->heads, head_bytes(window));
    window->chunks = chunks;
    window->heads = heads;
    window->ring = ring;
    window->head_count = head_count;
    return true;
}

static struct id_entry *take_chunk(struct id_window *window)
{
    struct id_entry *chunk = window->spare;
    window->spare = NULL;
    if (chunk == NULL) {
        chunk = malloc(CHUNK_BYTES);
        count(window, chunk == NULL ? 0 : CHUNK_BYTES, 0);
    }
    return chunk;
}

static void give_chunk(struct id_window *window, struct id_entry *chunk)
{
    if (window->spare == NULL) {
        window->spare = chunk;
    } else {
        free(chunk);
        count(window, 0, CHUNK_BYTES);
    }
}

/* Room for an entry at `end`. */
static bool make_room(struct id_window *window, uint64_t seed)
{
    uint32_t room = window->ring * ID_CHUNK_COUNT;
    if (room == 0 || window->end - window->first / ID_CHUNK_COUNT * ID_CHUNK_COUNT >= room) {
        if (!grow(window)) {
            return false;
        }
        for (uint32_t at = window->first; at != window->end; at++) {
            link_entry(window, at, hash_at(window, at, seed));
        }
    }
    struct id_entry **chunk = chunk_of(window, window->end);
    if (*chunk == NULL) {
        *chunk = take_chunk(window);
    }
    return *chunk != NULL;
}

bool id_window_add(struct id_window *window, uint64_t hash, struct slice key, struct slice value,
                   uint64_t seed)
{
    uint64_t row;
    if (key.length != ID_KEY_BYTES || !parse_value(value, &row)) {
        return false;
    }
    spin_lock(&window->lock);
    unsigned origin = origin_of(window, key.at);
    bool has_room = origin < ID_ORIGINS && make_room(window, seed);
    if (has_room) {
        struct id_entry *entry = id_window_at(window, window->end);
        memcpy(entry->id, key.at + 16, sizeof entry->id);
        entry->row_and_origin = row | (uint64_t)origin << ROW_BITS;
        link_entry(window, window->end++, hash);
    }
    spin_unlock(&window->lock);
    return has_room;
}

void id_window_cut(struct id_window *window, uint32_t end, uint64_t seed)
{
    spin_lock(&window->lock);
    while (window->end != end) {
        uint32_t newest = window->end - 1;
        *head_of(window, hash_at(window, newest, seed)) = id_window_at(window, newest)->next;
        window->end = newest;
    }
    spin_unlock(&window->lock);
}

void id_window_drop(struct id_window *window, uint32_t first)
{
    uint32_t at = window->first - window->first % ID_CHUNK_COUNT;
    if (first == window->first) {
        return;
    }
    spin_lock(&window->lock);
    window->first = first;
    for (; at / ID_CHUNK_COUNT != first / ID_CHUNK_COUNT; at += ID_CHUNK_COUNT) {
        struct id_entry **chunk = chunk_of(window, at);
        give_chunk(window, *chunk);
        *chunk = NULL;
    }
    spin_unlock(&window->lock);
}

void id_window_prefetch(const struct id_window *window, uint64_t hash)
{
    if (window->head_count > 0) {
        __builtin_prefetch(head_of(window, hash), 1);
    }
}

static bool is_between(uint32_t position, uint32_t first, uint32_t end)
{
    return position - first < end - first;
}

static bool is_of(const struct id_window *window, const struct id_entry *entry, struct slice key)
{
    return memcmp(entry->id, key.at + 16, sizeof entry->id) == 0 &&
           memcmp(window->origins[entry->row_and_origin >> ROW_BITS], key.at, 16) == 0;
}

bool id_window_find(const struct id_window *window, uint64_t hash, struct slice key, uint32_t end,
                    struct id_value *out_value)
{
    if (window->head_count == 0 || key.length != ID_KEY_BYTES) {
        return false;
    }
    uint32_t at = *head_of(window, hash);
    uint32_t behind = window->end; /* each is older than the one before */
    while (is_between(at, window->first, behind)) {
        const struct id_entry *entry = id_window_at(window, at);
        if (is_of(window, entry, key)) {
            id_entry_value(entry, out_value);
            return is_between(at, window->first, end);
        }
        behind = at;
        at = entry->next;
    }
    return false;
}
