#include "store/journal_table.h"

#define KEY_BYTES   8u
#define COUNT_BYTES 4u

static enum err stored_batch_decode(MDB_val key, MDB_val value, struct stored_batch *out_batch)
{
    if (key.mv_size != KEY_BYTES || value.mv_size < COUNT_BYTES) {
        return ERR_CORRUPT;
    }
    struct reader r = reader_of(environment_slice(value));
    uint64_t first_row = get_u64_be(key.mv_data);
    uint32_t count = read_u32(&r);
    if (first_row == 0 || count == 0 || first_row > UINT64_MAX - count) {
        return ERR_CORRUPT;
    }
    *out_batch = (struct stored_batch){first_row, first_row + count,
                                       read_slice(&r, value.mv_size - COUNT_BYTES)};
    return ERR_OK;
}

/* ERR_NOT_FOUND when the cursor has come to an end, or to the format row before all batches. */
static enum err cursor_batch(MDB_cursor *cursor, MDB_cursor_op where,
                             struct stored_batch *out_batch)
{
    MDB_val key;
    MDB_val value;
    TRY(environment_error(mdb_cursor_get(cursor, &key, &value, where)));
    if (key.mv_size != KEY_BYTES) {
        return where == MDB_NEXT ? ERR_CORRUPT : ERR_NOT_FOUND;
    }
    return stored_batch_decode(key, value, out_batch);
}

enum err cursor_seek(MDB_cursor *cursor, uint64_t row, struct stored_batch *out_batch)
{
    uint8_t bytes[KEY_BYTES];
    put_u64_be(bytes, row);
    MDB_val key = environment_value(slice_of(bytes, sizeof bytes));
    MDB_val value;
    TRY(environment_error(mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE)));
    return stored_batch_decode(key, value, out_batch);
}

enum err cursor_find(MDB_cursor *cursor, uint64_t row, struct stored_batch *out_batch)
{
    struct stored_batch batch;
    enum err err = cursor_seek(cursor, row, &batch);
    if (err == ERR_OK && batch.first_row == row) {
        *out_batch = batch;
        return ERR_OK;
    }
    if (err != ERR_OK && err != ERR_NOT_FOUND) {
        return err;
    }
    bool is_last = err == ERR_NOT_FOUND;
    TRY(cursor_batch(cursor, is_last ? MDB_LAST : MDB_PREV, &batch));
    if (row >= batch.next_row) {
        return is_last ? ERR_NOT_FOUND : ERR_CORRUPT;
    }
    *out_batch = batch;
    return ERR_OK;
}

enum err cursor_last(MDB_cursor *cursor, struct stored_batch *out_batch)
{
    enum err err = cursor_batch(cursor, MDB_LAST, out_batch);
    if (err == ERR_NOT_FOUND) {
        *out_batch = (struct stored_batch){.next_row = 1};
        err = ERR_OK;
    }
    return err;
}

enum err cursor_append(MDB_cursor *cursor, uint64_t first_row, uint32_t count, struct slice batch)
{
    uint8_t bytes[KEY_BYTES];
    put_u64_be(bytes, first_row);
    MDB_val key = environment_value(slice_of(bytes, sizeof bytes));
    MDB_val value = {COUNT_BYTES + batch.length, NULL};
    TRY(environment_error(mdb_cursor_put(cursor, &key, &value, MDB_APPEND | MDB_RESERVE)));
    uint8_t *to = value.mv_data;
    for (unsigned i = 0; i < COUNT_BYTES; i++) {
        to[i] = (uint8_t)(count >> (8 * i));
    }
    if (batch.length > 0) {
        memcpy(to + COUNT_BYTES, batch.at, batch.length);
    }
    return ERR_OK;
}
