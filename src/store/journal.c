/* The journal: in LMDB (journal_table.h), behind a tail of its newest batches (journal_tail.h).
 *
 * A small batch goes to the tail, and to LMDB with all others that are there as soon as one has no
 * room there any more. So the tail follows on LMDB's last batch, or holds some of what LMDB has got
 * already; LMDB is never empty when it holds any. Whoever reads looks there first: what leaves it
 * is in LMDB before.
 *
 * An append looks at the last batch that is durable, so the position is not checked against a
 * memory of it. A batch that is there already, byte for byte, is the same append asked for again
 * after an unknown outcome, and is answered as done.
 */
#include "store/journal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/waiting.h"
#include "store/copy_rooms.h"
#include "store/journal_tail.h"

#define JOURNAL_FORMAT 3u
#define READ_AGAIN     5u /* times that a tail is read anew that its writer seems to be changing */

struct journal_file {
    struct environment *environment;
    pthread_mutex_t append_lock; /* who appends, and who settles */
    struct journal_tail tail;
};

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

/* What the tail has and LMDB has not. ERR_CORRUPT: it does not follow on. */
static enum err put_tail(const struct journal_tail *tail, MDB_cursor *cursor,
                         struct stored_batch *last)
{
    for (size_t i = 0; i < tail->count; i++) {
        const struct stored_batch *batch = &tail->batches[i];
        if (batch->first_row < last->next_row) {
            continue; /* it is there, or another one is there in its place */
        }
        if (batch->first_row > last->next_row) {
            return ERR_CORRUPT;
        }
        TRY(cursor_append(cursor, batch->first_row, (uint32_t)(batch->next_row - batch->first_row),
                          batch->bytes));
        *last = *batch;
    }
    return ERR_OK;
}

static bool is_same(const struct stored_batch *last, const struct stored_batch *batch)
{
    return last->first_row == batch->first_row && last->next_row == batch->next_row &&
           slice_equal(last->bytes, batch->bytes);
}

/* All that the tail has, and `batch` (NULL: nothing else) behind it, in one transaction. */
static enum err append_to_table(struct journal_file *file, const struct stored_batch *batch)
{
    MDB_txn *txn = NULL;
    MDB_cursor *cursor = NULL;
    struct stored_batch last;
    TRY(begin(file, true, &txn, &cursor));
    enum err err = cursor_last(cursor, &last);
    uint64_t before = last.next_row;
    if (err == ERR_OK) {
        err = put_tail(&file->tail, cursor, &last);
    }
    bool is_done = err == ERR_OK && batch != NULL && is_same(&last, batch);
    if (err == ERR_OK && batch != NULL && !is_done) {
        err = last.next_row != batch->first_row
                  ? ERR_CONFLICT
                  : cursor_append(cursor, batch->first_row,
                                  (uint32_t)(batch->next_row - batch->first_row), batch->bytes);
        last.next_row = batch->next_row;
    }
    mdb_cursor_close(cursor);
    if (err != ERR_OK || last.next_row == before) {
        mdb_txn_abort(txn);
    } else {
        err = environment_commit(file->environment, txn);
    }
    if (err == ERR_OK) {
        journal_tail_clear(&file->tail);
    } else if (batch != NULL) { /* it may be there all the same: no other one may take its place */
        journal_tail_stop(&file->tail);
    }
    return err;
}

/* The last durable one, and is it the same as `batch`? */
static enum err look_at_last(struct journal_file *file, const struct stored_batch *batch,
                             struct stored_batch *out_last, bool *out_is_same)
{
    MDB_txn *txn = NULL;
    MDB_cursor *cursor = NULL;
    if (journal_tail_last(&file->tail, out_last)) {
        *out_is_same = is_same(out_last, batch);
        return ERR_OK;
    }
    TRY(begin(file, false, &txn, &cursor));
    enum err err = cursor_last(cursor, out_last);
    *out_is_same = err == ERR_OK && is_same(out_last, batch);
    return end_read(txn, cursor, err);
}

static enum err append_to_tail(struct journal_file *file, const struct stored_batch *batch)
{
    TRY(environment_fault(file->environment));
    return journal_tail_append(&file->tail, batch);
}

static enum err append(struct journal_file *file, const struct stored_batch *batch)
{
    struct stored_batch last;
    bool is_done;
    TRY(look_at_last(file, batch, &last, &is_done));
    if (is_done) {
        return ERR_OK;
    }
    if (last.next_row != batch->first_row) {
        return ERR_CONFLICT;
    }
    bool is_first = last.first_row == 0;
    return !is_first && journal_tail_takes(&file->tail, file->environment->folder_fd,
                                           batch->bytes.length)
               ? append_to_tail(file, batch)
               : append_to_table(file, batch);
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
    struct stored_batch new = {first_row, first_row + count, batch};
    pthread_mutex_lock(&file->append_lock);
    enum err err = append(file, &new);
    pthread_mutex_unlock(&file->append_lock);
    return err;
}

enum err journal_file_settle(struct journal_file *file)
{
    pthread_mutex_lock(&file->append_lock);
    enum err err = file->tail.count == 0 ? ERR_OK : append_to_table(file, NULL);
    pthread_mutex_unlock(&file->append_lock);
    return err;
}

static enum err copy_batch(const struct stored_batch *batch, struct buffer *out)
{
    uint8_t *to = write_reserve(out, batch->bytes.length);
    if (out->err == ERR_OK && batch->bytes.length > 0) {
        memcpy(to, batch->bytes.at, batch->bytes.length);
    }
    return out->err;
}

/* Calls `visit` with the batch that holds `row`, wherever it is. */
static enum err look(struct journal_file *file, uint64_t row, journal_tail_visit *visit,
                     void *context)
{
    MDB_txn *txn = NULL;
    MDB_cursor *cursor = NULL;
    struct stored_batch batch;
    struct tail_look look;
    if (journal_tail_look(&file->tail, row, visit, context, &look)) {
        return look.err;
    }
    TRY(begin(file, false, &txn, &cursor));
    enum err err = row == 0 ? ERR_NOT_FOUND : cursor_find(cursor, row, &batch);
    if (err == ERR_OK) {
        err = visit(context, &batch);
    }
    return end_read(txn, cursor, err);
}

/* Of a batch that goes on living when the look at it is over. */
struct copying {
    struct buffer *to;
    struct stored_batch batch; /* but for its bytes */
};

static enum err copy_visit(void *context, const struct stored_batch *batch)
{
    struct copying *copying = context;
    copying->batch = *batch;
    buffer_clear(copying->to);
    return copy_batch(batch, copying->to);
}

static enum err journal_read(void *context, uint64_t row, uint64_t *out_first_row,
                             struct buffer *out)
{
    struct copying copying = {.to = out};
    TRY(look(context, row, copy_visit, &copying));
    *out_first_row = copying.batch.first_row;
    return ERR_OK;
}

/* The port's visitor. */
struct port_visit {
    enum err (*visit)(void *visitor, uint64_t first_row, struct slice batch);
    void *visitor;
};

static enum err port_visit(void *context, const struct stored_batch *batch)
{
    const struct port_visit *port = context;
    return port->visit(port->visitor, batch->first_row, batch->bytes);
}

static enum err journal_look(void *context, uint64_t row,
                             enum err (*visit)(void *visitor, uint64_t first_row,
                                               struct slice batch),
                             void *visitor)
{
    struct port_visit port = {visit, visitor};
    return look(context, row, port_visit, &port);
}

static enum err journal_next_row(void *context, uint64_t *out_row)
{
    struct journal_file *file = context;
    MDB_txn *txn = NULL;
    MDB_cursor *cursor = NULL;
    struct stored_batch last;
    if (file->environment->mode == ENVIRONMENT_READ_ONLY) { /* its writer goes on */
        TRY(journal_tail_reload(&file->tail, file->environment->folder_fd, NULL));
    }
    uint64_t next_row = journal_tail_next_row(&file->tail);
    TRY(begin(file, false, &txn, &cursor));
    TRY(end_read(txn, cursor, cursor_last(cursor, &last)));
    if (file->environment->mode == ENVIRONMENT_READ_ONLY) { /* what LMDB has is read there */
        enum err err = journal_tail_follow(&file->tail, last.next_row, NULL);
        (void)err; /* the writer may be at it just now */
    }
    *out_row = next_row > last.next_row ? next_row : last.next_row;
    return ERR_OK;
}

/* The same of LMDB: `*out_is_end` when `row` is the next one there. */
static enum err copy_stored(struct journal_file *file, uint64_t row, bool *out_is_end,
                            struct copying *copying)
{
    MDB_txn *txn = NULL;
    MDB_cursor *cursor = NULL;
    TRY(begin(file, false, &txn, &cursor));
    struct stored_batch batch = {0};
    struct stored_batch last = {0};
    enum err err = cursor_last(cursor, &last);
    *out_is_end =
        err == ERR_OK && (row == last.next_row || last.first_row == 0) && row <= last.next_row;
    if (err == ERR_OK) {
        err = *out_is_end ? ERR_NOT_FOUND
              : row == 0  ? cursor_seek(cursor, 1, &batch)
                          : cursor_find(cursor, row, &batch);
    }
    if (err == ERR_OK) {
        err = copy_visit(copying, &batch);
    }
    return end_read(txn, cursor, err);
}

/* One batch of a replay: copies the one that holds `*row` (0: the oldest) and moves `*row` behind
 * it. ERR_NOT_FOUND with `*row` untouched: there is none, and `*out_is_end` says that it is the
 * end. */
static enum err replay_step(struct journal_file *file, uint64_t *row, bool *out_is_end,
                            struct copying *copying)
{
    struct tail_look look;
    enum err err;
    if (journal_tail_look(&file->tail, *row, copy_visit, copying, &look)) {
        err = look.err;
    } else { /* LMDB may be further: what it has stays in the file for a while */
        err = copy_stored(file, *row, out_is_end, copying);
        *out_is_end = *out_is_end || (err == ERR_NOT_FOUND && *row != 0 && *row == look.next_row);
    }
    if (err == ERR_OK) {
        *row = copying->batch.next_row;
    }
    return err;
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
        struct copying copying = {.to = &copy};
        err = replay_step(context, &row, &is_end, &copying);
        if (is_end) {
            err = ERR_OK;
            break;
        }
        if (err != ERR_OK) {
            break;
        }
        err = visit(visitor, copying.batch.first_row, buffer_slice(&copy));
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
    TRY(journal_file_settle(file));
    environment_drop_dead_readers(file->environment);
    bool is_done = false;
    while (!is_done) {
        TRY(trim_some(file, row, &is_done));
    }
    return ERR_OK;
}

/* Is all there that was acknowledged, as far as that can be seen? */
static enum err check_tail(struct journal_file *file, const char *folder, struct note *note)
{
    MDB_txn *txn = NULL;
    MDB_cursor *cursor = NULL;
    struct stored_batch last;
    struct note why = {""};
    TRY(begin(file, false, &txn, &cursor));
    TRY(end_read(txn, cursor, cursor_last(cursor, &last)));
    enum err err = journal_tail_follow(&file->tail, last.next_row, &why);
    return err == ERR_OK ? ERR_OK : note_set(note, err, "%s: %s", folder, why.text);
}

/* Beside the process that writes it: a batch may be half there, and the next one whole. */
static enum err read_tail(struct journal_file *file, const char *folder, struct note *note)
{
    bool is_alone = file->environment->mode == ENVIRONMENT_WRITE;
    enum err err = check_tail(file, folder, note);
    for (unsigned i = 0; err == ERR_CORRUPT && !is_alone && i < READ_AGAIN; i++) {
        pause_ms(1);
        TRY(journal_tail_reload(&file->tail, file->environment->folder_fd, note));
        err = check_tail(file, folder, note);
    }
    return err;
}

static enum err open_tail(struct journal_file *file, const char *folder, struct note *note)
{
    bool is_writer = file->environment->mode == ENVIRONMENT_WRITE;
    struct note why = {""};
    enum err err = journal_tail_open(&file->tail, file->environment->folder_fd, is_writer, &why);
    if (err != ERR_OK) {
        return note_set(note, err, "%s/%s", folder, why.text);
    }
    err = read_tail(file, folder, note);
    if (err != ERR_OK) {
        journal_tail_close(&file->tail);
        return err;
    }
    pthread_mutex_init(&file->append_lock, NULL);
    if (is_writer) {
        err = journal_file_settle(file);
        (void)err; /* on a full disk it is read where it is, and the first append tries again */
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
    if (err == ERR_OK) {
        err = open_tail(file, folder, note);
        if (err != ERR_OK) {
            environment_close(file->environment);
        }
    }
    if (err != ERR_OK) {
        free(file);
        return err;
    }
    *out_file = file;
    return ERR_OK;
}

void journal_file_close(struct journal_file *file)
{
    if (file == NULL) {
        return;
    }
    if (file->environment->mode == ENVIRONMENT_WRITE) {
        enum err err = journal_file_settle(file);
        (void)err; /* the tail keeps it */
        journal_tail_remove(&file->tail, file->environment->folder_fd);
    }
    journal_tail_close(&file->tail);
    pthread_mutex_destroy(&file->append_lock);
    environment_close(file->environment);
    free(file);
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

void journal_file_set_tail_bytes(struct journal_file *file, size_t bytes)
{
    file->tail.batch_bytes = bytes < JOURNAL_TAIL_BATCH_BYTES ? bytes : JOURNAL_TAIL_BATCH_BYTES;
}
