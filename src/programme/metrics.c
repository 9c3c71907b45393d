/* What is counted of a member: as it was before an occasion, with it, and after it. */
#include "programme/judging.h"

static struct window window_of(const struct judging *j, uint16_t metric)
{
    return j->text->metrics[metric].window;
}

static bool is_sale(const struct judging *j)
{
    return j->occasion->kind == OCCASION_SALE;
}

/* The first day on which it is over, as it stood before; 0: never begun. */
static int64_t end_before(const struct judging *j, uint16_t metric)
{
    return standing_value(j->standing, rules_metric_slot(j->rules, metric), 0);
}

int64_t metric_end_now(const struct judging *j, uint16_t metric)
{
    int64_t end =
        standing_value_now(j->standing, &j->changes, rules_metric_slot(j->rules, metric), 0);
    return end > j->day ? end : j->day;
}

/* The last sale's day and one more; 0: there was none. */
static int64_t days_since(const struct judging *j, int64_t kept)
{
    int64_t since = j->day - (kept - 1);
    return kept == 0 ? INT64_MAX : since < 0 ? 0 : since;
}

/* That which is still going on: of this window, or of the one before it. */
static int64_t streak_before(const struct judging *j, uint16_t metric)
{
    uint64_t slot = rules_metric_slot(j->rules, metric);
    int64_t bucket = window_bucket(window_of(j, metric), j->day);
    int64_t streak = standing_value(j->standing, slot, bucket);
    return streak != 0
               ? streak
               : standing_value(j->standing, slot, window_bucket(window_of(j, metric), bucket - 1));
}

/* What a sale adds to the number of its own window. */
static int64_t streak_growth(const struct judging *j, uint16_t metric)
{
    uint64_t slot = rules_metric_slot(j->rules, metric);
    int64_t bucket = window_bucket(window_of(j, metric), j->day);
    bool is_begun = standing_value(j->standing, slot, bucket) != 0;
    return is_begun || !is_sale(j) ? 0 : streak_before(j, metric) + 1;
}

enum err metric_held(const struct judging *j, uint16_t metric, int64_t *out_held)
{
    struct window window = window_of(j, metric);
    uint64_t slot = rules_held_slot(j->rules, metric);
    *out_held = 0;
    return slot == 0 ? ERR_OK
                     : standing_sum(j->standing, slot, window_first_bucket(window, j->day),
                                    window_bucket(window, j->day), out_held);
}

/* What sums, without what is held of it. */
static enum err sum_before(const struct judging *j, uint16_t metric, int64_t *out_sum)
{
    struct window window = window_of(j, metric);
    int64_t sum;
    int64_t held;
    TRY(standing_sum(j->standing, rules_metric_slot(j->rules, metric),
                     window_first_bucket(window, j->day), window_bucket(window, j->day), &sum));
    TRY(metric_held(j, metric, &held));
    return int64_sub(sum, held, out_sum);
}

enum err metric_before(const struct judging *j, uint16_t metric, int64_t *out_value)
{
    switch (j->text->metrics[metric].of) {
    case METRIC_UNTIL: {
        int64_t end = end_before(j, metric);
        *out_value = end > j->day ? end - j->day : 0;
        return ERR_OK;
    }
    case METRIC_SINCE:
        *out_value = days_since(j, end_before(j, metric));
        return ERR_OK;
    case METRIC_STREAK:
        *out_value = streak_before(j, metric);
        return ERR_OK;
    case METRIC_SPEND:
    case METRIC_VISITS:
    case METRIC_ITEMS:
    case METRIC_POINTS:
    case METRIC_GIVEN:
    case METRIC_OF_COUNT:
    default:
        return sum_before(j, metric, out_value);
    }
}

/* What the basket, or the points so far, add to it. */
static enum err growth(const struct judging *j, const struct metric *metric, int64_t *out_growth)
{
    int64_t sum = 0;
    if (metric->of == METRIC_VISITS) {
        sum = is_sale(j) ? 1 : 0;
    } else if (metric->of == METRIC_POINTS) {
        sum = j->points;
    } else if (metric->of == METRIC_SPEND || metric->of == METRIC_ITEMS) {
        for (size_t i = 0; i < j->occasion->line_count; i++) {
            const struct basket_line *line = &j->occasion->lines[i];
            if (metric->goods == NO_GOODS || goods_list_has(j->goods[i], metric->goods)) {
                TRY(int64_add(sum,
                              metric->of == METRIC_SPEND ? line->amount.minor - j->discounts[i]
                                                         : line->quantity_milli,
                              &sum));
            }
        }
    }
    *out_growth = sum;
    return ERR_OK;
}

/* What rules gave to it in this judgement, or took from it. */
static enum err given_now(const struct judging *j, uint16_t metric, int64_t *out_sum)
{
    uint64_t slot = rules_metric_slot(j->rules, metric);
    int64_t sum = 0;
    for (size_t i = 0; i < j->changes.count; i++) {
        const struct standing_change *change = &j->changes.at[i];
        if (change->slot == slot) {
            TRY(int64_add(sum, change->after - change->before, &sum));
        }
    }
    *out_sum = sum;
    return ERR_OK;
}

enum err metric_now(const struct judging *j, uint16_t metric, int64_t *out_value)
{
    int64_t before;
    int64_t more = 0;
    TRY(metric_before(j, metric, &before));
    switch (j->text->metrics[metric].of) {
    case METRIC_UNTIL:
        *out_value = metric_end_now(j, metric) - j->day;
        return ERR_OK;
    case METRIC_SINCE:
        *out_value = is_sale(j) ? 0 : before;
        return ERR_OK;
    case METRIC_STREAK:
        more = streak_growth(j, metric);
        *out_value = more != 0 ? more : before;
        return ERR_OK;
    case METRIC_GIVEN:
        TRY(given_now(j, metric, &more));
        break;
    case METRIC_SPEND:
    case METRIC_VISITS:
    case METRIC_ITEMS:
    case METRIC_POINTS:
    case METRIC_OF_COUNT:
    default:
        TRY(growth(j, &j->text->metrics[metric], &more));
        break;
    }
    return int64_add(before, more, out_value);
}

enum err metric_bounded(const struct judging *j, const struct metric_bounds *bounds,
                        struct trace_row *out_row)
{
    int64_t value;
    int64_t most;
    TRY(bounds->counts_this ? metric_now(j, bounds->metric, &value)
                            : metric_before(j, bounds->metric, &value));
    TRY(metric_held(j, bounds->metric, &most));
    TRY(int64_add(value, most, &most));
    out_row->reason = value < bounds->at_least ? TRACE_METRIC_BELOW
                      : most >= bounds->below  ? TRACE_METRIC_ABOVE
                                               : TRACE_FIRED;
    if (out_row->reason != TRACE_FIRED) {
        bool is_below = out_row->reason == TRACE_METRIC_BELOW;
        out_row->metric = bounds->metric;
        out_row->has = is_below ? value : most;
        out_row->wants = is_below ? bounds->at_least : bounds->below;
    }
    return ERR_OK;
}

/* Out of one bucket, as much of it as is there and not only promised. */
static enum err take_bucket(struct judging *j, uint16_t metric, int64_t bucket, int64_t *left)
{
    uint64_t slot = rules_metric_slot(j->rules, metric);
    int64_t held = standing_value(j->standing, rules_held_slot(j->rules, metric), bucket);
    int64_t there;
    TRY(int64_sub(standing_value_now(j->standing, &j->changes, slot, bucket), held, &there));
    int64_t taken = there < *left ? there : *left;
    if (taken <= 0) {
        return ERR_OK;
    }
    *left -= taken;
    return standing_add(j->standing, &j->changes, j->arena, slot, bucket, -taken);
}

enum err metric_take(struct judging *j, const struct take *take)
{
    struct window window = window_of(j, take->metric);
    uint64_t slot = rules_metric_slot(j->rules, take->metric);
    int64_t last = window_bucket(window, j->day);
    int64_t left = take->minor;
    for (size_t i = 0; i < j->standing->count && left > 0; i++) {
        const struct standing_number *n = &j->standing->at[i];
        bool is_in = n->slot == slot && n->bucket >= window_first_bucket(window, j->day);
        if (is_in && n->bucket < last) {
            TRY(take_bucket(j, take->metric, n->bucket, &left));
        }
    }
    return take_bucket(j, take->metric, last, &left);
}

static enum err grow(struct judging *j, uint16_t number)
{
    const struct metric *metric = &j->text->metrics[number];
    uint64_t slot = rules_metric_slot(j->rules, number);
    int64_t more = 0;
    if (metric->of == METRIC_SINCE) {
        int64_t kept = end_before(j, number);
        more = is_sale(j) && j->day + 1 > kept ? j->day + 1 - kept : 0;
    } else if (metric->of == METRIC_STREAK) {
        more = streak_growth(j, number);
    } else {
        TRY(growth(j, metric, &more));
    }
    return standing_add(j->standing, &j->changes, j->arena, slot,
                        window_bucket(metric->window, j->day), more);
}

enum err metrics_grow(struct judging *j)
{
    for (size_t m = 0; m < j->text->metric_count; m++) {
        TRY(grow(j, (uint16_t)m));
    }
    return ERR_OK;
}
