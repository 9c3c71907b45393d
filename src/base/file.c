#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum err file_err_of(int code)
{
    switch (code) {
    case EEXIST:
        return ERR_EXISTS;
    case ENOENT:
    case ENOTDIR:
        return ERR_NOT_FOUND;
    case EACCES:
    case EPERM:
    case EROFS:
        return ERR_DENIED;
    case ENOMEM:
    case EMFILE:
    case ENFILE:
        return ERR_RESOURCE;
    default:
        return ERR_STORAGE;
    }
}

/* What the operating system said about the path, as a code and a line. */
static enum err failed(struct note *note, const char *verb, const char *path)
{
    int code = errno;
    return note_set(note, file_err_of(code), "cannot %s %s: %s", verb, path, strerror(code));
}

static void close_scoped(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
}

static bool write_whole(int fd, struct slice bytes)
{
    while (bytes.length > 0) {
        ssize_t written = write(fd, bytes.at, bytes.length);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return false;
        }
        bytes.at += written;
        bytes.length -= (size_t)written;
    }
    return true;
}

/* A new name is durable only when its folder is. */
static bool flush_folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path) + 1);
    if (folder == NULL) {
        return false;
    }
    CLEANUP(close_scoped) int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    return fd >= 0 && fsync(fd) == 0;
}

enum err file_flush_folder(const char *path, struct note *note)
{
    return flush_folder_of(path) ? ERR_OK : failed(note, "flush the folder of", path);
}

enum err file_create(const char *path, enum file_access access, struct slice bytes,
                     struct note *note)
{
    mode_t mode = access == FILE_SECRET ? S_IRUSR | S_IWUSR : 0644;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0) {
        return failed(note, "create", path);
    }
    bool is_durable = write_whole(fd, bytes) && fsync(fd) == 0;
    is_durable = close(fd) == 0 && is_durable && flush_folder_of(path);
    if (!is_durable) {
        enum err err = failed(note, "write", path);
        unlink(path);
        return err;
    }
    return ERR_OK;
}

/* Reads up to the capacity that was reserved; the length found, or -1. */
static ssize_t read_whole(int fd, uint8_t *at, size_t capacity)
{
    size_t length = 0;
    while (length < capacity) {
        ssize_t got = read(fd, at + length, capacity - length);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return -1;
        }
        if (got == 0) {
            break;
        }
        length += (size_t)got;
    }
    return (ssize_t)length;
}

static enum err check_access(const struct stat *status, const char *path, enum file_access access,
                             struct note *note)
{
    if (!S_ISREG(status->st_mode)) {
        return note_set(note, ERR_INPUT, "%s is not a regular file", path);
    }
    if (access == FILE_SECRET && (status->st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return note_set(note, ERR_DENIED,
                        "%s holds a secret but has mode %04o: its group or others have access; "
                        "make it 0600",
                        path, status->st_mode & 07777u);
    }
    return ERR_OK;
}

enum err file_read(const char *path, enum file_access access, size_t limit,
                   struct buffer *out_bytes, struct note *note)
{
    CLEANUP(close_scoped) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat status;
    if (fd < 0 || fstat(fd, &status) != 0) {
        return failed(note, "read", path);
    }
    TRY(check_access(&status, path, access, note));
    if (status.st_size < 0 || (uint64_t)status.st_size > limit) {
        return note_set(note, ERR_RANGE, "%s has %lld bytes, more than the %zu allowed", path,
                        (long long)status.st_size, limit);
    }
    /* Reserved in one piece, so that growing leaves no stray copies of a secret. */
    struct buffer found = {0};
    size_t size = (size_t)status.st_size;
    uint8_t *at = write_reserve(&found, size + 1);
    ssize_t length = at == NULL ? -1 : read_whole(fd, at, size + 1);
    if (length < 0 || (size_t)length > size) {
        enum err err = at == NULL   ? note_set(note, ERR_RESOURCE, "no memory to read %s", path)
                       : length < 0 ? failed(note, "read", path)
                                    : note_set(note, ERR_CONFLICT, "%s grew while read", path);
        buffer_fini(&found);
        return err;
    }
    found.length = (size_t)length;
    buffer_fini(out_bytes);
    *out_bytes = found;
    return ERR_OK;
}

enum err file_read_at(int fd, uint64_t offset, void *out, size_t length)
{
    uint8_t *to = out;
    while (length > 0) {
        ssize_t got = pread(fd, to, length, (off_t)offset);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return got == 0 ? ERR_CORRUPT : ERR_STORAGE;
        }
        to += got;
        offset += (uint64_t)got;
        length -= (size_t)got;
    }
    return ERR_OK;
}

enum err file_write_at(int fd, uint64_t offset, const void *bytes, size_t length)
{
    const uint8_t *from = bytes;
    while (length > 0) {
        ssize_t put = pwrite(fd, from, length, (off_t)offset);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            return ERR_STORAGE;
        }
        from += put;
        offset += (uint64_t)put;
        length -= (size_t)put;
    }
    return ERR_OK;
}
