#include "receipts/sort_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"

#define SORT_WRITE_BYTES (256u << 10)
#define SORT_READ_BYTES  (64u << 10)

static uint32_t length_at(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

struct slice sort_record_key(const uint8_t *record)
{
    return slice_of(record + SORT_RECORD_HEAD, length_at(record));
}

struct slice sort_record_body(const uint8_t *record)
{
    return slice_of(record + SORT_RECORD_HEAD + length_at(record), length_at(record + 4));
}

size_t sort_record_size(const uint8_t *record)
{
    return SORT_RECORD_HEAD + (size_t)length_at(record) + length_at(record + 4);
}

int sort_key_compare(struct slice a, struct slice b)
{
    size_t shared = a.length < b.length ? a.length : b.length;
    int order = shared == 0 ? 0 : memcmp(a.at, b.at, shared);
    return order != 0 ? order : (a.length > b.length) - (a.length < b.length);
}

enum err sort_file_open(struct sort_file *file, const char *folder, struct note *note)
{
    if (file->fd >= 0) {
        return ERR_OK;
    }
    file->fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file->fd < 0) {
        char path[4096];
        (void)snprintf(path, sizeof path, "%s/talea-import-XXXXXX", folder);
        file->fd = mkostemp(path, O_CLOEXEC);
        if (file->fd < 0) {
            return note_set(note, ERR_STORAGE, "a temporary file in %s: %s", folder,
                            strerror(errno));
        }
        (void)unlink(path);
    }
    return ERR_OK;
}

void sort_file_close(struct sort_file *file)
{
    if (file->fd >= 0) {
        (void)close(file->fd);
    }
    free(file->runs);
    buffer_fini(&file->pending);
    *file = (struct sort_file){.fd = -1};
}

static enum err flush(struct sort_file *file, struct note *note)
{
    size_t done = 0;
    while (done < file->pending.length) {
        ssize_t written = pwrite(file->fd, file->pending.at + done, file->pending.length - done,
                                 (off_t)(file->size + done));
        if (written < 0 && errno != EINTR) {
            return note_set(note, ERR_STORAGE, "the temporary file: %s", strerror(errno));
        }
        done += written < 0 ? 0 : (size_t)written;
    }
    file->size += done;
    buffer_clear(&file->pending);
    return ERR_OK;
}

enum err sort_file_begin_run(struct sort_file *file, struct note *note)
{
    if (file->run_count == file->run_capacity) {
        size_t capacity = file->run_capacity == 0 ? 64 : file->run_capacity * 2;
        struct sort_run *runs = realloc(file->runs, capacity * sizeof *runs);
        if (runs == NULL) {
            return note_set(note, ERR_RESOURCE, "out of memory");
        }
        file->runs = runs;
        file->run_capacity = capacity;
    }
    file->runs[file->run_count++] = (struct sort_run){.start = file->size, .end = file->size};
    return ERR_OK;
}

enum err sort_file_write(struct sort_file *file, struct slice record, struct note *note)
{
    write_bytes(&file->pending, record.at, record.length);
    if (file->pending.err != ERR_OK) {
        return note_set(note, ERR_RESOURCE, "out of memory");
    }
    return file->pending.length >= SORT_WRITE_BYTES ? flush(file, note) : ERR_OK;
}

enum err sort_file_end_run(struct sort_file *file, struct note *note)
{
    TRY(flush(file, note));
    file->runs[file->run_count - 1].end = file->size;
    return ERR_OK;
}

/* One run while it is merged: a window of the file, its first record whole. */
struct cursor {
    uint64_t next; /* of the file */
    uint64_t end;
    struct buffer window;
    size_t at;
    bool is_done;
};

/* Makes `length` bytes stand at the cursor, as far as the run has them. */
static enum err cursor_fill(const struct sort_file *file, struct cursor *cursor, size_t length,
                            struct note *note)
{
    size_t left = cursor->window.length - cursor->at;
    if (left >= length) {
        return ERR_OK;
    }
    if (left > 0) {
        memmove(cursor->window.at, cursor->window.at + cursor->at, left);
    }
    cursor->window.length = left;
    cursor->at = 0;
    size_t wanted = length - left > SORT_READ_BYTES ? length - left : SORT_READ_BYTES;
    uint64_t rest = cursor->end - cursor->next;
    wanted = rest < wanted ? (size_t)rest : wanted;
    uint8_t *to = wanted == 0 ? NULL : write_reserve(&cursor->window, wanted);
    if (wanted > 0 && to == NULL) {
        return note_set(note, ERR_RESOURCE, "out of memory");
    }
    for (size_t done = 0; done < wanted;) {
        ssize_t got = pread(file->fd, to + done, wanted - done, (off_t)(cursor->next + done));
        if (got == 0 || (got < 0 && errno != EINTR)) {
            return note_set(note, ERR_STORAGE, "the temporary file: %s",
                            got == 0 ? "it is too short" : strerror(errno));
        }
        done += got < 0 ? 0 : (size_t)got;
    }
    cursor->next += wanted;
    return ERR_OK;
}

/* Makes the record at the cursor whole, or notes the end of the run. */
static enum err cursor_settle(const struct sort_file *file, struct cursor *cursor,
                              struct note *note)
{
    TRY(cursor_fill(file, cursor, SORT_RECORD_HEAD, note));
    if (cursor->window.length - cursor->at < SORT_RECORD_HEAD) {
        cursor->is_done = true;
        return ERR_OK;
    }
    return cursor_fill(file, cursor, sort_record_size(cursor->window.at + cursor->at), note);
}

static const uint8_t *cursor_record(const struct cursor *cursor)
{
    return cursor->window.at + cursor->at;
}

/* A heap of cursors, the least record at its top. */
struct merge {
    const struct sort_file *file;
    struct cursor cursors[LIMIT_IMPORT_RUNS];
    struct cursor *heap[LIMIT_IMPORT_RUNS];
    size_t count;
};

static bool is_before(const struct cursor *a, const struct cursor *b)
{
    return sort_key_compare(sort_record_key(cursor_record(a)), sort_record_key(cursor_record(b))) <
           0;
}

static void heap_sink(struct merge *merge, size_t at)
{
    for (;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < merge->count; child++) {
            least = is_before(merge->heap[child], merge->heap[least]) ? child : least;
        }
        if (least == at) {
            return;
        }
        struct cursor *moved = merge->heap[at];
        merge->heap[at] = merge->heap[least];
        merge->heap[least] = moved;
        at = least;
    }
}

static enum err merge_begin(struct merge *merge, const struct sort_run *runs, size_t count,
                            struct note *note)
{
    for (size_t i = 0; i < count; i++) {
        struct cursor *cursor = &merge->cursors[i];
        cursor->next = runs[i].start;
        cursor->end = runs[i].end;
        TRY(cursor_settle(merge->file, cursor, note));
        if (!cursor->is_done) {
            merge->heap[merge->count++] = cursor;
        }
    }
    for (size_t i = merge->count; i-- > 0;) {
        heap_sink(merge, i);
    }
    return ERR_OK;
}

static enum err merge_step(struct merge *merge, struct note *note)
{
    struct cursor *top = merge->heap[0];
    top->at += sort_record_size(cursor_record(top));
    TRY(cursor_settle(merge->file, top, note));
    if (top->is_done) {
        merge->heap[0] = merge->heap[--merge->count];
    }
    heap_sink(merge, 0);
    return ERR_OK;
}

/* Merges some runs into the callback, or (without one) into a new run of `target`. */
static enum err merge_runs(struct merge *merge, const struct sort_run *runs, size_t count,
                           struct sort_file *target, sorter_on_record *on_record, void *context,
                           struct note *note)
{
    TRY(merge_begin(merge, runs, count, note));
    while (merge->count > 0) {
        const uint8_t *record = cursor_record(merge->heap[0]);
        if (on_record != NULL) {
            TRY(on_record(context, sort_record_key(record), sort_record_body(record), note));
        } else {
            TRY(sort_file_write(target, slice_of(record, sort_record_size(record)), note));
        }
        TRY(merge_step(merge, note));
    }
    return ERR_OK;
}

static enum err merge_some(const struct sort_file *file, size_t first, size_t count,
                           struct sort_file *target, sorter_on_record *on_record, void *context,
                           struct note *note)
{
    struct merge *merge = calloc(1, sizeof *merge);
    if (merge == NULL) {
        return note_set(note, ERR_RESOURCE, "out of memory");
    }
    merge->file = file;
    enum err err = merge_runs(merge, file->runs + first, count, target, on_record, context, note);
    for (size_t i = 0; i < LIMIT_IMPORT_RUNS; i++) {
        buffer_fini(&merge->cursors[i].window);
    }
    free(merge);
    return err;
}

/* One pass: every LIMIT_IMPORT_RUNS runs of `file` become one of `target`. */
static enum err merge_pass(const struct sort_file *file, struct sort_file *target,
                           const char *folder, struct note *note)
{
    TRY(sort_file_open(target, folder, note));
    for (size_t first = 0; first < file->run_count; first += LIMIT_IMPORT_RUNS) {
        size_t left = file->run_count - first;
        TRY(sort_file_begin_run(target, note));
        TRY(merge_some(file, first, left < LIMIT_IMPORT_RUNS ? left : LIMIT_IMPORT_RUNS, target,
                       NULL, NULL, note));
        TRY(sort_file_end_run(target, note));
    }
    return ERR_OK;
}

enum err sort_file_merge(struct sort_file *file, const char *folder, sorter_on_record *on_record,
                         void *context, struct note *note)
{
    while (file->run_count > LIMIT_IMPORT_RUNS) {
        CLEANUP(sort_file_close) struct sort_file merged = {.fd = -1};
        TRY(merge_pass(file, &merged, folder, note));
        struct sort_file old = *file;
        *file = merged;
        merged = old;
    }
    return merge_some(file, 0, file->run_count, NULL, on_record, context, note);
}
