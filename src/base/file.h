/* Whole small files: made once and durable, or read up to a bound; and parts of open ones.
 *
 * Errors of whole files come with a note that names the path. Thread rule: any thread.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/bytes.h"

enum file_access {
    FILE_PUBLIC, /* made with mode 0644; read whatever its mode is */
    FILE_SECRET, /* made with mode 0600; refused when its group or others have any access */
};

/* What an errno of a call about a path means: ERR_EXISTS, ERR_NOT_FOUND, ERR_DENIED, ERR_RESOURCE;
 * ERR_STORAGE for the rest. */
enum err file_err_of(int code);

/* Makes a new file with these bytes, flushed with its folder. ERR_EXISTS when something is there
 * already (it is never overwritten), ERR_NOT_FOUND without its folder, ERR_DENIED, ERR_STORAGE.
 * On failure no file is left behind. */
MUST_USE enum err file_create(const char *path, enum file_access access, struct slice bytes,
                              struct note *note);

/* After a rename or an unlink: makes the folder that holds `path` durable. */
MUST_USE enum err file_flush_folder(const char *path, struct note *note);

/* Replaces the contents of `out_bytes` by the file's. ERR_NOT_FOUND, ERR_DENIED, ERR_RANGE when it
 * has more than `limit` bytes, ERR_STORAGE. */
MUST_USE enum err file_read(const char *path, enum file_access access, size_t limit,
                            struct buffer *out_bytes, struct note *note);

/* All of it, however often that takes. ERR_CORRUPT where the file ends before; ERR_STORAGE. */
MUST_USE enum err file_read_at(int fd, uint64_t offset, void *out, size_t length);
MUST_USE enum err file_write_at(int fd, uint64_t offset, const void *bytes, size_t length);

#endif
