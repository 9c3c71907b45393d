/* A charter's calendar, from and to its generated form. */
#include <string.h>

#include "charter/charter_terms.h"

/* Year * 10000 + month * 100 + day; 0 for the beginning. */
static uint32_t day_to_wire(int64_t day)
{
    return day == 0 ? 0 : period_at(PERIOD_DAY, day).code;
}

static int64_t day_from_wire(struct fields *fields, uint32_t number)
{
    struct period day = {number};
    if (number == 0) {
        return 0;
    }
    bool is_day = period_unit_of(day) == PERIOD_DAY && period_is_valid(day);
    field_require(fields, is_day, "from_day", "is no day");
    return is_day ? period_first_day(day) : 0;
}

void charter_calendar_open(struct fields *fields, struct period_calendar *calendar,
                           const Talea__V1__Charter *m)
{
    field_require(fields, m->n_calendars <= LIMIT_PERIOD_RULES, "calendars", "are too many");
    for (size_t i = 0; i < m->n_calendars && fields->err == ERR_OK; i++) {
        const Talea__V1__Calendar *row = m->calendars[i];
        struct period_rule *rule = &calendar->rules[i];
        fields_require_known(fields, &row->base);
        field_require(fields, strlen(row->time_zone) < sizeof rule->time_zone, "time_zone",
                      "is too long");
        field_require(fields, row->is_closed_by_node || row->grace_s == 0, "grace_s",
                      "is of a calendar that operators close by");
        if (fields->err != ERR_OK) {
            return;
        }
        *rule = (struct period_rule){.from_day = day_from_wire(fields, row->from_day),
                                     .unit = (enum period_unit)row->unit,
                                     .is_closed_by_node = row->is_closed_by_node,
                                     .grace_s = row->grace_s};
        memcpy(rule->time_zone, row->time_zone, strlen(row->time_zone));
        calendar->rule_count++;
    }
    if (fields->err == ERR_OK) {
        fields->err = calendar_check(calendar, fields->note);
    }
}

void charter_calendar_to_wire(struct fields *fields, struct arena *arena,
                              const struct period_calendar *calendar, Talea__V1__Charter *m)
{
    size_t count = calendar->rule_count;
    m->calendars = fields_array(fields, arena, count, sizeof *m->calendars);
    Talea__V1__Calendar *rows = fields_array(fields, arena, count, sizeof *rows);
    for (size_t i = 0; i < count && fields->err == ERR_OK; i++) {
        const struct period_rule *rule = &calendar->rules[i];
        talea__v1__calendar__init(&rows[i]);
        rows[i].from_day = day_to_wire(rule->from_day);
        rows[i].unit = (Talea__V1__PeriodUnit)rule->unit;
        rows[i].time_zone = fields_text(fields, arena, rule->time_zone);
        rows[i].is_closed_by_node = rule->is_closed_by_node;
        rows[i].grace_s = rule->grace_s;
        m->calendars[m->n_calendars++] = &rows[i];
    }
}
