#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup/files.h"
#include "base/file.h"

static enum err check_owner(const struct backup_manifest *manifest,
                            const struct backup_target *target, struct note *note)
{
    if (strcmp(manifest->coalition, target->coalition) == 0 &&
        partner_id_equal(&manifest->partner, &target->partner)) {
        return ERR_OK;
    }
    return note_set(note, ERR_DENIED, "this is a backup of %s of %s, the home is %s of %s",
                    manifest->partner.text, manifest->coalition, target->partner.text,
                    target->coalition);
}

/* Does a node use the folder? Its journal's lock says so. */
static enum err check_unused(const char *folder, struct note *note)
{
    struct backup_path path;
    TRY(backup_path_of(folder, "journal.lock", &path, note));
    int fd = open(path.text, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return errno == ENOENT ? ERR_OK : backup_failure(path.text, "can't be opened", note);
    }
    int result = flock(fd, LOCK_EX | LOCK_NB);
    close(fd);
    return result == 0 ? ERR_OK
                       : note_set(note, ERR_UNAVAILABLE,
                                  "%s: a running talead holds it: stop the node first", path.text);
}

static enum err look(const struct backup_target *target, bool *out_is_there, struct note *note)
{
    bool is_empty;
    TRY(backup_folder_look(target->data_folder, out_is_there, &is_empty, note));
    if (is_empty) {
        return ERR_OK;
    }
    TRY(check_unused(target->data_folder, note));
    return target->is_forced
               ? ERR_OK
               : note_set(note, ERR_EXISTS, "%s: has a ledger in it already", target->data_folder);
}

/* What an earlier restore that was killed left behind. */
static void remove_files(const struct backup_manifest *manifest, const char *folder)
{
    struct backup_path path;
    for (size_t i = 0; i < manifest->file_count; i++) {
        if (backup_path_of(folder, manifest->files[i].name, &path, NULL) == ERR_OK) {
            (void)unlink(path.text);
        }
    }
    if (backup_path_of(folder, BACKUP_RESTORED_NAME, &path, NULL) == ERR_OK) {
        (void)unlink(path.text);
    }
    (void)rmdir(folder);
}

static enum err copy_files(const char *from, const char *to, const struct backup_manifest *manifest,
                           struct backup_count *count, struct note *note)
{
    for (size_t i = 0; i < manifest->file_count; i++) {
        const struct backup_file *file = &manifest->files[i];
        struct backup_path source;
        struct backup_path copy;
        struct hash sum;
        TRY(backup_path_of(from, file->name, &source, note));
        TRY(backup_path_of(to, file->name, &copy, note));
        TRY(backup_copy(source.text, copy.text, count, &sum, note));
        if (!hash_equal(&sum, &file->sum)) {
            return note_set(note, ERR_CORRUPT, "%s: changed while it was copied", source.text);
        }
    }
    return backup_folder_flush(to, note);
}

static enum err write_mark(const char *folder, const struct backup_manifest *manifest,
                           struct note *note)
{
    struct backup_path path;
    char text[64];
    int length =
        snprintf(text, sizeof text, "row %llu\n", (unsigned long long)manifest->journal_row);
    TRY(backup_path_of(folder, BACKUP_RESTORED_NAME, &path, note));
    return file_create(path.text, FILE_PUBLIC, slice_of(text, (size_t)length), note);
}

/* The old folder goes aside, the new one takes its name. */
static enum err put_in_place(const char *fresh, const struct backup_target *target, bool is_there,
                             char *out_aside, struct note *note)
{
    const char *data = target->data_folder;
    struct backup_path aside = {""};
    if (is_there && rmdir(data) != 0) { /* an empty one needs no name */
        int length = snprintf(aside.text, sizeof aside.text, "%s.replaced-%lld", data,
                              (long long)target->now.ms);
        if (length < 0 || (size_t)length >= sizeof aside.text) {
            return note_set(note, ERR_INPUT, "%.200s...: this path is too long", data);
        }
        if (rename(data, aside.text) != 0) {
            return backup_failure(data, "can't be put aside", note);
        }
    }
    if (rename(fresh, data) != 0) {
        enum err err = backup_failure(fresh, "can't get its name", note);
        if (aside.text[0] != '\0' && rename(aside.text, data) != 0) {
            return backup_failure(aside.text, "can't get its name back", note);
        }
        return err;
    }
    memcpy(out_aside, aside.text, sizeof aside.text);
    return backup_parent_flush(data, note);
}

enum err backup_restore(const char *folder, const struct backup_manifest *manifest,
                        const struct backup_target *target, const struct backup_progress *progress,
                        char *out_aside, struct note *note)
{
    bool is_there;
    struct backup_path fresh;
    struct backup_count count = {progress, 0, manifest_bytes(manifest)};
    TRY(check_owner(manifest, target, note));
    TRY(look(target, &is_there, note));
    int length = snprintf(fresh.text, sizeof fresh.text, "%s.restoring", target->data_folder);
    if (length < 0 || (size_t)length >= sizeof fresh.text) {
        return note_set(note, ERR_INPUT, "%.200s...: this path is too long", target->data_folder);
    }
    remove_files(manifest, fresh.text);
    if (mkdir(fresh.text, 0700) != 0) {
        return backup_failure(fresh.text, "can't make this folder", note);
    }
    enum err err = copy_files(folder, fresh.text, manifest, &count, note);
    if (err == ERR_OK) {
        err = write_mark(fresh.text, manifest, note);
    }
    if (err == ERR_OK) {
        err = put_in_place(fresh.text, target, is_there, out_aside, note);
    }
    if (err != ERR_OK) {
        remove_files(manifest, fresh.text);
    }
    return err;
}
