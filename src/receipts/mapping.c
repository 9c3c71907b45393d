#include "receipts/mapping.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "receipts/mapping_document.h"

const char *column_role_name(enum column_role role)
{
    static const char *const names[ROLE_COUNT] = {
        "receipt",  "line",      "time",     "date",     "clock",      "store",  "card",
        "customer", "product",   "category", "quantity", "unit_price", "amount", "currency",
        "points",   "promotion", "kind",     "original", "codes",      "till",   "cashier",
    };
    ASSERT(role < ROLE_COUNT);
    return names[role];
}

bool mapping_values_have(const struct mapping_values *values, const char *value)
{
    for (unsigned i = 0; i < values->count; i++) {
        if (strcmp(values->at[i], value) == 0) {
            return true;
        }
    }
    return false;
}

bool mapping_matches_by(const struct mapping *mapping, enum match_key key)
{
    for (unsigned i = 0; i < mapping->match_count; i++) {
        if (mapping->match[i] == key) {
            return true;
        }
    }
    return false;
}

void mapping_destroy(struct mapping *mapping)
{
    if (mapping == NULL) {
        return;
    }
    if (mapping->document != NULL) {
        mapping_tree_destroy(mapping->document->tree);
        free(mapping->document->name);
        free(mapping->document->cards_path);
        free(mapping->document);
    }
    free(mapping);
}

static void mapping_drop(struct mapping **mapping)
{
    mapping_destroy(*mapping);
}

enum err mapping_parse(const char *text, size_t length, const char *name,
                       struct mapping **out_mapping, struct note *note)
{
    CLEANUP(mapping_drop) struct mapping *mapping = calloc(1, sizeof *mapping);
    if (mapping == NULL) {
        return note_set(note, ERR_RESOURCE, "%s: out of memory", name);
    }
    mapping->document = calloc(1, sizeof *mapping->document);
    char *copy = strdup(name);
    if (mapping->document == NULL || copy == NULL) {
        free(copy);
        return note_set(note, ERR_RESOURCE, "%s: out of memory", name);
    }
    mapping->document->name = copy;
    mapping->name = copy;
    TRY(mapping_tree_load(text, length, name, &mapping->document->tree, note));
    TRY(mapping_resolve(text, length, mapping->document->tree, mapping, note));
    *out_mapping = mapping;
    mapping = NULL;
    return ERR_OK;
}

static void file_close(FILE **file)
{
    if (*file != NULL) {
        fclose(*file);
    }
}

static void text_free(char **text)
{
    free(*text);
}

/* One byte more than allowed is read, so that mapping_parse sees what is too long. */
static enum err file_read(const char *path, char **out_text, size_t *out_length, struct note *note)
{
    CLEANUP(file_close) FILE *file = fopen(path, "rbe");
    if (file == NULL) {
        return note_set(note, errno == ENOENT ? ERR_NOT_FOUND : ERR_STORAGE, "%s: %s", path,
                        strerror(errno));
    }
    CLEANUP(text_free) char *text = malloc(LIMIT_MAPPING_BYTES + 1);
    if (text == NULL) {
        return note_set(note, ERR_RESOURCE, "%s: out of memory", path);
    }
    *out_length = fread(text, 1, LIMIT_MAPPING_BYTES + 1, file);
    if (ferror(file) != 0) {
        return note_set(note, ERR_STORAGE, "%s: %s", path, strerror(errno));
    }
    *out_text = text;
    text = NULL;
    return ERR_OK;
}

/* What a path in the mapping means: relative to the mapping's folder. */
static char *path_beside(const char *path, const char *name)
{
    const char *slash = strrchr(path, '/');
    char *joined = NULL;
    if (name[0] == '/' || slash == NULL) {
        return strdup(name);
    }
    if (asprintf(&joined, "%.*s/%s", (int)(slash - path), path, name) < 0) {
        return NULL;
    }
    return joined;
}

enum err mapping_load(const char *path, struct mapping **out_mapping, struct note *note)
{
    CLEANUP(text_free) char *text = NULL;
    size_t length = 0;
    TRY(file_read(path, &text, &length, note));
    struct mapping *mapping;
    TRY(mapping_parse(text, length, path, &mapping, note));
    if (mapping->cards != NULL) {
        mapping->document->cards_path = path_beside(path, mapping->cards);
        if (mapping->document->cards_path == NULL) {
            mapping_destroy(mapping);
            return note_set(note, ERR_RESOURCE, "%s: out of memory", path);
        }
        mapping->cards = mapping->document->cards_path;
    }
    *out_mapping = mapping;
    return ERR_OK;
}
