#include "receipts/rejects.h"

#include <string.h>

#include "receipts/rows.h"

static enum err write_record(struct rejects *rejects, const char *row, const char *reason,
                             struct slice text)
{
    const struct slice front[] = {slice_of(row, strlen(row)), slice_of(reason, strlen(reason))};
    struct buffer *record = &rejects->record;
    buffer_clear(record);
    row_write(record, front, 2, rejects->mapping->delimiter, rejects->mapping->quote);
    if (text.length > 0) {
        write_u8(record, rejects->mapping->delimiter);
        write_bytes(record, text.at, text.length);
    }
    write_u8(record, '\n');
    if (record->err != ERR_OK) {
        return ERR_RESOURCE;
    }
    return fwrite(record->at, 1, record->length, rejects->file) == record->length ? ERR_OK
                                                                                  : ERR_STORAGE;
}

enum err rejects_init(struct rejects *rejects, FILE *file, const struct mapping *mapping,
                      struct slice columns)
{
    *rejects = (struct rejects){.file = file, .mapping = mapping};
    /* Without a header the file still has to say what it is: a third, empty column makes it long
     * enough to be told from a row. */
    struct slice rest = columns.length > 0 ? columns : slice_of("columns", strlen("columns"));
    return write_record(rejects, "row", "reason", rest);
}

void rejects_fini(struct rejects *rejects)
{
    buffer_fini(&rejects->record);
}

/* A reason that can stand in any file: where there are no quotes, nothing may need them; beyond
 * ASCII only what the file's encoding has. */
static void plain_reason(const struct mapping *mapping, const char *reason, char *out, size_t size)
{
    size_t length = 0;
    for (; *reason != '\0' && length + 1 < size; reason++) {
        unsigned char c = (unsigned char)*reason;
        bool is_bad = c < 0x20 || c == 0x7f || (mapping->quote == 0 && c == mapping->delimiter) ||
                      (c >= 0x80 && mapping->encoding != ENCODING_UTF_8);
        out[length++] = is_bad ? '?' : *reason;
    }
    out[length] = '\0';
}

enum err rejects_write_row(struct rejects *rejects, const struct receipt_row *row,
                           const char *reason)
{
    char number[32];
    char plain[512];
    (void)snprintf(number, sizeof number, "%llu", (unsigned long long)row->number);
    plain_reason(rejects->mapping, reason, plain, sizeof plain);
    TRY(write_record(rejects, number, plain, row->text));
    rejects->count++;
    return ERR_OK;
}

enum err rejects_write_part_row(struct rejects *rejects, const struct receipt_row *row,
                                uint64_t part, const char *reason)
{
    char number[64];
    char plain[512];
    (void)snprintf(number, sizeof number, "%llu part %llu", (unsigned long long)row->number,
                   (unsigned long long)part);
    plain_reason(rejects->mapping, reason, plain, sizeof plain);
    TRY(write_record(rejects, number, plain, row->text));
    rejects->count++;
    return ERR_OK;
}

enum err rejects_write_receipt(struct rejects *rejects, const struct receipt *receipt,
                               const char *reason)
{
    for (size_t i = 0; i < receipt->row_count; i++) {
        TRY(rejects_write_part_row(rejects, &receipt->rows[i], receipt->part, reason));
    }
    return ERR_OK;
}
