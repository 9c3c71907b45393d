#include "config/coalition_promotion.h"

#include "config/coalition_tariff.h"

#define PROMOTION_ID_MAX 65535
#define SHARE_DECIMALS   2 /* a percentage in hundredths */
#define SHARE_MAX        10000

static const cyaml_schema_field_t part_fields[] = {
    YAML_TEXT("partner", struct part_yaml, partner),
    YAML_TEXT("percent", struct part_yaml, percent),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t part_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct part_yaml, part_fields),
};

static const cyaml_schema_field_t promotion_fields[] = {
    YAML_TEXT("id", struct promotion_yaml, id),
    YAML_TEXT("name", struct promotion_yaml, name),
    YAML_TEXT("shop", struct promotion_yaml, shop),
    YAML_TEXT("valid_from", struct promotion_yaml, valid_from),
    YAML_TEXT("valid_until", struct promotion_yaml, valid_until),
    YAML_TEXT("budget", struct promotion_yaml, budget),
    YAML_TEXT("per_purchase", struct promotion_yaml, per_purchase),
    CYAML_FIELD_SEQUENCE("split", CYAML_FLAG_POINTER, struct promotion_yaml, split, &part_schema, 1,
                         COALITION_PARTS_MAX),
    CYAML_FIELD_END,
};

const cyaml_schema_value_t coalition_promotion_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct promotion_yaml, promotion_fields),
};

static struct item_path path_of(size_t index, const char *key)
{
    return item_path("promotions", index, key);
}

static void check_date(struct check *check, size_t index, const char *key, const char *text,
                       struct unix_ms *out)
{
    if (check->err == ERR_OK && unix_ms_parse(text, out) != ERR_OK) {
        check_fail(check, path_of(index, key).text, "\"%s\" is no date such as 2026-11-01", text);
    }
}

static void check_split(struct check *check, const struct promotion_yaml *yaml, size_t index,
                        struct coalition_promotion *out)
{
    struct item_path path = path_of(index, "split");
    int64_t sum = 0;
    for (size_t i = 0; check->err == ERR_OK && i < yaml->split_count; i++) {
        struct coalition_part *part = &out->parts[out->part_count++];
        int64_t share = 0;
        check_partner(check, path.text, yaml->split[i].partner, &part->partner);
        check_minor(check, path.text, yaml->split[i].percent, SHARE_DECIMALS, 1, SHARE_MAX, &share);
        part->share = (uint32_t)share;
        sum += share;
    }
    if (check->err == ERR_OK && sum != SHARE_MAX) {
        check_fail(check, path.text, "is not 100 per cent together");
    }
}

void coalition_check_promotion(struct check *check, const struct promotion_yaml *yaml, size_t index,
                               struct coalition_file *out)
{
    struct coalition_promotion *promotion = &out->promotions[index];
    check_unsigned(check, path_of(index, "id").text, yaml->id, 1, PROMOTION_ID_MAX, &promotion->id);
    check_text(check, path_of(index, "name").text, yaml->name, promotion->name,
               sizeof promotion->name);
    check_partner(check, path_of(index, "shop").text, yaml->shop, &promotion->shop);
    check_date(check, index, "valid_from", yaml->valid_from, &promotion->valid_from);
    check_date(check, index, "valid_until", yaml->valid_until, &promotion->valid_until);
    if (check->err == ERR_OK && promotion->valid_until.ms <= promotion->valid_from.ms) {
        check_fail(check, path_of(index, "valid_until").text, "is not after valid_from");
    }
    check_minor(check, path_of(index, "budget").text, yaml->budget, out->points_decimals, 1,
                LIMIT_POINTS_PER_PARTNER, &promotion->budget);
    check_minor(check, path_of(index, "per_purchase").text, yaml->per_purchase,
                out->points_decimals, 1, LIMIT_POINTS_PER_COMMAND, &promotion->per_purchase);
    check_split(check, yaml, index, promotion);
    for (size_t i = 0; check->err == ERR_OK && i < index; i++) {
        if (out->promotions[i].id == promotion->id) {
            check_fail(check, path_of(index, "id").text, "%u is taken already", promotion->id);
        }
    }
    out->promotion_count = index + 1;
}
