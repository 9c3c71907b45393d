/* Does a rule apply: its conditions, one after the other. */
#include "programme/judging.h"

static bool is_any_set(const struct goods_list list, const uint16_t *sets, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (goods_list_has(list, sets[i])) {
            return true;
        }
    }
    return false;
}

bool match_line(const struct judging *j, const struct rule *rule, size_t line)
{
    struct goods_list list = j->goods[line];
    bool is_for = rule->goods_count == 0 || is_any_set(list, rule->goods, rule->goods_count);
    return is_for && !is_any_set(list, rule->except, rule->except_count);
}

static bool is_one_of(struct slice text, const struct slice *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_equal(text, texts[i])) {
            return true;
        }
    }
    return count == 0;
}

/* The condition that doesn't hold, with its numbers; TRACE_FIRED where there is none. */
static const struct trace_row holds = {.reason = TRACE_FIRED, .metric = NO_METRIC};

static struct trace_row fails(enum trace_reason reason, int64_t has, int64_t wants)
{
    return (struct trace_row){.reason = reason, .metric = NO_METRIC, .has = has, .wants = wants};
}

static bool is_weekday(unsigned weekdays, unsigned weekday)
{
    return weekdays == 0 || (weekdays >> weekday & 1u) != 0;
}

/* Hours past midnight belong to the weekday of the evening before. */
static bool is_hour(const struct when *when, unsigned weekday, unsigned minute)
{
    unsigned yesterday = (weekday + 6) % 7;
    for (size_t i = 0; i < when->hours_count; i++) {
        const struct hours *h = &when->hours[i];
        bool goes_past_midnight = h->to <= h->from;
        bool is_evening = minute >= h->from && (goes_past_midnight || minute < h->to);
        bool is_morning = goes_past_midnight && minute < h->to;
        if ((is_evening && is_weekday(when->weekdays, weekday)) ||
            (is_morning && is_weekday(when->weekdays, yesterday))) {
            return true;
        }
    }
    return false;
}

static struct trace_row match_time(const struct judging *j, const struct when *when)
{
    if (j->day < when->from_day) {
        return fails(TRACE_NOT_YET, j->day, when->from_day);
    }
    if (j->day >= when->until_day) {
        return fails(TRACE_OVER, j->day, when->until_day);
    }
    unsigned weekday = occasion_weekday(j->occasion);
    if (when->hours_count == 0) {
        return is_weekday(when->weekdays, weekday) ? holds
                                                   : fails(TRACE_WEEKDAY, weekday, when->weekdays);
    }
    unsigned minute = occasion_minute(j->occasion);
    return is_hour(when, weekday, minute) ? holds : fails(TRACE_HOUR, minute, 0);
}

static struct trace_row match_place(const struct judging *j, const struct when *when)
{
    if (!is_one_of(j->occasion->store, when->stores, when->store_count)) {
        return fails(TRACE_STORE, 0, 0);
    }
    if (!is_one_of(j->occasion->channel, when->channels, when->channel_count)) {
        return fails(TRACE_CHANNEL, 0, 0);
    }
    return holds;
}

static enum err match_basket(const struct judging *j, const struct rule *rule,
                             struct trace_row *out)
{
    const struct when *when = &rule->when;
    if (j->total.minor < when->basket_minor) {
        *out = fails(TRACE_BASKET, j->total.minor, when->basket_minor);
        return ERR_OK;
    }
    int64_t amount = 0;
    int64_t milli = 0;
    size_t lines = 0;
    for (size_t i = 0; i < j->occasion->line_count; i++) {
        if (match_line(j, rule, i)) {
            lines++;
            amount += j->occasion->lines[i].amount.minor; /* no more than the checked total */
            TRY(int64_add(milli, j->occasion->lines[i].quantity_milli, &milli));
        }
    }
    if (lines == 0) {
        *out = fails(TRACE_NO_GOODS, 0, 0);
    } else if (amount < when->goods_minor) {
        *out = fails(TRACE_GOODS_AMOUNT, amount, when->goods_minor);
    } else if (milli < when->goods_milli) {
        *out = fails(TRACE_GOODS_COUNT, milli, when->goods_milli);
    } else {
        *out = holds;
    }
    return ERR_OK;
}

static enum err metric_value(const struct judging *j, uint16_t metric, int64_t *out_value)
{
    struct window window = j->text->metrics[metric].window;
    return standing_sum(j->standing, rules_metric_slot(j->rules, metric),
                        window_first_bucket(window, j->day), window_bucket(window, j->day),
                        out_value);
}

static enum err match_member(const struct judging *j, const struct when *when,
                             struct trace_row *out)
{
    for (size_t i = 0; i < when->metric_count; i++) {
        const struct metric_bounds *bounds = &when->metrics[i];
        int64_t value;
        TRY(metric_value(j, bounds->metric, &value));
        if (value < bounds->at_least) {
            *out = fails(TRACE_METRIC_BELOW, value, bounds->at_least);
            out->metric = bounds->metric;
            return ERR_OK;
        }
        if (value >= bounds->below) {
            *out = fails(TRACE_METRIC_ABOVE, value, bounds->below);
            out->metric = bounds->metric;
            return ERR_OK;
        }
    }
    *out = holds;
    if (when->purchase != 0) {
        int64_t before;
        TRY(metric_value(j, when->purchases, &before));
        if (before != (int64_t)when->purchase - 1) {
            *out = fails(TRACE_PURCHASE, before + 1, when->purchase);
        }
    }
    return ERR_OK;
}

static enum err match_all(const struct judging *j, const struct rule *rule, struct trace_row *out)
{
    const struct occasion *occasion = j->occasion;
    if (rule->on != occasion->kind ||
        (rule->on == OCCASION_EVENT && !slice_equal(rule->event, occasion->event))) {
        *out = fails(TRACE_OTHER_OCCASION, 0, 0);
        return ERR_OK;
    }
    *out = match_time(j, &rule->when);
    if (out->reason == TRACE_FIRED) {
        *out = match_place(j, &rule->when);
    }
    if (out->reason == TRACE_FIRED && occasion->kind == OCCASION_SALE) {
        TRY(match_basket(j, rule, out));
    }
    if (out->reason == TRACE_FIRED) {
        TRY(match_member(j, &rule->when, out));
    }
    return ERR_OK;
}

enum err match_rule(struct judging *j, uint16_t place, bool *out_matches)
{
    struct trace_row found = holds;
    TRY(match_all(j, &j->text->rules[place], &found));
    if (found.reason != TRACE_FIRED) {
        found.rule = place;
        judging_trace(j, found);
    }
    *out_matches = found.reason == TRACE_FIRED;
    return ERR_OK;
}
