#include "telemetry/log.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/text.h"

static const char *const level_names[LOG_LEVEL_COUNT] = {"debug", "info", "warning", "error"};

/* A line in the making; `is_over` once something did not fit. */
struct line {
    char text[LIMIT_LOG_LINE_BYTES];
    size_t length;
    bool is_over;
};

void log_init(struct log *log, int file, enum log_level level, enum log_format format,
              struct log_clock clock)
{
    log->file = file;
    log->format = format;
    log->clock = clock;
    atomic_init(&log->level, (int)level);
    atomic_init(&log->lost, 0);
}

void log_set_level(struct log *log, enum log_level level)
{
    atomic_store_explicit(&log->level, (int)level, memory_order_relaxed);
}

bool log_is_enabled(const struct log *log, enum log_level level)
{
    return (int)level >= atomic_load_explicit(&log->level, memory_order_relaxed);
}

uint64_t log_lost(const struct log *log)
{
    return atomic_load_explicit(&log->lost, memory_order_relaxed);
}

const char *log_level_name(enum log_level level)
{
    ASSERT((unsigned)level < LOG_LEVEL_COUNT);
    return level_names[level];
}

enum err log_level_parse(const char *name, enum log_level *out_level)
{
    for (unsigned i = 0; i < LOG_LEVEL_COUNT; i++) {
        if (strcmp(name, level_names[i]) == 0) {
            *out_level = (enum log_level)i;
            return ERR_OK;
        }
    }
    return ERR_INPUT;
}

static void line_add(struct line *line, const char *text, size_t length)
{
    /* One byte stays for the line feed. */
    if (line->is_over || length >= sizeof line->text - line->length) {
        line->is_over = true;
        return;
    }
    memcpy(line->text + line->length, text, length);
    line->length += length;
}

static void line_add_text(struct line *line, const char *text)
{
    line_add(line, text, strlen(text));
}

static json_t *json_of(const struct log_field *field)
{
    char text[LIMIT_LOG_TEXT_BYTES + 1];
    switch (field->kind) {
    case LOG_KIND_TEXT:
        if (field->value.text == NULL) {
            return json_null();
        }
        text_clean(text, sizeof text, slice_of(field->value.text, strlen(field->value.text)));
        return json_string(text);
    case LOG_KIND_INT:
        return json_integer(field->value.number);
    case LOG_KIND_BOOL:
        return json_boolean(field->value.truth);
    case LOG_KIND_UID:
        return json_string(uid_format(&field->value.uid, text));
    default:
        return NULL;
    }
}

static int take_json(const char *text, size_t length, void *context)
{
    line_add(context, text, length);
    return 0;
}

static bool format_json(struct line *line, const char *time, const char *level, const char *event,
                        const struct log_field *fields, size_t count, size_t cut)
{
    json_t *object = json_object();
    int failed = object == NULL;
    failed |= json_object_set_new(object, "time", json_string(time));
    failed |= json_object_set_new(object, "level", json_string(level));
    failed |= json_object_set_new(object, "event", json_string(event));
    for (size_t i = 0; i < count; i++) {
        failed |= json_object_set_new(object, fields[i].name, json_of(&fields[i]));
    }
    if (cut > 0) {
        failed |= json_object_set_new(object, "cut", json_integer((json_int_t)cut));
    }
    failed |= failed != 0 ? -1 : json_dump_callback(object, take_json, line, JSON_COMPACT);
    json_decref(object);
    return failed == 0;
}

static bool is_bare(const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (*at <= ' ' || *at == 0x7f || strchr("\"\\=", *at) != NULL) {
            return false;
        }
    }
    return *text != '\0';
}

static void add_quoted(struct line *line, const char *text)
{
    static const char digits[] = "0123456789abcdef";
    line_add(line, "\"", 1);
    for (const char *at = text; *at != '\0'; at++) {
        unsigned char c = (unsigned char)*at;
        if (c < ' ' || c == 0x7f) {
            const char escape[4] = {'\\', 'x', digits[c >> 4], digits[c & 15]};
            line_add(line, escape, sizeof escape);
        } else {
            line_add(line, "\\", c == '"' || c == '\\' ? 1 : 0);
            line_add(line, at, 1);
        }
    }
    line_add(line, "\"", 1);
}

static void add_field(struct line *line, const struct log_field *field)
{
    char text[LIMIT_LOG_TEXT_BYTES + 1];
    line_add(line, " ", 1);
    line_add_text(line, field->name);
    line_add(line, "=", 1);
    switch (field->kind) {
    case LOG_KIND_TEXT:
        if (field->value.text == NULL) {
            return;
        }
        text_clean(text, sizeof text, slice_of(field->value.text, strlen(field->value.text)));
        if (!is_bare(text)) {
            add_quoted(line, text);
            return;
        }
        break;
    case LOG_KIND_INT:
        snprintf(text, sizeof text, "%" PRId64, field->value.number);
        break;
    case LOG_KIND_BOOL:
        snprintf(text, sizeof text, "%s", field->value.truth ? "true" : "false");
        break;
    case LOG_KIND_UID:
        uid_format(&field->value.uid, text);
        break;
    default:
        return;
    }
    line_add_text(line, text);
}

static bool format_text(struct line *line, const char *time, const char *level, const char *event,
                        const struct log_field *fields, size_t count, size_t cut)
{
    const char *const head[] = {time, " ", level, " ", event};
    for (size_t i = 0; i < sizeof head / sizeof *head; i++) {
        line_add_text(line, head[i]);
    }
    for (size_t i = 0; i < count; i++) {
        add_field(line, &fields[i]);
    }
    if (cut > 0) {
        add_field(line, &LOG_INT("cut", cut));
    }
    return true;
}

static void count_lost(struct log *log)
{
    atomic_fetch_add_explicit(&log->lost, 1, memory_order_relaxed);
}

static void put_line(struct log *log, struct line *line)
{
    line->text[line->length++] = '\n';
    ssize_t written;
    do {
        written = write(log->file, line->text, line->length);
    } while (written < 0 && errno == EINTR);
    if (written != (ssize_t)line->length) {
        count_lost(log);
    }
}

void log_write(struct log *log, enum log_level level, const char *event,
               const struct log_field *fields, size_t count)
{
    if (!log_is_enabled(log, level)) {
        return;
    }
    char time[TIME_TEXT_MAX];
    unix_ms_format(log->clock.now(log->clock.context), time);
    size_t kept = count < LIMIT_LOG_FIELDS ? count : LIMIT_LOG_FIELDS;
    for (;; kept--) {
        struct line line;
        line.length = 0;
        line.is_over = false;
        bool is_made =
            log->format == LOG_FORMAT_JSON
                ? format_json(&line, time, log_level_name(level), event, fields, kept, count - kept)
                : format_text(&line, time, log_level_name(level), event, fields, kept,
                              count - kept);
        if (is_made && !line.is_over) {
            put_line(log, &line);
            return;
        }
        if (!is_made || kept == 0) {
            count_lost(log);
            return;
        }
    }
}
