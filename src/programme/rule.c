#include "programme/rule.h"

#include "base/limits.h"

#define DAY_MINUTES 1440
#define ALL_DAYS    0x7fu

const char *metric_of_name(enum metric_of of)
{
    static const char *const names[METRIC_OF_COUNT] = {[METRIC_SPEND] = "spend",
                                                       [METRIC_VISITS] = "visits",
                                                       [METRIC_ITEMS] = "items",
                                                       [METRIC_POINTS] = "points"};
    ASSERT(of < METRIC_OF_COUNT);
    return names[of];
}

unsigned metric_of_decimals(enum metric_of of, unsigned points_decimals, unsigned money_decimals)
{
    return of == METRIC_SPEND    ? money_decimals
           : of == METRIC_POINTS ? points_decimals
           : of == METRIC_ITEMS  ? QUANTITY_DECIMALS
                                 : 0;
}

const char *amount_of_name(enum amount_of of)
{
    static const char *const names[AMOUNT_OF_COUNT] = {
        [AMOUNT_GROSS] = "gross", [AMOUNT_NET] = "net", [AMOUNT_PAID] = "paid"};
    ASSERT(of < AMOUNT_OF_COUNT);
    return names[of];
}

const char *weekday_name(unsigned weekday)
{
    static const char *const names[WEEKDAYS] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    ASSERT(weekday < WEEKDAYS);
    return names[weekday];
}

const char *gives_name(enum gives gives)
{
    static const char *const names[GIVES_COUNT] = {
        [GIVES_POINTS_FOR_MONEY] = "points_for_money",
        [GIVES_POINTS] = "points",
        [GIVES_MULTIPLE] = "multiple",
        [GIVES_PERCENT_OFF] = "percent_off",
        [GIVES_MONEY_OFF] = "money_off",
    };
    ASSERT(gives < GIVES_COUNT);
    return names[gives];
}

enum stage rule_stage(const struct rule *rule)
{
    static const enum stage stages[GIVES_COUNT] = {
        [GIVES_POINTS_FOR_MONEY] = STAGE_BASE, [GIVES_POINTS] = STAGE_BONUS,
        [GIVES_MULTIPLE] = STAGE_BONUS,        [GIVES_PERCENT_OFF] = STAGE_DISCOUNT,
        [GIVES_MONEY_OFF] = STAGE_DISCOUNT,
    };
    ASSERT(rule->gift.gives < GIVES_COUNT);
    return stages[rule->gift.gives];
}

/* Compares a decimal with a whole number: -1, 0, 1. */
static int compare_whole(struct decimal value, int64_t whole)
{
    int64_t unit = 1;
    for (unsigned i = 0; i < value.scale; i++) {
        unit *= 10;
    }
    int64_t floor = value.mantissa / unit;
    if (floor != whole) {
        return floor < whole ? -1 : 1;
    }
    return value.mantissa % unit == 0 ? 0 : 1;
}

static bool is_ratio_right(const struct gift *gift)
{
    struct decimal ratio = gift->ratio;
    if (ratio.mantissa < 0 || ratio.mantissa > LIMIT_RATIO_MANTISSA ||
        ratio.scale > LIMIT_RATIO_DECIMALS) {
        return false;
    }
    return gift->gives == GIVES_MULTIPLE ? compare_whole(ratio, 1) > 0
                                         : ratio.mantissa > 0 && compare_whole(ratio, 100) <= 0;
}

static enum err check_gift(const struct rule *rule, struct note *note)
{
    const struct gift *gift = &rule->gift;
    if (gift->gives >= GIVES_COUNT || gift->of >= AMOUNT_OF_COUNT ||
        gift->rounding >= ROUNDING_COUNT) {
        return note_set(note, ERR_INPUT, "rule %s: what it gives is not known", rule->name);
    }
    if (rule->on == OCCASION_EVENT && gift->gives != GIVES_POINTS) {
        return note_set(note, ERR_INPUT, "rule %s: an event has no goods: it can give points only",
                        rule->name);
    }
    bool has_points = gift->gives == GIVES_POINTS_FOR_MONEY || gift->gives == GIVES_POINTS;
    if (has_points && (gift->points_minor < 1 || gift->points_minor > LIMIT_POINTS_PER_COMMAND)) {
        return note_set(note, ERR_INPUT, "rule %s: points are out of range", rule->name);
    }
    if (gift->gives == GIVES_POINTS_FOR_MONEY &&
        (gift->per_minor < 1 || gift->per_minor > LIMIT_POINTS_PER_COMMAND)) {
        return note_set(note, ERR_INPUT,
                        "rule %s: the money for which points are given is out of "
                        "range",
                        rule->name);
    }
    bool has_ratio = gift->gives == GIVES_MULTIPLE || gift->gives == GIVES_PERCENT_OFF;
    if (has_ratio && !is_ratio_right(gift)) {
        return note_set(note, ERR_INPUT,
                        gift->gives == GIVES_MULTIPLE
                            ? "rule %s: a factor is above 1"
                            : "rule %s: a percentage is above 0 and at most 100",
                        rule->name);
    }
    if (gift->gives == GIVES_MONEY_OFF &&
        (gift->money_minor < 1 || gift->money_minor > LIMIT_POINTS_PER_COMMAND)) {
        return note_set(note, ERR_INPUT, "rule %s: the money off is out of range", rule->name);
    }
    return ERR_OK;
}

static enum err check_when(const struct rule *rule, size_t metrics, struct note *note)
{
    const struct when *when = &rule->when;
    if (when->from_day >= when->until_day) {
        return note_set(note, ERR_INPUT, "rule %s: it is over before it begins", rule->name);
    }
    if ((when->weekdays & ~ALL_DAYS) != 0) {
        return note_set(note, ERR_INPUT, "rule %s: not a weekday", rule->name);
    }
    for (size_t i = 0; i < when->hours_count; i++) {
        const struct hours *h = &when->hours[i];
        if (h->from >= DAY_MINUTES || h->to < 1 || h->to > DAY_MINUTES || h->from == h->to) {
            return note_set(note, ERR_INPUT, "rule %s: not hours of a day", rule->name);
        }
    }
    bool looks_at_basket =
        when->basket_minor != 0 || when->goods_minor != 0 || when->goods_milli != 0;
    if (rule->on == OCCASION_EVENT && (looks_at_basket || when->purchase != 0)) {
        return note_set(note, ERR_INPUT, "rule %s: an event has no basket", rule->name);
    }
    if (when->basket_minor < 0 || when->goods_minor < 0 || when->goods_milli < 0) {
        return note_set(note, ERR_INPUT, "rule %s: a bound is negative", rule->name);
    }
    for (size_t i = 0; i < when->metric_count; i++) {
        const struct metric_bounds *m = &when->metrics[i];
        if (m->metric >= metrics || m->at_least >= m->below) {
            return note_set(note, ERR_INPUT, "rule %s: the bounds of a metric leave nothing",
                            rule->name);
        }
    }
    if ((when->purchase != 0) != (when->purchases < metrics)) {
        return note_set(note, ERR_INPUT, "rule %s: nothing counts the purchases", rule->name);
    }
    return ERR_OK;
}

static enum err check_sets(const struct rule *rule, size_t goods, struct note *note)
{
    for (size_t i = 0; i < rule->goods_count + rule->except_count; i++) {
        uint16_t set = i < rule->goods_count ? rule->goods[i] : rule->except[i - rule->goods_count];
        if (set >= goods) {
            return note_set(note, ERR_INPUT, "rule %s: goods that do not exist", rule->name);
        }
    }
    if (rule->on == OCCASION_EVENT && rule->goods_count + rule->except_count > 0) {
        return note_set(note, ERR_INPUT, "rule %s: an event has no goods", rule->name);
    }
    return ERR_OK;
}

enum err rule_check(const struct rule *rule, size_t goods, size_t metrics, struct note *note)
{
    if (rule->on >= OCCASION_KIND_COUNT ||
        (rule->on == OCCASION_EVENT) != (rule->event.length > 0)) {
        return note_set(note, ERR_INPUT, "rule %s: it names no occasion", rule->name);
    }
    TRY(check_gift(rule, note));
    TRY(check_when(rule, metrics, note));
    TRY(check_sets(rule, goods, note));
    for (size_t i = 0; i < rule->cap_count; i++) {
        const struct cap *cap = &rule->caps[i];
        bool is_bound = cap->amount_max != INT64_MAX || cap->uses_max != INT64_MAX;
        bool is_window_right = cap->is_per_receipt || window_check(cap->window) == ERR_OK;
        if (!is_bound || !is_window_right || cap->amount_max < 1 || cap->uses_max < 1) {
            return note_set(note, ERR_INPUT, "rule %s: a cap is out of range", rule->name);
        }
    }
    return ERR_OK;
}
