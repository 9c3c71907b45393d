#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "backup/files.h"
#include "base/file.h"
#include "wire/signed.h"

static enum err read_manifest(const char *folder, struct buffer *json,
                              struct backup_manifest *out_manifest, struct note *note)
{
    struct backup_path path;
    struct note why = {""};
    TRY(backup_path_of(folder, BACKUP_MANIFEST_NAME, &path, note));
    enum err err = file_read(path.text, FILE_PUBLIC, BACKUP_MANIFEST_BYTES, json, note);
    if (err == ERR_NOT_FOUND) {
        return note_set(note, err, "%s: no %s: the backup was not finished, or this is none",
                        folder, BACKUP_MANIFEST_NAME);
    }
    TRY(err);
    err = manifest_decode(buffer_slice(json), out_manifest, &why);
    return err == ERR_OK ? ERR_OK : note_set(note, err, "%s: %s", path.text, why.text);
}

static enum err check_signature(const char *folder, const struct backup_judge *judge,
                                const struct backup_manifest *manifest, struct slice json,
                                struct note *note)
{
    struct backup_path path;
    struct signed_message message;
    struct public_key key;
    CLEANUP(buffer_fini) struct buffer bytes = {0};
    if (strcmp(manifest->coalition, judge->coalition) != 0) {
        return note_set(note, ERR_DENIED, "%s: a backup of the coalition %s, not of %s", folder,
                        manifest->coalition, judge->coalition);
    }
    TRY(backup_path_of(folder, BACKUP_SIGNATURE_NAME, &path, note));
    enum err err = file_read(path.text, FILE_PUBLIC, LIMIT_SIGNED_BYTES, &bytes, note);
    if (err == ERR_NOT_FOUND) {
        return note_set(note, ERR_SIGNATURE, "%s: is missing", path.text);
    }
    TRY(err);
    if (signed_decode(buffer_slice(&bytes), &message) != ERR_OK ||
        !slice_equal(message.payload, json)) {
        return note_set(note, ERR_SIGNATURE, "%s: is not of this manifest", path.text);
    }
    err =
        judge->find_key(judge->context, &manifest->partner, &message.key_id, manifest->time, &key);
    if (err == ERR_NOT_FOUND) {
        return note_set(note, ERR_SIGNATURE, "%s: by a key that is not %s's in the charter",
                        path.text, manifest->partner.text);
    }
    TRY(err);
    err = signed_verify(&message, judge->coalition, PURPOSE_BACKUP, &key);
    return err == ERR_OK ? ERR_OK
                         : note_set(note, err, "%s: the signature does not verify", path.text);
}

static enum err check_file(const char *folder, const struct backup_file *file,
                           struct backup_count *count, struct note *note)
{
    struct backup_path path;
    uint64_t bytes;
    struct hash sum;
    TRY(backup_path_of(folder, file->name, &path, note));
    enum err err = backup_sum(path.text, count, &bytes, &sum, note);
    if (err == ERR_NOT_FOUND) {
        return note_set(note, ERR_CORRUPT, "%s: is missing", path.text);
    }
    TRY(err);
    if (bytes != file->bytes) {
        return note_set(note, ERR_CORRUPT, "%s: has %llu bytes, the manifest says %llu", path.text,
                        (unsigned long long)bytes, (unsigned long long)file->bytes);
    }
    return hash_equal(&sum, &file->sum)
               ? ERR_OK
               : note_set(note, ERR_CORRUPT, "%s: damaged: its sum is not the manifest's",
                          path.text);
}

/* Do they open as what they are? */
static enum err check_opens(const char *folder, const struct backup_manifest *manifest,
                            struct note *note)
{
    static const char *const needed[] = {"journal.mdb", "state.mdb", "owner"};
    struct backup_manifest found = {.file_count = 0};
    struct vault *vault = NULL;
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        if (manifest_file(manifest, needed[i]) == NULL) {
            return note_set(note, ERR_CORRUPT, "%s: the manifest names no %s", folder, needed[i]);
        }
    }
    if (manifest_file(manifest, VAULT_FILE_NAME) != NULL) {
        TRY(vault_open(folder, VAULT_READ_ONLY, &vault, note));
        vault_close(vault);
    }
    TRY(backup_journal_end(folder, &found, note));
    if (found.journal_row != manifest->journal_row ||
        !hash_equal(&found.journal_hash, &manifest->journal_hash)) {
        return note_set(note, ERR_CORRUPT,
                        "%s/journal.mdb: ends at row %llu, the manifest says row %llu", folder,
                        (unsigned long long)found.journal_row,
                        (unsigned long long)manifest->journal_row);
    }
    return ERR_OK;
}

enum err backup_check(const char *folder, const struct backup_judge *judge,
                      const struct backup_progress *progress, struct backup_manifest *out_manifest,
                      struct note *note)
{
    CLEANUP(buffer_fini) struct buffer json = {0};
    struct backup_manifest manifest;
    TRY(read_manifest(folder, &json, &manifest, note));
    if (judge->coalition != NULL) {
        TRY(check_signature(folder, judge, &manifest, buffer_slice(&json), note));
    }
    struct backup_count count = {progress, 0, manifest_bytes(&manifest)};
    for (size_t i = 0; i < manifest.file_count; i++) {
        TRY(check_file(folder, &manifest.files[i], &count, note));
    }
    TRY(check_opens(folder, &manifest, note));
    *out_manifest = manifest;
    return ERR_OK;
}
