/* YAML by a schema that has what schemas have: keys that belong nowhere are each told with their
 * line, and what is loaded with all faults told is loaded just when it is without. How many such
 * keys there are is counted once more, from the keys' paths. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "config/document.h"
#include "fuzz.h"

#define FILE_NAME "f.yaml"

struct item {
    char *name;
    char *id;
};

struct leaf {
    char *text;
};

struct deep {
    struct leaf leaf;
    char *name;
};

struct file {
    char *name;
    char *dotted;
    char *quoted;
    struct deep deep;
    struct item *items;
    unsigned items_count;
};

static const cyaml_schema_field_t item_fields[] = {
    YAML_TEXT_OPTIONAL("name", struct item, name),
    YAML_TEXT_OPTIONAL("id", struct item, id),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t item_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct item, item_fields),
};

static const cyaml_schema_field_t leaf_fields[] = {
    YAML_TEXT_OPTIONAL("text", struct leaf, text),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t deep_fields[] = {
    CYAML_FIELD_MAPPING("leaf", CYAML_FLAG_OPTIONAL, struct deep, leaf, leaf_fields),
    YAML_TEXT_OPTIONAL("name", struct deep, name),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t file_fields[] = {
    YAML_TEXT_OPTIONAL("name", struct file, name),
    YAML_TEXT_OPTIONAL("a.b", struct file, dotted),
    YAML_TEXT_OPTIONAL("a\"b", struct file, quoted),
    CYAML_FIELD_MAPPING("deep", CYAML_FLAG_OPTIONAL, struct file, deep, deep_fields),
    CYAML_FIELD_SEQUENCE("items", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct file, items,
                         &item_schema, 0, 8),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t file_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct file, file_fields),
};

/* By the paths of the mappings, N for an entry's number: what they have, in the paths' words. */
static const struct {
    const char *path;
    const char *keys[6];
} mappings[] = {
    {"", {"name", "\"a.b\"", "\"a\\\"b\"", "deep", "items", NULL}},
    {"deep", {"leaf", "name", NULL}},
    {"deep.leaf", {"text", NULL}},
    {"items[N]", {"name", "id", NULL}},
};

/* What is behind the mapping's path; NULL: it is not below it. */
static const char *below(const char *path, const char *mapping)
{
    while (*mapping != '\0' && *path != '\0') {
        size_t digits = *mapping == 'N' ? strspn(path, "0123456789") : 0;
        if (digits == 0 && *path != *mapping) {
            return NULL;
        }
        path += digits > 0 ? digits : 1;
        mapping++;
    }
    return *mapping == '\0' ? path : NULL;
}

/* Is it one key, with nothing below it? */
static bool is_one_key(const char *text)
{
    if (*text != '"') {
        return *text != '\0' && text[strcspn(text, ".[")] == '\0';
    }
    size_t at = 1;
    while (text[at] != '"' && text[at] != '\0') {
        at += text[at] == '\\' && text[at + 1] != '\0' ? 2 : 1;
    }
    return text[at] == '"' && text[at + 1] == '\0';
}

static bool is_unknown(const char *path)
{
    for (size_t i = 0; i < sizeof mappings / sizeof mappings[0]; i++) {
        const char *rest = below(path, mappings[i].path);
        if (rest == NULL || (i > 0 && *rest++ != '.') || !is_one_key(rest)) {
            continue;
        }
        const char *const *key = mappings[i].keys;
        while (*key != NULL && strcmp(*key, rest) != 0) {
            key++;
        }
        return *key == NULL;
    }
    return false;
}

static size_t count_unknown(const struct positions *positions)
{
    size_t count = 0;
    for (size_t i = 0; i < positions_count(positions); i++) {
        count += is_unknown(positions_path(positions, i)) ? 1 : 0;
    }
    return count;
}

/* It begins with the file's name and a line of it. */
static void check_fault(const struct note *note, size_t lines)
{
    unsigned line = 0;
    fuzz_expect_refusal(ERR_INPUT, note);
    ASSERT(strncmp(note->text, FILE_NAME ":", sizeof FILE_NAME) == 0);
    if (sscanf(note->text + sizeof FILE_NAME, "%9u", &line) == 1) {
        ASSERT(line >= 1 && line <= lines);
    }
}

static enum err load_all(const struct document_source *source, struct check_faults *faults,
                         struct note *note)
{
    CLEANUP(positions_cleanup) struct positions *positions = NULL;
    void *document = NULL;
    enum err err = document_load_all(source, &file_schema, faults, &document, &positions, note);
    document_free(&file_schema, document);
    return err;
}

static enum err load(const struct document_source *source, struct note *note)
{
    CLEANUP(positions_cleanup) struct positions *positions = NULL;
    void *document = NULL;
    enum err err = document_load(source, &file_schema, &document, &positions, note);
    document_free(&file_schema, document);
    return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    static struct check_faults faults;
    CLEANUP(positions_cleanup) struct positions *positions = NULL;
    const struct document_source source = {slice_of(at, length), FILE_NAME};
    struct note note = {{0}};
    struct note plain = {{0}};
    faults.count = faults.left_off = 0;
    if (positions_read(source.text, source.name, &positions, &note) != ERR_OK) {
        return 0;
    }
    enum err err = load_all(&source, &faults, &note);
    enum err first = load(&source, &plain);
    size_t unknown = count_unknown(positions);
    size_t told = faults.count + faults.left_off;
    ASSERT(told == unknown || (err == ERR_INPUT && told == unknown + 1));
    ASSERT((first == ERR_OK) == (err == ERR_OK && told == 0));
    for (size_t i = 0; i < faults.count; i++) {
        check_fault(&faults.at[i], length + 1);
    }
    if (first != ERR_OK) {
        fuzz_expect_refusal(first, &plain);
    }
    return 0;
}
