#include "store/row.h"

#include "base/ident.h"
#include "base/limits.h"
#include "store/slab.h"

static uint64_t mix(uint64_t state, uint64_t word)
{
    state = (state ^ word) * UINT64_C(0x9E3779B97F4A7C15);
    return state ^ state >> 29;
}

static uint64_t mix_words(uint64_t state, const uint8_t *at, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t word;
        memcpy(&word, at + i * sizeof word, sizeof word);
        state = mix(state, word);
    }
    return state;
}

/* The last word of a key that has some bytes over: its last 8 bytes, or all of a shorter one. */
static uint64_t last_word(struct slice key)
{
    uint64_t word = 0;
    if (key.length >= sizeof word) {
        memcpy(&word, key.at + key.length - sizeof word, sizeof word);
        return word;
    }
    for (size_t i = 0; i < key.length; i++) {
        word = word << 8 | key.at[i];
    }
    return word;
}

/* Most keys are an id, or an origin and an id: without a loop. */
static uint64_t name_hash(uint64_t seed, enum ledger_table table, struct slice key)
{
    uint64_t state = mix(seed, (uint64_t)table << 32 | key.length);
    if (key.length == 16) {
        state = mix_words(state, key.at, 2);
    } else if (key.length == 32) {
        state = mix_words(state, key.at, 4);
    } else {
        state = mix_words(state, key.at, key.length / sizeof state);
        state = mix(state, last_word(key));
    }
    return mix(state, seed >> 32 | seed << 32);
}

static unsigned shard_of(enum ledger_table table, struct slice key, uint64_t hash)
{
    if (table_is_once(table)) {
        return MEMBER_SHARDS + (unsigned)(hash >> 8) % ONCE_SHARDS;
    }
    if (table != TABLE_MEMBER) {
        return MEMBER_SHARDS + ONCE_SHARDS + (unsigned)(hash >> 8) % OTHER_SHARDS;
    }
    struct uid id;
    memcpy(id.bytes, key.at, sizeof id.bytes);
    return member_slot(&id) / (1024u / MEMBER_SHARDS);
}

enum err row_name_init(struct row_name *name, uint64_t seed, enum ledger_table table,
                       struct slice key)
{
    if ((int)table < 1 || table >= TABLE_END || key.length > LEDGER_KEY_MAX ||
        (table == TABLE_MEMBER && key.length != MEMBER_KEY_BYTES)) {
        return ERR_INPUT;
    }
    uint64_t hash = name_hash(seed, table, key);
    *name = (struct row_name){hash, shard_of(table, key, hash), table, key};
    return ERR_OK;
}

uint64_t row_hash(const struct row *row, uint64_t seed)
{
    return name_hash(seed, row_table(row), row_key(row));
}

size_t row_size(size_t key_length, size_t value_length)
{
    size_t prefix = value_length >= ROW_LONG ? sizeof(uint32_t) : 0;
    return ROW_HEAD + key_length + prefix + value_length;
}

size_t row_size_now(const struct row *row)
{
    return row_size(row->key_length, row_value(row).length);
}

/* Codes of blocks: up to FINE steps of 8 bytes, then steps of 40 up to SLAB_MAX; 0 is larger. */
enum {
    FINE = 96,
    FINE_BYTES = FINE * SLAB_STEP,
    COARSE_STEP = 40
};

uint8_t row_room_of(size_t size)
{
    if (size <= FINE_BYTES) {
        return (uint8_t)((size + SLAB_STEP - 1) / SLAB_STEP);
    }
    return size > SLAB_MAX ? 0
                           : (uint8_t)(FINE + (size - FINE_BYTES + COARSE_STEP - 1) / COARSE_STEP);
}

static size_t bytes_of_room(unsigned code)
{
    return code <= FINE ? code * (size_t)SLAB_STEP
                        : FINE_BYTES + (code - FINE) * (size_t)COARSE_STEP;
}

size_t row_block_size(size_t size)
{
    uint8_t code = row_room_of(size);
    return code == 0 ? size : bytes_of_room(code);
}

size_t row_capacity(const struct row *row)
{
    unsigned code = atomic_load_explicit(&row->room, memory_order_relaxed) & ~ROW_DIRTY;
    return code == 0 ? slab_large_size(row) : bytes_of_room(code);
}

void row_set_value(struct row *row, const struct slice *value)
{
    size_t length = value == NULL ? 0 : value->length;
    uint8_t *at = row->bytes + row->key_length;
    bool is_long = length >= ROW_LONG;
    if (length > 0) {
        memmove(at + (is_long ? sizeof(uint32_t) : 0), value->at, length);
    }
    if (is_long) {
        uint32_t whole = (uint32_t)length;
        memcpy(at, &whole, sizeof whole);
    }
    row->length = is_long ? (uint16_t)ROW_LONG : (uint16_t)length;
    row->table = (uint8_t)((row->table & ~ROW_DELETED) | (value == NULL ? ROW_DELETED : 0));
}

void row_fill(struct row *row, const struct row_name *name, const struct slice *value, size_t size)
{
    size_t length = value == NULL ? 0 : value->length;
    ASSERT(length <= LIMIT_STORE_ROW_BYTES && name->key.length <= LEDGER_KEY_MAX);
    row->epoch = 0;
    row->older = 0;
    row->key_length = (uint8_t)name->key.length;
    row->table = (uint8_t)name->table;
    atomic_init(&row->room, row_room_of(size));
    if (name->key.length > 0) {
        memcpy(row->bytes, name->key.at, name->key.length);
    }
    row_set_value(row, value);
}

void row_restore(struct row *row, const struct row *image)
{
    struct slice value = row_value(image);
    row_set_value(row, row_is_deleted(image) ? NULL : &value);
    row->epoch = image->epoch;
    row->older = image->older;
}
