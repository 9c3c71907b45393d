/* What a history says of a member: counted over what happened, not from kept numbers. */
#include "programme_model.h"

bool model_is_in_set(const struct goods_set *set, const struct basket_line *line)
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

/* Does a past day count in a window as seen from a day? */
bool model_is_within(struct window window, int64_t past, int64_t day)
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

int64_t model_left(const struct happened *one, int64_t added)
{
    if (added <= 0 || (!one->is_back && one->back == 0)) {
        return added;
    }
    return one->is_back ? 0 : added - added * one->back / one->whole;
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
                          model_is_in_set(&model->text->goods[metric->goods], &one->lines[i]);
        if (is_counted && metric->of == METRIC_SPEND) {
            sum += one->lines[i].amount.minor - one->off[i];
        } else if (is_counted && metric->of == METRIC_ITEMS) {
            sum += one->lines[i].quantity_milli;
        }
    }
    return sum;
}

/* What is prolonged: until when, what was paid for it, and for how many days. */
struct life {
    int64_t end;
    int64_t money;
    int64_t days;
};

/* Is it of the member, and did it take place? */
static bool has_been(const struct model *model, const struct happened *one)
{
    return one->member == model->now->member && (!one->is_held || one == model->now);
}

static bool is_rule_of(const struct model *model, size_t r, uint16_t number)
{
    const struct gift *gift = &model->text->rules[r].gift;
    return (gift->gives == GIVES_UNTIL || gift->gives == GIVES_REFUND) && *gift->metric == number;
}

static int64_t paid_for(const struct model *model, const struct happened *one, size_t r)
{
    const struct rule *rule = &model->text->rules[r];
    int64_t money = rule->price != NULL ? rule->price->money_minor : 0;
    for (size_t i = 0; i < one->occasion.line_count && rule->goods_count > 0; i++) {
        money += model_is_for(model, rule, &one->lines[i])
                     ? one->lines[i].amount.minor - one->off[i]
                     : 0;
    }
    return money;
}

static void live(const struct model *model, const struct happened *one, size_t r, struct life *life)
{
    const struct rule *rule = &model->text->rules[r];
    int64_t day = unix_day(one->occasion.local);
    int64_t money = paid_for(model, one, r);
    if (rule->gift.gives == GIVES_REFUND || life->end <= day) {
        *life = (struct life){.end = day};
    }
    if (rule->gift.gives == GIVES_REFUND) {
        return;
    }
    life->end += one->given[r];
    life->money += money;
    life->days += money > 0 ? one->given[r] : 0;
}

/* What was promised: days that are added are added to what is left by now, whoever moved the end
 * meanwhile; others end no sooner than was said. */
static void live_promise(const struct model *model, const struct happened *one, uint16_t number,
                         struct life *life)
{
    int64_t day = unix_day(one->occasion.local);
    int64_t end = one->ends[number - METRIC_AT_UNTIL];
    bool has_fired = false;
    for (size_t r = 0; r < model->text->rule_count; r++) {
        if (!is_rule_of(model, r, number) || one->given[r] == 0) {
            continue;
        }
        int64_t money = paid_for(model, one, r);
        bool is_added = model->text->rules[r].gift.term.is_added;
        if (!has_fired && life->end <= day) {
            *life = (struct life){.end = day};
        }
        has_fired = true;
        life->end += is_added ? one->given[r] : 0;
        life->money += money;
        life->days += money > 0 ? one->given[r] : 0;
    }
    for (size_t r = 0; r < model->text->rule_count; r++) {
        bool is_fixed = is_rule_of(model, r, number) && one->given[r] > 0 &&
                        !model->text->rules[r].gift.term.is_added;
        life->end = is_fixed && life->end < end ? end : life->end;
    }
}

/* One rule after the other, in the order in which they gave something. */
static struct life life_of(const struct model *model, uint16_t number, bool counts_this)
{
    struct life life = {0};
    for (size_t h = 0; h < model->past_count + (counts_this ? 1 : 0); h++) {
        const struct happened *one = h < model->past_count ? &model->past[h] : model->now;
        if (!has_been(model, one)) {
            continue;
        }
        if (one->is_promise) {
            live_promise(model, one, number, &life);
            continue;
        }
        for (unsigned turn = 1; turn <= one->fired; turn++) {
            for (size_t r = 0; r < model->text->rule_count; r++) {
                if (is_rule_of(model, r, number) && one->order[r] == turn) {
                    live(model, one, r, &life);
                }
            }
        }
    }
    return life;
}

int64_t model_end(const struct model *model, uint16_t number, bool counts_this)
{
    return life_of(model, number, counts_this).end;
}

void model_paid(const struct model *model, uint16_t number, int64_t *out_money, int64_t *out_days)
{
    struct life life = life_of(model, number, true);
    *out_money = life.money;
    *out_days = life.days;
}

/* What the last sale of the window was told of its streak; 0: there was none. */
static int64_t told_streak(const struct model *model, struct window window, int64_t day)
{
    int64_t most = 0;
    for (size_t h = 0; h < model->past_count; h++) {
        const struct happened *one = &model->past[h];
        if (has_been(model, one) && one->occasion.kind == OCCASION_SALE && one->streak > most &&
            model_is_within(window, unix_day(one->occasion.local), day)) {
            most = one->streak;
        }
    }
    return most;
}

/* As it was told: a sale that is confirmed late lengthens no streak behind it. */
static int64_t streak_of(const struct model *model, struct window window, bool counts_this)
{
    int64_t day = unix_day(model->now->occasion.local);
    int64_t last = day;
    int64_t streak = told_streak(model, window, day);
    while (model_is_within(window, last, day)) {
        last--;
    }
    if (streak > 0) {
        return streak;
    }
    bool is_sale = counts_this && model->now->occasion.kind == OCCASION_SALE;
    return told_streak(model, window, last) + (is_sale ? 1 : 0);
}

static int64_t since_sale(const struct model *model, bool counts_this)
{
    int64_t day = unix_day(model->now->occasion.local);
    int64_t last = INT64_MIN;
    if (counts_this && model->now->occasion.kind == OCCASION_SALE) {
        return 0;
    }
    for (size_t h = 0; h < model->past_count; h++) {
        const struct happened *one = &model->past[h];
        int64_t its_day = unix_day(one->occasion.local);
        if (has_been(model, one) && one->occasion.kind == OCCASION_SALE && its_day > last) {
            last = its_day;
        }
    }
    return last == INT64_MIN ? INT64_MAX : day - last;
}

static void count_given(const struct model *model, const struct happened *one, uint16_t number,
                        int64_t *out_given, int64_t *out_taken)
{
    *out_given = 0;
    *out_taken = 0;
    for (size_t r = 0; r < model->text->rule_count; r++) {
        const struct rule *rule = &model->text->rules[r];
        bool is_taken = one->given[r] > 0 && rule->take != NULL && rule->take->metric == number;
        bool is_given = rule->gift.metric != NULL && *rule->gift.metric == number;
        *out_given += is_given ? one->given[r] : 0;
        *out_taken += is_taken ? rule->take->minor : 0;
    }
    if (one->is_held && one != model->now && !model->counts_held) {
        int64_t net = *out_given - *out_taken; /* it pays for itself first */
        *out_given = 0;
        *out_taken = net < 0 ? -net : 0;
    }
}

/* What each occasion gave to a metric and what is left of it, for what was taken came from the
 * oldest that still counted then. */
static int64_t left_of(const struct model *model, uint16_t number, bool counts_this)
{
    struct window window = model->text->metrics[number].window;
    int64_t today = unix_day(model->now->occasion.local);
    int64_t left[PAST_MAX + 1];
    int64_t sum = 0;
    int64_t owed = 0;
    size_t count = model->past_count + (counts_this ? 1 : 0);
    for (size_t h = 0; h < count; h++) {
        const struct happened *one = h < model->past_count ? &model->past[h] : model->now;
        int64_t day = unix_day(one->occasion.local);
        int64_t taken;
        left[h] = 0;
        if (one->member != model->now->member) {
            continue;
        }
        count_given(model, one, number, &left[h], &taken);
        for (size_t k = 0; k <= h; k++) {
            const struct happened *older = k < model->past_count ? &model->past[k] : model->now;
            int64_t part = left[k] < taken ? left[k] : taken;
            if (model_is_within(window, unix_day(older->occasion.local), day)) {
                left[k] -= part;
                taken -= part;
            }
        }
        owed += taken; /* of what came later than the promise that it was taken for */
    }
    for (size_t k = 0; k < count; k++) {
        const struct happened *one = k < model->past_count ? &model->past[k] : model->now;
        sum += model_is_within(window, unix_day(one->occasion.local), today) ? left[k] : 0;
    }
    return sum - owed;
}

int64_t model_net_given(const struct model *model, const struct happened *one)
{
    int64_t given;
    int64_t taken;
    struct model all = *model;
    all.counts_held = true;
    count_given(&all, one, METRIC_AT_GIVEN, &given, &taken);
    return given - taken;
}

int64_t model_added(const struct model *model, uint16_t number, const struct happened *one)
{
    const struct metric *metric = &model->text->metrics[number];
    return metric->of == METRIC_GIVEN ? model_net_given(model, one)
                                      : metric_of_one(model, metric, one);
}

int64_t model_left_in_metric(const struct model *model, uint16_t number, const struct happened *one)
{
    return one->is_by_line ? (one->is_back ? 0 : one->left_metric[number])
                           : model_left(one, model_added(model, number, one));
}

int64_t model_left_given(const struct happened *one, size_t r)
{
    return one->is_by_line ? (one->is_back ? 0 : one->left_given[r])
                           : model_left(one, one->given[r]);
}

/* The same of what is known for sure, and what quotes hold of it. */
static int64_t left_for_sure(const struct model *model, bool counts_this)
{
    int64_t sum = model->sure[model->now->member];
    for (size_t h = 0; h < model->past_count; h++) {
        const struct happened *one = &model->past[h];
        int64_t net =
            one->is_held && one->member == model->now->member ? model_net_given(model, one) : 0;
        sum += net < 0 || model->counts_held ? net : 0;
    }
    return sum + (counts_this ? model_net_given(model, model->now) : 0);
}

static int64_t metric_of(const struct model *model, uint16_t number, bool counts_this)
{
    const struct metric *metric = &model->text->metrics[number];
    int64_t day = unix_day(model->now->occasion.local);
    if (metric->of == METRIC_UNTIL) {
        int64_t end = model_end(model, number, counts_this);
        return end > day ? end - day : 0;
    }
    if (metric->of == METRIC_GIVEN && model->sure != NULL) {
        return left_for_sure(model, counts_this);
    }
    if (metric->of == METRIC_GIVEN) {
        return left_of(model, number, counts_this);
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
        bool is_counted = past->member == model->now->member &&
                          (!past->is_held || model->counts_held) &&
                          model_is_within(metric->window, unix_day(past->occasion.local), day);
        sum += is_counted ? model_left_in_metric(model, number, past) : 0;
    }
    return sum;
}

int64_t model_metric(const struct model *model, uint16_t number, bool counts_this)
{
    struct model sure = *model;
    sure.counts_held = false;
    return metric_of(&sure, number, counts_this);
}

int64_t model_metric_most(const struct model *model, uint16_t number, bool counts_this)
{
    struct model most = *model;
    most.counts_held = true;
    return metric_of(&most, number, counts_this);
}

bool model_is_within_bounds(const struct model *model, const struct metric_bounds *bounds)
{
    return model_metric(model, bounds->metric, bounds->counts_this) >= bounds->at_least &&
           model_metric_most(model, bounds->metric, bounds->counts_this) < bounds->below;
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
    if (is_birthday ? shopper->birth_month == 0 : shopper->enrolled_day == 0) {
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

static bool is_in_segment(const struct model *model, uint16_t number)
{
    const struct segment *segment = &model->text->segments[number];
    const struct shopper *shopper = &model->now->occasion.shopper;
    if (number == 0) {
        return model_is_within_bounds(model, segment->metrics);
    }
    bool is_first = is_in_segment(model, 0);
    bool is_listed = segment->list_count == 0;
    for (size_t i = 0; i < shopper->list_count; i++) {
        is_listed = is_listed || slice_equal(shopper->lists[i], segment->lists[0]);
    }
    return is_listed && (segment->none_count == 1 ? !is_first : is_first);
}

bool model_is_member(const struct model *model, const struct when *when)
{
    const struct shopper *shopper = &model->now->occasion.shopper;
    if (when->is_referred &&
        (shopper->referrer.length == 0 || slice_equal(shopper->referrer, shopper->key))) {
        return false;
    }
    if ((when->segment_count > 0 && !is_in_segment(model, when->segments[0])) ||
        (when->not_in_count > 0 && is_in_segment(model, when->not_in[0]))) {
        return false;
    }
    if (when->around != NULL && !is_around(model, when->around)) {
        return false;
    }
    unsigned bit = NO_TIER_BIT;
    for (size_t t = 0; t < model->text->tier_count; t++) {
        bit = model_metric(model, model->text->tiers[t].until, false) > 0 ? TIER_BIT(t) : bit;
    }
    return when->tiers == 0 || (when->tiers & bit) != 0;
}
