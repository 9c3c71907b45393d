/* Where each key of a YAML file stands, so that an error found after loading can name its line.
 *
 * The index is made by one pass over libyaml's events. That pass is also the first gate for a file
 * from outside: it refuses bad syntax, repeated keys, aliases (which can make a small file large),
 * keys that aren't plain values, a second document, NUL bytes, and files over the bounds in
 * base/limits.h.
 *
 * A key path reads as in "tls.certificate" or "tariffs[0].id" (the first entry is 0). A key that is
 * empty or holds one of . [ ] " stands in quotes, a " or \ in it behind a \: columns."Order.Id".
 *
 * Thread rule: immutable once made.
 */
#ifndef CONFIG_POSITIONS_H
#define CONFIG_POSITIONS_H

#include <stdarg.h>

#include "base/bytes.h"

struct positions;

/* `name` is how the file is called in error texts; it is copied. The note reads
 * "node.yaml:7: ...". ERR_INPUT for a refused file, ERR_RESOURCE without memory. */
MUST_USE enum err positions_read(struct slice yaml, const char *name,
                                 struct positions **out_positions, struct note *note);
void positions_destroy(struct positions *positions);  /* NULL is allowed */
void positions_cleanup(struct positions **positions); /* for CLEANUP() */

/* Each key and list entry, by the order of their paths. */
size_t positions_count(const struct positions *positions);
const char *positions_path(const struct positions *positions, size_t number);

/* A path's next key as it stands in paths, with a dot before it unless it is the first. Into `room`
 * bytes; false when it does not fit. */
MUST_USE bool positions_write_key(char *out, size_t room, const char *key, bool is_first);

/* The line of a key or list entry, from 1; 0 when the file has no such key. */
unsigned positions_line(const struct positions *positions, const char *path);
/* The same; for a missing key the line of the nearest key above it, in the end 1. */
unsigned positions_line_near(const struct positions *positions, const char *path);
const char *positions_file_name(const struct positions *positions);

/* Notes "node.yaml:7: listen: <text>" and returns ERR_INPUT. */
enum err positions_refuse(const struct positions *positions, struct note *note, const char *path,
                          const char *format, ...) PRINTF_LIKE(4, 5);
enum err positions_vrefuse(const struct positions *positions, struct note *note, const char *path,
                           const char *format, va_list args) PRINTF_LIKE(4, 0);

#endif
