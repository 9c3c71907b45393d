/* Folders that come into being whole or not at all: filled beside their place, then put there.
 *
 * Errors come with a note that names the path. Thread rule: any thread.
 */
#ifndef BASE_FOLDER_H
#define BASE_FOLDER_H

#include "base/error.h"
#include "base/limits.h"

struct folder_path {
    char text[LIMIT_PATH_BYTES + 9]; /* a folder's, and ".XXXXXX" behind it */
};

/* Makes an empty folder beside the target, of a name that nobody has. ERR_RANGE, ERR_NOT_FOUND
 * without the folder above, ERR_DENIED, ERR_RESOURCE, ERR_STORAGE. */
MUST_USE enum err folder_make_beside(const char *target, struct folder_path *out_beside,
                                     struct note *note);
/* Gives it the target's name; an empty folder that is there gives way. ERR_EXISTS for anything
 * else, ERR_STORAGE. */
MUST_USE enum err folder_put_in_place(const struct folder_path *beside, const char *target,
                                      struct note *note);
/* With all that is in it, as far as it can be; follows no link. Errno is as before. */
void folder_remove(const char *path);

#endif
