/* The goals of programme.yaml. */
#include <string.h>

#include "config/programme_plans.h"

#define WHOLE_PERCENT 1000 /* in goal_decimals */

static const cyaml_schema_field_t goal_fields[] = {
    YAML_TEXT("goal", struct goal_yaml, goal),
    YAML_TEXT("measure", struct goal_yaml, measure),
    YAML_TEXT_OPTIONAL("survey", struct goal_yaml, survey),
    YAML_TEXT("from", struct goal_yaml, from),
    YAML_TEXT("by", struct goal_yaml, by),
    YAML_TEXT_OPTIONAL("start", struct goal_yaml, start),
    YAML_TEXT("target", struct goal_yaml, target),
    CYAML_FIELD_END,
};

const cyaml_schema_value_t programme_goal_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct goal_yaml, goal_fields),
};

static const char *const measures[GOAL_MEASURE_COUNT] = {
    [GOAL_REPEAT_RATE] = "repeat_rate",
    [GOAL_AVERAGE_BASKET] = "average_basket",
    [GOAL_NEW_MEMBERS] = "new_members",
    [GOAL_ACTIVE_MEMBERS] = "active_members",
    [GOAL_REDEMPTION_RATE] = "redemption_rate",
    [GOAL_SATISFACTION] = "satisfaction",
    [GOAL_NPS] = "nps",
};

const char *goal_measure_name(enum goal_measure measure)
{
    return (unsigned)measure < GOAL_MEASURE_COUNT ? measures[measure] : "unknown";
}

unsigned goal_decimals(enum goal_measure measure, unsigned money_decimals)
{
    switch (measure) {
    case GOAL_AVERAGE_BASKET:
        return money_decimals;
    case GOAL_NEW_MEMBERS:
    case GOAL_ACTIVE_MEMBERS:
        return 0;
    case GOAL_REPEAT_RATE:
    case GOAL_REDEMPTION_RATE:
    case GOAL_SATISFACTION:
    case GOAL_NPS:
    case GOAL_MEASURE_COUNT:
        break;
    }
    return 1;
}

static struct plan_path key(size_t index, const char *name)
{
    return plan_path("goals", index, name);
}

/* The largest figure that there can be. */
static int64_t figure_max(enum goal_measure measure)
{
    bool is_whole =
        measure == GOAL_REPEAT_RATE || measure == GOAL_SATISFACTION || measure == GOAL_NPS;
    return is_whole ? WHOLE_PERCENT : LIMIT_POINTS_PER_COMMAND;
}

static void read_figure(struct planning *p, const char *path, const char *text,
                        const struct goal_plan *goal, int64_t *out_value)
{
    bool is_negative = goal->measure == GOAL_NPS && text != NULL && text[0] == '-';
    int64_t value = 0;
    check_minor(p->check, path, is_negative ? text + 1 : text,
                goal_decimals(goal->measure, p->money_decimals), 0, figure_max(goal->measure),
                &value);
    *out_value = is_negative ? -value : value;
}

static void read_month(struct planning *p, const char *path, const char *text,
                       struct period *out_month)
{
    if (period_parse(text, out_month) != ERR_OK || period_unit_of(*out_month) != PERIOD_MONTH) {
        check_fail(p->check, path, "\"%.20s\" is no month, as in 2026-10", text);
    }
}

static void read_survey(struct planning *p, size_t index, const struct goal_yaml *yaml,
                        struct goal_plan *out)
{
    struct plan_path path = key(index, "survey");
    bool needs = out->measure == GOAL_SATISFACTION || out->measure == GOAL_NPS;
    if (needs != (yaml->survey != NULL)) {
        check_fail(p->check, path.text,
                   needs ? "is missing: of which survey?"
                         : "has a meaning only of satisfaction and nps");
    }
    if (yaml->survey == NULL || p->check->err != ERR_OK) {
        return;
    }
    enum survey_scale scale = out->measure == GOAL_NPS ? SURVEY_SCALE_0_10 : SURVEY_SCALE_1_5;
    struct nearest nearest = nearest_to(yaml->survey);
    for (size_t i = 0; i < p->plans->survey_count; i++) {
        const struct survey_plan *survey = &p->plans->surveys[i];
        nearest_offer(&nearest, survey->name);
        if (strcmp(survey->name, yaml->survey) == 0) {
            out->survey = survey->name;
            if (survey->scale != scale) {
                check_fail(p->check, path.text, "%s is of a survey that asks from %s",
                           goal_measure_name(out->measure),
                           scale == SURVEY_SCALE_0_10 ? "0 to 10" : "1 to 5");
            }
            return;
        }
    }
    check_fail_name(p->check, path.text, "survey is", &nearest);
}

static void read_goal(struct planning *p, size_t index, const struct goal_yaml *yaml,
                      struct goal_plan *out)
{
    unsigned measure = GOAL_REPEAT_RATE;
    out->line = positions_line(p->check->positions, key(index, "").text);
    out->name = plan_name(p, key(index, "goal").text, yaml->goal);
    check_choice(p->check, key(index, "measure").text, yaml->measure, measures, GOAL_MEASURE_COUNT,
                 &measure);
    out->measure = (enum goal_measure)measure;
    read_survey(p, index, yaml, out);
    read_month(p, key(index, "from").text, yaml->from, &out->from);
    read_month(p, key(index, "by").text, yaml->by, &out->by);
    if (p->check->err == ERR_OK && period_is_before(out->by, out->from)) {
        check_fail(p->check, key(index, "by").text, "it ends before it begins");
    }
    read_figure(p, key(index, "start").text, yaml->start, out, &out->start);
    out->has_start = yaml->start != NULL;
    read_figure(p, key(index, "target").text, yaml->target, out, &out->target);
    if (out->has_start && out->start == out->target) {
        check_fail(p->check, key(index, "target").text, "it is reached from the start");
    }
}

void programme_goals_check(struct planning *p, const struct plans_yaml *yaml)
{
    struct goal_plan *goals = plan_take(p, yaml->goals_count, sizeof goals[0]);
    for (unsigned i = 0; goals != NULL && p->check->err == ERR_OK && i < yaml->goals_count; i++) {
        read_goal(p, i, &yaml->goals[i], &goals[i]);
        plan_check_new(p, key(i, "goal").text, goals[i].name, goals, i, sizeof goals[0]);
        check_next(p->check);
    }
    p->plans->goals = goals;
    p->plans->goal_count = goals == NULL ? 0 : yaml->goals_count;
}
