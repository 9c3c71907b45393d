#include "config/accounting_file.h"

#include <stdio.h>
#include <string.h>

#include "config/check.h"
#include "config/document.h"

#define AGE_MAX          36500u
#define MONTHS_MAX       120u
#define MONTH_MAX        999912u /* year * 100 + month */
#define PERCENT_DECIMALS 4       /* a rate is in millionths */
#define KEY_PATH_MAX     96

struct own_yaml {
    char *key;
    char *type;
    char *name;
};

struct posting_yaml {
    char *debit;
    char *credit;
    char *text;
};

struct rate_yaml {
    char *from;
    char *percent;
};

struct liability_yaml {
    char *price;
    struct rate_yaml *breakage;
    unsigned breakage_count;
    char *months;
    char **ages;
    unsigned ages_count;
};

struct accounting_yaml {
    char *accounts[CHART_LINES];
    struct own_yaml *own;
    unsigned own_count;
    struct posting_yaml postings[POSTING_COUNT];
    struct liability_yaml liability;
};

static const cyaml_schema_field_t own_fields[] = {
    YAML_TEXT("key", struct own_yaml, key),
    YAML_TEXT("type", struct own_yaml, type),
    YAML_TEXT("name", struct own_yaml, name),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t own_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct own_yaml, own_fields),
};

static const cyaml_schema_field_t posting_fields[] = {
    YAML_TEXT_OPTIONAL("debit", struct posting_yaml, debit),
    YAML_TEXT_OPTIONAL("credit", struct posting_yaml, credit),
    YAML_TEXT_OPTIONAL("text", struct posting_yaml, text),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t rate_fields[] = {
    YAML_TEXT("from", struct rate_yaml, from),
    YAML_TEXT("percent", struct rate_yaml, percent),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t rate_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct rate_yaml, rate_fields),
};

static const cyaml_schema_value_t age_schema = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, LIMIT_CONFIG_VALUE_BYTES),
};

static const cyaml_schema_field_t liability_fields[] = {
    YAML_TEXT_OPTIONAL("price", struct liability_yaml, price),
    CYAML_FIELD_SEQUENCE("breakage", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                         struct liability_yaml, breakage, &rate_schema, 1, BREAKAGE_RATES_MAX),
    YAML_TEXT_OPTIONAL("months", struct liability_yaml, months),
    CYAML_FIELD_SEQUENCE("ages", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct liability_yaml,
                         ages, &age_schema, 1, LIABILITY_AGES_MAX),
    CYAML_FIELD_END,
};

/* The keys of accounts and postings are those of their tables: the schema is made of these. */
struct accounting_schema {
    cyaml_schema_field_t accounts[CHART_LINES + 1];
    cyaml_schema_field_t postings[POSTING_COUNT + 1];
    cyaml_schema_field_t fields[5];
    cyaml_schema_value_t root;
};

static void make_schema(const struct chart *chart, struct accounting_schema *out)
{
    static const cyaml_schema_field_t account =
        YAML_TEXT_OPTIONAL("", struct accounting_yaml, accounts[0]);
    static const cyaml_schema_field_t posting = CYAML_FIELD_MAPPING(
        "", CYAML_FLAG_OPTIONAL, struct accounting_yaml, postings[0], posting_fields);
    static const cyaml_schema_field_t own =
        CYAML_FIELD_SEQUENCE("own", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                             struct accounting_yaml, own, &own_schema, 0, CHART_OWN_MAX);
    static const cyaml_schema_field_t liability = CYAML_FIELD_MAPPING(
        "liability", CYAML_FLAG_OPTIONAL, struct accounting_yaml, liability, liability_fields);
    static const cyaml_schema_field_t end = CYAML_FIELD_END;
    for (size_t i = 0; i < CHART_LINES; i++) {
        out->accounts[i] = account;
        out->accounts[i].key = chart->accounts[i].key;
        out->accounts[i].data_offset = (uint32_t)(i * sizeof(char *));
    }
    for (size_t i = 0; i < POSTING_COUNT; i++) {
        out->postings[i] = posting;
        out->postings[i].key = posting_event_name((enum posting_event)i);
        out->postings[i].data_offset = (uint32_t)(i * sizeof(struct posting_yaml));
    }
    out->accounts[CHART_LINES] = out->postings[POSTING_COUNT] = end;
    cyaml_schema_field_t accounts = liability;
    accounts.key = "accounts";
    accounts.data_offset = offsetof(struct accounting_yaml, accounts);
    accounts.value.data_size = sizeof(((struct accounting_yaml *)NULL)->accounts);
    accounts.value.mapping.fields = out->accounts;
    cyaml_schema_field_t postings = accounts;
    postings.key = "postings";
    postings.data_offset = offsetof(struct accounting_yaml, postings);
    postings.value.data_size = sizeof(((struct accounting_yaml *)NULL)->postings);
    postings.value.mapping.fields = out->postings;
    memcpy(out->fields, (const cyaml_schema_field_t[]){accounts, own, postings, liability, end},
           sizeof out->fields);
    out->root = (cyaml_schema_value_t){
        CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct accounting_yaml, out->fields)};
}

void accounting_file_default(struct accounting_file *out_file)
{
    memset(out_file, 0, sizeof *out_file);
    chart_default(&out_file->chart);
    templates_default(&out_file->templates);
    out_file->breakage.months = BREAKAGE_MONTHS;
}

/* ---- The chart ---- */

static void check_name(struct check *check, const char *path, const char *text,
                       char out_name[CHART_NAME_MAX])
{
    char name[CHART_NAME_MAX] = "";
    if (text == NULL) {
        return;
    }
    check_text(check, path, text, name, sizeof name);
    if (!chart_name_is_sound(text)) {
        check_fail(check, path, "\"%s\" is no account's name, as in Assets:Loyalty:Held", text);
    }
    memcpy(out_name, name, sizeof name);
}

static void check_accounts(struct check *check, char *const *accounts, struct chart *chart)
{
    for (size_t i = 0; i < CHART_LINES; i++) {
        char path[KEY_PATH_MAX];
        snprintf(path, sizeof path, "accounts.%s", chart->accounts[i].key);
        check_name(check, path, accounts[i], chart->accounts[i].name);
    }
}

static void check_own(struct check *check, const struct accounting_yaml *yaml, struct chart *chart)
{
    for (unsigned i = 0; i < yaml->own_count; i++) {
        const char *const types[] = {"asset", "liability", "equity", "income", "expense"};
        struct chart_account *account = &chart->accounts[chart->count];
        const char *key = yaml->own[i].key;
        char path[KEY_PATH_MAX];
        unsigned type = 0;
        size_t known;
        snprintf(path, sizeof path, "own[%u].key", i);
        if (!chart_key_is_sound(key)) {
            check_fail(check, path, "\"%s\" is no key: small letters, digits and _", key);
        } else if (chart_find(chart, key, &known) == ERR_OK) {
            check_fail(check, path, "there is an account \"%s\" already", key);
        }
        check_text(check, path, key, account->key, sizeof account->key);
        snprintf(path, sizeof path, "own[%u].type", i);
        check_choice(check, path, yaml->own[i].type, types, CHART_TYPE_COUNT, &type);
        account->type = (enum chart_type)type;
        snprintf(path, sizeof path, "own[%u].name", i);
        check_name(check, path, yaml->own[i].name, account->name);
        chart->count++;
    }
}

/* ---- The postings ---- */

static void check_account(struct check *check, const char *path, const char *key,
                          const struct chart *chart, size_t *out_account)
{
    if (key == NULL) {
        return;
    }
    size_t account;
    if (chart_find(chart, key, &account) != ERR_OK) {
        check_fail(check, path, "there is no account \"%s\"", key);
    } else if (account < CHART_MONEY_FIRST) {
        check_fail(check, path, "\"%s\" is an account in points", key);
    } else {
        *out_account = account;
    }
}

/* What ends a title in one of the formats, or begins something else there, is none of its text. */
static void check_title(struct check *check, const char *path, const char *text,
                        char out_text[TEMPLATE_TEXT_MAX])
{
    if (text == NULL) {
        return;
    }
    if (strpbrk(text, "\";|\\") != NULL || text[0] == '(' || text[0] == '!' || text[0] == '*') {
        check_fail(check, path,
                   "has no place for any of \" ; | \\, nor for ( ! * at its beginning");
    }
    memset(out_text, 0, TEMPLATE_TEXT_MAX);
    check_text(check, path, text, out_text, TEMPLATE_TEXT_MAX);
}

static void check_postings(struct check *check, const struct accounting_yaml *yaml,
                           struct accounting_file *file)
{
    for (size_t i = 0; i < POSTING_COUNT; i++) {
        const struct posting_yaml *posting = &yaml->postings[i];
        const char *event = posting_event_name((enum posting_event)i);
        struct posting_template *row = &file->templates.rows[i];
        char path[KEY_PATH_MAX];
        snprintf(path, sizeof path, "postings.%s.debit", event);
        check_account(check, path, posting->debit, &file->chart, &row->debit);
        snprintf(path, sizeof path, "postings.%s.credit", event);
        check_account(check, path, posting->credit, &file->chart, &row->credit);
        snprintf(path, sizeof path, "postings.%s.text", event);
        check_title(check, path, posting->text, row->text);
    }
}

/* ---- The liability ---- */

static void check_rates(struct check *check, const struct liability_yaml *yaml,
                        struct breakage *breakage)
{
    for (unsigned i = 0; i < yaml->breakage_count; i++) {
        struct breakage_rate *rate = &breakage->rates[breakage->rate_count++];
        char path[KEY_PATH_MAX];
        int64_t ppm = 0;
        snprintf(path, sizeof path, "liability.breakage[%u].from", i);
        if (period_parse(yaml->breakage[i].from, &rate->from) != ERR_OK ||
            rate->from.code > MONTH_MAX) {
            check_fail(check, path, "\"%s\" is no month, as in 2026-10", yaml->breakage[i].from);
        } else if (i > 0 && rate[-1].from.code >= rate->from.code) {
            check_fail(check, path, "the months must rise");
        }
        snprintf(path, sizeof path, "liability.breakage[%u].percent", i);
        check_minor(check, path, yaml->breakage[i].percent, PERCENT_DECIMALS, 0, PPM_WHOLE, &ppm);
        rate->ppm = (uint32_t)ppm;
    }
}

static void check_liability(struct check *check, const struct liability_yaml *yaml,
                            struct accounting_file *file)
{
    file->has_price = yaml->price != NULL;
    check_decimal(check, "liability.price", yaml->price, &file->price);
    check_unsigned(check, "liability.months", yaml->months, 1, MONTHS_MAX, &file->breakage.months);
    check_rates(check, yaml, &file->breakage);
    file->age_count = yaml->ages_count;
    for (unsigned i = 0; i < yaml->ages_count; i++) {
        char path[KEY_PATH_MAX];
        snprintf(path, sizeof path, "liability.ages[%u]", i);
        check_unsigned(check, path, yaml->ages[i], 1, AGE_MAX, &file->ages[i]);
        if (i > 0 && file->ages[i] <= file->ages[i - 1]) {
            check_fail(check, path, "the days must rise");
        }
    }
}

enum err accounting_file_parse(struct slice yaml, const char *name,
                               struct accounting_file *out_file, struct note *note)
{
    struct document_source source = {yaml, name};
    CLEANUP(positions_cleanup) struct positions *positions = NULL;
    void *document = NULL;
    struct accounting_file file;
    struct accounting_schema schema;
    accounting_file_default(&file);
    const struct chart standard = file.chart;
    make_schema(&standard, &schema);
    TRY(document_load(&source, &schema.root, &document, &positions, note));
    struct check check = {.positions = positions, .folder = ".", .note = note};
    const struct accounting_yaml *accounting = document;
    check_accounts(&check, accounting->accounts, &file.chart);
    check_own(&check, accounting, &file.chart);
    check_postings(&check, accounting, &file);
    check_liability(&check, &accounting->liability, &file);
    document_free(&schema.root, document);
    TRY(check.err);
    *out_file = file;
    return ERR_OK;
}

enum err accounting_file_load(const char *path, struct accounting_file *out_file, struct note *note)
{
    CLEANUP(buffer_fini) struct buffer text = {0};
    TRY(document_read_file(path, &text, note));
    return accounting_file_parse(buffer_slice(&text), path, out_file, note);
}
