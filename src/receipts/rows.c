#include "receipts/rows.h"

#include <csv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_CHUNK_BYTES      (64u << 10)
#define ROWS_FIELD_BUFFER_MAX (4u * LIMIT_CSV_FIELD_BYTES)
#define CSV_STATE_FIELD_BEGUN 2 /* libcsv's pstate inside a field */

struct rows_state {
    const struct mapping *mapping;
    const struct rows_sink *sink;
    struct note *note;
    struct csv_parser parser;
    enum err err; /* the first one; later rows are skipped */
    struct buffer bytes;
    size_t ends[LIMIT_CSV_COLUMNS]; /* where each field ends in `bytes` */
    struct slice fields[LIMIT_CSV_COLUMNS];
    size_t count; /* fields of this row, also those over the limit */
    bool is_field_long;
    bool is_unclosed;
    bool is_header_done;
    bool is_rejects;
    uint64_t records;
    uint8_t chunk[ROWS_CHUNK_BYTES];
};

static void rows_on_field(void *bytes, size_t length, void *context)
{
    struct rows_state *state = context;
    if (length > LIMIT_CSV_FIELD_BYTES) {
        state->is_field_long = true;
        length = LIMIT_CSV_FIELD_BYTES;
    }
    if (state->count < LIMIT_CSV_COLUMNS) {
        if (length > 0) {
            write_bytes(&state->bytes, bytes, length);
        }
        state->ends[state->count] = state->bytes.length;
    }
    state->count++;
}

static const char *rows_fault(const struct rows_state *state)
{
    if (state->count > LIMIT_CSV_COLUMNS) {
        return "more than 512 fields";
    }
    if (state->is_unclosed) {
        return "a quote is opened and never closed";
    }
    if (state->is_field_long) {
        return "a field longer than 65536 bytes";
    }
    return state->bytes.err != ERR_OK ? "longer than 1048576 bytes" : NULL;
}

static size_t rows_place_fields(struct rows_state *state)
{
    size_t count = state->count < LIMIT_CSV_COLUMNS ? state->count : LIMIT_CSV_COLUMNS;
    size_t start = 0;
    for (size_t i = 0; i < count; i++) {
        state->fields[i] = slice_of(state->bytes.at + start, state->ends[i] - start);
        start = state->ends[i];
    }
    return count;
}

/* Digits at the start of `*at`. */
static bool take_number(const uint8_t **at, const uint8_t *end, uint64_t *out_number)
{
    uint64_t number = 0;
    const uint8_t *start = *at;
    while (*at < end && **at >= '0' && **at <= '9' && *at - start < 18) {
        number = number * 10 + (uint64_t)(**at - '0');
        (*at)++;
    }
    *out_number = number;
    return *at > start;
}

/* "17" or "17 part 0": what a rejects file says of a row. */
static bool rows_read_mark(struct slice mark, struct row *row)
{
    static const char between[] = " part ";
    const size_t between_length = sizeof between - 1;
    const uint8_t *at = mark.at;
    const uint8_t *end = mark.at + mark.length;
    uint64_t number;
    uint64_t part = 0;
    if (!take_number(&at, end, &number)) {
        return false;
    }
    bool has_part = (size_t)(end - at) > between_length && memcmp(at, between, between_length) == 0;
    if (has_part) {
        at += between_length;
        if (!take_number(&at, end, &part)) {
            return false;
        }
    }
    if (at != end) {
        return false;
    }
    row->number = number;
    row->has_part = has_part;
    row->part = part;
    return true;
}

static bool is_text(struct slice bytes, const char *text)
{
    return slice_equal(bytes, slice_of(text, strlen(text)));
}

static bool is_rejects_header(const struct row *row)
{
    return row->number == 1 && row->count > 2 && is_text(row->fields[0], "row") &&
           is_text(row->fields[1], "reason");
}

/* Takes the columns `row` and `reason` off. */
static void rows_shift(struct row *row)
{
    size_t skip = row->count > 2 ? 2 : row->count;
    row->fields += skip;
    row->count -= skip;
}

/* Tells the sink of the columns. */
static void rows_begin(struct rows_state *state, const struct row *row)
{
    const struct rows_header header = {
        .names = state->mapping->has_header ? row->fields : NULL,
        .count = row->count,
        .is_rejects = state->is_rejects,
    };
    state->is_header_done = true;
    state->err = state->sink->on_header(state->sink->context, &header, state->note);
}

/* The first record, where it is a header: that of the file's columns, or (in a rejects file without
 * those) that which only says that it is one. */
static bool rows_take_header(struct rows_state *state, struct row *row, const char *fault)
{
    state->is_rejects = is_rejects_header(row);
    if (fault != NULL && state->mapping->has_header) {
        state->err = note_set(state->note, ERR_INPUT, "row 1: %s", fault);
        return true;
    }
    if (!state->mapping->has_header) {
        return state->is_rejects;
    }
    if (state->is_rejects) {
        rows_shift(row);
    }
    rows_begin(state, row);
    return true;
}

static void rows_deliver(struct rows_state *state, struct row *row)
{
    const struct rows_sink *sink = state->sink;
    const char *fault = rows_fault(state);
    if (row->number == 1 && rows_take_header(state, row, fault)) {
        return;
    }
    if (state->is_rejects) {
        bool is_marked = row->count > 2 && rows_read_mark(row->fields[0], row);
        fault = is_marked ? fault : "its first column is not the number of a row";
        rows_shift(row);
    }
    if (!state->is_header_done) {
        rows_begin(state, row);
    }
    if (state->err == ERR_OK) {
        state->err = fault == NULL ? sink->on_row(sink->context, row, state->note)
                                   : sink->on_malformed(sink->context, row, fault, state->note);
    }
}

static void rows_on_record(int end, void *context)
{
    struct rows_state *state = context;
    (void)end;
    state->records++;
    if (state->err == ERR_OK) {
        struct row row = {.number = state->records, .fields = state->fields};
        row.count = rows_place_fields(state);
        rows_deliver(state, &row);
    }
    buffer_clear(&state->bytes);
    state->count = 0;
    state->is_field_long = false;
}

static enum err rows_feed(struct rows_state *state, const struct source *source, size_t length)
{
    struct csv_parser *parser = &state->parser;
    if (state->mapping->quote == 0 && memchr(state->chunk, 0, length) != NULL) {
        return note_set(state->note, ERR_INPUT, "%s: after row %llu: a NUL byte; not a text file",
                        source_name(source), (unsigned long long)state->records);
    }
    if (csv_parse(parser, state->chunk, length, rows_on_field, rows_on_record, state) != length) {
        return note_set(state->note, ERR_RESOURCE, "%s: %s", source_name(source),
                        csv_strerror(csv_error(parser)));
    }
    TRY(state->err);
    if (csv_get_buffer_size(parser) > ROWS_FIELD_BUFFER_MAX) {
        return note_set(state->note, ERR_INPUT,
                        "%s: row %llu: a field longer than %u bytes; is a quote left open?",
                        source_name(source), (unsigned long long)state->records + 1,
                        ROWS_FIELD_BUFFER_MAX);
    }
    if (state->sink->on_progress != NULL) {
        state->sink->on_progress(state->sink->context, source_position(source),
                                 source_size(source));
    }
    return ERR_OK;
}

static enum err rows_finish(struct rows_state *state, const struct source *source)
{
    struct csv_parser *parser = &state->parser;
    state->is_unclosed = parser->pstate == CSV_STATE_FIELD_BEGUN && parser->quoted != 0;
    if (csv_fini(parser, rows_on_field, rows_on_record, state) != 0) {
        return note_set(state->note, ERR_RESOURCE, "%s: %s", source_name(source),
                        csv_strerror(csv_error(parser)));
    }
    TRY(state->err);
    if (state->records == 0) {
        return note_set(state->note, ERR_INPUT, "%s: the file is empty", source_name(source));
    }
    return ERR_OK;
}

static enum err rows_run(struct rows_state *state, struct source *source)
{
    for (;;) {
        size_t length;
        TRY(source_read(source, state->chunk, sizeof state->chunk, &length, state->note));
        if (length == 0) {
            return rows_finish(state, source);
        }
        TRY(rows_feed(state, source, length));
    }
}

enum err rows_read(struct source *source, const struct mapping *mapping,
                   const struct rows_sink *sink, struct note *note)
{
    struct rows_state *state = calloc(1, sizeof *state);
    if (state == NULL || csv_init(&state->parser, 0) != 0) {
        free(state);
        return note_set(note, ERR_RESOURCE, "%s: out of memory", source_name(source));
    }
    state->mapping = mapping;
    state->sink = sink;
    state->note = note;
    state->bytes.limit = LIMIT_CSV_ROW_BYTES;
    write_u8(&state->bytes, 0); /* so that fields never point nowhere */
    buffer_clear(&state->bytes);
    csv_set_delim(&state->parser, mapping->delimiter);
    csv_set_quote(&state->parser, mapping->quote);
    csv_set_blk_size(&state->parser, 4096);
    enum err err = rows_run(state, source);
    csv_free(&state->parser);
    buffer_fini(&state->bytes);
    free(state);
    return err;
}

static bool needs_quote(struct slice field, unsigned char delimiter, unsigned char quote)
{
    if (field.length == 0) {
        return false;
    }
    if (field.at[0] == ' ' || field.at[0] == '\t' || field.at[field.length - 1] == ' ' ||
        field.at[field.length - 1] == '\t') {
        return true;
    }
    for (size_t i = 0; i < field.length; i++) {
        uint8_t byte = field.at[i];
        if (byte == delimiter || byte == quote || byte == '\n' || byte == '\r') {
            return true;
        }
    }
    return false;
}

void row_write(struct buffer *out, const struct slice *fields, size_t count,
               unsigned char delimiter, unsigned char quote)
{
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            write_u8(out, delimiter);
        }
        if (quote == 0 || !needs_quote(fields[i], delimiter, quote)) {
            write_bytes(out, fields[i].at, fields[i].length);
            continue;
        }
        size_t size = csv_write2(NULL, 0, fields[i].at, fields[i].length, quote);
        uint8_t *at = write_reserve(out, size);
        if (at != NULL) {
            (void)csv_write2(at, size, fields[i].at, fields[i].length, quote);
        }
    }
}
