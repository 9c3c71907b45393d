#include "receipts/read.h"

#include <stdlib.h>
#include <string.h>

#include "receipts/assemble.h"
#include "receipts/rows.h"
#include "receipts/sort.h"

/* A key of rows: the receipt's number, a NUL, the part that a rejects file names (9 bytes). Behind
 * it stands the row's number while they are sorted. */
#define KEY_BYTES_MAX (LIMIT_REFERENCE_BYTES + 1 + 9)

struct row_key {
    uint8_t bytes[KEY_BYTES_MAX + 8];
    size_t length;
};

struct import {
    const struct mapping *mapping;
    const struct receipts_sink *sink;
    const char *file;
    struct decoder decoder;
    struct assembler assembler;
    struct sorter *by_key;  /* of a file that isn't grouped */
    struct sorter *by_time; /* the same rows, each receipt's together, in order of time */
    struct buffer packed;
    struct slice fields[LIMIT_CSV_COLUMNS];
    struct row_key group; /* while by_key is read: the receipt, and what sorts it by time */
    uint8_t group_order[16];
};

static struct row_key key_of(const struct entry *entry, const struct row *row)
{
    struct row_key key = {.length = strlen(entry->receipt)};
    ASSERT(key.length <= LIMIT_REFERENCE_BYTES);
    memcpy(key.bytes, entry->receipt, key.length);
    key.bytes[key.length++] = '\0';
    key.bytes[key.length++] = row->has_part ? 1 : 0;
    put_u64_be(key.bytes + key.length, row->part);
    key.length += 8;
    return key;
}

static void row_pack(struct buffer *out, const struct row *row)
{
    buffer_clear(out);
    write_varint(out, row->number);
    write_u8(out, row->has_part ? 1 : 0);
    write_varint(out, row->part);
    write_varint(out, row->count);
    for (size_t i = 0; i < row->count; i++) {
        write_block(out, row->fields[i]);
    }
}

static enum err row_unpack(struct slice packed, struct slice fields[LIMIT_CSV_COLUMNS],
                           struct row *out_row)
{
    struct reader r = reader_of(packed);
    *out_row = (struct row){.fields = fields, .number = read_varint(&r)};
    out_row->has_part = read_u8(&r) != 0;
    out_row->part = read_varint(&r);
    out_row->count = (size_t)read_varint(&r);
    if (out_row->count > LIMIT_CSV_COLUMNS) {
        return ERR_CORRUPT;
    }
    for (size_t i = 0; i < out_row->count; i++) {
        fields[i] = read_block(&r);
    }
    return reader_finish(&r);
}

static enum err on_header(void *context, const struct rows_header *header, struct note *note)
{
    struct import *import = context;
    TRY(decoder_bind(&import->decoder, header, import->file, note));
    import->assembler.is_rejects = header->is_rejects;
    if (import->sink->on_columns == NULL) {
        return ERR_OK;
    }
    struct buffer columns = {.length = 0};
    if (header->names != NULL) {
        row_write(&columns, header->names, header->count, import->mapping->delimiter,
                  import->mapping->quote);
    }
    enum err err = columns.err == ERR_OK ? import->sink->on_columns(import->sink->context,
                                                                    buffer_slice(&columns), note)
                                         : note_set(note, ERR_RESOURCE, "out of memory");
    buffer_fini(&columns);
    return err;
}

static enum err on_malformed(void *context, const struct row *row, const char *reason,
                             struct note *note)
{
    struct import *import = context;
    import->assembler.tally.rows++;
    return assemble_reject(&import->assembler, row, reason, note);
}

static enum err sort_row(struct import *import, const struct row *row, struct row_key *key,
                         struct note *note)
{
    row_pack(&import->packed, row);
    if (import->packed.err != ERR_OK) {
        return note_set(note, ERR_RESOURCE, "out of memory");
    }
    put_u64_be(key->bytes + key->length, row->number);
    return sorter_add(import->by_key, slice_of(key->bytes, key->length + 8),
                      buffer_slice(&import->packed), note);
}

static enum err on_row(void *context, const struct row *row, struct note *note)
{
    struct import *import = context;
    struct entry entry = {.receipt = ""};
    import->assembler.tally.rows++;
    const char *reason = decode_check(&import->decoder, row);
    reason = reason == NULL ? decode_texts(&import->decoder, row) : reason;
    reason = reason == NULL ? decode_key(&import->decoder, &entry) : reason;
    if (reason != NULL) {
        return assemble_reject(&import->assembler, row, reason, note);
    }
    struct row_key key = key_of(&entry, row);
    if (import->by_key != NULL) {
        return sort_row(import, row, &key, note);
    }
    return assemble_row(&import->assembler, row, slice_of(key.bytes, key.length), &entry, note);
}

/* A sorted row's fields again, its key read. What was accepted once is accepted again; the encoding
 * isn't checked twice. */
static enum err reread(struct import *import, struct slice packed, struct row *out_row,
                       struct entry *out_entry, struct note *note)
{
    *out_entry = (struct entry){.receipt = ""};
    if (row_unpack(packed, import->fields, out_row) != ERR_OK ||
        out_row->count != import->decoder.field_count ||
        decode_texts(&import->decoder, out_row) != NULL ||
        decode_key(&import->decoder, out_entry) != NULL) {
        return note_set(note, ERR_CORRUPT, "the temporary file doesn't hold what was written");
    }
    return ERR_OK;
}

/* Rows by receipt: gives each the time of its receipt's first row to be sorted by. */
static enum err on_keyed(void *context, struct slice key, struct slice packed, struct note *note)
{
    struct import *import = context;
    struct row_key *group = &import->group;
    struct slice receipt = slice_of(key.at, key.length - 8);
    if (!slice_equal(receipt, slice_of(group->bytes, group->length))) {
        struct row row;
        struct entry entry;
        TRY(reread(import, packed, &row, &entry, note));
        *group = key_of(&entry, &row);
        put_u64_be(import->group_order, (uint64_t)entry.time.ms ^ UINT64_C(1) << 63);
        put_u64_be(import->group_order + 8, row.number);
    }
    uint8_t order[24];
    memcpy(order, import->group_order, sizeof import->group_order);
    memcpy(order + sizeof import->group_order, key.at + key.length - 8, 8);
    return sorter_add(import->by_time, slice_of(order, sizeof order), packed, note);
}

static enum err on_timed(void *context, struct slice order, struct slice packed, struct note *note)
{
    struct import *import = context;
    struct row row;
    struct entry entry;
    (void)order;
    TRY(reread(import, packed, &row, &entry, note));
    struct row_key key = key_of(&entry, &row);
    return assemble_row(&import->assembler, &row, slice_of(key.bytes, key.length), &entry, note);
}

static void on_progress(void *context, uint64_t position, uint64_t size)
{
    const struct import *import = context;
    if (import->sink->on_progress != NULL) {
        import->sink->on_progress(import->sink->context, position, size);
    }
}

static enum err import_run(struct import *import, struct source *source,
                           const struct receipts_options *options, struct note *note)
{
    const struct rows_sink sink = {.context = import,
                                   .on_header = on_header,
                                   .on_row = on_row,
                                   .on_malformed = on_malformed,
                                   .on_progress = on_progress};
    size_t sort_bytes = options->sort_bytes == 0 ? LIMIT_IMPORT_SORT_BYTES : options->sort_bytes;
    const char *folder = options->temporary_folder;
    if (import->mapping->is_grouped) {
        TRY(rows_read(source, import->mapping, &sink, note));
        return assemble_finish(&import->assembler, note);
    }
    TRY(sorter_create(sort_bytes, folder, &import->by_key, note));
    TRY(sorter_create(sort_bytes, folder, &import->by_time, note));
    TRY(rows_read(source, import->mapping, &sink, note));
    TRY(sorter_finish(import->by_key, on_keyed, import, note));
    sorter_destroy(import->by_key);
    import->by_key = NULL;
    TRY(sorter_finish(import->by_time, on_timed, import, note));
    return assemble_finish(&import->assembler, note);
}

static enum err import_with_cards(struct import *import, struct source *source,
                                  const struct receipts_options *options,
                                  struct receipts_tally *out_tally, struct note *note)
{
    struct cards *cards = NULL;
    if (import->mapping->cards != NULL) {
        TRY(cards_load(import->mapping->cards, &cards, note));
    }
    decoder_init(&import->decoder, import->mapping, cards, options->points_decimals);
    enum err err =
        assembler_init(&import->assembler, import->mapping, import->sink, &import->decoder, note);
    if (err == ERR_OK) {
        err = import_run(import, source, options, note);
        *out_tally = import->assembler.tally;
        assembler_fini(&import->assembler);
    }
    decoder_fini(&import->decoder);
    cards_destroy(cards);
    return err;
}

enum err receipts_read(struct source *source, const struct mapping *mapping,
                       const struct receipts_options *options, const struct receipts_sink *sink,
                       struct receipts_tally *out_tally, struct note *note)
{
    ASSERT(options->points_decimals <= 9);
    struct import *import = calloc(1, sizeof *import);
    *out_tally = (struct receipts_tally){.rows = 0};
    if (import == NULL) {
        return note_set(note, ERR_RESOURCE, "out of memory");
    }
    import->mapping = mapping;
    import->sink = sink;
    import->file = source_name(source);
    enum err err = import_with_cards(import, source, options, out_tally, note);
    sorter_destroy(import->by_key);
    sorter_destroy(import->by_time);
    buffer_fini(&import->packed);
    free(import);
    if (err == ERR_OK) {
        ASSERT(out_tally->rows ==
               out_tally->rows_sale + out_tally->rows_return + out_tally->rows_rejected);
    }
    return err;
}
