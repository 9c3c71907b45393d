#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "backup/files.h"
#include "base/file.h"
#include "ledger/batch.h"
#include "store/copy.h"
#include "wire/signed.h"

#define VAULT_FORMAT 1u

struct making {
    const struct backup_source *source;
    const char *folder;
    struct backup_manifest *manifest;
    struct backup_count count;
    struct note *note;
};

static bool count_step(void *context, uint64_t bytes)
{
    return backup_count_add(context, bytes);
}

static uint64_t file_bytes(const char *folder, const char *name)
{
    struct backup_path path;
    struct stat about;
    return backup_path_of(folder, name, &path, NULL) == ERR_OK && stat(path.text, &about) == 0
               ? (uint64_t)about.st_size
               : 0;
}

static enum err begin(struct making *making)
{
    static const char *const names[] = {"archive.mdb", "state.mdb", "journal.mdb", VAULT_FILE_NAME};
    bool is_there;
    bool is_empty;
    const char *folder = making->folder;
    struct statvfs room;
    TRY(backup_folder_look(folder, &is_there, &is_empty, making->note));
    if (!is_empty) {
        return note_set(making->note, ERR_EXISTS, "%s: has something in it already", folder);
    }
    if (!is_there) {
        if (mkdir(folder, 0700) != 0) {
            return backup_failure(folder, "can't make this folder", making->note);
        }
        TRY(backup_parent_flush(folder, making->note));
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        making->count.total += file_bytes(making->source->data_folder, names[i]);
    }
    if (statvfs(folder, &room) != 0) {
        return backup_failure(folder, "can't look at the disk", making->note);
    }
    uint64_t is_free = (uint64_t)room.f_bavail * room.f_frsize;
    if (is_free < making->count.total) {
        return note_set(making->note, ERR_RESOURCE,
                        "%s: its disk has %llu MiB free, the backup may take %llu MiB", folder,
                        (unsigned long long)(is_free >> 20),
                        (unsigned long long)(making->count.total >> 20));
    }
    making->count.total *= 2; /* copied, then summed up; of the journal every batch is checked */
    making->count.total += file_bytes(making->source->data_folder, "journal.mdb");
    return ERR_OK;
}

static enum err copy_vault(struct making *making)
{
    struct backup_path path;
    TRY(backup_path_of(making->folder, VAULT_FILE_NAME, &path, making->note));
    int fd = open(path.text, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return backup_failure(path.text, "can't be made", making->note);
    }
    enum err err = vault_copy(making->source->vault, fd);
    if (err != ERR_OK) {
        err = note_set(making->note, err, "%s: the vault can't be copied", path.text);
    } else if (fsync(fd) != 0) {
        err = backup_failure(path.text, "can't be flushed", making->note);
    }
    close(fd);
    return err;
}

/* Adds a finished file to the manifest. */
static enum err name_file(struct making *making, const char *name, uint32_t format)
{
    struct backup_path path;
    ASSERT(making->manifest->file_count < BACKUP_FILES_MAX);
    struct backup_file *file = &making->manifest->files[making->manifest->file_count];
    TRY(backup_path_of(making->folder, name, &path, making->note));
    TRY(backup_sum(path.text, &making->count, &file->bytes, &file->sum, making->note));
    (void)snprintf(file->name, sizeof file->name, "%s", name);
    file->format = format;
    making->manifest->file_count++;
    return ERR_OK;
}

static enum err copy_files(struct making *making)
{
    const struct backup_source *source = making->source;
    struct copy_watch watch = {&making->count, count_step};
    struct backup_path owner;
    uint32_t format;
    if (source->archive != NULL) {
        TRY(archive_copy(source->archive, making->folder, &watch, &format, making->note));
        TRY(name_file(making, "archive.mdb", format));
    }
    TRY(state_copy(source->state, making->folder, &watch, &format, making->note));
    TRY(name_file(making, "state.mdb", format));
    TRY(journal_copy(source->journal, making->folder, &watch, &format, making->note));
    TRY(name_file(making, "journal.mdb", format));
    if (source->vault != NULL) {
        TRY(copy_vault(making));
        TRY(name_file(making, VAULT_FILE_NAME, VAULT_FORMAT));
    }
    char text[PARTNER_ID_MAX + LIMIT_COALITION_BYTES + 3];
    int length = snprintf(text, sizeof text, "%s %s\n", source->coalition, source->partner.text);
    TRY(backup_path_of(making->folder, "owner", &owner, making->note));
    TRY(file_create(owner.text, FILE_PUBLIC, slice_of(text, (size_t)length), making->note));
    return name_file(making, "owner", 0);
}

enum err backup_journal_end(const char *folder, struct backup_manifest *manifest, struct note *note)
{
    struct journal_file *file;
    struct batch_view batch;
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    uint64_t next_row = 0;
    uint64_t first_row;
    TRY(journal_file_open(folder, JOURNAL_READ_ONLY, &file, note));
    struct journal journal = journal_file_port(file);
    enum err err = journal.next_row(journal.context, &next_row);
    if (err == ERR_OK && next_row > 1) {
        err = journal.read(journal.context, next_row - 1, &first_row, &bytes);
        if (err == ERR_OK) {
            err = batch_open(buffer_slice(&bytes), &batch);
        }
        if (err == ERR_OK) {
            manifest->journal_hash = batch.hash;
            manifest->journal_time = batch.time;
        }
    }
    journal_file_close(file);
    if (err != ERR_OK) {
        return note_set(note, err, "%s/journal.mdb: its last batch can't be read", folder);
    }
    manifest->journal_row = next_row - 1;
    return ERR_OK;
}

/* The signature first: with the manifest the backup is finished. */
static enum err finish(struct making *making)
{
    const struct backup_source *source = making->source;
    struct backup_path manifest;
    struct backup_path signature;
    CLEANUP(buffer_fini) struct buffer json = {0};
    CLEANUP(buffer_fini) struct buffer envelope = {0};
    TRY(backup_path_of(making->folder, BACKUP_MANIFEST_NAME, &manifest, making->note));
    TRY(backup_path_of(making->folder, BACKUP_SIGNATURE_NAME, &signature, making->note));
    TRY(manifest_encode(making->manifest, &json));
    enum err err = signed_make(source->signer, source->charter_epoch, PURPOSE_BACKUP,
                               buffer_slice(&json), &envelope);
    if (err != ERR_OK) {
        return note_set(making->note, err, "the manifest can't be signed");
    }
    TRY(file_create(signature.text, FILE_PUBLIC, buffer_slice(&envelope), making->note));
    return file_create(manifest.text, FILE_PUBLIC, buffer_slice(&json), making->note);
}

enum err backup_make(const struct backup_source *source, const char *folder,
                     struct backup_manifest *out_manifest, struct note *note)
{
    struct backup_manifest manifest = {
        .partner = source->partner, .time = source->now, .file_count = 0};
    struct making making = {source, folder, &manifest, {&source->progress, 0, 0}, note};
    (void)snprintf(manifest.program, sizeof manifest.program, "%s", source->program);
    (void)snprintf(manifest.coalition, sizeof manifest.coalition, "%s", source->coalition);
    TRY(begin(&making));
    TRY(copy_files(&making));
    TRY(backup_journal_walk(folder, &making.count, &manifest, note));
    TRY(finish(&making));
    *out_manifest = manifest;
    return ERR_OK;
}
