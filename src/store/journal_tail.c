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
    SECTOR_BYTES = 512,
    DATA_BYTES = 504, /* of a sector; behind them the generation */
    AT_GENERATION = 8,
    AT_FIRST_ROW = 16,
    AT_ROWS = 24,
    AT_BYTES = 32,
    AT_CHECKSUM = 40,
    AT_HEAD_CHECKSUM = 48,
    HEAD_BYTES = 56,
    PAUSE = 1000 /* batches */
};

/* What is found at the beginning of a block. */
enum found {
    FOUND_NOTHING, /* or the rest of something older, or torn */
    FOUND_WHOLE,
    FOUND_DAMAGED
};

struct head {
    uint64_t generation;
    uint64_t first_row;
    uint64_t rows;
    uint64_t bytes;
    uint64_t checksum;
};

static size_t sector_count(size_t batch_bytes)
{
    return (HEAD_BYTES + batch_bytes + DATA_BYTES - 1) / DATA_BYTES;
}

/* Bytes of the file. */
static size_t blocks_bytes(size_t batch_bytes)
{
    size_t bytes = sector_count(batch_bytes) * SECTOR_BYTES;
    return (bytes + JOURNAL_TAIL_BLOCK - 1) / JOURNAL_TAIL_BLOCK * JOURNAL_TAIL_BLOCK;
}

static bool read_head(struct slice file, struct head *out_head)
{
    const uint8_t *at = file.at;
    if (memcmp(at, magic, sizeof magic) != 0 ||
        checksum_of(slice_of(at, AT_HEAD_CHECKSUM)) != get_u64_be(at + AT_HEAD_CHECKSUM)) {
        return false;
    }
    *out_head = (struct head){get_u64_be(at + AT_GENERATION), get_u64_be(at + AT_FIRST_ROW),
                              get_u64_be(at + AT_ROWS), get_u64_be(at + AT_BYTES),
                              get_u64_be(at + AT_CHECKSUM)};
    return out_head->generation > 0 && out_head->generation < UINT64_MAX &&
           out_head->first_row > 0 && out_head->rows > 0 && out_head->rows <= UINT32_MAX &&
           out_head->first_row <= UINT64_MAX - out_head->rows &&
           out_head->bytes <= JOURNAL_TAIL_BYTES && blocks_bytes(out_head->bytes) <= file.length;
}

static uint64_t generation_at(const uint8_t *sector)
{
    return get_u64_be(sector + DATA_BYTES);
}

/* The batch's bytes, out of their sectors. */
static void gather(const uint8_t *at, size_t batch_bytes, uint8_t *out)
{
    size_t skipped = HEAD_BYTES;
    for (size_t done = 0; done < batch_bytes; at += SECTOR_BYTES, skipped = 0) {
        size_t left = batch_bytes - done;
        size_t some = DATA_BYTES - skipped < left ? DATA_BYTES - skipped : left;
        memcpy(out + done, at + skipped, some);
        done += some;
    }
}

static void scatter(uint8_t *at, const struct stored_batch *batch, uint64_t generation)
{
    size_t skipped = HEAD_BYTES;
    size_t sectors = sector_count(batch->bytes.length);
    size_t done = 0;
    for (size_t i = 0; i < sectors; i++, at += SECTOR_BYTES, skipped = 0) {
        size_t left = batch->bytes.length - done;
        size_t some = DATA_BYTES - skipped < left ? DATA_BYTES - skipped : left;
        if (some > 0) {
            memcpy(at + skipped, batch->bytes.at + done, some);
        }
        done += some;
        put_u64_be(at + DATA_BYTES, generation);
    }
}

/* Are all sectors of one generation? */
static bool is_one_write(const uint8_t *at, const struct head *head)
{
    for (size_t i = 0; i < sector_count((size_t)head->bytes); i++) {
        if (generation_at(at + i * SECTOR_BYTES) != head->generation) {
            return false;
        }
    }
    return true;
}

/* Looks at the file's bytes from a block on; `out` gets the batch's. */
static enum found look_at(struct slice file, struct head *out_head, uint8_t *out)
{
    if (!read_head(file, out_head)) {
        return FOUND_NOTHING;
    }
    gather(file.at, (size_t)out_head->bytes, out);
    if (checksum_of(slice_of(out, (size_t)out_head->bytes)) == out_head->checksum) {
        return FOUND_WHOLE;
    }
    return is_one_write(file.at, out_head) ? FOUND_DAMAGED : FOUND_NOTHING;
}

static struct slice from_block(const uint8_t *file, size_t at)
{
    return slice_of(file + at, JOURNAL_TAIL_BYTES - at);
}

/* Takes the batch that was found, whose bytes are in place. False: it does not follow on. */
static bool take(struct journal_tail *tail, const struct head *head, uint64_t *generation)
{
    if (tail->count > 0 && (head->generation != *generation ||
                            head->first_row != tail->batches[tail->count - 1].next_row)) {
        return false;
    }
    *generation = head->generation;
    uint8_t *bytes = tail->bytes + tail->byte_count;
    tail->batches[tail->count++] = (struct stored_batch){
        head->first_row, head->first_row + head->rows, slice_of(bytes, (size_t)head->bytes)};
    tail->byte_count += (size_t)head->bytes;
    return true;
}

/* Where the batches end: has this sector of theirs been written, and then changed? */
static bool is_head_damaged(const uint8_t *at, uint64_t generation, uint64_t newest)
{
    uint64_t here = generation_at(at);
    return generation != 0 ? here == generation : here > newest;
}

/* What is behind the end, from `at` on. Tells the newest generation. */
static uint64_t find_strays(struct journal_tail *tail, const uint8_t *file, size_t at)
{
    uint64_t newest = 0;
    for (; at < JOURNAL_TAIL_BYTES; at += JOURNAL_TAIL_BLOCK) {
        struct head head;
        if (look_at(from_block(file, at), &head, tail->bytes + tail->byte_count) == FOUND_WHOLE &&
            is_one_write(file + at, &head)) { /* a batch's own bytes may look like one */
            tail->strays[tail->stray_count++] = head.first_row;
            newest = head.generation > newest ? head.generation : newest;
        }
    }
    return newest;
}

/* Finds what counts in the file. */
static void find_batches(struct journal_tail *tail, const uint8_t *file)
{
    struct head head = {0};
    uint64_t generation = 0;
    size_t at = 0;
    enum found found = FOUND_NOTHING;
    while (at < JOURNAL_TAIL_BYTES) {
        found = look_at(from_block(file, at), &head, tail->bytes + tail->byte_count);
        if (found != FOUND_WHOLE || !take(tail, &head, &generation)) {
            break;
        }
        at += blocks_bytes((size_t)head.bytes);
    }
    tail->used = at;
    uint64_t newest = find_strays(tail, file, at);
    bool is_of_end = found == FOUND_DAMAGED &&
                     (generation == 0 ? head.generation > newest : head.generation == generation);
    bool has_bad_head = found == FOUND_NOTHING && at < JOURNAL_TAIL_BYTES &&
                        !read_head(from_block(file, at), &head) &&
                        is_head_damaged(file + at, generation, newest);
    tail->is_damaged = is_of_end || has_bad_head;
    tail->damaged_row = tail->count > 0 ? tail->batches[tail->count - 1].next_row
                        : is_of_end     ? head.first_row
                                        : 0;
    tail->generation = (generation > newest ? generation : newest) + 1;
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
        if (put == 0 || (put < 0 && errno != EINTR)) {
            return put == 0 ? EIO : errno;
        }
        done += put > 0 ? (size_t)put : 0;
    }
    return 0;
}

/* The file's bytes; ERR_OK with *out_file NULL: there is none. */
static enum err read_whole(int folder_fd, uint8_t **out_file, struct note *note)
{
    *out_file = NULL;
    int fd = openat(folder_fd, FILE_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return errno == ENOENT ? ERR_OK : failed(errno, note);
    }
    uint8_t *file = malloc(JOURNAL_TAIL_BYTES);
    int result = file == NULL ? ENOMEM : read_file(fd, file);
    close(fd);
    if (result != 0) {
        free(file);
        return failed(result, note);
    }
    *out_file = file;
    return ERR_OK;
}

/* `tail` is all zeros. */
static enum err load(struct journal_tail *tail, int folder_fd, struct note *note)
{
    uint8_t *file;
    tail->fd = -1;
    tail->generation = 1;
    tail->batch_bytes = JOURNAL_TAIL_BATCH_BYTES;
    TRY(read_whole(folder_fd, &file, note));
    if (file == NULL) {
        return ERR_OK;
    }
    tail->bytes = malloc(JOURNAL_TAIL_BYTES);
    if (tail->bytes == NULL) {
        free(file);
        return failed(ENOMEM, note);
    }
    find_batches(tail, file);
    free(file);
    return ERR_OK;
}

/* What a process that was killed has written may be in the page cache alone. */
static enum err flush(int folder_fd, struct note *note)
{
    int fd = openat(folder_fd, FILE_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return errno == ENOENT ? ERR_OK : failed(errno, note);
    }
    int result = fdatasync(fd) == 0 ? 0 : errno;
    close(fd);
    return result == 0 ? ERR_OK : failed(result, note);
}

enum err journal_tail_open(struct journal_tail *tail, int folder_fd, bool is_writer,
                           struct note *note)
{
    memset(tail, 0, sizeof *tail);
    TRY(is_writer ? flush(folder_fd, note) : ERR_OK);
    TRY(load(tail, folder_fd, note));
    pthread_mutex_init(&tail->lock, NULL);
    return ERR_OK;
}

void journal_tail_close(struct journal_tail *tail)
{
    if (tail->fd >= 0) {
        close(tail->fd);
    }
    free(tail->sectors);
    free(tail->bytes);
    pthread_mutex_destroy(&tail->lock);
}

void journal_tail_remove(struct journal_tail *tail, int folder_fd)
{
    if (tail->count == 0) {
        (void)unlinkat(folder_fd, FILE_NAME, 0);
    }
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
        uint8_t *before = tail->bytes;
        tail->bytes = now->bytes;
        tail->count = now->count;
        tail->is_damaged = now->is_damaged;
        tail->damaged_row = now->damaged_row;
        tail->stray_count = now->stray_count;
        memcpy(tail->strays, now->strays, sizeof tail->strays);
        memcpy(tail->batches, now->batches, sizeof tail->batches);
        pthread_mutex_unlock(&tail->lock);
        now->bytes = before;
    }
    free(now->bytes);
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
 * have to note down. What was there is in LMDB by now. */
static int fill_file(int fd, int folder_fd)
{
    uint8_t *zeros = aligned_alloc(JOURNAL_TAIL_BLOCK, JOURNAL_TAIL_BYTES);
    if (zeros == NULL) {
        return ENOMEM;
    }
    memset(zeros, 0, JOURNAL_TAIL_BYTES);
    int result = write_all(fd, zeros, JOURNAL_TAIL_BYTES, 0);
    free(zeros);
    return result == 0 && (fsync(fd) != 0 || fsync(folder_fd) != 0) ? errno : result;
}

static bool make_file(struct journal_tail *tail, int folder_fd)
{
    int fd = open_to_write(folder_fd);
    if (fd < 0) {
        return false;
    }
    if (fill_file(fd, folder_fd) != 0) { /* on a full disk it would take what is left */
        close(fd);
        (void)unlinkat(folder_fd, FILE_NAME, 0);
        return false;
    }
    tail->fd = fd;
    tail->used = 0; /* what it had was forgotten */
    tail->byte_count = 0;
    return true;
}

static bool begin(struct journal_tail *tail, int folder_fd)
{
    if (tail->pause > 0) {
        tail->pause--;
        return false;
    }
    if (tail->bytes == NULL) {
        tail->bytes = malloc(JOURNAL_TAIL_BYTES);
    }
    if (tail->sectors == NULL) {
        tail->sectors = aligned_alloc(JOURNAL_TAIL_BLOCK, blocks_bytes(JOURNAL_TAIL_BATCH_BYTES));
    }
    bool is_there = tail->bytes != NULL && tail->sectors != NULL && make_file(tail, folder_fd);
    tail->pause = is_there ? 0 : PAUSE;
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

static void fill_head(uint8_t *at, const struct stored_batch *batch, uint64_t generation)
{
    memcpy(at, magic, sizeof magic);
    put_u64_be(at + AT_GENERATION, generation);
    put_u64_be(at + AT_FIRST_ROW, batch->first_row);
    put_u64_be(at + AT_ROWS, batch->next_row - batch->first_row);
    put_u64_be(at + AT_BYTES, batch->bytes.length);
    put_u64_be(at + AT_CHECKSUM, checksum_of(batch->bytes));
    put_u64_be(at + AT_HEAD_CHECKSUM, checksum_of(slice_of(at, AT_HEAD_CHECKSUM)));
}

/* For those who look. */
static void add(struct journal_tail *tail, const struct stored_batch *batch)
{
    uint8_t *bytes = tail->bytes + tail->byte_count;
    if (batch->bytes.length > 0) {
        memcpy(bytes, batch->bytes.at, batch->bytes.length);
    }
    pthread_mutex_lock(&tail->lock);
    tail->batches[tail->count] = *batch;
    tail->batches[tail->count++].bytes = slice_of(bytes, batch->bytes.length);
    tail->byte_count += batch->bytes.length;
    pthread_mutex_unlock(&tail->lock);
}

enum err journal_tail_append(struct journal_tail *tail, const struct stored_batch *batch)
{
    size_t bytes = blocks_bytes(batch->bytes.length);
    ASSERT(bytes <= JOURNAL_TAIL_BYTES - tail->used);
    memset(tail->sectors, 0, bytes);
    fill_head(tail->sectors, batch, tail->generation);
    scatter(tail->sectors, batch, tail->generation);
    int result = write_all(tail->fd, tail->sectors, bytes, tail->used);
    if (result != 0) {
        tail->is_broken = true;
        return environment_error(result);
    }
    add(tail, batch);
    tail->used += bytes;
    return ERR_OK;
}

void journal_tail_stop(struct journal_tail *tail)
{
    tail->is_broken = true;
}

void journal_tail_clear(struct journal_tail *tail)
{
    pthread_mutex_lock(&tail->lock);
    tail->count = 0;
    tail->byte_count = 0;
    tail->used = 0;
    tail->generation++;
    tail->is_broken = false;
    pthread_mutex_unlock(&tail->lock);
}

/* Those that LMDB has as well, or has others in the place of. Under the lock. */
static void forget_before(struct journal_tail *tail, uint64_t row)
{
    size_t known = 0;
    while (known < tail->count && tail->batches[known].first_row < row) {
        known++;
    }
    tail->count -= known;
    memmove(tail->batches, tail->batches + known, tail->count * sizeof tail->batches[0]);
}

enum err journal_tail_follow(struct journal_tail *tail, uint64_t next_row, struct note *note)
{
    pthread_mutex_lock(&tail->lock);
    forget_before(tail, next_row);
    uint64_t first = tail->count == 0 ? next_row : tail->batches[0].first_row;
    uint64_t end = tail->count == 0 ? next_row : tail->batches[tail->count - 1].next_row;
    pthread_mutex_unlock(&tail->lock);
    uint64_t beyond = first > next_row ? first : 0;
    for (size_t i = 0; i < tail->stray_count && beyond == 0; i++) {
        beyond = tail->strays[i] >= end ? tail->strays[i] : 0;
    }
    if (beyond != 0) {
        return note_set(note, ERR_CORRUPT,
                        "rows %" PRIu64 " to %" PRIu64 " are neither in journal.mdb nor in "
                        "journal.tail, which holds row %" PRIu64,
                        first > next_row ? next_row : end, beyond - 1, beyond);
    }
    bool is_damaged = tail->is_damaged && (tail->damaged_row == 0 || tail->damaged_row >= next_row);
    return is_damaged
               ? note_set(note, ERR_CORRUPT, "row %" PRIu64 ": journal.tail is damaged there", end)
               : ERR_OK;
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

bool journal_tail_look(struct journal_tail *tail, uint64_t row, journal_tail_visit *visit,
                       void *context, struct tail_look *out_look)
{
    pthread_mutex_lock(&tail->lock);
    const struct stored_batch *batch = find(tail, row);
    out_look->next_row = next_row(tail);
    out_look->err = batch == NULL ? ERR_NOT_FOUND : visit(context, batch);
    pthread_mutex_unlock(&tail->lock);
    return batch != NULL;
}
