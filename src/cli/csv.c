#include "cli/csv.h"

#include <csv.h>
#include <stdarg.h>
#include <string.h>

#define NUMBER_MAX 64

void csv_text(struct csv_row *row, const char *text)
{
    if (row->has_cell) {
        fputc(',', row->out);
    }
    (void)csv_fwrite(row->out, text, strlen(text));
    row->has_cell = true;
}

void csv_number(struct csv_row *row, const char *format, ...)
{
    char text[NUMBER_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    csv_text(row, text);
}

void csv_end(struct csv_row *row)
{
    fputs("\r\n", row->out);
    row->has_cell = false;
}
