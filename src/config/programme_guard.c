#include "config/programme_guard.h"

#include <stdio.h>
#include <string.h>

#include "config/check.h"

#define REVIEW_DAYS_DEFAULT 14u
#define LATE_DAYS_DEFAULT   7u
#define TIMES_MAX           1000000

static const cyaml_schema_field_t fraud_rule_fields[] = {
    YAML_TEXT("rule", struct fraud_rule_yaml, rule),
    YAML_TEXT("counts", struct fraud_rule_yaml, counts),
    YAML_TEXT("by", struct fraud_rule_yaml, by),
    YAML_TEXT("more_than", struct fraud_rule_yaml, more_than),
    YAML_TEXT_OPTIONAL("share", struct fraud_rule_yaml, share),
    YAML_TEXT("within", struct fraud_rule_yaml, within),
    YAML_TEXT("action", struct fraud_rule_yaml, action),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t fraud_rule_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct fraud_rule_yaml, fraud_rule_fields),
};

const cyaml_schema_field_t programme_fraud_fields[] = {
    YAML_TEXT_OPTIONAL("review_days", struct fraud_yaml, review_days),
    YAML_TEXT_OPTIONAL("late_days", struct fraud_yaml, late_days),
    CYAML_FIELD_SEQUENCE("rules", CYAML_FLAG_POINTER, struct fraud_yaml, rules, &fraud_rule_schema,
                         1, LIMIT_FRAUD_RULES),
    CYAML_FIELD_END,
};

const cyaml_schema_field_t programme_transfers_fields[] = {
    YAML_TEXT_OPTIONAL("per_gift", struct transfers_yaml, per_gift),
    YAML_TEXT_OPTIONAL("per_day", struct transfers_yaml, per_day),
    YAML_TEXT_OPTIONAL("per_month", struct transfers_yaml, per_month),
    YAML_TEXT_OPTIONAL("per_receiver", struct transfers_yaml, per_receiver),
    CYAML_FIELD_END,
};

const cyaml_schema_field_t programme_by_hand_fields[] = {
    YAML_TEXT_OPTIONAL("points", struct by_hand_yaml, points),
    CYAML_FIELD_END,
};

struct place {
    char text[64];
};

static struct place place_of(unsigned index, const char *key)
{
    struct place place;
    (void)snprintf(place.text, sizeof place.text, "fraud.rules[%u].%s", index, key);
    return place;
}

static unsigned choose(struct check *check, const char *path, const char *text,
                       const char *const *words, size_t count)
{
    unsigned chosen = 0;
    check_choice(check, path, text, words, count, &chosen);
    return chosen;
}

static void check_words(struct check *check, unsigned index, const struct fraud_rule_yaml *yaml,
                        struct fraud_rule *out)
{
    const char *words[FRAUD_BY_END];
    for (unsigned i = 0; i < FRAUD_COUNTS_END; i++) {
        words[i] = fraud_counts_name((enum fraud_counts)i);
    }
    struct place at = place_of(index, "counts");
    out->counts = (enum fraud_counts)choose(check, at.text, yaml->counts, words, FRAUD_COUNTS_END);
    for (unsigned i = 0; i < FRAUD_BY_END; i++) {
        words[i] = fraud_by_name((enum fraud_by)i);
    }
    at = place_of(index, "by");
    out->by = (enum fraud_by)choose(check, at.text, yaml->by, words, FRAUD_BY_END);
    for (unsigned i = 0; i < FRAUD_ACTION_END; i++) {
        words[i] = fraud_action_name((enum fraud_action)i);
    }
    at = place_of(index, "action");
    out->action = (enum fraud_action)choose(check, at.text, yaml->action, words, FRAUD_ACTION_END);
}

static void check_rule(struct check *check, unsigned index, const struct fraud_rule_yaml *yaml,
                       unsigned points_decimals, struct fraud_rule *out)
{
    struct note note = {""};
    check_words(check, index, yaml, out);
    check_text(check, place_of(index, "rule").text, yaml->rule, out->name, sizeof out->name);
    bool is_points = out->counts == FRAUD_POINTS;
    check_minor(check, place_of(index, "more_than").text, yaml->more_than,
                is_points ? points_decimals : 0, 0,
                is_points ? LIMIT_POINTS_PER_PARTNER : TIMES_MAX, &out->more_than);
    check_unsigned(check, place_of(index, "share").text, yaml->share, 1, 99, &out->share);
    check_span(check, place_of(index, "within").text, yaml->within,
               LIMIT_FRAUD_HOURS * INT64_C(3600000), &out->window_ms);
    if (check->err == ERR_OK && fraud_rule_check(out, &note) != ERR_OK) {
        check_fail(check, place_of(index, "rule").text, "%s", note.text);
    }
}

static void check_fraud(struct check *check, const struct fraud_yaml *yaml,
                        unsigned points_decimals, struct fraud_rules *out)
{
    out->review_days = REVIEW_DAYS_DEFAULT;
    out->late_days = LATE_DAYS_DEFAULT;
    out->points_decimals = points_decimals;
    check_unsigned(check, "fraud.review_days", yaml->review_days, 1, LIMIT_REVIEW_DAYS,
                   &out->review_days);
    check_unsigned(check, "fraud.late_days", yaml->late_days, 1, LIMIT_LATE_DAYS, &out->late_days);
    check_next(check);
    for (unsigned i = 0; i < yaml->rules_count && check->err == ERR_OK; i++) {
        struct fraud_rule *rule = &out->rules[out->count];
        check_rule(check, i, &yaml->rules[i], points_decimals, rule);
        for (size_t j = 0; j < out->count; j++) {
            if (strcmp(out->rules[j].name, rule->name) == 0) {
                check_fail(check, place_of(i, "rule").text, "another rule is called \"%s\"",
                           rule->name);
            }
        }
        out->count++;
        check_next(check);
    }
}

/* A bound that another one makes meaningless is a mistake. */
static void check_order(struct check *check, const struct transfer_caps *caps)
{
    if (caps->per_day != INT64_MAX && caps->per_gift != INT64_MAX &&
        caps->per_gift > caps->per_day) {
        check_fail(check, "transfers.per_gift", "is more than may be given in a day");
    }
    if (caps->per_month != INT64_MAX && caps->per_day != INT64_MAX &&
        caps->per_day > caps->per_month) {
        check_fail(check, "transfers.per_day", "is more than may be given in a month");
    }
    if (caps->per_receiver != INT64_MAX && caps->per_month != INT64_MAX &&
        caps->per_receiver > caps->per_month) {
        check_fail(check, "transfers.per_receiver", "is more than may be given in a month");
    }
}

void programme_guard_check(struct check *check, const struct fraud_yaml *fraud,
                           const struct transfers_yaml *transfers,
                           const struct by_hand_yaml *by_hand, unsigned points_decimals,
                           struct programme_guard *out)
{
    const int64_t most = LIMIT_POINTS_PER_COMMAND;
    struct transfer_caps *caps = &out->transfers;
    *caps = (struct transfer_caps){INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX};
    out->by_hand = INT64_MAX;
    check_fraud(check, fraud, points_decimals, &out->fraud);
    check_next(check);
    check_minor(check, "transfers.per_gift", transfers->per_gift, points_decimals, 0, most,
                &caps->per_gift);
    check_minor(check, "transfers.per_day", transfers->per_day, points_decimals, 0, most,
                &caps->per_day);
    check_minor(check, "transfers.per_month", transfers->per_month, points_decimals, 0, most,
                &caps->per_month);
    check_minor(check, "transfers.per_receiver", transfers->per_receiver, points_decimals, 0, most,
                &caps->per_receiver);
    check_order(check, caps);
    check_next(check);
    check_minor(check, "by_hand.points", by_hand->points, points_decimals, 0, most, &out->by_hand);
}
