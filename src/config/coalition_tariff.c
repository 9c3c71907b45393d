#include "config/coalition_tariff.h"

#include <stdio.h>
#include <string.h>

#define TARIFF_ID_MAX    65535
#define PERCENT_DECIMALS 4 /* a percentage in millionths */
#define PERCENT_MAX      1000000

static const cyaml_schema_field_t tax_fields[] = {
    YAML_TEXT("code", struct tariff_tax_yaml, code),
    YAML_TEXT("percent", struct tariff_tax_yaml, percent),
    YAML_TEXT_OPTIONAL("on", struct tariff_tax_yaml, on),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t partner_schema = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, LIMIT_CONFIG_VALUE_BYTES),
};

static const cyaml_schema_field_t tariff_fields[] = {
    YAML_TEXT("id", struct tariff_yaml, id),
    YAML_TEXT("name", struct tariff_yaml, name),
    YAML_TEXT("issue_price_per_point", struct tariff_yaml, issue_price),
    YAML_TEXT("redemption_price_per_point", struct tariff_yaml, redemption_price),
    YAML_TEXT("rounding", struct tariff_yaml, rounding),
    CYAML_FIELD_SEQUENCE("partners", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct tariff_yaml,
                         partners, &partner_schema, 2, 2),
    YAML_TEXT_OPTIONAL("valid_from", struct tariff_yaml, valid_from),
    YAML_TEXT_OPTIONAL("issue_fee_percent", struct tariff_yaml, issue_fee),
    YAML_TEXT_OPTIONAL("redemption_fee_percent", struct tariff_yaml, redemption_fee),
    YAML_TEXT_OPTIONAL("minimum_fee", struct tariff_yaml, minimum_fee),
    YAML_TEXT_OPTIONAL("funding", struct tariff_yaml, funding),
    CYAML_FIELD_MAPPING_PTR("tax", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct tariff_yaml,
                            tax, tax_fields),
    CYAML_FIELD_END,
};

const cyaml_schema_value_t coalition_tariff_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct tariff_yaml, tariff_fields),
};

struct item_path item_path(const char *list, size_t index, const char *key)
{
    struct item_path path;
    int length = snprintf(path.text, sizeof path.text, "%s[%zu]%s%s", list, index,
                          *key == '\0' ? "" : ".", key);
    ASSERT(length > 0 && (size_t)length < sizeof path.text);
    return path;
}

static void check_pair(struct check *check, const struct tariff_yaml *yaml, size_t index,
                       struct coalition_tariff *out)
{
    struct item_path path = item_path("tariffs", index, "partners");
    if (check->err != ERR_OK || yaml->partners_count == 0) {
        return;
    }
    check_partner(check, path.text, yaml->partners[0], &out->pair[0]);
    check_partner(check, path.text, yaml->partners[1], &out->pair[1]);
    int order = partner_id_compare(&out->pair[0], &out->pair[1]);
    if (check->err == ERR_OK && order == 0) {
        check_fail(check, path.text, "%s is named twice", out->pair[0].text);
    } else if (order > 0) {
        struct partner_id first = out->pair[1];
        out->pair[1] = out->pair[0];
        out->pair[0] = first;
    }
}

static void check_valid_from(struct check *check, const struct tariff_yaml *yaml, size_t index,
                             struct coalition_tariff *out)
{
    if (check->err == ERR_OK && yaml->valid_from != NULL &&
        unix_ms_parse(yaml->valid_from, &out->valid_from) != ERR_OK) {
        check_fail(check, item_path("tariffs", index, "valid_from").text,
                   "\"%s\" is no date such as 2026-11-01", yaml->valid_from);
    }
}

static void check_percent(struct check *check, const char *path, const char *text,
                          uint32_t *out_ppm)
{
    int64_t ppm = 0;
    check_minor(check, path, text, PERCENT_DECIMALS, 0, PERCENT_MAX, &ppm);
    *out_ppm = (uint32_t)ppm;
}

static void check_fees(struct check *check, const struct tariff_yaml *yaml, size_t index,
                       unsigned decimals, struct coalition_tariff *out)
{
    struct item_path minimum = item_path("tariffs", index, "minimum_fee");
    check_percent(check, item_path("tariffs", index, "issue_fee_percent").text, yaml->issue_fee,
                  &out->issue_fee_ppm);
    check_percent(check, item_path("tariffs", index, "redemption_fee_percent").text,
                  yaml->redemption_fee, &out->redemption_fee_ppm);
    check_minor(check, minimum.text, yaml->minimum_fee, decimals, 0, LIMIT_POINTS_PER_COMMAND,
                &out->minimum_fee_minor);
    if (check->err == ERR_OK && out->minimum_fee_minor > 0 && out->issue_fee_ppm == 0 &&
        out->redemption_fee_ppm == 0) {
        check_fail(check, minimum.text, "is there without a fee");
    }
}

static void check_tax(struct check *check, const struct tariff_yaml *yaml, size_t index,
                      struct coalition_tariff *out)
{
    static const char *const bases[] = {"fees", "all"};
    struct item_path code = item_path("tariffs", index, "tax.code");
    unsigned base = 0;
    if (check->err != ERR_OK || yaml->tax == NULL) {
        return;
    }
    check_text(check, code.text, yaml->tax->code, out->tax_code, sizeof out->tax_code);
    check_percent(check, item_path("tariffs", index, "tax.percent").text, yaml->tax->percent,
                  &out->tax_ppm);
    check_choice(check, item_path("tariffs", index, "tax.on").text, yaml->tax->on, bases, 2, &base);
    out->is_tax_on_points = base == 1;
    if (check->err == ERR_OK &&
        (out->tax_code[strspn(out->tax_code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")] != '\0' ||
         out->tax_code[0] == '-')) {
        check_fail(check, code.text, "\"%s\" is not made of capital letters, digits and \"-\"",
                   out->tax_code);
    }
}

static void check_funding(struct check *check, const struct tariff_yaml *yaml, size_t index,
                          struct coalition_tariff *out)
{
    static const char *const ways[] = {"issue", "burn", "prepaid"};
    unsigned way = 0;
    if (check->err == ERR_OK) {
        check_choice(check, item_path("tariffs", index, "funding").text, yaml->funding, ways,
                     TARIFF_FUNDING_END, &way);
        out->funding = (enum tariff_funding)way;
    }
}

void coalition_check_tariff(struct check *check, const struct tariff_yaml *yaml, size_t index,
                            struct coalition_file *out)
{
    struct coalition_tariff *tariff = &out->tariffs[index];
    enum rounding rounding = ROUNDING_HALF_EVEN;
    check_unsigned(check, item_path("tariffs", index, "id").text, yaml->id, 1, TARIFF_ID_MAX,
                   &tariff->id);
    check_text(check, item_path("tariffs", index, "name").text, yaml->name, tariff->name,
               sizeof tariff->name);
    check_decimal(check, item_path("tariffs", index, "issue_price_per_point").text,
                  yaml->issue_price, &tariff->issue_price);
    check_decimal(check, item_path("tariffs", index, "redemption_price_per_point").text,
                  yaml->redemption_price, &tariff->redemption_price);
    check_rounding(check, item_path("tariffs", index, "rounding").text, yaml->rounding, &rounding);
    if (rounding != ROUNDING_HALF_EVEN) {
        check_fail(check, item_path("tariffs", index, "rounding").text,
                   "statements round half_even, not %s", rounding_name(rounding));
    }
    check_pair(check, yaml, index, tariff);
    check_valid_from(check, yaml, index, tariff);
    check_fees(check, yaml, index, out->settlement_decimals, tariff);
    check_tax(check, yaml, index, tariff);
    check_funding(check, yaml, index, tariff);
    for (size_t i = 0; check->err == ERR_OK && i < index; i++) {
        if (out->tariffs[i].id == tariff->id) {
            check_fail(check, item_path("tariffs", index, "id").text, "%u is taken already",
                       tariff->id);
        }
    }
    out->tariff_count = index + 1;
}
