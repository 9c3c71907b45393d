#include "store/row.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

#define VALUE_STEP 16u

static uint64_t mix(uint64_t state, uint64_t word)
{
    state = (state ^ word) * UINT64_C(0x9E3779B97F4A7C15);
    return state ^ state >> 29;
}

static uint64_t row_hash(uint64_t seed, enum ledger_table table, struct slice key)
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

enum err row_name_init(struct row_name *name, uint64_t seed, enum ledger_table table,
                       struct slice key)
{
    if ((int)table < 1 || table >= TABLE_END || key.length > LEDGER_KEY_MAX) {
        return ERR_INPUT;
    }
    *name = (struct row_name){row_hash(seed, table, key), table, key};
    return ERR_OK;
}

struct row *row_create(const struct row_name *name, size_t value_room)
{
    ASSERT(value_room <= LIMIT_STORE_ROW_BYTES && name->key.length <= LEDGER_KEY_MAX);
    size_t room = (value_room + VALUE_STEP - 1) / VALUE_STEP * VALUE_STEP;
    struct row *row = malloc(sizeof *row + name->key.length + room);
    if (row == NULL) {
        return NULL;
    }
    *row = (struct row){.hash = name->hash,
                        .value_room = (uint32_t)room,
                        .table = (uint8_t)name->table,
                        .key_length = (uint8_t)name->key.length};
    if (name->key.length > 0) {
        memcpy(row->bytes, name->key.at, name->key.length);
    }
    return row;
}

void row_set_value(struct row *row, struct slice value)
{
    ASSERT(value.length <= row->value_room);
    if (value.length > 0) {
        memmove(row->bytes + row->key_length, value.at, value.length);
    }
    row->value_length = (uint32_t)value.length;
}

bool row_is(const struct row *row, const struct row_name *name)
{
    return row->hash == name->hash && row->table == (uint8_t)name->table &&
           slice_equal(slice_of(row->bytes, row->key_length), name->key);
}

struct row_name row_get_name(const struct row *row)
{
    return (struct row_name){row->hash, (enum ledger_table)row->table,
                             slice_of(row->bytes, row->key_length)};
}

struct slice row_value(const struct row *row)
{
    return slice_of(row->bytes + row->key_length, row->value_length);
}

size_t row_size(const struct row *row)
{
    return sizeof *row + row->key_length + row->value_room;
}
