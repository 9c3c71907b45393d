#include "store/journal_tail.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/checksum.h"

#define FILE_NAME "journal.tail"
#define FILE_MODE 0600

static const uint8_t magic[8] = {'t', 'a', 'i', 'l', 0, 0, 0, 1};

enum {
    AT_CHECKSUM = 8,
    AT_GENERATION = 16, /* what the checksum is of begins here */
    AT_FIRST_ROW = 24,
    AT_ROWS = 32,
    AT_BYTES = 40,
    HEAD_BYTES = 48,
    REST = 1000 /* batches */
};

static size_t blocks_bytes(size_t batch_bytes)
{
    size_t blocks = (HEAD_BYTES + batch_bytes + JOURNAL_TAIL_BLOCK - 1) / JOURNAL_TAIL_BLOCK;
    return blocks * JOURNAL_TAIL_BLOCK;
}

static uint64_t checksum_at(const uint8_t *at, size_t batch_bytes)
{
    return checksum_of(slice_of(at + AT_GENERATION, HEAD_BYTES - AT_GENERATION + batch_bytes));
}

/* Is there a whole batch in these bytes, the file's from somewhere to its end? */
static bool read_batch(struct slice bytes, struct stored_batch *out_batch, uint64_t *out_generation)
{
    const uint8_t *at = bytes.at;
    if (bytes.length < HEAD_BYTES || memcmp(at, magic, sizeof magic) != 0) {
        return false;
    }
    uint64_t first_row = get_u64_be(at + AT_FIRST_ROW);
    uint64_t rows = get_u64_be(at + AT_ROWS);
    uint64_t length = get_u64_be(at + AT_BYTES);
    if (length > bytes.length - HEAD_BYTES || first_row == 0 || rows == 0 ||
        first_row > UINT64_MAX - rows ||
        checksum_at(at, (size_t)length) != get_u64_be(at + AT_CHECKSUM)) {
        return false;
    }
    *out_batch = (struct stored_batch){first_row, first_row + rows,
                                       slice_of(at + HEAD_BYTES, (size_t)length)};
    *out_generation = get_u64_be(at + AT_GENERATION);
    return true;
}

static struct slice rest(const uint8_t *blocks, size_t at)
{
    return slice_of(blocks + at, JOURNAL_TAIL_BYTES - at);
}

static uint64_t newest_generation(const uint8_t *blocks)
{
    uint64_t newest = 0;
    for (size_t at = 0; at < JOURNAL_TAIL_BYTES; at += JOURNAL_TAIL_BLOCK) {
        struct stored_batch batch;
        uint64_t generation;
        if (read_batch(rest(blocks, at), &batch, &generation) && generation > newest) {
            newest = generation;
        }
    }
    return newest;
}

/* Finds what counts in the blocks. Under the lock, or before anybody looks. */
static void find_batches(struct journal_tail *tail)
{
    uint64_t generation = 0;
    uint64_t found;
    struct stored_batch batch;
    size_t at = 0;
    size_t count = 0;
    while (count < JOURNAL_TAIL_BLOCKS && read_batch(rest(tail->blocks, at), &batch, &found)) {
        bool follows = count == 0 || (found == generation &&
                                      batch.first_row == tail->batches[count - 1].next_row);
        if (!follows) {
            break;
        }
        generation = found;
        tail->batches[count++] = batch;
        at += blocks_bytes(batch.bytes.length);
    }
    tail->count = count;
    tail->used = at;
    tail->generation = newest_generation(tail->blocks) + 1;
}

static enum err failed(int result, struct note *note)
{
    return note_set(note, environment_error(result), FILE_NAME ": %s", strerror(result));
}

/* The file's bytes; one that is shorter, since it was not finished, has zeros behind its end. */
static int read_file(int fd, uint8_t *out)
{
    size_t at = 0;
    while (at < JOURNAL_TAIL_BYTES) {
        ssize_t got = pread(fd, out + at, JOURNAL_TAIL_BYTES - at, (off_t)at);
        if (got < 0 && errno != EINTR) {
            return errno;
        }
        if (got == 0) {
            memset(out + at, 0, JOURNAL_TAIL_BYTES - at);
            return 0;
        }
        at += got > 0 ? (size_t)got : 0;
    }
    return 0;
}

static int write_all(int fd, const uint8_t *bytes, size_t length, size_t at)
{
    size_t done = 0;
    while (done < length) {
        ssize_t put = pwrite(fd, bytes + done, length - done, (off_t)(at + done));
        if (put < 0 && errno != EINTR) {
            return errno;
        }
        done += put > 0 ? (size_t)put : 0;
    }
    return 0;
}

static uint8_t *new_blocks(void)
{
    uint8_t *blocks = aligned_alloc(JOURNAL_TAIL_BLOCK, JOURNAL_TAIL_BYTES);
    if (blocks != NULL) {
        memset(blocks, 0, JOURNAL_TAIL_BYTES);
    }
    return blocks;
}

/* ERR_OK with *out_blocks NULL: there is no file. */
static enum err read_blocks(int folder_fd, uint8_t **out_blocks, struct note *note)
{
    *out_blocks = NULL;
    int fd = openat(folder_fd, FILE_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return errno == ENOENT ? ERR_OK : failed(errno, note);
    }
    uint8_t *blocks = new_blocks();
    int result = blocks == NULL ? ENOMEM : read_file(fd, blocks);
    close(fd);
    if (result != 0) {
        free(blocks);
        return failed(result, note);
    }
    *out_blocks = blocks;
    return ERR_OK;
}

static enum err load(struct journal_tail *tail, int folder_fd, struct note *note)
{
    TRY(read_blocks(folder_fd, &tail->blocks, note));
    if (tail->blocks != NULL) {
        find_batches(tail);
    }
    return ERR_OK;
}

enum err journal_tail_open(struct journal_tail *tail, int folder_fd, struct note *note)
{
    tail->fd = -1;
    tail->blocks = NULL;
    tail->used = 0;
    tail->generation = 1;
    tail->batch_bytes = JOURNAL_TAIL_BATCH_BYTES;
    tail->rest = 0;
    tail->is_broken = false;
    tail->count = 0;
    TRY(load(tail, folder_fd, note));
    pthread_mutex_init(&tail->lock, NULL);
    return ERR_OK;
}

void journal_tail_close(struct journal_tail *tail)
{
    if (tail->fd >= 0) {
        close(tail->fd);
    }
    free(tail->blocks);
    pthread_mutex_destroy(&tail->lock);
}

enum err journal_tail_reload(struct journal_tail *tail, int folder_fd, struct note *note)
{
    struct journal_tail *now = calloc(1, sizeof *now);
    if (now == NULL) {
        return ERR_RESOURCE;
    }
    enum err err = load(now, folder_fd, note);
    if (err == ERR_OK) {
        pthread_mutex_lock(&tail->lock);
        uint8_t *before = tail->blocks;
        tail->blocks = now->blocks;
        tail->count = now->count;
        memcpy(tail->batches, now->batches, sizeof tail->batches);
        pthread_mutex_unlock(&tail->lock);
        now->blocks = before;
    }
    free(now->blocks);
    free(now);
    return err;
}

/* Past the page cache where the file system can: that writes what it holds together, which may be
 * the whole file for one block. */
static int open_to_write(int folder_fd)
{
    const int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_DSYNC;
    int fd = openat(folder_fd, FILE_NAME, flags | O_DIRECT, FILE_MODE);
    return fd < 0 && errno == EINVAL ? openat(folder_fd, FILE_NAME, flags, FILE_MODE) : fd;
}

/* Zeros, whose blocks are then there: a write over them changes nothing that the file system would
 * have to note down. */
static int make_file(struct journal_tail *tail, int folder_fd)
{
    int fd = open_to_write(folder_fd);
    if (fd < 0) {
        return errno;
    }
    int result = write_all(fd, tail->blocks, JOURNAL_TAIL_BYTES, 0);
    if (result == 0 && (fsync(fd) != 0 || fsync(folder_fd) != 0)) {
        result = errno;
    }
    if (result != 0) { /* on a full disk it would take what is left */
        close(fd);
        (void)unlinkat(folder_fd, FILE_NAME, 0);
        return result;
    }
    tail->fd = fd;
    return 0;
}

/* The file as it is to be written: what it has is in LMDB by now. */
static bool begin(struct journal_tail *tail, int folder_fd)
{
    if (tail->rest > 0) {
        tail->rest--;
        return false;
    }
    if (tail->blocks == NULL) {
        tail->blocks = new_blocks();
    }
    bool is_there = tail->blocks != NULL && make_file(tail, folder_fd) == 0;
    tail->rest = is_there ? 0 : REST;
    return is_there;
}

bool journal_tail_takes(struct journal_tail *tail, int folder_fd, size_t length)
{
    if (length > tail->batch_bytes || tail->is_broken ||
        blocks_bytes(length) > JOURNAL_TAIL_BYTES - tail->used) {
        return false;
    }
    return tail->fd >= 0 || (tail->count == 0 && begin(tail, folder_fd));
}

static void fill(const struct journal_tail *tail, uint8_t *at, const struct stored_batch *batch)
{
    memcpy(at, magic, sizeof magic);
    put_u64_be(at + AT_GENERATION, tail->generation);
    put_u64_be(at + AT_FIRST_ROW, batch->first_row);
    put_u64_be(at + AT_ROWS, batch->next_row - batch->first_row);
    put_u64_be(at + AT_BYTES, batch->bytes.length);
    if (batch->bytes.length > 0) {
        memcpy(at + HEAD_BYTES, batch->bytes.at, batch->bytes.length);
    }
    put_u64_be(at + AT_CHECKSUM, checksum_at(at, batch->bytes.length));
}

enum err journal_tail_append(struct journal_tail *tail, const struct stored_batch *batch)
{
    uint8_t *at = tail->blocks + tail->used;
    size_t bytes = blocks_bytes(batch->bytes.length);
    ASSERT(bytes <= JOURNAL_TAIL_BYTES - tail->used);
    fill(tail, at, batch);
    int result = write_all(tail->fd, at, bytes, tail->used);
    if (result != 0) {
        tail->is_broken = true;
        return environment_error(result);
    }
    pthread_mutex_lock(&tail->lock);
    tail->batches[tail->count] = *batch;
    tail->batches[tail->count++].bytes = slice_of(at + HEAD_BYTES, batch->bytes.length);
    tail->used += bytes;
    pthread_mutex_unlock(&tail->lock);
    return ERR_OK;
}

void journal_tail_clear(struct journal_tail *tail)
{
    pthread_mutex_lock(&tail->lock);
    tail->count = 0;
    tail->used = 0;
    tail->generation++;
    tail->is_broken = false;
    pthread_mutex_unlock(&tail->lock);
}

uint64_t journal_tail_beyond(const struct journal_tail *tail, uint64_t row)
{
    uint64_t first = 0;
    for (size_t at = 0; tail->blocks != NULL && at < JOURNAL_TAIL_BYTES; at += JOURNAL_TAIL_BLOCK) {
        struct stored_batch batch;
        uint64_t generation;
        if (read_batch(rest(tail->blocks, at), &batch, &generation) && batch.first_row >= row &&
            (first == 0 || batch.first_row < first)) {
            first = batch.first_row;
        }
    }
    return first;
}

bool journal_tail_last(const struct journal_tail *tail, struct stored_batch *out_batch)
{
    if (tail->count == 0) {
        return false;
    }
    *out_batch = tail->batches[tail->count - 1];
    return true;
}

static uint64_t next_row(const struct journal_tail *tail)
{
    return tail->count == 0 ? 0 : tail->batches[tail->count - 1].next_row;
}

uint64_t journal_tail_next_row(struct journal_tail *tail)
{
    pthread_mutex_lock(&tail->lock);
    uint64_t row = next_row(tail);
    pthread_mutex_unlock(&tail->lock);
    return row;
}

/* Of batches that follow on. */
static const struct stored_batch *find(const struct journal_tail *tail, uint64_t row)
{
    size_t low = 0;
    size_t high = tail->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (tail->batches[middle].next_row <= row) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < tail->count && tail->batches[low].first_row <= row ? &tail->batches[low] : NULL;
}

enum err journal_tail_look(struct journal_tail *tail, uint64_t row, journal_tail_visit *visit,
                           void *context, uint64_t *out_next_row)
{
    pthread_mutex_lock(&tail->lock);
    if (out_next_row != NULL) {
        *out_next_row = next_row(tail);
    }
    const struct stored_batch *batch = find(tail, row);
    enum err err = batch == NULL ? ERR_NOT_FOUND : visit(context, batch);
    pthread_mutex_unlock(&tail->lock);
    return err;
}
