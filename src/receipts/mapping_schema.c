#include <cyaml/cyaml.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "receipts/mapping_document.h"

#define OPTIONAL_TEXT (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

static const cyaml_strval_t role_values[] = {
    {"receipt", ROLE_RECEIPT},   {"line", ROLE_LINE},
    {"time", ROLE_TIME},         {"date", ROLE_DATE},
    {"clock", ROLE_CLOCK},       {"store", ROLE_STORE},
    {"card", ROLE_CARD},         {"customer", ROLE_CUSTOMER},
    {"product", ROLE_PRODUCT},   {"category", ROLE_CATEGORY},
    {"quantity", ROLE_QUANTITY}, {"unit_price", ROLE_UNIT_PRICE},
    {"amount", ROLE_AMOUNT},     {"currency", ROLE_CURRENCY},
    {"points", ROLE_POINTS},     {"promotion", ROLE_PROMOTION},
    {"kind", ROLE_KIND},         {"original", ROLE_ORIGINAL},
    {"till", ROLE_TILL_NAME},    {"cashier", ROLE_CASHIER_NAME},
};

static const cyaml_strval_t match_values[] = {
    {"customer", MATCH_CUSTOMER}, {"product", MATCH_PRODUCT}, {"receipt", MATCH_RECEIPT},
    {"store", MATCH_STORE},       {"date", MATCH_DATE},
};

static const cyaml_strval_t encoding_values[] = {{"utf-8", ENCODING_UTF_8},
                                                 {"latin-1", ENCODING_LATIN_1}};
static const cyaml_strval_t rows_values[] = {{"lines", MAPPING_ROWS_LINES},
                                             {"receipts", MAPPING_ROWS_RECEIPTS}};
static const cyaml_strval_t repeated_values[] = {{"keep", MAPPING_REPEATED_KEEP},
                                                 {"reject", MAPPING_REPEATED_REJECT}};
static const cyaml_strval_t rows_are_values[] = {{"sales", MAPPING_ROWS_ARE_SALES},
                                                 {"returns", MAPPING_ROWS_ARE_RETURNS}};

static const cyaml_schema_value_t text_entry = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 0, CYAML_UNLIMITED)};
static const cyaml_schema_value_t role_entry = {CYAML_VALUE_ENUM(
    CYAML_FLAG_STRICT, enum column_role, role_values, CYAML_ARRAY_LEN(role_values))};
static const cyaml_schema_value_t match_entry = {CYAML_VALUE_ENUM(
    CYAML_FLAG_STRICT, enum match_key, match_values, CYAML_ARRAY_LEN(match_values))};

static const cyaml_schema_field_t column_fields[] = {
    CYAML_FIELD_STRING_PTR("column", OPTIONAL_TEXT, struct mapping_column, column, 1,
                           CYAML_UNLIMITED),
    CYAML_FIELD_STRING_PTR("value", OPTIONAL_TEXT, struct mapping_column, value, 0,
                           CYAML_UNLIMITED),
    CYAML_FIELD_STRING_PTR("drop_prefix", OPTIONAL_TEXT, struct mapping_column, drop_prefix, 1,
                           CYAML_UNLIMITED),
    CYAML_FIELD_STRING_PTR("drop_suffix", OPTIONAL_TEXT, struct mapping_column, drop_suffix, 1,
                           CYAML_UNLIMITED),
    CYAML_FIELD_END,
};

#define COLUMN(key, role)                                                                          \
    CYAML_FIELD_MAPPING_PTR(key, OPTIONAL_TEXT, struct mapping_columns, of[role], column_fields)

static const cyaml_schema_field_t columns_fields[] = {
    COLUMN("receipt", ROLE_RECEIPT),
    COLUMN("line", ROLE_LINE),
    COLUMN("time", ROLE_TIME),
    COLUMN("date", ROLE_DATE),
    COLUMN("clock", ROLE_CLOCK),
    COLUMN("store", ROLE_STORE),
    COLUMN("card", ROLE_CARD),
    COLUMN("customer", ROLE_CUSTOMER),
    COLUMN("product", ROLE_PRODUCT),
    COLUMN("category", ROLE_CATEGORY),
    COLUMN("quantity", ROLE_QUANTITY),
    COLUMN("unit_price", ROLE_UNIT_PRICE),
    COLUMN("amount", ROLE_AMOUNT),
    COLUMN("currency", ROLE_CURRENCY),
    COLUMN("points", ROLE_POINTS),
    COLUMN("promotion", ROLE_PROMOTION),
    COLUMN("kind", ROLE_KIND),
    COLUMN("original", ROLE_ORIGINAL),
    COLUMN("codes", ROLE_CODES),
    COLUMN("till", ROLE_TILL_NAME),
    COLUMN("cashier", ROLE_CASHIER_NAME),
    CYAML_FIELD_END,
};

#define VALUES(name, structure, member, minimum)                                                   \
    {                                                                                              \
        .key = (name),                                                                             \
        .value = {.type = CYAML_SEQUENCE,                                                          \
                  .flags = CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,                               \
                  .data_size = sizeof(char *),                                                     \
                  .sequence = {.min = (minimum),                                                   \
                               .max = LIMIT_MAPPING_VALUES,                                        \
                               .entry = &text_entry}},                                             \
        .data_offset = offsetof(structure, member.at),                                             \
        .count_offset = offsetof(structure, member.count), .count_size = sizeof(unsigned),         \
    }

static const cyaml_schema_field_t exclude_fields[] = {
    VALUES("product", struct mapping_exclude, of[ROLE_PRODUCT], 1),
    VALUES("category", struct mapping_exclude, of[ROLE_CATEGORY], 1),
    VALUES("store", struct mapping_exclude, of[ROLE_STORE], 1),
    VALUES("customer", struct mapping_exclude, of[ROLE_CUSTOMER], 1),
    VALUES("card", struct mapping_exclude, of[ROLE_CARD], 1),
    VALUES("kind", struct mapping_exclude, of[ROLE_KIND], 1),
    VALUES("currency", struct mapping_exclude, of[ROLE_CURRENCY], 1),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t format_fields[] = {
    CYAML_FIELD_STRING_PTR("delimiter", OPTIONAL_TEXT, struct mapping_format, delimiter, 0, 8),
    CYAML_FIELD_STRING_PTR("quote", OPTIONAL_TEXT, struct mapping_format, quote, 0, 8),
    CYAML_FIELD_ENUM("encoding", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, struct mapping_format,
                     encoding, encoding_values, CYAML_ARRAY_LEN(encoding_values)),
    CYAML_FIELD_BOOL_PTR("header", OPTIONAL_TEXT, struct mapping_format, header),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t time_fields[] = {
    VALUES("formats", struct mapping_time, formats, 1),
    CYAML_FIELD_STRING_PTR("offset", OPTIONAL_TEXT, struct mapping_time, offset, 0, 16),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t number_fields[] = {
    CYAML_FIELD_STRING_PTR("point", OPTIONAL_TEXT, struct mapping_number, point, 0, 8),
    CYAML_FIELD_STRING_PTR("group", OPTIONAL_TEXT, struct mapping_number, group, 0, 8),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t money_fields[] = {
    CYAML_FIELD_UINT_PTR("decimals", OPTIONAL_TEXT, struct mapping_money, decimals),
    CYAML_FIELD_STRING_PTR("rounding", OPTIONAL_TEXT, struct mapping_money, rounding, 0, 16),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t sales_fields[] = {
    VALUES("values", struct mapping_sales, values, 1),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t returns_fields[] = {
    CYAML_FIELD_ENUM("rows_are", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, struct mapping_returns,
                     rows_are, rows_are_values, CYAML_ARRAY_LEN(rows_are_values)),
    CYAML_FIELD_STRING_PTR("prefix", OPTIONAL_TEXT, struct mapping_returns, prefix, 1,
                           CYAML_UNLIMITED),
    VALUES("values", struct mapping_returns, values, 1),
    CYAML_FIELD_BOOL_PTR("negative", OPTIONAL_TEXT, struct mapping_returns, negative),
    CYAML_FIELD_SEQUENCE_COUNT("match", OPTIONAL_TEXT, struct mapping_returns, match, match_count,
                               &match_entry, 1, MATCH_COUNT),
    CYAML_FIELD_BOOL("unique", CYAML_FLAG_OPTIONAL, struct mapping_returns, unique),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t tree_fields[] = {
    CYAML_FIELD_MAPPING("format", CYAML_FLAG_OPTIONAL, struct mapping_tree, format, format_fields),
    CYAML_FIELD_ENUM("rows", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, struct mapping_tree, rows,
                     rows_values, CYAML_ARRAY_LEN(rows_values)),
    CYAML_FIELD_BOOL_PTR("grouped", OPTIONAL_TEXT, struct mapping_tree, grouped),
    CYAML_FIELD_ENUM("repeated", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, struct mapping_tree,
                     repeated, repeated_values, CYAML_ARRAY_LEN(repeated_values)),
    CYAML_FIELD_SEQUENCE_COUNT("receipt_from", OPTIONAL_TEXT, struct mapping_tree, receipt_from,
                               receipt_from_count, &role_entry, 1, ROLE_COUNT),
    CYAML_FIELD_MAPPING("columns", CYAML_FLAG_DEFAULT, struct mapping_tree, columns,
                        columns_fields),
    CYAML_FIELD_MAPPING("time", CYAML_FLAG_DEFAULT, struct mapping_tree, time, time_fields),
    CYAML_FIELD_MAPPING("number", CYAML_FLAG_OPTIONAL, struct mapping_tree, number, number_fields),
    CYAML_FIELD_MAPPING("money", CYAML_FLAG_OPTIONAL, struct mapping_tree, money, money_fields),
    CYAML_FIELD_MAPPING("sales", CYAML_FLAG_OPTIONAL, struct mapping_tree, sales, sales_fields),
    CYAML_FIELD_MAPPING("returns", CYAML_FLAG_OPTIONAL, struct mapping_tree, returns,
                        returns_fields),
    CYAML_FIELD_MAPPING("exclude", CYAML_FLAG_OPTIONAL, struct mapping_tree, exclude,
                        exclude_fields),
    CYAML_FIELD_STRING_PTR("cards", OPTIONAL_TEXT, struct mapping_tree, cards, 1, CYAML_UNLIMITED),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t tree_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct mapping_tree, tree_fields)};

/* What libcyaml logs while it fails: a sentence, then a backtrace with the innermost place first.
 */
struct complaint {
    char sentence[192];
    char key[160]; /* "returns.match" */
    unsigned line; /* 0 while unknown */
};

/* Puts the name between the first pair of quotes in front of the key. */
static void complaint_add_key(struct complaint *complaint, const char *place)
{
    const char *name = strchr(place, '\'');
    const char *end = name == NULL ? NULL : strchr(name + 1, '\'');
    if (end == NULL || strstr(place, "mapping field") == NULL) {
        return;
    }
    char key[sizeof complaint->key];
    (void)snprintf(key, sizeof key, "%.*s%s%.100s", (int)(end - name - 1), name + 1,
                   complaint->key[0] == '\0' ? "" : ".", complaint->key);
    memcpy(complaint->key, key, sizeof key);
}

static void complaint_log(cyaml_log_t level, void *context, const char *format, va_list arguments)
    PRINTF_LIKE(3, 0);

static void complaint_log(cyaml_log_t level, void *context, const char *format, va_list arguments)
{
    struct complaint *complaint = context;
    char line[256];
    (void)level;
    (void)vsnprintf(line, sizeof line, format, arguments);
    line[strcspn(line, "\n")] = '\0';
    const char *at = strstr(line, "(line: ");
    if (strncmp(line, "  in ", 5) == 0 && at != NULL) {
        if (complaint->line == 0) {
            complaint->line = (unsigned)strtoul(at + strlen("(line: "), NULL, 10);
        }
        complaint_add_key(complaint, line);
    } else if (complaint->sentence[0] == '\0' && strstr(line, "Backtrace") == NULL) {
        const char *start = strncmp(line, "Load: ", 6) == 0 ? line + 6 : line;
        (void)snprintf(complaint->sentence, sizeof complaint->sentence, "%.180s", start);
    }
}

static enum err complaint_tell(const struct complaint *complaint, cyaml_err_t code,
                               const char *name, struct note *note)
{
    if (code == CYAML_ERR_OOM) {
        return note_set(note, ERR_RESOURCE, "%s: out of memory", name);
    }
    const char *sentence =
        complaint->sentence[0] == '\0' ? cyaml_strerror(code) : complaint->sentence;
    if (code == CYAML_ERR_MAPPING_FIELD_MISSING) {
        return note_set(note, ERR_INPUT, "%s: line 1: %s", name, sentence);
    }
    bool is_column = strncmp(complaint->key, "columns.", 8) == 0;
    bool is_scalar = strstr(sentence, "got event: SCALAR") != NULL;
    return note_set(note, ERR_INPUT, "%s: line %u: %s%s%s%s", name,
                    complaint->line == 0 ? 1 : complaint->line, complaint->key,
                    complaint->key[0] == '\0' ? "" : ": ", sentence,
                    is_column && is_scalar ? "; write {column: NAME} or {value: TEXT}" : "");
}

enum err mapping_tree_load(const char *text, size_t length, const char *name,
                           struct mapping_tree **out_tree, struct note *note)
{
    if (length > LIMIT_MAPPING_BYTES) {
        return note_set(note, ERR_INPUT, "%s: longer than %u bytes", name, LIMIT_MAPPING_BYTES);
    }
    struct complaint complaint = {.line = 0};
    cyaml_config_t config = {
        .log_fn = complaint_log,
        .log_ctx = &complaint,
        .mem_fn = cyaml_mem,
        .log_level = CYAML_LOG_ERROR,
        .flags = CYAML_CFG_NO_ALIAS,
    };
    cyaml_data_t *tree = NULL;
    cyaml_err_t code =
        cyaml_load_data((const uint8_t *)text, length, &config, &tree_schema, &tree, NULL);
    if (code != CYAML_OK) {
        return complaint_tell(&complaint, code, name, note);
    }
    if (tree == NULL) {
        return note_set(note, ERR_INPUT, "%s: line 1: the mapping is empty", name);
    }
    *out_tree = tree;
    return ERR_OK;
}

void mapping_tree_destroy(struct mapping_tree *tree)
{
    if (tree != NULL) {
        cyaml_config_t config = {.mem_fn = cyaml_mem};
        (void)cyaml_free(&config, &tree_schema, tree, 0);
    }
}
