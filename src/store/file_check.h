/* Is an LMDB file as long as it says? Asked before it is mapped, since a read behind its end kills
 * the process. */
#ifndef STORE_FILE_CHECK_H
#define STORE_FILE_CHECK_H

#include <sys/types.h>

#include "base/bytes.h"

/* Reads the two meta pages of the open file `fd` (LMDB 0.9 data format, version 1). The pages
 * behind its end may only be free ones: LMDB does not write a page that it takes and frees in one
 * transaction, so a sound file may be a few pages shorter than its last page number says.
 * ERR_CORRUPT with a note that names `path` and the sizes; ERR_UNSUPPORTED for another LMDB format;
 * ERR_STORAGE when it can't be read. */
MUST_USE enum err file_check_length(int fd, const char *path, struct note *note);

#endif
