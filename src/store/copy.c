#include "store/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "store/copy_rooms.h"
#include "store/state_rooms.h"

#define PIECE_BYTES (32u << 20) /* read in one transaction */
#define PIECE_ROWS  65536u

/* The copy in the making: an environment of its own, without a lock and not flushed until its end.
 */
struct target {
    char path[LIMIT_PATH_BYTES + 1];
    MDB_env *env;
    MDB_dbi dbi;
};

static enum err target_failure(const struct target *target, int result, struct note *note)
{
    return note_set(note, environment_error(result), "%s: can't write the copy: %s", target->path,
                    mdb_strerror(result));
}

static enum err target_path(struct target *target, const char *folder, const char *name,
                            struct note *note)
{
    int length = snprintf(target->path, sizeof target->path, "%s/%s.mdb", folder, name);
    if (length < 0 || (size_t)length >= sizeof target->path) {
        return note_set(note, ERR_INPUT, "%.200s...: this path is too long", folder);
    }
    struct stat about;
    if (lstat(target->path, &about) == 0) {
        return note_set(note, ERR_EXISTS, "%s: is there already", target->path);
    }
    return ERR_OK;
}

static enum err target_open(struct target *target, const struct environment *source,
                            struct note *note)
{
    MDB_envinfo about;
    MDB_txn *txn = NULL;
    int result = mdb_env_info(source->env, &about);
    if (result == MDB_SUCCESS) {
        result = mdb_env_create(&target->env);
    }
    if (result == MDB_SUCCESS) {
        result = mdb_env_set_mapsize(target->env, about.me_mapsize);
    }
    if (result == MDB_SUCCESS) {
        result =
            mdb_env_open(target->env, target->path, MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOSYNC, 0600);
    }
    if (result == MDB_SUCCESS) {
        result = mdb_txn_begin(target->env, NULL, 0, &txn);
    }
    if (result == MDB_SUCCESS) {
        result = mdb_dbi_open(txn, NULL, 0, &target->dbi);
        mdb_txn_abort(txn);
    }
    return result == MDB_SUCCESS ? ERR_OK : target_failure(target, result, note);
}

static void target_close(struct target *target)
{
    if (target->env != NULL) {
        mdb_env_close(target->env);
    }
}

/* One piece's place and end. */
struct piece {
    uint8_t last_key[512]; /* copied; empty before the first */
    size_t last_length;
    uint64_t bytes;
    uint64_t rows;
    bool is_end;
};

_Static_assert(sizeof((struct piece *)0)->last_key >= 511, "LMDB's longest key");

static bool piece_is_full(const struct piece *piece)
{
    return piece->bytes >= PIECE_BYTES || piece->rows >= PIECE_ROWS;
}

/* Where the cursor goes on: behind the last key. */
static int seek(MDB_cursor *from, const struct piece *piece, MDB_val *key, MDB_val *value)
{
    if (piece->last_length == 0) {
        return mdb_cursor_get(from, key, value, MDB_FIRST);
    }
    *key = (MDB_val){piece->last_length, (void *)(uintptr_t)piece->last_key};
    int result = mdb_cursor_get(from, key, value, MDB_SET_RANGE);
    bool is_same = result == MDB_SUCCESS && key->mv_size == piece->last_length &&
                   memcmp(key->mv_data, piece->last_key, piece->last_length) == 0;
    return is_same ? mdb_cursor_get(from, key, value, MDB_NEXT) : result;
}

/* Appends rows until the piece is full, or up to `end` (a key; empty: all of them). */
static int copy_rows(MDB_cursor *from, MDB_cursor *to, struct slice end, struct piece *piece)
{
    MDB_val key;
    MDB_val value;
    int result = seek(from, piece, &key, &value);
    piece->bytes = piece->rows = 0;
    while (result == MDB_SUCCESS && !piece_is_full(piece)) {
        if (key.mv_size > sizeof piece->last_key) {
            return MDB_CORRUPTED;
        }
        size_t common = key.mv_size < end.length ? key.mv_size : end.length;
        int order = end.length == 0 ? -1 : memcmp(key.mv_data, end.at, common);
        if (order > 0 || (order == 0 && key.mv_size > end.length)) {
            result = MDB_NOTFOUND;
            break;
        }
        result = mdb_cursor_put(to, &key, &value, MDB_APPEND);
        if (result == MDB_SUCCESS) {
            memcpy(piece->last_key, key.mv_data, key.mv_size);
            piece->last_length = key.mv_size;
            piece->bytes += key.mv_size + value.mv_size;
            piece->rows++;
            result = mdb_cursor_get(from, &key, &value, MDB_NEXT);
        }
    }
    piece->is_end = result == MDB_NOTFOUND;
    return piece->is_end ? MDB_SUCCESS : result;
}

/* One transaction on each side. */
static int copy_piece(const struct environment *source, struct target *target, struct slice end,
                      struct piece *piece)
{
    MDB_txn *read = NULL;
    MDB_txn *write = NULL;
    MDB_cursor *from = NULL;
    MDB_cursor *to = NULL;
    int result = mdb_txn_begin(target->env, NULL, 0, &write);
    if (result == MDB_SUCCESS) {
        result = mdb_txn_begin(source->env, NULL, MDB_RDONLY, &read);
    }
    if (result == MDB_SUCCESS) {
        result = mdb_cursor_open(read, source->dbi, &from);
    }
    if (result == MDB_SUCCESS) {
        result = mdb_cursor_open(write, target->dbi, &to);
    }
    if (result == MDB_SUCCESS) {
        result = copy_rows(from, to, end, piece);
    }
    if (to != NULL) {
        mdb_cursor_close(to);
    }
    if (from != NULL) {
        mdb_cursor_close(from);
    }
    mdb_txn_abort(read);
    if (result == MDB_SUCCESS) {
        return mdb_txn_commit(write);
    }
    mdb_txn_abort(write);
    return result;
}

static bool is_cancelled(const struct copy_watch *watch, uint64_t bytes)
{
    return watch->step != NULL && !watch->step(watch->context, bytes);
}

static enum err copy_pieces(const struct environment *source, struct target *target,
                            struct slice end, const struct copy_watch *watch, struct note *note)
{
    struct piece piece = {.is_end = false};
    while (!piece.is_end) {
        int result = copy_piece(source, target, end, &piece);
        if (result != MDB_SUCCESS) {
            return target_failure(target, result, note);
        }
        if (is_cancelled(watch, piece.bytes)) {
            return note_set(note, ERR_CANCELLED, "%s: the copy was cancelled", target->path);
        }
    }
    int result = mdb_env_sync(target->env, 1);
    return result == MDB_SUCCESS ? ERR_OK : target_failure(target, result, note);
}

/* The last key there is now: what comes later is not copied. */
static enum err last_key(const struct environment *source, uint8_t out[512], size_t *out_length)
{
    MDB_txn *txn = NULL;
    MDB_cursor *cursor = NULL;
    MDB_val key = {0};
    MDB_val value;
    TRY(environment_begin_read(source, &txn));
    int result = mdb_cursor_open(txn, source->dbi, &cursor);
    if (result == MDB_SUCCESS) {
        result = mdb_cursor_get(cursor, &key, &value, MDB_LAST);
        if (result == MDB_SUCCESS && key.mv_size <= 512) {
            memcpy(out, key.mv_data, key.mv_size);
            *out_length = key.mv_size;
        }
        mdb_cursor_close(cursor);
    }
    mdb_txn_abort(txn);
    return environment_error(result);
}

/* Of the row that environment.h keeps; 0 when it can't be read. */
static uint32_t format_of(const struct environment *source)
{
    MDB_txn *txn = NULL;
    uint32_t format = 0;
    static const uint8_t name[1] = {0};
    MDB_val key = environment_value(slice_of(name, sizeof name));
    MDB_val value;
    if (environment_begin_read(source, &txn) != ERR_OK) {
        return 0;
    }
    if (mdb_get(txn, source->dbi, &key, &value) == MDB_SUCCESS) {
        struct reader r = reader_of(environment_slice(value));
        format = read_u32(&r);
    }
    mdb_txn_abort(txn);
    return format;
}

enum err journal_copy(struct journal_file *file, const char *folder, const struct copy_watch *watch,
                      uint32_t *out_format, struct note *note)
{
    const struct environment *source = journal_file_environment(file);
    struct target target = {.env = NULL};
    uint8_t end[512];
    size_t end_length = 0;
    TRY(target_path(&target, folder, "journal", note));
    enum err settled = journal_file_settle(file);
    if (settled != ERR_OK) {
        return note_set(note, settled, "the journal's newest rows can't be brought into its file");
    }
    enum err err = last_key(source, end, &end_length);
    if (err != ERR_OK) {
        return note_set(note, err, "the journal's end can't be read");
    }
    err = target_open(&target, source, note);
    if (err == ERR_OK) {
        err = copy_pieces(source, &target, slice_of(end, end_length), watch, note);
    }
    target_close(&target);
    if (err == ERR_OK) {
        *out_format = format_of(source);
    }
    return err;
}

/* By LMDB itself, in one read transaction. */
static enum err copy_snapshot(const struct environment *source, const char *folder,
                              const char *name, const struct copy_watch *watch,
                              uint32_t *out_format, struct note *note)
{
    struct target target = {.env = NULL};
    TRY(target_path(&target, folder, name, note));
    int fd = open(target.path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return target_failure(&target, errno, note);
    }
    int result = mdb_env_copyfd2(source->env, fd, MDB_CP_COMPACT);
    if (result == MDB_SUCCESS && fdatasync(fd) != 0) {
        result = errno;
    }
    struct stat about = {0};
    (void)fstat(fd, &about);
    if (close(fd) != 0 && result == MDB_SUCCESS) {
        result = errno;
    }
    if (result != MDB_SUCCESS) {
        return target_failure(&target, result, note);
    }
    if (is_cancelled(watch, (uint64_t)about.st_size)) {
        return note_set(note, ERR_CANCELLED, "%s: the copy was cancelled", target.path);
    }
    *out_format = format_of(source);
    return ERR_OK;
}

/* A slice of the state on its way: read in one transaction, since it is exact for one row. */
struct slice_copy {
    const struct state *state;
    struct target *target;
    const struct copy_watch *watch;
    unsigned slice;
    MDB_cursor *from;
    struct slice_rows *now; /* as the transaction at hand has them */
    struct slice_rows *all; /* as the copy will have them */
};

static bool is_of_slice(const struct slice_copy *copy, MDB_val key)
{
    enum ledger_table table;
    struct slice name;
    return state_key_parse(environment_slice(key), &table, &name) == ERR_OK &&
           slice_of_key(table, name) == copy->slice;
}

/* Up to a piece's size; `*result` is how the cursor stands then. */
static int put_piece(struct slice_copy *copy, MDB_val *key, MDB_val *value, int *result,
                     uint64_t *out_bytes)
{
    MDB_txn *write = NULL;
    struct piece piece = {.is_end = false};
    int put = mdb_txn_begin(copy->target->env, NULL, 0, &write);
    while (put == MDB_SUCCESS && *result == MDB_SUCCESS && is_of_slice(copy, *key) &&
           !piece_is_full(&piece)) {
        put = mdb_put(write, copy->target->dbi, key, value, MDB_APPEND);
        piece.bytes += key->mv_size + value->mv_size;
        piece.rows++;
        *result = mdb_cursor_get(copy->from, key, value, MDB_NEXT);
    }
    *out_bytes = piece.bytes;
    if (put == MDB_SUCCESS) {
        return mdb_txn_commit(write);
    }
    mdb_txn_abort(write);
    return put;
}

static enum err copy_slice_rows(struct slice_copy *copy, struct note *note)
{
    struct state_key first = state_key_of_slice(copy->slice);
    MDB_val key = state_key_value(&first);
    MDB_val value;
    uint64_t copied;
    int result = mdb_cursor_get(copy->from, &key, &value, MDB_SET_RANGE);
    while (result == MDB_SUCCESS && is_of_slice(copy, key)) {
        int put = put_piece(copy, &key, &value, &result, &copied);
        if (put != MDB_SUCCESS) {
            return target_failure(copy->target, put, note);
        }
        if (is_cancelled(copy->watch, copied)) {
            return note_set(note, ERR_CANCELLED, "%s: the copy was cancelled", copy->target->path);
        }
    }
    return result == MDB_SUCCESS || result == MDB_NOTFOUND
               ? ERR_OK
               : note_set(note, environment_error(result), "the state can't be read");
}

static enum err copy_slice(struct slice_copy *copy, struct note *note)
{
    const struct environment *source = copy->state->environment;
    MDB_txn *read = NULL;
    TRY(environment_begin_read(source, &read));
    enum err err = state_read_rows(copy->state, read, copy->now);
    if (err == ERR_OK) {
        copy->all->slices[copy->slice] = copy->now->slices[copy->slice];
        err = environment_error(mdb_cursor_open(read, source->dbi, &copy->from));
    }
    if (err == ERR_OK) {
        err = copy_slice_rows(copy, note);
        mdb_cursor_close(copy->from);
    }
    mdb_txn_abort(read);
    return err;
}

/* The row that names the format, and the rows that the slices are exact for. */
static enum err put_heads(const struct slice_copy *copy, uint32_t format, struct note *note)
{
    static const uint8_t name[1] = {0};
    MDB_txn *write = NULL;
    struct buffer row = {0};
    write_u32(&row, format);
    write_bytes(&row, "state", 5);
    int result = row.err == ERR_OK ? mdb_txn_begin(copy->target->env, NULL, 0, &write) : ENOMEM;
    if (result == MDB_SUCCESS) {
        MDB_val key = environment_value(slice_of(name, sizeof name));
        MDB_val value = environment_value(buffer_slice(&row));
        result = mdb_put(write, copy->target->dbi, &key, &value, 0);
    }
    buffer_fini(&row);
    enum err err = result == MDB_SUCCESS ? state_write_rows(copy->state, write, copy->all)
                                         : target_failure(copy->target, result, note);
    if (err != ERR_OK) {
        mdb_txn_abort(write);
        return err;
    }
    result = mdb_txn_commit(write);
    if (result == MDB_SUCCESS) {
        result = mdb_env_sync(copy->target->env, 1);
    }
    return result == MDB_SUCCESS ? ERR_OK : target_failure(copy->target, result, note);
}

static enum err copy_one(struct slice_copy *copy, unsigned slice, struct note *note)
{
    copy->slice = slice;
    return slice_exists(slice) ? copy_slice(copy, note) : ERR_OK;
}

/* In the order of their keys, in which transactions come last. */
static enum err copy_slices(struct slice_copy *copy, uint32_t format, struct note *note)
{
    const unsigned last = SLICES_OF_MEMBERS + (unsigned)TABLE_TRANSACTION;
    copy->now = calloc(1, sizeof *copy->now);
    copy->all = calloc(1, sizeof *copy->all);
    enum err err = copy->now == NULL || copy->all == NULL ? ERR_RESOURCE : ERR_OK;
    for (unsigned slice = 0; err == ERR_OK && slice < SLICES; slice++) {
        err = slice == last ? ERR_OK : copy_one(copy, slice, note);
    }
    if (err == ERR_OK) {
        err = copy_one(copy, last, note);
    }
    if (err == ERR_OK) {
        err = put_heads(copy, format, note);
    }
    free(copy->now);
    free(copy->all);
    return err;
}

enum err state_copy(const struct state *state, const char *folder, const struct copy_watch *watch,
                    uint32_t *out_format, struct note *note)
{
    struct target target = {.env = NULL};
    struct slice_copy copy = {.state = state, .target = &target, .watch = watch};
    TRY(target_path(&target, folder, "state", note));
    uint32_t format = format_of(state->environment);
    enum err err = target_open(&target, state->environment, note);
    if (err == ERR_OK) {
        err = copy_slices(&copy, format, note);
    }
    target_close(&target);
    TRY(err);
    *out_format = format;
    return ERR_OK;
}

enum err archive_copy(const struct archive *archive, const char *folder,
                      const struct copy_watch *watch, uint32_t *out_format, struct note *note)
{
    return copy_snapshot(archive_environment(archive), folder, "archive", watch, out_format, note);
}
