#include "backup/manifest.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

const struct backup_file *manifest_file(const struct backup_manifest *manifest, const char *name)
{
    for (size_t i = 0; i < manifest->file_count; i++) {
        if (strcmp(manifest->files[i].name, name) == 0) {
            return &manifest->files[i];
        }
    }
    return NULL;
}

uint64_t manifest_bytes(const struct backup_manifest *manifest)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < manifest->file_count; i++) {
        bytes += manifest->files[i].bytes;
    }
    return bytes;
}

static json_t *file_json(const struct backup_file *file)
{
    char sum[HASH_TEXT_MAX];
    return json_pack("{s:s, s:I, s:s, s:I}", "name", file->name, "bytes", (json_int_t)file->bytes,
                     "blake2b_256", hash_format(&file->sum, sum), "format",
                     (json_int_t)file->format);
}

static json_t *manifest_json(const struct backup_manifest *manifest)
{
    char hash[HASH_TEXT_MAX];
    json_t *files = json_array();
    for (size_t i = 0; files != NULL && i < manifest->file_count; i++) {
        if (json_array_append_new(files, file_json(&manifest->files[i])) != 0) {
            json_decref(files);
            return NULL;
        }
    }
    return json_pack("{s:i, s:s, s:s, s:s, s:I, s:{s:I, s:s, s:I}, s:o}", "format", BACKUP_FORMAT,
                     "program", manifest->program, "coalition", manifest->coalition, "partner",
                     manifest->partner.text, "time_unix_ms", (json_int_t)manifest->time.ms,
                     "journal", "row", (json_int_t)manifest->journal_row, "hash",
                     hash_format(&manifest->journal_hash, hash), "time_unix_ms",
                     (json_int_t)manifest->journal_time.ms, "files", files);
}

enum err manifest_encode(const struct backup_manifest *manifest, struct buffer *out)
{
    json_t *json = manifest_json(manifest);
    char *text = json == NULL ? NULL : json_dumps(json, JSON_INDENT(2));
    json_decref(json);
    if (text == NULL) {
        return ERR_RESOURCE;
    }
    write_bytes(out, text, strlen(text));
    write_u8(out, '\n');
    free(text);
    return out->err;
}

static bool keep_text(char *out, size_t capacity, const char *text)
{
    size_t length = strlen(text);
    if (length >= capacity) {
        return false;
    }
    memcpy(out, text, length + 1);
    return true;
}

static bool is_plain_name(const char *name)
{
    return name[0] != '\0' && name[0] != '.' && strchr(name, '/') == NULL;
}

static enum err read_file(json_t *json, struct backup_file *out_file)
{
    const char *name;
    const char *sum;
    json_int_t bytes;
    json_int_t format;
    if (json_unpack_ex(json, NULL, JSON_STRICT, "{s:s, s:I, s:s, s:I}", "name", &name, "bytes",
                       &bytes, "blake2b_256", &sum, "format", &format) != 0 ||
        bytes < 0 || format < 0 || format > UINT32_MAX || !is_plain_name(name) ||
        !keep_text(out_file->name, sizeof out_file->name, name) ||
        hash_parse(sum, &out_file->sum) != ERR_OK) {
        return ERR_CORRUPT;
    }
    out_file->bytes = (uint64_t)bytes;
    out_file->format = (uint32_t)format;
    return ERR_OK;
}

static enum err read_manifest(json_t *json, struct backup_manifest *out)
{
    const char *program;
    const char *coalition;
    const char *partner;
    const char *hash;
    int format;
    json_int_t time;
    json_int_t row;
    json_int_t journal_time;
    json_t *files;
    if (json_unpack_ex(json, NULL, JSON_STRICT, "{s:i, s:s, s:s, s:s, s:I, s:{s:I, s:s, s:I}, s:o}",
                       "format", &format, "program", &program, "coalition", &coalition, "partner",
                       &partner, "time_unix_ms", &time, "journal", "row", &row, "hash", &hash,
                       "time_unix_ms", &journal_time, "files", &files) != 0) {
        return ERR_CORRUPT;
    }
    if (row < 0 || !keep_text(out->program, sizeof out->program, program) ||
        !keep_text(out->coalition, sizeof out->coalition, coalition) ||
        partner_id_parse(partner, &out->partner) != ERR_OK ||
        hash_parse(hash, &out->journal_hash) != ERR_OK || !json_is_array(files) ||
        json_array_size(files) > BACKUP_FILES_MAX) {
        return ERR_CORRUPT;
    }
    out->time.ms = time;
    out->journal_row = (uint64_t)row;
    out->journal_time.ms = journal_time;
    out->file_count = json_array_size(files);
    for (size_t i = 0; i < out->file_count; i++) {
        TRY(read_file(json_array_get(files, i), &out->files[i]));
    }
    return ERR_OK;
}

enum err manifest_decode(struct slice json, struct backup_manifest *out_manifest, struct note *note)
{
    struct backup_manifest manifest = {.file_count = 0};
    json_error_t error;
    json_t *root = json_loadb((const char *)json.at, json.length, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL) {
        return note_set(note, ERR_CORRUPT, "line %d: %s", error.line, error.text);
    }
    json_int_t format = json_integer_value(json_object_get(root, "format"));
    enum err err = ERR_OK;
    if (format != BACKUP_FORMAT && format > 0) {
        err = note_set(note, ERR_UNSUPPORTED,
                       "backup format %" JSON_INTEGER_FORMAT ", and this build knows format %d",
                       format, BACKUP_FORMAT);
    } else if (read_manifest(root, &manifest) != ERR_OK) {
        err = note_set(note, ERR_CORRUPT, "not a manifest as it is written");
    }
    json_decref(root);
    TRY(err);
    *out_manifest = manifest;
    return ERR_OK;
}
