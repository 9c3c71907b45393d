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

bool model_is_for(const struct model *model, const struct rule *rule,
                  const struct basket_line *line)
{
    bool is_for = rule->goods_count == 0;
    for (size_t g = 0; g < rule->goods_count; g++) {
        is_for |= model_is_in_set(&model->text->goods[rule->goods[g]], line);
    }
    for (size_t g = 0; g < rule->except_count; g++) {
        is_for &= !model_is_in_set(&model->text->goods[rule->except[g]], line);
    }
    return is_for;
}

static bool is_for_line(const struct model *model, const struct rule *rule, size_t line)
{
    return model_is_for(model, rule, &model->now->lines[line]);
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

/* One, until all of it is back, or what is left of it gets nothing of the rule. */
static int64_t left_uses(const struct happened *one, size_t r)
{
    bool is_left = one->given[r] > 0 && (!one->is_by_line || one->left_given[r] > 0);
    return is_left && !one->is_back ? 1 : 0;
}

void model_count_in_cap(const struct model *model, size_t r, const struct cap *cap,
                        struct slice code, int64_t *out_amount, int64_t *out_uses)
{
    int64_t amount = 0;
    int64_t uses = 0;
    for (size_t h = 0; h < model->past_count && !cap->is_per_receipt; h++) {
        const struct happened *past = &model->past[h];
        bool is_counted = (cap->of != CAP_OF_MEMBER || past->member == model->now->member) &&
                          model_is_within(cap->window, unix_day(past->occasion.local),
                                          unix_day(model->now->occasion.local)) &&
                          (cap->of != CAP_OF_CODE || slice_equal(past->used[r], code));
        amount += is_counted ? model_left_given(past, r) : 0;
        uses += is_counted ? left_uses(past, r) : 0;
    }
    *out_amount = amount;
    *out_uses = uses;
}

/* The codes of the first coupon are listed; P-1 is good for 400 days, Q-1 for 30 and for one of the
 * members; the others were not issued. */
static bool is_good_code(const struct model *model, uint16_t coupon, struct slice code)
{
    int64_t day = unix_day(model->now->occasion.local) - FIRST_DAY;
    if (coupon == 0) {
        return code.length == 1 && (code.at[0] == 'A' || code.at[0] == 'B');
    }
    if (coupon == 1) {
        return slice_equal(code, slice_of("P-1", 3)) && day < 400;
    }
    return slice_equal(code, slice_of("Q-1", 3)) && day < 30 &&
           slice_equal(model->now->occasion.shopper.key, model->person);
}

/* The first good code whose uses aren't spent. */
static struct slice code_for(const struct model *model, size_t r)
{
    const struct rule *rule = &model->text->rules[r];
    for (size_t i = 0; rule->when.coupon != NULL && i < model->now->occasion.code_count; i++) {
        struct slice code = model->now->codes[i].text;
        bool is_good = is_good_code(model, *rule->when.coupon, code);
        for (size_t c = 0; is_good && c < rule->cap_count; c++) {
            int64_t amount;
            int64_t uses;
            model_count_in_cap(model, r, &rule->caps[c], code, &amount, &uses);
            is_good = rule->caps[c].of != CAP_OF_CODE || uses < rule->caps[c].uses_max;
        }
        if (is_good) {
            return code;
        }
    }
    return slice_of(NULL, 0);
}

/* The n-th purchase has it once, also when one before it was given up. */
static bool was_had(const struct model *model, size_t r)
{
    const struct when *when = &model->text->rules[r].when;
    for (size_t h = 0; h < model->past_count; h++) {
        const struct happened *past = &model->past[h];
        if (past->member == model->now->member && left_uses(past, r) > 0 &&
            model_is_within(model->text->metrics[when->purchases].window,
                            unix_day(past->occasion.local), unix_day(model->now->occasion.local))) {
            return true;
        }
    }
    return false;
}

static bool applies(const struct model *model, const struct rule *rule)
{
    size_t place = (size_t)(rule - model->text->rules);
    if (rule->when.coupon != NULL && code_for(model, place).length == 0) {
        return false;
    }
    if (rule->price != NULL && model->now->occasion.shopper.balance.minor - model->now->spent <
                                   rule->price->points_minor) {
        return false;
    }
    if (rule->take != NULL && model_metric(model, rule->take->metric, true) < rule->take->minor) {
        return false;
    }
    const struct happened *now = model->now;
    const struct when *when = &rule->when;
    int64_t day = unix_day(now->occasion.local);
    bool is_same = rule->on == now->occasion.kind &&
                   (rule->on == OCCASION_SALE || slice_equal(rule->event, now->occasion.event));
    bool is_asked_for = rule->gift.gives == GIVES_REFUND || rule->price != NULL;
    bool is_any = rule->is_on_any && (!is_asked_for || now->occasion.kind == OCCASION_EVENT);
    if ((!is_same && !is_any) || !model_is_member(model, when) || day < when->from_day ||
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
    if (when->metric_count > 0 && !model_is_within_bounds(model, &when->metrics[0])) {
        return false;
    }
    return when->purchase == 0 ||
           (model_metric(model, when->purchases, false) == (int64_t)when->purchase - 1 &&
            !was_had(model, place));
}

static int64_t days_more(const struct model *model, const struct gift *gift)
{
    int64_t today = unix_day(model->now->occasion.local);
    int64_t end = model_end(model, *gift->metric, true);
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
    while (window.kind != WINDOW_EVER && model_is_within(window, until, next)) {
        next++;
    }
    return next > end ? next - end : 0;
}

/* The price of so many of the cheapest items, one after the other, or of all goods. */
static void priced(const struct model *model, const struct rule *rule, int64_t *savings)
{
    const struct happened *now = model->now;
    int64_t items[LINES_MAX] = {0};
    for (unsigned k = 0; k < rule->gift.items; k++) {
        size_t best = NONE;
        for (size_t i = 0; i < now->occasion.line_count; i++) {
            int64_t milli = now->lines[i].quantity_milli;
            if (!is_for_line(model, rule, i) || milli < (items[i] + 1) * 1000) {
                continue;
            }
            int64_t each = (now->lines[i].amount.minor - now->off[i]) * 1000 / milli;
            int64_t least = best == NONE ? 0
                                         : (now->lines[best].amount.minor - now->off[best]) * 1000 /
                                               now->lines[best].quantity_milli;
            best = best == NONE || each < least ? i : best;
        }
        if (best != NONE) {
            items[best]++;
        }
    }
    for (size_t i = 0; i < now->occasion.line_count; i++) {
        int64_t all = now->lines[i].quantity_milli;
        int64_t milli = rule->gift.items > 0          ? items[i] * 1000
                        : is_for_line(model, rule, i) ? all
                                                      : 0;
        int64_t cost = all == 0 ? 0 : (now->lines[i].amount.minor - now->off[i]) * milli / all;
        int64_t price = divide(rule->gift.money_minor * milli, 1000, ROUNDING_UP);
        savings[i] = cost > price ? cost - price : 0;
    }
}

static int64_t percentage(const struct model *model, const struct gift *gift)
{
    if (gift->by == NULL) {
        return gift->ratio.mantissa;
    }
    int64_t value = model_metric(model, gift->by->metric, false);
    return value >= gift->by->steps[1].at_least   ? gift->by->steps[1].ratio.mantissa
           : value >= gift->by->steps[0].at_least ? gift->by->steps[0].ratio.mantissa
                                                  : 0;
}

static int64_t given_back(const struct model *model, const struct gift *gift)
{
    int64_t money;
    int64_t days;
    int64_t left = model_end(model, *gift->metric, true) - unix_day(model->now->occasion.local);
    model_paid(model, *gift->metric, &money, &days);
    left = left < 0 ? 0 : left < days ? left : days;
    return days == 0 ? 0 : divide(money * left, days, gift->rounding);
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
        return divide(sum * percentage(model, gift), 1000, gift->rounding);
    case GIVES_MONEY_OFF:
        return sum < gift->money_minor ? sum : gift->money_minor;
    case GIVES_PRICE:
        priced(model, rule, weights);
        sum = 0;
        for (size_t i = 0; i < now->occasion.line_count; i++) {
            sum += weights[i];
        }
        return sum;
    case GIVES_UNTIL:
        return days_more(model, gift);
    case GIVES_ITEM:
        return gift->items;
    case GIVES_REFUND:
        return given_back(model, gift);
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
        int64_t used;
        int64_t uses;
        model_count_in_cap(model, r, cap, code_for(model, r), &used, &uses);
        int64_t left = cap->amount_max > used ? cap->amount_max - used : 0;
        given = given < left ? given : left;
        given = !cap->is_per_receipt && uses >= cap->uses_max ? 0 : given;
    }
    return rule->price != NULL && given < wanted ? 0 : given;
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
    if (model->text->rules[r].price != NULL) {
        now->spent += model->text->rules[r].price->points_minor;
        now->due += model->text->rules[r].price->money_minor;
    }
    now->refund += model->text->rules[r].gift.gives == GIVES_REFUND ? given : 0;
    now->order[r] = ++now->fired;
    now->used[r] = code_for(model, r);
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
    for (unsigned t = 0; t < TIERS_MAX; t++) {
        now->ends[t] = model_end(model, (uint16_t)(METRIC_AT_UNTIL + t), true);
    }
    now->streak = model_metric(model, METRIC_AT_STREAK, true);
    return true;
}
