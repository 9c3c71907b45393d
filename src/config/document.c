#include "config/document.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/nearest.h"

/* What libcyaml said: one complaint, then a backtrace from the innermost level outwards. */
struct complaint {
    char text[512];
    char steps[LIMIT_CONFIG_DEPTH][128]; /* "tls", "[2]", "" for a mapping between two keys */
    size_t count;
};

/* The backtrace's lines read "  in mapping field 'tls' (line: 3, column: 3)", "  in sequence entry
 * '2' (...)" with the first entry as 1, and "  in mapping (...)" between two keys. */
static void take_step(struct complaint *complaint, const char *line)
{
    if (complaint->count == LIMIT_CONFIG_DEPTH) {
        return;
    }
    char *step = complaint->steps[complaint->count];
    size_t room = sizeof complaint->steps[0];
    unsigned entry;
    if (sscanf(line, " in sequence entry '%9u'", &entry) == 1) {
        snprintf(step, room, "[%u]", entry == 0 ? 0 : entry - 1);
    } else if (sscanf(line, " in mapping field '%127[^']'", step) != 1) {
        step[0] = '\0';
    }
    complaint->count++;
}

static void listen_to_cyaml(cyaml_log_t level, void *context, const char *format, va_list args)
    PRINTF_LIKE(3, 0);

static void listen_to_cyaml(cyaml_log_t level, void *context, const char *format, va_list args)
{
    struct complaint *complaint = context;
    char line[512];
    vsnprintf(line, sizeof line, format, args);
    line[strcspn(line, "\n")] = '\0';
    if (level != CYAML_LOG_ERROR || strcmp(line, "Load: Backtrace:") == 0) {
        return;
    }
    if (strncmp(line, "  in ", 5) == 0) {
        take_step(complaint, line);
    } else if (complaint->text[0] == '\0') {
        snprintf(complaint->text, sizeof complaint->text, "%s", line);
    }
}

static cyaml_config_t configuration(struct complaint *complaint)
{
    return (cyaml_config_t){.log_fn = complaint == NULL ? NULL : listen_to_cyaml,
                            .log_ctx = complaint,
                            .mem_fn = cyaml_mem,
                            .log_level = CYAML_LOG_ERROR,
                            .flags = CYAML_CFG_NO_ALIAS};
}

/* The path of the steps from `first` (innermost) outwards. */
static void join_steps(const struct complaint *complaint, size_t first, char *out, size_t room)
{
    size_t length = 0;
    out[0] = '\0';
    for (size_t i = complaint->count; i > first; i--) {
        const char *step = complaint->steps[i - 1];
        const char *dot = length == 0 || step[0] == '[' ? "" : ".";
        int added = snprintf(out + length, room - length, "%s%s", dot, step);
        if (added < 0 || (size_t)added >= room - length) {
            return;
        }
        length += (size_t)added;
    }
}

static const char *shape_name(const char *word)
{
    if (strncmp(word, "MAPPING", 7) == 0) {
        return "a mapping of keys";
    }
    return strncmp(word, "SEQUENCE", 8) == 0 ? "a list" : "a single value";
}

/* About a key of the innermost mapping rather than about the value at the innermost step. */
static enum err refuse_key(const struct complaint *complaint, const struct positions *positions,
                           const char *key, const char *what, struct note *note)
{
    char path[LIMIT_CONFIG_KEY_PATH_BYTES + 1];
    bool has_field = complaint->count > 0 && complaint->steps[0][0] != '[';
    join_steps(complaint, has_field ? 1 : 0, path, sizeof path);
    size_t length = strlen(path);
    bool fits = positions_write_key(path + length, sizeof path - length, key, length == 0);
    path[fits ? sizeof path - 1 : length] = '\0'; /* that of the mapping */
    return positions_refuse(positions, note, path, "%s", what);
}

static enum err refuse_shape(const struct complaint *complaint, const struct positions *positions,
                             struct note *note)
{
    char path[LIMIT_CONFIG_KEY_PATH_BYTES + 1];
    char expected[32];
    char found[32];
    unsigned bound;
    const char *text = complaint->text;
    join_steps(complaint, 0, path, sizeof path);
    if (sscanf(text, "Load: Expecting %31[A-Z_], got event: %31[A-Z_]", expected, found) == 2) {
        return positions_refuse(positions, note, path, "must be %s, not %s", shape_name(expected),
                                shape_name(found));
    }
    if (sscanf(text, "Load: STRING length < %9u", &bound) == 1) {
        return positions_refuse(positions, note, path, "is empty");
    }
    if (sscanf(text, "Load: STRING length > %9u", &bound) == 1) {
        return positions_refuse(positions, note, path, "is longer than %u bytes", bound);
    }
    if (sscanf(text, "Load: Excessive entries (%9u", &bound) == 1) {
        join_steps(complaint, 1, path, sizeof path);
        return positions_refuse(positions, note, path, "has more than %u entries", bound);
    }
    if (strncmp(text, "Load: Insufficient entries", 26) == 0) {
        bool is_inside = complaint->count > 0 && complaint->steps[0][0] == '[';
        join_steps(complaint, is_inside ? 1 : 0, path, sizeof path);
        return positions_refuse(positions, note, path, "has too few entries");
    }
    return positions_refuse(positions, note, path, "%s", text);
}

/* The fields of the mapping that the complaint is about; NULL when it can't be said. */
static const cyaml_schema_field_t *fields_at(const struct complaint *complaint,
                                             const cyaml_schema_value_t *schema)
{
    bool has_field = complaint->count > 0 && complaint->steps[0][0] != '[';
    for (size_t i = complaint->count; schema != NULL && i > (has_field ? 1u : 0u); i--) {
        const char *step = complaint->steps[i - 1];
        bool is_entry = step[0] == '[';
        if (is_entry && schema->type == CYAML_SEQUENCE) {
            schema = schema->sequence.entry;
        } else if (!is_entry && schema->type == CYAML_MAPPING) {
            const cyaml_schema_field_t *field = schema->mapping.fields;
            while (field->key != NULL && strcmp(field->key, step) != 0) {
                field++;
            }
            schema = field->key == NULL ? NULL : &field->value;
        } else {
            schema = NULL;
        }
    }
    return schema == NULL || schema->type != CYAML_MAPPING ? NULL : schema->mapping.fields;
}

/* "a, b, c", or less where that is too long. */
static void list_keys(const cyaml_schema_field_t *fields, char *out, size_t room)
{
    size_t length = 0;
    out[0] = '\0';
    for (const cyaml_schema_field_t *field = fields; field->key != NULL; field++) {
        size_t needed = strlen(field->key) + (length == 0 ? 0 : 2);
        if (needed + sizeof ", ..." > room - length) {
            snprintf(out + length, room - length, ", ...");
            return;
        }
        snprintf(out + length, room - length, "%s%s", length == 0 ? "" : ", ", field->key);
        length += needed;
    }
}

struct sentence {
    char text[400];
};

static struct sentence about_unknown(const struct complaint *complaint,
                                     const cyaml_schema_value_t *schema, const char *key)
{
    const cyaml_schema_field_t *fields = fields_at(complaint, schema);
    struct sentence what = {"is not a key that belongs here"};
    size_t length = strlen(what.text);
    char *rest = what.text + length;
    size_t room = sizeof what.text - length;
    struct nearest nearest = nearest_to(key);
    for (const cyaml_schema_field_t *field = fields; field != NULL && field->key != NULL; field++) {
        nearest_offer(&nearest, field->key);
    }
    if (key[0] != '\0' && key[strspn(key, "0123456789")] == '\0') {
        snprintf(rest, room, "; numbers have a point, as 12.50, and no comma");
    } else if (nearest.word != NULL) {
        snprintf(rest, room, "; did you mean %s?", nearest.word);
    } else if (fields != NULL) {
        char keys[sizeof what.text / 2 + 100];
        list_keys(fields, keys, sizeof keys);
        snprintf(rest, room, "; those are %s", keys);
    }
    return what;
}

/* The key in quotes at the path's beginning, cut to its room; what follows it. One that looks like
 * a list's entry keeps its quote: no schema has it either. */
static const char *take_quoted(const char *path, char *out, size_t room)
{
    size_t length = 0;
    if (path[1] == '[') {
        out[length++] = '"';
    }
    for (path++; *path != '"' && *path != '\0'; path++) {
        path += *path == '\\' && path[1] != '\0' ? 1 : 0;
        if (length < room - 1) {
            out[length++] = *path;
        }
    }
    out[length] = '\0';
    return path + (*path == '"' ? 1 : 0);
}

/* The next step of a path, as positions.h writes it; what follows it. */
static const char *take_plain(const char *path, char *out, size_t room)
{
    size_t length = *path == '[' ? strcspn(path, "]") + 1 : strcspn(path, ".[");
    (void)snprintf(out, room, "%.*s", (int)length, path);
    return path + length;
}

/* The steps of a path, its own key innermost, as libcyaml would tell them. */
static void take_path(struct complaint *complaint, const char *path)
{
    char steps[LIMIT_CONFIG_DEPTH][sizeof complaint->steps[0]];
    size_t count = 0;
    while (*path != '\0' && count < LIMIT_CONFIG_DEPTH) {
        path += *path == '.' ? 1 : 0;
        char *step = steps[count++];
        path = *path == '"' ? take_quoted(path, step, sizeof steps[0])
                            : take_plain(path, step, sizeof steps[0]);
    }
    complaint->count = count;
    for (size_t i = 0; i < count; i++) {
        memcpy(complaint->steps[i], steps[count - 1 - i], sizeof steps[0]);
    }
}

/* Is it a key of a mapping that has no such key? False also below one. */
static bool is_unknown(const struct complaint *complaint, const cyaml_schema_value_t *schema)
{
    const cyaml_schema_field_t *fields = complaint->count == 0 || complaint->steps[0][0] == '['
                                             ? NULL
                                             : fields_at(complaint, schema);
    bool is_known = fields == NULL;
    for (; !is_known && fields->key != NULL; fields++) {
        is_known = strcmp(fields->key, complaint->steps[0]) == 0;
    }
    return !is_known;
}

static void put_down(struct check_faults *faults, const struct note *note)
{
    if (faults->count < LIMIT_CHECK_FAULTS) {
        faults->at[faults->count++] = *note;
    } else {
        faults->left_off++;
    }
}

static void put_unknown(const struct positions *positions, const cyaml_schema_value_t *schema,
                        struct check_faults *faults)
{
    for (size_t i = 0; i < positions_count(positions); i++) {
        struct complaint complaint = {{0}, {{0}}, 0};
        struct note note = {""};
        take_path(&complaint, positions_path(positions, i));
        if (!is_unknown(&complaint, schema)) {
            continue;
        }
        struct sentence what = about_unknown(&complaint, schema, complaint.steps[0]);
        enum err err =
            positions_refuse(positions, &note, positions_path(positions, i), "%s", what.text);
        ASSERT(err == ERR_INPUT);
        put_down(faults, &note);
    }
}

static enum err refuse(const struct complaint *complaint, cyaml_err_t code,
                       const cyaml_schema_value_t *schema, const struct positions *positions,
                       struct note *note)
{
    static const char unknown[] = "Load: Unexpected key: ";
    static const char missing[] = "Load: Missing required mapping field: ";
    if (code == CYAML_ERR_OOM) {
        return note_set(note, ERR_RESOURCE, "%s: out of memory", positions_file_name(positions));
    }
    if (strncmp(complaint->text, unknown, sizeof unknown - 1) == 0) {
        const char *key = complaint->text + sizeof unknown - 1;
        struct sentence what = about_unknown(complaint, schema, key);
        return refuse_key(complaint, positions, key, what.text, note);
    }
    if (strncmp(complaint->text, missing, sizeof missing - 1) == 0) {
        return refuse_key(complaint, positions, complaint->text + sizeof missing - 1, "is missing",
                          note);
    }
    if (complaint->text[0] != '\0') {
        return refuse_shape(complaint, positions, note);
    }
    char path[LIMIT_CONFIG_KEY_PATH_BYTES + 1];
    join_steps(complaint, 0, path, sizeof path);
    return positions_refuse(positions, note, path, "%s", cyaml_strerror(code));
}

static enum err load(const struct document_source *source, const cyaml_schema_value_t *schema,
                     struct check_faults *faults, void **out_document,
                     struct positions **out_positions, struct note *note)
{
    CLEANUP(positions_cleanup) struct positions *positions = NULL;
    TRY(positions_read(source->text, source->name, &positions, note));
    struct complaint complaint = {{0}, {{0}}, 0};
    cyaml_config_t config = configuration(&complaint);
    if (faults != NULL) {
        put_unknown(positions, schema, faults);
        config.flags |= CYAML_CFG_IGNORE_UNKNOWN_KEYS;
    }
    cyaml_data_t *document = NULL;
    cyaml_err_t code =
        cyaml_load_data(source->text.at, source->text.length, &config, schema, &document, NULL);
    if (code != CYAML_OK) {
        enum err err = refuse(&complaint, code, schema, positions, note);
        if (err == ERR_INPUT && faults != NULL) {
            put_down(faults, note);
        }
        return err;
    }
    if (document == NULL) {
        return note_set(note, ERR_INPUT, "%s: the file is empty", source->name);
    }
    *out_document = document;
    *out_positions = positions;
    positions = NULL;
    return ERR_OK;
}

enum err document_load(const struct document_source *source, const cyaml_schema_value_t *schema,
                       void **out_document, struct positions **out_positions, struct note *note)
{
    return load(source, schema, NULL, out_document, out_positions, note);
}

enum err document_load_all(const struct document_source *source, const cyaml_schema_value_t *schema,
                           struct check_faults *faults, void **out_document,
                           struct positions **out_positions, struct note *note)
{
    return load(source, schema, faults, out_document, out_positions, note);
}

void document_free(const cyaml_schema_value_t *schema, void *document)
{
    cyaml_config_t config = configuration(NULL);
    cyaml_err_t code = document == NULL ? CYAML_OK : cyaml_free(&config, schema, document, 0);
    ASSERT(code == CYAML_OK);
}

static void close_file(const int *file)
{
    if (*file >= 0) {
        close(*file);
    }
}

static enum err refuse_errno(const char *path, struct note *note)
{
    enum err code = errno == ENOENT || errno == ENOTDIR ? ERR_NOT_FOUND
                    : errno == EACCES || errno == EPERM ? ERR_DENIED
                                                        : ERR_STORAGE;
    char text[128];
    return note_set(note, code, "%s: %s", path, strerror_r(errno, text, sizeof text));
}

enum err document_read_file(const char *path, struct buffer *buffer, struct note *note)
{
    CLEANUP(close_file) int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat about;
    if (file < 0 || fstat(file, &about) != 0) {
        return refuse_errno(path, note);
    }
    if (!S_ISREG(about.st_mode)) {
        return note_set(note, ERR_INPUT, "%s: not a regular file", path);
    }
    uint8_t chunk[16384];
    size_t total = 0;
    for (ssize_t got = read(file, chunk, sizeof chunk); got != 0;
         got = read(file, chunk, sizeof chunk)) {
        if (got < 0 && errno != EINTR) {
            return refuse_errno(path, note);
        }
        size_t more = got < 0 ? 0 : (size_t)got;
        total += more;
        if (total > LIMIT_CONFIG_FILE_BYTES) {
            return note_set(note, ERR_INPUT, "%s: longer than %u bytes", path,
                            LIMIT_CONFIG_FILE_BYTES);
        }
        write_bytes(buffer, chunk, more);
    }
    return buffer->err == ERR_OK ? ERR_OK : note_set(note, buffer->err, "%s: out of memory", path);
}
