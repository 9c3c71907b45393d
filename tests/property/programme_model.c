#include "programme_model.h"

#include <string.h>

#define NONE SIZE_MAX

static int64_t divide(int64_t a, int64_t c, enum rounding rounding)
{
    int64_t quotient = a / c;
    int64_t rest = a % c;
    bool is_up = rounding == ROUNDING_UP        ? rest > 0
                 : rounding == ROUNDING_HALF_UP ? rest * 2 >= c
                 : rounding == ROUNDING_HALF_EVEN
                     ? rest * 2 > c || (rest * 2 == c && quotient % 2 != 0)
                     : false;
    return quotient + (is_up ? 1 : 0);
}

static bool is_in_set(const struct goods_set *set, const struct basket_line *line)
{
    for (size_t m = 0; m < set->member_count; m++) {
        struct slice text = set->members[m].text;
        struct slice own = set->members[m].by == GOODS_BY_CATEGORY ? line->category
                           : set->members[m].by == GOODS_BY_BRAND  ? line->brand
                                                                   : line->product;
        if (set->members[m].by == GOODS_BY_PRODUCT_PREFIX && own.length > text.length) {
            own.length = text.length;
        }
        if (slice_equal(own, text)) {
            return true;
        }
    }
    return false;
}

static bool is_for_line(const struct model *model, const struct rule *rule, size_t line)
{
    bool is_for = rule->goods_count == 0;
    for (size_t g = 0; g < rule->goods_count; g++) {
        is_for |= is_in_set(&model->text->goods[rule->goods[g]], &model->now->lines[line]);
    }
    for (size_t g = 0; g < rule->except_count; g++) {
        is_for &= !is_in_set(&model->text->goods[rule->except[g]], &model->now->lines[line]);
    }
    return is_for;
}

/* Does a past day count in a window as seen from a day? */
static bool is_within(struct window window, int64_t past, int64_t day)
{
    struct civil a = civil_of_day(past);
    struct civil b = civil_of_day(day);
    int months = (b.year - a.year) * 12 + b.month - a.month;
    switch (window.kind) {
    case WINDOW_DAY:
        return past == day;
    case WINDOW_WEEK:
        return (past + 3) / 7 == (day + 3) / 7;
    case WINDOW_MONTH:
        return months == 0;
    case WINDOW_YEAR:
        return a.year == b.year;
    case WINDOW_ROLLING_DAYS:
        return past > day - (int64_t)window.length;
    case WINDOW_ROLLING_MONTHS:
        return months < (int)window.length;
    case WINDOW_EVER:
    case WINDOW_KIND_COUNT:
    default:
        return true;
    }
}

/* What one occasion adds to a metric that counts. */
static int64_t metric_of_one(const struct model *model, const struct metric *metric,
                             const struct happened *one)
{
    int64_t sum = metric->of == METRIC_POINTS                                          ? one->points
                  : metric->of == METRIC_VISITS && one->occasion.kind == OCCASION_SALE ? 1
                                                                                       : 0;
    for (size_t i = 0; i < one->occasion.line_count; i++) {
        bool is_counted = metric->goods == NO_GOODS ||
                          is_in_set(&model->text->goods[metric->goods], &one->lines[i]);
        if (is_counted && metric->of == METRIC_SPEND) {
            sum += one->lines[i].amount.minor - one->off[i];
        } else if (is_counted && metric->of == METRIC_ITEMS) {
            sum += one->lines[i].quantity_milli;
        }
    }
    for (size_t r = 0; metric->of == METRIC_GIVEN && r < model->text->rule_count; r++) {
        const uint16_t *receiver = model->text->rules[r].gift.metric;
        bool is_given = receiver != NULL && &model->text->metrics[*receiver] == metric;
        sum += is_given ? one->given[r] : 0;
    }
    return sum;
}

/* The day on which what rules prolong is over: each prolongs from there, or from its own day. */
static int64_t end_of(const struct model *model, uint16_t number, bool counts_this)
{
    int64_t end = 0;
    for (size_t h = 0; h < model->past_count + (counts_this ? 1 : 0); h++) {
        const struct happened *one = h < model->past_count ? &model->past[h] : model->now;
        int64_t day = unix_day(one->occasion.local);
        for (size_t r = 0; r < model->text->rule_count; r++) {
            const struct gift *gift = &model->text->rules[r].gift;
            if (gift->gives == GIVES_UNTIL && *gift->metric == number && one->given[r] > 0) {
                end = (end > day ? end : day) + one->given[r];
            }
        }
    }
    return end;
}

static bool has_sale(const struct model *model, struct window window, int64_t day, bool counts_this)
{
    for (size_t h = 0; h < model->past_count + (counts_this ? 1 : 0); h++) {
        const struct happened *one = h < model->past_count ? &model->past[h] : model->now;
        if (one->occasion.kind == OCCASION_SALE &&
            is_within(window, unix_day(one->occasion.local), day)) {
            return true;
        }
    }
    return false;
}

static int64_t streak_of(const struct model *model, struct window window, bool counts_this)
{
    int64_t streak = 0;
    int64_t day = unix_day(model->now->occasion.local);
    for (bool is_first = true;; is_first = false) {
        if (has_sale(model, window, day, counts_this)) {
            streak++;
        } else if (!is_first) {
            return streak;
        }
        int64_t last = day;
        while (is_within(window, last, day)) {
            last--;
        }
        day = last;
    }
}

static int64_t since_sale(const struct model *model, bool counts_this)
{
    int64_t day = unix_day(model->now->occasion.local);
    if (counts_this && model->now->occasion.kind == OCCASION_SALE) {
        return 0;
    }
    for (size_t h = model->past_count; h > 0; h--) {
        if (model->past[h - 1].occasion.kind == OCCASION_SALE) {
            return day - unix_day(model->past[h - 1].occasion.local);
        }
    }
    return INT64_MAX;
}

static int64_t metric_of(const struct model *model, uint16_t number, bool counts_this)
{
    const struct metric *metric = &model->text->metrics[number];
    int64_t day = unix_day(model->now->occasion.local);
    if (metric->of == METRIC_UNTIL) {
        int64_t end = end_of(model, number, counts_this);
        return end > day ? end - day : 0;
    }
    if (metric->of == METRIC_SINCE) {
        return since_sale(model, counts_this);
    }
    if (metric->of == METRIC_STREAK) {
        return streak_of(model, metric->window, counts_this);
    }
    int64_t sum = counts_this ? metric_of_one(model, metric, model->now) : 0;
    for (size_t h = 0; h < model->past_count; h++) {
        const struct happened *past = &model->past[h];
        if (is_within(metric->window, unix_day(past->occasion.local), day)) {
            sum += metric_of_one(model, metric, past);
        }
    }
    return sum;
}

/* Is one of the days that are so far off the day of the year, or the last day of a month without
 * it? */
static bool is_around(const struct model *model, const struct around *around)
{
    const struct shopper *shopper = &model->now->occasion.shopper;
    int64_t today = unix_day(model->now->occasion.local);
    struct civil enrolled = civil_of_day(shopper->enrolled_day);
    bool is_birthday = around->of == DAY_OF_BIRTHDAY;
    int month = is_birthday ? (int)shopper->birth_month : enrolled.month;
    int in_month = is_birthday ? (int)shopper->birth_day : enrolled.day;
    if (shopper->birth_month == 0) { /* drawn with the other */
        return false;
    }
    for (int64_t day = today - around->after; day <= today + around->before; day++) {
        struct civil civil = civil_of_day(day);
        struct civil tomorrow = civil_of_day(day + 1);
        bool is_day = civil.month == month &&
                      (civil.day == in_month || (civil.day < in_month && tomorrow.day == 1));
        if (is_day && (is_birthday || civil.year > enrolled.year)) {
            return true;
        }
    }
    return false;
}

static bool is_member(const struct model *model, const struct when *when)
{
    const struct shopper *shopper = &model->now->occasion.shopper;
    if (when->is_referred &&
        (shopper->referrer.length == 0 || slice_equal(shopper->referrer, shopper->key))) {
        return false;
    }
    if (when->around != NULL && !is_around(model, when->around)) {
        return false;
    }
    unsigned bit = NO_TIER_BIT;
    for (size_t t = 0; t < model->text->tier_count; t++) {
        bit = metric_of(model, model->text->tiers[t].until, false) > 0 ? TIER_BIT(t) : bit;
    }
    return when->tiers == 0 || (when->tiers & bit) != 0;
}

static bool is_hour(const struct when *when, int64_t minute_of_all)
{
    int64_t day = minute_of_all / 1440;
    unsigned minute = (unsigned)(minute_of_all % 1440);
    for (unsigned back = 0; back < 2; back++) {
        unsigned weekday = (unsigned)((day - back + 3) % 7);
        bool is_day = when->weekdays == 0 || (when->weekdays & 1u << weekday) != 0;
        if (when->hours_count == 0) {
            return is_day;
        }
        unsigned from = when->hours[0].from;
        unsigned to = when->hours[0].to <= from ? when->hours[0].to + 1440 : when->hours[0].to;
        unsigned at = minute + back * 1440;
        if (is_day && at >= from && at < to) {
            return true;
        }
    }
    return false;
}

static bool applies(const struct model *model, const struct rule *rule)
{
    const struct happened *now = model->now;
    const struct when *when = &rule->when;
    int64_t day = unix_day(now->occasion.local);
    bool is_same = rule->on == now->occasion.kind &&
                   (rule->on == OCCASION_SALE || slice_equal(rule->event, now->occasion.event));
    if ((!is_same && !rule->is_on_any) || !is_member(model, when) || day < when->from_day ||
        day >= when->until_day || !is_hour(when, now->occasion.local.ms / 60000)) {
        return false;
    }
    if (when->store_count > 0 && !slice_equal(when->stores[0], now->occasion.store)) {
        return false;
    }
    int64_t total = 0;
    int64_t cost = 0;
    int64_t milli = 0;
    size_t lines = 0;
    for (size_t i = 0; i < now->occasion.line_count; i++) {
        total += now->lines[i].amount.minor;
        if (is_for_line(model, rule, i)) {
            lines++;
            cost += now->lines[i].amount.minor;
            milli += now->lines[i].quantity_milli;
        }
    }
    if (rule->on == OCCASION_SALE && (lines == 0 || total < when->basket_minor ||
                                      cost < when->goods_minor || milli < when->goods_milli)) {
        return false;
    }
    if (when->metric_count > 0) {
        int64_t value = metric_of(model, when->metrics[0].metric, when->metrics[0].counts_this);
        if (value < when->metrics[0].at_least || value >= when->metrics[0].below) {
            return false;
        }
    }
    return when->purchase == 0 ||
           metric_of(model, when->purchases, false) == (int64_t)when->purchase - 1;
}

static int64_t days_more(const struct model *model, const struct gift *gift)
{
    int64_t today = unix_day(model->now->occasion.local);
    int64_t end = end_of(model, *gift->metric, true);
    end = end > today ? end : today;
    struct civil civil = civil_of_day(gift->term.is_added ? end : today);
    int day = civil.day;
    for (unsigned m = 0; m < gift->term.months; m++) {
        civil.month = civil.month == 12 ? 1 : civil.month + 1;
        civil.year += civil.month == 1 ? 1 : 0;
    }
    civil.day = day > civil_days_in_month(civil.year, civil.month)
                    ? civil_days_in_month(civil.year, civil.month)
                    : day;
    int64_t until = day_of_civil(civil.year, civil.month, civil.day) + gift->term.days;
    struct window window = {gift->term.end_of, 0};
    int64_t next = until;
    while (window.kind != WINDOW_EVER && is_within(window, until, next)) {
        next++;
    }
    return next > end ? next - end : 0;
}

/* What the rule would give, and the weights for sharing it out. */
static int64_t wanted_of(const struct model *model, const struct rule *rule, int64_t *weights)
{
    const struct happened *now = model->now;
    const struct gift *gift = &rule->gift;
    int64_t sum = 0;
    for (size_t i = 0; i < now->occasion.line_count; i++) {
        int64_t gross = now->lines[i].amount.minor;
        int64_t weight = gross - now->off[i];
        if (gift->gives == GIVES_MULTIPLE) {
            weight = now->base[i];
        } else if (gift->gives == GIVES_POINTS_FOR_MONEY && gift->of == AMOUNT_GROSS) {
            weight = gross;
        } else if (gift->gives == GIVES_POINTS_FOR_MONEY && gift->of == AMOUNT_PAID) {
            weight -= model->paid[i];
        }
        weights[i] = is_for_line(model, rule, i) ? weight : 0;
        sum += weights[i];
    }
    switch (gift->gives) {
    case GIVES_POINTS_FOR_MONEY:
        return divide(sum * gift->points_minor, gift->per_minor, gift->rounding);
    case GIVES_MULTIPLE:
        return divide(sum * (gift->ratio.mantissa - 100), 100, gift->rounding);
    case GIVES_PERCENT_OFF:
        return divide(sum * gift->ratio.mantissa, 1000, gift->rounding);
    case GIVES_MONEY_OFF:
        return sum < gift->money_minor ? sum : gift->money_minor;
    case GIVES_UNTIL:
        return days_more(model, gift);
    case GIVES_EVENT:
        return 1;
    case GIVES_POINTS:
    case GIVES_COUNT:
    default:
        return gift->points_minor;
    }
}

static int64_t after_caps(const struct model *model, size_t r, int64_t wanted)
{
    const struct rule *rule = &model->text->rules[r];
    int64_t given = wanted;
    for (size_t c = 0; c < rule->cap_count; c++) {
        const struct cap *cap = &rule->caps[c];
        int64_t used = 0;
        int64_t uses = 0;
        for (size_t h = 0; h < model->past_count && !cap->is_per_receipt; h++) {
            const struct happened *past = &model->past[h];
            if (is_within(cap->window, unix_day(past->occasion.local),
                          unix_day(model->now->occasion.local))) {
                used += past->given[r];
                uses += past->given[r] > 0 ? 1 : 0;
            }
        }
        int64_t left = cap->amount_max - used;
        given = given < left ? given : left;
        given = !cap->is_per_receipt && uses >= cap->uses_max ? 0 : given;
    }
    return given;
}

/* Each unit that rounding left goes to the line that lost most, the first of equals. */
static void share(int64_t total, const int64_t *weights, size_t count, int64_t *shares)
{
    int64_t sum = 0;
    int64_t left = total;
    bool has_more[LINES_MAX] = {false};
    for (size_t i = 0; i < count; i++) {
        sum += weights[i];
    }
    for (size_t i = 0; i < count; i++) {
        shares[i] = sum == 0 ? 0 : total * weights[i] / sum;
        left -= shares[i];
    }
    for (; left > 0; left--) {
        size_t most = NONE;
        for (size_t i = 0; i < count; i++) {
            if (!has_more[i] &&
                (most == NONE || total * weights[i] % sum > total * weights[most] % sum)) {
                most = i;
            }
        }
        has_more[most] = true;
        shares[most]++;
    }
}

static void give(struct model *model, size_t r, int64_t given, int64_t wanted,
                 const int64_t *weights)
{
    struct happened *now = model->now;
    enum stage stage = rule_stage(&model->text->rules[r]);
    int64_t shares[LINES_MAX];
    share(stage > STAGE_BASE ? 0 : given, weights, now->occasion.line_count, shares);
    for (size_t i = 0; i < now->occasion.line_count; i++) {
        now->off[i] += stage == STAGE_DISCOUNT ? shares[i] : 0;
        now->base[i] += stage == STAGE_BASE ? shares[i] : 0;
    }
    bool is_to_balance = rule_given_in(&model->text->rules[r]) == GIVEN_IN_POINTS &&
                         model->text->rules[r].gift.metric == NULL;
    now->points += is_to_balance ? given : 0;
    now->given[r] = given;
    now->wanted[r] = wanted;
}

/* The next rule of a stage that is not done with: by priority, then by place. */
static size_t next_rule(const struct model *model, enum stage stage, const bool *is_done)
{
    size_t next = NONE;
    for (size_t r = 0; r < model->text->rule_count; r++) {
        if (!is_done[r] && rule_stage(&model->text->rules[r]) == stage &&
            (next == NONE || model->text->rules[r].priority > model->text->rules[next].priority)) {
            next = r;
        }
    }
    return next;
}

/* The one that gives most of the rule and, where it applies, those of its group that are not done
 * with. */
static size_t best_of(const struct model *model, size_t first, bool *is_done)
{
    const char *group = model->text->rules[first].group;
    size_t best = NONE;
    int64_t most = -1;
    for (size_t r = first; r != NONE;) {
        int64_t weights[LINES_MAX];
        const struct rule *rule = &model->text->rules[r];
        bool is_kept_out = model->is_closed && rule->priority < model->closed_at;
        is_done[r] = true;
        if (!is_kept_out && applies(model, rule)) {
            int64_t given = after_caps(model, r, wanted_of(model, rule, weights));
            best = given > most ? r : best;
            most = given > most ? given : most;
        }
        r = NONE;
        for (size_t n = 0; best != NONE && group != NULL && n < model->text->rule_count; n++) {
            const char *own = model->text->rules[n].group;
            if (!is_done[n] && own != NULL && strcmp(own, group) == 0 &&
                (r == NONE || model->text->rules[n].priority > model->text->rules[r].priority)) {
                r = n;
            }
        }
    }
    return best;
}

static void model_stage(struct model *model, enum stage stage)
{
    bool is_done[RULES_MAX] = {false};
    model->is_closed = false;
    for (size_t r = next_rule(model, stage, is_done); r != NONE;
         r = next_rule(model, stage, is_done)) {
        size_t best = best_of(model, r, is_done);
        if (best == NONE) {
            continue;
        }
        int64_t weights[LINES_MAX];
        int64_t wanted = wanted_of(model, &model->text->rules[best], weights);
        int64_t given = after_caps(model, best, wanted);
        if (given > 0) {
            give(model, best, given, wanted, weights);
            if (model->text->rules[best].is_exclusive && !model->is_closed) {
                model->is_closed = true;
                model->closed_at = model->text->rules[best].priority;
            }
        }
    }
}

bool model_judge(struct model *model)
{
    struct happened *now = model->now;
    model_stage(model, STAGE_DISCOUNT);
    int64_t nets[LINES_MAX];
    int64_t net = 0;
    for (size_t i = 0; i < now->occasion.line_count; i++) {
        nets[i] = now->lines[i].amount.minor - now->off[i];
        net += nets[i];
    }
    if (now->occasion.paid_in_points.minor > net) {
        return false;
    }
    share(now->occasion.paid_in_points.minor, nets, now->occasion.line_count, model->paid);
    for (enum stage stage = STAGE_BASE; stage < STAGE_COUNT; stage++) {
        model_stage(model, stage);
    }
    return true;
}
