#include "dossier/sums_file.h"

#include <stdlib.h>
#include <string.h>

#define GAP "  "

void sums_line_write(struct buffer *out, const char *name, const struct hash *sum)
{
    char text[HASH_TEXT_MAX];
    hash_format(sum, text);
    write_bytes(out, text, strlen(text));
    write_bytes(out, GAP, sizeof GAP - 1);
    write_bytes(out, name, strlen(name));
    write_u8(out, '\n');
}

static bool is_name(const char *name)
{
    static const char *const folders[] = {CHARTERS_FOLDER "/", STREAMS_FOLDER "/",
                                          STATEMENTS_FOLDER "/", NETTING_FOLDER "/",
                                          PAYMENTS_FOLDER "/"};
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        size_t length = strlen(folders[i]);
        if (strncmp(name, folders[i], length) == 0) {
            size_t rest = strspn(name + length, "abcdefghijklmnopqrstuvwxyz0123456789-.");
            return rest > 0 && name[length] != '.' && name[length + rest] == '\0';
        }
    }
    return false;
}

/* One line without its end. */
static bool read_line(const char *at, size_t length, struct sums_line *out_line)
{
    char sum[HASH_TEXT_MAX];
    size_t start = HASH_TEXT_MAX - 1 + sizeof GAP - 1;
    if (length <= start || length - start >= DOSSIER_FILE_MAX || memchr(at, '\0', length) != NULL ||
        strncmp(at + HASH_TEXT_MAX - 1, GAP, sizeof GAP - 1) != 0) {
        return false;
    }
    memcpy(sum, at, HASH_TEXT_MAX - 1);
    sum[HASH_TEXT_MAX - 1] = '\0';
    memcpy(out_line->name, at + start, length - start);
    out_line->name[length - start] = '\0';
    return hash_parse(sum, &out_line->sum) == ERR_OK && is_name(out_line->name);
}

static int compare(const void *a, const void *b)
{
    const struct sums_line *first = a;
    const struct sums_line *second = b;
    return strcmp(first->name, second->name);
}

static enum err check_once(const struct sums_file *sums, struct note *note)
{
    for (size_t i = 1; i < sums->count; i++) {
        if (strcmp(sums->lines[i - 1].name, sums->lines[i].name) == 0) {
            return note_set(note, ERR_CORRUPT, "%s is there twice", sums->lines[i].name);
        }
    }
    return ERR_OK;
}

enum err sums_file_read(struct slice text, struct arena *arena, struct sums_file *out_sums,
                        struct note *note)
{
    const char *at = (const char *)text.at;
    size_t left = text.length;
    size_t capacity = text.length / (HASH_TEXT_MAX + sizeof GAP) + 1;
    struct sums_file sums = {arena_alloc(arena, capacity * sizeof *sums.lines), 0};
    if (sums.lines == NULL) {
        return ERR_RESOURCE;
    }
    while (left > 0) {
        const char *end = memchr(at, '\n', left);
        if (end == NULL || sums.count == capacity ||
            !read_line(at, (size_t)(end - at), &sums.lines[sums.count])) {
            return note_set(note, ERR_CORRUPT, "line %zu is no sum of a dossier's file",
                            sums.count + 1);
        }
        sums.count++;
        left -= (size_t)(end - at) + 1;
        at = end + 1;
    }
    qsort(sums.lines, sums.count, sizeof *sums.lines, compare);
    TRY(check_once(&sums, note));
    *out_sums = sums;
    return ERR_OK;
}

const struct sums_line *sums_file_find(const struct sums_file *sums, const char *name)
{
    struct sums_line wanted = {.sum = {{0}}};
    if (strlen(name) >= sizeof wanted.name) {
        return NULL;
    }
    memcpy(wanted.name, name, strlen(name) + 1);
    return bsearch(&wanted, sums->lines, sums->count, sizeof *sums->lines, compare);
}
