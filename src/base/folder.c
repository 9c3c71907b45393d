#include "base/folder.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"

#define OPEN_FOLDERS 16

enum err folder_make_beside(const char *target, struct folder_path *out_beside, struct note *note)
{
    struct folder_path beside;
    size_t length = strlen(target);
    while (length > 1 && target[length - 1] == '/') {
        length--;
    }
    if (length > LIMIT_PATH_BYTES) {
        return note_set(note, ERR_RANGE, "the folder's path is too long");
    }
    snprintf(beside.text, sizeof beside.text, "%.*s.XXXXXX", (int)length, target);
    if (mkdtemp(beside.text) == NULL || chmod(beside.text, 0755) != 0) {
        int code = errno;
        return note_set(note, file_err_of(code), "%s can't be made: %s", target, strerror(code));
    }
    *out_beside = beside;
    return ERR_OK;
}

enum err folder_put_in_place(const struct folder_path *beside, const char *target,
                             struct note *note)
{
    if (rename(beside->text, target) == 0) {
        return file_flush_folder(beside->text, note);
    }
    int code = errno;
    return code == ENOTEMPTY || code == EEXIST || code == ENOTDIR
               ? note_set(note, ERR_EXISTS,
                          "%s is there and not an empty folder; nothing was changed", target)
               : note_set(note, ERR_STORAGE, "%s can't be made: %s", target, strerror(code));
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    (void)remove(path);
    return 0;
}

void folder_remove(const char *path)
{
    int code = errno;
    (void)nftw(path, remove_entry, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
    errno = code;
}
