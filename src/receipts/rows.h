/* A source's bytes as rows of fields (RFC 4180 as exports really write it: LF or CRLF, quoted line
 * breaks, blank lines skipped).
 *
 * A row's number is its place in the file from 1, a header counted, as a spreadsheet shows it.
 * A rejects file (receipts/rejects.h) is known by its first two columns, `row` and `reason`: they
 * are taken off, and rows keep the numbers of the file that they come from.
 */
#ifndef RECEIPTS_ROWS_H
#define RECEIPTS_ROWS_H

#include "receipts/mapping.h"
#include "receipts/source.h"

/* Valid during the callback that gets it. */
struct row {
    uint64_t number;
    bool has_part; /* from a rejects file: the row belongs to this part of its receipt */
    uint64_t part;
    const struct slice *fields; /* as in the file: not yet checked or converted */
    size_t count;
};

struct rows_header {
    const struct slice *names; /* NULL without a header row */
    size_t count;
    bool is_rejects;
};

/* A callback that gives anything but ERR_OK ends the reading with that. */
struct rows_sink {
    void *context;
    /* Once, before any row. */
    enum err (*on_header)(void *context, const struct rows_header *header, struct note *note);
    enum err (*on_row)(void *context, const struct row *row, struct note *note);
    /* A row that can't be used, and why. Its fields may be cut. */
    enum err (*on_malformed)(void *context, const struct row *row, const char *reason,
                             struct note *note);
    /* After each piece of the file; may be NULL. */
    void (*on_progress)(void *context, uint64_t position, uint64_t size);
};

/* ERR_INPUT for an empty file or a quote that is never closed; what source_read gives. */
MUST_USE enum err rows_read(struct source *source, const struct mapping *mapping,
                            const struct rows_sink *sink, struct note *note);

/* Appends the fields as one CSV record without its line end, quoted where it is needed. */
void row_write(struct buffer *out, const struct slice *fields, size_t count,
               unsigned char delimiter, unsigned char quote);

#endif
