/* A row in memory: key and value in one block, changed in place as long as it has room. The same
 * bytes in the version log are the row as it was before a change. */
#ifndef STORE_ROW_H
#define STORE_ROW_H

#include <stdatomic.h>
#include <stddef.h>
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
    return table == TABLE_TRANSACTION || table == TABLE_SALE || table == TABLE_PROFILE ||
           table == TABLE_DUE;
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
    uint32_t epoch;  /* the lower half of the batch's that changed it last */
    uint32_t older;  /* in the version log, the row before that batch; 0: whatever LMDB has */
    uint16_t length; /* of the value; ROW_LONG: 4 bytes behind the key say it */
    uint8_t key_length;
    uint8_t table;        /* ROW_DELETED: hides a row of LMDB */
    _Atomic uint8_t room; /* a code for the block's size; ROW_DIRTY: LMDB has not got it as it is */
    uint8_t bytes[];
};

#define ROW_LONG    0xffffu
#define ROW_DELETED 0x80u
#define ROW_GONE    0x7fu /* a block that is no row any more, but a dirty list still names it */
#define ROW_DIRTY   0x80u /* of `room`: a dirty list names it */
#define ROW_HEAD    offsetof(struct row, bytes)

/* Is batch `a` later than `b`? Epochs in use lie less than half of their range apart: rows that
 * nobody changes are taken along (state_evict.c). */
static inline bool epoch_is_after(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) > 0;
}

/* ERR_INPUT for a table or a key that can't be. `seed` is secret and drawn at start: keys come from
 * outside, and must not be able to choose their place. */
MUST_USE enum err row_name_init(struct row_name *name, uint64_t seed, enum ledger_table table,
                                struct slice key);
/* The same hash, of a row. */
uint64_t row_hash(const struct row *row, uint64_t seed);

/* Bytes that a row takes. */
size_t row_size(size_t key_length, size_t value_length);
size_t row_size_now(const struct row *row);
/* The block for a row of this size: its bytes, and its code. */
size_t row_block_size(size_t size);
uint8_t row_room_of(size_t size);
/* Bytes of a row's block. */
size_t row_capacity(const struct row *row);
/* Makes a row in a block for `size` bytes, its own or more: clean, of no batch. `value` is NULL for
 * a deleted one. */
void row_fill(struct row *row, const struct row_name *name, const struct slice *value, size_t size);
/* Another value for a row whose block is large enough. It may lie in the row itself. */
void row_set_value(struct row *row, const struct slice *value);
/* The row as it was: value, batch and older versions. The block is large enough. */
void row_restore(struct row *row, const struct row *image);

static inline bool row_is_dirty(const struct row *row)
{
    return (atomic_load_explicit(&row->room, memory_order_relaxed) & ROW_DIRTY) != 0;
}

static inline void row_set_dirty(struct row *row, bool is_dirty)
{
    unsigned room = atomic_load_explicit(&row->room, memory_order_relaxed) & ~ROW_DIRTY;
    atomic_store_explicit(&row->room, (uint8_t)(room | (is_dirty ? ROW_DIRTY : 0)),
                          memory_order_relaxed);
}

/* The block's row is elsewhere (NULL: nowhere) from now on. */
static inline void row_leave(struct row *row, struct row *elsewhere)
{
    row->table = ROW_GONE;
    memcpy((void *)row, &elsewhere, sizeof elsewhere); /* over epoch and older */
}

static inline bool row_is_gone(const struct row *row)
{
    return row->table == ROW_GONE;
}

/* Where the row of such a block is, or such a block again. */
static inline struct row *row_elsewhere(const struct row *row)
{
    struct row *elsewhere;
    memcpy(&elsewhere, (const void *)row, sizeof elsewhere);
    return elsewhere;
}

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

/* Most keys are ids: of a fixed length the comparison needs no call. */
static inline bool row_is(const struct row *row, const struct row_name *name)
{
    if (row->key_length != name->key.length || row_table(row) != name->table) {
        return false;
    }
    return name->key.length == MEMBER_KEY_BYTES
               ? memcmp(row->bytes, name->key.at, MEMBER_KEY_BYTES) == 0
               : name->key.length == 0 || memcmp(row->bytes, name->key.at, name->key.length) == 0;
}

/* Key and value: what a checkpoint writes. */
static inline size_t row_bytes(const struct row *row)
{
    return row->key_length + row_value(row).length;
}

#endif
