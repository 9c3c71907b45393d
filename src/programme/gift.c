/* What one rule would give, before its caps. */
#include "programme/judging.h"

#define QUANTITY_ONE INT64_C(1000) /* in thousandths */

static int64_t power_of_ten(unsigned exponent)
{
    int64_t power = 1;
    for (unsigned i = 0; i < exponent; i++) {
        power *= 10;
    }
    return power;
}

/* What the line costs as the rule reckons it. */
static int64_t line_amount(const struct judging *j, const struct gift *gift, size_t line)
{
    int64_t gross = j->occasion->lines[line].amount.minor;
    int64_t net = gross - j->discounts[line];
    if (gift->gives != GIVES_POINTS_FOR_MONEY) {
        return net;
    }
    switch (gift->of) {
    case AMOUNT_GROSS:
        return gross;
    case AMOUNT_PAID:
        return net - j->paid[line];
    case AMOUNT_NET:
    case AMOUNT_OF_COUNT:
    default:
        return net;
    }
}

static int64_t sum_of_parts(const struct judging *j, const struct rule *rule, int64_t *out_parts)
{
    int64_t sum = 0; /* of what is no more than the basket's checked total, or its points */
    for (size_t i = 0; i < j->occasion->line_count; i++) {
        out_parts[i] = 0;
        if (match_line(j, rule, i)) {
            out_parts[i] = rule->gift.gives == GIVES_MULTIPLE ? j->base_points[i]
                                                              : line_amount(j, &rule->gift, i);
        }
        sum += out_parts[i];
    }
    return sum;
}

/* The ratio of the last step that the metric has; 0 below the first. */
static enum err ratio_of(const struct judging *j, const struct gift *gift,
                         struct decimal *out_ratio)
{
    struct decimal ratio = gift->by == NULL ? gift->ratio : (struct decimal){0, 0};
    if (gift->by != NULL) {
        int64_t value;
        TRY(metric_before(j, gift->by->metric, &value));
        for (size_t i = 0; i < gift->by->count && value >= gift->by->steps[i].at_least; i++) {
            ratio = gift->by->steps[i].ratio;
        }
    }
    *out_ratio = ratio;
    return ERR_OK;
}

/* What so many thousandths of the line cost less at the gift's price. */
static enum err saving_of(const struct judging *j, const struct gift *gift, size_t line,
                          int64_t milli, int64_t *out_saving)
{
    int64_t all_milli = j->occasion->lines[line].quantity_milli;
    int64_t cost;
    int64_t price;
    TRY(int64_mul_div(line_amount(j, gift, line), milli, all_milli, ROUNDING_DOWN, &cost));
    TRY(int64_mul_div(gift->money_minor, milli, QUANTITY_ONE, ROUNDING_UP, &price));
    *out_saving = cost > price ? cost - price : 0;
    return ERR_OK;
}

/* Of the whole items of lines that are not in `done`, those of the line that costs least for each;
 * the number of lines where there is none. */
static enum err cheapest_line(const struct judging *j, const struct rule *rule, const bool *done,
                              size_t *out_line)
{
    size_t best = j->occasion->line_count;
    int64_t least = 0;
    for (size_t i = 0; i < j->occasion->line_count; i++) {
        int64_t milli = j->occasion->lines[i].quantity_milli;
        if (done[i] || milli < QUANTITY_ONE || !match_line(j, rule, i)) {
            continue;
        }
        int64_t each;
        TRY(int64_mul_div(line_amount(j, &rule->gift, i), QUANTITY_ONE, milli, ROUNDING_DOWN,
                          &each));
        if (best == j->occasion->line_count || each < least) {
            best = i;
            least = each;
        }
    }
    *out_line = best;
    return ERR_OK;
}

/* What each line costs less where the cheapest items, or all, have the gift's price. */
static enum err price_parts(const struct judging *j, const struct rule *rule, int64_t *out_parts)
{
    size_t count = j->occasion->line_count;
    bool *done = arena_alloc(j->arena, count + 1);
    if (done == NULL) {
        return ERR_RESOURCE;
    }
    for (size_t i = 0; i < count; i++) {
        int64_t milli = j->occasion->lines[i].quantity_milli;
        done[i] = false;
        out_parts[i] = 0;
        if (rule->gift.items == 0 && milli > 0 && match_line(j, rule, i)) {
            TRY(saving_of(j, &rule->gift, i, milli, &out_parts[i]));
        }
    }
    for (int64_t left = rule->gift.items; left > 0;) {
        size_t line;
        TRY(cheapest_line(j, rule, done, &line));
        if (line == count) {
            break;
        }
        int64_t items = j->occasion->lines[line].quantity_milli / QUANTITY_ONE;
        items = items < left ? items : left;
        TRY(saving_of(j, &rule->gift, line, items * QUANTITY_ONE, &out_parts[line]));
        done[line] = true;
        left -= items;
    }
    return ERR_OK;
}

/* By how many days the end of what the rule prolongs moves. */
static int64_t days_more(const struct judging *j, const struct gift *gift)
{
    int64_t end = metric_end_now(j, *gift->metric);
    int64_t from = gift->term.is_added ? end : j->day;
    int64_t day = day_months_after(from, gift->term.months) + gift->term.days;
    int64_t until = window_next(gift->term.end_of, day > DAY_LAST ? DAY_LAST : day);
    return until > end ? until - end : 0;
}

/* What was paid for the metric's term, and for how many days. */
static int64_t paid_now(const struct judging *j, uint16_t metric, unsigned variant)
{
    uint64_t slot = slot_named(SLOT_TERM_PAID, variant, j->text->metrics[metric].name);
    return standing_value_now(j->standing, &j->changes, slot, 0);
}

/* The share of what was paid that the days which are left have. */
static enum err refund_wanted(const struct judging *j, const struct gift *gift, int64_t *out_wanted)
{
    int64_t left = metric_end_now(j, *gift->metric) - j->day;
    int64_t days = paid_now(j, *gift->metric, 1);
    *out_wanted = 0;
    if (days <= 0) {
        return ERR_OK;
    }
    return int64_mul_div(paid_now(j, *gift->metric, 0), left < days ? left : days, days,
                         gift->rounding, out_wanted);
}

enum err gift_wanted(const struct judging *j, const struct rule *rule, int64_t *out_wanted,
                     int64_t *out_parts)
{
    const struct gift *gift = &rule->gift;
    struct decimal ratio;
    TRY(ratio_of(j, gift, &ratio));
    int64_t sum = 0;
    if (gift->gives == GIVES_PRICE) {
        TRY(price_parts(j, rule, out_parts));
        for (size_t i = 0; i < j->occasion->line_count; i++) {
            sum += out_parts[i]; /* no more than the basket's checked total */
        }
    } else {
        sum = sum_of_parts(j, rule, out_parts);
    }
    int64_t unit = power_of_ten(ratio.scale);
    switch (gift->gives) {
    case GIVES_POINTS_FOR_MONEY:
        return int64_mul_div(sum, gift->points_minor, gift->per_minor, gift->rounding, out_wanted);
    case GIVES_MULTIPLE:
        return int64_mul_div(sum, ratio.mantissa - unit, unit, gift->rounding, out_wanted);
    case GIVES_PERCENT_OFF:
        return int64_mul_div(sum, ratio.mantissa, unit * 100, gift->rounding, out_wanted);
    case GIVES_MONEY_OFF:
        *out_wanted = sum < gift->money_minor ? sum : gift->money_minor;
        return ERR_OK;
    case GIVES_PRICE:
        *out_wanted = sum;
        return ERR_OK;
    case GIVES_UNTIL:
        *out_wanted = days_more(j, gift);
        return ERR_OK;
    case GIVES_REFUND:
        return refund_wanted(j, gift, out_wanted);
    case GIVES_ITEM:
        *out_wanted = gift->items;
        return ERR_OK;
    case GIVES_EVENT:
        *out_wanted = 1;
        return ERR_OK;
    case GIVES_POINTS:
    case GIVES_COUNT:
    default:
        *out_wanted = gift->points_minor;
        return ERR_OK;
    }
}

/* The end of what is over is today: the number that is kept moves from where it was left. */
static enum err prolong(struct judging *j, uint16_t metric, int64_t days)
{
    uint64_t slot = rules_metric_slot(j->rules, metric);
    int64_t kept = standing_value_now(j->standing, &j->changes, slot, 0);
    int64_t end;
    TRY(int64_add(metric_end_now(j, metric), days, &end));
    return standing_add(j->standing, &j->changes, j->arena, slot, 0, end - kept);
}

static enum err add_paid(struct judging *j, uint16_t metric, int64_t money, int64_t days)
{
    const char *name = j->text->metrics[metric].name;
    TRY(standing_add(j->standing, &j->changes, j->arena, slot_named(SLOT_TERM_PAID, 0, name), 0,
                     money));
    return standing_add(j->standing, &j->changes, j->arena, slot_named(SLOT_TERM_PAID, 1, name), 0,
                        days);
}

static enum err forget_paid(struct judging *j, uint16_t metric)
{
    return add_paid(j, metric, -paid_now(j, metric, 0), -paid_now(j, metric, 1));
}

/* Goods that the rule names, or its price, are paid for the days that it gives. */
static enum err pay_for(struct judging *j, const struct rule *rule, int64_t days)
{
    uint16_t metric = *rule->gift.metric;
    int64_t money = rule->price != NULL ? rule->price->money_minor : 0;
    for (size_t i = 0; rule->goods_count > 0 && i < j->occasion->line_count; i++) {
        if (match_line(j, rule, i)) {
            money += j->occasion->lines[i].amount.minor - j->discounts[i];
        }
    }
    if (metric_end_now(j, metric) == j->day) {
        TRY(forget_paid(j, metric)); /* what it was for is over */
    }
    return money > 0 ? add_paid(j, metric, money, days) : ERR_OK;
}

static enum err give_back(struct judging *j, uint16_t metric, int64_t money)
{
    uint64_t slot = rules_metric_slot(j->rules, metric);
    int64_t kept = standing_value_now(j->standing, &j->changes, slot, 0);
    TRY(int64_add(j->refund, money, &j->refund));
    TRY(forget_paid(j, metric));
    return standing_add(j->standing, &j->changes, j->arena, slot, 0, j->day - kept);
}

static void give_item(struct judging *j, uint16_t place, int64_t count)
{
    const struct gift *gift = &j->text->rules[place].gift;
    int64_t day = day_months_after(j->day, gift->term.months) + gift->term.days;
    bool is_for_ever = gift->term.months + gift->term.days == 0;
    j->items[j->item_count++] = (struct item){.rule = place,
                                              .name = gift->item,
                                              .count = count,
                                              .worth = money_of(gift->money_minor),
                                              .until_day = is_for_ever      ? INT64_MAX
                                                           : day > DAY_LAST ? DAY_LAST
                                                                            : day};
}

enum err gift_hand_out(struct judging *j, const struct rule *rule, int64_t given)
{
    const struct gift *gift = &rule->gift;
    uint16_t place = (uint16_t)(rule - j->text->rules);
    if (gift->gives == GIVES_UNTIL) {
        TRY(pay_for(j, rule, given));
        return prolong(j, *gift->metric, given);
    }
    if (gift->gives == GIVES_REFUND) {
        return give_back(j, *gift->metric, given);
    }
    if (gift->gives == GIVES_ITEM) {
        give_item(j, place, given);
        return ERR_OK;
    }
    if (gift->gives == GIVES_EVENT) {
        j->raised[j->raised_count++] = (struct raised){place, gift->event};
        return ERR_OK;
    }
    if (gift->metric == NULL) {
        return int64_add(j->points, given, &j->points);
    }
    struct window window = j->text->metrics[*gift->metric].window;
    return standing_add(j->standing, &j->changes, j->arena,
                        rules_metric_slot(j->rules, *gift->metric), window_bucket(window, j->day),
                        given);
}
