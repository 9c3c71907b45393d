/* Random programmes judge random receipts, beside a model that is written from the programme's
 * README and not from its code: it looks at every rule and every line, compares texts, and counts
 * metrics and caps over the history of a member's sales instead of keeping numbers. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "programme/judge.h"
#include "sanitized.h"
#include "steps.h"

#define RULES_MAX    12
#define SETS_MAX     4
#define MEMBERS_MAX  4
#define METRICS_MAX  3
#define LINES_MAX    5
#define CAPS_MAX     2
#define SALES        24
#define PROGRAMMES   (IS_SANITIZED ? 1000 : 10000)
#define FIRST_DAY    20700
#define SEED_DEFAULT UINT64_C(20261129)
#define NONE         SIZE_MAX

static const char *const products[] = {"100", "101", "110", "200"};
static const char *const categories[] = {"", "bread", "milk"};
static const char *const brands[] = {"", "korn"};
static const char *const stores[] = {"", "north", "south"};
static const char *const events[] = {"enrolment", "review"};

/* One programme, in the caller's memory. */
struct drawn {
    struct goods_member members[SETS_MAX][MEMBERS_MAX];
    struct goods_set sets[SETS_MAX];
    struct metric metrics[METRICS_MAX];
    struct rule rules[RULES_MAX];
    uint16_t goods[RULES_MAX][2];
    uint16_t except[RULES_MAX][1];
    struct cap caps[RULES_MAX][CAPS_MAX];
    struct hours hours[RULES_MAX];
    struct slice stores[RULES_MAX];
    struct metric_bounds bounds[RULES_MAX];
    char names[RULES_MAX][16];
    struct rules_text text;
};

/* What happened: the occasion, and what the model says each rule gave and each line cost. */
struct happened {
    struct occasion occasion;
    struct basket_line lines[LINES_MAX];
    int64_t given[RULES_MAX];
    int64_t wanted[RULES_MAX];
    int64_t off[LINES_MAX];
    int64_t base[LINES_MAX];
    int64_t points;
};

static uint64_t below(uint64_t *random, uint64_t bound)
{
    return random_next(random) % bound;
}

static bool one_in(uint64_t *random, uint64_t n)
{
    return below(random, n) == 0;
}

static struct slice text_of(const char *text)
{
    return slice_of(text, strlen(text));
}

/* Drawing. */

static void draw_sets(struct drawn *drawn, uint64_t *random)
{
    static const char *const names[SETS_MAX] = {"s0", "s1", "s2", "s3"};
    for (size_t s = 0; s < SETS_MAX; s++) {
        size_t count = 1 + below(random, MEMBERS_MAX);
        for (size_t m = 0; m < count; m++) {
            enum goods_by by = (enum goods_by)below(random, GOODS_BY_COUNT);
            const char *text = by == GOODS_BY_CATEGORY ? categories[1 + below(random, 2)]
                               : by == GOODS_BY_BRAND  ? brands[1]
                                                       : products[below(random, 4)];
            struct slice slice = text_of(text);
            slice.length = by == GOODS_BY_PRODUCT_PREFIX ? 1 + below(random, 3) : slice.length;
            drawn->members[s][m] = (struct goods_member){by, slice};
        }
        drawn->sets[s] = (struct goods_set){names[s], drawn->members[s], count, 0};
    }
}

static struct window draw_window(uint64_t *random)
{
    struct window window = {(enum window_kind)below(random, WINDOW_KIND_COUNT), 0};
    if (window.kind == WINDOW_ROLLING_DAYS || window.kind == WINDOW_ROLLING_MONTHS) {
        window.length = 1 + (unsigned)below(random, 5);
    }
    return window;
}

static void draw_metrics(struct drawn *drawn, uint64_t *random)
{
    static const char *const names[METRICS_MAX] = {"m0", "m1", "visits"};
    for (size_t m = 0; m < METRICS_MAX; m++) {
        enum metric_of of = (enum metric_of)below(random, METRIC_OF_COUNT);
        bool may_have_goods = of == METRIC_SPEND || of == METRIC_ITEMS;
        drawn->metrics[m] = (struct metric){.name = names[m],
                                            .of = of,
                                            .window = draw_window(random),
                                            .goods = may_have_goods && one_in(random, 2)
                                                         ? (uint16_t)below(random, SETS_MAX)
                                                         : NO_GOODS};
    }
    drawn->metrics[METRICS_MAX - 1] =
        (struct metric){.name = names[METRICS_MAX - 1], .of = METRIC_VISITS, .goods = NO_GOODS};
}

static struct gift draw_gift(uint64_t *random)
{
    struct gift gift = {.gives = (enum gives)below(random, GIVES_COUNT),
                        .points_minor = 1 + (int64_t)below(random, 30),
                        .per_minor = 1 + (int64_t)below(random, 200),
                        .of = (enum amount_of)below(random, AMOUNT_OF_COUNT),
                        .money_minor = 1 + (int64_t)below(random, 500),
                        .rounding = (enum rounding)below(random, ROUNDING_COUNT)};
    gift.ratio = gift.gives == GIVES_MULTIPLE
                     ? (struct decimal){101 + (int64_t)below(random, 300), 2}
                     : (struct decimal){1 + (int64_t)below(random, 400), 1};
    return gift;
}

static void draw_when(struct drawn *drawn, size_t r, uint64_t *random)
{
    struct when *when = &drawn->rules[r].when;
    bool is_sale = drawn->rules[r].on == OCCASION_SALE;
    *when = (struct when){.from_day = INT64_MIN, .until_day = INT64_MAX, .purchases = NO_METRIC};
    if (one_in(random, 4)) {
        when->from_day = FIRST_DAY + (int64_t)below(random, 40);
        when->until_day = when->from_day + 1 + (int64_t)below(random, 60);
    }
    when->weekdays = one_in(random, 4) ? (unsigned)below(random, 128) : 0;
    if (one_in(random, 4)) {
        unsigned from = (unsigned)below(random, 1440);
        unsigned to = 1 + (unsigned)below(random, 1440);
        drawn->hours[r] = (struct hours){from, to == from ? (from + 1) % 1440 + 1 : to};
        when->hours = &drawn->hours[r];
        when->hours_count = 1;
    }
    if (one_in(random, 5)) {
        drawn->stores[r] = text_of(stores[1 + below(random, 2)]);
        when->stores = &drawn->stores[r];
        when->store_count = 1;
    }
    when->basket_minor = is_sale && one_in(random, 5) ? (int64_t)below(random, 3000) : 0;
    when->goods_minor = is_sale && one_in(random, 6) ? (int64_t)below(random, 1500) : 0;
    when->goods_milli = is_sale && one_in(random, 6) ? (int64_t)below(random, 5000) : 0;
    if (one_in(random, 4)) {
        int64_t at_least = (int64_t)below(random, 3000);
        drawn->bounds[r] = (struct metric_bounds){
            (uint16_t)below(random, METRICS_MAX), one_in(random, 3) ? INT64_MIN : at_least,
            one_in(random, 3) ? INT64_MAX : at_least + 1 + (int64_t)below(random, 3000)};
        when->metrics = &drawn->bounds[r];
        when->metric_count = 1;
    }
    if (is_sale && one_in(random, 8)) {
        when->purchase = 1 + (unsigned)below(random, 4);
        when->purchases = METRICS_MAX - 1;
    }
}

static void draw_caps(struct drawn *drawn, size_t r, uint64_t *random)
{
    size_t count = one_in(random, 2) ? 0 : 1 + below(random, CAPS_MAX);
    for (size_t c = 0; c < count; c++) {
        struct cap *cap = &drawn->caps[r][c];
        *cap =
            (struct cap){.window = draw_window(random),
                         .is_per_receipt = one_in(random, 4),
                         .amount_max = 1 + (int64_t)below(random, 60),
                         .uses_max = one_in(random, 2) ? 1 + (int64_t)below(random, 5) : INT64_MAX};
        if (c > 0 && !cap->is_per_receipt && cap->window.kind == drawn->caps[r][0].window.kind) {
            cap->is_per_receipt = true;
        }
    }
    drawn->rules[r].caps = drawn->caps[r];
    drawn->rules[r].cap_count = count;
}

static void draw_rule(struct drawn *drawn, size_t r, uint64_t *random)
{
    static const char *const groups[STAGE_COUNT] = {"g0", "g1", "g2"};
    struct rule *rule = &drawn->rules[r];
    snprintf(drawn->names[r], sizeof drawn->names[r], "r%zu", r);
    *rule = (struct rule){.name = drawn->names[r], .gift = draw_gift(random)};
    if (one_in(random, 6)) {
        rule->on = OCCASION_EVENT;
        rule->event = text_of(events[below(random, 2)]);
        rule->gift.gives = GIVES_POINTS;
    } else {
        rule->goods_count = below(random, 3);
        rule->except_count = below(random, 2);
        drawn->goods[r][0] = (uint16_t)below(random, SETS_MAX);
        drawn->goods[r][1] = (uint16_t)below(random, SETS_MAX);
        drawn->except[r][0] = (uint16_t)below(random, SETS_MAX);
    }
    rule->goods = drawn->goods[r];
    rule->except = drawn->except[r];
    rule->priority = (int)below(random, 5) - 2;
    rule->group = one_in(random, 3) ? groups[rule_stage(rule)] : NULL;
    rule->is_exclusive = one_in(random, 6);
    draw_when(drawn, r, random);
    draw_caps(drawn, r, random);
}

static void draw_programme(struct drawn *drawn, uint64_t *random)
{
    memset(drawn, 0, sizeof *drawn);
    draw_sets(drawn, random);
    draw_metrics(drawn, random);
    size_t count = 1 + below(random, RULES_MAX);
    for (size_t r = 0; r < count; r++) {
        draw_rule(drawn, r, random);
    }
    drawn->text = (struct rules_text){drawn->sets, SETS_MAX,     drawn->metrics,
                                      METRICS_MAX, drawn->rules, count};
}

static void draw_occasion(struct happened *happened, int64_t ms, uint64_t *random)
{
    struct occasion *occasion = &happened->occasion;
    *occasion = (struct occasion){.local = {ms}, .store = text_of(stores[below(random, 3)])};
    if (one_in(random, 6)) {
        occasion->kind = OCCASION_EVENT;
        occasion->event = text_of(events[below(random, 2)]);
        return;
    }
    occasion->line_count = below(random, LINES_MAX + 1);
    occasion->lines = happened->lines;
    int64_t total = 0;
    for (size_t i = 0; i < occasion->line_count; i++) {
        happened->lines[i] = (struct basket_line){.product = text_of(products[below(random, 4)]),
                                                  .category = text_of(categories[below(random, 3)]),
                                                  .brand = text_of(brands[below(random, 2)]),
                                                  .quantity_milli = (int64_t)below(random, 3) * 750,
                                                  .amount = {(int64_t)below(random, 1200)}};
        total += happened->lines[i].amount.minor;
    }
    /* Discounts may leave less than that to be paid: then the sale is refused by both. */
    occasion->paid_in_points.minor =
        one_in(random, 4) ? (int64_t)below(random, (uint64_t)total + 1) : 0;
}

/* The model. */

struct model {
    bool is_closed; /* by an exclusive rule, in this stage */
    int closed_at;
    const struct rules_text *text;
    const struct happened *past; /* oldest first */
    size_t past_count;
    struct happened *now;
    int64_t paid[LINES_MAX];
};

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

static int64_t metric_of_past(const struct model *model, uint16_t number)
{
    const struct metric *metric = &model->text->metrics[number];
    int64_t sum = 0;
    for (size_t h = 0; h < model->past_count; h++) {
        const struct happened *past = &model->past[h];
        if (!is_within(metric->window, unix_day(past->occasion.local),
                       unix_day(model->now->occasion.local))) {
            continue;
        }
        sum += metric->of == METRIC_POINTS ? past->points : 0;
        sum += metric->of == METRIC_VISITS && past->occasion.kind == OCCASION_SALE ? 1 : 0;
        for (size_t i = 0; i < past->occasion.line_count; i++) {
            bool is_counted = metric->goods == NO_GOODS ||
                              is_in_set(&model->text->goods[metric->goods], &past->lines[i]);
            if (is_counted && metric->of == METRIC_SPEND) {
                sum += past->lines[i].amount.minor - past->off[i];
            } else if (is_counted && metric->of == METRIC_ITEMS) {
                sum += past->lines[i].quantity_milli;
            }
        }
    }
    return sum;
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
    if (!is_same || day < when->from_day || day >= when->until_day ||
        !is_hour(when, now->occasion.local.ms / 60000)) {
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
        int64_t value = metric_of_past(model, when->metrics[0].metric);
        if (value < when->metrics[0].at_least || value >= when->metrics[0].below) {
            return false;
        }
    }
    return when->purchase == 0 ||
           metric_of_past(model, when->purchases) == (int64_t)when->purchase - 1;
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
    share(stage == STAGE_BONUS ? 0 : given, weights, now->occasion.line_count, shares);
    for (size_t i = 0; i < now->occasion.line_count; i++) {
        now->off[i] += stage == STAGE_DISCOUNT ? shares[i] : 0;
        now->base[i] += stage == STAGE_BASE ? shares[i] : 0;
    }
    now->points += stage == STAGE_DISCOUNT ? 0 : given;
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

/* False where points would pay more than is left to pay. */
static bool model_judge(struct model *model)
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
    model_stage(model, STAGE_BASE);
    model_stage(model, STAGE_BONUS);
    return true;
}

/* Beside each other. */

static void compare(const struct happened *now, const struct judgement *judgement, uint64_t seed)
{
    bool is_same = now->points == judgement->points.minor;
    size_t fired = 0;
    for (size_t i = 0; i < now->occasion.line_count; i++) {
        is_same = is_same && now->off[i] == judgement->line_discounts[i].minor &&
                  now->base[i] == judgement->line_base_points[i].minor;
    }
    for (size_t r = 0; r < RULES_MAX; r++) {
        fired += now->given[r] > 0 ? 1 : 0;
    }
    is_same = is_same && fired == judgement->award_count;
    for (size_t a = 0; is_same && a < judgement->award_count; a++) {
        const struct award *award = &judgement->awards[a];
        is_same =
            now->given[award->rule] == award->given && now->wanted[award->rule] == award->wanted;
    }
    if (!is_same) {
        fail_msg("seed %" PRIu64 ": the model gives %" PRId64
                 " points by %zu rules, the judge %" PRId64 " by %zu",
                 seed, now->points, fired, judgement->points.minor, judgement->award_count);
    }
}

static void run_programme(struct drawn *drawn, uint64_t seed, uint64_t *out_fired)
{
    uint64_t random = seed;
    struct rules *rules = NULL;
    struct note note = {""};
    struct happened past[SALES];
    struct standing standing = {NULL, 0};
    struct arena kept; /* the standing */
    struct arena arena;
    arena_init(&kept, 16u << 20);
    arena_init(&arena, 1u << 20);
    draw_programme(drawn, &random);
    if (rules_create(&drawn->text, &rules, &note) != ERR_OK) {
        fail_msg("seed %" PRIu64 ": %s", seed, note.text);
    }
    size_t count = 0;
    int64_t ms = FIRST_DAY * DAY_MS;
    for (size_t s = 0; s < SALES; s++) {
        struct happened *now = &past[count];
        struct judgement judgement;
        struct judgement traced;
        memset(now, 0, sizeof *now);
        ms += (int64_t)below(&random, one_in(&random, 8) ? 40 * DAY_MS : DAY_MS);
        draw_occasion(now, ms, &random);
        struct model model = {.text = &drawn->text, .past = past, .past_count = count, .now = now};
        bool is_good = model_judge(&model);
        arena_reset(&arena);
        enum err err = judge(rules, &standing, &now->occasion, false, &arena, &judgement, NULL);
        assert_int_equal(err, is_good ? ERR_OK : ERR_RANGE);
        if (!is_good) {
            continue;
        }
        compare(now, &judgement, seed);
        assert_int_equal(judge(rules, &standing, &now->occasion, true, &arena, &traced, NULL),
                         ERR_OK);
        compare(now, &traced, seed);
        assert_int_equal(traced.trace_count, drawn->text.rule_count);
        assert_int_equal(
            rules_drop_passed(rules, &standing, unix_day(now->occasion.local), &kept, &standing),
            ERR_OK);
        assert_int_equal(standing_apply(&standing, &judgement.changes, &kept, &standing), ERR_OK);
        assert_int_equal(standing_check(&standing), ERR_OK);
        *out_fired += judgement.award_count;
        count++;
    }
    rules_destroy(rules);
    arena_fini(&arena);
    arena_fini(&kept);
}

static void test_the_model_agrees(void **state)
{
    (void)state;
    const char *text = getenv("TALEA_SEED");
    uint64_t seed = text != NULL ? strtoull(text, NULL, 10) : SEED_DEFAULT;
    struct drawn *drawn = malloc(sizeof *drawn);
    uint64_t fired = 0;
    assert_non_null(drawn);
    printf("seed %" PRIu64 "\n", seed);
    for (uint64_t i = 0; i < PROGRAMMES; i++) {
        run_programme(drawn, seed + i, &fired);
    }
    printf("%d programmes, %d occasions each: %" PRIu64 " times a rule gave something\n",
           PROGRAMMES, SALES, fired);
    free(drawn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_the_model_agrees)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
