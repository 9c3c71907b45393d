/* Whole files of a backup: sums, copies, folders. Internal to the module. */
#ifndef BACKUP_FILES_H
#define BACKUP_FILES_H

#include "backup/backup.h"

/* How far a run over several files is. */
struct backup_count {
    const struct backup_progress *progress; /* may be NULL */
    uint64_t done;
    uint64_t total;
};

/* False: cancelled. */
bool backup_count_add(struct backup_count *count, uint64_t bytes);

struct backup_path {
    char text[LIMIT_PATH_BYTES + 1];
};

/* ERR_INPUT when it is too long. */
MUST_USE enum err backup_path_of(const char *folder, const char *name, struct backup_path *out_path,
                                 struct note *note);
/* Size and sum of a file. ERR_NOT_FOUND, ERR_CORRUPT for a link or a folder in its place,
 * ERR_STORAGE, ERR_CANCELLED. */
MUST_USE enum err backup_sum(const char *path, struct backup_count *count, uint64_t *out_bytes,
                             struct hash *out_sum, struct note *note);
/* Copies to a new file, 0600, flushed; gives the sum of what was copied. */
MUST_USE enum err backup_copy(const char *from, const char *to, struct backup_count *count,
                              struct hash *out_sum, struct note *note);
/* Is it there, and has it nothing in it? A file is not empty. */
MUST_USE enum err backup_folder_look(const char *path, bool *out_is_there, bool *out_is_empty,
                                     struct note *note);
MUST_USE enum err backup_folder_flush(const char *path, struct note *note);
/* The folder that holds `path`. */
MUST_USE enum err backup_parent_flush(const char *path, struct note *note);
/* Last row, hash and time of the journal in this folder, into the manifest. */
MUST_USE enum err backup_journal_end(const char *folder, struct backup_manifest *manifest,
                                     struct note *note);
/* The same, read from the first batch to the last: each must be whole, by its checksums and its
 * hash, and follow on from the one before it. ERR_CORRUPT with a note that names the row. The
 * signatures are not looked at: that is the audit's. */
MUST_USE enum err backup_journal_walk(const char *folder, struct backup_count *count,
                                      struct backup_manifest *manifest, struct note *note);
/* What an errno means, with a note. */
enum err backup_failure(const char *path, const char *what, struct note *note);

#endif
