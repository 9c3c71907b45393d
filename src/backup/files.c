#include "backup/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STEP_BYTES ((size_t)1 << 20)

enum err backup_failure(const char *path, const char *what, struct note *note)
{
    int result = errno;
    enum err err = result == ENOENT || result == ENOTDIR ? ERR_NOT_FOUND
                   : result == EEXIST                    ? ERR_EXISTS
                   : result == EACCES || result == EPERM ? ERR_DENIED
                                                         : ERR_STORAGE;
    return note_set(note, err, "%s: %s: %s", path, what, strerror(result));
}

bool backup_count_add(struct backup_count *count, uint64_t bytes)
{
    const struct backup_progress *progress = count->progress;
    count->done += bytes;
    if (count->done > count->total) {
        count->total = count->done; /* the files grew meanwhile */
    }
    return progress == NULL || progress->step == NULL ||
           progress->step(progress->context, count->done, count->total);
}

enum err backup_path_of(const char *folder, const char *name, struct backup_path *out_path,
                        struct note *note)
{
    int length = snprintf(out_path->text, sizeof out_path->text, "%s/%s", folder, name);
    if (length < 0 || (size_t)length >= sizeof out_path->text) {
        return note_set(note, ERR_INPUT, "%.200s...: this path is too long", folder);
    }
    return ERR_OK;
}

static enum err write_all(int fd, const uint8_t *bytes, size_t length)
{
    while (length > 0) {
        ssize_t put = write(fd, bytes, length);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            return ERR_STORAGE;
        }
        bytes += put;
        length -= (size_t)put;
    }
    return ERR_OK;
}

/* Reads `from` to its end, through the hash, into `to` where it is not -1. */
static enum err pass(int from, int to, const char *path, struct backup_count *count,
                     uint64_t *out_bytes, struct hash *out_sum, struct note *note)
{
    uint8_t *bytes = malloc(STEP_BYTES);
    struct hasher hasher;
    uint64_t done = 0;
    enum err err = bytes == NULL ? ERR_RESOURCE : ERR_OK;
    hasher_init_file(&hasher);
    while (err == ERR_OK) {
        ssize_t got = read(from, bytes, STEP_BYTES);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            err = backup_failure(path, "can't be read", note);
        }
        if (got <= 0) {
            break;
        }
        hasher_add(&hasher, slice_of(bytes, (size_t)got));
        done += (uint64_t)got;
        if (to >= 0 && write_all(to, bytes, (size_t)got) != ERR_OK) {
            err = backup_failure(path, "can't be copied", note);
        } else if (!backup_count_add(count, (uint64_t)got)) {
            err = note_set(note, ERR_CANCELLED, "cancelled at %s", path);
        }
    }
    free(bytes);
    TRY(err);
    *out_bytes = done;
    *out_sum = hasher_finish(&hasher);
    return ERR_OK;
}

/* ERR_CORRUPT for what is there under the name and is no file: a backup has the files themselves.
 */
static enum err open_file(const char *path, int *out_fd, struct note *note)
{
    struct stat about;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) {
        return errno == ELOOP ? note_set(note, ERR_CORRUPT,
                                         "%s: is a symbolic link: a backup has the files "
                                         "themselves in it",
                                         path)
                              : backup_failure(path, "can't be opened", note);
    }
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) {
        close(fd);
        return note_set(note, ERR_CORRUPT, "%s: is not a regular file", path);
    }
    *out_fd = fd;
    return ERR_OK;
}

enum err backup_sum(const char *path, struct backup_count *count, uint64_t *out_bytes,
                    struct hash *out_sum, struct note *note)
{
    int fd;
    TRY(open_file(path, &fd, note));
    enum err err = pass(fd, -1, path, count, out_bytes, out_sum, note);
    close(fd);
    return err;
}

enum err backup_copy(const char *from, const char *to, struct backup_count *count,
                     struct hash *out_sum, struct note *note)
{
    uint64_t bytes;
    int in;
    TRY(open_file(from, &in, note));
    int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (out < 0) {
        close(in);
        return backup_failure(to, "can't be made", note);
    }
    enum err err = pass(in, out, to, count, &bytes, out_sum, note);
    if (err == ERR_OK && fsync(out) != 0) {
        err = backup_failure(to, "can't be flushed", note);
    }
    if (close(out) != 0 && err == ERR_OK) {
        err = backup_failure(to, "can't be closed", note);
    }
    close(in);
    return err;
}

enum err backup_folder_look(const char *path, bool *out_is_there, bool *out_is_empty,
                            struct note *note)
{
    DIR *folder = opendir(path);
    bool is_empty = true;
    if (folder == NULL) {
        if (errno == ENOENT) {
            *out_is_there = false;
            *out_is_empty = true;
            return ERR_OK;
        }
        return backup_failure(path, "can't look into it", note);
    }
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        is_empty =
            is_empty && (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0);
    }
    closedir(folder);
    *out_is_there = true;
    *out_is_empty = is_empty;
    return ERR_OK;
}

enum err backup_folder_flush(const char *path, struct note *note)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int result = fd < 0 ? -1 : fsync(fd);
    int cause = errno;
    if (fd >= 0) {
        close(fd);
    }
    errno = cause;
    return result == 0 ? ERR_OK : backup_failure(path, "can't be flushed", note);
}

enum err backup_parent_flush(const char *path, struct note *note)
{
    struct backup_path copy;
    if (snprintf(copy.text, sizeof copy.text, "%s", path) >= (int)sizeof copy.text) {
        return note_set(note, ERR_INPUT, "%.200s...: this path is too long", path);
    }
    return backup_folder_flush(dirname(copy.text), note);
}
