#include "cli/table.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define CELL_MAX 1024

/* Unicode 15, EastAsianWidth W and F, by blocks; general category Mn, by blocks. */
static size_t character_width(uint32_t c)
{
    if ((c >= 0x300 && c <= 0x36F) || (c >= 0x200B && c <= 0x200F) ||
        (c >= 0x20D0 && c <= 0x20FF) || (c >= 0xFE00 && c <= 0xFE0F) ||
        (c >= 0xFE20 && c <= 0xFE2F)) {
        return 0;
    }
    if ((c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0x303E) ||
        (c >= 0x3041 && c <= 0xA4CF) || (c >= 0xAC00 && c <= 0xD7A3) ||
        (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFE30 && c <= 0xFE6F) ||
        (c >= 0xFF00 && c <= 0xFF60) || (c >= 0xFFE0 && c <= 0xFFE6) ||
        (c >= 0x1F300 && c <= 0x1FAFF) || (c >= 0x20000 && c <= 0x3FFFD)) {
        return 2;
    }
    return 1;
}

size_t table_text_width(const char *text)
{
    size_t width = 0;
    const unsigned char *at = (const unsigned char *)text;
    while (*at != '\0') {
        uint32_t c = *at;
        unsigned more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : c >= 0xC0 ? 1 : 0;
        if (more > 0) {
            c &= 0x3Fu >> more;
        }
        at++;
        for (; more > 0 && (*at & 0xC0) == 0x80; more--) {
            c = c << 6 | (*at++ & 0x3Fu);
        }
        width += character_width(c);
    }
    return width;
}

void table_init(struct table *table, const char *const *titles, size_t count)
{
    ASSERT(count > 0 && count <= TABLE_COLUMNS_MAX);
    *table = (struct table){.column_count = count};
    for (size_t i = 0; i < count; i++) {
        table->is_right[i] = titles[i][0] == '>';
        table->titles[i] = titles[i] + (table->is_right[i] ? 1 : 0);
        table->widths[i] = table_text_width(table->titles[i]);
    }
}

/* What others wrote must not steer the terminal. */
static void clean(char *text)
{
    for (unsigned char *at = (unsigned char *)text; *at != '\0'; at++) {
        if (*at < 0x20 || *at == 0x7F) {
            *at = ' ';
        }
    }
}

static bool make_room(struct table *table)
{
    if (table->cell_count < table->cell_capacity) {
        return true;
    }
    size_t capacity = table->cell_capacity == 0 ? 64 : 2 * table->cell_capacity;
    char **cells = reallocarray(table->cells, capacity, sizeof cells[0]);
    if (cells == NULL) {
        return false;
    }
    table->cells = cells;
    table->cell_capacity = capacity;
    return true;
}

void table_cell(struct table *table, const char *format, ...)
{
    char raw[CELL_MAX];
    char text[CELL_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(raw, sizeof raw, format, args);
    va_end(args);
    text_clean(text, sizeof text, slice_of(raw, strlen(raw)));
    clean(text);
    char *copy = make_room(table) ? strdup(text) : NULL;
    if (copy == NULL) {
        table->is_failed = true;
        return;
    }
    size_t column = table->cell_count % table->column_count;
    size_t width = table_text_width(copy);
    if (width > table->widths[column]) {
        table->widths[column] = width;
    }
    table->cells[table->cell_count++] = copy;
}

/* Blanks wait in `blanks` for a text behind them: no line ends in any. */
static void print_padded(const struct table *table, FILE *out, size_t column, const char *text,
                         int *blanks)
{
    int padding = (int)(table->widths[column] - table_text_width(text));
    bool is_right = table->is_right[column];
    if (text[0] == '\0') {
        *blanks += padding;
    } else {
        fprintf(out, "%*s%s", *blanks + (is_right ? padding : 0), "", text);
        *blanks = is_right ? 0 : padding;
    }
    *blanks += 2;
    if (column + 1 == table->column_count) {
        fputc('\n', out);
        *blanks = 0;
    }
}

void table_print(const struct table *table, FILE *out, bool is_coloured)
{
    int blanks = 0;
    fputs(is_coloured ? "\033[1m" : "", out);
    for (size_t i = 0; i < table->column_count; i++) {
        print_padded(table, out, i, table->titles[i], &blanks);
    }
    fputs(is_coloured ? "\033[0m" : "", out);
    for (size_t i = 0; i < table->cell_count; i++) {
        print_padded(table, out, i % table->column_count, table->cells[i], &blanks);
    }
}

void table_fini(struct table *table)
{
    for (size_t i = 0; i < table->cell_count; i++) {
        free(table->cells[i]);
    }
    free(table->cells);
}
