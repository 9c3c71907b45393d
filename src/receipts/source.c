#include "receipts/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define SOURCE_BUFFER_BYTES (256u << 10)

struct source {
    char *name;
    gzFile file; /* NULL for memory */
    struct slice bytes;
    size_t used;
    uint64_t size;
    bool is_started;
};

void source_close(struct source *source)
{
    if (source == NULL) {
        return;
    }
    if (source->file != NULL) {
        (void)gzclose_r(source->file);
    }
    free(source->name);
    free(source);
}

static void source_drop(struct source **source)
{
    source_close(*source);
}

static enum err source_create(const char *name, struct source **out_source, struct note *note)
{
    struct source *source = calloc(1, sizeof *source);
    char *copy = strdup(name);
    if (source == NULL || copy == NULL) {
        free(source);
        free(copy);
        return note_set(note, ERR_RESOURCE, "%s: out of memory", name);
    }
    source->name = copy;
    *out_source = source;
    return ERR_OK;
}

enum err source_of_memory(struct slice bytes, const char *name, struct source **out_source,
                          struct note *note)
{
    struct source *source;
    TRY(source_create(name, &source, note));
    source->bytes = bytes;
    source->size = bytes.length;
    *out_source = source;
    return ERR_OK;
}

enum err source_open(const char *path, struct source **out_source, struct note *note)
{
    CLEANUP(source_drop) struct source *source = NULL;
    TRY(source_create(path, &source, note));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return note_set(note, errno == ENOENT ? ERR_NOT_FOUND : ERR_STORAGE, "%s: %s", path,
                        strerror(errno));
    }
    struct stat status;
    if (fstat(fd, &status) != 0 || S_ISDIR(status.st_mode)) {
        close(fd);
        return note_set(note, ERR_STORAGE, "%s: not a file that can be read", path);
    }
    source->size = (uint64_t)status.st_size;
    source->file = gzdopen(fd, "rb");
    if (source->file == NULL) {
        close(fd);
        return note_set(note, ERR_RESOURCE, "%s: out of memory", path);
    }
    (void)gzbuffer(source->file, SOURCE_BUFFER_BYTES);
    *out_source = source;
    source = NULL;
    return ERR_OK;
}

static enum err fill(struct source *source, uint8_t *out, size_t capacity, size_t *out_length,
                     struct note *note)
{
    if (source->file == NULL) {
        size_t left = source->bytes.length - source->used;
        *out_length = left < capacity ? left : capacity;
        if (*out_length > 0) {
            memcpy(out, source->bytes.at + source->used, *out_length);
        }
        source->used += *out_length;
        return ERR_OK;
    }
    int length = gzread(source->file, out, (unsigned)capacity);
    int code = Z_OK;
    const char *sentence = gzerror(source->file, &code);
    if (code == Z_ERRNO) {
        return note_set(note, ERR_STORAGE, "%s: %s", source->name, strerror(errno));
    }
    /* A cut file gives what it has and then Z_BUF_ERROR. */
    if (length < 0 || (code != Z_OK && code != Z_STREAM_END)) {
        const char *what = strstr(sentence, ": "); /* behind zlib's name of the file */
        return code == Z_BUF_ERROR
                   ? note_set(note, ERR_CORRUPT, "%s: the gzip file ends too early", source->name)
                   : note_set(note, ERR_CORRUPT, "%s: the gzip file is damaged: %s", source->name,
                              what == NULL ? sentence : what + 2);
    }
    *out_length = (size_t)length;
    return ERR_OK;
}

/* Drops a UTF-8 mark; refuses UTF-16. */
static enum err check_mark(const struct source *source, uint8_t *bytes, size_t *length,
                           struct note *note)
{
    if (*length >= 2 &&
        ((bytes[0] == 0xff && bytes[1] == 0xfe) || (bytes[0] == 0xfe && bytes[1] == 0xff))) {
        return note_set(note, ERR_INPUT, "%s: UTF-16; save it as UTF-8 first", source->name);
    }
    if (*length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
        *length -= 3;
        memmove(bytes, bytes + 3, *length);
    }
    return ERR_OK;
}

enum err source_read(struct source *source, void *out_bytes, size_t capacity, size_t *out_length,
                     struct note *note)
{
    ASSERT(capacity >= 4 && capacity <= INT32_MAX);
    size_t length = 0;
    do {
        TRY(fill(source, out_bytes, capacity, &length, note));
        if (source->is_started || length == 0) {
            break;
        }
        source->is_started = true;
        TRY(check_mark(source, out_bytes, &length, note));
    } while (length == 0);
    *out_length = length;
    return ERR_OK;
}

const char *source_name(const struct source *source)
{
    return source->name;
}

uint64_t source_position(const struct source *source)
{
    if (source->file == NULL) {
        return source->used;
    }
    z_off_t position = gzoffset(source->file);
    return position < 0 ? 0 : (uint64_t)position;
}

uint64_t source_size(const struct source *source)
{
    return source->size;
}
