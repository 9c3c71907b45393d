#include "clearing/period_calendar.h"

#include <string.h>

static const struct period_rule months = {.unit = PERIOD_MONTH};

static bool is_zone_name(const char *name)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789+-_/";
    return strspn(name, allowed) == strlen(name) && name[0] != '/' && strstr(name, "//") == NULL;
}

enum err calendar_check(const struct period_calendar *calendar, struct note *note)
{
    for (size_t i = 0; i < calendar->rule_count; i++) {
        const struct period_rule *rule = &calendar->rules[i];
        bool is_in_order =
            i == 0 ? rule->from_day == 0 : rule->from_day > calendar->rules[i - 1].from_day;
        if (!is_in_order) {
            return note_set(note, ERR_INPUT,
                            i == 0 ? "the first calendar is not from the beginning"
                                   : "calendars are not in the order of their days");
        }
        if (rule->unit >= PERIOD_UNIT_END) {
            return note_set(note, ERR_INPUT, "a calendar has no month, week or day");
        }
        if (!is_zone_name(rule->time_zone)) {
            return note_set(note, ERR_INPUT, "\"%s\" is no name of a time zone", rule->time_zone);
        }
    }
    return ERR_OK;
}

const struct period_rule *calendar_rule_on(const struct period_calendar *calendar, int64_t day)
{
    const struct period_rule *found = &months;
    for (size_t i = 0; i < calendar->rule_count; i++) {
        if (calendar->rules[i].from_day <= day) {
            found = &calendar->rules[i];
        }
    }
    return found;
}

struct period calendar_period_on(const struct period_calendar *calendar, int64_t day)
{
    struct period running = {0};
    enum period_unit unit = PERIOD_MONTH;
    for (size_t i = 0; i < calendar->rule_count && calendar->rules[i].from_day <= day; i++) {
        int64_t day_before = calendar->rules[i].from_day - 1;
        bool has_run = i > 0 && (running.code == 0 || period_last_day(running) < day_before);
        if (has_run) {
            running = period_at(unit, day_before);
        }
        unit = calendar->rules[i].unit;
    }
    bool runs_still = running.code != 0 && period_last_day(running) >= day;
    return runs_still ? running : period_at(unit, day);
}

struct period calendar_next(const struct period_calendar *calendar, struct period period)
{
    int64_t day = period_last_day(period) + 1;
    return period_at(calendar_rule_on(calendar, day)->unit, day);
}

bool period_rule_equal(const struct period_rule *a, const struct period_rule *b)
{
    return a->from_day == b->from_day && a->unit == b->unit && a->grace_s == b->grace_s &&
           a->is_closed_by_node == b->is_closed_by_node && strcmp(a->time_zone, b->time_zone) == 0;
}
