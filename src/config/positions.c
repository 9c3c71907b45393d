#include "config/positions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/text.h"

struct position {
    const char *path; /* in the arena */
    unsigned line;
};

struct positions {
    struct arena arena;
    const char *name; /* in the arena */
    struct position *entries;
    size_t count;
    size_t capacity;
};

/* An open mapping or list. `length` is the length of its own path. */
struct level {
    bool is_list;
    bool has_key; /* mapping: the key was read, its value comes next */
    unsigned next_index;
    size_t length;
};

struct walk {
    struct positions *positions;
    struct note *note;
    char path[LIMIT_CONFIG_KEY_PATH_BYTES + 1];
    struct level levels[LIMIT_CONFIG_DEPTH];
    size_t depth;
    unsigned line; /* of the event at hand */
    unsigned documents;
};

static enum err refuse_line(const struct walk *walk, const char *what)
{
    return note_set(walk->note, ERR_INPUT, "%s:%u: %s", walk->positions->name, walk->line, what);
}

static enum err out_of_memory(const struct walk *walk)
{
    return note_set(walk->note, ERR_RESOURCE, "%s: out of memory", walk->positions->name);
}

static enum err push_entry(struct walk *walk)
{
    struct positions *p = walk->positions;
    if (p->count == LIMIT_CONFIG_KEYS) {
        return refuse_line(walk, "too many keys");
    }
    if (p->count == p->capacity) {
        size_t capacity = p->capacity == 0 ? 64 : p->capacity * 2;
        struct position *entries = realloc(p->entries, capacity * sizeof *entries);
        if (entries == NULL) {
            return out_of_memory(walk);
        }
        p->entries = entries;
        p->capacity = capacity;
    }
    char *path = arena_text(&p->arena, slice_of(walk->path, strlen(walk->path)));
    if (path == NULL) {
        return out_of_memory(walk);
    }
    p->entries[p->count++] = (struct position){path, walk->line};
    return ERR_OK;
}

bool positions_write_key(char *out, size_t room, const char *key, bool is_first)
{
    bool is_quoted = *key == '\0' || strpbrk(key, ".[]\"") != NULL;
    size_t length = 0;
    if (!is_first && length < room) {
        out[length++] = '.';
    }
    if (is_quoted && length < room) {
        out[length++] = '"';
    }
    for (; *key != '\0' && length < room; key++) {
        if (is_quoted && (*key == '"' || *key == '\\')) {
            out[length++] = '\\';
        }
        if (length < room) {
            out[length++] = *key;
        }
    }
    if (is_quoted && length < room) {
        out[length++] = '"';
    }
    bool fits = length < room;
    if (room > 0) {
        out[fits ? length : room - 1] = '\0';
    }
    return fits;
}

/* Makes the path that of an entry below a level and records it. */
static enum err enter(struct walk *walk, const struct level *level, const char *key, unsigned index)
{
    size_t room = sizeof walk->path - level->length;
    char *at = walk->path + level->length;
    bool fits = key == NULL ? snprintf(at, room, "[%u]", index) < (int)room
                            : positions_write_key(at, room, key, level->length == 0);
    if (!fits) {
        *at = '\0';
        return refuse_line(walk, "the path of this key is too long");
    }
    return push_entry(walk);
}

static enum err read_key(struct walk *walk, struct level *level, const yaml_event_t *event)
{
    if (event->type != YAML_SCALAR_EVENT) {
        return refuse_line(walk, "a key must be a single value");
    }
    const char *key = (const char *)event->data.scalar.value;
    if (!text_is_printable(slice_of(key, event->data.scalar.length))) {
        return refuse_line(walk, "a key holds control characters");
    }
    level->has_key = true;
    return enter(walk, level, key, 0);
}

static enum err open_level(struct walk *walk, bool is_list)
{
    if (walk->depth == LIMIT_CONFIG_DEPTH) {
        return refuse_line(walk, "nested too deep");
    }
    walk->levels[walk->depth++] = (struct level){is_list, false, 0, strlen(walk->path)};
    return ERR_OK;
}

/* A key, a value, or a list's entry: whatever starts with this event. */
static enum err read_node(struct walk *walk, const yaml_event_t *event)
{
    struct level *level = walk->depth == 0 ? NULL : &walk->levels[walk->depth - 1];
    if (level != NULL && !level->is_list && !level->has_key) {
        return read_key(walk, level, event);
    }
    if (level != NULL && level->is_list) {
        TRY(enter(walk, level, NULL, level->next_index++));
    } else if (level != NULL) {
        level->has_key = false;
    }
    if (event->type != YAML_SCALAR_EVENT) {
        return open_level(walk, event->type == YAML_SEQUENCE_START_EVENT);
    }
    bool has_nul = memchr(event->data.scalar.value, 0, event->data.scalar.length) != NULL;
    return has_nul ? refuse_line(walk, "a value holds a NUL byte") : ERR_OK;
}

static enum err read_event(struct walk *walk, const yaml_event_t *event)
{
    walk->line = (unsigned)event->start_mark.line + 1;
    switch (event->type) {
    case YAML_SCALAR_EVENT:
    case YAML_MAPPING_START_EVENT:
    case YAML_SEQUENCE_START_EVENT:
        return read_node(walk, event);
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
        walk->depth--;
        walk->path[walk->levels[walk->depth].length] = '\0';
        return ERR_OK;
    case YAML_ALIAS_EVENT:
        return refuse_line(walk, "aliases (*name) are not supported");
    case YAML_DOCUMENT_START_EVENT:
        return walk->documents++ == 0 ? ERR_OK : refuse_line(walk, "a second document starts");
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
    default:
        return ERR_OK;
    }
}

static enum err refuse_syntax(const struct walk *walk, const yaml_parser_t *parser)
{
    const char *problem = parser->problem == NULL ? "not YAML" : parser->problem;
    const char *name = walk->positions->name;
    switch (parser->error) {
    case YAML_MEMORY_ERROR:
        return out_of_memory(walk);
    case YAML_READER_ERROR:
        return note_set(walk->note, ERR_INPUT, "%s: byte %zu: %s", name, parser->problem_offset,
                        problem);
    case YAML_NO_ERROR:
    case YAML_SCANNER_ERROR:
    case YAML_PARSER_ERROR:
    case YAML_COMPOSER_ERROR:
    case YAML_WRITER_ERROR:
    case YAML_EMITTER_ERROR:
    default:
        return note_set(walk->note, ERR_INPUT, "%s:%zu: %s", name, parser->problem_mark.line + 1,
                        problem);
    }
}

static enum err read_events(struct walk *walk, yaml_parser_t *parser)
{
    for (bool is_over = false; !is_over;) {
        yaml_event_t event;
        if (yaml_parser_parse(parser, &event) == 0) {
            return refuse_syntax(walk, parser);
        }
        is_over = event.type == YAML_STREAM_END_EVENT;
        enum err err = read_event(walk, &event);
        yaml_event_delete(&event);
        TRY(err);
    }
    return walk->documents == 0
               ? note_set(walk->note, ERR_INPUT, "%s: the file is empty", walk->positions->name)
               : ERR_OK;
}

static int position_compare(const void *a, const void *b)
{
    const struct position *left = a;
    const struct position *right = b;
    int order = strcmp(left->path, right->path);
    return order != 0 ? order : (left->line > right->line) - (left->line < right->line);
}

/* Sorts for lookup, which also brings repeated keys together. */
static enum err sort_entries(struct walk *walk)
{
    struct positions *p = walk->positions;
    if (p->count > 1) {
        qsort(p->entries, p->count, sizeof *p->entries, position_compare);
    }
    for (size_t i = 1; i < p->count; i++) {
        if (strcmp(p->entries[i - 1].path, p->entries[i].path) == 0) {
            return note_set(walk->note, ERR_INPUT, "%s:%u: %s: repeated, it stands on line %u",
                            p->name, p->entries[i].line, p->entries[i].path,
                            p->entries[i - 1].line);
        }
    }
    return ERR_OK;
}

static enum err read_all(struct positions *positions, struct slice yaml, struct note *note)
{
    struct walk walk = {.positions = positions, .note = note};
    if (yaml.length > LIMIT_CONFIG_FILE_BYTES) {
        return note_set(note, ERR_INPUT, "%s: longer than %u bytes", positions->name,
                        LIMIT_CONFIG_FILE_BYTES);
    }
    yaml_parser_t parser;
    if (yaml_parser_initialize(&parser) == 0) {
        return out_of_memory(&walk);
    }
    static const uint8_t nothing[1] = {0};
    yaml_parser_set_input_string(&parser, yaml.length == 0 ? nothing : yaml.at, yaml.length);
    enum err err = read_events(&walk, &parser);
    yaml_parser_delete(&parser);
    TRY(err);
    return sort_entries(&walk);
}

/* Every key's path is kept whole: the bound is on the sum of their lengths. */
#define PATHS_BYTES (16u << 20)

enum err positions_read(struct slice yaml, const char *name, struct positions **out_positions,
                        struct note *note)
{
    CLEANUP(positions_cleanup) struct positions *positions = calloc(1, sizeof *positions);
    if (positions == NULL) {
        return note_set(note, ERR_RESOURCE, "%s: out of memory", name);
    }
    arena_init(&positions->arena, PATHS_BYTES);
    positions->name = arena_text(&positions->arena, slice_of(name, strlen(name)));
    if (positions->name == NULL) {
        return note_set(note, ERR_RESOURCE, "%s: out of memory", name);
    }
    TRY(read_all(positions, yaml, note));
    *out_positions = positions;
    positions = NULL;
    return ERR_OK;
}

void positions_destroy(struct positions *positions)
{
    if (positions != NULL) {
        arena_fini(&positions->arena);
        free(positions->entries);
        free(positions);
    }
}

void positions_cleanup(struct positions **positions)
{
    positions_destroy(*positions);
}

static int path_compare(const void *key, const void *entry)
{
    return strcmp(key, ((const struct position *)entry)->path);
}

size_t positions_count(const struct positions *positions)
{
    return positions->count;
}

const char *positions_path(const struct positions *positions, size_t number)
{
    ASSERT(number < positions->count);
    return positions->entries[number].path;
}

unsigned positions_line(const struct positions *positions, const char *path)
{
    if (positions->count == 0) {
        return 0;
    }
    const struct position *found = bsearch(path, positions->entries, positions->count,
                                           sizeof *positions->entries, path_compare);
    return found == NULL ? 0 : found->line;
}

unsigned positions_line_near(const struct positions *positions, const char *path)
{
    char shorter[LIMIT_CONFIG_KEY_PATH_BYTES + 1];
    snprintf(shorter, sizeof shorter, "%s", path);
    for (size_t length = strlen(shorter); length > 0; length--) {
        bool is_boundary = path[length] == '\0' || path[length] == '.' || path[length] == '[';
        shorter[length] = '\0';
        unsigned line = is_boundary ? positions_line(positions, shorter) : 0;
        if (line != 0) {
            return line;
        }
    }
    return 1;
}

const char *positions_file_name(const struct positions *positions)
{
    return positions->name;
}

enum err positions_vrefuse(const struct positions *positions, struct note *note, const char *path,
                           const char *format, va_list args)
{
    struct note what;
    vsnprintf(what.text, sizeof what.text, format, args);
    if (*path == '\0') {
        return note_set(note, ERR_INPUT, "%s: %s", positions->name, what.text);
    }
    return note_set(note, ERR_INPUT, "%s:%u: %s: %s", positions->name,
                    positions_line_near(positions, path), path, what.text);
}

enum err positions_refuse(const struct positions *positions, struct note *note, const char *path,
                          const char *format, ...)
{
    va_list args;
    va_start(args, format);
    enum err err = positions_vrefuse(positions, note, path, format, args);
    va_end(args);
    return err;
}
