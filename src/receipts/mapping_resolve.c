#include <string.h>

#include "receipts/date.h"
#include "receipts/mapping_document.h"

/* What judging one mapping needs for its messages. */
struct judge {
    const char *text;
    size_t length;
    struct mapping *mapping;
    struct note *note;
};

static enum err refuse(const struct judge *judge, const char *path, const char *sentence)
{
    return note_set(judge->note, ERR_INPUT, "%s: line %u: %s: %s", judge->mapping->name,
                    mapping_line_of(judge->text, judge->length, path), path, sentence);
}

/* "columns.time" */
struct key_path {
    char text[64];
};

static struct key_path path_of(const char *section, enum column_role role)
{
    struct key_path path;
    size_t length = strlen(section);
    memcpy(path.text, section, length);
    path.text[length] = '.';
    const char *name = column_role_name(role);
    memcpy(path.text + length + 1, name, strlen(name) + 1);
    return path;
}

static enum err refuse_column(const struct judge *judge, enum column_role role,
                              const char *sentence)
{
    return refuse(judge, path_of("columns", role).text, sentence);
}

static enum err resolve_format(const struct judge *judge, const struct mapping_format *format)
{
    struct mapping *mapping = judge->mapping;
    const char *delimiter = format->delimiter == NULL ? "," : format->delimiter;
    const char *quote = format->quote == NULL ? "\"" : format->quote;
    mapping->delimiter = strcmp(delimiter, "tab") == 0 ? '\t' : (unsigned char)delimiter[0];
    mapping->quote = strcmp(quote, "none") == 0 ? 0 : (unsigned char)quote[0];
    mapping->encoding = format->encoding;
    mapping->has_header = format->header == NULL || *format->header;
    bool is_one = strcmp(delimiter, "tab") == 0 || strlen(delimiter) == 1;
    if (!is_one || strchr("\r\n ", mapping->delimiter) != NULL || mapping->delimiter >= 0x80) {
        return refuse(judge, "format.delimiter", "write one character, or tab");
    }
    is_one = strcmp(quote, "none") == 0 || strlen(quote) == 1;
    if (!is_one || (quote[0] != '\0' && strchr("\r\n \t", quote[0]) != NULL) ||
        mapping->quote == mapping->delimiter || mapping->quote >= 0x80) {
        return refuse(judge, "format.quote", "write one character, or none");
    }
    return ERR_OK;
}

static bool is_column_number(const char *text)
{
    size_t length = strspn(text, "0123456789");
    return text[length] == '\0' && length >= 1 && length <= 3 && text[0] != '0';
}

static enum err resolve_columns(const struct judge *judge, const struct mapping_tree *tree)
{
    for (unsigned i = 0; i < ROLE_COUNT; i++) {
        const struct mapping_column *column = tree->columns.of[i];
        judge->mapping->columns[i] = column;
        if (column == NULL) {
            continue;
        }
        if ((column->column == NULL) == (column->value == NULL)) {
            return refuse_column(judge, i, "write either column or value");
        }
        if (column->column != NULL && !judge->mapping->has_header &&
            !is_column_number(column->column)) {
            return refuse_column(judge, i,
                                 "without a header row a column is a number from 1 to 512");
        }
    }
    return ERR_OK;
}

/* Which columns go together. */
static enum err check_columns(const struct judge *judge)
{
    const struct mapping_column *const *columns = judge->mapping->columns;
    if ((columns[ROLE_TIME] == NULL) == (columns[ROLE_DATE] == NULL)) {
        return refuse(judge, "columns", "map either time or date");
    }
    if (columns[ROLE_CLOCK] != NULL && columns[ROLE_DATE] == NULL) {
        return refuse_column(judge, ROLE_CLOCK, "goes with columns.date");
    }
    if (columns[ROLE_CARD] != NULL && columns[ROLE_CUSTOMER] != NULL) {
        return refuse_column(judge, ROLE_CUSTOMER, "map either card or customer");
    }
    if (columns[ROLE_UNIT_PRICE] != NULL && columns[ROLE_AMOUNT] != NULL) {
        return refuse_column(judge, ROLE_UNIT_PRICE, "map either unit_price or amount");
    }
    if (columns[ROLE_PROMOTION] != NULL && columns[ROLE_POINTS] == NULL) {
        return refuse_column(judge, ROLE_PROMOTION, "pays for columns.points");
    }
    if (columns[ROLE_CODES] != NULL && columns[ROLE_POINTS] != NULL) {
        return refuse_column(judge, ROLE_CODES,
                             "the programme takes codes, and columns.points stands for it");
    }
    bool has_amount = columns[ROLE_UNIT_PRICE] != NULL || columns[ROLE_AMOUNT] != NULL;
    if (!has_amount && columns[ROLE_POINTS] == NULL && !judge->mapping->is_returns_only) {
        return refuse(judge, "columns", "map unit_price, amount or points");
    }
    if (has_amount && columns[ROLE_CURRENCY] == NULL) {
        return refuse(judge, "columns", "amounts need a currency: {value: EUR} or {column: NAME}");
    }
    const struct mapping_column *currency = columns[ROLE_CURRENCY];
    if (currency != NULL && currency->value != NULL &&
        (strlen(currency->value) != 3 ||
         strspn(currency->value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3)) {
        return refuse_column(judge, ROLE_CURRENCY, "write three capital letters (ISO 4217)");
    }
    return ERR_OK;
}

static enum err resolve_key(const struct judge *judge, const struct mapping_tree *tree)
{
    struct mapping *mapping = judge->mapping;
    bool is_composite = tree->receipt_from_count > 0;
    if (is_composite == (mapping->columns[ROLE_RECEIPT] != NULL)) {
        return refuse(judge, is_composite ? "receipt_from" : "columns",
                      "say either columns.receipt or receipt_from");
    }
    for (unsigned i = 0; i < tree->receipt_from_count; i++) {
        enum column_role role = tree->receipt_from[i];
        if (role == ROLE_RECEIPT || (role != ROLE_DATE && mapping->columns[role] == NULL)) {
            return refuse(judge, "receipt_from", "names a column that columns doesn't map");
        }
        mapping->receipt_from[i] = role;
    }
    mapping->receipt_from_count = tree->receipt_from_count;
    mapping->is_lines = tree->rows == MAPPING_ROWS_LINES;
    mapping->is_grouped = tree->grouped == NULL || *tree->grouped;
    mapping->is_repeat_rejected = tree->repeated == MAPPING_REPEATED_REJECT;
    if (!mapping->is_lines && mapping->columns[ROLE_LINE] != NULL) {
        return refuse_column(judge, ROLE_LINE, "rows that are whole receipts have no lines");
    }
    return ERR_OK;
}

static enum err resolve_time(const struct judge *judge, const struct mapping_time *time)
{
    struct mapping *mapping = judge->mapping;
    mapping->formats = time->formats;
    if (time->formats.count == 0) {
        return refuse(judge, "time.formats", "name at least one");
    }
    for (unsigned i = 0; i < time->formats.count; i++) {
        if (date_format_check(time->formats.at[i]) != ERR_OK) {
            return refuse(judge, "time.formats",
                          "a format has %Y or %y, %m or %b, %d, and of the rest only "
                          "%H %I %p %M %S %f %z %%");
        }
    }
    if (time->offset != NULL && date_offset_parse(time->offset, &mapping->offset_minutes)) {
        return refuse(judge, "time.offset", "write \"+05:30\" or minutes");
    }
    return ERR_OK;
}

static enum err resolve_number(const struct judge *judge, const struct mapping_number *number,
                               const struct mapping_money *money)
{
    struct mapping *mapping = judge->mapping;
    const char *point = number->point == NULL ? "." : number->point;
    const char *group = number->group == NULL ? "" : number->group;
    if (strcmp(point, ".") != 0 && strcmp(point, ",") != 0) {
        return refuse(judge, "number.point", "write \".\" or \",\"");
    }
    if (strlen(group) > 1 || strspn(group, ",. '") != strlen(group) || strcmp(point, group) == 0) {
        return refuse(judge, "number.group", "write \",\", \".\", \" \" or \"'\", not the point");
    }
    mapping->number = (struct decimal_style){.point = point[0], .group = group[0]};
    mapping->money_decimals = money->decimals == NULL ? 2 : *money->decimals;
    if (mapping->money_decimals > 6) {
        return refuse(judge, "money.decimals", "at most 6");
    }
    mapping->is_exact = money->rounding == NULL || strcmp(money->rounding, "exact") == 0;
    if (!mapping->is_exact && rounding_parse(money->rounding, &mapping->rounding) != ERR_OK) {
        return refuse(judge, "money.rounding", "write exact, down, up, half_up or half_even");
    }
    return ERR_OK;
}

static bool is_match_mapped(const struct mapping *mapping, enum match_key key)
{
    switch (key) {
    case MATCH_CUSTOMER:
        return mapping->columns[ROLE_CUSTOMER] != NULL || mapping->columns[ROLE_CARD] != NULL;
    case MATCH_PRODUCT:
        return mapping->columns[ROLE_PRODUCT] != NULL;
    case MATCH_RECEIPT:
        return mapping->columns[ROLE_ORIGINAL] != NULL;
    case MATCH_STORE:
        return mapping->columns[ROLE_STORE] != NULL;
    case MATCH_DATE:
        return true;
    case MATCH_COUNT:
        break;
    }
    return false;
}

/* By customer and product, as far as they are mapped, unless the mapping says otherwise. */
static enum err resolve_match(const struct judge *judge, const struct mapping_returns *returns)
{
    static const enum match_key defaults[] = {MATCH_CUSTOMER, MATCH_PRODUCT};
    struct mapping *mapping = judge->mapping;
    const enum match_key *keys = returns->match_count > 0 ? returns->match : defaults;
    unsigned count = returns->match_count > 0 ? returns->match_count : 2;
    for (unsigned i = 0; i < count; i++) {
        if (is_match_mapped(mapping, keys[i])) {
            mapping->match[mapping->match_count++] = keys[i];
        } else if (returns->match_count > 0) {
            return refuse(judge, "returns.match",
                          keys[i] == MATCH_RECEIPT ? "receipt needs columns.original"
                                                   : "names a column that columns doesn't map");
        }
    }
    mapping->is_match_unique = returns->unique;
    return ERR_OK;
}

static enum err resolve_returns(const struct judge *judge, const struct mapping_returns *returns)
{
    struct mapping *mapping = judge->mapping;
    mapping->is_returns_only = returns->rows_are == MAPPING_ROWS_ARE_RETURNS;
    mapping->is_negative_return = returns->negative == NULL || *returns->negative;
    mapping->return_prefix = returns->prefix;
    mapping->return_values = returns->values;
    if (returns->prefix != NULL && mapping->columns[ROLE_RECEIPT] == NULL) {
        return refuse(judge, "returns.prefix", "needs columns.receipt");
    }
    if ((returns->values.count > 0) && mapping->columns[ROLE_KIND] == NULL) {
        return refuse(judge, "returns.values", "needs columns.kind");
    }
    return resolve_match(judge, returns);
}

static enum err resolve_sales(const struct judge *judge, const struct mapping_sales *sales)
{
    struct mapping *mapping = judge->mapping;
    mapping->sale_values = sales->values;
    if (sales->values.count > 0 && mapping->columns[ROLE_KIND] == NULL) {
        return refuse(judge, "sales.values", "needs columns.kind");
    }
    if (sales->values.count > 0 && mapping->is_returns_only) {
        return refuse(judge, "sales.values", "returns.rows_are says that there are no sales");
    }
    for (unsigned i = 0; i < sales->values.count; i++) {
        if (mapping_values_have(&mapping->return_values, sales->values.at[i])) {
            return refuse(judge, "sales.values", "names a value that returns.values names");
        }
    }
    return ERR_OK;
}

static enum err resolve_rest(const struct judge *judge, const struct mapping_tree *tree)
{
    struct mapping *mapping = judge->mapping;
    for (unsigned i = 0; i < ROLE_COUNT; i++) {
        mapping->exclude[i] = tree->exclude.of[i];
        if (mapping->exclude[i].count > 0 && mapping->columns[i] == NULL) {
            return refuse(judge, path_of("exclude", i).text, "columns doesn't map it");
        }
    }
    mapping->cards = tree->cards;
    if (mapping->cards != NULL && mapping->columns[ROLE_CUSTOMER] == NULL) {
        return refuse(judge, "cards", "needs columns.customer");
    }
    bool has_member =
        mapping->columns[ROLE_CUSTOMER] != NULL || mapping->columns[ROLE_CARD] != NULL;
    if (!has_member && !mapping->is_returns_only) {
        return refuse(judge, "columns", "map card or customer");
    }
    return ERR_OK;
}

enum err mapping_resolve(const char *text, size_t length, const struct mapping_tree *tree,
                         struct mapping *mapping, struct note *note)
{
    const struct judge judge = {text, length, mapping, note};
    TRY(resolve_format(&judge, &tree->format));
    TRY(resolve_columns(&judge, tree));
    TRY(resolve_key(&judge, tree));
    TRY(resolve_time(&judge, &tree->time));
    TRY(resolve_number(&judge, &tree->number, &tree->money));
    TRY(resolve_returns(&judge, &tree->returns));
    TRY(resolve_sales(&judge, &tree->sales));
    TRY(check_columns(&judge));
    return resolve_rest(&judge, tree);
}
