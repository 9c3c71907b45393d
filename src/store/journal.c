/* The journal in LMDB: one row for each batch.
 *
 *   key    the batch's first row, 8 bytes big-endian (the format row sorts before them all)
 *   value  the number of its rows, 4 bytes little-endian | the batch
 *
 * An append looks at the last batch inside its own transaction, so the position is checked against
 * what is durable and not against a memory of it. A batch that is there already, byte for byte, is
 * the same append asked for again after an unknown outcome, and is answered as done.
 */
#include "store/journal.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "store/copy_rooms.h"

#define JOURNAL_FORMAT 3u
#define KEY_BYTES      8u
#define COUNT_BYTES    4u

struct journal_file {
    struct environment *environment;
};

/* A batch inside a transaction; the bytes are LMDB's. */
struct stored_batch {
    uint64_t first_row;
    uint64_t next_row;
    struct slice bytes;
};

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

/* The first batch that begins at `row` or behind it. */
static enum err cursor_seek(MDB_cursor *cursor, uint64_t row, struct stored_batch *out_batch)
{
    uint8_t bytes[KEY_BYTES];
    put_u64_be(bytes, row);
    MDB_val key = environment_value(slice_of(bytes, sizeof bytes));
    MDB_val value;
    TRY(environment_error(mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE)));
    return stored_batch_decode(key, value, out_batch);
}

/* The batch that holds `row`. ERR_NOT_FOUND before the oldest and behind the last; ERR_CORRUPT for
 * a hole between two. */
static enum err cursor_find(MDB_cursor *cursor, uint64_t row, struct stored_batch *out_batch)
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

/* `*out_batch` is the last one, or all zeros when there is none. */
static enum err cursor_last(MDB_cursor *cursor, struct stored_batch *out_batch)
{
    enum err err = cursor_batch(cursor, MDB_LAST, out_batch);
    if (err == ERR_NOT_FOUND) {
        *out_batch = (struct stored_batch){.next_row = 1};
        err = ERR_OK;
    }
    return err;
}

static enum err begin(struct journal_file *file, bool is_write, MDB_txn **out_txn,
                      MDB_cursor **out_cursor)
{
    MDB_txn *txn = NULL;
    TRY(is_write ? environment_begin_write(file->environment, &txn)
                 : environment_begin_read(file->environment, &txn));
    enum err err = environment_error(mdb_cursor_open(txn, file->environment->dbi, out_cursor));
    if (err != ERR_OK) {
        mdb_txn_abort(txn);
        return err;
    }
    *out_txn = txn;
    return ERR_OK;
}

static enum err end_read(MDB_txn *txn, MDB_cursor *cursor, enum err err)
{
    mdb_cursor_close(cursor);
    mdb_txn_abort(txn);
    return err;
}

static enum err put_batch(MDB_cursor *cursor, uint64_t first_row, uint32_t count,
                          struct slice batch)
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

static enum err journal_append(void *context, uint64_t first_row, uint32_t count,
                               struct slice batch, uint64_t fence)
{
    struct journal_file *file = context;
    (void)fence; /* the folder's lock makes this process the only owner */
    if (first_row == 0 || count == 0 || first_row > UINT64_MAX - count ||
        batch.length > LIMIT_JOURNAL_BATCH_BYTES) {
        return ERR_INPUT;
    }
    MDB_txn *txn = NULL;
    MDB_cursor *cursor = NULL;
    TRY(begin(file, true, &txn, &cursor));
    struct stored_batch last;
    enum err err = cursor_last(cursor, &last);
    bool is_done = err == ERR_OK && last.first_row == first_row &&
                   last.next_row == first_row + count && slice_equal(last.bytes, batch);
    if (err == ERR_OK && !is_done) {
        err =
            last.next_row == first_row ? put_batch(cursor, first_row, count, batch) : ERR_CONFLICT;
    }
    mdb_cursor_close(cursor);
    if (err != ERR_OK || is_done) {
        mdb_txn_abort(txn);
        return err;
    }
    return environment_commit(file->environment, txn);
}

static enum err copy_batch(const struct stored_batch *batch, struct buffer *out)
{
    uint8_t *to = write_reserve(out, batch->bytes.length);
    if (out->err == ERR_OK && batch->bytes.length > 0) {
        memcpy(to, batch->bytes.at, batch->bytes.length);
    }
    return out->err;
}

static enum err journal_read(void *context, uint64_t row, uint64_t *out_first_row,
                             struct buffer *out)
{
    MDB_txn *txn = NULL;
    MDB_cursor *cursor = NULL;
    TRY(begin(context, false, &txn, &cursor));
    struct stored_batch batch;
    enum err err = row == 0 ? ERR_NOT_FOUND : cursor_find(cursor, row, &batch);
    if (err == ERR_OK) {
        buffer_clear(out);
        err = copy_batch(&batch, out);
    }
    if (err == ERR_OK) {
        *out_first_row = batch.first_row;
    }
    return end_read(txn, cursor, err);
}

static enum err journal_look(void *context, uint64_t row,
                             enum err (*visit)(void *visitor, uint64_t first_row,
                                               struct slice batch),
                             void *visitor)
{
    MDB_txn *txn = NULL;
    MDB_cursor *cursor = NULL;
    TRY(begin(context, false, &txn, &cursor));
    struct stored_batch batch;
    enum err err = row == 0 ? ERR_NOT_FOUND : cursor_find(cursor, row, &batch);
    if (err == ERR_OK) {
        err = visit(visitor, batch.first_row, batch.bytes);
    }
    return end_read(txn, cursor, err);
}

static enum err journal_next_row(void *context, uint64_t *out_row)
{
    MDB_txn *txn = NULL;
    MDB_cursor *cursor = NULL;
    TRY(begin(context, false, &txn, &cursor));
    struct stored_batch last;
    enum err err = cursor_last(cursor, &last);
    if (err == ERR_OK) {
        *out_row = last.next_row;
    }
    return end_read(txn, cursor, err);
}

/* One batch of a replay: copies the one that holds `*row` (0: the oldest) and moves `*row` behind
 * it. ERR_NOT_FOUND with `*row` untouched: there is none, and `*out_is_end` says that it is the
 * end. */
static enum err replay_step(struct journal_file *file, uint64_t *row, bool *out_is_end,
                            struct stored_batch *out_batch, struct buffer *copy)
{
    MDB_txn *txn = NULL;
    MDB_cursor *cursor = NULL;
    TRY(begin(file, false, &txn, &cursor));
    struct stored_batch batch = {0};
    struct stored_batch last = {0};
    enum err err = cursor_last(cursor, &last);
    *out_is_end =
        err == ERR_OK && (*row == last.next_row || last.first_row == 0) && *row <= last.next_row;
    if (err == ERR_OK) {
        err = *out_is_end ? ERR_NOT_FOUND
              : *row == 0 ? cursor_seek(cursor, 1, &batch)
                          : cursor_find(cursor, *row, &batch);
    }
    if (err == ERR_OK) {
        buffer_clear(copy);
        err = copy_batch(&batch, copy);
    }
    if (err == ERR_OK) {
        *out_batch = batch;
        *row = batch.next_row;
    }
    return end_read(txn, cursor, err);
}

static enum err journal_replay(void *context, uint64_t from_row,
                               enum err (*visit)(void *visitor, uint64_t first_row,
                                                 struct slice batch),
                               void *visitor)
{
    struct buffer copy = {0};
    uint64_t row = from_row;
    enum err err;
    for (;;) {
        bool is_end = false;
        struct stored_batch batch;
        err = replay_step(context, &row, &is_end, &batch, &copy);
        if (is_end) {
            err = ERR_OK;
            break;
        }
        if (err != ERR_OK) {
            break;
        }
        err = visit(visitor, batch.first_row, buffer_slice(&copy));
        if (err != ERR_OK) {
            break;
        }
    }
    buffer_fini(&copy);
    return err;
}

/* Deletes some of the batches before `row`; the last batch stays, since the next position follows
 * from it. */
static enum err trim_some(struct journal_file *file, uint64_t row, bool *out_is_done)
{
    MDB_txn *txn = NULL;
    MDB_cursor *cursor = NULL;
    TRY(begin(file, true, &txn, &cursor));
    struct stored_batch last;
    struct stored_batch batch;
    unsigned deleted = 0;
    bool is_done = false;
    enum err err = cursor_last(cursor, &last);
    while (err == ERR_OK && !is_done && deleted < LIMIT_TRIM_BATCHES) {
        err = cursor_seek(cursor, 1, &batch);
        if (err == ERR_NOT_FOUND) {
            is_done = true;
            err = ERR_OK;
        } else if (err == ERR_OK) {
            is_done = batch.next_row > row || batch.first_row == last.first_row;
            if (!is_done) {
                err = environment_error(mdb_cursor_del(cursor, 0));
                deleted++;
            }
        }
    }
    mdb_cursor_close(cursor);
    if (err != ERR_OK || deleted == 0) {
        mdb_txn_abort(txn);
    } else {
        err = environment_commit(file->environment, txn);
    }
    if (err == ERR_OK) {
        *out_is_done = is_done;
    }
    return err;
}

static enum err journal_trim(void *context, uint64_t row)
{
    struct journal_file *file = context;
    environment_drop_dead_readers(file->environment);
    bool is_done = false;
    while (!is_done) {
        TRY(trim_some(file, row, &is_done));
    }
    return ERR_OK;
}

enum err journal_file_open(const char *folder, enum journal_mode mode,
                           struct journal_file **out_file, struct note *note)
{
    struct journal_file *file = calloc(1, sizeof *file);
    if (file == NULL) {
        return note_set(note, ERR_RESOURCE, "no memory to open %s", folder);
    }
    struct environment_options options = {
        .folder = folder,
        .name = "journal",
        .format = JOURNAL_FORMAT,
        .mode = mode == JOURNAL_WRITE ? ENVIRONMENT_WRITE : ENVIRONMENT_READ_ONLY,
    };
    enum err err = environment_open(&options, &file->environment, note);
    if (err != ERR_OK) {
        free(file);
        return err;
    }
    *out_file = file;
    return ERR_OK;
}

void journal_file_close(struct journal_file *file)
{
    if (file != NULL) {
        environment_close(file->environment);
        free(file);
    }
}

struct journal journal_file_port(struct journal_file *file)
{
    return (struct journal){.context = file,
                            .append = journal_append,
                            .replay = journal_replay,
                            .read = journal_read,
                            .look = journal_look,
                            .trim = journal_trim,
                            .next_row = journal_next_row};
}

struct environment *journal_file_environment(const struct journal_file *file)
{
    return file->environment;
}

uint64_t journal_file_bytes(const struct journal_file *file)
{
    return environment_bytes(file->environment);
}

void journal_file_set_faults(struct journal_file *file, struct store_faults faults)
{
    file->environment->faults = faults;
}
