#include "config/chart_file.h"

#include <string.h>

#include "config/check.h"
#include "config/document.h"

struct chart_yaml {
    char *names[CHART_LINES];
};

static const char *const line_names[CHART_LINES] = {
    [CHART_AVAILABLE] = "available",
    [CHART_PENDING] = "pending",
    [CHART_HELD] = "held",
    [CHART_DEBT] = "debt",
    [CHART_RECEIVABLE] = "receivable",
    [CHART_PAYABLE] = "payable",
    [CHART_SUSPENSE] = "suspense",
    [CHART_ISSUED] = "issued",
    [CHART_REDEEMED] = "redeemed",
    [CHART_BREAKAGE] = "breakage",
    [CHART_ADJUSTMENT] = "adjustment",
};

#define LINE(key, line) YAML_TEXT_OPTIONAL(key, struct chart_yaml, names[line])

static const cyaml_schema_field_t chart_fields[] = {
    LINE("available", CHART_AVAILABLE),
    LINE("pending", CHART_PENDING),
    LINE("held", CHART_HELD),
    LINE("debt", CHART_DEBT),
    LINE("receivable", CHART_RECEIVABLE),
    LINE("payable", CHART_PAYABLE),
    LINE("suspense", CHART_SUSPENSE),
    LINE("issued", CHART_ISSUED),
    LINE("redeemed", CHART_REDEEMED),
    LINE("breakage", CHART_BREAKAGE),
    LINE("adjustment", CHART_ADJUSTMENT),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t chart_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct chart_yaml, chart_fields),
};

const char *chart_line_name(enum chart_line line)
{
    return line_names[line];
}

enum err chart_line_parse(const char *name, enum chart_line *out_line)
{
    for (unsigned i = 0; i < CHART_LINES; i++) {
        if (strcmp(line_names[i], name) == 0) {
            *out_line = (enum chart_line)i;
            return ERR_OK;
        }
    }
    return ERR_NOT_FOUND;
}

void chart_default(struct chart *out_chart)
{
    *out_chart = (struct chart){{
        [CHART_AVAILABLE] = "Liabilities:Loyalty:Available",
        [CHART_PENDING] = "Liabilities:Loyalty:Pending",
        [CHART_HELD] = "Liabilities:Loyalty:Held",
        [CHART_DEBT] = "Assets:Loyalty:Debts",
        [CHART_RECEIVABLE] = "Assets:Loyalty:Receivable:{partner}",
        [CHART_PAYABLE] = "Liabilities:Loyalty:Payable:{partner}",
        [CHART_SUSPENSE] = "Liabilities:Loyalty:Suspense:{partner}",
        [CHART_ISSUED] = "Expenses:Loyalty:Issued",
        [CHART_REDEEMED] = "Income:Loyalty:Redeemed",
        [CHART_BREAKAGE] = "Income:Loyalty:Breakage",
        [CHART_ADJUSTMENT] = "Expenses:Loyalty:Adjustments",
    }};
}

static bool is_first(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* Parts with single colons between them. */
static bool is_account_name(const char *text)
{
    bool begins = true;
    for (const char *at = text; *at != '\0';) {
        static const char partner[] = "{partner}";
        if (strncmp(at, partner, sizeof partner - 1) == 0) {
            at += sizeof partner - 1;
            begins = false;
            continue;
        }
        bool is_colon = *at == ':';
        if ((begins || !is_colon) && !is_first(*at) &&
            (begins || (*at != '-' && *at != '_' && *at != ' '))) {
            return false;
        }
        begins = is_colon;
        at++;
    }
    return !begins && strstr(text, "  ") == NULL && text[strlen(text) - 1] != ' ';
}

static void check_name(struct check *check, unsigned line, const char *text, struct chart *chart)
{
    const char *key = line_names[line];
    if (text == NULL) {
        return;
    }
    if (!is_account_name(text)) {
        check_fail(check, key, "\"%s\" is no account's name, as in Assets:Loyalty:Held", text);
        return;
    }
    memset(chart->names[line], 0, sizeof chart->names[line]);
    check_text(check, key, text, chart->names[line], sizeof chart->names[line]);
}

enum err chart_file_parse(struct slice yaml, const char *name, struct chart *out_chart,
                          struct note *note)
{
    struct document_source source = {yaml, name};
    CLEANUP(positions_cleanup) struct positions *positions = NULL;
    void *document = NULL;
    struct chart chart;
    TRY(document_load(&source, &chart_schema, &document, &positions, note));
    struct check check = {positions, ".", note, ERR_OK};
    const struct chart_yaml *chart_yaml = document;
    chart_default(&chart);
    for (unsigned i = 0; i < CHART_LINES; i++) {
        check_name(&check, i, chart_yaml->names[i], &chart);
    }
    document_free(&chart_schema, document);
    TRY(check.err);
    *out_chart = chart;
    return ERR_OK;
}

enum err chart_file_load(const char *path, struct chart *out_chart, struct note *note)
{
    CLEANUP(buffer_fini) struct buffer text = {0};
    TRY(document_read_file(path, &text, note));
    return chart_file_parse(buffer_slice(&text), path, out_chart, note);
}
