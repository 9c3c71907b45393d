#include "charter/charter_calendar.h"

/* Whatever the day. */
static bool says_the_same(const struct period_rule *a, const struct period_rule *b)
{
    struct period_rule other = *b;
    other.from_day = a->from_day;
    return period_rule_equal(a, &other);
}

enum err charter_calendar_change(const struct period_calendar *before,
                                 const struct period_rule *rule, struct unix_ms valid_from,
                                 struct period_calendar *out_calendar, struct note *note)
{
    struct period_calendar calendar = {.rule_count = 0};
    if (says_the_same(rule, calendar_rule_on(before, INT64_MAX))) {
        *out_calendar = *before;
        return ERR_OK;
    }
    int64_t from_day = rule->from_day != 0 ? rule->from_day : unix_day(valid_from) + 1;
    calendar.rules[calendar.rule_count++] = *calendar_rule_on(before, 0);
    for (size_t i = 1; i < before->rule_count && before->rules[i].from_day < from_day; i++) {
        calendar.rules[calendar.rule_count++] = before->rules[i];
    }
    if (calendar.rule_count == LIMIT_PERIOD_RULES) {
        return note_set(note, ERR_RANGE, "the calendar was changed %u times before",
                        LIMIT_PERIOD_RULES - 1);
    }
    calendar.rules[calendar.rule_count] = *rule;
    calendar.rules[calendar.rule_count++].from_day = from_day;
    *out_calendar = calendar;
    return ERR_OK;
}

static enum err check_same(const struct period_calendar *calendar,
                           const struct period_calendar *before, int64_t day, struct note *note)
{
    char text[PERIOD_TEXT_MAX];
    if (!period_rule_equal(calendar_rule_on(calendar, day), calendar_rule_on(before, day))) {
        return note_set(note, ERR_CONFLICT,
                        "the calendar of %s is another one than in the epoch before: a change "
                        "comes after the day from which the charter is valid",
                        period_format(period_at(PERIOD_DAY, day), text));
    }
    return ERR_OK;
}

enum err charter_calendar_follows(const struct period_calendar *calendar,
                                  const struct period_calendar *before, struct unix_ms valid_from,
                                  struct note *note)
{
    int64_t last_day = unix_day(valid_from);
    TRY(check_same(calendar, before, 0, note));
    for (size_t i = 0; i < calendar->rule_count && calendar->rules[i].from_day <= last_day; i++) {
        TRY(check_same(calendar, before, calendar->rules[i].from_day, note));
    }
    for (size_t i = 0; i < before->rule_count && before->rules[i].from_day <= last_day; i++) {
        TRY(check_same(calendar, before, before->rules[i].from_day, note));
    }
    return ERR_OK;
}
