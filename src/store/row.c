#include "store/row.h"

#include "base/ident.h"
#include "base/limits.h"

static uint64_t mix(uint64_t state, uint64_t word)
{
    state = (state ^ word) * UINT64_C(0x9E3779B97F4A7C15);
    return state ^ state >> 29;
}

static uint64_t name_hash(uint64_t seed, enum ledger_table table, struct slice key)
{
    uint64_t state = mix(seed, (uint64_t)table << 32 | key.length);
    size_t at = 0;
    for (; key.length - at >= 8; at += 8) {
        uint64_t word;
        memcpy(&word, key.at + at, sizeof word);
        state = mix(state, word);
    }
    uint64_t tail = 0;
    if (at < key.length) {
        memcpy(&tail, key.at + at, key.length - at);
    }
    state = mix(state, tail);
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
    return sizeof(struct row) + key_length + prefix + value_length;
}

size_t row_block_size(const struct row *row)
{
    return row_size(row->key_length, row_value(row).length);
}

void row_fill(struct row *row, const struct row_name *name, const struct slice *value)
{
    size_t length = value == NULL ? 0 : value->length;
    ASSERT(length <= LIMIT_STORE_ROW_BYTES && name->key.length <= LEDGER_KEY_MAX);
    atomic_init(&row->change, 0);
    row->length = length >= ROW_LONG ? (uint16_t)ROW_LONG : (uint16_t)length;
    row->key_length = (uint8_t)name->key.length;
    row->table = (uint8_t)((unsigned)name->table | (value == NULL ? ROW_DELETED : 0));
    uint8_t *at = row->bytes;
    if (name->key.length > 0) {
        memcpy(at, name->key.at, name->key.length);
        at += name->key.length;
    }
    if (length >= ROW_LONG) {
        uint32_t whole = (uint32_t)length;
        memcpy(at, &whole, sizeof whole);
        at += sizeof whole;
    }
    if (length > 0) {
        memcpy(at, value->at, length);
    }
}
