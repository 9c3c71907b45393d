/* Where a file's bytes come from: a file, plain or gzip (RFC 1952) by what it starts with, or
 * memory. A byte order mark of UTF-8 at the start is skipped. */
#ifndef RECEIPTS_SOURCE_H
#define RECEIPTS_SOURCE_H

#include <stdio.h>

#include "base/bytes.h"

struct source;

/* ERR_NOT_FOUND, ERR_STORAGE. The path is for messages too. */
MUST_USE enum err source_open(const char *path, struct source **out_source, struct note *note);
/* Borrows plain bytes, which must outlive the source. */
MUST_USE enum err source_of_memory(struct slice bytes, const char *name, struct source **out_source,
                                   struct note *note);
void source_close(struct source *source);

/* Up to `capacity` bytes; 0 at the end. ERR_CORRUPT for a damaged or cut gzip file, ERR_INPUT for
 * UTF-16. */
MUST_USE enum err source_read(struct source *source, void *out_bytes, size_t capacity,
                              size_t *out_length, struct note *note);

const char *source_name(const struct source *source);
/* Bytes taken from the file so far, compressed where it is, and its size. */
uint64_t source_position(const struct source *source);
uint64_t source_size(const struct source *source);

#endif
