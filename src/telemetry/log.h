/* Structured log lines: one event with named fields becomes one line and one write(2).
 *
 *   {"time":"2026-10-03T17:04:05.000Z","level":"info","event":"node_started","partner":"grocer"}
 *   2026-10-03T17:04:05.000Z info node_started partner=grocer
 *
 * Only the daemon logs, at its boundary; modules return errors and notes. Names of events and
 * fields are lower snake case and constant; what varies is a field. Lines are at most
 * LIMIT_LOG_LINE_BYTES, so that a pipe takes each whole; fields that don't fit are left out and
 * counted in a last field "cut". Text from outside is safe: malformed UTF-8 is replaced and control
 * characters are escaped.
 *
 * A log never fails its caller. Lines that could not be written are counted.
 *
 * Thread rule: any thread, without locks; the level may be changed at any time.
 */
#ifndef TELEMETRY_LOG_H
#define TELEMETRY_LOG_H

#include <stdatomic.h>

#include "base/calendar.h"
#include "base/ident.h"

enum log_level {
    LOG_LEVEL_DEBUG,
    LOG_LEVEL_INFO,
    LOG_LEVEL_WARNING,
    LOG_LEVEL_ERROR,
    LOG_LEVEL_COUNT
};

enum log_format {
    LOG_FORMAT_JSON,
    LOG_FORMAT_TEXT
};

/* Where the time comes from. Called from any thread. */
struct log_clock {
    struct unix_ms (*now)(void *context);
    void *context;
};

struct log {
    int file; /* borrowed; open it with O_APPEND when it is a file */
    enum log_format format;
    struct log_clock clock;
    atomic_int level;
    atomic_uint_fast64_t lost;
};

enum log_kind {
    LOG_KIND_TEXT,
    LOG_KIND_INT,
    LOG_KIND_BOOL,
    LOG_KIND_UID
};

struct log_field {
    const char *name;
    enum log_kind kind;
    union {
        const char *text; /* NULL is written as null */
        int64_t number;
        bool truth;
        struct uid uid;
    } value;
};

#define LOG_TEXT(name_, text_) ((struct log_field){(name_), LOG_KIND_TEXT, {.text = (text_)}})
#define LOG_INT(name_, number_)                                                                    \
    ((struct log_field){(name_), LOG_KIND_INT, {.number = (int64_t)(number_)}})
#define LOG_BOOL(name_, truth_) ((struct log_field){(name_), LOG_KIND_BOOL, {.truth = (truth_)}})
/* Takes the uid itself, not its address. */
#define LOG_UID(name_, uid_) ((struct log_field){(name_), LOG_KIND_UID, {.uid = (uid_)}})

void log_init(struct log *log, int file, enum log_level level, enum log_format format,
              struct log_clock clock);
void log_set_level(struct log *log, enum log_level level);
bool log_is_enabled(const struct log *log, enum log_level level);
/* Lines that could not be written since the start. */
uint64_t log_lost(const struct log *log);

/* At most LIMIT_LOG_FIELDS fields; more are cut. Does nothing below the log's level. `fields` may
 * be NULL when `count` is 0. */
void log_write(struct log *log, enum log_level level, const char *event,
               const struct log_field *fields, size_t count);

/* log_event(log, LOG_LEVEL_INFO, "peer_connected", LOG_TEXT("peer", id), LOG_INT("port", port)) */
#define log_event(log_, level_, event_, ...)                                                       \
    log_write((log_), (level_), (event_), (const struct log_field[]){__VA_ARGS__},                 \
              sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))

/* "debug", "info", "warning", "error". */
const char *log_level_name(enum log_level level);
MUST_USE enum err log_level_parse(const char *name, enum log_level *out_level);

#endif
