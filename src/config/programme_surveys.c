/* The surveys of programme.yaml. */
#include <string.h>

#include "config/programme_plans.h"

#define EVENT_DEFAULT "survey"

static const cyaml_schema_field_t survey_fields[] = {
    YAML_TEXT("survey", struct survey_yaml, survey),
    YAML_TEXT("scale", struct survey_yaml, scale),
    YAML_TEXT("days", struct survey_yaml, days),
    YAML_TEXT_OPTIONAL("comment", struct survey_yaml, comment),
    YAML_TEXT_OPTIONAL("event", struct survey_yaml, event),
    CYAML_FIELD_END,
};

const cyaml_schema_value_t programme_survey_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct survey_yaml, survey_fields),
};

static struct plan_path key(size_t index, const char *name)
{
    return plan_path("surveys", index, name);
}

static void read_survey(struct planning *p, size_t index, const struct survey_yaml *yaml,
                        struct survey_plan *out)
{
    static const char *const scales[] = {"1-5", "0-10"};
    unsigned scale = SURVEY_SCALE_1_5;
    out->line = positions_line(p->check->positions, key(index, "").text);
    out->name = plan_name(p, key(index, "survey").text, yaml->survey);
    check_choice(p->check, key(index, "scale").text, yaml->scale, scales, 2, &scale);
    out->scale = (enum survey_scale)scale;
    check_unsigned(p->check, key(index, "days").text, yaml->days, 1, LIMIT_SURVEY_DAYS, &out->days);
    out->has_comment = plan_yes(p, key(index, "comment").text, yaml->comment, true);
    out->event = plan_name(p, key(index, "event").text, yaml->event);
    if (out->event != NULL && p->check->err == ERR_OK && !plan_has_rule_on(p, out->event)) {
        check_fail(p->check, key(index, "event").text,
                   "no rule is on %s: an answer would give nothing", out->event);
    }
    if (out->event == NULL && plan_has_rule_on(p, EVENT_DEFAULT)) {
        out->event = EVENT_DEFAULT;
    }
}

void programme_surveys_check(struct planning *p, const struct plans_yaml *yaml)
{
    struct survey_plan *surveys = plan_take(p, yaml->surveys_count, sizeof surveys[0]);
    for (unsigned i = 0; surveys != NULL && p->check->err == ERR_OK && i < yaml->surveys_count;
         i++) {
        read_survey(p, i, &yaml->surveys[i], &surveys[i]);
        plan_check_new(p, key(i, "survey").text, surveys[i].name, surveys, i, sizeof surveys[0]);
        check_next(p->check);
    }
    p->plans->surveys = surveys;
    p->plans->survey_count = surveys == NULL ? 0 : yaml->surveys_count;
}
