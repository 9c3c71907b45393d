/* Tables for people: columns as wide as their widest cell, measured in characters. */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stdio.h>

#include "base/error.h"

#define TABLE_COLUMNS_MAX 12u

struct table {
    size_t column_count;
    const char *titles[TABLE_COLUMNS_MAX];
    bool is_right[TABLE_COLUMNS_MAX]; /* numbers stand at the right */
    size_t widths[TABLE_COLUMNS_MAX];
    char **cells; /* row by row */
    size_t cell_count;
    size_t cell_capacity;
    bool is_failed; /* out of memory: what is missing is not printed */
};

/* Titles are borrowed; one that starts with '>' makes a column of numbers. */
void table_init(struct table *table, const char *const *titles, size_t count);
/* The next cell, left to right, then the next row. The text is copied, control characters out. */
void table_cell(struct table *table, const char *format, ...) PRINTF_LIKE(2, 3);
void table_print(const struct table *table, FILE *out, bool is_coloured);
void table_fini(struct table *table);

/* Columns that a terminal needs for UTF-8 text: combining marks 0, wide East Asian ones 2. */
size_t table_text_width(const char *text);

#endif
