/* The shape of goods, metrics and rules in programme.yaml. */
#include "config/programme_rules.h"

#define LIST_MAX  4096
#define GOODS_MAX 1000000 /* in one list of a set */

static const cyaml_schema_value_t text_schema = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, LIMIT_CONFIG_VALUE_BYTES),
};

static const cyaml_schema_field_t goods_fields[] = {
    YAML_TEXT("name", struct goods_yaml, name),
    CYAML_FIELD_SEQUENCE_COUNT("products", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                               struct goods_yaml, members[GOODS_BY_PRODUCT],
                               member_counts[GOODS_BY_PRODUCT], &text_schema, 1, GOODS_MAX),
    CYAML_FIELD_SEQUENCE_COUNT("prefixes", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                               struct goods_yaml, members[GOODS_BY_PRODUCT_PREFIX],
                               member_counts[GOODS_BY_PRODUCT_PREFIX], &text_schema, 1, GOODS_MAX),
    CYAML_FIELD_SEQUENCE_COUNT("categories", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                               struct goods_yaml, members[GOODS_BY_CATEGORY],
                               member_counts[GOODS_BY_CATEGORY], &text_schema, 1, GOODS_MAX),
    CYAML_FIELD_SEQUENCE_COUNT("brands", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                               struct goods_yaml, members[GOODS_BY_BRAND],
                               member_counts[GOODS_BY_BRAND], &text_schema, 1, GOODS_MAX),
    CYAML_FIELD_END,
};

const cyaml_schema_value_t programme_goods_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct goods_yaml, goods_fields),
};

static const cyaml_schema_field_t metric_fields[] = {
    YAML_TEXT("name", struct metric_yaml, name),
    YAML_TEXT("of", struct metric_yaml, of),
    YAML_TEXT_OPTIONAL("window", struct metric_yaml, window),
    YAML_TEXT_OPTIONAL("length", struct metric_yaml, length),
    YAML_TEXT_OPTIONAL("goods", struct metric_yaml, goods),
    CYAML_FIELD_END,
};

const cyaml_schema_value_t programme_metric_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct metric_yaml, metric_fields),
};

static const cyaml_schema_field_t tier_fields[] = {
    YAML_TEXT("tier", struct tier_yaml, tier),
    YAML_TEXT_OPTIONAL("metric", struct tier_yaml, metric),
    YAML_TEXT_OPTIONAL("at_least", struct tier_yaml, at_least),
    YAML_TEXT_OPTIONAL("months", struct tier_yaml, months),
    YAML_TEXT_OPTIONAL("days", struct tier_yaml, days),
    YAML_TEXT_OPTIONAL("end_of", struct tier_yaml, end_of),
    CYAML_FIELD_END,
};

const cyaml_schema_value_t programme_tier_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct tier_yaml, tier_fields),
};

static const cyaml_schema_field_t coupon_fields[] = {
    YAML_TEXT("coupon", struct coupon_yaml, coupon),
    CYAML_FIELD_SEQUENCE("codes", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct coupon_yaml,
                         codes, &text_schema, 1, LIMIT_COUPON_CODES),
    YAML_TEXT_OPTIONAL("prefix", struct coupon_yaml, prefix),
    YAML_TEXT_OPTIONAL("personal", struct coupon_yaml, personal),
    CYAML_FIELD_END,
};

const cyaml_schema_value_t programme_coupon_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct coupon_yaml, coupon_fields),
};

static const cyaml_schema_field_t step_fields[] = {
    YAML_TEXT("at_least", struct step_yaml, at_least),
    YAML_TEXT("percent_off", struct step_yaml, percent_off),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t step_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct step_yaml, step_fields),
};

static const cyaml_schema_field_t take_fields[] = {
    YAML_TEXT("points", struct take_yaml, points),
    YAML_TEXT("of", struct take_yaml, of),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t around_fields[] = {
    YAML_TEXT("day", struct around_yaml, day),
    YAML_TEXT_OPTIONAL("before", struct around_yaml, before),
    YAML_TEXT_OPTIONAL("after", struct around_yaml, after),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t bounds_fields[] = {
    YAML_TEXT("metric", struct bounds_yaml, metric),
    YAML_TEXT_OPTIONAL("at_least", struct bounds_yaml, at_least),
    YAML_TEXT_OPTIONAL("below", struct bounds_yaml, below),
    YAML_TEXT_OPTIONAL("reaches", struct bounds_yaml, reaches),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t bounds_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct bounds_yaml, bounds_fields),
};

static const cyaml_schema_field_t segment_fields[] = {
    YAML_TEXT("segment", struct segment_yaml, segment),
    CYAML_FIELD_SEQUENCE("metrics", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct segment_yaml,
                         metrics, &bounds_schema, 1, LIMIT_METRICS),
    CYAML_FIELD_SEQUENCE("lists", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct segment_yaml,
                         lists, &text_schema, 1, LIMIT_SHOPPER_LISTS),
    CYAML_FIELD_SEQUENCE("all", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct segment_yaml, all,
                         &text_schema, 1, LIMIT_SEGMENTS),
    CYAML_FIELD_SEQUENCE("any", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct segment_yaml, any,
                         &text_schema, 1, LIMIT_SEGMENTS),
    CYAML_FIELD_SEQUENCE("none", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct segment_yaml,
                         none, &text_schema, 1, LIMIT_SEGMENTS),
    CYAML_FIELD_END,
};

const cyaml_schema_value_t programme_segment_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct segment_yaml, segment_fields),
};

static const cyaml_schema_field_t campaign_fields[] = {
    YAML_TEXT("campaign", struct campaign_yaml, campaign),
    YAML_TEXT_OPTIONAL("control", struct campaign_yaml, control),
    YAML_TEXT_OPTIONAL("most", struct campaign_yaml, most),
    YAML_TEXT_OPTIONAL("seed", struct campaign_yaml, seed),
    CYAML_FIELD_END,
};

const cyaml_schema_value_t programme_campaign_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct campaign_yaml, campaign_fields),
};

static const cyaml_schema_field_t offer_fields[] = {
    YAML_TEXT("offer", struct offer_yaml, offer),
    YAML_TEXT("campaign", struct offer_yaml, campaign),
    CYAML_FIELD_SEQUENCE_COUNT("for", CYAML_FLAG_POINTER, struct offer_yaml, goods, goods_count,
                               &text_schema, 1, LIMIT_GOODS_SETS),
    CYAML_FIELD_SEQUENCE("segments", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct offer_yaml,
                         segments, &text_schema, 1, LIMIT_SEGMENTS),
    YAML_TEXT("days", struct offer_yaml, days),
    YAML_TEXT_OPTIONAL("coupon", struct offer_yaml, coupon),
    CYAML_FIELD_END,
};

const cyaml_schema_value_t programme_offer_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct offer_yaml, offer_fields),
};

static const cyaml_schema_field_t price_fields[] = {
    YAML_TEXT_OPTIONAL("points", struct price_yaml, points),
    YAML_TEXT_OPTIONAL("money", struct price_yaml, money),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t give_fields[] = {
    YAML_TEXT_OPTIONAL("points", struct give_yaml, points),
    YAML_TEXT_OPTIONAL("per", struct give_yaml, per),
    YAML_TEXT_OPTIONAL("of", struct give_yaml, of),
    YAML_TEXT_OPTIONAL("multiple", struct give_yaml, multiple),
    YAML_TEXT_OPTIONAL("percent_off", struct give_yaml, percent_off),
    YAML_TEXT_OPTIONAL("percent_off_by", struct give_yaml, percent_off_by),
    CYAML_FIELD_SEQUENCE("steps", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct give_yaml, steps,
                         &step_schema, 1, LIMIT_STEPS),
    YAML_TEXT_OPTIONAL("money_off", struct give_yaml, money_off),
    YAML_TEXT_OPTIONAL("price", struct give_yaml, price),
    YAML_TEXT_OPTIONAL("items", struct give_yaml, items),
    YAML_TEXT_OPTIONAL("item", struct give_yaml, item),
    YAML_TEXT_OPTIONAL("worth", struct give_yaml, worth),
    YAML_TEXT_OPTIONAL("refund", struct give_yaml, refund),
    YAML_TEXT_OPTIONAL("rounding", struct give_yaml, rounding),
    YAML_TEXT_OPTIONAL("to", struct give_yaml, to),
    YAML_TEXT_OPTIONAL("prolong", struct give_yaml, prolong),
    YAML_TEXT_OPTIONAL("months", struct give_yaml, months),
    YAML_TEXT_OPTIONAL("days", struct give_yaml, days),
    YAML_TEXT_OPTIONAL("end_of", struct give_yaml, end_of),
    YAML_TEXT_OPTIONAL("added", struct give_yaml, added),
    YAML_TEXT_OPTIONAL("event", struct give_yaml, event),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t cap_fields[] = {
    YAML_TEXT("per", struct cap_yaml, per),
    YAML_TEXT_OPTIONAL("length", struct cap_yaml, length),
    YAML_TEXT_OPTIONAL("amount", struct cap_yaml, amount),
    YAML_TEXT_OPTIONAL("uses", struct cap_yaml, uses),
    YAML_TEXT_OPTIONAL("of", struct cap_yaml, of),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t cap_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct cap_yaml, cap_fields),
};

#define OPTIONAL_LIST (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

static const cyaml_schema_field_t rule_fields[] = {
    YAML_TEXT("rule", struct rule_yaml, rule),
    YAML_TEXT_OPTIONAL("on", struct rule_yaml, on),
    YAML_TEXT_OPTIONAL("from", struct rule_yaml, from),
    YAML_TEXT_OPTIONAL("until", struct rule_yaml, until),
    CYAML_FIELD_SEQUENCE("weekdays", OPTIONAL_LIST, struct rule_yaml, weekdays, &text_schema, 1, 7),
    CYAML_FIELD_SEQUENCE("hours", OPTIONAL_LIST, struct rule_yaml, hours, &text_schema, 1, 24),
    CYAML_FIELD_SEQUENCE("stores", OPTIONAL_LIST, struct rule_yaml, stores, &text_schema, 1,
                         LIST_MAX),
    CYAML_FIELD_SEQUENCE("channels", OPTIONAL_LIST, struct rule_yaml, channels, &text_schema, 1,
                         LIST_MAX),
    YAML_TEXT_OPTIONAL("basket", struct rule_yaml, basket),
    YAML_TEXT_OPTIONAL("goods_cost", struct rule_yaml, goods_cost),
    YAML_TEXT_OPTIONAL("goods_count", struct rule_yaml, goods_count),
    YAML_TEXT_OPTIONAL("purchase", struct rule_yaml, purchase),
    CYAML_FIELD_SEQUENCE("metrics", OPTIONAL_LIST, struct rule_yaml, metrics, &bounds_schema, 1,
                         LIMIT_METRICS),
    CYAML_FIELD_MAPPING_PTR("around", OPTIONAL_LIST, struct rule_yaml, around, around_fields),
    CYAML_FIELD_SEQUENCE("tiers", OPTIONAL_LIST, struct rule_yaml, tiers, &text_schema, 1,
                         LIMIT_TIERS + 1),
    YAML_TEXT_OPTIONAL("referred", struct rule_yaml, referred),
    CYAML_FIELD_SEQUENCE("segments", OPTIONAL_LIST, struct rule_yaml, segments, &text_schema, 1,
                         LIMIT_SEGMENTS),
    CYAML_FIELD_SEQUENCE("not_in", OPTIONAL_LIST, struct rule_yaml, not_in, &text_schema, 1,
                         LIMIT_SEGMENTS),
    YAML_TEXT_OPTIONAL("coupon", struct rule_yaml, coupon),
    YAML_TEXT_OPTIONAL("offered", struct rule_yaml, offered),
    CYAML_FIELD_SEQUENCE_COUNT("for", OPTIONAL_LIST, struct rule_yaml, goods, goods_names_count,
                               &text_schema, 1, LIMIT_GOODS_SETS),
    CYAML_FIELD_SEQUENCE("except", OPTIONAL_LIST, struct rule_yaml, except, &text_schema, 1,
                         LIMIT_GOODS_SETS),
    CYAML_FIELD_MAPPING("give", CYAML_FLAG_DEFAULT, struct rule_yaml, give, give_fields),
    CYAML_FIELD_MAPPING_PTR("take", OPTIONAL_LIST, struct rule_yaml, take, take_fields),
    CYAML_FIELD_MAPPING_PTR("price", OPTIONAL_LIST, struct rule_yaml, price, price_fields),
    YAML_TEXT_OPTIONAL("priority", struct rule_yaml, priority),
    YAML_TEXT_OPTIONAL("group", struct rule_yaml, group),
    YAML_TEXT_OPTIONAL("exclusive", struct rule_yaml, exclusive),
    CYAML_FIELD_SEQUENCE("caps", OPTIONAL_LIST, struct rule_yaml, caps, &cap_schema, 1,
                         CAP_OF_COUNT *(WINDOW_KIND_COUNT + 1)),
    CYAML_FIELD_END,
};

const cyaml_schema_value_t programme_rule_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct rule_yaml, rule_fields),
};
