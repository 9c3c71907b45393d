#include "receipts/decode.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "receipts/date.h"

#define DECODE_SCRATCH_BYTES (8u * LIMIT_CSV_ROW_BYTES)
#define CLOCK_TEXT_MAX       256u

void decoder_init(struct decoder *decoder, const struct mapping *mapping, const struct cards *cards,
                  unsigned points_decimals)
{
    *decoder =
        (struct decoder){.mapping = mapping, .cards = cards, .points_decimals = points_decimals};
    arena_init(&decoder->scratch, DECODE_SCRATCH_BYTES);
}

void decoder_fini(struct decoder *decoder)
{
    arena_fini(&decoder->scratch);
}

const char *decode_refuse(struct decoder *decoder, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char reason[sizeof decoder->reason]; /* what it quotes may be cut anywhere */
    (void)vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    text_clean_line(decoder->reason, sizeof decoder->reason, slice_of(reason, strlen(reason)));
    return decoder->reason;
}

/* Appends to a note as much as fits. */
static void note_append(struct note *note, const char *between, struct slice text)
{
    size_t used = strlen(note->text);
    (void)snprintf(note->text + used, sizeof note->text - used, "%s%.*s", between,
                   text.length > 64 ? 64 : (int)text.length, (const char *)text.at);
}

static enum err refuse_column(const struct decoder *decoder, enum column_role role,
                              const char *problem, const struct rows_header *header,
                              const char *file, struct note *note)
{
    struct note line;
    (void)note_set(&line, ERR_INPUT, "%s: columns.%s names %.64s, %s %s", decoder->mapping->name,
                   column_role_name(role), decoder->mapping->columns[role]->column, problem, file);
    if (header->names == NULL) {
        return note_set(note, ERR_INPUT, "%s, which has %zu columns", line.text, header->count);
    }
    note_append(&line, "; its columns are", slice_of("", 0));
    for (size_t i = 0; i < header->count; i++) {
        note_append(&line, i == 0 ? " " : ", ", header->names[i]);
    }
    return note_set(note, ERR_INPUT, "%.511s", line.text);
}

static size_t count_columns(const struct rows_header *header, const char *name, size_t *out_index)
{
    size_t found = 0;
    if (header->names == NULL) {
        *out_index = (size_t)strtoul(name, NULL, 10) - 1;
        return *out_index < header->count ? 1 : 0;
    }
    for (size_t i = header->count; i-- > 0;) {
        if (slice_equal(header->names[i], slice_of(name, strlen(name)))) {
            *out_index = i;
            found++;
        }
    }
    return found;
}

enum err decoder_bind(struct decoder *decoder, const struct rows_header *header, const char *file,
                      struct note *note)
{
    decoder->field_count = header->count;
    for (unsigned i = 0; i < ROLE_COUNT; i++) {
        const struct mapping_column *column = decoder->mapping->columns[i];
        if (column == NULL || column->column == NULL) {
            continue;
        }
        size_t found = count_columns(header, column->column, &decoder->index[i]);
        if (found != 1) {
            return refuse_column(decoder, i, found == 0 ? "which is not in" : "which is twice in",
                                 header, file, note);
        }
    }
    return ERR_OK;
}

/* Tabs and line ends may stand in a quoted field, other control characters may not. */
static bool is_utf8_field(struct slice field)
{
    size_t start = 0;
    size_t plain = 0;
    while (plain < field.length && field.at[plain] >= 0x20 && field.at[plain] < 0x7f) {
        plain++;
    }
    if (plain == field.length) {
        return true;
    }
    for (size_t i = 0; i <= field.length; i++) {
        if (i == field.length || field.at[i] == '\t' || field.at[i] == '\n' ||
            field.at[i] == '\r') {
            if (!text_is_printable(slice_of(field.at + start, i - start))) {
                return false;
            }
            start = i + 1;
        }
    }
    return true;
}

/* ISO/IEC 8859-1: no control characters of either half. */
static bool is_latin1_field(struct slice field)
{
    for (size_t i = 0; i < field.length; i++) {
        uint8_t byte = field.at[i];
        bool is_line = byte == '\t' || byte == '\n' || byte == '\r';
        if ((byte < 0x20 && !is_line) || (byte >= 0x7f && byte < 0xa0)) {
            return false;
        }
    }
    return true;
}

/* The field as UTF-8 with a NUL behind it; NULL without memory. */
static char *field_text(struct decoder *decoder, struct slice field)
{
    if (decoder->mapping->encoding == ENCODING_UTF_8) {
        return arena_text(&decoder->scratch, field);
    }
    char *text = arena_alloc(&decoder->scratch, 2 * field.length + 1);
    size_t length = 0;
    for (size_t i = 0; text != NULL && i < field.length; i++) {
        uint8_t byte = field.at[i];
        if (byte >= 0x80) {
            text[length++] = (char)(0xc0 | byte >> 6);
        }
        text[length++] = (char)(byte < 0x80 ? byte : 0x80 | (byte & 0x3f));
    }
    if (text != NULL) {
        text[length] = '\0';
    }
    return text;
}

static char *trim(char *text)
{
    text += strspn(text, " \t\r\n");
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t\r\n", text[length - 1]) != NULL) {
        text[--length] = '\0';
    }
    return text;
}

static const char *clean(char *text, const struct mapping_column *column)
{
    text = trim(text);
    if (column->drop_prefix != NULL) {
        size_t length = strlen(column->drop_prefix);
        text += strncmp(text, column->drop_prefix, length) == 0 ? length : 0;
    }
    if (column->drop_suffix != NULL) {
        size_t length = strlen(column->drop_suffix);
        size_t whole = strlen(text);
        if (whole >= length && strcmp(text + whole - length, column->drop_suffix) == 0) {
            text[whole - length] = '\0';
        }
    }
    return text;
}

const char *decode_check(struct decoder *decoder, const struct row *row)
{
    const struct mapping *mapping = decoder->mapping;
    if (row->count != decoder->field_count) {
        return decode_refuse(decoder, "%zu fields where the first row has %zu", row->count,
                             decoder->field_count);
    }
    for (size_t i = 0; i < row->count; i++) {
        bool is_good = mapping->encoding == ENCODING_UTF_8 ? is_utf8_field(row->fields[i])
                                                           : is_latin1_field(row->fields[i]);
        if (!is_good) {
            return decode_refuse(decoder, "field %zu is not %s text", i + 1,
                                 mapping->encoding == ENCODING_UTF_8 ? "UTF-8" : "Latin-1");
        }
    }
    return NULL;
}

const char *decode_texts(struct decoder *decoder, const struct row *row)
{
    const struct mapping *mapping = decoder->mapping;
    arena_reset(&decoder->scratch);
    for (unsigned i = 0; i < ROLE_COUNT; i++) {
        const struct mapping_column *column = mapping->columns[i];
        decoder->texts[i] = column == NULL || column->value == NULL ? "" : column->value;
        if (column != NULL && column->column != NULL) {
            char *text = field_text(decoder, row->fields[decoder->index[i]]);
            if (text == NULL) {
                return decode_refuse(decoder, "too long");
            }
            decoder->texts[i] = clean(text, column);
        }
    }
    return NULL;
}

static const char *decode_time(struct decoder *decoder, struct entry *entry)
{
    const struct mapping *mapping = decoder->mapping;
    char joined[CLOCK_TEXT_MAX];
    const char *text = decoder->texts[ROLE_TIME];
    if (mapping->columns[ROLE_DATE] != NULL) {
        text = decoder->texts[ROLE_DATE];
    }
    if (text[0] == '\0') {
        return decode_refuse(decoder, "no date");
    }
    if (mapping->columns[ROLE_CLOCK] != NULL) {
        (void)snprintf(joined, sizeof joined, "%s %s", text, decoder->texts[ROLE_CLOCK]);
        text = joined;
    }
    bool is_before = false;
    for (unsigned i = 0; i < mapping->formats.count; i++) {
        enum err err = date_parse(text, mapping->formats.at[i], mapping->offset_minutes,
                                  &entry->time, &entry->local);
        if (err == ERR_OK) {
            return NULL;
        }
        is_before = is_before || err == ERR_RANGE;
    }
    if (is_before) {
        return decode_refuse(decoder, "date \"%.64s\" is before 1970", text);
    }
    return decode_refuse(decoder, "date \"%.64s\" is in none of the mapping's formats", text);
}

/* One component of a composite: '/' and '%' are written as %2F and %25, so that two different
 * composites never read alike. Gives the new length. */
static size_t append_component(char *out, size_t capacity, size_t length, const char *text)
{
    for (; *text != '\0' && length + 3 < capacity; text++) {
        if (*text == '/' || *text == '%') {
            memcpy(out + length, *text == '/' ? "%2F" : "%25", 3);
            length += 3;
        } else {
            out[length++] = *text;
        }
    }
    return length + strlen(text); /* what didn't fit counts */
}

static const char *decode_composite(struct decoder *decoder, struct entry *entry)
{
    const struct mapping *mapping = decoder->mapping;
    const size_t capacity = 4 * LIMIT_REFERENCE_BYTES;
    char *out = arena_alloc(&decoder->scratch, capacity);
    size_t length = 0;
    if (out == NULL) {
        return decode_refuse(decoder, "too long");
    }
    for (unsigned i = 0; i < mapping->receipt_from_count; i++) {
        enum column_role role = mapping->receipt_from[i];
        char day[64];
        const char *text = decoder->texts[role];
        if (role == ROLE_DATE) {
            (void)snprintf(day, sizeof day, "%04d-%02d-%02d", entry->local.year, entry->local.month,
                           entry->local.day);
            text = day;
        }
        if (text[0] == '\0') {
            return decode_refuse(decoder, "no %s", column_role_name(role));
        }
        if (i > 0 && length < capacity) {
            out[length++] = '/';
        }
        length = append_component(out, capacity, length < capacity ? length : capacity - 1, text);
        if (length > LIMIT_REFERENCE_BYTES) {
            return decode_refuse(decoder, "the receipt's number is longer than %u bytes",
                                 LIMIT_REFERENCE_BYTES);
        }
    }
    out[length] = '\0';
    entry->receipt = out;
    return NULL;
}

const char *decode_key(struct decoder *decoder, struct entry *out_entry)
{
    const char *reason = decode_time(decoder, out_entry);
    if (reason != NULL) {
        return reason;
    }
    if (decoder->mapping->receipt_from_count > 0) {
        return decode_composite(decoder, out_entry);
    }
    out_entry->receipt = decoder->texts[ROLE_RECEIPT];
    if (out_entry->receipt[0] == '\0') {
        return decode_refuse(decoder, "no receipt number");
    }
    if (strlen(out_entry->receipt) > LIMIT_REFERENCE_BYTES) {
        return decode_refuse(decoder, "the receipt's number is longer than %u bytes",
                             LIMIT_REFERENCE_BYTES);
    }
    return NULL;
}

static const char *check_excluded(struct decoder *decoder)
{
    for (unsigned i = 0; i < ROLE_COUNT; i++) {
        const struct mapping_values *values = &decoder->mapping->exclude[i];
        if (mapping_values_have(values, decoder->texts[i])) {
            return decode_refuse(decoder, "excluded %s %.64s", column_role_name(i),
                                 decoder->texts[i]);
        }
    }
    return NULL;
}

/* Where the mapping says what a sale's kind is, nothing else is one. */
static const char *check_kind(struct decoder *decoder)
{
    const struct mapping *mapping = decoder->mapping;
    const char *kind = decoder->texts[ROLE_KIND];
    if (mapping->sale_values.count == 0 || mapping_values_have(&mapping->sale_values, kind) ||
        mapping_values_have(&mapping->return_values, kind)) {
        return NULL;
    }
    return decode_refuse(decoder, "kind \"%.64s\" is neither a sale's nor a return's", kind);
}

static const char *check_lengths(struct decoder *decoder)
{
    static const struct {
        enum column_role role;
        size_t limit;
    } rows[] = {
        {ROLE_LINE, LIMIT_REFERENCE_BYTES},     {ROLE_STORE, LIMIT_REFERENCE_BYTES},
        {ROLE_CUSTOMER, LIMIT_REFERENCE_BYTES}, {ROLE_ORIGINAL, LIMIT_REFERENCE_BYTES},
        {ROLE_PRODUCT, LIMIT_NAME_BYTES},       {ROLE_CATEGORY, LIMIT_NAME_BYTES},
        {ROLE_TILL_NAME, LIMIT_DESK_BYTES},     {ROLE_CASHIER_NAME, LIMIT_DESK_BYTES},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strlen(decoder->texts[rows[i].role]) > rows[i].limit) {
            return decode_refuse(decoder, "the %s is longer than %zu bytes",
                                 column_role_name(rows[i].role), rows[i].limit);
        }
    }
    return NULL;
}

static const char *decode_member(struct decoder *decoder, struct entry *entry)
{
    const char *card = decoder->texts[ROLE_CARD];
    const char *customer = decoder->texts[ROLE_CUSTOMER];
    bool is_needed = !entry->is_return || mapping_matches_by(decoder->mapping, MATCH_CUSTOMER);
    if (card[0] == '\0' && customer[0] == '\0') {
        return is_needed ? decode_refuse(decoder, "no card or customer") : NULL;
    }
    entry->customer = customer;
    if (card[0] != '\0' && card_number_parse(card, &entry->card) != ERR_OK) {
        return decode_refuse(decoder, "\"%.32s\" is not a card number", card);
    }
    if (customer[0] != '\0' && decoder->cards != NULL &&
        !cards_find(decoder->cards, customer, &entry->card)) {
        return decode_refuse(decoder, "customer %s is not in the mapping's cards", customer);
    }
    return NULL;
}

static const char *decode_currency(struct decoder *decoder, struct entry *entry)
{
    const char *currency = decoder->texts[ROLE_CURRENCY];
    if (decoder->mapping->columns[ROLE_CURRENCY] == NULL) {
        return NULL;
    }
    if (strlen(currency) != 3 || strspn(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3) {
        return decode_refuse(decoder, "\"%.16s\" is not a currency (three capital letters)",
                             currency);
    }
    memcpy(entry->currency, currency, 4);
    return NULL;
}

static const char *decode_promotion(struct decoder *decoder, struct entry *entry)
{
    const char *text = decoder->texts[ROLE_PROMOTION];
    uint64_t number = 0;
    entry->promotion = 0;
    for (const char *at = text; *at != '\0'; at++) {
        if (*at < '0' || *at > '9' || number > UINT32_MAX) {
            return decode_refuse(decoder, "\"%.16s\" is no number of a promotion", text);
        }
        number = number * 10 + (uint64_t)(*at - '0');
    }
    if (number > UINT32_MAX || (text[0] != '\0' && number == 0)) {
        return decode_refuse(decoder, "\"%.16s\" is no number of a promotion", text);
    }
    entry->promotion = (uint32_t)number;
    return NULL;
}

/* A return that is found by something has to say it. */
static const char *check_match(struct decoder *decoder, const struct entry *entry)
{
    const struct mapping *mapping = decoder->mapping;
    if (!entry->is_return) {
        return NULL;
    }
    if (mapping_matches_by(mapping, MATCH_PRODUCT) && entry->product[0] == '\0') {
        return decode_refuse(decoder, "a return without a product");
    }
    if (mapping_matches_by(mapping, MATCH_STORE) && entry->store[0] == '\0') {
        return decode_refuse(decoder, "a return without a store");
    }
    if (mapping_matches_by(mapping, MATCH_RECEIPT) && entry->original[0] == '\0') {
        return decode_refuse(decoder, "a return without the number of its receipt");
    }
    return NULL;
}

const char *decode_rest(struct decoder *decoder, struct entry *entry)
{
    entry->line = decoder->texts[ROLE_LINE];
    entry->store = decoder->texts[ROLE_STORE];
    entry->product = decoder->texts[ROLE_PRODUCT];
    entry->category = decoder->texts[ROLE_CATEGORY];
    entry->original = decoder->texts[ROLE_ORIGINAL];
    entry->till = decoder->texts[ROLE_TILL_NAME];
    entry->cashier = decoder->texts[ROLE_CASHIER_NAME];
    entry->customer = "";
    const char *reason = check_excluded(decoder);
    reason = reason == NULL ? check_kind(decoder) : reason;
    reason = reason == NULL ? check_lengths(decoder) : reason;
    reason = reason == NULL ? decode_amounts(decoder, entry) : reason;
    reason = reason == NULL ? decode_member(decoder, entry) : reason;
    reason = reason == NULL ? decode_currency(decoder, entry) : reason;
    reason = reason == NULL ? decode_promotion(decoder, entry) : reason;
    reason = reason == NULL ? decode_codes(decoder, entry) : reason;
    return reason == NULL ? check_match(decoder, entry) : reason;
}
