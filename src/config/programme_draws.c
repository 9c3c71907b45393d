/* The draws of programme.yaml. */
#include <stdio.h>
#include <string.h>

#include "config/programme_plans.h"

static const cyaml_schema_value_t text_schema = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, LIMIT_CONFIG_VALUE_BYTES),
};

static const cyaml_schema_field_t prize_fields[] = {
    YAML_TEXT("prize", struct prize_yaml, prize),
    YAML_TEXT_OPTIONAL("count", struct prize_yaml, count),
    YAML_TEXT_OPTIONAL("event", struct prize_yaml, event),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t prize_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct prize_yaml, prize_fields),
};

static const cyaml_schema_field_t draw_fields[] = {
    YAML_TEXT("draw", struct draw_yaml, draw),
    YAML_TEXT("tickets", struct draw_yaml, tickets),
    YAML_TEXT("until", struct draw_yaml, until),
    CYAML_FIELD_SEQUENCE("prizes", CYAML_FLAG_POINTER, struct draw_yaml, prizes, &prize_schema, 1,
                         LIMIT_DRAW_PRIZES),
    YAML_TEXT_OPTIONAL("reserves", struct draw_yaml, reserves),
    YAML_TEXT_OPTIONAL("once", struct draw_yaml, once),
    CYAML_FIELD_SEQUENCE("segments", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct draw_yaml,
                         segments, &text_schema, 1, LIMIT_SEGMENTS),
    YAML_TEXT_OPTIONAL("beacon", struct draw_yaml, beacon),
    CYAML_FIELD_END,
};

const cyaml_schema_value_t programme_draw_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct draw_yaml, draw_fields),
};

static struct plan_path key(size_t index, const char *name)
{
    return plan_path("draws", index, name);
}

/* Do rules give to it, and some of them before it is over? */
static void check_givers(struct planning *p, const char *path, const struct draw_plan *draw)
{
    bool is_given = false;
    bool is_in_time = false;
    for (size_t i = 0; i < p->rules->rule_count; i++) {
        const struct rule *rule = &p->rules->rules[i];
        if (rule->gift.metric != NULL && *rule->gift.metric == draw->metric &&
            rule->gift.gives != GIVES_UNTIL && rule->gift.gives != GIVES_REFUND) {
            is_given = true;
            is_in_time = is_in_time || rule->when.from_day < draw->until_day;
        }
    }
    if (!is_given) {
        check_fail(p->check, path, "no rule gives to %s: there would be no tickets",
                   p->rules->metrics[draw->metric].name);
    } else if (!is_in_time) {
        check_fail(p->check, path, "all rules that give to %s begin after the draw has ended",
                   p->rules->metrics[draw->metric].name);
    }
}

static void read_tickets(struct planning *p, const char *path, const char *name,
                         struct draw_plan *out)
{
    size_t at = 0;
    struct nearest nearest = nearest_to(name);
    while (at < p->rules->metric_count &&
           (p->rules->metrics[at].name == NULL || strcmp(p->rules->metrics[at].name, name) != 0)) {
        nearest_offer(&nearest, p->rules->metrics[at++].name);
    }
    if (at == p->rules->metric_count) {
        check_fail_name(p->check, path, "metric is", &nearest);
        return;
    }
    const struct metric *metric = &p->rules->metrics[at];
    out->metric = (uint16_t)at;
    if (metric->of != METRIC_GIVEN && metric->of != METRIC_VISITS) {
        check_fail(p->check, path, "%s counts %s: tickets are of given or visits", metric->name,
                   metric_of_name(metric->of));
    } else if (metric->window.kind != WINDOW_EVER) {
        check_fail(p->check, path, "%s is forgotten with its window: tickets are kept ever",
                   metric->name);
    } else if (metric->of == METRIC_GIVEN && p->check->err == ERR_OK && !p->check->has_faults) {
        check_givers(p, path, out);
    }
}

static void read_prize(struct planning *p, const char *path, const struct prize_yaml *yaml,
                       struct prize_plan *out)
{
    out->name = plan_name(p, path, yaml->prize);
    out->count = 1;
    out->event = plan_name(p, path, yaml->event);
    check_unsigned(p->check, path, yaml->count, 1, LIMIT_DRAW_WINNERS, &out->count);
    if (out->event != NULL && p->check->err == ERR_OK && !plan_has_rule_on(p, out->event)) {
        check_fail(p->check, path, "no rule is on %s: who wins would get nothing by it",
                   out->event);
    }
}

static void read_prizes(struct planning *p, size_t index, const struct draw_yaml *yaml,
                        struct draw_plan *out)
{
    struct prize_plan *prizes = plan_take(p, yaml->prizes_count, sizeof prizes[0]);
    size_t all = 0;
    for (unsigned i = 0; prizes != NULL && i < yaml->prizes_count; i++) {
        char entry[48];
        snprintf(entry, sizeof entry, "prizes[%u]", i);
        struct plan_path path = key(index, entry);
        read_prize(p, path.text, &yaml->prizes[i], &prizes[i]);
        plan_check_new(p, path.text, prizes[i].name, prizes, i, sizeof prizes[0]);
        all += prizes[i].count;
    }
    out->prizes = prizes;
    out->prize_count = prizes == NULL ? 0 : yaml->prizes_count;
    check_unsigned(p->check, key(index, "reserves").text, yaml->reserves, 0, LIMIT_DRAW_WINNERS,
                   &out->reserves);
    if (all + out->reserves > LIMIT_DRAW_WINNERS) {
        check_fail(p->check, key(index, "prizes").text, "prizes and reserves are more than %u",
                   LIMIT_DRAW_WINNERS);
    }
}

static void read_segments(struct planning *p, size_t index, const struct draw_yaml *yaml,
                          struct draw_plan *out)
{
    struct plan_path path = key(index, "segments");
    uint16_t *places = plan_take(p, yaml->segments_count, sizeof places[0]);
    for (unsigned i = 0; places != NULL && i < yaml->segments_count; i++) {
        size_t at = 0;
        struct nearest nearest = nearest_to(yaml->segments[i]);
        while (at < p->rules->segment_count &&
               strcmp(p->rules->segments[at].name, yaml->segments[i]) != 0) {
            nearest_offer(&nearest, p->rules->segments[at++].name);
        }
        if (at == p->rules->segment_count) {
            check_fail_name(p->check, path.text, "segment is", &nearest);
        }
        places[i] = (uint16_t)at;
    }
    out->segments = places;
    out->segment_count = places == NULL ? 0 : yaml->segments_count;
}

static void read_beacon(struct planning *p, const char *path, const char *text,
                        struct draw_plan *out)
{
    char value[LIMIT_NAME_BYTES + 1] = "";
    if (text == NULL) {
        return;
    }
    check_text(p->check, path, text, value, sizeof value);
    if (value[0] == ' ') {
        check_fail(p->check, path, "begins with a blank");
    }
    out->beacon = plan_text(p, value);
}

static void read_draw(struct planning *p, size_t index, const struct draw_yaml *yaml,
                      struct draw_plan *out)
{
    out->line = positions_line(p->check->positions, key(index, "").text);
    out->name = plan_name(p, key(index, "draw").text, yaml->draw);
    if (day_parse(yaml->until, &out->until_day) != ERR_OK) {
        check_fail(p->check, key(index, "until").text, "\"%.20s\" is no day, as in 2026-08-31",
                   yaml->until);
    }
    read_tickets(p, key(index, "tickets").text, yaml->tickets, out);
    read_prizes(p, index, yaml, out);
    out->is_once = plan_yes(p, key(index, "once").text, yaml->once, true);
    read_segments(p, index, yaml, out);
    read_beacon(p, key(index, "beacon").text, yaml->beacon, out);
}

void programme_draws_check(struct planning *p, const struct plans_yaml *yaml)
{
    struct draw_plan *draws = plan_take(p, yaml->draws_count, sizeof draws[0]);
    for (unsigned i = 0; draws != NULL && p->check->err == ERR_OK && i < yaml->draws_count; i++) {
        read_draw(p, i, &yaml->draws[i], &draws[i]);
        plan_check_new(p, key(i, "draw").text, draws[i].name, draws, i, sizeof draws[0]);
        check_next(p->check);
    }
    p->plans->draws = draws;
    p->plans->draw_count = draws == NULL ? 0 : yaml->draws_count;
}
