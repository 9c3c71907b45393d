/* Rows of CSV (RFC 4180): every field quoted, by libcsv. What could not be written is seen at the
 * stream, by ferror. */
#ifndef CLI_CSV_H
#define CLI_CSV_H

#include <stdio.h>

#include "base/error.h"

struct csv_row {
    FILE *out;
    bool has_cell;
};

void csv_text(struct csv_row *row, const char *text);
void csv_number(struct csv_row *row, const char *format, ...) PRINTF_LIKE(2, 3);
void csv_end(struct csv_row *row);

#endif
