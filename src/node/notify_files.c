/* A webhook's cursor, and what was set aside for it: small files in the data folder. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "node/notify_parts.h"

#define FILE_PATH_MAX (LIMIT_PATH_BYTES + NOTIFY_WEBHOOK_NAME_MAX + 32)

static enum err make_folder(const char *data, struct note *note)
{
    char path[FILE_PATH_MAX];
    snprintf(path, sizeof path, "%s/notify", data);
    if (mkdir(path, 0700) == 0) {
        return file_flush_folder(path, note);
    }
    return errno == EEXIST ? ERR_OK
                           : note_set(note, file_err_of(errno), "%s: %s", path, strerror(errno));
}

static const char *path_of(char out_path[FILE_PATH_MAX], const char *data, const char *name,
                           const char *suffix)
{
    snprintf(out_path, FILE_PATH_MAX, "%s/notify/%s%s", data, name, suffix);
    return out_path;
}

enum err notify_cursor_load(const char *data, const char *name, struct notify_cursor *out_cursor,
                            struct note *note)
{
    char path[FILE_PATH_MAX];
    struct buffer text = {0};
    enum err err = file_read(path_of(path, data, name, ".json"), FILE_PUBLIC,
                             LIMIT_NOTIFY_CURSOR_BYTES, &text, note);
    if (err == ERR_OK) {
        err = notify_cursor_decode(buffer_slice(&text), out_cursor);
        err = err == ERR_OK
                  ? ERR_OK
                  : note_set(note, err,
                             "%s is no cursor of a webhook; without it the webhook begins at the "
                             "journal's end",
                             path);
    }
    buffer_fini(&text);
    return err;
}

enum err notify_cursor_save(const char *data, const char *name, const struct notify_cursor *cursor,
                            struct note *note)
{
    char path[FILE_PATH_MAX];
    char fresh[FILE_PATH_MAX];
    struct buffer text = {0};
    path_of(path, data, name, ".json");
    path_of(fresh, data, name, ".json.new");
    TRY(make_folder(data, note));
    enum err err = notify_cursor_encode(cursor, &text);
    if (err == ERR_OK) {
        (void)unlink(fresh); /* of one that ended half-way */
        err = file_create(fresh, FILE_PUBLIC, buffer_slice(&text), note);
    }
    buffer_fini(&text);
    TRY(err);
    if (rename(fresh, path) != 0) {
        return note_set(note, file_err_of(errno), "%s: %s", path, strerror(errno));
    }
    return file_flush_folder(path, note);
}

static enum err append(const char *path, const char *line, size_t length, struct note *note)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) {
        return note_set(note, file_err_of(errno), "%s: %s", path, strerror(errno));
    }
    bool is_whole = write(fd, line, length) == (ssize_t)length && fdatasync(fd) == 0;
    close(fd);
    return is_whole ? ERR_OK : note_set(note, ERR_STORAGE, "%s: can't be written", path);
}

enum err notify_aside_append(const char *data, const char *name, uint64_t known,
                             const struct notify_aside *aside, struct note *note)
{
    char path[FILE_PATH_MAX];
    char line[LIMIT_NOTIFY_ASIDE_BYTES + 96];
    if (known >= LIMIT_NOTIFY_ASIDE) {
        return ERR_OK;
    }
    TRY(make_folder(data, note));
    int length = snprintf(line, sizeof line,
                          "{\"id\":\"%s\",\"time_unix_ms\":%" PRId64 ",\"http_status\":%u}\n",
                          aside->id, aside->time.ms, aside->http_status);
    return append(path_of(path, data, name, ".aside"), line, (size_t)length, note);
}

static bool read_aside(const char *line, size_t length, struct notify_aside *out_aside)
{
    const char *id = "";
    json_int_t time = 0;
    json_int_t status = 0;
    json_t *json = json_loadb(line, length, 0, NULL);
    bool is_read = json != NULL && json_unpack(json, "{s:s, s:I, s:I}", "id", &id, "time_unix_ms",
                                               &time, "http_status", &status) == 0;
    if (is_read) {
        *out_aside = (struct notify_aside){.time = {time}, .http_status = (unsigned)status};
        snprintf(out_aside->id, sizeof out_aside->id, "%s", id);
    }
    json_decref(json);
    return is_read;
}

size_t notify_aside_load(const char *data, const char *name,
                         struct notify_aside out_aside[NOTIFY_ASIDE_SHOWN])
{
    char path[FILE_PATH_MAX];
    char line[2 * LIMIT_NOTIFY_ASIDE_BYTES];
    size_t count = 0;
    FILE *file = fopen(path_of(path, data, name, ".aside"), "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        struct notify_aside aside;
        if (!read_aside(line, strlen(line), &aside)) {
            continue;
        }
        if (count == NOTIFY_ASIDE_SHOWN) {
            memmove(out_aside, out_aside + 1, (count - 1) * sizeof *out_aside);
            count--;
        }
        out_aside[count++] = aside;
    }
    if (file != NULL) {
        fclose(file);
    }
    return count;
}
