#include "programme/rule.h"

#include "base/limits.h"

#define DAY_MINUTES 1440
#define ALL_DAYS    0x7fu

const char *metric_of_name(enum metric_of of)
{
    static const char *const names[METRIC_OF_COUNT] = {
        [METRIC_SPEND] = "spend",   [METRIC_VISITS] = "visits", [METRIC_ITEMS] = "items",
        [METRIC_POINTS] = "points", [METRIC_GIVEN] = "given",   [METRIC_UNTIL] = "until",
        [METRIC_SINCE] = "since",   [METRIC_STREAK] = "streak"};
    ASSERT(of < METRIC_OF_COUNT);
    return names[of];
}

unsigned metric_of_decimals(enum metric_of of, unsigned points_decimals, unsigned money_decimals)
{
    return of == METRIC_SPEND                          ? money_decimals
           : of == METRIC_POINTS || of == METRIC_GIVEN ? points_decimals
           : of == METRIC_ITEMS                        ? QUANTITY_DECIMALS
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

const char *day_of_name(enum day_of of)
{
    static const char *const names[DAY_OF_COUNT] = {
        [DAY_OF_BIRTHDAY] = "birthday", [DAY_OF_ENROLMENT] = "enrolment"};
    ASSERT(of < DAY_OF_COUNT);
    return names[of];
}

const char *cap_of_name(enum cap_of of)
{
    static const char *const names[CAP_OF_COUNT] = {
        [CAP_OF_MEMBER] = "member", [CAP_OF_ALL] = "all", [CAP_OF_CODE] = "code"};
    ASSERT(of < CAP_OF_COUNT);
    return names[of];
}

const char *gives_name(enum gives gives)
{
    static const char *const names[GIVES_COUNT] = {
        [GIVES_POINTS_FOR_MONEY] = "points_for_money",
        [GIVES_POINTS] = "points",
        [GIVES_MULTIPLE] = "multiple",
        [GIVES_PERCENT_OFF] = "percent_off",
        [GIVES_MONEY_OFF] = "money_off",
        [GIVES_PRICE] = "price",
        [GIVES_UNTIL] = "until",
        [GIVES_ITEM] = "item",
        [GIVES_REFUND] = "refund",
        [GIVES_EVENT] = "event",
    };
    ASSERT(gives < GIVES_COUNT);
    return names[gives];
}

enum stage rule_stage(const struct rule *rule)
{
    static const enum stage stages[GIVES_COUNT] = {
        [GIVES_POINTS_FOR_MONEY] = STAGE_BASE,
        [GIVES_POINTS] = STAGE_BONUS,
        [GIVES_MULTIPLE] = STAGE_BONUS,
        [GIVES_PERCENT_OFF] = STAGE_DISCOUNT,
        [GIVES_MONEY_OFF] = STAGE_DISCOUNT,
        [GIVES_UNTIL] = STAGE_TERM,
        [GIVES_EVENT] = STAGE_BONUS,
        [GIVES_PRICE] = STAGE_DISCOUNT,
        [GIVES_ITEM] = STAGE_BONUS,
        [GIVES_REFUND] = STAGE_TERM,
    };
    ASSERT(rule->gift.gives < GIVES_COUNT);
    bool is_kept = rule->gift.metric != NULL && stages[rule->gift.gives] != STAGE_TERM;
    return is_kept ? STAGE_KEPT : stages[rule->gift.gives];
}

enum given_in rule_given_in(const struct rule *rule)
{
    switch (rule->gift.gives) {
    case GIVES_PERCENT_OFF:
    case GIVES_MONEY_OFF:
    case GIVES_PRICE:
    case GIVES_REFUND:
        return GIVEN_IN_MONEY;
    case GIVES_UNTIL:
        return GIVEN_IN_DAYS;
    case GIVES_EVENT:
    case GIVES_ITEM:
        return GIVEN_IN_TIMES;
    case GIVES_POINTS_FOR_MONEY:
    case GIVES_POINTS:
    case GIVES_MULTIPLE:
    case GIVES_COUNT:
    default:
        return GIVEN_IN_POINTS;
    }
}

bool rule_is_without_basket(const struct rule *rule)
{
    return rule->on == OCCASION_EVENT;
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

static bool is_ratio_right(const struct gift *gift, struct decimal ratio)
{
    if (ratio.mantissa < 0 || ratio.mantissa > LIMIT_RATIO_MANTISSA ||
        ratio.scale > LIMIT_RATIO_DECIMALS) {
        return false;
    }
    return gift->gives == GIVES_MULTIPLE ? compare_whole(ratio, 1) > 0
                                         : ratio.mantissa > 0 && compare_whole(ratio, 100) <= 0;
}

static bool is_reckoned_on_goods(const struct gift *gift)
{
    return gift->gives == GIVES_POINTS_FOR_MONEY || gift->gives == GIVES_MULTIPLE ||
           gift->gives == GIVES_PERCENT_OFF || gift->gives == GIVES_MONEY_OFF ||
           gift->gives == GIVES_PRICE;
}

static bool is_term_right(const struct term *term)
{
    bool is_to_end = term->end_of == WINDOW_DAY || term->end_of == WINDOW_WEEK ||
                     term->end_of == WINDOW_MONTH || term->end_of == WINDOW_YEAR;
    bool lasts = term->months > 0 || term->days > 0 || is_to_end;
    return lasts && (is_to_end || term->end_of == WINDOW_EVER) &&
           term->months <= LIMIT_TERM_MONTHS && term->days <= LIMIT_TERM_DAYS;
}

static bool is_item_right(const struct gift *gift)
{
    return gift->item.length > 0 && gift->items >= 1 && gift->items <= LIMIT_GIVEN_ITEMS &&
           gift->money_minor >= 0 && gift->money_minor <= LIMIT_POINTS_PER_COMMAND &&
           gift->term.months <= LIMIT_TERM_MONTHS && gift->term.days <= LIMIT_TERM_DAYS;
}

static bool is_price_right(const struct rule *rule)
{
    const struct price *price = rule->price;
    return price == NULL ||
           (rule->on == OCCASION_EVENT && price->points_minor >= 0 && price->money_minor >= 0 &&
            price->points_minor <= LIMIT_POINTS_PER_COMMAND &&
            price->money_minor <= LIMIT_POINTS_PER_COMMAND &&
            price->points_minor + price->money_minor > 0);
}

/* What is given to a metric, prolonged, or handed out. */
static enum err check_receiver(const struct rule *rule, const struct rule_names *names,
                               struct note *note)
{
    const struct gift *gift = &rule->gift;
    bool is_needed = gift->gives == GIVES_UNTIL || gift->gives == GIVES_REFUND;
    bool may_be = is_needed || gift->gives == GIVES_POINTS || gift->gives == GIVES_POINTS_FOR_MONEY;
    if (gift->metric == NULL ? is_needed : !may_be || *gift->metric >= names->metric_count) {
        return note_set(note, ERR_INPUT, "rule %s: it gives to no metric that is known",
                        rule->name);
    }
    enum metric_of of = is_needed ? METRIC_UNTIL : METRIC_GIVEN;
    if (gift->metric != NULL && names->metrics[*gift->metric].of != of) {
        return note_set(note, ERR_INPUT, "rule %s: it gives to a metric that isn't of \"%s\"",
                        rule->name, metric_of_name(of));
    }
    if (gift->gives == GIVES_UNTIL && !is_term_right(&gift->term)) {
        return note_set(note, ERR_INPUT, "rule %s: it prolongs by nothing", rule->name);
    }
    if (gift->gives == GIVES_REFUND && rule->on != OCCASION_EVENT) {
        return note_set(note, ERR_INPUT, "rule %s: money is given back on an event", rule->name);
    }
    if (gift->gives == GIVES_ITEM && !is_item_right(gift)) {
        return note_set(note, ERR_INPUT, "rule %s: not a thing that it can give", rule->name);
    }
    if (gift->gives == GIVES_EVENT && (gift->event.length == 0 || !rule->when.is_referred)) {
        return note_set(note, ERR_INPUT,
                        "rule %s: an event is for who brought the member: it needs referred: yes",
                        rule->name);
    }
    return ERR_OK;
}

static enum err check_gift(const struct rule *rule, struct note *note)
{
    const struct gift *gift = &rule->gift;
    if (gift->gives >= GIVES_COUNT || gift->of >= AMOUNT_OF_COUNT ||
        gift->rounding >= ROUNDING_COUNT) {
        return note_set(note, ERR_INPUT, "rule %s: what it gives is not known", rule->name);
    }
    if (rule->on == OCCASION_EVENT && is_reckoned_on_goods(gift)) {
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
    if (has_ratio && gift->by == NULL && !is_ratio_right(gift, gift->ratio)) {
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
    if (gift->gives == GIVES_PRICE &&
        (gift->money_minor < 0 || gift->money_minor > LIMIT_POINTS_PER_COMMAND ||
         gift->items > LIMIT_PRICED_ITEMS)) {
        return note_set(note, ERR_INPUT, "rule %s: the price is out of range", rule->name);
    }
    return ERR_OK;
}

static bool is_by_right(const struct gift *gift, const struct rule_names *names)
{
    const struct by_metric *by = gift->by;
    bool is_known =
        gift->gives == GIVES_PERCENT_OFF && by->count > 0 && by->metric < names->metric_count;
    for (size_t i = 0; is_known && i < by->count; i++) {
        bool is_after = i == 0 || by->steps[i - 1].at_least < by->steps[i].at_least;
        is_known = is_after && is_ratio_right(gift, by->steps[i].ratio);
    }
    return is_known;
}

/* What looks at metrics beside the conditions. */
static enum err check_uses(const struct rule *rule, const struct rule_names *names,
                           struct note *note)
{
    const struct take *take = rule->take;
    if (take != NULL &&
        (take->metric >= names->metric_count || names->metrics[take->metric].of != METRIC_GIVEN ||
         take->minor < 1 || take->minor > LIMIT_POINTS_PER_COMMAND)) {
        return note_set(note, ERR_INPUT, "rule %s: it takes from a metric that isn't of \"given\"",
                        rule->name);
    }
    if (!is_price_right(rule)) {
        return note_set(note, ERR_INPUT, "rule %s: an event costs points, money or both",
                        rule->name);
    }
    if (rule->gift.by != NULL && !is_by_right(&rule->gift, names)) {
        return note_set(note, ERR_INPUT,
                        "rule %s: steps ascend, and each percentage is above 0 and at most 100",
                        rule->name);
    }
    return ERR_OK;
}

static bool is_bounds_right(const struct rule *rule, const struct metric_bounds *bounds,
                            size_t metrics)
{
    return bounds->metric < metrics && bounds->at_least < bounds->below &&
           (!bounds->counts_this || rule_stage(rule) > STAGE_BASE);
}

static bool is_around_right(const struct around *around)
{
    return around == NULL || (around->of < DAY_OF_COUNT && around->before < AROUND_DAYS_MAX &&
                              around->after < AROUND_DAYS_MAX - around->before);
}

static enum err check_member(const struct rule *rule, const struct rule_names *names,
                             struct note *note)
{
    const struct when *when = &rule->when;
    for (size_t i = 0; i < when->metric_count; i++) {
        const struct metric_bounds *bounds = &when->metrics[i];
        if (!is_bounds_right(rule, bounds, names->metric_count)) {
            return note_set(note, ERR_INPUT,
                            bounds->counts_this && rule_stage(rule) <= STAGE_BASE
                                ? "rule %s: what comes before the points can't count this occasion"
                                : "rule %s: the bounds of a metric leave nothing",
                            rule->name);
        }
    }
    if ((when->purchase != 0) != (when->purchases < names->metric_count)) {
        return note_set(note, ERR_INPUT, "rule %s: nothing counts the purchases", rule->name);
    }
    if (!is_around_right(when->around)) {
        return note_set(note, ERR_INPUT, "rule %s: not days around a day of the year", rule->name);
    }
    for (size_t i = 0; i < when->segment_count + when->not_in_count; i++) {
        uint16_t segment =
            i < when->segment_count ? when->segments[i] : when->not_in[i - when->segment_count];
        if (segment >= names->segments) {
            return note_set(note, ERR_INPUT, "rule %s: a segment that does not exist", rule->name);
        }
    }
    if (when->coupon != NULL && *when->coupon >= names->coupons) {
        return note_set(note, ERR_INPUT, "rule %s: a coupon that does not exist", rule->name);
    }
    if (when->tiers >= TIER_BIT(names->tiers)) {
        return note_set(note, ERR_INPUT, "rule %s: a tier that does not exist", rule->name);
    }
    return ERR_OK;
}

static enum err check_when(const struct rule *rule, struct note *note)
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

static enum err check_caps(const struct rule *rule, struct note *note)
{
    for (size_t i = 0; i < rule->cap_count; i++) {
        const struct cap *cap = &rule->caps[i];
        bool is_bound = cap->amount_max != INT64_MAX || cap->uses_max != INT64_MAX;
        bool is_window_right = cap->is_per_receipt || window_check(cap->window) == ERR_OK;
        if (!is_bound || !is_window_right || cap->amount_max < 1 || cap->uses_max < 1 ||
            cap->of >= CAP_OF_COUNT) {
            return note_set(note, ERR_INPUT, "rule %s: a cap is out of range", rule->name);
        }
        bool is_claimed = cap->of != CAP_OF_MEMBER;
        if (is_claimed && (cap->is_per_receipt || window_is_rolling(cap->window))) {
            return note_set(note, ERR_INPUT, "rule %s: only a member has such a cap", rule->name);
        }
        if (cap->of == CAP_OF_CODE && rule->when.coupon == NULL) {
            return note_set(note, ERR_INPUT, "rule %s: without a coupon there is no code",
                            rule->name);
        }
    }
    return ERR_OK;
}

enum err rule_check(const struct rule *rule, const struct rule_names *names, struct note *note)
{
    bool is_named = rule->on == OCCASION_EVENT && !rule->is_on_any;
    if (rule->on >= OCCASION_KIND_COUNT || is_named != (rule->event.length > 0) ||
        (rule->is_on_any && rule->on != OCCASION_EVENT)) {
        return note_set(note, ERR_INPUT, "rule %s: it names no occasion", rule->name);
    }
    TRY(check_gift(rule, note));
    TRY(check_receiver(rule, names, note));
    TRY(check_uses(rule, names, note));
    TRY(check_when(rule, note));
    TRY(check_member(rule, names, note));
    TRY(check_sets(rule, names->goods, note));
    return check_caps(rule, note);
}
