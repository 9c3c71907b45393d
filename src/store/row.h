/* A row in memory: key and value in one block, which doesn't change once it is in the table (a
 * change is another block), apart from `change`. */
#ifndef STORE_ROW_H
#define STORE_ROW_H

#include <stdatomic.h>
#include <string.h>

#include "ledger/view.h"

/* The shards, one kind after the other: members; rows that are mostly looked at once, when they are
 * made; all others. */
#define MEMBER_SHARDS 64u
#define ONCE_SHARDS   8u
#define OTHER_SHARDS  8u
#define SHARDS        (MEMBER_SHARDS + ONCE_SHARDS + OTHER_SHARDS)

static inline bool table_is_once(enum ledger_table table)
{
    return table == TABLE_TRANSACTION || table == TABLE_SALE || table == TABLE_PROFILE;
}

#define MEMBER_KEY_BYTES 16u

/* Which row: `hash` and `shard` follow from the rest. */
struct row_name {
    uint64_t hash;
    unsigned shard;
    enum ledger_table table;
    struct slice key;
};

struct row {
    _Atomic uint32_t change; /* its number within the shard; 0: as LMDB has it */
    uint16_t length;         /* of the value; ROW_LONG: 4 bytes behind the key say it */
    uint8_t key_length;
    uint8_t table; /* ROW_DELETED: hides a row of LMDB */
    uint8_t bytes[];
};

#define ROW_LONG    0xffffu
#define ROW_DELETED 0x80u

/* ERR_INPUT for a table or a key that can't be. `seed` is secret and drawn at start: keys come from
 * outside, and must not be able to choose their place. */
MUST_USE enum err row_name_init(struct row_name *name, uint64_t seed, enum ledger_table table,
                                struct slice key);
/* The same hash, of a row. */
uint64_t row_hash(const struct row *row, uint64_t seed);

/* Bytes of a row's block. */
size_t row_size(size_t key_length, size_t value_length);
size_t row_block_size(const struct row *row);
/* Writes a row into a block of row_size. `value` is NULL for a deleted one. */
void row_fill(struct row *row, const struct row_name *name, const struct slice *value);

static inline bool row_is_deleted(const struct row *row)
{
    return (row->table & ROW_DELETED) != 0;
}

static inline enum ledger_table row_table(const struct row *row)
{
    return (enum ledger_table)(row->table & ~ROW_DELETED);
}

static inline struct slice row_key(const struct row *row)
{
    return slice_of(row->bytes, row->key_length);
}

static inline struct slice row_value(const struct row *row)
{
    const uint8_t *at = row->bytes + row->key_length;
    uint32_t length = row->length;
    if (length == ROW_LONG) {
        memcpy(&length, at, sizeof length);
        at += sizeof length;
    }
    return slice_of(at, length);
}

static inline bool row_is(const struct row *row, const struct row_name *name)
{
    return row_table(row) == name->table && row->key_length == name->key.length &&
           (name->key.length == 0 || memcmp(row->bytes, name->key.at, name->key.length) == 0);
}

/* Key and value: what a checkpoint writes. */
static inline size_t row_bytes(const struct row *row)
{
    return row->key_length + row_value(row).length;
}

#endif
